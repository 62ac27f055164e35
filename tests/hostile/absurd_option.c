/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables that make no sense, one a build: ABSURD is the number of the case. */
#include "nothing.h"

#include <math.h>

static const orch_source_ops source = { NOTHING_SOURCE };

static const orch_option good = {
    .struct_size = sizeof good,
    .type = ORCH_OPT_STRING,
    .name = "good",
    .summary = "Nothing wrong here.",
};

static const orch_option absurd = {
#if ABSURD == 6
    .struct_size = 4,
#else
    .struct_size = sizeof absurd,
#endif
    .summary = "Something is wrong here.",
#if ABSURD == 1
    .name = "absurd",
    .type = 99,
#elif ABSURD == 2
    .name = "absurd",
    .type = ORCH_OPT_INT,
    .min = 10,
    .max = 1,
#elif ABSURD == 3
    .name = "absurd",
    .type = ORCH_OPT_INT,
    .default_text = "many",
#elif ABSURD == 4
    .name = "absurd",
    .type = ORCH_OPT_ENUM,
#elif ABSURD == 5
    .name = "Absurd Name",
    .type = ORCH_OPT_INT,
#elif ABSURD == 7
    .name = "path",
    .type = ORCH_OPT_PATH,
#elif ABSURD == 8
    .name = "good",
    .type = ORCH_OPT_INT,
#elif ABSURD == 9
    .name = "absurd",
    .type = ORCH_OPT_INT,
    .flags = ORCH_OPT_REQUIRED,
    .default_text = "1",
#else
    .name = "absurd",
    .type = ORCH_OPT_FLOAT,
    .min = NAN,
#endif
};

static const orch_option *const options[] = { &good, &absurd };

static const orch_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_STREAM,
    .capabilities = ORCH_CAP_INPUT,
    .name = "absurd",
    .summary = "Has an option that makes no sense.",
    .options = options,
#if ABSURD == 10
    .n_options = (size_t)-1,
#else
    .n_options = 2,
#endif
    .source = &source,
};

static const orch_connector *const list[] = { &connector };
HOSTILE_PLUGIN(list)
