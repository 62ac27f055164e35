/* SPDX-License-Identifier: Apache-2.0 */
/* The source columns that identify people: those below a pseudonym operation, and those the
 * connector declares. */
#ifndef ORCH_RUN_PERSONAL_H
#define ORCH_RUN_PERSONAL_H

#include "base/vec.h"
#include "script/script.h"

struct orch_personal {
    ORCH_VEC(const char *) names; /* borrowed from pipeline and connector, or owned text */
    char *owned;
};

orch_status orch_personal_find(const struct orch_pipeline *pipeline, const char *declared,
                               struct orch_personal *out);
void orch_personal_release(struct orch_personal *p);

/* Exports carry the numbers of meters and people in their file names too: replaces every run of
 * nine digits or more by "***". For texts that are kept where the columns are pseudonyms. */
void orch_personal_hide(char *text);

#endif
