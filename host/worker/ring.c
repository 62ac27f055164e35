/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orch/error.h"

enum { PAGE_BYTES = 4096 };

static orch_status fail(orch_error *err, const char *verb)
{
    int code = errno;
    bool lacks = code == ENOMEM || code == EMFILE || code == ENFILE;
    orch_status st = lacks ? ORCH_ENOMEM : ORCH_EIO;
    orch_error_set(err, st, "cannot %s memory for batches to share", verb);
    orch_error_detail(err, "%s", strerror(code));
    orch_error_hint(err, "raise the limits of memory (ulimit -v) and open files (ulimit -n)");
    return st;
}

/* ---- memory -------------------------------------------------------------------------------- */

/* A process that may not write large files (ulimit -f) may not make large memory to share either,
 * and would be killed for trying. */
static bool slot_bytes_allowed(size_t *out)
{
    struct rlimit limit;
    *out = ORCH_RING_SLOT_BYTES;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 ||
        limit.rlim_cur >= PAGE_BYTES + ORCH_RING_SLOTS * ORCH_RING_SLOT_BYTES)
        return true;
    errno = EFBIG;
    *out = limit.rlim_cur < PAGE_BYTES
               ? 0 : (limit.rlim_cur - PAGE_BYTES) / ORCH_RING_SLOTS / PAGE_BYTES * PAGE_BYTES;
    return limit.rlim_cur >= PAGE_BYTES;
}

static orch_status map(struct orch_ring *ring, orch_error *err)
{
    void *base = mmap(NULL, ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
    if (base == MAP_FAILED)
        return fail(err, "map");
    ring->base = base;
    ring->pulse = base;
    ring->n_slots = ORCH_RING_SLOTS;
    ring->slot_bytes = (ring->bytes - PAGE_BYTES) / ORCH_RING_SLOTS;
    for (uint32_t i = ring->n_slots; i > 0; i--)
        ring->free[ring->n_free++] = i - 1;
    return ORCH_OK;
}

orch_status orch_ring_new(struct orch_ring *ring, orch_error *err)
{
    struct orch_ring made = { .fd = -1 };
    size_t slot_bytes;
    if (!slot_bytes_allowed(&slot_bytes))
        return fail(err, "make");
    orch_status st = ORCH_OK;
    made.bytes = PAGE_BYTES + ORCH_RING_SLOTS * slot_bytes;
    made.fd = memfd_create("orchestra", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made.fd < 0 || ftruncate(made.fd, (off_t)made.bytes) != 0 ||
        fcntl(made.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        st = fail(err, "make");
    if (st == ORCH_OK)
        st = map(&made, err);
    if (st == ORCH_OK)
        *ring = made;
    else
        orch_ring_release(&made);
    return st;
}

orch_status orch_ring_map(struct orch_ring *ring, int fd, orch_error *err)
{
    struct orch_ring mapped = { .fd = fd };
    struct stat info;
    orch_status st = ORCH_OK;
    if (fstat(fd, &info) != 0)
        st = fail(err, "measure");
    else if (info.st_size < PAGE_BYTES)
        st = orch_error_set(err, ORCH_EINVAL, "the memory for batches has no page");
    if (st == ORCH_OK) {
        mapped.bytes = (size_t)info.st_size;
        st = map(&mapped, err);
    }
    if (fd >= 0)
        close(fd);
    mapped.fd = -1;
    if (st == ORCH_OK)
        *ring = mapped;
    return st;
}

void orch_ring_release(struct orch_ring *ring)
{
    if (ring->base != NULL)
        munmap(ring->base, ring->bytes);
    if (ring->fd >= 0)
        close(ring->fd);
    *ring = (struct orch_ring){ .fd = -1 };
}

/* ---- slots --------------------------------------------------------------------------------- */

void *orch_ring_slot(const struct orch_ring *ring, uint32_t slot)
{
    return (char *)ring->base + PAGE_BYTES + slot * ring->slot_bytes;
}

uint32_t orch_ring_take(struct orch_ring *ring)
{
    return ring->n_free > 0 ? ring->free[--ring->n_free] : ORCH_SLOT_NONE;
}

bool orch_ring_claim(struct orch_ring *ring, uint32_t slot)
{
    for (uint32_t i = 0; i < ring->n_free; i++) {
        if (ring->free[i] == slot) {
            memmove(&ring->free[i], &ring->free[i + 1],
                    (--ring->n_free - i) * sizeof ring->free[0]);
            return true;
        }
    }
    return false;
}

bool orch_ring_is_free(const struct orch_ring *ring, uint32_t slot)
{
    for (uint32_t i = 0; i < ring->n_free; i++)
        if (ring->free[i] == slot)
            return true;
    return false;
}

bool orch_ring_give(struct orch_ring *ring, uint32_t slot)
{
    if (slot >= ring->n_slots || orch_ring_is_free(ring, slot))
        return false;
    ring->free[ring->n_free++] = slot;
    return true;
}
