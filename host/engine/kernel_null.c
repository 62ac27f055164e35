/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of nulls and failures, and tables of a script as maps. */
#include "base/map.h"
#include "engine/kernel.h"
#include "orch/error.h"

static orch_status same_type_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    (void)c;
    (void)err;
    e->type = e->args[0]->type;
    return ORCH_OK;
}

static orch_status required_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out)
{
    uint32_t *fail = NULL, failure;

    *out = args[0];
    if (args[0].null == NULL)
        return ORCH_OK;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (!args[0].null[r] || (out->fail != NULL && out->fail[r]))
            continue;
        failure = orch_eval_fail(ev, "required", e->column, ORCH_STR(""), "a value is required");
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status or_null_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *null = NULL;

    (void)e;
    *out = args[0];
    out->fail = NULL;
    if (args[0].fail == NULL)
        return ORCH_OK;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (args[0].fail[r] && !orch_vector_set_null(ev, out, &null, r))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status default_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    return orch_expr_unify(e, (const size_t[]){ 0, 1 }, 2, c, &e->type, err);
}

static orch_status default_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    uint16_t *pick;

    if (args[0].null == NULL && args[0].fail == NULL) {
        *out = args[0];
        return ORCH_OK;
    }
    pick = orch_arena_array(ev->arena, (size_t)ev->rows + 1, sizeof *pick);
    if (pick == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        pick[r] = !orch_vector_present(&args[0], r);
    out->type = e->type;
    return orch_vector_pick(ev, args, 2, pick, out) ? ORCH_OK : ORCH_ENOMEM;
}

/* ---- map ---------------------------------------------------------------------------------- */

struct table {
    struct orch_map index;     /* key to place in values */
    struct orch_vector values; /* one entry a row */
};

static void table_free(void *what)
{
    orch_map_release(&((struct table *)what)->index);
}

static orch_status table_types(struct orch_expr *e, const struct orch_value *list, orch_error *err)
{
    enum orch_type key = e->args[0]->type, type = list->items[0].value.type;

    for (size_t i = 0; i < list->n_items; i++) {
        const struct orch_item *item = &list->items[i];
        if (item->key.type != key) {
            orch_error_set(err, ORCH_ECONFIG, "map has the key of type %s for a value of type %s",
                           orch_type_name(item->key.type), orch_type_name(key));
            orch_error_hint(err, key == ORCH_TYPE_TEXT
                                     ? "write text keys: { [\"1\"] = \"one\" }"
                                     : "write integer keys: { [1] = \"one\" }");
            return ORCH_ECONFIG;
        }
        if (item->value.type == type)
            continue;
        if ((type == ORCH_TYPE_INTEGER && item->value.type == ORCH_TYPE_NUMBER) ||
            (type == ORCH_TYPE_NUMBER && item->value.type == ORCH_TYPE_INTEGER)) {
            type = ORCH_TYPE_NUMBER;
            continue;
        }
        return orch_error_set(err, ORCH_ECONFIG,
                              "map needs values of one type, not %s and %s",
                              orch_type_name(type), orch_type_name(item->value.type));
    }
    if (type == ORCH_TYPE_LIST)
        return orch_error_set(err, ORCH_ECONFIG, "map cannot give tables");
    e->type = type;
    return ORCH_OK;
}

static void table_store(enum orch_type t, void *values, size_t i, const struct orch_value *v)
{
    switch (t) {
    case ORCH_TYPE_BOOLEAN: ((uint8_t *)values)[i] = v->boolean; break;
    case ORCH_TYPE_NUMBER:
        ((double *)values)[i] = v->type == ORCH_TYPE_INTEGER ? (double)v->integer : v->number;
        break;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY: ((struct orch_str *)values)[i] = v->text; break;
    default: ((int64_t *)values)[i] = v->integer;
    }
}

static struct orch_str key_bytes(const struct orch_value *key)
{
    return key->type == ORCH_TYPE_TEXT
               ? key->text
               : (struct orch_str){ (const char *)&key->integer, sizeof key->integer };
}

static bool valid_text(const struct orch_value *v)
{
    return v->type != ORCH_TYPE_TEXT || orch_utf8_valid(v->text.ptr, v->text.len) == v->text.len;
}

