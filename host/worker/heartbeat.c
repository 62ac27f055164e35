/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/heartbeat.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BEAT_MS = 250, STACK_BYTES = 256 * 1024 };

/* ---- the host's side ----------------------------------------------------------------------- */

void orch_pulse_interrupt(struct orch_pulse *pulse)
{
    atomic_fetch_add(&pulse->interrupts, 1);
    syscall(SYS_futex, &pulse->interrupts, FUTEX_WAKE, 1, NULL, NULL, 0);
}

unsigned orch_heartbeat_look(struct orch_heartbeat *h, const struct orch_pulse *pulse)
{
    uint32_t beat = atomic_load(&((struct orch_pulse *)pulse)->beat);
    h->missed = beat == h->seen ? h->missed + 1 : 0;
    h->seen = beat;
    return h->missed;
}

/* ---- the worker's side --------------------------------------------------------------------- */

static void rest(struct orch_heart *heart, uint32_t seen)
{
    const struct timespec pause = { .tv_nsec = BEAT_MS * 1000000L };
    syscall(SYS_futex, &heart->pulse->interrupts, FUTEX_WAIT, seen, &pause, NULL, 0);
}

static void *beat(void *arg)
{
    struct orch_heart *heart = arg;
    uint32_t seen = 0;
    for (;;) {
        atomic_fetch_add(&heart->pulse->beat, 1);
        uint32_t now = atomic_load(&heart->pulse->interrupts);
        if (now != seen)
            heart->interrupt(heart->ctx);
        seen = now;
        /* The signal that the kernel sends when the host dies can be lost to a race at the start;
         * this cannot. */
        if (getppid() != heart->host)
            _exit(1);
        rest(heart, seen);
    }
    return NULL;
}

bool orch_heart_start(struct orch_heart *heart)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool runs = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
                pthread_create(&thread, &attributes, beat, heart) == 0;
    pthread_attr_destroy(&attributes);
    return runs;
}
