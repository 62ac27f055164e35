/* SPDX-License-Identifier: Apache-2.0 */
/* pseudonym: HMAC-SHA-256 of an identifier under a secret key, so that one meter keeps one name
 * and nobody without the key finds the meter again.
 *
 * The key never stands in a script, in a message or, once it has been taken in, in plain memory
 * of ours: what remains is the keyed state of the hash, in locked pages. Identifiers are trimmed,
 * or a stray blank would make a second meter of one. */
#include "engine/conversion.h"

#include "base/map.h"
#include "orch/error.h"

#include <sodium.h>

#include <stdlib.h>

enum {
    KEY_BYTES = 16, /* least */
    DIGITS_LEAST = 16,
    DIGITS_MOST = 64,
    DIGITS_DEFAULT = 32,
    SLOTS = 1024,
    SLOT_TEXT = 62
};

/* Identifiers repeat over long stretches and come back: the last ones are kept with their result.
 * One slot a hash, so the memory is bounded. */
struct slot {
    uint8_t len; /* of the text; 0: free */
    uint8_t text[SLOT_TEXT];
    char digits[DIGITS_MOST];
};

struct pseudonym {
    crypto_auth_hmacsha256_state *keyed; /* guarded and locked by libsodium where possible */
    size_t digits;
    struct slot slots[SLOTS];
};

static void free_pseudonym(void *what)
{
    struct pseudonym *p = what;

    if (p == NULL)
        return;
    sodium_free(p->keyed);
    sodium_memzero(p, sizeof *p);
    free(p);
}

/* ---- the key ------------------------------------------------------------------------------ */

static orch_status hint_key(orch_error *err, orch_status st)
{
    orch_error_hint(err, "make one with: openssl rand -hex 32, and keep it: under another key "
                         "every meter gets another name. Then "
                         "key = \"${env:ORCHESTRA_PSEUDONYM_KEY}\"");
    return st;
}

static orch_status find_reference(const struct orch_expr *e, struct orch_str *out, orch_error *err)
{
    orch_status st = orch_conversion_text(e, "key", out, err);

    if (st != ORCH_OK)
        return st;
    if (out->len == 0)
        return hint_key(err, orch_error_set(err, ORCH_ECONFIG, "pseudonym needs a key"));
    const char *end = memchr(out->ptr, '}', out->len);
    bool whole = end != NULL && end + 1 == out->ptr + out->len;
    if (!whole || !orch_str_starts(*out, ORCH_STR("${"))) {
        st = orch_error_set(err, ORCH_ECONFIG, "pseudonym: the key is written in the script");
        orch_error_detail(err, "it would be published with the script");
        return hint_key(err, st);
    }
    return ORCH_OK;
}

static void wipe(struct orch_text *key)
{
    if (key->ptr != NULL)
        sodium_memzero(key->ptr, key->size);
    orch_text_release(key);
}

/* The line end of a key file is not part of the key. */
static size_t key_length(const struct orch_text *key)
{
    size_t len = key->len;

    while (len > 0 && (key->ptr[len - 1] == '\n' || key->ptr[len - 1] == '\r'))
        len--;
    return len;
}

