/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of JSON objects, for reading a manifest. The first thing that is wrong is kept, with the
 * place it stands at; every call after that gives zeros, so that a run of reads needs one check.
 * A field that is absent is as one that is null. */
#ifndef ORCH_PLUGIN_MANIFEST_NODE_H
#define ORCH_PLUGIN_MANIFEST_NODE_H

#include <jansson.h>

#include "base/arena.h"
#include "plugin/words.h"

struct orch_manifest_reader {
    struct orch_arena *arena; /* of all that is read */
    orch_status st;
    orch_error why; /* completes 'manifest "x.orch.json" is refused: ' */
};

struct orch_node {
    const json_t *object;
    const char *at; /* "connectors[0].options[3]"; NULL for the whole */
};

/* Keeps `why`, a sentence whose subject is the field. */
void orch_node_refuse(struct orch_manifest_reader *r, const struct orch_node *n, const char *key,
                      const char *why);

const char *orch_node_text(struct orch_manifest_reader *r, const struct orch_node *n,
                           const char *key, bool required);
bool orch_node_bool(struct orch_manifest_reader *r, const struct orch_node *n, const char *key);
int64_t orch_node_int(struct orch_manifest_reader *r, const struct orch_node *n, const char *key,
                      int64_t most, bool required);
double orch_node_number(struct orch_manifest_reader *r, const struct orch_node *n, const char *key,
                        double absent);
/* NULL when absent or refused; `most` entries at most. */
const json_t *orch_node_array(struct orch_manifest_reader *r, const struct orch_node *n,
                              const char *key, size_t most);
/* The object at `key`, or entry `index` of an array there. */
struct orch_node orch_node_child(struct orch_manifest_reader *r, const struct orch_node *n,
                                 const char *key);
struct orch_node orch_node_entry(struct orch_manifest_reader *r, const struct orch_node *n,
                                 const char *key, const json_t *array, size_t index);
/* A NULL-terminated array of texts; NULL when absent. */
const char *const *orch_node_texts(struct orch_manifest_reader *r, const struct orch_node *n,
                                   const char *key, size_t most);
/* The bits that an array of words names. A word that is not known is refused, or passed over. */
uint64_t orch_node_words(struct orch_manifest_reader *r, const struct orch_node *n,
                         const char *key, const struct orch_word *words, bool strict);
/* The bits that fields of their own, true or false, name. */
uint64_t orch_node_flags(struct orch_manifest_reader *r, const struct orch_node *n,
                         const struct orch_word *words);

#endif
