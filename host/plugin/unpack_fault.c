/* SPDX-License-Identifier: Apache-2.0 */
/* What to say of a packed file that is not read, and why. */
#include "plugin/unpack_level.h"

#include "orch/error.h"

#include <inttypes.h>

enum { REASON_SHOWN = 300 };

/* ---- names ------------------------------------------------------------------------------- */

bool orch_unpack_label(const struct orch_unpack *u, size_t n, struct orch_text *out)
{
    bool first = true;

    for (size_t i = 0; i < n; i++) {
        const struct orch_text *name = &u->levels[i].name;
        if (name->len == 0)
            continue;
        if (!first)
            orch_text_puts(out, ": ");
        first = false;
        orch_text_escape(out, (struct orch_str){ name->ptr, name->len }, ORCH_UNPACK_NAME_SHOWN);
    }
    return !out->failed;
}

/* The file, and the current entries of levels [0, n) within it. */
static const char *name_of(const struct orch_unpack *u, size_t n, struct orch_text *out)
{
    orch_text_puts(out, u->item->name);
    size_t before = out->len;
    orch_text_puts(out, ": ");
    orch_unpack_label(u, n, out);
    if (out->len == before + 2 && out->ptr)
        out->ptr[before] = '\0';
    return orch_text_z(out);
}

const char *orch_unpack_type_name(enum orch_unpack_type type)
{
    switch (type) {
    case ORCH_UNPACK_FOLDER:
        return "folder";
    case ORCH_UNPACK_SYMLINK:
        return "symbolic link";
    case ORCH_UNPACK_HARD_LINK:
        return "hard link";
    case ORCH_UNPACK_DEVICE:
        return "device or pipe";
    default:
        return "file";
    }
}

/* ---- what a library says ----------------------------------------------------------------- */

/* Libraries put bytes of the file into what they say. */
static void detail_place(const struct orch_unpack *u, size_t k, const char *why, orch_error *err)
{
    const struct orch_unpack_level *level = &u->levels[k];
    struct orch_text text = { 0 };

    orch_text_escape(&text, orch_str_from(why), REASON_SHOWN);
    orch_error_detail(err, "%s: %s (after %" PRId64 " bytes of it; byte %" PRId64 " of %" PRId64
                           " of the file)",
                      orch_packed_name(level->kind), orch_text_z(&text), level->taken,
                      u->levels[0].offset, u->item->file.size_bytes);
    orch_text_release(&text);
}

static orch_status fail_damaged(const struct orch_unpack *u, size_t k, const char *name,
                                orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "cannot unpack \"%s\"", name);
    detail_place(u, k, u->module->reason(u->levels[k].reader), err);
    orch_error_hint(err,
                    "it is damaged, cut off, or packed in a way that is not known here: get it "
                    "again, and try to unpack it by hand");
    return ORCH_EDATA;
}

static orch_status fail_memory(const struct orch_unpack *u, size_t k, const char *name,
                               orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "unpacking \"%s\" takes more memory than there is", name);
    detail_place(u, k, "out of memory", err);
    orch_error_hint(err, "pack it again with a smaller dictionary, such as xz -6, or unpack it "
                         "before the run");
    return ORCH_EDATA;
}

orch_status orch_unpack_failed(const struct orch_unpack *u, size_t k,
                               enum orch_unpack_result result, orch_error *err)
{
    struct orch_text text = { 0 };
    const char *name = name_of(u, k + 1, &text);
    orch_status st;

    if (result == ORCH_UNPACK_ENCRYPTED)
        st = orch_unpack_encrypted(u, err);
    else if (result == ORCH_UNPACK_NO_MEMORY)
        st = fail_memory(u, k, name, err);
    else
        st = fail_damaged(u, k, name, err);
    orch_text_release(&text);
    return st;
}

/* ---- what is refused --------------------------------------------------------------------- */

