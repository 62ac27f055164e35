/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/words.h"

#include <string.h>

#include "orch/connector.h"

const struct orch_word orch_need_words[] = {
    { ORCH_NEEDS_NETWORK, "network" },
    { ORCH_NEEDS_FILES_READ, "files:read" },
    { ORCH_NEEDS_FILES_WRITE, "files:write" },
    { 0, NULL },
};

const struct orch_word orch_write_mode_words[] = {
    { ORCH_CAP_APPEND, "append" },
    { ORCH_CAP_REPLACE, "replace" },
    { ORCH_CAP_UPSERT, "upsert" },
    { 0, NULL },
};

const struct orch_word orch_ability_words[] = {
    { ORCH_CAP_INPUT, "inputs" },
    { ORCH_CAP_RESUME, "resume" },
    { ORCH_CAP_TRANSACTIONAL, "transactional" },
    { 0, NULL },
};

const struct orch_word orch_flag_words[] = {
    { ORCH_OPT_REQUIRED, "required" },
    { ORCH_OPT_REPEATED, "repeated" },
    { ORCH_OPT_SECRET, "secret" },
    { ORCH_OPT_DEPRECATED, "deprecated" },
    { 0, NULL },
};

const struct orch_word orch_threading_words[] = {
    { ORCH_THREADS_ONE_PER_PLUGIN, "plugin" },
    { ORCH_THREADS_ONE_PER_INSTANCE, "instance" },
    { ORCH_THREADS_ONE_PER_STREAM, "stream" },
    { 0, NULL },
};

uint64_t orch_words_all(const struct orch_word *words)
{
    uint64_t all = 0;
    for (; words->name; words++)
        all |= words->value;
    return all;
}

const char *orch_word_name(const struct orch_word *words, uint64_t value)
{
    for (; words->name; words++)
        if (words->value == value)
            return words->name;
    return NULL;
}

const struct orch_word *orch_word_find(const struct orch_word *words, const char *name)
{
    for (; words->name; words++)
        if (strcmp(words->name, name) == 0)
            return words;
    return NULL;
}
