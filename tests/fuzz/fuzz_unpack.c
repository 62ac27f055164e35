/* SPDX-License-Identifier: Apache-2.0 */
/* Packed inputs. The first byte chooses a pattern for members, the rest is the file. Checked: what
 * is listed is told to another process as it is, every member reads twice as the same bytes or to
 * the same failure, and whatever is refused is refused with words. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "bytes.h"
#include "orch/error.h"
#include "plugin/input_item.h"

static const char *const patterns[] = { "", "*", "*.csv", "a/*", "[a-m]*" };

enum {
    PATTERNS = sizeof patterns / sizeof patterns[0],
    PARTS_MOST = 20,      /* that are read */
    READ_MOST = 1 << 20, /* of each; what a bomb gives is bounded elsewhere */
};

static const orch_source_ops ops = { .struct_size = sizeof ops };
static const struct orch_loaded reads = {
    .connector = { .struct_size = sizeof(orch_connector),
                   .capabilities = ORCH_CAP_INPUT,
                   .name = "reads",
                   .source = &ops },
};

static orch_status open_inputs(const char *path, const char *pattern, struct orch_options **o,
                               struct orch_inputs **in, orch_error *err)
{
    const struct orch_setting settings[] = { { "path", &path, 1, "x" },
                                             { "member", &pattern, 1, "x" } };
    orch_status st = orch_options_parse(&reads, ORCH_ROLE_SOURCE, settings,
                                        pattern[0] != '\0' ? 2 : 1, o, err);
    return st == ORCH_OK ? orch_inputs_open(*o, in, err) : st;
}

static void check_refusal(const orch_error *err, orch_status st)
{
    if (err->code != st || err->message[0] == '\0' || err->detail[0] == '\0' ||
        err->hint[0] == '\0')
        fuzz_broken("refused with %d, \"%s\", \"%s\"", st, err->message, err->detail);
    if (strpbrk(err->message, "\n\033") != NULL || strpbrk(err->detail, "\n\033") != NULL)
        fuzz_broken("\"%s\" is no line", err->message);
}

/* ---- the other process ----------------------------------------------------------------------- */

static void check_told(struct orch_inputs *in, const char *path)
{
    struct orch_options *o = NULL;
    struct orch_inputs *host = NULL;
    struct orch_part_told told, taken;
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = open_inputs(path, "", &o, &host, &err);

    if (st != ORCH_OK)
        fuzz_broken("%s", err.message);
    for (size_t i = 0; orch_inputs_part(in, i, &told); i++)
        if (told.label != NULL && !orch_inputs_member(host, told.file, told.label, &st))
            fuzz_broken("\"%s\" is no label for the host", told.label);
    if (orch_inputs_members_end(host, &err) != ORCH_OK ||
        orch_inputs_parts(host) != orch_inputs_parts(in))
        fuzz_broken("the host has other parts: %s", err.message);
    for (size_t i = 0; orch_inputs_part(in, i, &told); i++)
        if (!orch_inputs_part(host, i, &taken) || strcmp(told.name, taken.name) != 0)
            fuzz_broken("the host calls \"%s\" otherwise", told.name);
    orch_inputs_free(host);
    orch_options_free(o);
}

/* ---- reading ------------------------------------------------------------------------------- */

struct taken {
    orch_status status;
    size_t len;
    char sha256[65];
};

static void take(struct orch_inputs *in, size_t i, struct taken *out)
{
    static char piece[32 * 1024];
    struct orch_sha256 *hash = NULL;
    orch_input_stream *s = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 1;

    *out = (struct taken){ .status = orch_stream_open(in, i, ORCH_INPUT_RAW, &s, &err) };
    if (orch_sha256_new(&hash, NULL) != ORCH_OK)
        abort();
    while (out->status == ORCH_OK && n > 0 && out->len < READ_MOST) {
        out->status = orch_stream_read(s, piece, sizeof piece, &n, &err);
        if (out->status != ORCH_OK)
            break;
        orch_sha256_update(hash, piece, n, NULL);
        out->len += n;
    }
    if (out->status != ORCH_OK)
        check_refusal(&err, out->status);
    if (orch_sha256_finish(hash, out->sha256) != ORCH_OK)
        abort();
    orch_sha256_free(hash);
    orch_stream_close(s);
}

/* In the order of the archive, then against it: another way through it. */
static void check_parts(struct orch_inputs *in)
{
    static struct taken first[PARTS_MOST];
    size_t n = orch_inputs_parts(in);
    struct taken again;

    n = n < PARTS_MOST ? n : PARTS_MOST;
    for (size_t i = 0; i < n; i++)
        take(in, i, &first[i]);
    for (size_t i = n; i-- > 0;) {
        take(in, i, &again);
        if (again.status != first[i].status || again.len != first[i].len ||
            strcmp(again.sha256, first[i].sha256) != 0)
            fuzz_broken("part %zu of %zu bytes (%d) reads again as %zu (%d)", i, first[i].len,
                        first[i].status, again.len, again.status);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes b = { data, size };
    const char *pattern = patterns[fuzz_byte(&b) % PATTERNS];
    struct orch_instance instance;
    struct orch_options *o = NULL;
    struct orch_inputs *in = NULL;
    orch_error err = ORCH_ERROR_INIT;
    char path[64];
    int fd = memfd_create("input", MFD_CLOEXEC);

    setenv("ORCHESTRA_MODULES", FUZZ_MODULES, 0);
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR);
    if (fd < 0 || write(fd, b.at, b.left) != (ssize_t)b.left)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (open_inputs(path, pattern, &o, &in, &err) != ORCH_OK)
        fuzz_broken("%s: %s", err.message, err.detail);
    orch_instance_init(&instance, &reads, o, in, NULL);
    orch_status st = orch_instance_unpack(&instance, &err);
    if (st != ORCH_OK) {
        check_refusal(&err, st);
    } else {
        check_told(in, path);
        check_parts(in);
    }
    orch_instance_release(&instance);
    close(fd);
    return 0;
}
