/* SPDX-License-Identifier: Apache-2.0 */
#include "input_support.h"

#include "base/log.h"

#include <fcntl.h>

struct calls {
    bool cancelled;
    int64_t rows, bytes, total;
    size_t rejects;
    orch_reject last;
};

static bool hook_cancelled(void *ctx)
{
    return ((struct calls *)ctx)->cancelled;
}

static void hook_progress(void *ctx, int64_t rows, int64_t bytes, int64_t total)
{
    struct calls *calls = ctx;
    calls->rows = rows;
    calls->bytes = bytes;
    calls->total = total;
}

static orch_status hook_reject(void *ctx, const orch_reject *reject)
{
    struct calls *calls = ctx;
    calls->last = *reject;
    return ++calls->rejects > 2 ? ORCH_ECANCELLED : ORCH_OK;
}

static struct folder folder;
static struct calls calls;
static struct orch_instance instance;
static const orch_host *host;

static int setup(void **state)
{
    (void)state;
    folder = folder_new();
    const char *path = folder_write(&folder, "a.csv", "pr\xE9nom\n", 7);
    const char *password[] = { "${env:ORCH_TEST_SKIP}" };
    const struct orch_setting settings[] = {
        { "path", &path, 1, "x.lua:3" },
        { "skip_lines", password, 1, "x.lua:4" },
    };
    const struct orch_hooks hooks = { &calls, hook_cancelled, hook_progress, hook_reject };
    struct orch_options *o = NULL;
    struct orch_inputs *in = NULL;

    setenv("ORCH_TEST_SKIP", "987", 1);
    calls = (struct calls){ 0 };
    assert_int_equal(orch_options_parse(support_files, ORCH_ROLE_SOURCE, settings, 2, &o, NULL),
                     ORCH_OK);
    assert_int_equal(orch_inputs_open(o, &in, NULL), ORCH_OK);
    assert_int_equal(orch_instance_init(&instance, support_files, o, in, &hooks), ORCH_OK);
    host = &instance.host;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    orch_instance_release(&instance);
    folder_remove(&folder);
    return 0;
}

static void the_table_says_its_version(void **state)
{
    (void)state;
    assert_int_equal(host->struct_size, sizeof(orch_host));
    assert_int_equal(host->abi_major, ORCH_ABI_MAJOR);
    assert_int_equal(host->abi_minor, ORCH_ABI_MINOR);
}

static void calls_reach_the_hooks(void **state)
{
    (void)state;
    assert_false(host->cancelled(host));
    calls.cancelled = true;
    assert_true(host->cancelled(host));
    host->progress(host, 1, 2, -1);
    assert_int_equal(calls.rows, 1);
    assert_int_equal(calls.bytes, 2);
    assert_int_equal(calls.total, -1);
}

static void without_hooks_nothing_happens(void **state)
{
    (void)state;
    struct orch_instance bare;
    const orch_reject reject = { .struct_size = sizeof reject };

    assert_int_equal(orch_instance_init(&bare, support_files, NULL, NULL, NULL), ORCH_OK);
    assert_false(bare.host.cancelled(&bare.host));
    bare.host.progress(&bare.host, 1, 2, 3);
    assert_int_equal(bare.host.reject(&bare.host, &reject), ORCH_OK);
    assert_null(bare.host.option(&bare.host, "path", 0, NULL));
    assert_null(bare.host.extension(&bare.host, ORCH_INPUT_EXTENSION));
    bare.host.log(&bare.host, ORCH_LOG_DEBUG, NULL, NULL);
    orch_instance_release(&bare);
}

static void rejects_are_taken_at_the_size_of_the_plugin(void **state)
{
    (void)state;
    static char raw[100000];
    struct {
        uint32_t struct_size;
        uint32_t input;
        int64_t record;
    } brief = { sizeof brief, 3, 41 };
    const orch_reject whole = {
        .struct_size = sizeof whole, .record = 42, .offset = -1, .rule = "columns",
        .message = "13 fields where the header has 12", .raw = raw, .raw_len = sizeof raw,
    };
    const orch_reject bad = { .struct_size = 4 };
    const orch_reject no_raw = { .struct_size = sizeof no_raw, .raw_len = 9 };

    assert_int_equal(host->reject(host, &whole), ORCH_OK);
    assert_int_equal(calls.last.raw_len, 65536);
    assert_string_equal(calls.last.rule, "columns");
    assert_int_equal(host->reject(host, (const orch_reject *)(const void *)&brief), ORCH_OK);
    assert_int_equal(calls.last.record, 41);
    assert_int_equal(calls.last.input, 3);
    assert_null(calls.last.message);
    assert_int_equal(host->reject(host, &bad), ORCH_EINVAL);
    assert_int_equal(host->reject(host, NULL), ORCH_EINVAL);
    assert_int_equal(host->reject(host, &no_raw), ORCH_ECANCELLED);
    assert_int_equal(calls.last.raw_len, 0);
}

