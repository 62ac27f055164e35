/* SPDX-License-Identifier: Apache-2.0 */
/* One reading of one part: a raw buffer filled by pread or out of an archive, decoded into the
 * connector's own.
 *
 * A file that is read to its end in one go is hashed on the way, so that the run need not read it
 * twice; what is unpacked is not, for the hash is of the file. A piece is hashed when the next one
 * is asked for: opening an input for its header does not load the hash library. */
#include "plugin/input_item.h"

#include "base/hash.h"
#include "orch/error.h"
#include "plugin/detect.h"

#include <inttypes.h>
#include <unistd.h>

struct orch_input_stream {
    struct orch_inputs *set;
    struct orch_input_part *part;
    struct orch_input_item *item;
    struct orch_unpack *unpack; /* NULL: the part is the file itself, behind fd */
    bool lost; /* where `unpack` stands is of no use to others */
    uint32_t mode;
    int fd;
    bool owned;
    bool at_end;       /* the buffer holds the last bytes of the input */
    bool by_content;
    bool hashing;
    int64_t offset;    /* of buffer[0] in the input */
    size_t pos, len;   /* what is not consumed yet: [pos, len) */
    size_t hashed;     /* what is hashed: [0, hashed) */
    struct orch_sha256 *hash;
    struct orch_decoder decoder;
    uint8_t buffer[ORCH_INPUT_BUFFER_BYTES];
};

/* ---- hashing ---------------------------------------------------------------------------- */

/* Failing to hash is no failure to read: orch_inputs_hash will say what is wrong. */
static void hash_stop(orch_input_stream *s)
{
    s->hashing = false;
    orch_sha256_free(s->hash);
    s->hash = NULL;
}

static void hash_pending(orch_input_stream *s)
{
    if (!s->hashing)
        return;
    if (!s->hash && orch_sha256_new(&s->hash, NULL) != ORCH_OK)
        hash_stop(s);
    else if (orch_sha256_update(s->hash, s->buffer + s->hashed, s->len - s->hashed, NULL) !=
             ORCH_OK)
        hash_stop(s);
    else
        s->hashed = s->len;
}

static void hash_end(orch_input_stream *s)
{
    char hex[65];

    hash_pending(s);
    if (s->hashing && orch_sha256_finish(s->hash, hex) == ORCH_OK)
        memcpy(s->item->file.sha256, hex, sizeof hex);
    hash_stop(s);
}

/* ---- filling ---------------------------------------------------------------------------- */

static orch_status unpack_fill(orch_input_stream *s, size_t room, size_t *n, orch_error *err)
{
    orch_status st = ORCH_OK;
    size_t got = 1;

    *n = 0;
    while (st == ORCH_OK && *n < room && got > 0) {
        st = orch_unpack_read(s->unpack, s->buffer + s->len + *n, room - *n, &got, err);
        if (st == ORCH_OK)
            *n += got;
    }
    s->lost = st != ORCH_OK;
    return st;
}

/* Keeps what is not consumed (the first bytes of a code point) and reads on behind it. */
static orch_status fill(orch_input_stream *s, orch_error *err)
{
    size_t n = 0;

    hash_pending(s);
    memmove(s->buffer, s->buffer + s->pos, s->len - s->pos);
    s->offset += (int64_t)s->pos;
    s->len -= s->pos;
    s->hashed = s->len;
    s->pos = 0;
    size_t room = sizeof s->buffer - s->len;
    orch_status st = s->unpack ? unpack_fill(s, room, &n, err)
                               : orch_input_pread(s->item, s->fd, s->buffer + s->len, room,
                                                  s->offset + (int64_t)s->len, &n, err);
    if (st != ORCH_OK)
        return st;
    s->len += n;
    s->at_end = n < room;
    return ORCH_OK;
}

/* ---- opening ---------------------------------------------------------------------------- */

/* Archives hold other things beside the data: what is in the way may be left out. */
static void hint_member(const orch_input_stream *s, orch_error *err)
{
    if (err == NULL || s->part->label == NULL || s->part->label[0] == '\0')
        return;
    orch_error said = *err;
    orch_error_hint(err, "%s%schoose other files of the archive with the option member", said.hint,
                    said.hint[0] != '\0' ? "; or " : "");
}

