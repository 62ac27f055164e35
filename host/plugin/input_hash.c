/* SPDX-License-Identifier: Apache-2.0 */
/* The hash of an input that nobody read through a stream of this process: by reading it in one go,
 * or, where another process reads it, by a thread that follows it, while its pages are in memory.
 * What the other process says decides only the pace: the bytes are read here. */
#include "plugin/input_item.h"

#include "base/hash.h"
#include "orch/error.h"

#include <stdlib.h>
#include <unistd.h>

/* Less than this is hashed at the end, in less time than a thread takes to start. */
enum { BESIDE_BYTES = 1 << 20 };

static orch_status fail_hash(const struct orch_input_item *item, orch_error *err)
{
    return orch_error_set(err, ORCH_EINTERNAL, "cannot hash \"%s\"", item->name);
}

/* ---- what is under way ------------------------------------------------------------------ */

void orch_input_hashing_end(struct orch_inputs *in)
{
    struct orch_input_hashing *h = &in->hashing;

    orch_sha256_free(h->hash);
    h->hash = NULL;
    if (h->owned)
        close(h->fd);
    h->owned = false;
    h->offset = 0;
}

static orch_status begin(struct orch_inputs *in, size_t i, orch_error *err)
{
    struct orch_input_hashing *h = &in->hashing;

    if (h->hash && h->index == i)
        return ORCH_OK;
    orch_input_hashing_end(in);
    orch_status st = orch_input_reopen(in->items.items[i], false, &h->fd, &h->owned, err);
    if (st == ORCH_OK)
        st = orch_sha256_new(&h->hash, err);
    if (st != ORCH_OK) {
        orch_input_hashing_end(in);
        return st;
    }
    h->index = i;
    return ORCH_OK;
}

/* Hashes from where it stands up to `end` or the end of the input; *whole tells which. */
static orch_status hash_on(struct orch_inputs *in, int64_t end, char *buffer,
                           bool (*cancelled)(void), bool *whole, orch_error *err)
{
    struct orch_input_hashing *h = &in->hashing;
    const struct orch_input_item *item = in->items.items[h->index];

    while (h->offset < end && !*whole) {
        size_t n = 0;
        if (atomic_load(&h->stop))
            return ORCH_ECANCELLED;
        if (cancelled && cancelled())
            return orch_error_set(err, ORCH_ECANCELLED, "cancelled while hashing \"%s\"",
                                  item->name);
        orch_status st = orch_input_pread(item, h->fd, buffer, ORCH_INPUT_BUFFER_BYTES, h->offset,
                                          &n, err);
        if (st != ORCH_OK)
            return st;
        st = orch_sha256_update(h->hash, buffer, n, err);
        if (st != ORCH_OK)
            return st;
        h->offset += (int64_t)n;
        *whole = n == 0;
    }
    return ORCH_OK;
}

static orch_status finish(struct orch_inputs *in, orch_error *err)
{
    struct orch_input_item *item = in->items.items[in->hashing.index];
    orch_status st = orch_sha256_finish(in->hashing.hash, item->file.sha256) == ORCH_OK
                         ? ORCH_OK : fail_hash(item, err);

    orch_input_hashing_end(in);
    return st;
}

/* ---- in one go -------------------------------------------------------------------------- */

orch_status orch_inputs_hash(struct orch_inputs *in, size_t i, bool (*cancelled)(void),
                             orch_error *err)
{
    bool whole = false;

    orch_input_hashing_stop(in);
    if (i >= in->items.len)
        return orch_error_set(err, ORCH_EINVAL, "there is no input %zu", i);
    if (in->items.items[i]->file.sha256[0])
        return ORCH_OK;
    char *buffer = orch_alloc(ORCH_INPUT_BUFFER_BYTES);
    if (!buffer)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_status st = begin(in, i, err);
    if (st == ORCH_OK)
        st = hash_on(in, INT64_MAX, buffer, cancelled, &whole, err);
    if (st == ORCH_OK)
        st = finish(in, err);
    else
        orch_input_hashing_end(in);
    free(buffer);
    return st;
}

/* ---- beside the reader ------------------------------------------------------------------ */

/* Hashes input h->first as far as it is due; *more: it is hashed, the next may be due as well. */
static orch_status hash_due(struct orch_inputs *in, int64_t upto, char *buffer, bool *more)
{
    struct orch_input_hashing *h = &in->hashing;
    const struct orch_input_file *file = &in->items.items[h->first]->file;
    bool whole = file->sha256[0] != '\0';
    orch_status st = ORCH_OK;

    if (!whole) {
        st = begin(in, h->first, NULL);
        if (st == ORCH_OK)
            st = hash_on(in, upto - h->before, buffer, NULL, &whole, NULL);
        if (st == ORCH_OK && whole)
            st = finish(in, NULL);
    }
    if (st == ORCH_OK && whole) {
        h->before += file->size_bytes;
        h->first++;
    }
    *more = whole;
    return st;
}

/* false: there is nothing more to do, or it failed: orch_inputs_hash begins anew and says why. */
static bool hash_upto(struct orch_inputs *in, int64_t upto, char *buffer)
{
    struct orch_input_hashing *h = &in->hashing;
    orch_status st = ORCH_OK;
    bool more = true;

    while (st == ORCH_OK && more && h->first < in->items.len && h->before + h->offset < upto)
        st = hash_due(in, upto, buffer, &more);
    if (st != ORCH_OK && st != ORCH_ECANCELLED) /* whoever stops it may go on from here */
        orch_input_hashing_end(in);
    return st == ORCH_OK && h->first < in->items.len;
}

/* The bytes that are due, once there are more than before; -1 at the end. */
static int64_t next_target(struct orch_input_hashing *h, int64_t done)
{
    pthread_mutex_lock(&h->lock);
    while (!atomic_load(&h->stop) && h->upto <= done)
        pthread_cond_wait(&h->due, &h->lock);
    int64_t upto = atomic_load(&h->stop) ? -1 : h->upto;
    pthread_mutex_unlock(&h->lock);
    return upto;
}

static void *hash_beside(void *arg)
{
    struct orch_inputs *in = arg;
    char *buffer = orch_alloc(ORCH_INPUT_BUFFER_BYTES);
    int64_t upto = 0;
    bool more = buffer != NULL;

    while (more && (upto = next_target(&in->hashing, upto)) >= 0)
        more = hash_upto(in, upto, buffer);
    free(buffer);
    return NULL;
}

static void start(struct orch_inputs *in)
{
    struct orch_input_hashing *h = &in->hashing;

    h->tried = true;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->due, NULL);
    h->runs = pthread_create(&h->thread, NULL, hash_beside, in) == 0;
}

void orch_inputs_hash_ahead(struct orch_inputs *in, int64_t upto)
{
    struct orch_input_hashing *h = &in->hashing;

    if (!h->tried && upto >= BESIDE_BYTES)
        start(in);
    if (!h->runs)
        return;
    pthread_mutex_lock(&h->lock);
    if (upto > h->upto) {
        h->upto = upto;
        pthread_cond_signal(&h->due);
    }
    pthread_mutex_unlock(&h->lock);
}

void orch_input_hashing_stop(struct orch_inputs *in)
{
    struct orch_input_hashing *h = &in->hashing;

    if (!h->runs)
        return;
    pthread_mutex_lock(&h->lock);
    atomic_store(&h->stop, true);
    pthread_cond_signal(&h->due);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    atomic_store(&h->stop, false);
    h->runs = false;
}
