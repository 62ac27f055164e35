/* SPDX-License-Identifier: Apache-2.0 */
/* A connector whose code runs as soon as its library is opened. EAGER: 1 leaves traces that whoever
 * opened it can find, 2 crashes, 3 never comes back, 4 ends the process, 5 answers the host before
 * it was asked. */
#include "nothing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if EAGER == 1
static void act(void)
{
    setenv("EAGER_RAN", "here", 1);
    int fd = open("eager_ran", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}
#elif EAGER == 2
static void act(void)
{
    fputs("about to crash\n", stderr);
    raise(SIGSEGV);
}
#elif EAGER == 3
static void act(void)
{
    for (;;)
        pause();
}
#elif EAGER == 4
static void act(void)
{
    _exit(0);
}
#else
static void act(void)
{
    static const char frame[64] = "no frame at all";
    if (write(3, frame, sizeof frame) < 0)
        _exit(9);
}
#endif

__attribute__((constructor)) static void as_soon_as_opened(void)
{
    act();
}

static const orch_source_ops source = { NOTHING_SOURCE };

static const orch_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_PLUGIN,
    .name = "eager",
    .summary = "Runs before it is called.",
    .source = &source,
};

static const orch_connector *const list[] = { &connector };
HOSTILE_PLUGIN(list)
