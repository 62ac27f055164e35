/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

/* What `act` writes on stderr, in `out`. */
static void capture(void (*act)(void), char *out, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    act();
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void log_a_commit(void)
{
    orch_log(ORCH_LOG_WARN, "pg.commit", "rows", ORCH_LOG_I(-12), "table",
             ORCH_LOG_S("mobility.traffic"), "title", ORCH_LOG_S("two words\n"), "none",
             ORCH_LOG_S(""), NULL);
}

static void log_a_line(void)
{
    orch_log_line(ORCH_LOG_ERROR, "csv.note", "line one\nline two \x1B[2J");
}

static void log_all_levels(void)
{
    for (int level = ORCH_LOG_DEBUG; level <= ORCH_LOG_ERROR; level++)
        orch_log(level, "x.y", NULL);
}

static void text_reads_as_one_line(void **state)
{
    (void)state;
    char out[1024];
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_WARN);
    capture(log_a_commit, out, sizeof out);
    assert_string_equal(out, "orchestra: warning: pg.commit rows=-12 table=mobility.traffic "
                             "title=\"two words\\n\" none=\"\"\n");
    capture(log_a_line, out, sizeof out);
    assert_string_equal(out, "orchestra: error: csv.note: line one\\nline two \\x1B[2J\n");
}

static void json_lines_carry_time_level_and_fields(void **state)
{
    (void)state;
    char out[1024];
    setenv("ORCHESTRA_NOW", "2026-11-24T15:00:00Z", 1);
    orch_log_setup(ORCH_LOG_JSON, ORCH_LOG_WARN);
    capture(log_a_commit, out, sizeof out);
    assert_string_equal(out, "{\"time\":\"2026-11-24T15:00:00Z\",\"level\":\"warn\",\"event\":"
                             "\"pg.commit\",\"rows\":-12,\"table\":\"mobility.traffic\","
                             "\"title\":\"two words\\n\",\"none\":\"\"}\n");
    capture(log_a_line, out, sizeof out);
    assert_string_equal(out, "{\"time\":\"2026-11-24T15:00:00Z\",\"level\":\"error\",\"event\":"
                             "\"csv.note\",\"text\":\"line one\\nline two \\u001B[2J\"}\n");
    unsetenv("ORCHESTRA_NOW");
}

static void levels_below_the_least_are_silent(void **state)
{
    (void)state;
    char out[1024];
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_WARN);
    assert_false(orch_log_enabled(ORCH_LOG_INFO));
    capture(log_all_levels, out, sizeof out);
    assert_string_equal(out, "orchestra: warning: x.y\norchestra: error: x.y\n");
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_DEBUG);
    capture(log_all_levels, out, sizeof out);
    assert_string_equal(out, "orchestra: debug: x.y\norchestra: info: x.y\n"
                             "orchestra: warning: x.y\norchestra: error: x.y\n");
}

static void wipe(void)
{
    assert_int_equal(write(STDERR_FILENO, "<wipe>", 6), 6);
}

static void the_hook_runs_before_a_line(void **state)
{
    (void)state;
    char out[1024];
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR);
    orch_log_before_line(wipe);
    capture(log_all_levels, out, sizeof out);
    orch_log_before_line(NULL);
    assert_string_equal(out, "<wipe>orchestra: error: x.y\n");
}

static char endless[100000];

static void log_endless(void)
{
    orch_log(ORCH_LOG_ERROR, "x.y", "value", ORCH_LOG_S(endless), NULL);
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    static char out[300000];
    memset(endless, 'a', sizeof endless - 1);
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_WARN);
    capture(log_endless, out, sizeof out);
    assert_in_range(strlen(out), 4096, 5000);
    assert_int_equal(out[strlen(out) - 1], '\n');
    orch_log_setup(ORCH_LOG_JSON, ORCH_LOG_WARN);
    capture(log_endless, out, sizeof out);
    assert_in_range(strlen(out), 4096, 5000);
    assert_string_equal(out + strlen(out) - 3, "\"}\n");
}

static void *log_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++)
        orch_log(ORCH_LOG_ERROR, "thread.line", "n", ORCH_LOG_I(i), NULL);
    return NULL;
}

static void log_from_threads(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    static char out[300000];
    int lines = 0;
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_WARN);
    capture(log_from_threads, out, sizeof out);
    for (char *line = out; *line; lines++) {
        int n = -1;
        assert_int_equal(sscanf(line, "orchestra: error: thread.line n=%d", &n), 1);
        line = strchr(line, '\n') + 1;
    }
    assert_int_equal(lines, 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_reads_as_one_line),
        cmocka_unit_test(json_lines_carry_time_level_and_fields),
        cmocka_unit_test(levels_below_the_least_are_silent),
        cmocka_unit_test(the_hook_runs_before_a_line),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
