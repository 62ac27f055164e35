/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file is taken as written, or refused with its line; nothing is passed over. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orch/error.h"
#include "plugin/conf.h"

#define KEY(of_type, id, ...)                                                                      \
    { .struct_size = sizeof(orch_option), .type = (of_type), .name = id,                           \
      .summary = "Of a test.", __VA_ARGS__ }

static const orch_option box[] = {
    KEY(ORCH_OPT_BYTES, "memory", .example = "512MiB"),
    KEY(ORCH_OPT_DURATION, "cpu", .min = 1000, .max = 1e300),
    KEY(ORCH_OPT_STRING, "text", .flags = 0),
};
static const orch_option one[] = {
    KEY(ORCH_OPT_PATH, "write", .flags = ORCH_OPT_REPEATED),
    KEY(ORCH_OPT_BYTES, "memory", .flags = 0),
};
static const struct orch_conf_section known[] = {
    { "sandbox", false, box, 3 },
    { "connector", true, one, 2 },
};

static orch_status parse(const char *text, size_t len, struct orch_conf *out, orch_error *err)
{
    return orch_conf_parse(out, "test.conf", (struct orch_str){ text, len }, known, 2, err);
}

static struct orch_conf taken(const char *text)
{
    struct orch_conf c = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    if (parse(text, strlen(text), &c, &err) != ORCH_OK)
        fail_msg("%s / %s", err.message, err.detail);
    return c;
}

static void assert_value(const struct orch_conf *c, const char *section, const char *name,
                         const char *key, size_t index, const char *value, const char *place)
{
    const struct orch_conf_value *v = orch_conf_get(c, section, name, key, index);
    assert_non_null(v);
    assert_string_equal(v->value, value);
    assert_string_equal(v->place, place);
}

/* ---- taken --------------------------------------------------------------------------------- */

static void values_are_those_of_options_with_their_lines(void **state)
{
    (void)state;
    struct orch_conf c = taken("# first\n\n[sandbox]\r\n  memory=512MiB \n\tcpu = 10m\n"
                               "[connector csv]\nwrite = /a\nwrite = /b c\nmemory = 1kB\n"
                               "[ sandbox ]\ntext = \" # x \"");
    assert_value(&c, "sandbox", "", "memory", 0, "536870912", "test.conf:4");
    assert_value(&c, "sandbox", "", "cpu", 0, "600000", "test.conf:5");
    assert_value(&c, "sandbox", "", "text", 0, " # x ", "test.conf:11");
    assert_value(&c, "connector", "csv", "write", 0, "/a", "test.conf:7");
    assert_value(&c, "connector", "csv", "write", 1, "/b c", "test.conf:8");
    assert_value(&c, "connector", "csv", "memory", 0, "1000", "test.conf:9");
    assert_null(orch_conf_get(&c, "connector", "csv", "write", 2));
    assert_null(orch_conf_get(&c, "connector", "xml", "memory", 0));
    assert_int_equal(c.len, 6);
    orch_conf_release(&c);
}

static void an_empty_file_says_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "\n\n", "# only this", "[sandbox]\n",
                                         "\xEF\xBB\xBF\n" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct orch_conf c = taken(texts[i]);
        assert_int_equal(c.len, 0);
        orch_conf_release(&c);
    }
}

static void a_name_has_its_own_values(void **state)
{
    (void)state;
    struct orch_conf c = taken("[connector a]\nmemory=1B\n[connector b]\nmemory=2B\n");
    assert_value(&c, "connector", "a", "memory", 0, "1", "test.conf:2");
    assert_value(&c, "connector", "b", "memory", 0, "2", "test.conf:4");
    orch_conf_release(&c);
}

/* ---- refused ------------------------------------------------------------------------------- */

