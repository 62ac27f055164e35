/* SPDX-License-Identifier: Apache-2.0 */
/* Names of encodings, and the module for those the host does not decode itself. */
#include "plugin/decode.h"

#include "base/vec.h"
#include "orch/error.h"
#include "plugin/module.h"

#include <pthread.h>
#include <stdio.h>

#define MODULE_FILE "orchestra-icu.so"
#define PROPOSALS_CAP 4096

static const char *const own_names[] = {
    [ORCH_ENCODING_UTF8] = "UTF-8",
    [ORCH_ENCODING_WINDOWS_1252] = "windows-1252",
    [ORCH_ENCODING_ISO_8859_1] = "ISO-8859-1",
    [ORCH_ENCODING_ISO_8859_15] = "ISO-8859-15",
    [ORCH_ENCODING_UTF16] = "UTF-16",
    [ORCH_ENCODING_UTF16LE] = "UTF-16LE",
    [ORCH_ENCODING_UTF16BE] = "UTF-16BE",
};

static const struct {
    const char *plain; /* as plain_name makes it */
    enum orch_encoding_kind kind;
} aliases[] = {
    { "utf8", ORCH_ENCODING_UTF8 },
    { "windows1252", ORCH_ENCODING_WINDOWS_1252 },
    { "cp1252", ORCH_ENCODING_WINDOWS_1252 },
    { "iso88591", ORCH_ENCODING_ISO_8859_1 },
    { "latin1", ORCH_ENCODING_ISO_8859_1 },
    { "iso885915", ORCH_ENCODING_ISO_8859_15 },
    { "latin9", ORCH_ENCODING_ISO_8859_15 },
    { "utf16", ORCH_ENCODING_UTF16 },
    { "utf16le", ORCH_ENCODING_UTF16LE },
    { "utf16be", ORCH_ENCODING_UTF16BE },
};

struct orch_encoding orch_encoding_own(enum orch_encoding_kind kind)
{
    struct orch_encoding encoding = { .kind = kind };

    snprintf(encoding.name, sizeof encoding.name, "%s", own_names[kind]);
    return encoding;
}

/* Lower case without '-', '_' and blanks; false when it is too long or has other characters than
 * names of encodings have (ICU would take some for paths and options). */
static bool plain_name(const char *name, char out[ORCH_ENCODING_NAME_SIZE])
{
    size_t len = 0;

    for (; *name; name++) {
        char c = *name;
        if (c == '-' || c == '_' || c == ' ')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr(".:+()", c)))
            return false;
        if (len + 1 >= ORCH_ENCODING_NAME_SIZE)
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    return len > 0;
}

/* ---- the module ------------------------------------------------------------------------- */

static pthread_once_t module_once = PTHREAD_ONCE_INIT;
static const struct orch_decode_module *module;

static void module_search(void)
{
    const struct orch_decode_module *found =
        orch_module_find(MODULE_FILE, ORCH_DECODE_MODULE_SYMBOL);

    if (found && found->version == ORCH_DECODE_MODULE_VERSION)
        module = found;
}

const struct orch_decode_module *orch_decode_module_open(void)
{
    pthread_once(&module_once, module_search);
    return module;
}

/* ---- finding ---------------------------------------------------------------------------- */

static void propose(const char *name, orch_error *err)
{
    ORCH_VEC(const char *) names = { 0 };
    const struct orch_decode_module *m = orch_decode_module_open();
    const char *known;
    bool complete = orch_vec_push(&names, "auto");

    for (size_t i = ORCH_ENCODING_UTF8; i <= ORCH_ENCODING_UTF16BE; i++)
        complete = complete && orch_vec_push(&names, own_names[i]);
    for (size_t i = 0; m && i < PROPOSALS_CAP && (known = m->name(i)); i++)
        complete = complete && orch_vec_push(&names, known);
    const char *near = complete ? orch_str_nearest(name, names.items, names.len) : NULL;
    if (near)
        orch_error_hint(err, "did you mean \"%s\"?", near);
    else
        orch_error_hint(err, "usual ones are \"UTF-8\", \"windows-1252\", \"ISO-8859-15\", "
                             "\"UTF-16\", or \"auto\"");
    orch_vec_release(&names);
}

static bool module_knows(const char *name, struct orch_encoding *out)
{
    const struct orch_decode_module *m = orch_decode_module_open();
    struct orch_converter *converter = m ? m->open(name, out->name) : NULL;

    if (!converter)
        return false;
    m->close(converter);
    out->kind = ORCH_ENCODING_MODULE;
    return true;
}

orch_status orch_encoding_find(const char *name, struct orch_encoding *out, orch_error *err)
{
    char plain[ORCH_ENCODING_NAME_SIZE];
    struct orch_encoding found = { 0 };
    bool valid = plain_name(name, plain);

    for (size_t i = 0; valid && i < sizeof aliases / sizeof *aliases; i++) {
        if (strcmp(aliases[i].plain, plain) == 0) {
            *out = orch_encoding_own(aliases[i].kind);
            return ORCH_OK;
        }
    }
    if (valid && module_knows(name, &found)) {
        *out = found;
        return ORCH_OK;
    }
    orch_error_set(err, ORCH_ECONFIG, "unknown encoding \"%.80s\"", name);
    if (!orch_decode_module_open())
        orch_error_detail(err, "the module %s, which knows more encodings, is not installed",
                          MODULE_FILE);
    propose(name, err);
    return ORCH_ECONFIG;
}