orch_status orch_unpack_encrypted(const struct orch_unpack *u, orch_error *err)
{
    struct orch_text text = { 0 };

    orch_error_set(err, ORCH_EDATA, "\"%s\" is encrypted", name_of(u, u->n, &text));
    orch_error_detail(err, "what an archive holds is read without a password only");
    orch_error_hint(err, "unpack it with its password before the run, or ask for an export without "
                         "one");
    orch_text_release(&text);
    return ORCH_EDATA;
}

orch_status orch_unpack_link(const struct orch_unpack *u, orch_error *err)
{
    const struct orch_unpack_level *top = &u->levels[u->n - 1];
    struct orch_text text = { 0 };

    orch_error_set(err, ORCH_EDATA, "\"%s\" is no file", name_of(u, u->n, &text));
    orch_error_detail(err, "the archive has a %s of that name, which is never followed",
                      orch_unpack_type_name(top->type));
    orch_error_hint(err, "let the option member name files only");
    orch_text_release(&text);
    return ORCH_EDATA;
}

orch_status orch_unpack_too_deep(const struct orch_unpack *u, orch_error *err)
{
    struct orch_text text = { 0 };

    orch_error_set(err, ORCH_EDATA, "\"%s\" is one archive within another too many",
                   name_of(u, u->n, &text));
    orch_error_detail(err, "archives are entered to a depth of %d", ORCH_UNPACK_DEPTH);
    orch_error_hint(err, "unpack the outer ones before the run; nobody packs data like this");
    orch_text_release(&text);
    return ORCH_EDATA;
}

orch_status orch_unpack_too_many(const struct orch_unpack *u, orch_error *err)
{
    struct orch_text text = { 0 };

    orch_error_set(err, ORCH_EDATA, "\"%s\" holds more than is read of one archive",
                   name_of(u, u->n - 1, &text));
    orch_error_detail(err, "an archive may have %d members, a file %d in all its archives",
                      ORCH_UNPACK_ENTRIES, ORCH_UNPACK_ENTRIES_ALL);
    orch_error_hint(err, "split it, or unpack it before the run");
    orch_text_release(&text);
    return ORCH_EDATA;
}

orch_status orch_unpack_too_large(const struct orch_unpack *u, size_t k, orch_error *err)
{
    const struct orch_unpack_level *level = &u->levels[k];
    struct orch_text text = { 0 };

    orch_error_set(err, ORCH_EDATA, "\"%s\" unpacks to far more than its size",
                   name_of(u, k + 1, &text));
    orch_error_detail(err, "%" PRId64 " bytes by now, out of a file of %" PRId64 "; %d times as "
                           "many are unpacked at most",
                      level->out, u->item->file.size_bytes, ORCH_UNPACK_RATIO);
    orch_error_hint(err, "so does an archive made to fill disks; if you trust it, unpack it before "
                         "the run");
    orch_text_release(&text);
    return ORCH_EDATA;
}

orch_status orch_unpack_cannot_hold(const struct orch_unpack *u, orch_error *err)
{
    struct orch_text text = { 0 };

    orch_error_set(err, ORCH_EDATA, "\"%s\" is too large an archive within another",
                   name_of(u, u->n, &text));
    orch_error_detail(err, "it would be held in memory, where it may have %zu MiB",
                      ORCH_UNPACK_HELD_BYTES >> 20);
    orch_error_hint(err, "unpack the outer archive before the run");
    orch_text_release(&text);
    return ORCH_EDATA;
}

orch_status orch_unpack_changed(const struct orch_unpack *u, orch_error *err)
{
    orch_error_set(err, ORCH_EIO, "\"%s\" was changed while the run read it", u->item->name);
    orch_error_detail(err, "a member is no longer where it was");
    orch_error_hint(err, "let exports finish before the run, or write them under another name and "
                         "rename them");
    if (err)
        err->flags |= ORCH_ERROR_RETRYABLE;
    return ORCH_EIO;
}
