/* SPDX-License-Identifier: Apache-2.0 */
/* The words by which descriptions name what the ABI numbers, for writers and readers alike. */
#ifndef ORCH_PLUGIN_WORDS_H
#define ORCH_PLUGIN_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct orch_word {
    uint64_t value;
    const char *name;
};

/* Each ends with a NULL name. Bits of orch_connector.needs and .capabilities; the capabilities that
 * are no write modes are named as fields that are true or false. */
extern const struct orch_word orch_need_words[];
extern const struct orch_word orch_write_mode_words[];
extern const struct orch_word orch_ability_words[];
/* Bits of orch_option.flags that are fields, true or false. */
extern const struct orch_word orch_flag_words[];
extern const struct orch_word orch_threading_words[];

/* All values of a table of bits. */
uint64_t orch_words_all(const struct orch_word *words);
/* NULL, or a NULL pointer, when there is none. */
const char *orch_word_name(const struct orch_word *words, uint64_t value);
const struct orch_word *orch_word_find(const struct orch_word *words, const char *name);

#endif
