/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's file takes rights away, never gives any; each refusal names its line. */
#include "remote_support.h"

#include <limits.h>
#include <sys/stat.h>

#include "base/file.h"
#include "worker/policy.h"

static struct orch_policy *policy_of(const char *text)
{
    struct orch_policy *p = NULL;
    orch_error err = ORCH_ERROR_INIT;
    if (orch_policy_parse("o.conf", orch_str_from(text), &p, &err) != ORCH_OK)
        fail_msg("%s / %s", err.message, err.detail);
    return p;
}

static void assert_refused(const orch_error *err, orch_status st, const char *message,
                           const char *detail)
{
    assert_int_equal(st, ORCH_ECONFIG);
    assert_string_equal(err->message, message);
    assert_string_equal(err->detail, detail);
    assert_true(err->hint[0] != '\0');
}

/* ---- the file ------------------------------------------------------------------------------ */

static void a_line_that_would_loosen_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        { "[sandbox]\nmemory = 1025MiB\n",
          "\"memory\" would be above the built-in limit of 1GiB; it can only be lowered" },
        { "[connector csv]\ncpu = 25h\n",
          "\"cpu\" would be above the built-in limit of 24h; it can only be lowered" },
        { "[sandbox]\nfile_size = 257GiB\n",
          "\"file_size\" would be above the built-in limit of 256GiB; it can only be lowered" },
        { "[connector csv]\nnetwork = yes\n",
          "\"network\" can only be taken away: it takes \"no\"" },
        { "[connector csv]\nfiles_write = yes\n",
          "\"files_write\" can only be taken away: it takes \"no\"" },
        { "[connector csv]\nread = data\n", "\"read\" takes an absolute path, not \"data\"" },
        { "[connectors]\ndeny = csv xml\n", "\"csv xml\" is no name of a connector" },
        { "[connectors]\ndeny = csv,\n", "\"\" is no name of a connector" },
        { "[sandbox]\nmemory = 0\n", "\"memory\" takes at least 32MiB, not \"0\"" },
        { "[run]\nretry = 25h\n", "\"retry\" takes 0 to 86400000 ms, not \"25h\"" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct orch_policy *p = NULL;
        orch_error err = ORCH_ERROR_INIT;
        orch_status st = orch_policy_parse("o.conf", orch_str_from(wrong[i].text), &p, &err);
        assert_refused(&err, st, wrong[i].message, "o.conf:2");
        assert_null(p);
    }
}

static void without_a_file_nothing_is_taken_away(void **state)
{
    (void)state;
    int64_t ms = 7;
    struct orch_worker_limits l = orch_policy_limits(NULL, "csv");
    assert_false(orch_policy_denies(NULL, "csv", NULL));
    assert_int_equal(orch_policy_allow(NULL, "csv", NULL), ORCH_OK);
    assert_int_equal(orch_policy_needs(NULL, "csv", ORCH_NEEDS_NETWORK), ORCH_NEEDS_NETWORK);
    assert_int_equal(l.memory_bytes.value, ORCH_LIMIT_MEMORY_BYTES);
    assert_int_equal(l.cpu_seconds.value, ORCH_LIMIT_CPU_SECONDS);
    assert_int_equal(l.file_size_bytes.value, ORCH_LIMIT_FILE_BYTES);
    assert_null(l.memory_bytes.place);
    assert_false(orch_policy_requires_sandbox(NULL));
    assert_false(orch_policy_retry_ms(NULL, &ms));
    assert_int_equal(ms, 7);
    assert_null(orch_policy_named(NULL, 0, NULL));
    orch_policy_free(NULL);
}

static void memory_out_at_any_place_is_told(void **state)
{
    (void)state;
    static const char text[] = "[connectors]\nallow = csv, xml\n[connector csv]\nread = /a\n";
    orch_status st = ORCH_ENOMEM;
    for (long n = 1; st != ORCH_OK; n++) {
        struct orch_policy *p = NULL;
        orch_error err = ORCH_ERROR_INIT;
        orch_alloc_fail_at(n);
        st = orch_policy_parse("o.conf", orch_str_from(text), &p, &err);
        orch_alloc_fail_at(0);
        assert_true(st == ORCH_OK || (st == ORCH_ENOMEM && p == NULL && err.code == st));
        orch_policy_free(p);
    }
}

