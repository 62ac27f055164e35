/* SPDX-License-Identifier: Apache-2.0 */
/* integer and number; boolean stands in kernel_boolean.c. */
#include "engine/conversion.h"
#include "engine/number_syntax.h"

#include "orch/error.h"

/* ---- options ------------------------------------------------------------------------------ */

static orch_status read_decimal(const struct orch_expr *e, struct orch_number_syntax *f,
                                orch_error *err)
{
    struct orch_str text;
    orch_status st = orch_conversion_text(e, "decimal", &text, err);

    f->decimal = '.';
    if (st != ORCH_OK || text.ptr == NULL)
        return st;
    if (orch_str_equal(text, ORCH_STR("auto"))) {
        f->decimal = 0;
    } else if (text.len == 1 && (text.ptr[0] == '.' || text.ptr[0] == ',')) {
        f->decimal = text.ptr[0];
    } else {
        st = orch_conversion_refuse_text(e, "", text, " is no decimal mark", err);
        orch_error_hint(err, "use decimal = \",\", \".\" or \"auto\"");
    }
    return st;
}

/* One text of marks, or the word that stands for the kinds of blank. */
static orch_status add_marks(const struct orch_expr *e, struct orch_str text,
                             struct orch_number_syntax *f, orch_error *err)
{
    if (orch_str_equal(text, ORCH_STR("space")) && orch_number_syntax_blanks(f))
        return ORCH_OK;
    for (size_t p = 0; p < text.len;) {
        struct orch_str rest = { text.ptr + p, text.len - p };
        size_t len = orch_number_syntax_mark(f, rest);
        if (len == 0) {
            orch_status st = orch_conversion_refuse_text(
                e, "", text, " cannot stand between thousands", err);
            orch_error_hint(err, "use thousands = \"space\" or marks such as \" \", \".\", \"'\"");
            return st;
        }
        p += len;
    }
    return ORCH_OK;
}

static orch_status read_thousands(const struct orch_expr *e, struct orch_number_syntax *f,
                                  orch_error *err)
{
    const struct orch_value *v = orch_expr_param(e, "thousands");
    orch_status st = ORCH_OK;

    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (v->type == ORCH_TYPE_TEXT)
        return add_marks(e, v->text, f, err);
    if (v->type != ORCH_TYPE_LIST)
        return orch_error_set(err, ORCH_ECONFIG, "%s: thousands must be text or a list of texts",
                              e->op->name);
    for (size_t i = 0; i < v->n_items && st == ORCH_OK; i++) {
        const struct orch_value *mark = &v->items[i].value;
        if (mark->type != ORCH_TYPE_TEXT)
            return orch_error_set(err, ORCH_ECONFIG, "%s: thousands must hold texts, not %s",
                                  e->op->name, orch_type_name(mark->type));
        st = add_marks(e, mark->text, f, err);
    }
    return st;
}

/* A mark that is also the decimal one would make two numbers of one text. */
static orch_status check_marks(const struct orch_expr *e, const struct orch_number_syntax *f,
                               orch_error *err)
{
    for (size_t i = 0; i < f->n_marks; i++) {
        char mark = f->marks[i].bytes[0];
        bool decimal = f->decimal != 0 ? mark == f->decimal : mark == '.' || mark == ',';
        if (!decimal)
            continue;
        orch_status st = orch_error_set(err, ORCH_ECONFIG,
                                        "%s: \"%c\" is both decimal mark and thousands mark",
                                        e->op->name, mark);
        if (f->decimal == 0)
            orch_error_hint(err, "decimal = \"auto\" finds both marks: say only the other ones");
        else
            orch_error_hint(err, "say decimal = \"%c\"", mark == ',' ? '.' : ',');
        return st;
    }
    return ORCH_OK;
}

static orch_status unit_text(const struct orch_expr *e, const struct orch_value *v,
                             struct orch_str *out, orch_error *err)
{
    if (v->type != ORCH_TYPE_TEXT)
        return orch_error_set(err, ORCH_ECONFIG, "%s: unit must be text, not %s", e->op->name,
                              orch_type_name(v->type));
    *out = orch_conversion_trim(v->text);
    if (out->len == 0)
        return orch_error_set(err, ORCH_ECONFIG, "%s: the unit is empty", e->op->name);
    return ORCH_OK;
}

static orch_status read_units(const struct orch_expr *e, struct orch_check *c,
                              struct orch_number_syntax *f, orch_error *err)
{
    const struct orch_value *v = orch_expr_param(e, "unit");
    orch_status st = ORCH_OK;

    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    size_t n = v->type == ORCH_TYPE_LIST ? v->n_items : 1;
    struct orch_str *units = orch_arena_array(c->arena, n + 1, sizeof *units);
    if (units == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < n && st == ORCH_OK; i++) {
        const struct orch_value *unit = v->type == ORCH_TYPE_LIST ? &v->items[i].value : v;
        st = unit_text(e, unit, &units[i], err);
    }
    f->units = units;
    f->n_units = n;
    return st;
}

static orch_status read_format(struct orch_expr *e, struct orch_check *c,
                               const char *const *allowed, orch_error *err)
{
    orch_status st = orch_expr_params_allowed(e, allowed, err);
    if (st != ORCH_OK)
        return st;
    struct orch_number_syntax *f = orch_arena_zalloc(c->arena, sizeof *f);
    if (f == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->state = f;
    st = read_decimal(e, f, err);
    if (st == ORCH_OK)
        st = read_thousands(e, f, err);
    if (st == ORCH_OK)
        st = read_units(e, c, f, err);
    if (st == ORCH_OK)
        st = orch_conversion_flag(e, "accounting", &f->accounting, err);
    if (st == ORCH_OK)
        st = orch_conversion_flag(e, "scientific", &f->scientific, err);
    return st;
}

/* ---- number ------------------------------------------------------------------------------- */

static orch_status number_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    static const char *const allowed[] = { "decimal",    "thousands",  "unit",
                                           "accounting", "scientific", NULL };

    e->type = ORCH_TYPE_NUMBER;
    switch (e->args[0]->type) {
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_INTEGER:
    case ORCH_TYPE_NUMBER:
    case ORCH_TYPE_NULL:
        break;
    default:
        return orch_conversion_refuse(e, "text or an integer", err);
    }
    orch_status st = read_format(e, c, allowed, err);
    return st == ORCH_OK ? check_marks(e, e->state, err) : st;
}

