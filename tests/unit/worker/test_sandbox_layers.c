/* SPDX-License-Identifier: Apache-2.0 */
/* Each layer by itself, and kernels that lack one: a filter of the test's own hides it. */
#include "sandbox_support.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "worker/sandbox_part.h"

/* ---- one layer ----------------------------------------------------------------------------- */

struct trial {
    struct orch_sandbox_request request;
    attempt_fn attempt;
    void *arg;
};

static int under_landlock(void *arg)
{
    const struct trial *t = arg;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        orch_landlock_confine(&t->request, orch_landlock_abi()) != 0)
        return NOT_ENTERED;
    return t->attempt(t->arg);
}

static int under_filter(void *arg)
{
    const struct trial *t = arg;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        orch_seccomp_confine(t->request.needs, t->request.n_sockets > 0) != 0)
        return NOT_ENTERED;
    return t->attempt(t->arg);
}

static int alone(int (*layer)(void *), uint64_t needs, attempt_fn attempt, void *arg)
{
    struct trial t = { .request = { .needs = needs }, .attempt = attempt, .arg = arg };
    return unconfined(layer, &t);
}

static int try_connect(void *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno : outcome(connect(fd, address, sizeof(struct sockaddr_in)));
}

static int try_bind(void *address)
{
    struct sockaddr_in free_port = *(struct sockaddr_in *)address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    free_port.sin_port = 0;
    return fd < 0 ? errno
                  : outcome(bind(fd, (const struct sockaddr *)&free_port, sizeof free_port));
}

static int try_signal(void *pid)
{
    return outcome(kill(*(pid_t *)pid, 0));
}

static int try_exec(void *arg)
{
    char *const command[] = { "/bin/true", NULL };
    (void)arg;
    return outcome(execve(command[0], command, command + 1));
}

static void listen_here(int *fd, struct sockaddr_in *address)
{
    socklen_t len = sizeof *address;
    *address = (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)address, len), 0);
    assert_int_equal(listen(*fd, 8), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)address, &len), 0);
}

static void landlock_alone_closes_files_ports_and_signals(void **state)
{
    (void)state;
    struct place p;
    struct sockaddr_in address;
    pid_t self = getpid();
    int fd;
    skip_without_landlock(1);
    place_init(&p);
    listen_here(&fd, &address);
    assert_int_equal(alone(under_landlock, 0, try_read, "/etc/passwd"), EACCES);
    assert_int_equal(alone(under_landlock, 0, try_append, p.data), EACCES);
    assert_int_equal(alone(under_landlock, 0, try_exec, NULL), EACCES);
    if (orch_landlock_abi() >= 4) {
        assert_int_equal(alone(under_landlock, 0, try_connect, &address), EACCES);
        assert_int_equal(alone(under_landlock, 0, try_bind, &address), EACCES);
        assert_int_equal(alone(under_landlock, ORCH_NEEDS_NETWORK, try_connect, &address), 0);
        assert_int_equal(alone(under_landlock, ORCH_NEEDS_NETWORK, try_bind, &address), EACCES);
    }
    if (orch_landlock_abi() >= 6)
        assert_int_equal(alone(under_landlock, 0, try_signal, &self), EPERM);
    close(fd);
    place_release(&p);
}

/* Reading is what the filter cannot judge. */
static void the_filter_alone_closes_writing_sockets_and_signals(void **state)
{
    (void)state;
    struct place p;
    struct sockaddr_in address;
    pid_t self = getpid();
    int fd;
    skip_without_seccomp();
    place_init(&p);
    listen_here(&fd, &address);
    assert_int_equal(alone(under_filter, 0, try_read, p.data), 0);
    assert_int_equal(alone(under_filter, 0, try_append, p.data), EACCES);
    assert_int_equal(alone(under_filter, ORCH_NEEDS_FILES_WRITE, try_append, p.data), 0);
    assert_int_equal(alone(under_filter, 0, try_connect, &address), EACCES);
    assert_int_equal(alone(under_filter, ORCH_NEEDS_NETWORK, try_connect, &address), 0);
    assert_int_equal(alone(under_filter, 0, try_exec, NULL), EPERM);
    assert_int_equal(alone(under_filter, 0, try_signal, &self), EPERM);
    close(fd);
    place_release(&p);
}

/* ---- kernels that lack something ----------------------------------------------------------- */

/* From here on these calls do not exist, as in a kernel built without them. */
static void hide(long call)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(NOT_ENTERED);
}

struct lacking {
    long call, call_too;
    uint32_t flags;
    const char *lack; /* what must be said of it */
    attempt_fn attempt;
    void *arg;
};

