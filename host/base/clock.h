/* SPDX-License-Identifier: Apache-2.0 */
/* Time. ORCHESTRA_NOW (ISO 8601 with Z) freezes the wall clock for tests. */
#ifndef ORCH_BASE_CLOCK_H
#define ORCH_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

int64_t orch_clock_now_us(void);        /* wall clock, since 1970-01-01T00:00Z */
int64_t orch_clock_monotonic_us(void);
int64_t orch_clock_cpu_us(void);        /* CPU time of this process, all threads */
int64_t orch_clock_thread_us(void);     /* CPU time of this thread */
int64_t orch_clock_peak_bytes(void);    /* peak resident memory of this process */
/* Both of another process; 0 for what cannot be told. */
void orch_clock_of_process(int pid, int64_t *cpu_us, int64_t *peak_bytes);

/* Proleptic Gregorian calendar, days since 1970-01-01; month 1 to 12, years up to 10^15 either
 * way. */
int64_t orch_days_from_civil(int64_t year, int month, int day);
void orch_civil_from_days(int64_t days, int64_t *year, int *month, int *day);
/* "2026-11-24T15:00:00Z", with microseconds when there are any; needs 40 bytes. Returns length. */
size_t orch_format_timestamp(int64_t us, char out[40]);
/* "2026-11-24"; "out of range" for what is no date32. */
size_t orch_format_date(int64_t days, char out[16]);

#endif