static orch_status set_key(struct pseudonym *p, const struct orch_text *key, const char *reference,
                           orch_error *err)
{
    size_t len = key_length(key);

    if (len < KEY_BYTES) {
        orch_status st = orch_error_set(err, ORCH_ECONFIG,
                                        "pseudonym: the key %s has less than %d bytes", reference,
                                        KEY_BYTES);
        return hint_key(err, st);
    }
    p->keyed = sodium_malloc(sizeof *p->keyed);
    if (p->keyed == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    crypto_auth_hmacsha256_init(p->keyed, (const unsigned char *)key->ptr, len);
    sodium_mprotect_readonly(p->keyed);
    return ORCH_OK;
}

static orch_status load_key(struct pseudonym *p, const struct orch_expr *e, struct orch_check *c,
                            orch_error *err)
{
    struct orch_text key = { 0 };
    struct orch_str reference;
    orch_error cause = ORCH_ERROR_INIT;
    orch_status st = find_reference(e, &reference, err);

    if (st != ORCH_OK)
        return st;
    const char *name = orch_arena_str(c->arena, reference).ptr;
    if (name == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (c->secret == NULL)
        return orch_error_set(err, ORCH_ECONFIG, "pseudonym: no secrets can be read here");
    st = c->secret(name, &key, &cause);
    if (st == ORCH_ENOMEM) {
        orch_error_set(err, st, "out of memory");
    } else if (st != ORCH_OK) {
        orch_error_set(err, ORCH_ECONFIG, "pseudonym: the key %s cannot be read", name);
        orch_error_detail(err, "%s", cause.message);
        st = hint_key(err, ORCH_ECONFIG);
    } else {
        st = set_key(p, &key, name, err);
    }
    wipe(&key);
    return st;
}

/* ---- check -------------------------------------------------------------------------------- */

static orch_status read_length(const struct orch_expr *e, size_t *out, orch_error *err)
{
    const struct orch_value *v = orch_expr_param(e, "length");

    *out = DIGITS_DEFAULT;
    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (v->type != ORCH_TYPE_INTEGER || v->integer < DIGITS_LEAST || v->integer > DIGITS_MOST) {
        orch_status st = orch_error_set(err, ORCH_ECONFIG, "pseudonym: length must be %d to %d",
                                        DIGITS_LEAST, DIGITS_MOST);
        orch_error_hint(err, "shorter pseudonyms of two meters could be the same");
        return st;
    }
    *out = (size_t)v->integer;
    return ORCH_OK;
}

static orch_status pseudonym_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    static const char *const allowed[] = { "key", "length", NULL };
    size_t digits = 0;

    e->type = ORCH_TYPE_TEXT;
    orch_status st = orch_expr_need(e, 0, ORCH_TYPE_TEXT, err);
    if (st == ORCH_OK)
        st = orch_expr_params_allowed(e, allowed, err);
    if (st == ORCH_OK)
        st = read_length(e, &digits, err);
    if (st != ORCH_OK)
        return st;
    if (sodium_init() < 0)
        return orch_error_set(err, ORCH_EINTERNAL, "pseudonym: libsodium does not start");
    struct pseudonym *p = orch_zalloc(1, sizeof *p);
    if (p == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    p->digits = digits;
    st = load_key(p, e, c, err);
    if (st == ORCH_OK && !orch_check_cleanup(c, free_pseudonym, p))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (st != ORCH_OK) {
        free_pseudonym(p);
        return st;
    }
    e->state = p;
    return ORCH_OK;
}

/* ---- evaluation --------------------------------------------------------------------------- */

static void compute(const struct pseudonym *p, struct orch_str s, char digits[DIGITS_MOST])
{
    crypto_auth_hmacsha256_state state = *p->keyed;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];

    crypto_auth_hmacsha256_update(&state, (const unsigned char *)s.ptr, s.len);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    memcpy(digits, hex, DIGITS_MOST);
    sodium_memzero(&state, sizeof state);
}

/* The digits of one text in the batch arena; NULL: out of memory. */
static char *pseudonym_of(struct pseudonym *p, struct orch_arena *a, struct orch_str s)
{
    char digits[DIGITS_MOST];
    char *out = orch_arena_alloc(a, p->digits);

    if (out == NULL)
        return NULL;
    if (s.len > SLOT_TEXT) {
        compute(p, s, digits);
        return memcpy(out, digits, p->digits);
    }
    struct slot *slot = &p->slots[orch_hash64(s.ptr, s.len) % SLOTS];
    if (slot->len != s.len || memcmp(slot->text, s.ptr, s.len) != 0) {
        compute(p, s, slot->digits);
        memcpy(slot->text, s.ptr, s.len);
        slot->len = (uint8_t)s.len;
    }
    return memcpy(out, slot->digits, p->digits);
}

static orch_status pseudonym_eval(const struct orch_expr *e, struct orch_eval *ev,
                                  const struct orch_vector *args, struct orch_vector *out)
{
    struct pseudonym *p = e->state;
    struct orch_str last = { NULL, 0 };
    struct orch_str result = { "", 0 };
    struct orch_conversion c;

    struct orch_str *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    for (int64_t row = 0; row < ev->rows; row++) {
        values[row] = ORCH_STR("");
        if (!orch_conversion_wanted(&c, row))
            continue;
        struct orch_str s = orch_conversion_trim(args[0].of.text[row]);
        if (s.len == 0) {
            if (!orch_conversion_null(&c, row))
                return ORCH_ENOMEM;
            continue;
        }
        if (last.ptr == NULL || !orch_str_equal(s, last)) {
            char *digits = pseudonym_of(p, ev->arena, s);
            if (digits == NULL)
                return ORCH_ENOMEM;
            last = s;
            result = (struct orch_str){ digits, p->digits };
        }
        values[row] = result;
    }
    return ORCH_OK;
}

const struct orch_op orch_ops_privacy[] = {
    { "pseudonym", "t",
      "Replaces an identifier by a keyed hash (HMAC-SHA-256) in hexadecimal; options key (a secret "
      "reference) and length.",
      pseudonym_check, pseudonym_eval },
    { 0 }
};