static void the_shipped_example_is_taken(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    struct orch_policy *p = NULL;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_file_read(TEST_SOURCE_DIR "/scripts/orchestra.conf.example", 65536, &text,
                                    &err), ORCH_OK);
    orch_status st =
        orch_policy_parse("example", (struct orch_str){ text.ptr, text.len }, &p, &err);
    if (st != ORCH_OK)
        fail_msg("%s / %s", err.message, err.detail);
    int64_t ms = 0;
    assert_true(orch_policy_retry_ms(p, &ms));
    assert_int_equal(ms, 120000);
    assert_true(orch_policy_requires_sandbox(p));
    orch_policy_free(p);
    orch_text_release(&text);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void a_connector_is_denied_by_name_and_by_what_is_allowed(void **state)
{
    (void)state;
    struct orch_policy *p =
        policy_of("[connectors]\nallow = csv , xml\nallow = files\ndeny = xml\n");
    orch_error err = ORCH_ERROR_INIT;
    const char *place;
    assert_false(orch_policy_denies(p, "csv", &place));
    assert_null(place);
    assert_int_equal(orch_policy_allow(p, "files", &err), ORCH_OK);
    assert_refused(&err, orch_policy_allow(p, "xml", &err),
                   "connector xml may not be used on this machine", "o.conf:4: deny = xml");
    assert_refused(&err, orch_policy_allow(p, "cs", &err),
                   "connector cs may not be used on this machine", "o.conf:2: allow = csv , xml");
    assert_string_equal(orch_policy_named(p, 2, &place), "files");
    assert_string_equal(place, "o.conf:3");
    assert_null(orch_policy_named(p, 4, &place));
    orch_policy_free(p);
}

static void limits_of_one_connector_count_before_those_of_all(void **state)
{
    (void)state;
    struct orch_policy *p = policy_of("[sandbox]\nmemory = 256MiB\ncpu = 10m\n"
                                      "[connector geopackage]\nmemory = 1GiB\nfile_size = 2MiB\n");
    struct orch_worker_limits all = orch_policy_limits(p, "csv");
    struct orch_worker_limits one = orch_policy_limits(p, "geopackage");
    assert_int_equal(all.memory_bytes.value, 256 << 20);
    assert_string_equal(all.memory_bytes.place, "o.conf:2");
    assert_int_equal(all.cpu_seconds.value, 600);
    assert_null(all.file_size_bytes.place);
    assert_int_equal(one.memory_bytes.value, 1 << 30);
    assert_string_equal(one.memory_bytes.place, "o.conf:5");
    assert_string_equal(one.cpu_seconds.place, "o.conf:3");
    assert_int_equal(one.file_size_bytes.value, 2 << 20);
    orch_policy_free(p);
}

/* ---- before opening ------------------------------------------------------------------------ */

static void load(struct remote_job *job, const char *name)
{
    char library[256];
    snprintf(library, sizeof library, "%s/connectors/%s.so", TEST_BINARY_DIR, name);
    job_load(job, library, name);
}

static void a_need_that_is_taken_away_closes_the_role_that_has_it(void **state)
{
    (void)state;
    struct remote_job pg = { 0 }, gpkg = { 0 }, csv = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    load(&pg, "postgres");
    load(&gpkg, "geopackage");
    load(&csv, "csv");
    struct orch_policy *p = policy_of("[connector postgres]\nnetwork = no\n[connector geopackage]\n"
                                      "files_write = no\n[connector csv]\nnetwork = no\n");
    assert_refused(&err, orch_policy_admit(p, pg.original, ORCH_ROLE_SOURCE, false, &err),
                   "connector postgres may not use the network on this machine",
                   "o.conf:2: network = no");
    assert_refused(&err, orch_policy_admit(p, gpkg.original, ORCH_ROLE_DESTINATION, true, &err),
                   "connector geopackage may not write files on this machine",
                   "o.conf:4: files_write = no");
    assert_int_equal(orch_policy_admit(p, gpkg.original, ORCH_ROLE_SOURCE, true, &err), ORCH_OK);
    assert_int_equal(orch_policy_admit(p, csv.original, ORCH_ROLE_SOURCE, true, &err), ORCH_OK);
    assert_int_equal(orch_policy_needs(p, "postgres", ORCH_NEEDS_NETWORK), 0);
    orch_policy_free(p);
    orch_arena_release(&pg.arena);
    orch_arena_release(&gpkg.arena);
    orch_arena_release(&csv.arena);
}

