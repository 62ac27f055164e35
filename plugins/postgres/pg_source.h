/* SPDX-License-Identifier: Apache-2.0 */
/* The source: a query or a table, streamed. */
#ifndef PG_SOURCE_H
#define PG_SOURCE_H

#include "orch/connector.h"

extern const orch_source_ops pg_source_ops;

#endif
