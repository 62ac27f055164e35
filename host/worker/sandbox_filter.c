/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/sandbox_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* Verdicts that are no errno. */
enum { ALLOWED = 0, PART = 0x8000 };

/* ---- instructions -------------------------------------------------------------------------- */

static void emit(struct orch_filter_code *c, uint16_t code, uint32_t k, uint8_t if_true,
                 uint8_t if_false)
{
    if (c->len < ORCH_FILTER_CODE)
        c->items[c->len] = (struct sock_filter){ code, if_true, if_false, k };
    c->len++;
}

static void load(struct orch_filter_code *c, size_t offset)
{
    emit(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The low half of an argument stands first: all architectures here are little endian. */
static void load_low(struct orch_filter_code *c, unsigned argument)
{
    load(c, offsetof(struct seccomp_data, args) + 8 * argument);
}

static void load_high(struct orch_filter_code *c, unsigned argument)
{
    load(c, offsetof(struct seccomp_data, args) + 8 * argument + 4);
}

static void skip_unless(struct orch_filter_code *c, uint32_t value, uint8_t n)
{
    emit(c, BPF_JMP | BPF_JEQ | BPF_K, value, 0, n);
}

static void allow(struct orch_filter_code *c)
{
    emit(c, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static void fail(struct orch_filter_code *c, int code)
{
    emit(c, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)code, 0, 0);
}

static void allow_values(struct orch_filter_code *c, const uint32_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        skip_unless(c, values[i], 1);
        allow(c);
    }
}

/* ---- verdicts ------------------------------------------------------------------------------ */

void orch_filter_init(struct orch_filter *f, int code)
{
    f->parts.len = 0;
    f->n_parts = 0;
    for (size_t i = 0; i < ORCH_FILTER_CALLS; i++)
        f->verdicts[i] = (uint16_t)code;
}

/* The last verdict also stands for all numbers behind it: it stays that of unknown calls. */
static void set(struct orch_filter *f, int call, unsigned verdict)
{
    if (call >= 0 && call < ORCH_FILTER_CALLS - 1)
        f->verdicts[call] = (uint16_t)verdict;
}

void orch_filter_allow(struct orch_filter *f, const struct orch_calls *calls)
{
    for (size_t i = 0; i < calls->n; i++)
        set(f, calls->numbers[i], ALLOWED);
}

void orch_filter_fail(struct orch_filter *f, const struct orch_calls *calls, int code)
{
    for (size_t i = 0; i < calls->n; i++)
        set(f, calls->numbers[i], (unsigned)code);
}

/* Opens the part that decides on one call, by whatever it loads; it must end in a verdict. */
static struct orch_filter_code *part_begin(struct orch_filter *f, int call)
{
    if (f->n_parts == ORCH_FILTER_PARTS) {
        f->parts.len = ORCH_FILTER_CODE + 1;
        return &f->parts;
    }
    set(f, call, PART | f->n_parts);
    f->starts[f->n_parts++] = f->parts.len;
    return &f->parts;
}

static void part_end(struct orch_filter *f, int code)
{
    fail(&f->parts, code);
    f->starts[f->n_parts] = f->parts.len;
}

void orch_filter_one_of(struct orch_filter *f, int call, unsigned argument, const uint32_t *values,
                        size_t n, int code)
{
    struct orch_filter_code *c = part_begin(f, call);

    load_low(c, argument);
    allow_values(c, values, n);
    part_end(f, code);
}

static void load_bits(struct orch_filter_code *c, unsigned argument, uint32_t mask)
{
    load_low(c, argument);
    emit(c, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
}

void orch_filter_bits(struct orch_filter *f, int call, unsigned argument, uint32_t mask,
                      uint32_t value, int code)
{
    struct orch_filter_code *c = part_begin(f, call);

    load_bits(c, argument, mask);
    allow_values(c, &value, 1);
    part_end(f, code);
}

void orch_filter_bits_not(struct orch_filter *f, int call, unsigned argument, uint32_t mask,
                          uint32_t value, int code)
{
    struct orch_filter_code *c = part_begin(f, call);

    load_bits(c, argument, mask);
    emit(c, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    allow(c);
    part_end(f, code);
}

void orch_filter_null(struct orch_filter *f, int call, unsigned argument, int code)
{
    struct orch_filter_code *c = part_begin(f, call);

    load_low(c, argument);
    skip_unless(c, 0, 3);
    load_high(c, argument);
    allow_values(c, &(uint32_t){ 0 }, 1);
    part_end(f, code);
}

void orch_filter_one_of_or(struct orch_filter *f, int call, unsigned argument,
                           const uint32_t *values, size_t n, uint32_t special, unsigned other,
                           int code)
{
    struct orch_filter_code *c = part_begin(f, call);

    load_low(c, argument);
    allow_values(c, values, n);
    skip_unless(c, special, 3);
    load_low(c, other);
    allow_values(c, &(uint32_t){ 0 }, 1);
    part_end(f, code);
}

/* ---- the tree: over runs of numbers that have the same verdict ------------------------------ */

struct runs {
    const struct orch_filter *filter;
    uint16_t firsts[ORCH_FILTER_CALLS]; /* the first number of each */
    unsigned n;
};

static void runs_find(struct runs *r, const struct orch_filter *f)
{
    r->filter = f;
    r->n = 0;
    for (uint16_t i = 0; i < ORCH_FILTER_CALLS; i++)
        if (i == 0 || f->verdicts[i] != f->verdicts[i - 1])
            r->firsts[r->n++] = i;
}

static unsigned leaf_size(const struct runs *r, unsigned run)
{
    const struct orch_filter *f = r->filter;
    unsigned verdict = f->verdicts[r->firsts[run]];

    return verdict & PART ? f->starts[(verdict & ~PART) + 1] - f->starts[verdict & ~PART] : 1;
}

static void leaf_emit(const struct runs *r, unsigned run, struct orch_filter_code *out)
{
    const struct orch_filter *f = r->filter;
    unsigned verdict = f->verdicts[r->firsts[run]];

    if (verdict == ALLOWED) {
        allow(out);
    } else if (!(verdict & PART)) {
        fail(out, (int)verdict);
    } else {
        const struct sock_filter *code = f->parts.items + f->starts[verdict & ~PART];
        for (unsigned i = 0; i < leaf_size(r, run); i++)
            emit(out, code[i].code, code[i].k, code[i].jt, code[i].jf);
    }
}

/* A step over more than a conditional jump can takes an instruction more. */
static unsigned tree_size(const struct runs *r, unsigned first, unsigned end)
{
    if (end - first == 1)
        return leaf_size(r, first);
    unsigned middle = first + (end - first) / 2;
    unsigned left = tree_size(r, first, middle);

    return (left > UINT8_MAX ? 2 : 1) + left + tree_size(r, middle, end);
}

static void tree_emit(const struct runs *r, unsigned first, unsigned end,
                      struct orch_filter_code *out)
{
    if (end - first == 1) {
        leaf_emit(r, first, out);
        return;
    }
    unsigned middle = first + (end - first) / 2;
    unsigned left = tree_size(r, first, middle);

    if (left > UINT8_MAX) {
        emit(out, BPF_JMP | BPF_JGE | BPF_K, r->firsts[middle], 0, 1);
        emit(out, BPF_JMP | BPF_JA, left, 0, 0);
    } else {
        emit(out, BPF_JMP | BPF_JGE | BPF_K, r->firsts[middle], (uint8_t)left, 0);
    }
    tree_emit(r, first, middle, out);
    tree_emit(r, middle, end, out);
}

bool orch_filter_build(const struct orch_filter *f, uint32_t architecture,
                       struct orch_filter_code *out)
{
    struct runs runs;

    out->len = 0;
    if (f->parts.len > ORCH_FILTER_CODE)
        return false;
    runs_find(&runs, f);
    load(out, offsetof(struct seccomp_data, arch));
    emit(out, BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    fail(out, EPERM);
    load(out, offsetof(struct seccomp_data, nr));
    tree_emit(&runs, 0, runs.n, out);
    return out->len <= ORCH_FILTER_CODE;
}