static void what_holds_in_a_worker_only_keeps_a_connector_there(void **state)
{
    (void)state;
    static const struct {
        const char *text, *detail; /* NULL: it may leave */
    } files[] = {
        { "[sandbox]\nin_process = no\n", "o.conf:2: in_process = no" },
        { "[sandbox]\nrequire = yes\n", "o.conf:2: \"require\" holds in a worker only" },
        { "[connector csv]\ncpu = 1h\n", "o.conf:2: \"cpu\" holds in a worker only" },
        { "[sandbox]\nrequire = no\n", NULL },
        { "[connector xml]\ncpu = 1h\n", NULL },
        { "[sandbox]\nin_process = yes\ncpu = 1h\n", NULL },
    };
    struct remote_job csv = { 0 };
    load(&csv, "csv");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct orch_policy *p = policy_of(files[i].text);
        orch_error err = ORCH_ERROR_INIT;
        orch_status st = orch_policy_admit(p, csv.original, ORCH_ROLE_SOURCE, true, &err);
        if (files[i].detail != NULL)
            assert_refused(&err, st, "connectors may not run in the host's process",
                           files[i].detail);
        else
            assert_int_equal(st, ORCH_OK);
        assert_int_equal(orch_policy_admit(p, csv.original, ORCH_ROLE_SOURCE, false, &err),
                         ORCH_OK);
        orch_policy_free(p);
    }
    orch_arena_release(&csv.arena);
}

static void a_folder_that_would_bound_nothing_is_refused(void **state)
{
    (void)state;
    struct remote_job pg = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    struct orch_policy *p = policy_of("[connector postgres]\nread = /srv\n");
    load(&pg, "postgres");
    assert_refused(&err, orch_policy_admit(p, pg.original, ORCH_ROLE_SOURCE, false, &err),
                   "connector postgres reads no files that \"read\" could bound", "o.conf:2");
    orch_policy_free(p);
    orch_arena_release(&pg.arena);
}

/* ---- paths --------------------------------------------------------------------------------- */

/* FOLDER/in, FOLDER/inner (a name that begins alike), FOLDER/out, with links between them. */
struct place {
    char folder[64], in[PATH_MAX], policy[PATH_MAX];
};

static void make_link(const struct place *p, const char *to, const char *name)
{
    char target[PATH_MAX], path[PATH_MAX];
    snprintf(target, sizeof target, "%.60s/%s", p->folder, to);
    snprintf(path, sizeof path, "%.60s/%s", p->folder, name);
    assert_int_equal(symlink(target, path), 0);
}

