/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL functions that the triggers of a spatial index call: ST_IsEmpty, ST_MinX, ST_MaxX,
 * ST_MinY, ST_MaxY. What is no geometry gives NULL. */
#ifndef GPKG_FUNCTION_H
#define GPKG_FUNCTION_H

#include "../sqlite/lite_store.h"

orch_status gpkg_functions_register(struct lite_store *s, orch_error *err);

#endif
