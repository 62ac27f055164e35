/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways to keep a batch from changing under its reader (docs/decisions/0005): copied out of a
 * slot that is used again and again, or in memory of its own that is sealed before it is read.
 *
 *     ninja -C build/release bench_sealing && build/release/bin/bench_sealing
 *
 * One process plays both sides, so that nothing but the memory is measured: no frame, no wake-up.
 * Whoever makes the batch writes every byte, whoever takes it reads every byte. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

enum { ROUNDS = 400, MEASURES = 7, WORDS = 8 };

static const size_t sizes[] = { 64 << 10, 256 << 10, 1200 << 10, 4096 << 10 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void *map(int fd, size_t size, int protection)
{
    void *at = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        fail("mmap");
    return at;
}

static int memory_new(size_t size)
{
    int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        fail("memfd");
    return fd;
}

static uint64_t read_all(const void *bytes, size_t size)
{
    const uint64_t *words = bytes;
    uint64_t sum = 0;
    for (size_t i = 0; i < size / WORDS; i++)
        sum += words[i];
    return sum;
}

/* ---- the two ways -------------------------------------------------------------------------- */

struct bench {
    size_t size;
    const void *batch; /* what is handed over */
    void *slot;        /* shared, of the ring */
    uint64_t sum;
};

static void by_copy(struct bench *b)
{
    memcpy(b->slot, b->batch, b->size);
    void *own = orch_alloc(b->size);
    if (own == NULL)
        fail("malloc");
    memcpy(own, b->slot, b->size);
    b->sum += read_all(own, b->size);
    free(own);
}

static void by_seal(struct bench *b)
{
    int fd = memory_new(b->size);
    void *worker = map(fd, b->size, PROT_READ | PROT_WRITE);
    memcpy(worker, b->batch, b->size);
    munmap(worker, b->size); /* a writable mapping forbids the seal */
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        fail("seal");
    void *host = map(fd, b->size, PROT_READ);
    b->sum += read_all(host, b->size);
    munmap(host, b->size);
    close(fd);
}

/* ---- measuring ----------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double us_a_batch(struct bench *b, void (*way)(struct bench *b))
{
    double times[MEASURES];
    for (int m = 0; m < MEASURES; m++) {
        int64_t began = orch_clock_monotonic_us();
        for (int i = 0; i < ROUNDS; i++)
            way(b);
        times[m] = (double)(orch_clock_monotonic_us() - began) / ROUNDS;
    }
    qsort(times, MEASURES, sizeof times[0], by_value);
    return times[MEASURES / 2];
}

int main(void)
{
    orch_alloc_tune(); /* as the program does: freed batches stay with the process */
    printf("%10s %14s %14s %8s\n", "bytes", "copied, us", "sealed, us", "ratio");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bench b = { .size = sizes[i] };
        int fd = memory_new(b.size);
        void *batch = orch_alloc(b.size);
        if (batch == NULL)
            fail("malloc");
        b.batch = memset(batch, 'x', b.size);
        b.slot = map(fd, b.size, PROT_READ | PROT_WRITE);
        double copied = us_a_batch(&b, by_copy), sealed = us_a_batch(&b, by_seal);
        printf("%10zu %14.1f %14.1f %8.2f\n", b.size, copied, sealed, sealed / copied);
        munmap(b.slot, b.size);
        free(batch);
        close(fd);
        if (b.sum == 0)
            return 1;
    }
    return 0;
}
