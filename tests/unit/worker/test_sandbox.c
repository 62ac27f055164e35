/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody may do inside: other processes, privileges, limits; and what everyone may. */
#include "sandbox_support.h"

#include <dirent.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

/* ---- processes ----------------------------------------------------------------------------- */

static int try_fork(void *arg)
{
    (void)arg;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return outcome(child);
}

static int try_raw_fork(void *arg)
{
    (void)arg;
    long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(0);
    return outcome(child);
}

static int try_clone3(void *arg)
{
    (void)arg;
    uint64_t args[8] = { 0, 0, 0, 0, SIGCHLD };
    long child = syscall(SYS_clone3, args, sizeof args);
    if (child == 0)
        _exit(0);
    return outcome(child);
}

static int try_exec(void *arg)
{
    (void)arg;
    char *const command[] = { "/bin/true", NULL };
    return outcome(execve(command[0], command, command + 1));
}

/* A program need not have a path of its own. */
static int try_exec_descriptor(void *arg)
{
    (void)arg;
    char *const command[] = { "true", NULL };
    return outcome(syscall(SYS_execveat, open("/bin/true", O_RDONLY), "", command, command + 1,
                           AT_EMPTY_PATH));
}

static void no_process_can_be_started(void **state)
{
    (void)state;
    skip_without_seccomp();
    assert_denied(&no_needs, try_fork, NULL, EPERM);
    assert_denied(&no_needs, try_raw_fork, NULL, EPERM);
    assert_denied(&no_needs, try_clone3, NULL, ENOSYS);
    assert_denied(&no_needs, try_exec, NULL, EPERM);
    assert_refused(&no_needs, try_exec_descriptor, NULL, EPERM);
}

static int try_unshare(void *arg)
{
    (void)arg;
    return outcome(unshare(CLONE_NEWUSER));
}

/* A thread may bring namespaces too when it has the rights of root. */
static int try_thread_with_namespace(void *arg)
{
    (void)arg;
    return outcome(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNET, NULL,
                           NULL, NULL, NULL));
}

static void no_namespace_can_be_made(void **state)
{
    (void)state;
    skip_without_seccomp();
    assert_refused(&no_needs, try_unshare, NULL, EPERM);
    assert_refused(&no_needs, try_thread_with_namespace, NULL, EPERM);
}

/* ---- another process: a child of the test with a secret in memory and environment ---------- */

static char victim_word[16];

struct victim {
    pid_t pid;
    char environ[64], memory[64];
};

static void victim_start(struct victim *v)
{
    v->pid = fork();
    assert_true(v->pid >= 0);
    if (v->pid == 0) {
        strcpy(victim_word, "another run");
        for (;;)
            pause();
    }
    snprintf(v->environ, sizeof v->environ, "/proc/%d/environ", (int)v->pid);
    snprintf(v->memory, sizeof v->memory, "/proc/%d/mem", (int)v->pid);
}

static void victim_end(struct victim *v)
{
    kill(v->pid, SIGKILL);
    assert_int_equal(child_result(v->pid), KILLED_BY + SIGKILL);
}

static int try_read_memory(void *arg)
{
    const struct victim *v = arg;
    char word[sizeof victim_word];
    struct iovec here = { word, sizeof word }, there = { victim_word, sizeof victim_word };
    return outcome(process_vm_readv(v->pid, &here, 1, &there, 1, 0));
}

static int try_open_memory(void *arg)
{
    const struct victim *v = arg;
    return outcome(open(v->memory, O_RDONLY));
}

static int try_attach(void *arg)
{
    const struct victim *v = arg;
    return outcome(ptrace(PTRACE_SEIZE, v->pid, NULL, NULL));
}

static int try_read_environment(void *arg)
{
    const struct victim *v = arg;
    return try_read((char *)v->environ);
}

static int try_take_descriptor(void *arg)
{
    const struct victim *v = arg;
    return outcome(syscall(SYS_pidfd_open, v->pid, 0));
}

static void memory_and_environment_of_others_stay_closed(void **state)
{
    (void)state;
    struct victim v;
    skip_without_seccomp();
    victim_start(&v);
    assert_refused(&no_needs, try_read_memory, &v, EPERM);
    assert_refused(&no_needs, try_attach, &v, EPERM);
    assert_denied(&no_needs, try_take_descriptor, &v, EPERM);
    if (kernel().landlock_abi >= 1) {
        assert_denied(&no_needs, try_open_memory, &v, EACCES);
        assert_denied(&no_needs, try_read_environment, &v, EACCES);
    }
    victim_end(&v);
}

static int try_parent_environment(void *arg)
{
    char path[64];
    (void)arg;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)getppid());
    return try_read(path);
}

static void the_parents_secrets_stay_closed(void **state)
{
    (void)state;
    skip_without_landlock(1);
    assert_denied(&no_needs, try_parent_environment, NULL, EACCES);
}

/* ---- signals ------------------------------------------------------------------------------- */

