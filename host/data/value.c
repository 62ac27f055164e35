/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "data/type.h"

/* Lists nest as deep as a script writes them; what is shown stops here. */
#define PRINT_DEPTH 8
#define PRINT_TEXT_BYTES 200

const struct orch_value *orch_value_get(const struct orch_value *list, const char *key)
{
    if (list->type != ORCH_TYPE_LIST)
        return NULL;
    for (size_t i = 0; i < list->n_items; i++) {
        const struct orch_value *k = &list->items[i].key;
        if (k->type == ORCH_TYPE_TEXT && orch_str_equal(k->text, orch_str_from(key)))
            return &list->items[i].value;
    }
    return NULL;
}

static void print_value(struct orch_text *t, const struct orch_value *v, int depth);

static bool is_name(struct orch_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return s.len > 0;
}

/* The key as Lua writes it; the keys 1..n of a sequence are not written. */
static void print_key(struct orch_text *t, const struct orch_value *key, size_t index, int depth)
{
    if (key->type == ORCH_TYPE_INTEGER && key->integer == (int64_t)index + 1)
        return;
    if (key->type == ORCH_TYPE_TEXT && is_name(key->text)) {
        orch_text_add(t, key->text.ptr, key->text.len);
    } else {
        orch_text_putc(t, '[');
        print_value(t, key, depth + 1);
        orch_text_putc(t, ']');
    }
    orch_text_puts(t, " = ");
}

static void print_list(struct orch_text *t, const struct orch_value *v, int depth)
{
    if (v->n_items == 0 || depth >= PRINT_DEPTH) {
        orch_text_puts(t, v->n_items == 0 ? "{}" : "{ \xE2\x80\xA6 }");
        return;
    }
    for (size_t i = 0; i < v->n_items; i++) {
        orch_text_puts(t, i == 0 ? "{ " : ", ");
        print_key(t, &v->items[i].key, i, depth);
        print_value(t, &v->items[i].value, depth + 1);
    }
    orch_text_puts(t, " }");
}

static void print_value(struct orch_text *t, const struct orch_value *v, int depth)
{
    char text[40];
    switch (v->type) {
    case ORCH_TYPE_NULL:
        orch_text_puts(t, "nil");
        break;
    case ORCH_TYPE_BOOLEAN:
        orch_text_puts(t, v->boolean ? "true" : "false");
        break;
    case ORCH_TYPE_INTEGER:
        orch_text_printf(t, "%lld", (long long)v->integer);
        break;
    case ORCH_TYPE_NUMBER:
        orch_text_add(t, text, orch_format_float(v->number, text));
        break;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY:
        orch_text_quote(t, v->text, PRINT_TEXT_BYTES);
        break;
    case ORCH_TYPE_DATE:
        orch_text_add(t, text, orch_format_date(v->integer, text));
        break;
    case ORCH_TYPE_TIMESTAMP:
        orch_text_add(t, text, orch_format_timestamp(v->integer, text));
        break;
    case ORCH_TYPE_LIST:
        print_list(t, v, depth);
        break;
    }
}

bool orch_value_print(struct orch_text *t, const struct orch_value *v)
{
    print_value(t, v, 0);
    return !t->failed;
}
