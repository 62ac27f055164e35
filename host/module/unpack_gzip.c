/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack_gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest, and gzip's head and sums */
#define PIECE_MOST ((size_t)1 << 30) /* zlib counts in unsigned int */

struct unpack_gzip {
    struct orch_unpack_source source;
    z_stream z;
    bool source_ended;
    bool between; /* one stream has ended; another, or zeros that fill a block, may follow */
    bool ended;
    enum orch_unpack_result failed; /* once what came before the failure is handed on */
    const char *reason;
};

struct unpack_gzip *unpack_gzip_open(const struct orch_unpack_source *source)
{
    struct unpack_gzip *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->source = *source;
    if (inflateInit2(&g->z, GZIP_WINDOW) != Z_OK) {
        free(g);
        return NULL;
    }
    return g;
}

void unpack_gzip_close(struct unpack_gzip *g)
{
    if (g)
        inflateEnd(&g->z);
    free(g);
}

const char *unpack_gzip_reason(const struct unpack_gzip *g)
{
    return g->reason;
}

static enum orch_unpack_result damaged(struct unpack_gzip *g, const char *reason)
{
    g->reason = reason;
    return ORCH_UNPACK_DAMAGED;
}

static enum orch_unpack_result refill(struct unpack_gzip *g)
{
    const void *bytes = NULL;

    if (g->z.avail_in > 0 || g->source_ended)
        return ORCH_UNPACK_OK;
    ssize_t n = g->source.read(g->source.ctx, &bytes);
    if (n < 0 || (size_t)n > PIECE_MOST)
        return damaged(g, "no more bytes came");
    g->source_ended = n == 0;
    g->z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    g->z.avail_in = (uInt)n;
    return ORCH_UNPACK_OK;
}

static void skip_zeros(struct unpack_gzip *g)
{
    while (g->z.avail_in > 0 && *g->z.next_in == 0) {
        g->z.next_in++;
        g->z.avail_in--;
    }
}

/* gzip files may be strung together, as `cat` does. */
static enum orch_unpack_result go_between(struct unpack_gzip *g)
{
    skip_zeros(g);
    if (g->z.avail_in == 0) {
        g->ended = g->source_ended;
        return ORCH_UNPACK_OK;
    }
    if (*g->z.next_in != 0x1F)
        return damaged(g, "something follows the end of the compressed data");
    g->between = false;
    return inflateReset(&g->z) == Z_OK ? ORCH_UNPACK_OK : damaged(g, "it cannot go on");
}

static enum orch_unpack_result inflate_some(struct unpack_gzip *g)
{
    if (g->z.avail_in == 0)
        return damaged(g, "it is cut off: the end of the compressed data is missing");
    int rc = inflate(&g->z, Z_NO_FLUSH);
    if (rc == Z_STREAM_END) {
        g->between = true;
        return ORCH_UNPACK_OK;
    }
    if (rc == Z_MEM_ERROR)
        return ORCH_UNPACK_NO_MEMORY;
    if (rc == Z_OK || rc == Z_BUF_ERROR)
        return ORCH_UNPACK_OK;
    return damaged(g, g->z.msg ? g->z.msg : "the compressed data is malformed");
}

enum orch_unpack_result unpack_gzip_read(struct unpack_gzip *g, void *buffer, size_t capacity,
                                         size_t *n)
{
    size_t room = capacity < PIECE_MOST ? capacity : PIECE_MOST;
    enum orch_unpack_result result = g->failed;

    g->z.next_out = buffer;
    g->z.avail_out = (uInt)room;
    while (result == ORCH_UNPACK_OK && !g->ended && g->z.avail_out == room) {
        result = refill(g);
        if (result == ORCH_UNPACK_OK)
            result = g->between ? go_between(g) : inflate_some(g);
    }
    *n = room - g->z.avail_out;
    g->failed = result;
    return *n > 0 ? ORCH_UNPACK_OK : result;
}
