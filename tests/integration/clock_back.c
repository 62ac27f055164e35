/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a program, sets its clock back by an hour whenever it asks for the time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *out)
{
    static _Atomic long asked;
    int (*real)(clockid_t, struct timespec *);
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, out);
    if (code == 0 && id == CLOCK_REALTIME)
        out->tv_sec -= 3600 * atomic_fetch_add(&asked, 1);
    return code;
}
