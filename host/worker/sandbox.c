/* SPDX-License-Identifier: Apache-2.0 */
/* Enters the sandbox: first all that can be refused without harm, then each step in the order in
 * which the earlier ones leave the later ones possible. Descriptors are closed before anything is
 * opened; Landlock's rules need paths, so they come before the filter of system calls, which is
 * last because it forbids most of what is done here. */
#include "worker/sandbox_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "orch/error.h"

void orch_sandbox_offered(struct orch_sandbox_report *out)
{
    *out = (struct orch_sandbox_report){
        .struct_size = sizeof *out,
        .landlock_abi = orch_landlock_abi(),
        .seccomp = orch_seccomp_offered(),
    };
}

const char *orch_sandbox_lack(const struct orch_sandbox_report *r)
{
    if (r->landlock_abi > 0 && r->seccomp)
        return NULL;
    if (r->landlock_abi > 0)
        return "connectors are not kept from system calls they do not need: this kernel has no "
               "seccomp filters";
    if (r->seccomp)
        return "connectors can read every file that this account can read: this kernel has no "
               "Landlock";
    return "connectors are limited in memory and time only: this kernel has neither Landlock nor "
           "seccomp filters";
}

/* ---- refusing ------------------------------------------------------------------------------ */

static orch_status check_required(const struct orch_sandbox_request *r,
                                  const struct orch_sandbox_report *offered, orch_error *err)
{
    const char *lack = orch_sandbox_lack(offered);

    if (!(r->flags & ORCH_SANDBOX_REQUIRE) || !lack)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "the sandbox that the run requires is not to be had here");
    orch_error_detail(err, "%s", lack);
    orch_error_hint(err, "Landlock came with Linux 5.13; a boot parameter (lsm=) or a container's "
                         "own filter may hide it. Or run without --require-sandbox");
    return ORCH_ECONFIG;
}

/* Landlock and capabilities are a thread's own: another thread would stay outside. Without /proc
 * nobody can count. */
static orch_status check_threads(orch_error *err)
{
    struct stat info;

    if (stat("/proc/self/task", &info) != 0 || info.st_nlink <= 3)
        return ORCH_OK;
    return orch_error_set(err, ORCH_EINVAL, "a process of %lu threads cannot enter the sandbox",
                          (unsigned long)info.st_nlink - 2);
}

static orch_status check_request(const struct orch_sandbox_request *r, orch_error *err)
{
    if (r->n_write > 0 && !(r->needs & ORCH_NEEDS_FILES_WRITE))
        return orch_error_set(err, ORCH_EINVAL, "folders to write for who does not declare it");
    if (r->n_sockets > 0 && !(r->needs & ORCH_NEEDS_NETWORK))
        return orch_error_set(err, ORCH_EINVAL, "sockets for who does not declare the network");
    for (size_t i = 0; i < r->n_keep; i++)
        if (fcntl(r->keep[i], F_GETFD) < 0)
            return orch_error_set(err, ORCH_EINVAL, "descriptor %d to be kept is not open",
                                  r->keep[i]);
    return check_threads(err);
}

/* ---- entering ------------------------------------------------------------------------------ */

static orch_status fail_step(const char *what, orch_error *err)
{
    int code = errno;

    orch_error_set(err, ORCH_EINTERNAL, "cannot confine the connector: %s failed", what);
    orch_error_detail(err, "%s", strerror(code));
    if (err)
        err->vendor_code = code;
    return ORCH_EINTERNAL;
}

/* Libraries spill to a folder for temporary files: the usual ones are closed to them. */
static int move_temporary(const struct orch_sandbox_request *r)
{
    return r->n_write > 0 ? setenv("TMPDIR", r->write[0], 1) : 0;
}

static orch_status confine(const struct orch_sandbox_request *r,
                           const struct orch_sandbox_report *offered, orch_error *err)
{
    if (orch_limit_descriptors(r->keep, r->n_keep) != 0)
        return fail_step("closing descriptors", err);
    if (move_temporary(r) != 0)
        return fail_step("naming a folder for temporary files", err);
    if (orch_limit_resources(r) != 0)
        return fail_step("setting limits", err);
    if (orch_limit_privileges(r->needs) != 0)
        return fail_step("giving up privileges", err);
    if (offered->landlock_abi > 0 && orch_landlock_confine(r, offered->landlock_abi) != 0)
        return fail_step("Landlock", err);
    if (offered->seccomp && orch_seccomp_confine(r->needs, r->n_sockets > 0) != 0)
        return fail_step("the filter of system calls", err);
    return ORCH_OK;
}

orch_status orch_sandbox_enter(const struct orch_sandbox_request *request,
                               struct orch_sandbox_report *out, orch_error *err)
{
    struct orch_sandbox_report offered;

    orch_sandbox_offered(&offered);
    *out = offered;
    orch_status st = check_required(request, &offered, err);
    if (st == ORCH_OK)
        st = check_request(request, err);
    return st == ORCH_OK ? confine(request, &offered, err) : st;
}