static int enter_lacking(void *arg)
{
    static const int standard[] = { 0, 1, 2 };
    const struct lacking *l = arg;
    struct orch_sandbox_request request = { .struct_size = sizeof request, .flags = l->flags,
                                            .keep = standard, .n_keep = 3 };
    struct orch_sandbox_report report;
    orch_error err = ORCH_ERROR_INIT;

    if (l->call_too >= 0)
        hide(l->call_too);
    hide(l->call);
    orch_status st = orch_sandbox_enter(&request, &report, &err);
    const char *lack = orch_sandbox_lack(&report);
    if (!lack || strcmp(lack, l->lack) != 0)
        return NOT_ENTERED + 1;
    if (st == ORCH_OK)
        return l->attempt(l->arg);
    bool said = st == ORCH_ECONFIG && strcmp(err.detail, lack) == 0 &&
                strcmp(err.message, "the sandbox that the run requires is not to be had here") == 0;
    return said ? NOT_ENTERED : NOT_ENTERED + 2;
}

static void a_kernel_without_landlock_is_said_and_can_be_refused(void **state)
{
    (void)state;
    struct place p;
    skip_without_seccomp();
    place_init(&p);
    struct lacking l = {
        .call = 444, .call_too = -1, .attempt = try_append, .arg = p.data,
        .lack = "connectors can read every file that this account can read: this kernel has no "
                "Landlock",
    };
    assert_int_equal(unconfined(enter_lacking, &l), EACCES);
    l.flags = ORCH_SANDBOX_REQUIRE;
    assert_int_equal(unconfined(enter_lacking, &l), NOT_ENTERED);
    place_release(&p);
}

static void a_kernel_without_filters_is_said_and_can_be_refused(void **state)
{
    (void)state;
    skip_without_seccomp();
    skip_without_landlock(1);
    struct lacking l = {
        .call = SYS_seccomp, .call_too = -1, .attempt = try_read, .arg = "/etc/passwd",
        .lack = "connectors are not kept from system calls they do not need: this kernel has no "
                "seccomp filters",
    };
    assert_int_equal(unconfined(enter_lacking, &l), EACCES);
    l.flags = ORCH_SANDBOX_REQUIRE;
    assert_int_equal(unconfined(enter_lacking, &l), NOT_ENTERED);
}

static int try_descriptor(void *arg)
{
    return fcntl(*(int *)arg, F_GETFD) < 0 ? errno : 0;
}

static void a_kernel_without_both_still_limits(void **state)
{
    (void)state;
    int stray = fcntl(0, F_DUPFD, 50);
    skip_without_seccomp();
    struct lacking l = {
        .call = SYS_seccomp, .call_too = 444, .attempt = try_descriptor, .arg = &stray,
        .lack = "connectors are limited in memory and time only: this kernel has neither Landlock "
                "nor seccomp filters",
    };
    assert_int_equal(unconfined(try_descriptor, &stray), 0);
    assert_int_equal(unconfined(enter_lacking, &l), EBADF);
    close(stray);
}

/* Before 5.9 descriptors are closed one by one. */
static void a_kernel_without_close_range_closes_too(void **state)
{
    (void)state;
    int stray = fcntl(0, F_DUPFD, 50);
    skip_without_seccomp();
    struct lacking l = {
        .call = SYS_close_range, .call_too = 444, .attempt = try_descriptor, .arg = &stray,
        .lack = "connectors can read every file that this account can read: this kernel has no "
                "Landlock",
    };
    assert_int_equal(unconfined(enter_lacking, &l), EBADF);
    close(stray);
}

static int enter_required(void *arg)
{
    (void)arg;
    return 0;
}

static void a_kernel_with_all_lacks_nothing(void **state)
{
    (void)state;
    struct orch_sandbox_report report = kernel();
    struct orch_sandbox_request request = { .flags = ORCH_SANDBOX_REQUIRE };
    skip_without_seccomp();
    skip_without_landlock(1);
    assert_null(orch_sandbox_lack(&report));
    assert_allowed(&request, enter_required, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landlock_alone_closes_files_ports_and_signals),
        cmocka_unit_test(the_filter_alone_closes_writing_sockets_and_signals),
        cmocka_unit_test(a_kernel_without_landlock_is_said_and_can_be_refused),
        cmocka_unit_test(a_kernel_without_filters_is_said_and_can_be_refused),
        cmocka_unit_test(a_kernel_without_both_still_limits),
        cmocka_unit_test(a_kernel_without_close_range_closes_too),
        cmocka_unit_test(a_kernel_with_all_lacks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
