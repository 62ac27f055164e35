/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to text: encodings are detected and decoded. The first byte names the encoding, the second
 * how the rest is cut. Checked: what comes out is UTF-8, is the same however it is cut and whether
 * the decoder or an input of a run gives it, and a byte that does not decode is the same one. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "orch/error.h"
#include "plugin/detect.h"
#include "plugin/input_set.h"

static const char *const encodings[] = {
    "auto", "UTF-8", "windows-1252", "ISO-8859-1", "ISO-8859-15", "UTF-16", "UTF-16LE", "UTF-16BE",
    "windows-1250", "Shift_JIS", "GB18030", "UTF-7", "ISO-2022-JP", "UTF-32", "EBCDIC-CP-FR",
    "macintosh",
};

enum { ENCODINGS = sizeof encodings / sizeof encodings[0], ROOM = 64 };

struct decoded {
    struct orch_text text;
    bool failed;
    uint8_t bad[8];
    size_t n_bad;
};

/* ---- the decoder --------------------------------------------------------------------------- */

static bool more(struct orch_decoder *d, struct orch_decode_step *step, size_t room,
                 struct decoded *out)
{
    uint8_t buffer[ROOM];
    step->out = buffer;
    step->out_end = buffer + room;
    bool ok = orch_decoder_step(d, step);
    if (step->out < buffer || step->out > buffer + room || step->in > step->in_end)
        fuzz_broken("a step leaves its buffers");
    orch_text_add(&out->text, (const char *)buffer, (size_t)(step->out - buffer));
    if (ok)
        return step->out > buffer;
    out->failed = true;
    out->n_bad = step->n_bad;
    memcpy(out->bad, step->bad, step->n_bad);
    return false;
}

/* Feeds [0, n) in pieces; what a step leaves is given again before the next piece. */
static void decode(const struct orch_encoding *encoding, const uint8_t *in, size_t n, uint32_t seed,
                   struct decoded *out)
{
    struct orch_decoder d = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    size_t end = 0;
    if (orch_decoder_init(&d, encoding, &err) != ORCH_OK)
        fuzz_broken("%s: %s", encoding->name, err.message);
    struct orch_decode_step step = { .in = in, .in_end = in };
    do {
        end += seed != 0 ? fuzz_size(&seed, n - end) : n - end;
        end = end < n ? end : n;
        /* A copy of this piece alone: reading past it is seen. */
        size_t from = (size_t)(step.in - in), len = end - from;
        uint8_t *piece = malloc(len + 1);
        if (piece == NULL)
            abort();
        memcpy(piece, step.in, len);
        step = (struct orch_decode_step){ .in = piece, .in_end = piece + len, .last = end == n };
        size_t room = seed != 0 ? ORCH_DECODE_ROOM + seed % (ROOM - ORCH_DECODE_ROOM) : ROOM;
        while (more(&d, &step, room, out))
            ;
        step.in = in + from + (step.in - piece);
        free(piece);
    } while (end < n && !out->failed);
    orch_decoder_release(&d);
}

static void compare(const struct decoded *a, const struct decoded *b, const char *how)
{
    if (a->failed != b->failed || a->text.len != b->text.len ||
        (a->text.len > 0 && memcmp(a->text.ptr, b->text.ptr, a->text.len) != 0))
        fuzz_broken("%zu bytes%s in one piece, %zu%s %s", a->text.len, a->failed ? ", bad" : "",
                    b->text.len, b->failed ? ", bad" : "", how);
}

/* ---- an input of a run --------------------------------------------------------------------- */

static void decode_input(const char *encoding, const uint8_t *in, size_t n, uint32_t seed,
                         struct decoded *out, orch_error *err)
{
    static const orch_connector reads = { .struct_size = sizeof reads,
                                          .capabilities = ORCH_CAP_INPUT,
                                          .name = "reads" };
    static const orch_source_ops ops = { .struct_size = sizeof ops };
    struct orch_loaded loaded = { .connector = reads };
    struct orch_instance instance = { 0 };
    struct orch_options *options = NULL;
    struct orch_inputs *inputs = NULL;
    orch_input_stream *stream = NULL;
    char path[64], buffer[ROOM];
    const char *paths[] = { path }, *names[] = { encoding };
    const struct orch_setting settings[] = { { "path", paths, 1, "x" },
                                             { "encoding", names, 1, "x" } };
    struct orch_hooks hooks = { 0 };
    size_t got = 1;
    int fd = memfd_create("input", MFD_CLOEXEC);

