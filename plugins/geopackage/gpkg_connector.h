/* SPDX-License-Identifier: Apache-2.0 */
/* The two roles of the connector and how their options read. */
#ifndef GPKG_CONNECTOR_H
#define GPKG_CONNECTOR_H

#include "orch/connector.h"

extern const orch_source_ops gpkg_source_ops;
extern const orch_destination_ops gpkg_destination_ops;

/* NULL when the option has no value or an empty one. */
const char *gpkg_option_text(const orch_host *host, const char *name);
bool gpkg_option_bool(const orch_host *host, const char *name);
int64_t gpkg_option_int(const orch_host *host, const char *name);

#endif