static void what_is_wrong_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message, *detail, *hint;
    } wrong[] = {
        { "[sandbx]", "there is no section \"sandbx\"", "test.conf:1",
          "did you mean \"sandbox\"?" },
        { "[]", "there is no section \"\"", "test.conf:1",
          "the sections: sandbox, connector" },
        { "[sandbox", "\"[sandbox\" begins a section and does not end it", "test.conf:1",
          "for example: [sandbox]" },
        { "[", "\"[\" begins a section and does not end it", "test.conf:1",
          "for example: [sandbox]" },
        { "[sandbox x]", "\"[sandbox x]\" is a section without a name of its own", "test.conf:1",
          "write its word alone in brackets" },
        { "[connector]", "\"[connector]\" does not name a connector", "test.conf:1",
          "for example: [connector csv]; orchestra connectors lists them" },
        { "[connector A/b]", "\"[connector A/b]\" does not name a connector", "test.conf:1",
          "for example: [connector csv]; orchestra connectors lists them" },
        { "\n[sandbox]\nmemry = 1", "there is no key \"memry\" in [sandbox]", "test.conf:3",
          "did you mean \"memory\"?" },
        { "[connector csv]\nxyzzy = 1", "there is no key \"xyzzy\" in [connector csv]",
          "test.conf:2", "its keys: write, memory" },
        { "[sandbox]\nwrite = /x", "there is no key \"write\" in [sandbox]", "test.conf:2",
          "it belongs in [connector NAME]" },
        { "memory = 1B", "\"memory = 1B\" stands before the first section", "test.conf:1",
          "a section comes first, for example: [sandbox]" },
        { "[sandbox]\nmemory", "\"memory\" is neither a section, a setting nor a comment",
          "test.conf:2", "a setting is written: key = value" },
        { "[sandbox]\nmemory =", "\"memory =\" has no value", "test.conf:2",
          "take the line out, or give it one" },
        { "[sandbox]\nmemory = much", "\"memory\" takes a size such as \"16MiB\", not \"much\"",
          "test.conf:2", "for example: memory = \"512MiB\"" },
        { "[sandbox]\ncpu = 1ms", "\"cpu\" takes at least 1000 ms, not \"1ms\"", "test.conf:2",
          "Of a test." },
        { "[sandbox]\nmemory = 1B # x", "\"memory = 1B # x\" has a # behind its key",
          "test.conf:2", "a comment stands on a line of its own; a value that holds # is put in "
                         "double quotes" },
        { "[sandbox]\ntext = \"a", "\"text = \\\"a\" has quotes that hold no value", "test.conf:2",
          "double quotes stand around the whole value and nowhere in it" },
        { "[sandbox]\ntext = \"a\" b", "\"text = \\\"a\\\" b\" has quotes that hold no value",
          "test.conf:2", "double quotes stand around the whole value and nowhere in it" },
        { "[sandbox]\ntext = \"\"", "\"text = \\\"\\\"\" has quotes that hold no value",
          "test.conf:2", "double quotes stand around the whole value and nowhere in it" },
        { "[sandbox]\ncpu = 1s\n[sandbox]\ncpu = 2s", "\"cpu\" is set twice in [sandbox]",
          "test.conf:4; first at test.conf:2", "keep one of the two lines" },
        { "# \x01", "byte 3 of a line is the control byte 0x01", "test.conf:1",
          "a file of plain text is meant" },
        { "[sandbox]\r\ntext = a\rb", "byte 9 of a line is the control byte 0x0D", "test.conf:2",
          "a file of plain text is meant" },
        { "#\n# \xFF", "byte 3 of a line is no UTF-8", "test.conf:2", "save the file as UTF-8" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct orch_conf c = { 0 };
        orch_error err = ORCH_ERROR_INIT;
        assert_int_equal(parse(wrong[i].text, strlen(wrong[i].text), &c, &err), ORCH_ECONFIG);
        assert_string_equal(err.message, wrong[i].message);
        assert_string_equal(err.detail, wrong[i].detail);
        assert_string_equal(err.hint, wrong[i].hint);
        assert_int_equal(c.len, 0);
        assert_int_equal(parse(wrong[i].text, strlen(wrong[i].text), &c, NULL), ORCH_ECONFIG);
    }
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    static const char text[] = "[sandbox]\nmemory = 1B\0 = x";
    struct orch_conf c = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(parse(text, sizeof text - 1, &c, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "byte 12 of a line is the control byte 0x00");
}

static void file_line_and_number_of_settings_are_bounded(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    struct orch_conf c = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    orch_text_printf(&text, "#%04096d\n", 0);
    assert_int_equal(parse(text.ptr, text.len, &c, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "a line is longer than 4096 bytes");
    orch_text_reset(&text);
    orch_text_puts(&text, "[connector x]\n");
    for (int i = 0; i < 4097; i++)
        orch_text_puts(&text, "write = /x\n");
    assert_int_equal(parse(text.ptr, text.len, &c, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "there are more than 4096 settings");
    while (text.len <= 1024 * 1024)
        orch_text_puts(&text, "# more\n");
    assert_int_equal(parse(text.ptr, text.len, &c, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "\"test.conf\" is larger than 1048576 bytes");
    orch_text_release(&text);
}

static void memory_out_at_any_place_is_told(void **state)
{
    (void)state;
    static const char text[] = "[sandbox]\nmemory = 1B\n[connector x]\nwrite = /a\nwrite = /b\n";
    orch_status st = ORCH_ENOMEM;
    for (long n = 1; st != ORCH_OK; n++) {
        struct orch_conf c = { 0 };
        orch_error err = ORCH_ERROR_INIT;
        orch_alloc_fail_at(n);
        st = parse(text, sizeof text - 1, &c, &err);
        orch_alloc_fail_at(0);
        assert_true(st == ORCH_OK || st == ORCH_ENOMEM);
        orch_conf_release(&c);
    }
}

/* ---- the file ------------------------------------------------------------------------------ */

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    (void)state;
    static const mode_t open_modes[] = { 0664, 0646, 0622 };
    char path[] = "/tmp/orch-conf-XXXXXX";
    struct orch_conf c = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < 3; i++) {
        write_file(path, "[sandbox]\nmemory = 1B\n", open_modes[i]);
        assert_int_equal(orch_conf_read(&c, path, known, 2, &err), ORCH_ECONFIG);
        assert_non_null(strstr(err.message, "is not read as configuration"));
        assert_non_null(strstr(err.hint, "chmod go-w"));
    }
    write_file(path, "[sandbox]\nmemory = 1B\n", 0644);
    assert_int_equal(orch_conf_read(&c, path, known, 2, &err), ORCH_OK);
    assert_int_equal(c.len, 1);
    orch_conf_release(&c);
    if (geteuid() == 0) { /* who else could give it away */
        assert_int_equal(chown(path, 12345, 0), 0);
        assert_int_equal(orch_conf_read(&c, path, known, 2, &err), ORCH_ECONFIG);
        assert_non_null(strstr(err.detail, "account 12345"));
    }
    unlink(path);
}

static void what_cannot_be_read_is_wrong_not_absent(void **state)
{
    (void)state;
    struct orch_conf c = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_conf_read(&c, "/tmp/no-such.conf", known, 2, &err), ORCH_ECONFIG);
    assert_int_equal(err.code, ORCH_ECONFIG);
    assert_string_equal(err.message, "cannot read \"/tmp/no-such.conf\"");
    assert_int_equal(orch_conf_read(&c, "/tmp", known, 2, &err), ORCH_ECONFIG);
    assert_int_equal(orch_conf_read(&c, "/dev/null", known, 2, &err), ORCH_ECONFIG);
    assert_string_equal(err.detail, "it is no regular file");
    assert_int_equal(orch_conf_read(&c, "/tmp/no-such.conf", known, 2, NULL), ORCH_ECONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_options_with_their_lines),
        cmocka_unit_test(an_empty_file_says_nothing),
        cmocka_unit_test(a_name_has_its_own_values),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_line),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(file_line_and_number_of_settings_are_bounded),
        cmocka_unit_test(memory_out_at_any_place_is_told),
        cmocka_unit_test(a_file_that_others_may_write_is_refused),
        cmocka_unit_test(what_cannot_be_read_is_wrong_not_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
