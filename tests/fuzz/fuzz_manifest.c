/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of libraries; the word PLATFORM stands for this machine's. Checked: what is read can be
 * printed and read again as the same, what it says is text that may be shown, a refusal says why,
 * and two that differ are told apart. */
#include <stdlib.h>

#include "bytes.h"
#include "orch/error.h"
#include "plugin/adopt.h"
#include "plugin/manifest.h"

static const char library[] = "/lib/fuzz.so";

static void check_refusal(const orch_error *e, orch_status st)
{
    if (st != ORCH_ECONFIG || e->code != st || e->message[0] == '\0' || e->hint[0] == '\0')
        fuzz_broken("refused with %d, \"%s\"", st, e->message);
}

static void check_texts(const struct orch_loaded *c)
{
    const orch_connector *o = &c->connector;
    if (!orch_adopt_name(o->name) || !orch_adopt_text(o->summary, true) ||
        !orch_adopt_text(c->plugin.version, true) ||
        (o->personal != NULL && !orch_adopt_text(o->personal, true)))
        fuzz_broken("connector \"%s\" has a text that is none", o->name);
    if ((o->needs & ~(ORCH_NEEDS_NETWORK | ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE)) != 0)
        fuzz_broken("connector \"%s\" needs %llx", o->name, (unsigned long long)o->needs);
    if (o->source != NULL && c->source.open(NULL, NULL, NULL) != ORCH_EINTERNAL)
        fuzz_broken("connector \"%s\" can be opened", o->name);
}

static void check_again(struct orch_arena *a, const struct orch_loaded *items, size_t n, int indent)
{
    struct orch_text printed = { .cap = ORCH_MANIFEST_BYTES_MOST };
    struct orch_loaded *again = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n_again = 0;
    /* Its one line fits; with blanks it may not. */
    if (orch_manifest_print(items, n, indent, &printed)) {
        struct orch_str text = { printed.ptr, printed.len };
        if (orch_manifest_read(a, library, NULL, text, &again, &n_again, &err) != ORCH_OK)
            fuzz_broken("printed, then refused: %s", err.message);
        if (n_again != n || strcmp(again->manifest, items->manifest) != 0)
            fuzz_broken("%s\nbecomes\n%s", items->manifest, again->manifest);
    } else if (indent == 0) {
        fuzz_broken("cannot be printed");
    }
    orch_text_release(&printed);
}

static void check_difference(const struct orch_loaded *items)
{
    orch_error err = ORCH_ERROR_INIT;
    if (orch_manifest_compare(library, items->manifest, items->manifest, &err) != ORCH_OK)
        fuzz_broken("differs from itself: %s", err.message);
    if (orch_manifest_compare(library, items->manifest, "{\"connectors\":[{\"name\":\"csv\"}]}",
                              &err) != ORCH_ECONFIG || strstr(err.message, "differs") == NULL)
        fuzz_broken("the same as another: %s", items->manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char word[] = "PLATFORM";
    const char *bytes = (const char *)data;
    const char *at = size > 0 ? memmem(bytes, size, word, strlen(word)) : NULL;
    struct orch_arena arena = { 0 };
    struct orch_text text = { 0 };
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0, before = at != NULL ? (size_t)(at - bytes) : size;

    orch_text_add(&text, bytes, before);
    if (at != NULL) {
        orch_text_puts(&text, orch_manifest_platform());
        orch_text_add(&text, at + strlen(word), size - before - strlen(word));
    }
    orch_status st = orch_manifest_read(&arena, library, "/lib/fuzz.orch.json",
                                        (struct orch_str){ orch_text_z(&text), text.len }, &items,
                                        &n, &err);
    if (st != ORCH_OK) {
        check_refusal(&err, st);
    } else {
        for (size_t i = 0; i < n; i++)
            check_texts(&items[i]);
        check_again(&arena, items, n, 0);
        check_again(&arena, items, n, 2);
        check_difference(items);
    }
    orch_text_release(&text);
    orch_arena_release(&arena);
    return 0;
}
