/* SPDX-License-Identifier: Apache-2.0 */
/* Whole jobs in which the Nth allocation fails, for N = 1, 2, … until a job no longer comes that
 * far: each ends in success or in a clean error, and the destination holds what it held before or
 * what it should hold, never a part. Steps grow, so that all of it takes less than a minute.
 *
 *   fault_run              all jobs
 *   fault_run --every      all jobs, every N: minutes
 *   fault_run JOB N        one job with one failure, for a debugger */
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "fail_malloc.h"
#include "run/preview.h"
#include "run/run.h"

enum { MOST_SECONDS_A_JOB = 12, ODD_SHOWN = 8 };

struct job {
    const char *name;
    const char *first;       /* source of the script that makes the state before; NULL: CSV */
    const char *source;      /* of the script */
    const char *destination; /* NULL: a preview */
    const char *input;       /* what stands in the file */
    const char *before, *after; /* what stands in the destination: see state_of */
};

static const char steps[] =
    "o.where(c.id:integer():ge(1)),\n"
    "o.select { id = c.id:integer():required(), name = c.name:trim(),\n"
    "day = c.day:date(\"dd/mm/yyyy\"), kwh = c.kwh:number { decimal = \",\" } },\n";
static const char counter_steps[] =
    "o.select { id = c.meter, name = c.meter, day = c.at:timestamp(), kwh = c.kwh:number() },\n";

static const char csv_first[] = "id;name;day;kwh\n1;one;01/02/2024;1,5\n2;two;02/02/2024;2\n";
static const char csv_second[] = "id;name;day;kwh\n2;zwei;03/02/2024;2,25\n3; trois ;04/02/2024;\n"
                                 "4;bad;31/02/2024;1\nnone;x;;\n5;a;b;c;d;e\n0;left out;;\n";
static const char xml_second[] =
    "<r><m><id>2</id><name>zwei</name><day>03/02/2024</day><kwh>2,25</kwh></m>"
    "<m><id>3</id><name>trois</name><day>04/02/2024</day></m>"
    "<m><id>4</id><day>31/02/2024</day></m><m><id>0</id></m></r>\n";

#define CSV "o.source.csv { path = \"in.csv\", delimiter = \";\" }"
#define COUNTER(to) "o.source.counter { to = " to " }"
#define XML "o.source.xml { path = \"in.xml\", record = \"m\" }"

static const struct job jobs[] = {
    { "csv_to_files", NULL, CSV, "o.destination.files { path = \"out.csv\", mode = \"replace\" }",
      csv_second, "id,name,day,kwh\r\n1,one,2024-02-01,1.5\r\n2,two,2024-02-02,2\r\n",
      "id,name,day,kwh\r\n2,zwei,2024-02-03,2.25\r\n3,trois,2024-02-04,\r\n" },
    { "csv_to_geopackage", NULL, CSV,
      "o.destination.geopackage { path = \"out.gpkg\", table = \"t\", mode = \"upsert\", "
      "key = { \"id\" } }",
      csv_second, "1|one|2024-02-01|1.5\n2|two|2024-02-02|2.0\n",
      "1|one|2024-02-01|1.5\n2|zwei|2024-02-03|2.25\n3|trois|2024-02-04|\n" },
    { "xml_to_files", NULL, XML, "o.destination.files { path = \"out.jsonl\", mode = \"append\" }",
      xml_second,
      "{\"id\":1,\"name\":\"one\",\"day\":\"2024-02-01\",\"kwh\":1.5}\n"
      "{\"id\":2,\"name\":\"two\",\"day\":\"2024-02-02\",\"kwh\":2}\n",
      "{\"id\":1,\"name\":\"one\",\"day\":\"2024-02-01\",\"kwh\":1.5}\n"
      "{\"id\":2,\"name\":\"two\",\"day\":\"2024-02-02\",\"kwh\":2}\n"
      "{\"id\":2,\"name\":\"zwei\",\"day\":\"2024-02-03\",\"kwh\":2.25}\n"
      "{\"id\":3,\"name\":\"trois\",\"day\":\"2024-02-04\",\"kwh\":null}\n" },
    { "resumed", COUNTER("2"), COUNTER("3"),
      "o.destination.geopackage { path = \"out.gpkg\", table = \"t\", mode = \"append\" }", "",
      "M0000|M0000|2025-01-01T00:00:00.000Z|0.25\nM0001|M0001|2025-01-01T00:00:00.000Z|1.25\n",
      "M0000|M0000|2025-01-01T00:00:00.000Z|0.25\nM0001|M0001|2025-01-01T00:00:00.000Z|1.25\n"
      "M0002|M0002|2025-01-01T00:00:00.000Z|2.25\n" },
    { "csv_preview", NULL, CSV, NULL, csv_second, "", "" },
};

