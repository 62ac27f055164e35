/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic. Integers stay integers and never wrap; numbers stay finite: what would overflow, or
 * divide by zero, is a failure of its row. Loops first compute all rows and only look whether
 * something went wrong; which rows did is found in a second pass, that good data never needs. */
#include <math.h>

#include "engine/kernel.h"
#include "orch/error.h"

static orch_status numeric_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    for (size_t i = 0; i < e->n_args; i++) {
        enum orch_type t = e->args[i]->type;
        orch_status st = t == ORCH_TYPE_INTEGER
                             ? ORCH_OK
                             : orch_expr_as(e, i, ORCH_TYPE_NUMBER, c, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

/* Integer when both are, number otherwise. */
static orch_status binary_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = numeric_check(e, c, err);

    return st != ORCH_OK ? st
                         : orch_expr_unify(e, (const size_t[]){ 0, 1 }, 2, c, &e->type, err);
}

static orch_status divide_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = orch_expr_as(e, 0, ORCH_TYPE_NUMBER, c, err);

    e->type = ORCH_TYPE_NUMBER;
    return st != ORCH_OK ? st : orch_expr_as(e, 1, ORCH_TYPE_NUMBER, c, err);
}

static orch_status unary_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = numeric_check(e, c, err);

    e->type = e->args[0]->type;
    return st;
}

enum arith { ADD, SUBTRACT, MULTIPLY, DIVIDE, FLOOR_DIVIDE, MODULO };

static const char *const symbols[] = { "+", "-", "*", "/", "//", "%" };

static enum arith arith_of(const struct orch_op *op)
{
    switch (op->name[0]) {
    case 'a': return ADD;
    case 's': return SUBTRACT;
    case 'd': return DIVIDE;
    case 'f': return FLOOR_DIVIDE;
    default: return op->name[1] == 'u' ? MULTIPLY : MODULO;
    }
}

/* ---- integers ----------------------------------------------------------------------------- */

/* Rounds down, as Lua's // and % do. true: no result. */
static bool divide_down(int64_t a, int64_t b, int64_t *quotient, int64_t *rest)
{
    *quotient = *rest = 0;
    if (b == 0)
        return true;
    if (b == -1)
        return __builtin_sub_overflow((int64_t)0, a, quotient);
    *quotient = a / b;
    *rest = a % b;
    if (*rest != 0 && (*rest ^ b) < 0) {
        *quotient -= 1;
        *rest += b;
    }
    return false;
}

static inline bool integer_step(enum arith what, int64_t a, int64_t b, int64_t *o)
{
    int64_t other;

    switch (what) {
    case ADD: return __builtin_add_overflow(a, b, o);
    case SUBTRACT: return __builtin_sub_overflow(a, b, o);
    case MULTIPLY: return __builtin_mul_overflow(a, b, o);
    case FLOOR_DIVIDE: return divide_down(a, b, o, &other);
    default:
        /* x % -1 is 0, also where x // -1 overflows */
        return divide_down(a, b, &other, o) && b == 0;
    }
}

#define INTEGER_ROWS(what)                             \
    for (int64_t r = 0; r < rows; r++)                 \
        wrong |= integer_step((what), a[r], b[r], &o[r]); \
    break

static bool integers(enum arith what, const int64_t *a, const int64_t *b, int64_t rows, int64_t *o)
{
    bool wrong = false;

    switch (what) {
    case ADD: INTEGER_ROWS(ADD);
    case SUBTRACT: INTEGER_ROWS(SUBTRACT);
    case MULTIPLY: INTEGER_ROWS(MULTIPLY);
    default: INTEGER_ROWS(what);
    }
    return wrong;
}

/* ---- numbers ------------------------------------------------------------------------------ */