static int try_signal(void *arg)
{
    const struct victim *v = arg;
    return outcome(kill(v->pid, SIGURG));
}

static int try_signal_all(void *arg)
{
    (void)arg;
    return outcome(kill(-1, 0));
}

static int try_signal_thread(void *arg)
{
    const struct victim *v = arg;
    return outcome(syscall(SYS_tgkill, v->pid, v->pid, SIGURG));
}

static int try_queue_signal(void *arg)
{
    const struct victim *v = arg;
    return outcome(sigqueue(v->pid, SIGURG, (union sigval){ 0 }));
}

/* The kernel sends for whoever owns a descriptor. */
static int try_signal_by_descriptor(void *arg)
{
    const struct victim *v = arg;
    return outcome(fcntl(0, F_SETOWN, v->pid));
}

static int abort_oneself(void *arg)
{
    (void)arg;
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void signals_reach_nobody_else(void **state)
{
    (void)state;
    struct victim v;
    skip_without_seccomp();
    victim_start(&v);
    assert_denied(&no_needs, try_signal, &v, EPERM);
    assert_denied(&no_needs, try_signal_all, NULL, EPERM);
    assert_denied(&no_needs, try_signal_thread, &v, EPERM);
    assert_denied(&no_needs, try_queue_signal, &v, EPERM);
    assert_refused(&no_needs, try_signal_by_descriptor, &v, EPERM);
    victim_end(&v);
    assert_refused(&no_needs, abort_oneself, NULL, KILLED_BY + SIGABRT);
}

/* ---- privileges ---------------------------------------------------------------------------- */

struct call {
    const char *name;
    long number;
    int code;
};

static int try_call(void *arg)
{
    const struct call *c = arg;
    return outcome(syscall(c->number, 0, 0, 0, 0, 0, 0));
}

static void what_no_connector_needs_is_refused(void **state)
{
    (void)state;
    static const struct call calls[] = {
        { "mount", SYS_mount, EPERM },
        { "umount", SYS_umount2, EPERM },
        { "setns", SYS_setns, EPERM },
        { "chroot", SYS_chroot, EPERM },
        { "keyctl", SYS_keyctl, EPERM },
        { "bpf", SYS_bpf, EPERM },
        { "perf", SYS_perf_event_open, EPERM },
        { "userfaultfd", SYS_userfaultfd, EPERM },
        { "io_uring", SYS_io_uring_setup, EPERM },
        { "seccomp", SYS_seccomp, EPERM },
        { "setuid", SYS_setuid, EPERM },
        { "capset", SYS_capset, EPERM },
        { "reboot", SYS_reboot, EPERM },
        { "truncate", SYS_truncate, EPERM },
        { "memfd", SYS_memfd_create, ENOSYS },
        { "shared memory", SYS_shmget, ENOSYS },
        { "message queues", SYS_msgget, ENOSYS },
        { "umask", SYS_umask, ENOSYS },
        { "change of folder", SYS_chdir, ENOSYS },
        { "unknown", 100000, ENOSYS },
#ifdef __x86_64__
        { "a call of the x32 kind", 0x40000000 + SYS_getpid, ENOSYS },
#endif
    };
    skip_without_seccomp();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int code = confined(&no_needs, try_call, (void *)&calls[i]);
        if (code != calls[i].code)
            fail_msg("%s: %d, not %d", calls[i].name, code, calls[i].code);
    }
}

/* No set-id program, no capability, no core with secrets, no debugger. */
static int check_privileges(void *arg)
{
    const uint64_t *effective = arg;
    struct { uint32_t version; int pid; } head = { 0x20080522, 0 };
    struct { uint32_t effective, permitted, inheritable; } sets[2];
    struct rlimit core;

    if (syscall(SYS_capget, &head, sets) != 0 || getrlimit(RLIMIT_CORE, &core) != 0)
        return errno;
    if (sets[0].permitted & ~*effective || sets[1].permitted || core.rlim_max != 0)
        return EPERM;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? EEXIST : 0;
}

static void privileges_are_given_up(void **state)
{
    (void)state;
    struct orch_sandbox_request files = { .needs = ORCH_NEEDS_FILES_WRITE };
    uint64_t none = 0, over_modes = 2; /* CAP_DAC_OVERRIDE */
    skip_without_seccomp();
    assert_allowed(&no_needs, check_privileges, &none);
    assert_allowed(&files, check_privileges, &over_modes);
}

static int try_raise_limit(void *arg)
{
    (void)arg;
    struct rlimit wide = { 1024, 1024 };
    return outcome(setrlimit(RLIMIT_NOFILE, &wide));
}

static int try_own_limit(void *arg)
{
    struct rlimit old;
    (void)arg;
    return outcome(prlimit(0, RLIMIT_NOFILE, NULL, &old));
}