enum { JOBS = sizeof jobs / sizeof jobs[0] };

static int broken;
static int odd;
static bool every;

static void fail_job(const struct job *job, long n, const char *what, const char *more)
{
    printf("FAIL fault %s at allocation %ld: %s%s%s\n", job->name, n, what,
           more[0] != '\0' ? ": " : "", more);
    broken++;
}

/* ---- files --------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void write_script(const char *path, const char *source, const char *destination)
{
    char script[2048];
    snprintf(script, sizeof script,
             "local o = require \"orchestra\"\nlocal c = o.column\n"
             "return o.pipeline { name = \"fault\", max_rejects = \"100 %%\",\n"
             "source = %s,\nsteps = { %s },\ndestination = %s }\n",
             source, strstr(source, "counter") != NULL ? counter_steps : steps,
             destination != NULL ? destination : "o.destination.files { path = \"none.csv\" }");
    write_file(path, script);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about, (void)kind;
    return place->level > 0 ? remove(path) : 0;
}

static void empty_folder(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- the state of a destination ------------------------------------------------------------ */

static void add_rows(sqlite3 *db, struct orch_text *out)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, "select id, name, day, kwh from t order by id", -1, &s, NULL) !=
        SQLITE_OK)
        return;
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (int i = 0; i < 4; i++) {
            const char *text = (const char *)sqlite3_column_text(s, i);
            orch_text_printf(out, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "");
        }
        orch_text_putc(out, '\n');
    }
    sqlite3_finalize(s);
}

