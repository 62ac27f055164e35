/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "orch/error.h"

#define LIBRARY "libcrypto.so.3"
#define DIGEST_BYTES 32
#define SMALL_BYTES (256 << 10)
#define SMALL_TOTAL (1 << 20)

/* The functions of libcrypto's EVP interface, whose own types stay opaque here. */
static struct {
    void *(*context_new)(void);
    void (*context_free)(void *context);
    const void *(*sha256)(void);
    int (*init)(void *context, const void *type, void *engine);
    int (*update)(void *context, const void *bytes, size_t len);
    int (*finish)(void *context, unsigned char *digest, unsigned *len);
    bool ready;
    char why[256]; /* not ready: what the linker said */
} crypto;

/* What this process has hashed in small messages: many of them are worth the loading, too. */
static atomic_size_t small_total;

struct orch_sha256 {
    unsigned char *head; /* the message while it is small */
    size_t len;
    void *context; /* of libcrypto */
    bool large;    /* the message is in there */
};

static bool find_function(void *library, const char *name, void *function_pointer)
{
    void *symbol = dlsym(library, name);
    memcpy(function_pointer, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* Never closed: the library registers exit handlers. */
static void load_library(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    crypto.ready = library && find_function(library, "EVP_MD_CTX_new", &crypto.context_new) &&
                   find_function(library, "EVP_MD_CTX_free", &crypto.context_free) &&
                   find_function(library, "EVP_sha256", &crypto.sha256) &&
                   find_function(library, "EVP_DigestInit_ex", &crypto.init) &&
                   find_function(library, "EVP_DigestUpdate", &crypto.update) &&
                   find_function(library, "EVP_DigestFinal_ex", &crypto.finish);
    atomic_store(&small_total, SMALL_TOTAL);
    if (crypto.ready)
        return;
    const char *why = dlerror();
    size_t len = why ? strlen(why) : 0;
    if (len >= sizeof crypto.why)
        len = sizeof crypto.why - 1;
    if (len > 0)
        memcpy(crypto.why, why, len);
}

static orch_status need_library(orch_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_library);
    if (crypto.ready)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "cannot compute SHA-256: " LIBRARY " is missing");
    orch_error_detail(err, "%s", crypto.why);
    orch_error_hint(err, "install OpenSSL 3 (Debian, Ubuntu: package libssl3)");
    return ORCH_ECONFIG;
}

static orch_status out_of_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

orch_status orch_sha256_new(struct orch_sha256 **out, orch_error *err)
{
    struct orch_sha256 *h = orch_zalloc(1, sizeof *h);
    if (!h)
        return out_of_memory(err);
    *out = h;
    return ORCH_OK;
}

static orch_status begin_context(struct orch_sha256 *h, orch_error *err)
{
    orch_status st = need_library(err);
    if (st != ORCH_OK)
        return st;
    if (!h->context)
        h->context = crypto.context_new();
    if (!h->context)
        return out_of_memory(err);
    if (crypto.init(h->context, crypto.sha256(), NULL) == 1)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "cannot compute SHA-256: " LIBRARY " refuses it");
    orch_error_hint(err, "look at the OpenSSL configuration of this machine");
    return ORCH_ECONFIG;
}

static orch_status add_large(struct orch_sha256 *h, const void *bytes, size_t len, orch_error *err)
{
    if (len == 0 || crypto.update(h->context, bytes, len) == 1)
        return ORCH_OK;
    return orch_error_set(err, ORCH_EINTERNAL, "cannot compute SHA-256: " LIBRARY " failed");
}

static bool is_small(const struct orch_sha256 *h, size_t more)
{
    return !h->large && more <= SMALL_BYTES - h->len && atomic_load(&small_total) < SMALL_TOTAL;
}

static orch_status add_small(struct orch_sha256 *h, const void *bytes, size_t len, orch_error *err)
{
    if (!h->head)
        h->head = orch_alloc(SMALL_BYTES);
    if (!h->head)
        return out_of_memory(err);
    memcpy(h->head + h->len, bytes, len);
    h->len += len;
    return ORCH_OK;
}

orch_status orch_sha256_update(struct orch_sha256 *h, const void *bytes, size_t len,
                               orch_error *err)
{
    if (len == 0)
        return ORCH_OK;
    if (is_small(h, len))
        return add_small(h, bytes, len, err);
    orch_status st = ORCH_OK;
    if (!h->large) {
        st = begin_context(h, err);
        if (st == ORCH_OK)
            st = add_large(h, h->head, h->len, err);
        h->large = st == ORCH_OK;
    }
    return st == ORCH_OK ? add_large(h, bytes, len, err) : st;
}

static void to_hex(const unsigned char digest[DIGEST_BYTES], char hex[65])
{
    sodium_bin2hex(hex, 2 * DIGEST_BYTES + 1, digest, DIGEST_BYTES);
}

orch_status orch_sha256_finish(struct orch_sha256 *h, char hex[65])
{
    unsigned char digest[64]; /* of any digest of the interface */
    unsigned len = DIGEST_BYTES;
    bool done = h->large ? crypto.finish(h->context, digest, &len) == 1
                         : crypto_hash_sha256(digest, h->head, h->len) == 0;

    if (!h->large)
        atomic_fetch_add(&small_total, h->len);
    h->large = false;
    h->len = 0;
    if (!done || len != DIGEST_BYTES)
        return ORCH_EINTERNAL;
    to_hex(digest, hex);
    return ORCH_OK;
}

void orch_sha256_free(struct orch_sha256 *h)
{
    if (!h)
        return;
    if (h->context)
        crypto.context_free(h->context);
    free(h->head);
    free(h);
}

orch_status orch_sha256_text(struct orch_str s, char hex[65], orch_error *err)
{
    struct orch_sha256 *h = NULL;
    orch_status st = orch_sha256_new(&h, err);
    if (st == ORCH_OK)
        st = orch_sha256_update(h, s.ptr, s.len, err);
    if (st == ORCH_OK && orch_sha256_finish(h, hex) != ORCH_OK)
        st = orch_error_set(err, ORCH_EINTERNAL, "cannot compute SHA-256: " LIBRARY " failed");
    orch_sha256_free(h);
    return st;
}