static bool number_failed(struct orch_conversion *c, int64_t row, enum orch_number_result result,
                          struct orch_str raw)
{
    raw = orch_conversion_trim(raw);
    switch (result) {
    case ORCH_NUMBER_BLANK:
        return orch_conversion_null(c, row);
    case ORCH_NUMBER_AMBIGUOUS:
        return orch_conversion_fail(c, row, "number", raw, "",
                                    " is ambiguous: say decimal = \",\" or decimal = \".\"");
    case ORCH_NUMBER_EXPONENT:
        return orch_conversion_fail(c, row, "number", raw, "not a number: ",
                                    " has an exponent: say scientific = true");
    case ORCH_NUMBER_RANGE:
        return orch_conversion_fail(c, row, "number", raw, "not a number: ", " is out of range");
    default:
        return orch_conversion_fail(c, row, "number", raw, "not a number: ", "");
    }
}

static orch_status number_of_text(struct orch_conversion *c, const struct orch_str *text,
                                  double *values)
{
    const struct orch_number_syntax *f = c->e->state;

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        enum orch_number_result result = orch_number_parse(f, text[row], &values[row]);
        if (result != ORCH_NUMBER_OK && !number_failed(c, row, result, text[row]))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* Beyond 2^53 not every integer is a number; which one is meant would be lost in silence. */
static orch_status number_of_integer(struct orch_conversion *c, const int64_t *in, double *values)
{
    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        double value = (double)in[row];
        if (value < 9223372036854775808.0 && (int64_t)value == in[row])
            values[row] = value;
        else if (!orch_conversion_fail_integer(c, row, "number", in[row], "not a number: ",
                                               " is not exact as a number"))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status number_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_conversion c;

    if (args[0].type == ORCH_TYPE_NUMBER) {
        *out = args[0];
        return ORCH_OK;
    }
    double *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    if (args[0].type == ORCH_TYPE_TEXT)
        return number_of_text(&c, args[0].of.text, values);
    if (args[0].type == ORCH_TYPE_INTEGER)
        return number_of_integer(&c, args[0].of.integer, values);
    return ORCH_OK;
}

/* ---- integer ------------------------------------------------------------------------------ */

static orch_status integer_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    static const char *const allowed[] = { "thousands", "unit", "accounting", NULL };

    e->type = ORCH_TYPE_INTEGER;
    switch (e->args[0]->type) {
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_INTEGER:
    case ORCH_TYPE_NUMBER:
    case ORCH_TYPE_NULL:
        return read_format(e, c, allowed, err);
    default:
        return orch_conversion_refuse(e, "text or a number", err);
    }
}

static bool integer_failed(struct orch_conversion *c, int64_t row, enum orch_number_result result,
                           struct orch_str raw)
{
    raw = orch_conversion_trim(raw);
    switch (result) {
    case ORCH_NUMBER_BLANK:
        return orch_conversion_null(c, row);
    case ORCH_NUMBER_EXPONENT:
        return orch_conversion_fail(c, row, "integer", raw, "not an integer: ",
                                    " has an exponent, its last digits may be lost");
    case ORCH_NUMBER_RANGE:
        return orch_conversion_fail(c, row, "integer", raw, "not an integer: ",
                                    " is out of range");
    default:
        return orch_conversion_fail(c, row, "integer", raw, "not an integer: ", "");
    }
}

static orch_status integer_of_text(struct orch_conversion *c, const struct orch_str *text,
                                   int64_t *values)
{
    const struct orch_number_syntax *f = c->e->state;

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        enum orch_number_result result = orch_integer_parse(f, text[row], &values[row]);
        if (result != ORCH_NUMBER_OK && !integer_failed(c, row, result, text[row]))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status integer_of_number(struct orch_conversion *c, const double *in, int64_t *values)
{
    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        bool fits = in[row] >= -9223372036854775808.0 && in[row] < 9223372036854775808.0;
        if (fits && (double)(int64_t)in[row] == in[row])
            values[row] = (int64_t)in[row];
        else if (!orch_conversion_fail_number(c, row, "integer", in[row], "not an integer: ",
                                              fits ? "" : " is out of range"))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status integer_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_conversion c;

    if (args[0].type == ORCH_TYPE_INTEGER) {
        *out = args[0];
        return ORCH_OK;
    }
    int64_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    if (args[0].type == ORCH_TYPE_TEXT)
        return integer_of_text(&c, args[0].of.text, values);
    if (args[0].type == ORCH_TYPE_NUMBER)
        return integer_of_number(&c, args[0].of.number, values);
    return ORCH_OK;
}

const struct orch_op orch_ops_number[] = {
    { "integer", "?t",
      "Converts text or a whole number to an integer; options thousands, unit, accounting.",
      integer_check, integer_eval },
    { "number", "?t",
      "Converts text or an integer to a number; options decimal, thousands, unit, accounting, "
      "scientific.",
      number_check, number_eval },
    { "boolean", "?t",
      "Converts words or 0 and 1 to a boolean; options yes and no hold lists of words.",
      orch_boolean_check, orch_boolean_eval },
    { 0 }
};
