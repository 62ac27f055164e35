/* SPDX-License-Identifier: Apache-2.0 */
/* Cancelling the process's work: a flag that anything may poll, and callbacks that make blocked
 * calls return. Set once, by the signal thread; never cleared. */
#ifndef ORCH_BASE_CANCEL_H
#define ORCH_BASE_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

/* SIGINT and SIGTERM set the flag from now on, in a thread of their own: call first in main. */
bool orch_cancel_watch_signals(void);
bool orch_cancelled(void);
/* The signal that cancelled, 0 if none. */
int orch_cancel_signal(void);
/* Sleeps; false, and at most 50 ms late, when cancelled before that. */
bool orch_cancel_sleep(int64_t ms);
/* Sets the flag as a signal would. */
void orch_cancel_now(int signal_number);

/* `wake(ctx)` is called from the signal thread when the flag is set (at once when it is). At most
 * 16 at a time; false: full. Once removed it is not running and will not be called. */
bool orch_cancel_add(void (*wake)(void *ctx), void *ctx);
void orch_cancel_remove(void (*wake)(void *ctx), void *ctx);

#endif
