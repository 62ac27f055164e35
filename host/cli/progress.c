/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

enum { REDRAW_US = 100000, FIRST_US = 300000 };

static atomic_bool drawn;
static int64_t last_us;

void cli_progress_wipe(void)
{
    if (atomic_exchange(&drawn, false))
        fputs("\r\033[K", stderr);
}

void cli_progress_begin(void)
{
    orch_log_before_line(cli_progress_wipe);
}

static void put_left(struct orch_text *t, const struct orch_progress *p)
{
    if (p->bytes <= 0 || p->bytes_total < p->bytes)
        return;
    double left =
        (double)p->elapsed_us / 1e6 * (double)(p->bytes_total - p->bytes) / (double)p->bytes;
    orch_text_printf(t, ", %d %%, %d:%02d left", (int)(p->bytes * 100 / p->bytes_total),
                     (int)left / 60, (int)left % 60);
}

void cli_progress_show(void *ctx, const struct orch_progress *p)
{
    (void)ctx;
    struct orch_text t = { 0 };
    int64_t now = orch_clock_monotonic_us();
    if (now - last_us < REDRAW_US || p->elapsed_us < FIRST_US)
        return;
    last_us = now;
    orch_text_puts(&t, "\r\033[K  ");
    orch_text_count(&t, p->rows);
    orch_text_printf(&t, " rows, %.1f MB/s, %lld rejects",
                     (double)p->bytes / (double)(p->elapsed_us > 0 ? p->elapsed_us : 1),
                     (long long)p->rejects);
    put_left(&t, p);
    fputs(orch_text_z(&t), stderr);
    fflush(stderr);
    atomic_store(&drawn, true);
    orch_text_release(&t);
}
