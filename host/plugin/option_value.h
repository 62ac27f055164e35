/* SPDX-License-Identifier: Apache-2.0 */
/* One value of one option: from the text a person typed to the canonical text a connector gets. */
#ifndef ORCH_PLUGIN_OPTION_VALUE_H
#define ORCH_PLUGIN_OPTION_VALUE_H

#include "base/str.h"

/* Appends the canonical form of `typed` to out: "true", decimal integers for sizes (bytes) and
 * durations (milliseconds), other texts as typed. ORCH_ECONFIG: message says what the option takes
 * and, unless `secret`, what was given; hint when there is a better one than the manual. */
orch_status orch_option_value(const orch_option *option, struct orch_str typed, bool secret,
                              struct orch_text *out, orch_error *err);

/* "whole number" for people, "int" for machines; NULL for a type this host does not know. */
const char *orch_option_type_people(uint32_t type);
const char *orch_option_type_name(uint32_t type);

/* Does the option have a range, and which end of it says something? */
bool orch_option_has_min(const orch_option *option);
bool orch_option_has_max(const orch_option *option);

#endif
