/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls a connector may make.
 *
 * The program is built here and not by libseccomp: with the same lists that takes 0.8 ms, the tree
 * of sandbox_filter.c 0.16 ms, when an empty process starts and ends in 0.8 ms (2 cores, 2026-11).
 * Every run enters twice; and it is one library less to load and to trust (decision 9). */
#include "worker/sandbox_part.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 64 bits and little endian, as sandbox_filter.c takes for granted. */
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "the filter of system calls knows x86-64, arm64 and riscv64; see docs/security.md"
#endif

#define COUNT(a)  (sizeof(a) / sizeof(a)[0])
#define TEMPORARY (O_TMPFILE & ~O_DIRECTORY)

/* Without the right to write, a file can only be opened to be read; with it, not to be emptied by
 * who has opened it to read, which Landlock sees since its third version only. */
static void filter_open(struct orch_filter *f, int call, unsigned argument, bool writes)
{
    if (writes)
        orch_filter_bits_not(f, call, argument, O_ACCMODE | O_TRUNC, O_TRUNC, EACCES);
    else
        orch_filter_bits(f, call, argument, O_ACCMODE | O_CREAT | O_TRUNC | TEMPORARY, O_RDONLY,
                         EACCES);
}

static void filter_files(struct orch_filter *f, bool writes)
{
    filter_open(f, SYS_openat, 2, writes);
#ifdef SYS_open
    filter_open(f, SYS_open, 1, writes);
#endif
    if (writes) {
        orch_filter_allow(f, &orch_calls_write);
        orch_filter_bits(f, SYS_fchmod, 1, S_ISUID | S_ISGID | S_IWOTH, 0, EPERM);
    } else {
        orch_filter_fail(f, &orch_calls_write, EACCES);
    }
}

/* Names and routes are asked of the kernel over netlink; its other families are none of ours. */
static void filter_network(struct orch_filter *f, bool unix_sockets)
{
    static const uint32_t families[] = { AF_INET, AF_INET6, AF_UNIX };
    size_t n = unix_sockets ? COUNT(families) : COUNT(families) - 1;

    orch_filter_allow(f, &orch_calls_network);
    orch_filter_one_of_or(f, SYS_socket, 0, families, n, AF_NETLINK, 2, EAFNOSUPPORT);
}

/* Sending on a socket that is connected names no address. */
static void filter_no_network(struct orch_filter *f)
{
    orch_filter_fail(f, &orch_calls_network, EACCES);
    orch_filter_null(f, SYS_sendto, 4, EACCES);
}

/* A thread is a clone that shares everything and brings no namespace; signals are for oneself;
 * limits are read, not set. */
static void filter_process(struct orch_filter *f)
{
    static const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                       CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    static const uint32_t names[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_CAPBSET_READ };
    const uint32_t self[] = { (uint32_t)getpid() };

    orch_filter_bits(f, SYS_clone, 0, CLONE_THREAD | namespaces, CLONE_THREAD, EPERM);
    orch_filter_one_of(f, SYS_tgkill, 0, self, 1, EPERM);
    orch_filter_one_of(f, SYS_kill, 0, self, 1, EPERM);
    orch_filter_one_of(f, SYS_prctl, 0, names, COUNT(names), EPERM);
    orch_filter_null(f, SYS_prlimit64, 2, EPERM);
}

/* Not F_SETOWN and its kin: they make the kernel send signals. */
static void filter_descriptors(struct orch_filter *f)
{
    static const uint32_t commands[] = {
        F_GETFD,    F_SETFD,    F_GETFL,    F_SETFL,     F_DUPFD,      F_DUPFD_CLOEXEC,
        F_GETLK,    F_SETLK,    F_SETLKW,   F_OFD_GETLK, F_OFD_SETLK,  F_OFD_SETLKW,
        F_GET_SEALS, F_ADD_SEALS, F_GETPIPE_SZ,
    };
    static const uint32_t requests[] = { TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ };

    orch_filter_one_of(f, SYS_fcntl, 1, commands, COUNT(commands), EPERM);
    orch_filter_one_of(f, SYS_ioctl, 1, requests, COUNT(requests), ENOTTY);
}

static void filter_fill(struct orch_filter *f, uint64_t needs, bool unix_sockets)
{
    orch_filter_init(f, ENOSYS);
    orch_filter_allow(f, &orch_calls_always);
    orch_filter_fail(f, &orch_calls_serve, EACCES);
    orch_filter_fail(f, &orch_calls_never, EPERM);
    filter_descriptors(f);
    filter_process(f);
    filter_files(f, (needs & ORCH_NEEDS_FILES_WRITE) != 0);
    if (needs & ORCH_NEEDS_NETWORK)
        filter_network(f, unix_sockets);
    else
        filter_no_network(f);
}

bool orch_seccomp_offered(void)
{
    uint32_t action = SECCOMP_RET_ERRNO;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* A connector may read all of its own process anyway, so the slow-down against reading it by
 * speculation, which kernels before 5.16 tie to filters, would protect nothing. */
int orch_seccomp_confine(uint64_t needs, bool unix_sockets)
{
    struct orch_filter filter;
    struct orch_filter_code code;

    filter_fill(&filter, needs, unix_sockets);
    if (!orch_filter_build(&filter, ARCHITECTURE, &code)) {
        errno = E2BIG;
        return -1;
    }
    struct sock_fprog program = { .len = (unsigned short)code.len, .filter = code.items };
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                        &program);
}
