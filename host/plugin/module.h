/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own modules: libraries beside it that are opened when something needs them, so that
 * whoever does not pays nothing. */
#ifndef ORCH_PLUGIN_MODULE_H
#define ORCH_PLUGIN_MODULE_H

/* What `symbol` of the module FILE is: looked for in the folder of ORCHESTRA_MODULES, then in
 * lib/orchestra beside the program's folder; NULL when it is in neither. Never closed. [any] */
const void *orch_module_find(const char *file, const char *symbol);

#endif
