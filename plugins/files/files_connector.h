/* SPDX-License-Identifier: Apache-2.0 */
/* The role that the connector offers. */
#ifndef FILES_CONNECTOR_H
#define FILES_CONNECTOR_H

#include "orch/connector.h"

extern const orch_destination_ops files_destination_ops;

#endif
