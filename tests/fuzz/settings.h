/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a connector out of an input: "name=value" parts, those of one name gathered. */
#ifndef FUZZ_SETTINGS_H
#define FUZZ_SETTINGS_H

#include "bytes.h"
#include "plugin/setting.h"

enum { FUZZ_SETTINGS = 16, FUZZ_VALUES = 16 };

struct fuzz_settings {
    struct orch_setting items[FUZZ_SETTINGS];
    size_t n;
    char *names[FUZZ_SETTINGS];
    char *values[FUZZ_SETTINGS][FUZZ_VALUES];
};

/* Adds the parts of `text`; what is too much is left out. */
void fuzz_settings_parse(struct fuzz_settings *s, struct orch_str text, char separator);
void fuzz_settings_add(struct fuzz_settings *s, struct orch_str name, struct orch_str value);
/* Takes a setting out that is meant for the target itself: its number, or `fallback`. */
uint32_t fuzz_settings_take(struct fuzz_settings *s, const char *name, uint32_t fallback);
void fuzz_settings_release(struct fuzz_settings *s);

#endif
