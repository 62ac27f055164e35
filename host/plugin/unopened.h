/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of a connector that is described and not opened: there is nothing behind them. */
#ifndef ORCH_PLUGIN_UNOPENED_H
#define ORCH_PLUGIN_UNOPENED_H

#include "orch/connector.h"

/* Whoever calls one of them gets ORCH_EINTERNAL; what gives no status does nothing. */
extern const orch_source_ops orch_unopened_source;
extern const orch_destination_ops orch_unopened_destination;

#endif
