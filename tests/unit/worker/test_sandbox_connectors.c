/* SPDX-License-Identifier: Apache-2.0 */
/* The connectors that read and write files, each loaded and at work inside its own sandbox. */
#include "sandbox_job.h"

/* ---- sources: no path at all --------------------------------------------------------------- */

static void run_source(struct job *job, const char *text)
{
    struct place p;

    place_init(&p);
    int fd = open(p.data, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    int keep[] = { 2, fd };
    struct orch_sandbox_request request = job_request(keep, 2);
    job->role = ORCH_ROLE_SOURCE;
    job->input = fd;
    assert_allowed(&request, job_run, job);
    close(fd);
    place_release(&p);
}

static void csv_reads_with_a_descriptor_alone(void **state)
{
    (void)state;
    struct job job = { .library = CONNECTOR("csv"), .settings = { { "path", "given" } },
                       .rows = 2 };
    run_source(&job, "id;name\n1;Rennes\n2;Cesson\n");
}

static void encodings_are_converted_inside(void **state)
{
    (void)state;
    struct job job = { .library = CONNECTOR("csv"), .settings = { { "path", "given" } },
                       .encoding = "ISO-8859-15", .rows = 1 };
    run_source(&job, "id;name\n1;Saint-M\xe9" "en\n");
    job.encoding = "Shift_JIS"; /* by ICU, which is a module of the host */
    job.input = -1;
    setenv("ORCHESTRA_MODULES", MODULES, 1);
    if (access(MODULES "/orchestra-icu.so", R_OK) == 0)
        run_source(&job, "id;name\n1;\x83\x8c\x83\x93\x83k\n");
}

static void xml_reads_with_a_descriptor_alone(void **state)
{
    (void)state;
    struct job job = { .library = CONNECTOR("xml"),
                       .settings = { { "path", "given" }, { "record", "r" }, { "fields", "v=v" } },
                       .rows = 2 };
    run_source(&job, "<?xml version='1.0' encoding='ISO-8859-1'?><l><r><v>\xe9</v></r>"
                     "<r><v>2</v></r></l>");
}

/* libxml2 asks iconv, and iconv its modules. */
static void xml_finds_converters_of_the_system(void **state)
{
    (void)state;
    struct job job = { .library = CONNECTOR("xml"),
                       .settings = { { "path", "given" }, { "record", "r" }, { "fields", "v=v" } },
                       .rows = 1 };
    run_source(&job, "<?xml version='1.0' encoding='windows-1252'?><l><r><v>\x80</v></r></l>");
}

/* ---- destinations: the folder of the target ------------------------------------------------ */

static void run_destination(const char *library, const char *name, uint32_t mode, const char *more,
                            int64_t rows)
{
    static const int keep[] = { 2 };
    struct place p;
    char target[128];

    place_init(&p);
    snprintf(target, sizeof target, "%s/%s", p.in, name);
    struct job job = { .library = library, .role = ORCH_ROLE_DESTINATION, .mode = mode, .input = -1,
                       .settings = { { "path", target }, { more, "t" } }, .rows = rows };
    const char *folder = p.in;
    struct orch_sandbox_request request = job_request(keep, 1);
    request.needs = ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE;
    request.write = &folder;
    request.n_write = 1;
    assert_allowed(&request, job_run, &job);
    assert_int_equal(access(target, R_OK), 0);
    request.n_write = 0;
    unlink(target);
    if (kernel().landlock_abi >= 1) {
        request.keep = NULL;
        request.n_keep = 0;
        assert_int_equal(confined(&request, job_run, &job), 1);
        assert_int_equal(access(target, R_OK), -1);
    }
    place_release(&p);
}

static void files_write_in_the_folder_of_their_target_only(void **state)
{
    (void)state;
    run_destination(CONNECTOR("files"), "out.csv", ORCH_WRITE_REPLACE, NULL, 1000);
    run_destination(CONNECTOR("files"), "out.jsonl", ORCH_WRITE_APPEND, NULL, 1000);
}

static void geopackages_write_in_the_folder_of_their_target_only(void **state)
{
    (void)state;
    run_destination(CONNECTOR("geopackage"), "out.gpkg", ORCH_WRITE_REPLACE, "table", 1000);
    run_destination(CONNECTOR("geopackage"), "out.gpkg", ORCH_WRITE_UPSERT, "table", 50000);
}

/* ---- a source that names its file ---------------------------------------------------------- */

static void geopackages_are_read_by_who_may_read_the_file(void **state)
{
    (void)state;
    static const int keep[] = { 2 };
    struct place p;
    char target[128];

    place_init(&p);
    snprintf(target, sizeof target, "%s/in.gpkg", p.in);
    struct job job = { .library = CONNECTOR("geopackage"), .role = ORCH_ROLE_DESTINATION,
                       .mode = ORCH_WRITE_REPLACE, .input = -1, .rows = 10,
                       .settings = { { "path", target }, { "table", "t" } } };
    const char *file = target;
    assert_int_equal(unconfined(job_run, &job), 0);
    job.role = ORCH_ROLE_SOURCE;
    struct orch_sandbox_request request = job_request(keep, 1);
    request.needs = ORCH_NEEDS_FILES_READ;
    if (kernel().landlock_abi >= 1)
        assert_refused(&request, job_run, &job, 1);
    request.read = &file;
    request.n_read = 1;
    assert_allowed(&request, job_run, &job);
    place_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_reads_with_a_descriptor_alone),
        cmocka_unit_test(encodings_are_converted_inside),
        cmocka_unit_test(xml_reads_with_a_descriptor_alone),
        cmocka_unit_test(xml_finds_converters_of_the_system),
        cmocka_unit_test(files_write_in_the_folder_of_their_target_only),
        cmocka_unit_test(geopackages_write_in_the_folder_of_their_target_only),
        cmocka_unit_test(geopackages_are_read_by_who_may_read_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
