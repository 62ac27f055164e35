/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the sandbox share: a child that enters it, tries one thing, and reports how
 * that ended; and the folder that the thing is tried on. */
#ifndef TEST_SANDBOX_SUPPORT_H
#define TEST_SANDBOX_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox.h"

#define SUPPORT __attribute__((unused)) static
#define MIB     (UINT64_C(1) << 20)

/* 0: it worked; else the errno it failed with. */
typedef int (*attempt_fn)(void *arg);

#define NOT_ENTERED 200 /* beyond every errno */
#define KILLED_BY   1000

/* Ends the child without exit handlers: a leak checker would want what the sandbox forbids. */
SUPPORT void attempt_inside(const struct orch_sandbox_request *request, attempt_fn attempt,
                            void *arg)
{
    struct orch_sandbox_report report;
    orch_error err = ORCH_ERROR_INIT;

    if (orch_sandbox_enter(request, &report, &err) == ORCH_OK)
        _exit(attempt(arg));
    dprintf(2, "%s: %s\n", err.message, err.detail);
    _exit(NOT_ENTERED);
}

SUPPORT int child_result(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? KILLED_BY + WTERMSIG(status) : WEXITSTATUS(status);
}

/* How the attempt ends in a child that entered the sandbox. */
SUPPORT int confined(const struct orch_sandbox_request *request, attempt_fn attempt, void *arg)
{
    static const int standard[] = { 0, 1, 2 };
    struct orch_sandbox_request mine = *request;

    mine.struct_size = sizeof mine;
    if (mine.n_keep == 0) {
        mine.keep = standard;
        mine.n_keep = 3;
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        attempt_inside(&mine, attempt, arg);
    return child_result(child);
}

/* The same with nothing in the way: a denial proves nothing if the thing does not work anyway. */
SUPPORT int unconfined(attempt_fn attempt, void *arg)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(attempt(arg));
    return child_result(child);
}

static const struct orch_sandbox_request no_needs;

#define assert_allowed(request, attempt, arg) \
    assert_int_equal(confined((request), (attempt), (arg)), 0)

#define assert_denied(request, attempt, arg, code)                    \
    do {                                                              \
        assert_int_equal(unconfined((attempt), (arg)), 0);            \
        assert_int_equal(confined((request), (attempt), (arg)), code); \
    } while (0)

/* For what cannot be tried without harm, or needs what the test may lack. */
#define assert_refused(request, attempt, arg, code) \
    assert_int_equal(confined((request), (attempt), (arg)), code)

SUPPORT struct orch_sandbox_report kernel(void)
{
    struct orch_sandbox_report report;

    orch_sandbox_offered(&report);
    return report;
}

#define skip_without(what, abi_or_flag)                          \
    do {                                                         \
        if (!(abi_or_flag)) {                                    \
            print_message("this kernel has no " what ": skipped\n"); \
            skip();                                              \
        }                                                        \
    } while (0)
#define skip_without_landlock(abi) skip_without("Landlock " #abi, kernel().landlock_abi >= (abi))
#define skip_without_seccomp()     skip_without("seccomp filters", kernel().seccomp)

/* ---- a folder ------------------------------------------------------------------------------ */

/* ROOT/in/data, ROOT/out/secret: "in" is what a request may name. */
struct place {
    char root[64], in[80], out[80], data[96], secret[96];
};

SUPPORT void place_file(const char *path)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs("1;2;3\n", f);
    fclose(f);
}

SUPPORT void place_init(struct place *p)
{
    snprintf(p->root, sizeof p->root, "/tmp/orch-sandbox-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->in, sizeof p->in, "%s/in", p->root);
    snprintf(p->out, sizeof p->out, "%s/out", p->root);
    snprintf(p->data, sizeof p->data, "%s/data", p->in);
    snprintf(p->secret, sizeof p->secret, "%s/secret", p->out);
    assert_int_equal(mkdir(p->in, 0755), 0);
    assert_int_equal(mkdir(p->out, 0755), 0);
    place_file(p->data);
    place_file(p->secret);
}

SUPPORT int place_remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)type, (void)at;
    return remove(path);
}

SUPPORT void place_release(struct place *p)
{
    nftw(p->root, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- attempts on a path -------------------------------------------------------------------- */

SUPPORT int outcome(long result)
{
    return result >= 0 ? 0 : errno;
}

SUPPORT int try_read(void *path)
{
    char byte;
    int fd = open(path, O_RDONLY);

    return fd < 0 ? errno : outcome(read(fd, &byte, 1));
}

SUPPORT int try_list(void *path)
{
    return outcome(open(path, O_RDONLY | O_DIRECTORY));
}

SUPPORT int try_append(void *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);

    return fd < 0 ? errno : outcome(write(fd, "x", 1));
}

#endif