static void limits_can_be_read_but_not_changed(void **state)
{
    (void)state;
    skip_without_seccomp();
    assert_refused(&no_needs, try_raise_limit, NULL, EPERM);
    assert_allowed(&no_needs, try_own_limit, NULL);
}

/* ---- what works ---------------------------------------------------------------------------- */

static void *add_one(void *counter)
{
    char name[16];
    prctl(PR_SET_NAME, "orch-worker", 0, 0, 0);
    prctl(PR_GET_NAME, name, 0, 0, 0);
    void *memory = malloc(1000000);
    __atomic_add_fetch((int *)counter, memory != NULL && strcmp(name, "orch-worker") == 0, 5);
    free(memory);
    return NULL;
}

static int run_threads(void *arg)
{
    pthread_t threads[4];
    int counter = 0;
    (void)arg;
    for (int i = 0; i < 4; i++) {
        int code = pthread_create(&threads[i], NULL, add_one, &counter);
        if (code != 0)
            return code;
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return counter == 4 ? 0 : EINVAL;
}

static int read_clocks_and_zones(void *arg)
{
    struct timespec now, nap = { 0, 1000 };
    struct tm local;
    time_t summer = 1782907200; /* 2026-07-01T12:00Z */
    char random[8];
    (void)arg;
    setenv("TZ", "Europe/Paris", 1);
    tzset();
    localtime_r(&summer, &local);
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || nanosleep(&nap, NULL) != 0 ||
        getentropy(random, sizeof random) != 0)
        return errno;
    return local.tm_hour == 14 ? 0 : EINVAL;
}

static int use_memory(void *arg)
{
    size_t size = 64 * MIB;
    (void)arg;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return errno;
    memory[size - 1] = 1;
    memory = mremap(memory, size, 2 * size, MREMAP_MAYMOVE);
    return memory == MAP_FAILED ? errno : outcome(munmap(memory, 2 * size));
}

static int use_standard_files(void *arg)
{
    (void)arg;
    isatty(0);
    int zero = try_read("/dev/urandom");
    return zero != 0 ? zero : outcome(open("/dev/null", O_RDONLY));
}

static void threads_memory_time_and_random_bytes_work(void **state)
{
    (void)state;
    assert_allowed(&no_needs, run_threads, NULL);
    assert_allowed(&no_needs, use_memory, NULL);
    assert_allowed(&no_needs, use_standard_files, NULL);
    if (access("/usr/share/zoneinfo/Europe/Paris", R_OK) == 0)
        assert_allowed(&no_needs, read_clocks_and_zones, NULL);
}

/* ---- refusing to enter --------------------------------------------------------------------- */

static void *wait_for_byte(void *arg)
{
    char byte;
    ssize_t n = read(*(int *)arg, &byte, 1);
    return n == 1 ? arg : NULL;
}

static void a_process_of_several_threads_is_refused(void **state)
{
    (void)state;
    struct orch_sandbox_request request = { .struct_size = sizeof request };
    struct orch_sandbox_report report;
    orch_error err = ORCH_ERROR_INIT;
    pthread_t thread;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_byte, &ends[0]), 0);
    assert_int_equal(orch_sandbox_enter(&request, &report, &err), ORCH_EINVAL);
    assert_string_equal(err.message, "a process of 2 threads cannot enter the sandbox");
    assert_int_equal(write(ends[1], "x", 1), 1);
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
}

static void a_request_that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    const char *folder = "/tmp";
    int closed = 99;
    struct orch_sandbox_request writes = { .write = &folder, .n_write = 1 };
    struct orch_sandbox_request connects = { .sockets = &folder, .n_sockets = 1 };
    struct orch_sandbox_request keeps = { .keep = &closed, .n_keep = 1 };
    struct orch_sandbox_report report;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_sandbox_enter(&writes, &report, &err), ORCH_EINVAL);
    assert_string_equal(err.message, "folders to write for who does not declare it");
    assert_int_equal(orch_sandbox_enter(&connects, &report, &err), ORCH_EINVAL);
    assert_string_equal(err.message, "sockets for who does not declare the network");
    assert_int_equal(orch_sandbox_enter(&keeps, &report, &err), ORCH_EINVAL);
    assert_string_equal(err.message, "descriptor 99 to be kept is not open");
    assert_int_equal(orch_sandbox_enter(&keeps, &report, NULL), ORCH_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_process_can_be_started),
        cmocka_unit_test(no_namespace_can_be_made),
        cmocka_unit_test(memory_and_environment_of_others_stay_closed),
        cmocka_unit_test(the_parents_secrets_stay_closed),
        cmocka_unit_test(signals_reach_nobody_else),
        cmocka_unit_test(what_no_connector_needs_is_refused),
        cmocka_unit_test(privileges_are_given_up),
        cmocka_unit_test(limits_can_be_read_but_not_changed),
        cmocka_unit_test(threads_memory_time_and_random_bytes_work),
        cmocka_unit_test(a_process_of_several_threads_is_refused),
        cmocka_unit_test(a_request_that_contradicts_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