static orch_status begin_text(struct orch_inputs *in, orch_input_stream *s, orch_error *err)
{
    struct orch_detected found = { 0 };

    orch_status st = fill(s, err);
    if (st == ORCH_OK) {
        st = orch_detect(orch_input_part_name(s->part), in->automatic ? NULL : &in->wanted,
                         s->buffer, s->len, s->at_end, &found, err);
        if (st != ORCH_OK)
            hint_member(s, err);
    }
    if (st == ORCH_OK)
        st = orch_decoder_init(&s->decoder, &found.encoding, err);
    if (st != ORCH_OK)
        return st;
    s->pos = found.mark_bytes;
    s->by_content = found.by_content;
    if (!s->part->encoding) {
        orch_input_decide(s->part, found.encoding.name, found.by_content);
        if (s->item->lender)
            s->item->lender->decided(s->item->lender->ctx, s->part->index, found.encoding.name,
                                     found.by_content);
    }
    return ORCH_OK;
}

/* Members are read one after the other: where one reading ends the next begins. */
static orch_status begin_unpack(struct orch_inputs *in, orch_input_stream *s, orch_error *err)
{
    orch_status st = ORCH_OK;

    if (in->idle && in->idle_of == s->item) {
        s->unpack = in->idle;
        in->idle = NULL;
    } else {
        st = orch_unpack_open(s->item, in->host, &s->unpack, err);
    }
    if (st == ORCH_OK)
        st = orch_unpack_go(s->unpack, s->part->place, err);
    s->lost = st != ORCH_OK;
    return st;
}

static void end_unpack(orch_input_stream *s)
{
    if (!s->unpack)
        return;
    if (s->lost) {
        orch_unpack_close(s->unpack);
        return;
    }
    orch_unpack_close(s->set->idle);
    s->set->idle = s->unpack;
    s->set->idle_of = s->item;
}

orch_status orch_stream_open(struct orch_inputs *in, size_t index, uint32_t mode,
                             orch_input_stream **out, orch_error *err)
{
    if (index >= in->parts.len || (mode != ORCH_INPUT_TEXT && mode != ORCH_INPUT_RAW))
        return orch_error_set(err, ORCH_EINVAL, "there is no input %zu to open in mode %u", index,
                              (unsigned)mode);
    orch_input_stream *s = orch_alloc(sizeof *s);
    if (!s)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    /* All but the buffer, whose pages are touched as far as the input goes. */
    memset(s, 0, offsetof(orch_input_stream, buffer));
    s->set = in;
    s->part = in->parts.items[index];
    s->item = s->part->item;
    s->mode = mode;
    s->fd = -1;
    s->hashing = s->item->file.sha256[0] == '\0' && !s->item->lender && !s->part->place;
    orch_status st = s->part->place
                         ? begin_unpack(in, s, err)
                         : orch_input_reopen(s->item, false, &s->fd, &s->owned, err);
    if (st == ORCH_OK && mode == ORCH_INPUT_TEXT)
        st = begin_text(in, s, err);
    if (st != ORCH_OK) {
        orch_stream_close(s);
        return st;
    }
    *out = s;
    return ORCH_OK;
}

void orch_stream_close(orch_input_stream *s)
{
    if (!s)
        return;
    hash_stop(s);
    orch_decoder_release(&s->decoder);
    end_unpack(s);
    if (s->owned)
        close(s->fd);
    free(s);
}

int64_t orch_stream_consumed(const orch_input_stream *s)
{
    return s->offset + (int64_t)s->pos;
}

/* ---- bytes that do not decode ----------------------------------------------------------- */

/* A second way to the beginning of the part. */
static struct orch_unpack *unpack_again(const orch_input_stream *s)
{
    struct orch_unpack *u = NULL;

    if (orch_unpack_open(s->item, s->set->host, &u, NULL) != ORCH_OK)
        return NULL;
    if (orch_unpack_go(u, s->part->place, NULL) == ORCH_OK)
        return u;
    orch_unpack_close(u);
    return NULL;
}

static int64_t count_lines(const orch_input_stream *s, struct orch_unpack *again, int64_t end)
{
    char piece[8192];
    int64_t line = 1;

    for (int64_t at = 0; at < end;) {
        size_t want = end - at < (int64_t)sizeof piece ? (size_t)(end - at) : sizeof piece;
        size_t n = 0;
        orch_status st = again ? orch_unpack_read(again, piece, want, &n, NULL)
                               : orch_input_pread(s->item, s->fd, piece, want, at, &n, NULL);
        if (st != ORCH_OK || n == 0)
            return 0;
        for (const char *p = piece; (p = memchr(p, '\n', (size_t)(piece + n - p))); p++)
            line++;
        at += (int64_t)n;
    }
    return line;
}