static orch_status table_fill(const struct orch_expr *e, struct orch_check *c,
                              const struct orch_value *list, struct table *table, orch_error *err)
{
    void *values = orch_vector_values(c->arena, e->type, (int64_t)list->n_items);

    if (values == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    for (size_t i = 0; i < list->n_items; i++) {
        if (!valid_text(&list->items[i].value))
            return orch_error_set(err, ORCH_ECONFIG, "a text in the map is not valid UTF-8");
        if (!orch_map_put(&table->index, key_bytes(&list->items[i].key), i))
            return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
        table_store(e->type, values, i, &list->items[i].value);
    }
    table->values.type = e->type;
    table->values.of.any = values;
    return ORCH_OK;
}

static orch_status map_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    const struct orch_value *list = orch_expr_param_at(e, 0);
    enum orch_type from = e->args[0]->type;
    struct table *table;
    orch_status st;

    if (from != ORCH_TYPE_TEXT && from != ORCH_TYPE_INTEGER) {
        orch_error_set(err, ORCH_ECONFIG, "map needs text or an integer, not %s",
                       orch_type_name(from));
        orch_error_hint(err, "add :text() or :integer()");
        return ORCH_ECONFIG;
    }
    if (list->type != ORCH_TYPE_LIST || list->n_items == 0) {
        orch_error_set(err, ORCH_ECONFIG, "map needs a table with at least one entry");
        orch_error_hint(err, "write :map { [\"key\"] = \"value\" }");
        return ORCH_ECONFIG;
    }
    st = table_types(e, list, err);
    if (st != ORCH_OK)
        return st;
    table = orch_arena_zalloc(c->arena, sizeof *table);
    if (table == NULL || !orch_check_cleanup(c, table_free, table))
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    e->state = table;
    return table_fill(e, c, list, table, err);
}

/* found[r]: the entry of row r. Rows without one fail and point at entry 0. */
static bool table_look_up(const struct orch_expr *e, struct orch_eval *ev,
                          const struct orch_vector *keys, struct orch_vector *out, size_t *found)
{
    const struct table *table = e->state;
    uint32_t *fail = NULL, failure;

    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str key = keys->type == ORCH_TYPE_TEXT
                                  ? keys->of.text[r]
                                  : (struct orch_str){ (const char *)&keys->of.integer[r],
                                                       sizeof(int64_t) };

        if (orch_map_get(&table->index, key, &found[r]))
            continue;
        found[r] = 0;
        if (!orch_vector_present(out, r))
            continue;
        failure = orch_eval_fail(ev, "map", e->column, orch_vector_show(ev, keys, r),
                                 "no entry for %s", orch_vector_quote(ev, keys, r));
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return false;
    }
    return true;
}

static void table_gather(const struct orch_vector *from, const size_t *found, int64_t rows,
                         void *values)
{
    switch (from->type) {
    case ORCH_TYPE_BOOLEAN:
        for (int64_t r = 0; r < rows; r++)
            ((uint8_t *)values)[r] = from->of.boolean[found[r]];
        break;
    case ORCH_TYPE_NUMBER:
        for (int64_t r = 0; r < rows; r++)
            ((double *)values)[r] = from->of.number[found[r]];
        break;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY:
        for (int64_t r = 0; r < rows; r++)
            ((struct orch_str *)values)[r] = from->of.text[found[r]];
        break;
    default:
        for (int64_t r = 0; r < rows; r++)
            ((int64_t *)values)[r] = from->of.integer[found[r]];
    }
}

static orch_status map_eval(const struct orch_expr *e, struct orch_eval *ev,
                            const struct orch_vector *args, struct orch_vector *out)
{
    void *values = orch_kernel_begin(e, ev, args, out);
    size_t *found = orch_arena_array(ev->arena, (size_t)ev->rows + 1, sizeof *found);

    if (values == NULL || found == NULL || !table_look_up(e, ev, &args[0], out, found))
        return ORCH_ENOMEM;
    table_gather(&((const struct table *)e->state)->values, found, ev->rows, values);
    return ORCH_OK;
}

const struct orch_op orch_ops_null[] = {
    { "required", "", "The value, which must not be null", same_type_check, required_eval },
    { "default", "v", "Another value in place of null or of one that failed", default_check,
      default_eval },
    { "or_null", "", "Null in place of a value that failed", same_type_check, or_null_eval },
    { "map", "l", "What a table of the script has for it", map_check, map_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