/* Rows of the table, or the bytes of the file. */
static void state_of(struct orch_text *out)
{
    static const char *const files[] = { "out.csv", "out.jsonl" };
    orch_text_reset(out);
    if (access("out.gpkg", F_OK) == 0) {
        sqlite3 *db = NULL;
        if (sqlite3_open_v2("out.gpkg", &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
            add_rows(db, out);
        sqlite3_close(db);
    }
    for (size_t i = 0; i < 2; i++) {
        struct orch_text text = { 0 };
        if (access(files[i], F_OK) == 0 &&
            orch_file_read(files[i], 1 << 20, &text, NULL) == ORCH_OK)
            orch_text_add(out, text.ptr, text.len);
        orch_text_release(&text);
    }
}

/* ---- running ------------------------------------------------------------------------------- */

static orch_status run_once(const char *script, orch_error *err)
{
    struct orch_run_request request = { .script = { .path = script },
                                        .isolation = { .in_process = true },
                                        .force = true };
    struct orch_run_report report;
    struct orch_registry *registry = orch_registry_new(NULL, NULL);
    if (registry == NULL)
        return err->code = ORCH_ENOMEM;
    orch_status st = orch_run(registry, &request, &report);
    *err = report.error;
    orch_run_report_release(&report);
    orch_registry_free(registry);
    return st;
}

static orch_status preview_once(const char *script, orch_error *err)
{
    struct orch_script_request from = { .path = script };
    struct orch_preview_request request = { .script = &from,
                                            .isolation = { .in_process = true },
                                            .rows = 10 };
    struct orch_preview preview;
    struct orch_registry *registry = orch_registry_new(NULL, NULL);
    if (registry == NULL)
        return err->code = ORCH_ENOMEM;
    orch_status st = orch_preview(registry, &request, &preview, err);
    orch_preview_release(&preview);
    orch_registry_free(registry);
    return st;
}

/* The destination as it stood before: filled by a run that nothing disturbs. */
static void prepare(const struct job *job)
{
    orch_error err = ORCH_ERROR_INIT;
    empty_folder(".");
    write_file("in.csv", csv_first);
    write_script("before.lua", job->first != NULL ? job->first : CSV, job->destination);
    if (job->destination != NULL && run_once("before.lua", &err) != ORCH_OK) {
        printf("FAIL fault %s: %s: %s\n", job->name, err.message, err.detail);
        exit(1);
    }
    write_file("in.csv", job->input);
    write_file("in.xml", job->input);
    write_script("job.lua", job->source, job->destination);
}

/* An allocation of a library may come back as a failure of its own. */
static void check_error(const struct job *job, long n, const orch_error *e, orch_status st)
{
    if (e->code != st)
        fail_job(job, n, "the error has another code", e->message);
    if (st == ORCH_ENOMEM)
        return;
    if (e->message[0] == '\0')
        fail_job(job, n, "the error says nothing", "");
    if (!fault_fails_all() || st == ORCH_EINVAL)
        fail_job(job, n, "it is not out of memory", e->message);
    else if (odd++ < ODD_SHOWN)
        printf("  %s at %ld: %s: %s\n", job->name, n, e->message, e->detail);
}

/* Fails allocation n; false when the job needed fewer. */
static bool run_with(const struct job *job, long n, struct orch_text *state)
{
    orch_error err = ORCH_ERROR_INIT;
    fault_fail_at(n);
    orch_status st = job->destination != NULL ? run_once("job.lua", &err)
                                              : preview_once("job.lua", &err);
    bool reached = fault_count() >= n && n > 0;
    fault_fail_at(0);
    state_of(state);
    if (st != ORCH_OK)
        check_error(job, n, &err, st);
    if (strcmp(orch_text_z(state), st == ORCH_OK ? job->after : job->before) != 0)
        fail_job(job, n, st == ORCH_OK ? "the destination is not as it should be"
                                       : "the destination is not as it was", orch_text_z(state));
    if (!reached && st != ORCH_OK)
        fail_job(job, n, "it fails by itself", err.message);
    return reached && broken == 0;
}

/* A run that succeeded changed the destination: the next one starts anew. */
static void run_job(const struct job *job)
{
    struct orch_text state = { 0 };
    int64_t end = orch_clock_monotonic_us() + MOST_SECONDS_A_JOB * INT64_C(1000000);
    long n = 1, times = 1;
    int known = broken;
    prepare(job);
    while (run_with(job, n, &state)) {
        n += every ? 1 : 1 + n / 200;
        times++;
        if (!every && orch_clock_monotonic_us() > end)
            n += n / 4;
        if (job->destination != NULL && strcmp(orch_text_z(&state), job->before) != 0)
            prepare(job);
    }
    if (broken == known)
        printf("ok fault %s (%ld failures, the last at allocation %ld%s)\n", job->name, times, n,
               fault_fails_all() ? " of the process" : " of the host");
    orch_text_release(&state);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/orch-fault-XXXXXX";
    setenv("ORCHESTRA_CONNECTORS", FAULT_CONNECTORS, 1);
    setenv("ORCHESTRA_NOW", "2026-01-01T00:00:00Z", 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR + 1);
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    every = argc > 1 && strcmp(argv[1], "--every") == 0;
    for (size_t i = 0; i < JOBS; i++) {
        if (argc > 1 && !every && strcmp(argv[1], jobs[i].name) != 0)
            continue;
        if (argc > 2) {
            struct orch_text state = { 0 };
            prepare(&jobs[i]);
            run_with(&jobs[i], atol(argv[2]), &state);
            orch_text_release(&state);
        } else {
            run_job(&jobs[i]);
        }
    }
    empty_folder(folder);
    rmdir(folder);
    return broken > 0;
}