/* Only after a failure: reads the part again up to `end`. 0 when lines cannot be counted. */
static int64_t line_of(const orch_input_stream *s, int64_t end)
{
    enum orch_encoding_kind kind = s->decoder.kind;
    struct orch_unpack *again = NULL;

    if (kind == ORCH_ENCODING_UTF16LE || kind == ORCH_ENCODING_UTF16BE ||
        kind == ORCH_ENCODING_MODULE)
        return 0;
    if (s->unpack && !(again = unpack_again(s)))
        return 0;
    int64_t line = count_lines(s, again, end);
    orch_unpack_close(again);
    return line;
}

static void hint_encoding(const orch_input_stream *s, orch_error *err)
{
    if (s->decoder.kind == ORCH_ENCODING_UTF8 && s->by_content)
        orch_error_hint(err, "its first 64 KiB are UTF-8, this is not: set encoding = "
                             "\"windows-1252\" if the export is written so");
    else if (s->decoder.kind == ORCH_ENCODING_UTF8)
        orch_error_hint(err, "set encoding to what the file is written in: often \"windows-1252\"");
    else if (s->by_content)
        orch_error_hint(err, "it is neither UTF-8 nor windows-1252: set encoding to what it is "
                             "written in, such as \"ISO-8859-15\"");
    else
        orch_error_hint(err, "set encoding to what the file is written in, or \"auto\"");
}

static orch_status fail_decode(const orch_input_stream *s, const struct orch_decode_step *step,
                               orch_error *err)
{
    int64_t at = s->offset + (step->in - s->buffer) - (int64_t)step->n_bad;
    struct orch_text detail = { 0 };

    if (step->n_bad == 0)
        return orch_error_set(err, ORCH_EINTERNAL, "the converter of \"%s\" failed on \"%s\"",
                              s->part->encoding, orch_input_part_name(s->part));
    orch_error_set(err, ORCH_EDATA, "cannot decode \"%s\" as %s", orch_input_part_name(s->part),
                   s->part->encoding);
    orch_text_puts(&detail, step->n_bad > 1 ? "bytes" : "byte");
    for (size_t i = 0; i < step->n_bad; i++)
        orch_text_printf(&detail, " 0x%02X", step->bad[i]);
    orch_text_printf(&detail, " at offset %" PRId64, at);
    int64_t line = line_of(s, at);
    if (line > 0)
        orch_text_printf(&detail, ", line %" PRId64, line);
    orch_error_detail(err, "%s", orch_text_z(&detail));
    hint_encoding(s, err);
    orch_text_release(&detail);
    return ORCH_EDATA;
}

/* ---- reading ---------------------------------------------------------------------------- */

static orch_status read_raw(orch_input_stream *s, uint8_t *out, size_t capacity, size_t *n,
                            orch_error *err)
{
    if (s->pos == s->len && !s->at_end) {
        orch_status st = fill(s, err);
        if (st != ORCH_OK)
            return st;
    }
    *n = s->len - s->pos < capacity ? s->len - s->pos : capacity;
    memcpy(out, s->buffer + s->pos, *n);
    s->pos += *n;
    return ORCH_OK;
}

static orch_status read_text(orch_input_stream *s, uint8_t *out, size_t capacity, size_t *n,
                             orch_error *err)
{
    for (;;) {
        struct orch_decode_step step = {
            .in = s->buffer + s->pos,
            .in_end = s->buffer + s->len,
            .out = out,
            .out_end = out + capacity,
            .last = s->at_end,
        };
        if (!orch_decoder_step(&s->decoder, &step))
            return fail_decode(s, &step, err);
        s->pos = (size_t)(step.in - s->buffer);
        *n = (size_t)(step.out - out);
        if (*n > 0 || s->at_end)
            return ORCH_OK;
        orch_status st = fill(s, err);
        if (st != ORCH_OK)
            return st;
    }
}

orch_status orch_stream_read(orch_input_stream *s, void *buffer, size_t capacity, size_t *n,
                             orch_error *err)
{
    size_t made = 0;

    if (capacity < ORCH_DECODE_ROOM)
        return orch_error_set(err, ORCH_EINVAL, "a buffer for reading needs %d bytes at least",
                              ORCH_DECODE_ROOM);
    orch_status st = s->mode == ORCH_INPUT_TEXT ? read_text(s, buffer, capacity, &made, err)
                                                : read_raw(s, buffer, capacity, &made, err);
    if (st != ORCH_OK)
        return st;
    if (made == 0)
        hash_end(s);
    *n = made;
    return ORCH_OK;
}
