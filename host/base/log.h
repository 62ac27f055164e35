/* SPDX-License-Identifier: Apache-2.0 */
/* The log: events with fields on stderr, as text or as JSON lines.
 *
 *     orch_log(ORCH_LOG_INFO, "pg.commit", "rows", ORCH_LOG_I(n), "table", ORCH_LOG_S(name), NULL);
 *
 * Error: someone must act. Warn: the result may surprise. Info: once per run. Debug: once per
 * batch. Never per row, never a secret; an error that is returned is not also logged.
 * Thread-safe: one line is one write(2). */
#ifndef ORCH_BASE_LOG_H
#define ORCH_BASE_LOG_H

#include "base/str.h"

enum orch_log_format { ORCH_LOG_TEXT, ORCH_LOG_JSON };

struct orch_log_value {
    enum { ORCH_LOG_VALUE_INT, ORCH_LOG_VALUE_TEXT } kind;
    int64_t number;
    const char *text;
};

#define ORCH_LOG_I(n) ((struct orch_log_value){ ORCH_LOG_VALUE_INT, (n), NULL })
#define ORCH_LOG_S(s) ((struct orch_log_value){ ORCH_LOG_VALUE_TEXT, 0, (s) })

void orch_log_setup(enum orch_log_format format, int least_level); /* default: text, warnings */
bool orch_log_enabled(int level);
int orch_log_least(int level); /* sets the least level; returns the one before */
/* Pairs (const char *key, struct orch_log_value), ended by a NULL key. */
void orch_log(int level, const char *event, ...);
/* One line of free text from a connector. */
void orch_log_line(int level, const char *event, const char *text);
/* Called before a line is written (a progress line is wiped), NULL for none. */
void orch_log_before_line(void (*hook)(void));

#endif
