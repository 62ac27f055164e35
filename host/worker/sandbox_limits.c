/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, resources and privileges: the part of the sandbox that every kernel has. */
#include "worker/sandbox_part.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Between the warning that ends a process and the one it cannot catch. */
#define CPU_GRACE_SECONDS 2

/* ---- descriptors --------------------------------------------------------------------------- */

/* Kernels before 5.9 have no close_range. */
static int close_one_by_one(unsigned first, unsigned last)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -1;
    for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++)
        close((int)fd);
    return 0;
}

static int close_between(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return 0;
    return errno == ENOSYS || errno == EPERM ? close_one_by_one(first, last) : -1;
}

/* The least kept descriptor that is not below `from`; -1 when there is none. */
static int kept_from(const int *keep, size_t n_keep, unsigned from)
{
    int least = -1;

    for (size_t i = 0; i < n_keep; i++)
        if ((unsigned)keep[i] >= from && (least < 0 || keep[i] < least))
            least = keep[i];
    return least;
}

/* What a library prints must not land in whatever is opened next. */
static int fill_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return -1;
    return 0;
}

int orch_limit_descriptors(const int *keep, size_t n_keep)
{
    unsigned from = 0;
    int kept;

    while ((kept = kept_from(keep, n_keep, from)) >= 0) {
        if ((unsigned)kept > from && close_between(from, (unsigned)kept - 1) != 0)
            return -1;
        from = (unsigned)kept + 1;
    }
    if (close_between(from, INT_MAX) != 0)
        return -1;
    return fill_standard();
}

/* ---- resources ----------------------------------------------------------------------------- */

static int limit_set(int resource, uint64_t soft, uint64_t hard)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) != 0)
        return -1;
    if (hard < limit.rlim_max)
        limit.rlim_max = hard;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    return setrlimit(resource, &limit);
}

/* What is mapped now. A sanitizer maps terabytes that it never touches: a limit that counts from
 * here means the same for all. */
static int mapped_bytes(uint64_t *out)
{
    char text[128], *end = text;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    *out = strtoull(text, &end, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
    if (end != text)
        return 0;
    errno = EIO;
    return -1;
}

static int limit_address_space(uint64_t bytes)
{
    uint64_t mapped, total;

    if (mapped_bytes(&mapped) != 0)
        return -1;
    if (__builtin_add_overflow(mapped, bytes, &total))
        return 0;
    return limit_set(RLIMIT_AS, total, total);
}

int orch_limit_resources(const struct orch_sandbox_request *r)
{
    if (r->address_space_bytes > 0 && limit_address_space(r->address_space_bytes) != 0)
        return -1;
    if (r->cpu_seconds > 0 && r->cpu_seconds < UINT64_MAX - CPU_GRACE_SECONDS &&
        limit_set(RLIMIT_CPU, r->cpu_seconds, r->cpu_seconds + CPU_GRACE_SECONDS) != 0)
        return -1;
    if (r->open_files > 0 && limit_set(RLIMIT_NOFILE, r->open_files, r->open_files) != 0)
        return -1;
    if (r->file_size_bytes > 0) {
        /* Ignored, the signal leaves an error that names the file instead of a dead process. */
        if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
            limit_set(RLIMIT_FSIZE, r->file_size_bytes, r->file_size_bytes) != 0)
            return -1;
    }
    return limit_set(RLIMIT_CORE, 0, 0);
}

/* ---- privileges ---------------------------------------------------------------------------- */

/* Root without capabilities is an owner of files like others. The one that is left lets a run by
 * root write to a folder of another account, as it would without a sandbox. */
static int drop_capabilities(uint64_t needs)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
    uint32_t left = 0;

    if (syscall(SYS_capget, &head, sets) != 0)
        return -1;
    if (needs & (ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE))
        left = sets[0].permitted & (UINT32_C(1) << CAP_DAC_OVERRIDE);
    sets[0] = (struct __user_cap_data_struct){ .effective = left, .permitted = left };
    sets[1] = (struct __user_cap_data_struct){ 0 };
    return (int)syscall(SYS_capset, &head, sets);
}

int orch_limit_privileges(uint64_t needs)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || drop_capabilities(needs) != 0)
        return -1;
    /* Last: what changes credentials may set it again. */
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