static double modulo(double a, double b)
{
    double rest = fmod(a, b);

    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

#define NUMBER_ROWS(value)                  \
    for (int64_t r = 0; r < rows; r++) {    \
        o[r] = (value);                     \
        wrong |= !isfinite(o[r]);           \
    }                                       \
    break

static bool numbers(enum arith what, const double *a, const double *b, int64_t rows, double *o)
{
    bool wrong = false;

    switch (what) {
    case ADD: NUMBER_ROWS(a[r] + b[r]);
    case SUBTRACT: NUMBER_ROWS(a[r] - b[r]);
    case MULTIPLY: NUMBER_ROWS(a[r] * b[r]);
    case DIVIDE: NUMBER_ROWS(a[r] / b[r]);
    case FLOOR_DIVIDE: NUMBER_ROWS(floor(a[r] / b[r]));
    case MODULO: NUMBER_ROWS(modulo(a[r], b[r]));
    }
    return wrong;
}

/* ---- failures ----------------------------------------------------------------------------- */

static bool row_wrong(enum arith what, const struct orch_vector *args,
                      const struct orch_vector *out, int64_t r)
{
    int64_t ignored;

    return out->type == ORCH_TYPE_NUMBER
               ? !isfinite(out->of.number[r])
               : integer_step(what, args[0].of.integer[r], args[1].of.integer[r], &ignored);
}

static bool is_zero(const struct orch_vector *v, int64_t r)
{
    return v->type == ORCH_TYPE_NUMBER ? v->of.number[r] == 0 : v->of.integer[r] == 0;
}

static uint32_t row_failure(const struct orch_expr *e, struct orch_eval *ev, enum arith what,
                            const struct orch_vector *args, int64_t r)
{
    struct orch_str a = orch_vector_show(ev, &args[0], r), b = orch_vector_show(ev, &args[1], r);
    const char *raw = orch_arena_printf(ev->arena, "%s %s %s", a.ptr, symbols[what], b.ptr);
    struct orch_str seen = orch_str_from(raw != NULL ? raw : "");

    if (what >= DIVIDE && is_zero(&args[1], r))
        return orch_eval_fail(ev, "arithmetic", e->column, seen, "division by zero: %s", seen.ptr);
    return orch_eval_fail(ev, "arithmetic", e->column, seen, "the result is too large: %s",
                          seen.ptr);
}

static orch_status find_wrong(const struct orch_expr *e, struct orch_eval *ev, enum arith what,
                              const struct orch_vector *args, struct orch_vector *out)
{
    uint32_t *fail = NULL;

    for (int64_t r = 0; r < ev->rows; r++) {
        if (!orch_vector_present(out, r) || !row_wrong(what, args, out, r))
            continue;
        if (!orch_vector_set_fail(ev, out, &fail, r, row_failure(e, ev, what, args, r)))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status binary_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    void *o = orch_kernel_begin(e, ev, args, out);
    enum arith what = arith_of(e->op);
    bool wrong;

    if (o == NULL)
        return ORCH_ENOMEM;
    if (e->type == ORCH_TYPE_NUMBER)
        wrong = numbers(what, args[0].of.number, args[1].of.number, ev->rows, o);
    else
        wrong = integers(what, args[0].of.integer, args[1].of.integer, ev->rows, o);
    return wrong ? find_wrong(e, ev, what, args, out) : ORCH_OK;
}

/* ---- one argument ------------------------------------------------------------------------- */

/* Only the least integer has no counterpart. */
static orch_status least_integer(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out)
{
    uint32_t *fail = NULL, failure;

    for (int64_t r = 0; r < ev->rows; r++) {
        if (!orch_vector_present(out, r) || args[0].of.integer[r] != INT64_MIN)
            continue;
        failure = orch_eval_fail(ev, "arithmetic", e->column, orch_vector_show(ev, &args[0], r),
                                 "the result is too large: %s of %s", e->op->name,
                                 orch_vector_show(ev, &args[0], r).ptr);
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status sign_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    void *o = orch_kernel_begin(e, ev, args, out);
    bool negate = e->op->name[0] == 'n', wrong = false;

    if (o == NULL)
        return ORCH_ENOMEM;
    if (e->type == ORCH_TYPE_NUMBER) {
        for (int64_t r = 0; r < ev->rows; r++)
            ((double *)o)[r] = negate ? -args[0].of.number[r] : fabs(args[0].of.number[r]);
        return ORCH_OK;
    }
    for (int64_t r = 0; r < ev->rows; r++) {
        int64_t x = args[0].of.integer[r];
        wrong |= x == INT64_MIN;
        ((int64_t *)o)[r] = x != INT64_MIN && (negate || x < 0) ? -x : x;
    }
    return wrong ? least_integer(e, ev, args, out) : ORCH_OK;
}

static orch_status round_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    int64_t *digits = orch_arena_zalloc(c->arena, sizeof *digits);
    orch_status st = unary_check(e, c, err);

    if (st != ORCH_OK)
        return st;
    if (digits == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    e->state = digits;
    return orch_expr_int_param(e, 0, -15, 15, digits, err);
}

/* Half away from zero in the decimal form that people see: 1.005 to two digits is 1.01, though
 * the nearest double lies a little below. Hence one step away from zero before rounding. */
static double round_to(double x, int64_t digits, double power)
{
    double scaled = digits > 0 ? x * power : x / power;

    if (!isfinite(scaled) || fabs(scaled) > 9007199254740992.0)
        return x;
    scaled = round(nextafter(scaled, x < 0 ? -INFINITY : INFINITY));
    return digits > 0 ? scaled / power : scaled * power;
}

/* false: does not fit */
static bool round_integer(int64_t x, int64_t power, int64_t *out)
{
    int64_t rest = x % power;
    int64_t base = x - rest;

    *out = base;
    if (rest >= power - power / 2)
        return !__builtin_add_overflow(base, power, out);
    if (rest <= power / 2 - power)
        return !__builtin_sub_overflow(base, power, out);
    return true;
}

static orch_status round_integers(const struct orch_expr *e, struct orch_eval *ev, int64_t power,
                                  const struct orch_vector *args, struct orch_vector *out)
{
    int64_t *o = orch_kernel_begin(e, ev, args, out);
    uint32_t *fail = NULL, failure;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (round_integer(args[0].of.integer[r], power, &o[r]) || !orch_vector_present(out, r))
            continue;
        failure = orch_eval_fail(ev, "arithmetic", e->column, orch_vector_show(ev, &args[0], r),
                                 "the result is too large: round of %s",
                                 orch_vector_show(ev, &args[0], r).ptr);
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status round_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out)
{
    int64_t digits = *(const int64_t *)e->state;
    double power = pow(10, (double)(digits < 0 ? -digits : digits));
    double *o;

    if (e->type == ORCH_TYPE_INTEGER && digits >= 0) {
        *out = args[0];
        return ORCH_OK;
    }
    if (e->type == ORCH_TYPE_INTEGER)
        return round_integers(e, ev, (int64_t)power, args, out);
    o = orch_kernel_begin(e, ev, args, out);
    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = digits == 0 ? round(args[0].of.number[r])
                           : round_to(args[0].of.number[r], digits, power);
    return ORCH_OK;
}

static orch_status integer_part_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = unary_check(e, c, err);

    e->type = ORCH_TYPE_INTEGER;
    return st;
}

static orch_status integer_part_eval(const struct orch_expr *e, struct orch_eval *ev,
                                     const struct orch_vector *args, struct orch_vector *out)
{
    int64_t *o;
    uint32_t *fail = NULL, failure;

    if (args[0].type == ORCH_TYPE_INTEGER) {
        *out = args[0];
        return ORCH_OK;
    }
    o = orch_kernel_begin(e, ev, args, out);
    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        double x = args[0].of.number[r];
        bool fits = x >= -9223372036854775808.0 && x < 9223372036854775808.0;

        o[r] = fits ? (int64_t)x : 0;
        if (fits || !orch_vector_present(out, r))
            continue;
        failure = orch_eval_fail(ev, "arithmetic", e->column, orch_vector_show(ev, &args[0], r),
                                 "too large for an integer: %s",
                                 orch_vector_show(ev, &args[0], r).ptr);
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

const struct orch_op orch_ops_arith[] = {
    { "add", "v", "a + b", binary_check, binary_eval },
    { "subtract", "v", "a - b", binary_check, binary_eval },
    { "multiply", "v", "a * b", binary_check, binary_eval },
    { "divide", "v", "a / b, always a number", divide_check, binary_eval },
    { "floor_divide", "v", "a // b, rounded down", binary_check, binary_eval },
    { "modulo", "v", "a % b, with the sign of b", binary_check, binary_eval },
    { "negate", "", "-a, with the other sign", unary_check, sign_eval },
    { "abs", "", "Without its sign", unary_check, sign_eval },
    { "round", "?p", "Rounded to n decimals (default 0), a half away from zero", round_check,
      round_eval },
    { "integer_part", "", "A number without its decimals, as an integer", integer_part_check,
      integer_part_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