static void make_folder(const struct place *p, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.60s/%s", p->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void place_init(struct place *p, const char *key)
{
    char real[PATH_MAX];
    strcpy(p->folder, "/tmp/orch-policy-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    make_folder(p, "in");
    make_folder(p, "inner");
    make_folder(p, "out");
    make_link(p, "out", "in/way_out");
    make_link(p, "in", "out/way_in");
    make_link(p, "out/absent.gpkg", "in/absent.gpkg");
    make_link(p, "in/target.gpkg", "out/link.gpkg");
    snprintf(real, sizeof real, "%.60s/in/target.gpkg", p->folder);
    fclose(fopen(real, "w"));
    snprintf(p->policy, sizeof p->policy, "[connector geopackage]\n%s = /none\n%s = %s/in\n", key,
             key, p->folder);
}

static void place_release(const struct place *p)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
}

static orch_status try_path(const struct place *place, enum orch_role role, const char *name,
                            orch_error *err)
{
    struct remote_job job = { 0 };
    char path[PATH_MAX];
    struct orch_policy *p = policy_of(place->policy);
    load(&job, "geopackage");
    snprintf(path, sizeof path, "%.60s/%s", place->folder, name);
    const struct given given[] = { { "path", path },
                                   { role == ORCH_ROLE_SOURCE ? NULL : "table", "t" }, { 0 } };
    struct orch_options *options = job_options(&job, role, given);
    orch_status st = orch_policy_paths(p, job.original, role, options, NULL, err);
    orch_options_free(options);
    orch_policy_free(p);
    orch_arena_release(&job.arena);
    return st;
}

static void writing_stays_below_the_folders_links_or_not(void **state)
{
    (void)state;
    static const char *const good[] = { "in/new.gpkg", "in/target.gpkg", "out/way_in/new.gpkg",
                                        "in/../in/x" };
    static const char *const bad[] = {
        "out/x.gpkg", "inner/x.gpkg", "x.gpkg", "in/way_out/x.gpkg", "in/../out/x",
        "in/absent.gpkg",
        "out/link.gpkg", "in/missing/x.gpkg", "in/..",
    };
    struct place place;
    orch_error err = ORCH_ERROR_INIT;
    place_init(&place, "write");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (try_path(&place, ORCH_ROLE_DESTINATION, good[i], &err) != ORCH_OK)
            fail_msg("%s: %s / %s", good[i], err.message, err.detail);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (try_path(&place, ORCH_ROLE_DESTINATION, bad[i], &err) != ORCH_ECONFIG)
            fail_msg("%s is taken", bad[i]);
        assert_has(err.message, "connector geopackage may not write ");
        assert_has(err.detail, "; o.conf:2: write = /none, o.conf:3: write = ");
    }
    /* As a source it writes nothing, and where it reads is not said. */
    assert_int_equal(try_path(&place, ORCH_ROLE_SOURCE, "out/x.gpkg", &err), ORCH_OK);
    place_release(&place);
}

static void reading_stays_below_the_folders(void **state)
{
    (void)state;
    struct place place;
    orch_error err = ORCH_ERROR_INIT;
    place_init(&place, "read");
    assert_int_equal(try_path(&place, ORCH_ROLE_SOURCE, "in/target.gpkg", &err), ORCH_OK);
    assert_int_equal(try_path(&place, ORCH_ROLE_SOURCE, "out/link.gpkg", &err), ORCH_OK);
    assert_int_equal(try_path(&place, ORCH_ROLE_SOURCE, "in/way_out/x", &err), ORCH_ECONFIG);
    assert_has(err.message, "connector geopackage may not read ");
    assert_int_equal(try_path(&place, ORCH_ROLE_DESTINATION, "out/x.gpkg", &err), ORCH_OK);
    place_release(&place);
}

/* ---- description --------------------------------------------------------------------------- */

static void describe_tells_what_is_left_and_who_took_the_rest(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    struct orch_text text = { 0 };
    load(&job, "geopackage");
    struct orch_policy *p =
        policy_of("[connectors]\ndeny = geopackage\n[connector geopackage]\nfiles_read = no\n"
                  "write = /srv/data\ncpu = 90s\n");
    orch_policy_describe_text(p, job.original, &text);
    assert_string_equal(text.ptr, "\nRights on this machine\n"
                                  "  used         not at all (o.conf:2)\n"
                                  "  files:read   taken away (o.conf:4)\n"
                                  "  files:write  below /srv/data (o.conf:5)\n"
                                  "  memory       1GiB (built in)\n"
                                  "  cpu          90s (o.conf:6)\n"
                                  "  file size    256GiB (built in)\n"
                                  "  in process   no (o.conf:6)\n");
    orch_text_release(&text);
    orch_policy_free(p);
    orch_arena_release(&job.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_would_loosen_is_refused),
        cmocka_unit_test(without_a_file_nothing_is_taken_away),
        cmocka_unit_test(memory_out_at_any_place_is_told),
        cmocka_unit_test(the_shipped_example_is_taken),
        cmocka_unit_test(a_connector_is_denied_by_name_and_by_what_is_allowed),
        cmocka_unit_test(limits_of_one_connector_count_before_those_of_all),
        cmocka_unit_test(a_need_that_is_taken_away_closes_the_role_that_has_it),
        cmocka_unit_test(what_holds_in_a_worker_only_keeps_a_connector_there),
        cmocka_unit_test(a_folder_that_would_bound_nothing_is_refused),
        cmocka_unit_test(writing_stays_below_the_folders_links_or_not),
        cmocka_unit_test(reading_stays_below_the_folders),
        cmocka_unit_test(describe_tells_what_is_left_and_who_took_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
