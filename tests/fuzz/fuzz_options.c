/* SPDX-License-Identifier: Apache-2.0 */
/* Options: each line is a setting ("skip_lines=3"). Checked: what is taken as canonical is taken
 * again as it is, a secret is in no text that people see, and a refusal says why. */
#include <stdlib.h>

#include "bytes.h"
#include "base/log.h"
#include "orch/error.h"
#include "plugin/options.h"
#include "settings.h"

/* Begins with what no escape of a text ends with: "\\x17" and a typed rest must not read as it. */
static const char secret[] = "~1e-a-secret-word";
static const char *const choices[] = { "reject", "null", "keep", NULL };

#define OPTION(kind, id, ...)                                                                      \
    { .struct_size = sizeof(orch_option), .type = (kind), .name = id, __VA_ARGS__ }

static const orch_option table[] = {
    OPTION(ORCH_OPT_STRING, "text", .summary = "t", .flags = ORCH_OPT_REPEATED),
    OPTION(ORCH_OPT_BOOL, "header", .summary = "t", .default_text = "true"),
    OPTION(ORCH_OPT_INT, "lines", .summary = "t", .default_text = "0", .min = -5, .max = 1000),
    OPTION(ORCH_OPT_INT, "any", .summary = "t"),
    OPTION(ORCH_OPT_FLOAT, "ratio", .summary = "t", .min = 0, .max = 1),
    OPTION(ORCH_OPT_BYTES, "size", .summary = "t", .default_text = "1MiB", .example = "4kB"),
    OPTION(ORCH_OPT_DURATION, "wait", .summary = "t", .default_text = "90s"),
    OPTION(ORCH_OPT_ENUM, "rows", .summary = "t", .choices = choices, .default_text = "reject"),
    OPTION(ORCH_OPT_PATH, "file", .summary = "t"),
    OPTION(ORCH_OPT_URL, "url", .summary = "t", .flags = ORCH_OPT_DEPRECATED),
    OPTION(ORCH_OPT_PAIR, "fields", .summary = "t", .flags = ORCH_OPT_REPEATED),
    OPTION(ORCH_OPT_STRING, "password", .summary = "t", .flags = ORCH_OPT_SECRET),
    OPTION(ORCH_OPT_INT, "pin", .summary = "t", .flags = ORCH_OPT_SECRET, .min = 0, .max = 9999),
    OPTION(ORCH_OPT_PAIR, "headers", .summary = "t", .flags = ORCH_OPT_SECRET | ORCH_OPT_REPEATED),
};

enum { OPTIONS = sizeof table / sizeof table[0] };

static void check_hidden(const char *what, const char *text)
{
    if (strstr(text, secret) != NULL)
        fuzz_broken("the secret stands in %s: %s", what, text);
    if (orch_utf8_valid(text, strlen(text)) != strlen(text))
        fuzz_broken("%s is not UTF-8: %s", what, text);
}

static void check_refusal(const orch_error *e, orch_status st)
{
    if (st != ORCH_ECONFIG || e->code != st || e->message[0] == '\0')
        fuzz_broken("refused with %d, \"%s\"", st, e->message);
    check_hidden("message", e->message);
    check_hidden("detail", e->detail);
    check_hidden("hint", e->hint);
}

/* A canonical value may hold what reads as a reference: then it is no setting any more. */
static void check_again(const struct orch_loaded *c, const char *name, const char *value)
{
    const char *values[] = { value };
    struct orch_setting setting = { name, values, 1, "again" };
    struct orch_options *again = NULL;
    orch_error err = ORCH_ERROR_INIT;
    if (strstr(value, "${") != NULL)
        return;
    struct orch_text typed = { 0 };
    bool duration = strcmp(name, "wait") == 0 && strcmp(value, "0") != 0;
    orch_text_printf(&typed, "%s%s", value, duration ? "ms" : "");
    values[0] = orch_text_z(&typed);
    if (orch_options_parse(c, ORCH_ROLE_SOURCE, &setting, 1, &again, &err) != ORCH_OK)
        fuzz_broken("%s = \"%s\" is canonical, but: %s", name, value, err.message);
    const char *canonical = orch_options_get(again, name, 0, NULL);
    if (canonical == NULL || strcmp(canonical, value) != 0)
        fuzz_broken("%s = \"%s\" becomes \"%s\"", name, value, canonical);
    orch_options_free(again);
    orch_text_release(&typed);
}

static void check_options(const struct orch_loaded *c, const struct orch_options *o)
{
    struct orch_text printed = { 0 };
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *value;
        size_t len = 0;
        for (size_t k = 0; (value = orch_options_get(o, table[i].name, k, &len)) != NULL; k++) {
            if (strlen(value) != len)
                fuzz_broken("%s has a zero byte", table[i].name);
            check_again(c, table[i].name, value);
            char *text = strdup(value);
            if (text == NULL)
                abort();
            orch_options_redact(o, text);
            if (strstr(text, secret) != NULL) /* a path may be any bytes */
                fuzz_broken("the secret stands in a redacted value: %s", text);
            free(text);
        }
    }
    if (!orch_options_print(o, &printed))
        fuzz_broken("the options cannot be printed");
    check_hidden("the printed options", orch_text_z(&printed));
    orch_text_release(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const orch_source_ops ops = { .struct_size = sizeof ops };
    static const orch_option *options[OPTIONS];
    struct orch_loaded c = { .connector = { .struct_size = sizeof c.connector, .name = "fuzz",
                                            .source = &ops, .options = options,
                                            .n_options = OPTIONS } };
    struct fuzz_bytes b = { data, size };
    struct fuzz_settings settings = { 0 };
    struct orch_options *o = NULL;
    orch_error err = ORCH_ERROR_INIT;

    for (size_t i = 0; i < OPTIONS; i++)
        options[i] = &table[i];
    /* Devices and pipes would wait or never end, and who types the secret shows it: both are the
     * script's own doing. */
    if (memmem(data, size, "file:", 5) != NULL ||
        memmem(data, size, secret, sizeof secret - 1) != NULL)
        return 0;
    setenv("FUZZ_SECRET", secret, 1);
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR + 1);
    fuzz_settings_parse(&settings, fuzz_rest(&b), '\n');
    orch_status st = orch_options_parse(&c, ORCH_ROLE_SOURCE, settings.items, settings.n, &o, &err);
    if (st == ORCH_OK)
        check_options(&c, o);
    else
        check_refusal(&err, st);
    orch_options_free(o);
    fuzz_settings_release(&settings);
    return 0;
}
