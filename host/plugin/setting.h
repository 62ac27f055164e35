/* SPDX-License-Identifier: Apache-2.0 */
/* A setting as a script or command line gives it: option name and texts as typed (secret
 * references unresolved). PAIR options have one "name=value" text an entry. */
#ifndef ORCH_PLUGIN_SETTING_H
#define ORCH_PLUGIN_SETTING_H

#include "base/str.h"

struct orch_setting {
    const char *name;
    const char **values;
    size_t n_values;
    const char *place; /* "load_curve.lua:9", or "--set" */
};

#endif
