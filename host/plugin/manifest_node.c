/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/manifest_node.h"

#include <stdio.h>

#include "orch/error.h"

enum { WORDS_MOST = 64 };

void orch_node_refuse(struct orch_manifest_reader *r, const struct orch_node *n, const char *key,
                      const char *why)
{
    if (r->st != ORCH_OK)
        return;
    const char *at = n->at != NULL ? n->at : "";
    r->st = orch_error_set(&r->why, ORCH_ECONFIG, "%s%s%s %s", at,
                           at[0] != '\0' && key[0] != '\0' ? "." : "", key, why);
}

static void *need_memory(struct orch_manifest_reader *r, void *memory)
{
    if (memory == NULL && r->st == ORCH_OK)
        r->st = orch_error_set(&r->why, ORCH_ENOMEM, "out of memory");
    return memory;
}

/* NULL when there is nothing to be read. */
static const json_t *field(struct orch_manifest_reader *r, const struct orch_node *n,
                           const char *key, bool required)
{
    const json_t *value = r->st == ORCH_OK ? json_object_get(n->object, key) : NULL;
    if (json_is_null(value))
        value = NULL;
    if (value == NULL && required)
        orch_node_refuse(r, n, key, "is missing");
    return value;
}

/* ---- values ------------------------------------------------------------------------------ */

const char *orch_node_text(struct orch_manifest_reader *r, const struct orch_node *n,
                           const char *key, bool required)
{
    const json_t *value = field(r, n, key, required);
    if (value == NULL)
        return NULL;
    if (!json_is_string(value)) {
        orch_node_refuse(r, n, key, "is no text");
        return NULL;
    }
    return need_memory(r, orch_arena_strdup(r->arena, json_string_value(value)));
}

bool orch_node_bool(struct orch_manifest_reader *r, const struct orch_node *n, const char *key)
{
    const json_t *value = field(r, n, key, false);
    if (value != NULL && !json_is_boolean(value))
        orch_node_refuse(r, n, key, "is neither true nor false");
    return json_is_true(value);
}

int64_t orch_node_int(struct orch_manifest_reader *r, const struct orch_node *n, const char *key,
                      int64_t most, bool required)
{
    char why[64];
    const json_t *value = field(r, n, key, required);
    if (value == NULL)
        return 0;
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= 0 && number <= most)
        return number;
    snprintf(why, sizeof why, "is no whole number from 0 to %lld", (long long)most);
    orch_node_refuse(r, n, key, why);
    return 0;
}

double orch_node_number(struct orch_manifest_reader *r, const struct orch_node *n, const char *key,
                        double absent)
{
    const json_t *value = field(r, n, key, false);
    if (value == NULL)
        return absent;
    if (!json_is_number(value))
        orch_node_refuse(r, n, key, "is no number");
    return json_number_value(value);
}

/* ---- what holds values ------------------------------------------------------------------- */

const json_t *orch_node_array(struct orch_manifest_reader *r, const struct orch_node *n,
                              const char *key, size_t most)
{
    char why[64];
    const json_t *value = field(r, n, key, false);
    if (value == NULL)
        return NULL;
    if (!json_is_array(value)) {
        orch_node_refuse(r, n, key, "is no array");
        return NULL;
    }
    if (json_array_size(value) <= most)
        return value;
    snprintf(why, sizeof why, "has %zu entries, at most %zu are possible", json_array_size(value),
             most);
    orch_node_refuse(r, n, key, why);
    return NULL;
}

/* What stands at `key` of n, or at an entry of it, has to be an object. */
static struct orch_node make_node(struct orch_manifest_reader *r, const struct orch_node *n,
                                  const json_t *object, const char *key, const char *index)
{
    struct orch_node child = { .object = object };
    if (r->st != ORCH_OK)
        return child;
    child.at = need_memory(r, orch_arena_printf(r->arena, "%s%s%s%s", n->at != NULL ? n->at : "",
                                                n->at != NULL ? "." : "", key, index));
    if (child.at != NULL && !json_is_object(object))
        orch_node_refuse(r, &child, "", "is no object");
    return child;
}

struct orch_node orch_node_child(struct orch_manifest_reader *r, const struct orch_node *n,
                                 const char *key)
{
    return make_node(r, n, field(r, n, key, true), key, "");
}

struct orch_node orch_node_entry(struct orch_manifest_reader *r, const struct orch_node *n,
                                 const char *key, const json_t *array, size_t index)
{
    char number[24];
    snprintf(number, sizeof number, "[%zu]", index);
    return make_node(r, n, json_array_get(array, index), key, number);
}

const char *const *orch_node_texts(struct orch_manifest_reader *r, const struct orch_node *n,
                                   const char *key, size_t most)
{
    const json_t *array = orch_node_array(r, n, key, most);
    size_t count = json_array_size(array);
    if (array == NULL)
        return NULL;
    const char **texts = need_memory(r, orch_arena_array(r->arena, count + 1, sizeof *texts));
    for (size_t i = 0; i < count && r->st == ORCH_OK; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (text == NULL)
            orch_node_refuse(r, n, key, "holds what is no text");
        else
            texts[i] = need_memory(r, orch_arena_strdup(r->arena, text));
    }
    return texts;
}

uint64_t orch_node_words(struct orch_manifest_reader *r, const struct orch_node *n,
                         const char *key, const struct orch_word *words, bool strict)
{
    const char *const *texts = orch_node_texts(r, n, key, WORDS_MOST);
    char why[128];
    uint64_t bits = 0;
    for (; texts != NULL && r->st == ORCH_OK && *texts != NULL; texts++) {
        const struct orch_word *word = orch_word_find(words, *texts);
        if (word != NULL) {
            bits |= word->value;
        } else if (strict) {
            snprintf(why, sizeof why, "holds \"%.60s\", which this host does not know", *texts);
            orch_node_refuse(r, n, key, why);
        }
    }
    return bits;
}

uint64_t orch_node_flags(struct orch_manifest_reader *r, const struct orch_node *n,
                         const struct orch_word *words)
{
    uint64_t bits = 0;
    for (; words->name != NULL; words++)
        bits |= orch_node_bool(r, n, words->name) ? words->value : 0;
    return bits;
}
