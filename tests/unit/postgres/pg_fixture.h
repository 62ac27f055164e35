/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the postgres connector share: a private server, a host that answers from a
 * table, and words to build batches and to ask the database with psql. */
#ifndef PG_FIXTURE_H
#define PG_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "orch/builder.h"
#include "orch/view.h"

#define SERVER_SCRIPT TEST_SOURCE_DIR "/tests/integration/postgres_server.sh"

struct fake_option {
    const char *name, *value;
};

/* A host whose options are a NULL-terminated table. */
struct fake_host {
    orch_host host;
    const struct fake_option *options;
    atomic_bool cancelled;
    int rejects;
    char reject_field[64], reject_rule[64], reject_raw[64];
    int64_t reject_record;
};

static char server_dir[64];

/* ---- server ------------------------------------------------------------------------------- */

static inline void take_variables(char *line)
{
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
        char *value = strchr(word, '=');

        if (!value)
            continue;
        *value++ = '\0';
        if (*value == '\'') {
            value++;
            value[strcspn(value, "'")] = '\0';
        }
        setenv(word, value, 1);
    }
}

static inline int server_run(const char *verb)
{
    char command[512], line[512] = "";

    snprintf(command, sizeof command, "%s %s %s %d", SERVER_SCRIPT, verb, server_dir,
             (int)getpid());
    FILE *out = popen(command, "r");
    if (!out)
        return -1;
    if (fgets(line, sizeof line, out))
        take_variables(line);
    int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Group setup; without a server every test skips. */
static inline int server_start(void **state)
{
    (void)state;
    strcpy(server_dir, "/tmp/orchestra-pg-XXXXXX");
    if (!mkdtemp(server_dir))
        return -1;
    int status = server_run("start");
    if (status == 77) {
        print_message("no PostgreSQL server binaries: skipped\n");
        rmdir(server_dir);
        server_dir[0] = '\0';
        return 0;
    }
    return status;
}

static inline int server_stop(void **state)
{
    (void)state;
    return server_dir[0] ? server_run("stop") : 0;
}

/* Runs SQL as the superuser; the output without its last newline, static. */
static inline const char *psql(const char *sql)
{
    static char out[8192];

    setenv("TEST_SQL", sql, 1);
    FILE *pipe = popen("psql -XAtq -v ON_ERROR_STOP=1 -c \"$TEST_SQL\" 2>&1", "r");
    assert_non_null(pipe);
    size_t n = fread(out, 1, sizeof out - 1, pipe);
    int status = pclose(pipe);
    while (n > 0 && out[n - 1] == '\n')
        n--;
    out[n] = '\0';
    if (status != 0)
        fail_msg("psql: %s", out);
    return out;
}

/* ---- host --------------------------------------------------------------------------------- */

static inline bool fake_cancelled(const orch_host *host)
{
    struct fake_host *fake = host->ctx;

    return atomic_load(&fake->cancelled);
}

static inline void fake_log(const orch_host *host, int level, const char *event, const char *text)
{
    (void)host;
    (void)level;
    (void)event;
    (void)text;
}

static inline void fake_progress(const orch_host *host, int64_t rows, int64_t bytes, int64_t total)
{
    (void)host;
    (void)rows;
    (void)bytes;
    (void)total;
}

static inline orch_status fake_reject(const orch_host *host, const orch_reject *reject)
{
    struct fake_host *fake = host->ctx;

    fake->rejects++;
    fake->reject_record = reject->record;
    snprintf(fake->reject_field, sizeof fake->reject_field, "%s", reject->field);
    snprintf(fake->reject_rule, sizeof fake->reject_rule, "%s", reject->rule);
    snprintf(fake->reject_raw, sizeof fake->reject_raw, "%.*s", (int)reject->raw_len,
             reject->raw_len ? reject->raw : "");
    return ORCH_OK;
}

static inline const char *fake_option_get(const orch_host *host, const char *name, size_t index,
                                          size_t *len)
{
    const struct fake_host *fake = host->ctx;
    const char *value = strcmp(name, "fetch_rows") == 0 ? "8192" : NULL;

    for (const struct fake_option *o = fake->options; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            value = o->value;
    if (index > 0 || !value)
        return NULL;
    *len = strlen(value);
    return value;
}

static inline const void *fake_extension(const orch_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

static inline void fake_init(struct fake_host *fake, const struct fake_option *options)
{
    *fake = (struct fake_host){
        .host = {.struct_size = sizeof(orch_host),
                 .abi_major = ORCH_ABI_MAJOR,
                 .cancelled = fake_cancelled,
                 .log = fake_log,
                 .progress = fake_progress,
                 .reject = fake_reject,
                 .option = fake_option_get,
                 .extension = fake_extension},
        .options = options,
    };
    fake->host.ctx = fake;
}

static inline const orch_connector *load_connector(void)
{
    void *library = dlopen(TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        fail_msg("%s", dlerror());
    orch_plugin_entry_fn entry;
    *(void **)&entry = dlsym(library, ORCH_PLUGIN_ENTRY_SYMBOL);
    assert_non_null(entry);
    const orch_plugin *plugin = entry(ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    assert_non_null(plugin);
    return plugin->connectors[0];
}

/* ---- errors and time ---------------------------------------------------------------------- */

static inline void show_error(const orch_error *err)
{
    print_message("%s\n  %s\n  %s\n", err->message, err->detail, err->hint);
}

#define assert_ok(call, err)                                                                      \
    do {                                                                                          \
        orch_status status_ = (call);                                                             \
        if (status_ != ORCH_OK) {                                                                 \
            show_error(err);                                                                      \
            fail_msg("%s: status %d", #call, (int)status_);                                       \
        }                                                                                         \
    } while (0)

#define assert_says(text, part)                                                                   \
    do {                                                                                          \
        if (!strstr((text), (part)))                                                              \
            fail_msg("\"%s\" does not say \"%s\"", (text), (part));                               \
    } while (0)

static inline int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define skip_without_server()                                                                     \
    do {                                                                                          \
        if (!server_dir[0])                                                                       \
            skip();                                                                               \
    } while (0)

#endif
