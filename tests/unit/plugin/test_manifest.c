/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

#include "base/arena.h"
#include "base/file.h"
#include "plugin/manifest.h"

static struct orch_arena arena;

static int teardown(void **state)
{
    (void)state;
    orch_arena_release(&arena);
    return 0;
}

static orch_status read_text(const char *text, struct orch_loaded **items, size_t *n,
                             orch_error *err)
{
    *items = NULL;
    *n = 0;
    return orch_manifest_read(&arena, "/lib/x.so", "/lib/x.orch.json", orch_str_from(text), items,
                              n, err);
}

/* ---- there and back ------------------------------------------------------------------------ */

static void assert_same_as_the_library(const char *library, const char *text)
{
    struct orch_loaded *opened = NULL, *read = NULL;
    struct orch_text printed = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    size_t n_opened = 0, n_read = 0;

    if (orch_loader_load(&arena, library, &opened, &n_opened, &err) != ORCH_OK ||
        orch_manifest_read(&arena, library, NULL, orch_str_from(text ? text : opened->manifest),
                           &read, &n_read, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_int_equal(n_read, n_opened);
    assert_string_equal(read->manifest, opened->manifest);
    assert_int_equal(orch_manifest_compare(library, read->manifest, opened->manifest, &err),
                     ORCH_OK);
    assert_true(orch_manifest_print(read, n_read, 2, &printed));
    if (text)
        assert_string_equal(printed.ptr, text);
    orch_text_release(&printed);
}

static void what_is_shipped_says_what_its_library_says(void **state)
{
    (void)state;
    static const char *const names[] = { "csv", "xml", "files", "geopackage", "postgres" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct orch_text text = { 0 };
        char library[512], file[512];
        snprintf(library, sizeof library, TEST_BINARY_DIR "/connectors/%s.so", names[i]);
        snprintf(file, sizeof file, TEST_BINARY_DIR "/connectors/%s.orch.json", names[i]);
        /* Where libraries are built that cannot run, there are no manifests. */
        if (orch_file_exists(file))
            assert_int_equal(orch_file_read(file, ORCH_MANIFEST_BYTES_MOST, &text, NULL), ORCH_OK);
        assert_same_as_the_library(library, text.ptr);
        orch_text_release(&text);
    }
}

static void every_kind_of_option_survives(void **state)
{
    (void)state;
    assert_same_as_the_library(HOSTILE("plain"), NULL);
    assert_same_as_the_library(HOSTILE("short_size"), NULL);
}

static void what_the_template_ships_is_a_manifest(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    struct orch_loaded *items;
    orch_error err = ORCH_ERROR_INIT;
    size_t n;

    assert_int_equal(orch_file_read(TEST_SOURCE_DIR "/sdk/template/thermometer.orch.json",
                                    ORCH_MANIFEST_BYTES_MOST, &text, &err), ORCH_OK);
    if (strstr(text.ptr, orch_manifest_platform())) {
        if (read_text(text.ptr, &items, &n, &err) != ORCH_OK)
            fail_msg("%s: %s", err.message, err.detail);
        assert_string_equal(items->connector.name, "thermometer");
        assert_int_equal(items->connector.capabilities, ORCH_CAP_INPUT);
    }
    orch_text_release(&text);
}

/* ---- what is read -------------------------------------------------------------------------- */

#define HEAD_OF(abi, platform)                                                                     \
    "{\"manifest\":1,\"abi\":{\"major\":" abi "},\"platform\":\"" platform "\",\"plugin\":\"p\","  \
    "\"version\":\"1\",\"connectors\":["
#define HEAD HEAD_OF("1,\"minor\":0", "PLATFORM")
#define CONNECTOR_OF(more, options)                                                                \
    "{\"name\":\"c\",\"summary\":\"s\",\"roles\":[\"source\"],\"threading\":\"plugin\"" more      \
    ",\"options\":[" options "]}"
#define CONNECTOR(more) HEAD CONNECTOR_OF(more, "") "]}"
#define OPTION(more) HEAD CONNECTOR_OF("", "{\"name\":\"o\",\"summary\":\"s\"" more "}") "]}"

/* The text with this machine's platform in it. */
static const char *here(const char *text)
{
    static char out[8192];
    const char *at = strstr(text, "PLATFORM");

    snprintf(out, sizeof out, "%.*s%s%s", at ? (int)(at - text) : 0, text,
             at ? orch_manifest_platform() : text, at ? at + strlen("PLATFORM") : "");
    return out;
}

static void little_is_enough_and_what_is_unknown_is_passed_over(void **state)
{
    (void)state;
    struct orch_loaded *items;
    orch_error err = ORCH_ERROR_INIT;
    size_t n;
    const char *text = here(HEAD CONNECTOR_OF(
        ",\"colour\":[{}],\"write_modes\":[\"mirror\"],\"personal\":null",
        "{\"name\":\"o\",\"type\":\"int\",\"summary\":\"s\",\"max\":9,\"shape\":1}")
        "],\"signature\":{\"by\":\"x\"}}");

    if (read_text(text, &items, &n, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_int_equal(n, 1);
    assert_string_equal(items->library, "/lib/x.so");
    assert_int_equal(items->connector.capabilities, 0);
    assert_int_equal(items->connector.threading, ORCH_THREADS_ONE_PER_PLUGIN);
    assert_null(items->connector.destination);
    assert_null(items->plugin.license);
    const orch_option *o = items->connector.options[0];
    assert_int_equal(o->type, ORCH_OPT_INT);
    assert_int_equal(o->flags, 0);
    assert_true(o->max == 9 && o->min < -1e300);
}

static void texts_that_are_no_manifest_are_refused_by_field(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "it is no JSON" },
        { "hello", "it is no JSON" },
        { "[]", "it is no JSON object" },
        { "{\"manifest\":1,\"manifest\":1}", "it is no JSON" },
        { "{\"plugin\":\"\\u0000\"}", "it is no JSON" },
        { "{\"plugin\":\"\xFF\"}", "it is no JSON" },
        { "{}", "manifest is missing" },
        { "{\"manifest\":\"1\"}", "manifest is no whole number from 0 to 2147483647" },
        { "{\"manifest\":2}", "it is of format 2, this host reads 1" },
        { "{\"manifest\":1}", "abi is missing" },
        { "{\"manifest\":1,\"abi\":1}", "abi is no object" },
        { "{\"manifest\":1,\"abi\":{\"major\":1}}", "abi.minor is missing" },
        { "{\"manifest\":1,\"abi\":{\"major\":65537,\"minor\":0}}",
          "abi.major is no whole number from 0 to 65535" },
        { "{\"manifest\":1,\"abi\":{\"major\":1,\"minor\":0}}", "platform is missing" },
        { HEAD_OF("0,\"minor\":0", "x"),
          "it is no JSON" },
        { HEAD_OF("2,\"minor\":3", "x") "]}",
          "it is built for connector ABI 2.3, this host offers 1.0" },
        { HEAD_OF("1,\"minor\":9", "x") "]}",
          "it is built for connector ABI 1.9, this host offers 1.0" },
        { HEAD_OF("1,\"minor\":0", "pdp11-unix") "]}",
          "it is for the platform pdp11-unix, this is " },
        { HEAD "]}", "it declares 0 connectors, 1 to 64 are possible" },
        { HEAD "1]}", "connectors[0] is no object" },
        { HEAD "{}]}", "connectors[0].threading is missing" },
        { CONNECTOR(",\"needs\":\"network\""), "connectors[0].needs is no array" },
        { CONNECTOR(",\"needs\":[\"root\"]"),
          "connectors[0].needs holds \"root\", which this host does not know" },
        { CONNECTOR(",\"needs\":[1]"), "connectors[0].needs holds what is no text" },
        { CONNECTOR(",\"resume\":1"), "connectors[0].resume is neither true nor false" },
        { CONNECTOR(",\"state_version\":-1"),
          "connectors[0].state_version is no whole number from 0 to 4294967295" },
        { CONNECTOR(",\"state_version\":99999999999999999999"), "it is no JSON" },
        { HEAD "{\"name\":\"c\",\"summary\":\"s\",\"threading\":\"fibre\"}]}",
          "connectors[0].threading is a level that this host does not know" },
        { HEAD "{\"name\":\"c\",\"summary\":\"s\",\"threading\":\"plugin\"}]}",
          "connector \"c\" is neither a source nor a destination" },
        { HEAD "{\"name\":\"../c\",\"summary\":\"s\",\"threading\":\"plugin\"}]}",
          "the connector name \"../c\" is not made of lower-case letters, digits and underscores" },
        { CONNECTOR(",\"personal\":\"a\\u001b[2J\""),
          "the personal columns of connector \"c\" are not one line of text" },
        { HEAD CONNECTOR_OF("", "") "," CONNECTOR_OF("", "") "]}",
          "it declares the connector \"c\" twice" },
        { OPTION(""), "connectors[0].options[0].type is missing" },
        { OPTION(",\"type\":\"colour\""),
          "connectors[0].options[0].type is one that this host does not know" },
        { OPTION(",\"type\":7"), "connectors[0].options[0].type is no text" },
        { OPTION(",\"type\":\"int\",\"max\":\"9\""),
          "connectors[0].options[0].max is no number" },
        { OPTION(",\"type\":\"int\",\"min\":9,\"max\":1"),
          "option \"o\" of connector \"c\" has a range that holds nothing" },
        { OPTION(",\"type\":\"int\",\"default\":\"x\""),
          "option \"o\" of connector \"c\" has a default that it does not take itself" },
        { OPTION(",\"type\":\"enum\""),
          "option \"o\" of connector \"c\" has no list of choices that ends" },
        { OPTION(",\"type\":\"enum\",\"choices\":[\"a\\nb\"]"),
          "option \"o\" of connector \"c\" has a choice that is not one line of text" },
        { OPTION(",\"type\":\"string\",\"roles\":[\"destination\"]"),
          "option \"o\" of connector \"c\" is for a role that the connector does not have" },
        { OPTION(",\"type\":\"string\",\"unit\":\"\\u0085\""),
          "option \"o\" of connector \"c\" has a unit that is not one line of text" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orch_loaded *items;
        orch_error err = ORCH_ERROR_INIT;
        char message[300];
        size_t n;
        assert_int_equal(read_text(here(cases[i].text), &items, &n, &err), ORCH_ECONFIG);
        snprintf(message, sizeof message, "manifest \"x.orch.json\" is refused: %s",
                 cases[i].message);
        if (strncmp(err.message, message, strlen(message)) != 0)
            fail_msg("%s\n%s\n%s", cases[i].text, err.message, message);
        assert_null(items);
        assert_true(strncmp(err.detail, "/lib/x.orch.json", 16) == 0);
        assert_string_not_equal(err.hint, "");
        assert_int_equal(read_text(here(cases[i].text), &items, &n, NULL), ORCH_ECONFIG);
    }
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    struct orch_loaded *items;
    orch_error err = ORCH_ERROR_INIT;
    size_t n;

    orch_text_puts(&text, here(HEAD));
    for (int i = 0; i < 65; i++)
        orch_text_printf(&text, "%s{}", i > 0 ? "," : "");
    orch_text_puts(&text, "]}");
    assert_int_equal(read_text(text.ptr, &items, &n, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "manifest \"x.orch.json\" is refused: connectors has 65 "
                                     "entries, at most 64 are possible");
    orch_text_reset(&text);
    for (int i = 0; i < 5000; i++)
        orch_text_puts(&text, "[");
    assert_int_equal(read_text(text.ptr, &items, &n, &err), ORCH_ECONFIG);
    orch_text_reset(&text);
    orch_text_printf(&text, "%*s", ORCH_MANIFEST_BYTES_MOST + 1, "{}");
    assert_int_equal(read_text(text.ptr, &items, &n, &err), ORCH_ECONFIG);
    assert_string_equal(err.message,
                        "manifest \"x.orch.json\" is refused: it has more than 512 KiB");
    orch_text_release(&text);
}

static void a_library_that_says_nonsense_of_itself_is_named(void **state)
{
    (void)state;
    struct orch_loaded *items;
    orch_error err = ORCH_ERROR_INIT;
    size_t n;

    assert_int_equal(orch_manifest_read(&arena, "/lib/x.so", NULL, ORCH_STR("{}"), &items, &n,
                                        &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "library \"x.so\" is refused: in what it says of itself "
                                     "manifest is missing", "/lib/x.so",
                 "its author must correct it; remove it until then");
}

/* ---- differences --------------------------------------------------------------------------- */

static void a_difference_is_told_with_both_sides(void **state)
{
    (void)state;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(orch_manifest_compare("/lib/x.so", "{\"a\":[{\"name\":\"n\",\"b\":1}]}",
                                           "{\"a\":[{\"name\":\"n\",\"b\":\"two\"}]}", &err),
                     ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG,
                 "library \"x.so\" is not what its manifest says: a[n].b differs",
                 "manifest: 1; library: \"two\"; /lib/x.so",
                 "write it anew: orchestra connectors manifest /lib/x.so >/lib/x.orch.json");
    assert_int_equal(orch_manifest_compare("/lib/x.so", "{\"a\":1}", "{\"a\":1,\"b\":[2]}", &err),
                     ORCH_ECONFIG);
    assert_string_equal(err.message,
                        "library \"x.so\" is not what its manifest says: b differs");
    assert_string_equal(err.detail, "manifest: nothing; library: [2]; /lib/x.so");
    assert_int_equal(orch_manifest_compare("/lib/x.so", "{}", "{}", NULL), ORCH_OK);
    assert_int_equal(orch_manifest_compare("/lib/x.so", NULL, "{}", &err), ORCH_EINVAL);
}

static void memory_that_ends_while_reading_is_an_error(void **state)
{
    (void)state;
    struct orch_loaded *items = NULL;
    orch_status st = ORCH_ENOMEM;
    orch_error err;
    size_t n = 0;
    long at = 1;

    const struct orch_loaded *l = load_plain(&arena, "plain");
    for (; st != ORCH_OK && at < 3000; at++) {
        struct orch_arena own = { 0 };
        err = (orch_error)ORCH_ERROR_INIT;
        orch_alloc_fail_at(at);
        st = orch_manifest_read(&own, "x.so", NULL, orch_str_from(l->manifest), &items, &n, &err);
        orch_alloc_fail_at(0);
        orch_arena_release(&own);
        if (st != ORCH_OK && st != ORCH_ENOMEM)
            fail_msg("allocation %ld: %s", at, err.message);
    }
    assert_int_equal(st, ORCH_OK);
    assert_true(at > 50);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_shipped_says_what_its_library_says),
        TEST(every_kind_of_option_survives),
        TEST(what_the_template_ships_is_a_manifest),
        TEST(little_is_enough_and_what_is_unknown_is_passed_over),
        TEST(texts_that_are_no_manifest_are_refused_by_field),
        TEST(what_is_too_much_is_refused),
        TEST(a_library_that_says_nonsense_of_itself_is_named),
        TEST(a_difference_is_told_with_both_sides),
        TEST(memory_that_ends_while_reading_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
