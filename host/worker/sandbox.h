/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox of a worker: what its process may do once a connector's code runs in it.
 *
 *     struct orch_sandbox_request request = {
 *         .struct_size = sizeof request, .needs = loaded_needs, .libraries = folders, ... };
 *     struct orch_sandbox_report report;
 *     st = orch_sandbox_enter(&request, &report, err);   then load the library
 *
 * It is entered once, by a process of one thread, before the connector's library is opened, and
 * never left. The library, what it links and what the host opens late (converters, hashing) are
 * loaded inside: the system's library folders and those named in `libraries` stay readable.
 *
 * Three layers, each of which holds where another is missing:
 *  - limits: descriptors, address space, processor time, size of a file, no core, no capability;
 *  - Landlock: which paths, which TCP ports, no signal and no abstract socket outside;
 *  - a seccomp filter that lists what is allowed: what is not listed fails with ENOSYS, what a
 *    connector would have to declare with EACCES, what none may do with EPERM. Nothing kills.
 *
 * What each class of connector may do (bits of `needs`):
 *  - none: descriptors it was given, memory, threads, time. Of the file system it can read what is
 *    listed under "always", it writes nothing, and makes no socket. A descriptor can still come
 *    over a kept Unix socket (SCM_RIGHTS), and send, recv, sendmsg and recvmsg work on that one; it
 *    must be of the kind STREAM or SEQPACKET, for a DGRAM one can be aimed at other sockets.
 *  - ORCH_NEEDS_FILES_WRITE: also all with files and folders below `write`, but links, sockets and
 *    devices. Modes of files may be set, but no set-id bit and not "writable for all".
 *  - ORCH_NEEDS_NETWORK: also connects by TCP and UDP, and by Unix sockets when `sockets` names a
 *    folder; never listens. It reads the system's files for names and TLS, and those of libpq in
 *    `home` (.pgpass, .pg_service.conf, .postgresql). Not /etc/passwd: who connects without
 *    naming a user must be given PGUSER.
 *  - ORCH_NEEDS_FILES_READ opens nothing by itself: name the paths in `read`.
 * Always readable: files of library folders, time zones, locale data, openssl.cnf, /dev/null,
 * /dev/random, /dev/urandom. /proc is not. Names, sizes and dates of files can be seen by stat(2),
 * which Landlock does not govern.
 *
 * Never: exec, fork, ptrace or memory of other processes, new namespaces, mounts, keys, bpf,
 * io_uring, signals to others, higher limits, memfd. Threads are free.
 *
 * Not the sandbox's: a connector that sleeps (the host waits for a sign of life) and the number of
 * files that a destination makes in its folder. */
#ifndef ORCH_WORKER_SANDBOX_H
#define ORCH_WORKER_SANDBOX_H

#include "orch/connector.h"

/* Refuses to go on where the kernel lacks Landlock or seccomp. */
#define ORCH_SANDBOX_REQUIRE 1u

struct orch_sandbox_request {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t needs;                /* of the connector in its role: a source does not write */
    const char *const *libraries;  /* folders: the connector's, the host's modules */
    size_t n_libraries;
    const char *const *read;       /* files, or folders with all below them */
    size_t n_read;
    const char *const *write;      /* folders with all below them; only with FILES_WRITE */
    size_t n_write;
    const char *const *sockets;    /* folders of Unix sockets; only with NETWORK */
    size_t n_sockets;
    const char *home;              /* whose libpq files a NETWORK connector reads; NULL: none */
    const int *keep;               /* open descriptors that stay; of 0, 1 and 2 those that are not
                                      named lead to /dev/null from then on */
    size_t n_keep;
    /* Limits; 0 leaves what the process has. A lower hard limit of the process wins. */
    uint64_t address_space_bytes;  /* beyond what is mapped when entering; libraries, stacks of
                                      threads and shared memory that come later count */
    uint64_t file_size_bytes;      /* of one file; a write beyond fails with EFBIG. Counts for an
                                      inherited descriptor too: a log on stderr may be long */
    uint64_t cpu_seconds;          /* then SIGXCPU, and SIGKILL two seconds later */
    uint64_t open_files;           /* descriptors below this number; leave some room, say 64 */
};

/* What the kernel offered, and thus what holds. */
struct orch_sandbox_report {
    uint32_t struct_size;
    int32_t landlock_abi; /* 0: none */
    bool seccomp;
};

/* Asks the kernel; changes nothing. For a host that wants to say it, or refuse, before it starts a
 * worker. [any] */
void orch_sandbox_offered(struct orch_sandbox_report *out);

/* What is missing in one sentence for people, or NULL when nothing is. Static. [any] */
const char *orch_sandbox_lack(const struct orch_sandbox_report *report);

/* Confines the calling process for good. With `write` folders the environment's TMPDIR becomes the
 * first of them. Paths that are not there are passed over: they cannot be opened inside either.
 * Fills *out also when it fails. [control]
 * ORCH_ECONFIG: REQUIRE was asked for and something is missing; nothing was changed.
 * ORCH_EINVAL: more than one thread, a descriptor to keep that is not open, folders without the
 *   need they belong to; nothing was changed.
 * ORCH_EINTERNAL: the kernel refused a step it had offered: the process must end. */
orch_status orch_sandbox_enter(const struct orch_sandbox_request *request,
                               struct orch_sandbox_report *out, orch_error *err);

#endif
