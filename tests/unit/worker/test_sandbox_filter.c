/* SPDX-License-Identifier: Apache-2.0 */
/* The program that a filter becomes, run by a small machine of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "worker/sandbox_filter.h"

#define MACHINE 77

/* ---- the machine --------------------------------------------------------------------------- */

static uint32_t load_word(const struct seccomp_data *data, uint32_t offset)
{
    uint32_t word;

    assert_true(offset + sizeof word <= sizeof *data);
    memcpy(&word, (const char *)data + offset, sizeof word);
    return word;
}

/* What the program returns; fails when it leaves its code. */
static uint32_t run(const struct orch_filter_code *code, const struct seccomp_data *data)
{
    uint32_t a = 0;

    for (unsigned at = 0;; at++) {
        assert_true(at < code->len);
        const struct sock_filter *i = &code->items[at];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            a = load_word(data, i->k);
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= i->k;
            break;
        case BPF_JMP | BPF_JA:
            at += i->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= i->k ? i->jt : i->jf;
            break;
        case BPF_RET | BPF_K:
            return i->k;
        default:
            fail_msg("unknown instruction %x", i->code);
        }
    }
}

/* 0: allowed; else the errno. */
static int verdict(const struct orch_filter *f, int call, uint64_t first, uint64_t third)
{
    static struct orch_filter_code code;
    struct seccomp_data data = { .nr = call, .arch = MACHINE, .args = { first, 0, third } };

    assert_true(orch_filter_build(f, MACHINE, &code));
    uint32_t result = run(&code, &data);
    if (result == SECCOMP_RET_ALLOW)
        return 0;
    assert_int_equal(result & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
    return (int)(result & SECCOMP_RET_DATA);
}

/* ---- tests --------------------------------------------------------------------------------- */

/* Also when so many verdicts alternate that the jumps are long. */
static void every_number_gets_its_verdict(void **state)
{
    (void)state;
    static struct orch_filter f;
    static struct orch_filter_code code;
    int allowed[ORCH_FILTER_CALLS], refused[ORCH_FILTER_CALLS];
    size_t n_allowed = 0, n_refused = 0;

    for (int i = 0; i < 450; i++) {
        if (i % 3 == 0)
            allowed[n_allowed++] = i;
        else if (i % 3 == 1)
            refused[n_refused++] = i;
    }
    orch_filter_init(&f, ENOSYS);
    orch_filter_allow(&f, &(struct orch_calls){ allowed, n_allowed });
    orch_filter_fail(&f, &(struct orch_calls){ refused, n_refused }, EPERM);
    assert_true(orch_filter_build(&f, MACHINE, &code));
    for (int i = 0; i < 100000; i++) {
        struct seccomp_data data = { .nr = i, .arch = MACHINE };
        uint32_t want = i >= 450 || i % 3 == 2 ? SECCOMP_RET_ERRNO | ENOSYS
                        : i % 3 == 1           ? SECCOMP_RET_ERRNO | EPERM
                                               : SECCOMP_RET_ALLOW;
        if (run(&code, &data) != want)
            fail_msg("number %d", i);
    }
    assert_int_equal(verdict(&f, INT32_MAX, 0, 0), ENOSYS);
    assert_int_equal(verdict(&f, -1, 0, 0), ENOSYS);
}

static void the_last_number_and_those_beyond_stay_unknown(void **state)
{
    (void)state;
    static struct orch_filter f;
    const int numbers[] = { ORCH_FILTER_CALLS - 2, ORCH_FILTER_CALLS - 1, ORCH_FILTER_CALLS, 9999 };

    orch_filter_init(&f, ENOSYS);
    orch_filter_allow(&f, &(struct orch_calls){ numbers, 4 });
    assert_int_equal(verdict(&f, numbers[0], 0, 0), 0);
    for (int i = 1; i < 4; i++)
        assert_int_equal(verdict(&f, numbers[i], 0, 0), ENOSYS);
}

static void another_architecture_is_refused(void **state)
{
    (void)state;
    static struct orch_filter f;
    static struct orch_filter_code code;
    struct seccomp_data data = { .nr = 1, .arch = MACHINE + 1 };

    orch_filter_init(&f, ENOSYS);
    orch_filter_allow(&f, &(struct orch_calls){ &(int){ 1 }, 1 });
    assert_true(orch_filter_build(&f, MACHINE, &code));
    assert_int_equal(run(&code, &data), SECCOMP_RET_ERRNO | EPERM);
}

static void arguments_decide(void **state)
{
    (void)state;
    static struct orch_filter f;
    const uint32_t values[] = { 3, 5 };

    orch_filter_init(&f, ENOSYS);
    orch_filter_one_of(&f, 10, 0, values, 2, EACCES);
    orch_filter_bits(&f, 11, 2, 0xf0, 0x20, EPERM);
    orch_filter_bits_not(&f, 12, 2, 0xf0, 0x20, EPERM);
    orch_filter_null(&f, 13, 2, EACCES);
    orch_filter_one_of_or(&f, 14, 0, values, 2, 9, 2, EAFNOSUPPORT);

    assert_int_equal(verdict(&f, 9, 3, 0), ENOSYS);
    assert_int_equal(verdict(&f, 10, 3, 0), 0);
    assert_int_equal(verdict(&f, 10, 5, 0), 0);
    assert_int_equal(verdict(&f, 10, 4, 0), EACCES);
    /* an int is the low half, whatever stands above */
    assert_int_equal(verdict(&f, 10, UINT64_C(0xffffffff00000003), 0), 0);
    assert_int_equal(verdict(&f, 11, 0, 0x2f), 0);
    assert_int_equal(verdict(&f, 11, 0, 0x3f), EPERM);
    assert_int_equal(verdict(&f, 12, 0, 0x2f), EPERM);
    assert_int_equal(verdict(&f, 12, 0, 0x3f), 0);
    assert_int_equal(verdict(&f, 13, 1, 0), 0);
    assert_int_equal(verdict(&f, 13, 0, 1), EACCES);
    assert_int_equal(verdict(&f, 13, 0, UINT64_C(1) << 32), EACCES);
    assert_int_equal(verdict(&f, 14, 3, 7), 0);
    assert_int_equal(verdict(&f, 14, 9, 0), 0);
    assert_int_equal(verdict(&f, 14, 9, 7), EAFNOSUPPORT);
    assert_int_equal(verdict(&f, 14, 8, 0), EAFNOSUPPORT);
    assert_int_equal(verdict(&f, 15, 3, 0), ENOSYS);
}

static void what_does_not_fit_is_no_program(void **state)
{
    (void)state;
    static struct orch_filter f;
    static struct orch_filter_code code;
    static uint32_t values[ORCH_FILTER_CODE];

    orch_filter_init(&f, ENOSYS);
    for (int i = 0; i < ORCH_FILTER_PARTS; i++)
        orch_filter_null(&f, i, 0, EPERM);
    assert_true(orch_filter_build(&f, MACHINE, &code));
    orch_filter_null(&f, ORCH_FILTER_PARTS, 0, EPERM);
    assert_false(orch_filter_build(&f, MACHINE, &code));

    orch_filter_init(&f, ENOSYS);
    orch_filter_one_of(&f, 1, 0, values, ORCH_FILTER_CODE, EPERM);
    assert_false(orch_filter_build(&f, MACHINE, &code));

    orch_filter_init(&f, ENOSYS);
    orch_filter_one_of(&f, 1, 0, values, ORCH_FILTER_CODE / 2 - 2, EPERM);
    assert_false(orch_filter_build(&f, MACHINE, &code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_gets_its_verdict),
        cmocka_unit_test(the_last_number_and_those_beyond_stay_unknown),
        cmocka_unit_test(another_architecture_is_refused),
        cmocka_unit_test(arguments_decide),
        cmocka_unit_test(what_does_not_fit_is_no_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