    loaded.connector.source = &ops;
    if (fd < 0 || write(fd, in, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    orch_status st = orch_options_parse(&loaded, ORCH_ROLE_SOURCE, settings, 2, &options, err);
    if (st == ORCH_OK)
        st = orch_inputs_open(options, &inputs, err);
    if (st != ORCH_OK || orch_instance_init(&instance, &loaded, options, inputs, &hooks) != ORCH_OK)
        fuzz_broken("%s: %s", err->message, err->detail);
    const orch_input *input = instance.host.extension(&instance.host, ORCH_INPUT_EXTENSION);
    st = input->open(&instance.host, 0, ORCH_INPUT_TEXT, &stream, err);
    while (st == ORCH_OK && got > 0) {
        size_t room = 16 + (seed != 0 ? fuzz_size(&seed, ROOM - 16) : 0);
        st = input->read(stream, buffer, room, &got, err);
        if (st == ORCH_OK && orch_utf8_valid(buffer, got) != got)
            fuzz_broken("a code point is cut, or none");
        if (st == ORCH_OK)
            orch_text_add(&out->text, buffer, got);
    }
    out->failed = st != ORCH_OK;
    if (stream != NULL)
        input->close(stream);
    orch_instance_release(&instance);
    close(fd);
}

/* ---- the target ---------------------------------------------------------------------------- */

static bool wanted_encoding(const char *name, struct orch_encoding *out)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = orch_encoding_find(name, out, &err);
    if (st != ORCH_OK && err.message[0] == '\0')
        fuzz_broken("\"%s\" is refused without a word", name);
    return st == ORCH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes b = { data, size };
    const char *name = encodings[fuzz_byte(&b) % ENCODINGS];
    uint32_t seed = 1u + fuzz_byte(&b);
    struct orch_encoding wanted;
    struct orch_detected found = { 0 };
    struct decoded whole = { 0 }, pieces = { 0 }, input = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    bool automatic = strcmp(name, "auto") == 0;

    setenv("ORCHESTRA_MODULES", FUZZ_MODULES, 0);
    if (!automatic && !wanted_encoding(name, &wanted))
        return 0;
    orch_status st = orch_detect("input", automatic ? NULL : &wanted, b.at, b.left, true, &found,
                                 &err);
    decode_input(name, b.at, b.left, seed, &input, &err);
    if (st != ORCH_OK && !input.failed)
        fuzz_broken("an input is read whose encoding cannot be told");
    if (st == ORCH_OK) {
        const uint8_t *text = b.at + found.mark_bytes;
        decode(&found.encoding, text, b.left - found.mark_bytes, 0, &whole);
        decode(&found.encoding, text, b.left - found.mark_bytes, seed, &pieces);
        compare(&whole, &pieces, "in odd ones");
        /* Which bytes ICU counts to a failure depends on what it saw at once. */
        if (found.encoding.kind != ORCH_ENCODING_MODULE &&
            (whole.n_bad != pieces.n_bad || memcmp(whole.bad, pieces.bad, whole.n_bad) != 0))
            fuzz_broken("other bytes do not decode when the input is cut");
        if (orch_utf8_valid(orch_text_z(&whole.text), whole.text.len) != whole.text.len)
            fuzz_broken("%s gives what is not UTF-8", found.encoding.name);
        /* An input hands on only what it read before the byte that fails. */
        if (!whole.failed)
            compare(&whole, &input, "as an input");
        else if (!input.failed)
            fuzz_broken("the input has no byte that does not decode");
    }
    orch_text_release(&whole.text);
    orch_text_release(&pieces.text);
    orch_text_release(&input.text);
    return 0;
}
