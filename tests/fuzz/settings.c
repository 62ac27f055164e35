/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fuzz_broken(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("broken promise: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

/* A copy up to the first zero byte, as settings of scripts are. */
static char *copy_text(struct orch_str s)
{
    char *copy = s.len > 0 ? strndup(s.ptr, s.len) : strdup("");
    if (copy == NULL)
        abort();
    return copy;
}

void fuzz_settings_add(struct fuzz_settings *s, struct orch_str name, struct orch_str value)
{
    char *key = copy_text(name);
    size_t i = 0;
    while (i < s->n && strcmp(s->names[i], key) != 0)
        i++;
    if (i == s->n && s->n < FUZZ_SETTINGS) {
        s->names[i] = copy_text(name);
        s->items[i] = (struct orch_setting){ .name = s->names[i],
                                             .values = (const char **)s->values[i],
                                             .place = "input" };
        s->n++;
    }
    if (i < s->n && s->items[i].n_values < FUZZ_VALUES)
        s->values[i][s->items[i].n_values++] = copy_text(value);
    free(key);
}

void fuzz_settings_parse(struct fuzz_settings *s, struct orch_str text, char separator)
{
    struct fuzz_bytes b = { (const uint8_t *)text.ptr, text.len };
    while (b.left > 0) {
        struct fuzz_bytes part = { 0 };
        struct orch_str whole = fuzz_until(&b, separator);
        part.at = (const uint8_t *)whole.ptr;
        part.left = whole.len;
        struct orch_str name = fuzz_until(&part, '=');
        if (whole.len > 0)
            fuzz_settings_add(s, name, fuzz_rest(&part));
    }
}

static void setting_release(struct fuzz_settings *s, size_t i)
{
    for (size_t k = 0; k < s->items[i].n_values; k++)
        free(s->values[i][k]);
    free(s->names[i]);
}

uint32_t fuzz_settings_take(struct fuzz_settings *s, const char *name, uint32_t fallback)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->names[i], name) != 0)
            continue;
        uint32_t number = s->items[i].n_values > 0 ? (uint32_t)atoi(s->values[i][0]) : 0;
        setting_release(s, i);
        s->n--;
        memmove(&s->names[i], &s->names[i + 1], (s->n - i) * sizeof s->names[0]);
        memmove(&s->items[i], &s->items[i + 1], (s->n - i) * sizeof s->items[0]);
        memmove(&s->values[i], &s->values[i + 1], (s->n - i) * sizeof s->values[0]);
        for (size_t k = i; k < s->n; k++)
            s->items[k].values = (const char **)s->values[k];
        return number;
    }
    return fallback;
}

void fuzz_settings_release(struct fuzz_settings *s)
{
    for (size_t i = 0; i < s->n; i++)
        setting_release(s, i);
    s->n = 0;
}