static void options_are_handed_over_canonical(void **state)
{
    (void)state;
    size_t len = 77;

    assert_string_equal(host->option(host, "encoding", 0, &len), "auto");
    assert_int_equal(len, 4);
    assert_string_equal(host->option(host, "skip_lines", 0, NULL), "987");
    assert_null(host->option(host, "skip_lines", 1, &len));
    assert_null(host->option(host, NULL, 0, &len));
    assert_int_equal(len, 0);
}

static void what_is_logged_holds_no_secret(void **state)
{
    (void)state;
    const char *path = folder_path(&folder, "log");
    char text[400] = "";
    int kept = dup(STDERR_FILENO);
    int fd = open(path, O_CREAT | O_RDWR, 0600);

    dup2(fd, STDERR_FILENO);
    host->log(host, 77, "plain.told", "the secret is 987, is it not");
    host->log(host, -5, "plain.quiet", "nobody hears 987");
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    close(fd);
    assert_non_null(strstr(text, "plain.told"));
    assert_non_null(strstr(text, "the secret is ***, is it not"));
    assert_null(strstr(text, "987"));
}

static void inputs_are_read_through_the_extension(void **state)
{
    (void)state;
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    orch_input_info info = { .struct_size = sizeof info };
    orch_input_stream *s = NULL;
    char buffer[32];
    size_t n = 0;

    assert_non_null(input);
    assert_int_equal(input->count(host), 1);
    assert_int_equal(input->info(host, 0, &info), ORCH_OK);
    assert_string_equal(info.name, folder_path(&folder, "a.csv"));
    assert_null(info.encoding);
    assert_int_equal(info.size_bytes, 7);
    assert_int_equal(input->open(host, 0, ORCH_INPUT_TEXT, &s, NULL), ORCH_OK);
    assert_int_equal(input->info(host, 0, &info), ORCH_OK);
    assert_string_equal(info.encoding, "windows-1252");
    assert_int_equal(input->read(s, buffer, sizeof buffer, &n, NULL), ORCH_OK);
    assert_int_equal(n, 8);
    assert_memory_equal(buffer, "prénom\n", 8);
    assert_int_equal(input->consumed(s), 7);
    input->close(s);
}

static void inputs_are_never_mapped(void **state)
{
    (void)state;
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    orch_input_stream *s = NULL;
    const void *data = NULL;
    size_t len = 77;

    assert_int_equal(input->open(host, 0, ORCH_INPUT_RAW, &s, NULL), ORCH_OK);
    assert_int_equal(input->map(s, &data, &len, NULL), ORCH_ENOTSUP);
    assert_null(data);
    assert_int_equal(len, 77);
    input->close(s);
}

static void a_descriptor_has_a_position_of_its_own(void **state)
{
    (void)state;
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    int first = -1, second = -1;
    char c;

    assert_int_equal(input->descriptor(host, 0, &first, NULL), ORCH_OK);
    assert_int_equal(input->descriptor(host, 0, &second, NULL), ORCH_OK);
    assert_int_equal(read(first, &c, 1), 1);
    assert_int_equal(lseek(second, 0, SEEK_CUR), 0);
    assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
    close(first);
    close(second);
    assert_int_equal(input->descriptor(host, 1, &first, NULL), ORCH_EINVAL);
}

static void info_writes_no_more_than_the_plugin_has(void **state)
{
    (void)state;
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    struct {
        uint32_t struct_size;
        uint32_t reserved0;
        const char *name;
    } brief = { sizeof brief, 0, NULL };
    orch_input_info info = { 0 };

    assert_int_equal(input->info(host, 0, (orch_input_info *)(void *)&brief), ORCH_OK);
    assert_non_null(brief.name);
    assert_int_equal(brief.struct_size, sizeof brief);
    assert_int_equal(input->info(host, 0, &info), ORCH_EINVAL);
    info.struct_size = sizeof info;
    assert_int_equal(input->info(host, 1, &info), ORCH_EINVAL);
    assert_int_equal(input->info(host, 0, NULL), ORCH_EINVAL);
}

static void the_clock_is_the_hosts(void **state)
{
    (void)state;
    const orch_clock *clock = host->extension(host, ORCH_CLOCK_EXTENSION);

    assert_non_null(clock);
    assert_int_equal(clock->struct_size, sizeof(orch_clock));
    assert_true(clock->now_us(host) > 1500000000000000);
    assert_null(host->extension(host, "orch.unknown/1"));
    assert_null(host->extension(host, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_table_says_its_version),
        TEST(calls_reach_the_hooks),
        TEST(without_hooks_nothing_happens),
        TEST(rejects_are_taken_at_the_size_of_the_plugin),
        TEST(options_are_handed_over_canonical),
        TEST(what_is_logged_holds_no_secret),
        TEST(inputs_are_read_through_the_extension),
        TEST(inputs_are_never_mapped),
        TEST(a_descriptor_has_a_position_of_its_own),
        TEST(info_writes_no_more_than_the_plugin_has),
        TEST(the_clock_is_the_hosts),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
