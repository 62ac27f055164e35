/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

static struct orch_arena arena;
static struct orch_text out;

static int setup(void **state)
{
    (void)state;
    orch_text_reset(&out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    orch_text_release(&out);
    orch_arena_release(&arena);
    return 0;
}

static void assert_has(const char *part)
{
    if (!strstr(out.ptr, part))
        fail_msg("no\n%s\nin\n%s", part, out.ptr);
}

static void people_read_a_source_of_files_whole(void **state)
{
    (void)state;
    assert_true(orch_describe_text(load_plain(&arena, "plain"), &out));
    assert_string_equal(out.ptr,
        "plain 1.0.0\n"
        "  Reads files through the host.\n"
        "\n"
        "  roles        source\n"
        "  needs        files:read\n"
        "  abilities    reads inputs from the host\n"
        "  threads      one lane a stream\n"
        "  license      Apache-2.0\n"
        "  home         https://example.org/plain\n"
        "  library      " HOSTILE("plain") "\n"
        "\n"
        "In a script\n"
        "  source = o.source.plain { path = \"exports/traffic_*\" }\n"
        "\n"
        "Options\n"
        "\n"
        "  path  path, required, several\n"
        "      The files to read: paths or patterns with * ? and [...], or - for standard "
        "input.\n"
        "      example: \"exports/traffic_*\"\n"
        "\n"
        "  encoding  text\n"
        "      The character encoding of the files; \"auto\" takes a byte order mark, else UTF-8\n"
        "      when the first 64 KiB are valid UTF-8, else windows-1252.\n"
        "      default: \"auto\"\n"
        "      example: \"ISO-8859-15\"\n"
        "\n"
        "  unpack  choice\n"
        "      \"auto\" reads what is in zip, tar and 7z archives and in gz, bz2, "
        "xz and zst files,\n"
        "      told by their content; \"no\" reads files as they are.\n"
        "      choices: \"auto\", \"no\"\n"
        "      default: \"auto\"\n"
        "\n"
        "  member  text, several\n"
        "      Which files of an archive to read: patterns with * ? and [...], of their names or,\n"
        "      with a /, of their whole paths; all but hidden ones if not given.\n"
        "      example: \"*.xml\"\n"
        "\n"
        "  skip_lines  whole number, 0 to 1000 lines\n"
        "      Lines before the header.\n"
        "      default: \"0\"\n"
        "      example: \"2\"\n"
        "\n"
        "  header  true or false\n"
        "      Is there a header?\n"
        "      default: \"true\"\n");
}

static void people_read_roles_modes_and_flags(void **state)
{
    (void)state;
    assert_true(orch_describe_text(load_plain(&arena, "plain_store"), &out));
    assert_has("  Keeps the contract and nothing else, in a summary that is long enough to be "
               "broken\n"
               "  into more than one line when people read it.\n");
    assert_has("  roles        source, destination\n"
               "  write modes  append, upsert\n"
               "  needs        network\n"
               "  abilities    commits rows and ledger together\n"
               "  threads      one lane an instance\n");
    assert_has("  personal     name, street\n");
    assert_has("  source = o.source.plain_store { url = \"https://host/store\" }\n"
               "  destination = o.destination.plain_store { url = \"https://host/store\", "
               "table = ... }\n");
    assert_has("\n  password  text, secret\n");
    assert_has("\n  least  whole number, at least 1\n");
    assert_has("\n  buffer  size, 1024 to 1073741824\n");
    assert_has("\n  table  text, required, destination only\n");
    assert_has("\n  query  text, source only\n");
    assert_has("\n  old_name  text, deprecated\n");
    assert_has("\n  headers  name=value, several\n");
    assert_has("      choices: \"none\", \"double\", \"single\"\n      default: \"double\"\n");
    assert_null(strstr(out.ptr, "  encoding"));
}

static void machines_read_the_same(void **state)
{
    (void)state;
    assert_true(orch_describe_json(load_plain(&arena, "plain_store"), &out));
    assert_has("{\n  \"manifest\": 1,\n");
    assert_has("  \"connectors\": [\n    {\n      \"name\": \"plain_store\",\n");
    assert_has("  \"library\": \"" HOSTILE("plain") "\",\n  \"host_options\": []\n}\n");
    assert_has("\"write_modes\": [");
    assert_has("\"threading\": \"instance\"");
    assert_has("\"personal\": \"name, street\"");
    assert_has("\"type\": \"duration\"");
    assert_has("\"min\": 1024");
    assert_has("\"choices\": [");
    assert_int_equal(out.ptr[out.len - 1], '\n');
    orch_text_reset(&out);
    assert_true(orch_describe_json(load_plain(&arena, "plain"), &out));
    assert_has("\"host_options\": [\n    {\n      \"name\": \"path\"");
    assert_has("\"inputs\": true");
    assert_has("\"personal\": null");
}

static void a_connector_without_options_says_so(void **state)
{
    (void)state;
    struct orch_loaded bare = *load_plain(&arena, "plain");

    bare.connector.n_options = 0;
    bare.connector.capabilities = 0;
    assert_true(orch_describe_text(&bare, &out));
    assert_has("  source = o.source.plain {}\n\nNo options\n");
}

static void memory_that_ends_is_told(void **state)
{
    (void)state;
    const struct orch_loaded *l = load_plain(&arena, "plain");
    struct orch_text small = { .cap = 100 };

    assert_false(orch_describe_text(l, &small));
    orch_text_release(&small);
    small = (struct orch_text){ .cap = 100 };
    assert_false(orch_describe_json(l, &small));
    orch_text_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(people_read_a_source_of_files_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(people_read_roles_modes_and_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(machines_read_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(a_connector_without_options_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_that_ends_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
