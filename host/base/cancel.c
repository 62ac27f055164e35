/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cancel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"

enum { SLICE_US = 50000 };

struct waker {
    void (*wake)(void *ctx);
    void *ctx;
};

static atomic_int cancel_signal;
static pthread_mutex_t wakers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct waker wakers[16];

bool orch_cancelled(void)
{
    return atomic_load_explicit(&cancel_signal, memory_order_relaxed) != 0;
}

int orch_cancel_signal(void)
{
    return atomic_load(&cancel_signal);
}

bool orch_cancel_sleep(int64_t ms)
{
    int64_t end = orch_clock_monotonic_us() + ms * 1000;
    for (int64_t now; !orch_cancelled() && (now = orch_clock_monotonic_us()) < end;) {
        int64_t us = end - now < SLICE_US ? end - now : SLICE_US;
        nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
    }
    return !orch_cancelled();
}

void orch_cancel_now(int signal_number)
{
    atomic_store(&cancel_signal, signal_number);
    pthread_mutex_lock(&wakers_lock);
    for (size_t i = 0; i < sizeof wakers / sizeof wakers[0]; i++)
        if (wakers[i].wake != NULL)
            wakers[i].wake(wakers[i].ctx);
    pthread_mutex_unlock(&wakers_lock);
}

bool orch_cancel_add(void (*wake)(void *ctx), void *ctx)
{
    bool added = false;
    pthread_mutex_lock(&wakers_lock);
    for (size_t i = 0; !added && i < sizeof wakers / sizeof wakers[0]; i++) {
        if (wakers[i].wake == NULL) {
            wakers[i] = (struct waker){ wake, ctx };
            added = true;
        }
    }
    if (orch_cancelled())
        wake(ctx);
    pthread_mutex_unlock(&wakers_lock);
    return added;
}

void orch_cancel_remove(void (*wake)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&wakers_lock);
    for (size_t i = 0; i < sizeof wakers / sizeof wakers[0]; i++)
        if (wakers[i].wake == wake && wakers[i].ctx == ctx)
            wakers[i].wake = NULL;
    pthread_mutex_unlock(&wakers_lock);
}

static void *watch(void *arg)
{
    (void)arg;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    for (;;) {
        int caught = 0;
        if (sigwait(&set, &caught) == 0)
            orch_cancel_now(caught);
    }
    return NULL;
}

bool orch_cancel_watch_signals(void)
{
    sigset_t set;
    pthread_t thread;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    /* Every thread made after this inherits the mask: only the watcher takes the signals. */
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
        pthread_create(&thread, NULL, watch, NULL) != 0)
        return false;
    return pthread_detach(thread) == 0;
}
