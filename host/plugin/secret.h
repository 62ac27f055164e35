/* SPDX-License-Identifier: Apache-2.0 */
/* The secret texts that one connector instance knows: gathered while options are resolved, struck
 * out of messages, wiped at the end. {0} is empty. */
#ifndef ORCH_PLUGIN_SECRET_H
#define ORCH_PLUGIN_SECRET_H

#include "base/str.h"
#include "base/vec.h"

struct orch_secrets {
    char **items; /* longest first, so that a secret that holds another one is struck out whole */
    size_t len;
    size_t cap;
};

/* Copies the text; empty and known ones are left out. false when memory is out. */
bool orch_secrets_add(struct orch_secrets *s, struct orch_str text);
/* Adds the password of a URL's user part, as written and with its percent codes resolved. */
bool orch_secrets_add_url(struct orch_secrets *s, struct orch_str url);
/* Is a password written out in a text as it was typed: in the user part of a URL, or, with `words`,
 * behind password= as connection strings of databases have it? What ${...} stands for is not. */
bool orch_secret_is_written(const char *typed, bool words);
/* Replaces each secret in text by ***, in place (by fewer stars when it is shorter). */
void orch_secrets_redact(const struct orch_secrets *s, char *text);
/* Wipes and frees. */
void orch_secrets_release(struct orch_secrets *s);

/* As orch_secret_resolve; every value that came from a reference is added to `found` (may be
 * NULL). */
orch_status orch_secret_expand(const char *text, struct orch_text *out, struct orch_secrets *found,
                               bool *secret, orch_error *err);
/* Overwrites the bytes, then releases. */
void orch_secret_wipe(struct orch_text *text);

#endif
