/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "orch/builder.h"
#include "orch/view.h"
#include "plugin/input_set.h"

/* The connector as the host uses it: a file, settings in, rows out as lines of text. */
struct source_run {
    char path[64];
    struct orch_text rows;    /* cells joined by "|", null as "-", then @record,line */
    struct orch_text rejects; /* "record rule: message" a line */
    orch_error err;
};

struct option_text {
    const char *name, *value;
};

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void no_progress(void *ctx, int64_t rows, int64_t bytes, int64_t total)
{
    (void)ctx, (void)rows, (void)bytes, (void)total;
}

static orch_status take_reject(void *ctx, const orch_reject *r)
{
    struct source_run *run = ctx;
    orch_text_printf(&run->rejects, "%lld %s: %s\n", (long long)r->record, r->rule, r->message);
    return ORCH_OK;
}

static void add_batch(struct source_run *run, const struct ArrowSchema *schema,
                      struct ArrowArray *batch)
{
    orch_view view;
    assert_int_equal(orch_view_init(&view, schema, batch, NULL), ORCH_OK);
    for (int64_t row = 0; row < view.rows; row++) {
        for (size_t c = 0; c + 2 < view.n_columns; c++) {
            size_t len;
            const char *text = orch_view_text(&view, c, row, &len);
            orch_text_printf(&run->rows, "%s%.*s", c > 0 ? "|" : "",
                             orch_view_is_null(&view, c, row) ? 1 : (int)len,
                             orch_view_is_null(&view, c, row) ? "-" : text);
        }
        orch_text_printf(&run->rows, " @%lld,%lld\n",
                         (long long)orch_view_int(&view, view.n_columns - 2, row),
                         (long long)orch_view_int(&view, view.n_columns - 1, row));
    }
    orch_view_release(&view);
    batch->release(batch);
}

static orch_status read_rows(const struct orch_loaded *c, orch_source *source,
                             struct source_run *run)
{
    orch_read_request request = { .struct_size = sizeof request, .target_rows = 3 };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch;
    orch_batch_info info = { .struct_size = sizeof info };
    orch_reader *reader = NULL;
    orch_status st = c->source.describe(source, NULL, &schema, &run->err);
    if (st != ORCH_OK)
        return st;
    schema.release(&schema);
    st = c->source.read(source, &request, &reader, &run->err);
    if (st != ORCH_OK)
        return st;
    assert_int_equal(c->source.schema(reader, &schema, NULL), ORCH_OK);
    while ((st = c->source.next(reader, &batch, &info, &run->err)) == ORCH_OK)
        add_batch(run, &schema, &batch);
    c->source.end(reader);
    schema.release(&schema);
    return st == ORCH_END ? ORCH_OK : st;
}

static orch_status run_source(const char *path, const struct option_text *texts, size_t n,
                              struct source_run *run)
{
    struct orch_arena arena = { 0 };
    struct orch_loaded *items;
    size_t n_items;
    const char *values[16];
    struct orch_setting settings[16];
    struct orch_options *options = NULL;
    struct orch_inputs *inputs = NULL;
    struct orch_instance instance;
    struct orch_hooks hooks = { run, never, no_progress, take_reject };
    orch_source *source = NULL;
    *run = (struct source_run){ .err = ORCH_ERROR_INIT };
    assert_int_equal(orch_loader_load(&arena, TEST_PLUGIN, &items, &n_items, NULL), ORCH_OK);
    values[0] = path;
    settings[0] = (struct orch_setting){ "path", &values[0], 1, "test" };
    for (size_t i = 0; i < n; i++) {
        values[i + 1] = texts[i].value;
        settings[i + 1] = (struct orch_setting){ texts[i].name, &values[i + 1], 1, "test" };
    }
    /* Options of one name follow each other: make them one setting with several values. */
    size_t used = 1;
    for (size_t i = 1; i <= n; i++) {
        if (strcmp(settings[used - 1].name, settings[i].name) == 0)
            settings[used - 1].n_values++;
        else
            settings[used++] = settings[i];
    }
    orch_status st =
        orch_options_parse(&items[0], ORCH_ROLE_SOURCE, settings, used, &options, &run->err);
    assert_int_equal(st, ORCH_OK);
    assert_int_equal(orch_inputs_open(options, &inputs, &run->err), ORCH_OK);
    assert_int_equal(orch_instance_init(&instance, &items[0], options, inputs, &hooks), ORCH_OK);
    st = items[0].source.open(&instance.host, &source, &run->err);
    if (st == ORCH_OK)
        st = read_rows(&items[0], source, run);
    if (source != NULL)
        items[0].source.close(source);
    orch_instance_release(&instance);
    orch_arena_release(&arena);
    return st;
}

static orch_status run_text(const char *xml, const struct option_text *texts, size_t n,
                            struct source_run *run)
{
    char path[] = "/tmp/orch-xml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, xml, strlen(xml)), strlen(xml));
    close(fd);
    orch_status st = run_source(path, texts, n, run);
    unlink(path);
    return st;
}

static void release(struct source_run *run)
{
    orch_text_release(&run->rows);
    orch_text_release(&run->rejects);
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void expect_rows(const char *xml, const struct option_text *texts, size_t n,
                        const char *rows)
{
    struct source_run run;
    orch_status st = run_text(xml, texts, n, &run);
    assert_string_equal(run.err.message, "");
    assert_int_equal(st, ORCH_OK);
    assert_string_equal(orch_text_z(&run.rows), rows);
    assert_string_equal(orch_text_z(&run.rejects), "");
    release(&run);
}

static void expect_error(const char *xml, const struct option_text *texts, size_t n,
                         const char *message, const char *detail)
{
    struct source_run run;
    orch_status st = run_text(xml, texts, n, &run);
    assert_int_not_equal(st, ORCH_OK);
    assert_non_null(strstr(run.err.message, message));
    assert_non_null(strstr(run.err.detail, detail));
    release(&run);
}

/* ---- tests --------------------------------------------------------------------------------- */

static void values_of_elements_above_are_carried_down(void **state)
{
    (void)state;
    static const struct option_text options[] = {
        { "record", "PRM/Jour/PDC" },  { "fields", "meter=../../Id" }, { "fields", "day=../Date" },
        { "fields", "kind=../../@k" }, { "fields", "h=H" },            { "fields", "v=V" },
    };
    expect_rows("<R><PRM k='a'><Id> 1 </Id><Jour><Date>d1</Date>\n<PDC><H>1</H><V>10</V></PDC>\n"
                "<PDC><H>2</H></PDC></Jour>"
                "<Jour><Date>d2</Date><PDC><V/><H>3</H></PDC></Jour></PRM>"
                "<PRM><Id>2</Id><Jour><PDC><H>4</H><V>40</V></PDC></Jour></PRM></R>",
                options, COUNT(options),
                "1|d1|a|1|10 @1,2\n1|d1|a|2|- @2,3\n1|d2|a|3|- @3,3\n2|-|-|4|40 @4,3\n");
}

static void any_prefix_or_none_is_the_same(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "r" }, { "fields", "a=x:v" },
                                                  { "fields", "b=v/@u" } };
    expect_rows("<n:l xmlns:n='urn:n'><n:r><n:v n:u='1'>1</n:v></n:r></n:l>", options,
                COUNT(options), "1|1 @1,1\n");
    expect_rows("<l xmlns='urn:n'><r><v u='2'>2</v></r></l>", options, COUNT(options),
                "2|2 @1,1\n");
    expect_rows("<l><r><v>3</v></r></l>", options, COUNT(options), "3|- @1,1\n");
}

static void repeated_children_are_joined_or_exploded(void **state)
{
    (void)state;
    static const char xml[] = "<l><m><id>1</id><ts><t><n>a</n></t><t><n>b</n></t></ts><z>9</z></m>"
                              "<m><id>2</id></m></l>";
    static const struct option_text joined[] = { { "record", "m" }, { "fields", "id=id" },
                                                 { "fields", "n=ts/t/n" }, { "join", "+" } };
    static const struct option_text exploded[] = { { "record", "m" }, { "fields", "id=id" },
                                                   { "fields", "n=ts/t/n" }, { "fields", "z=z" },
                                                   { "explode", "ts/t" } };
    expect_rows(xml, joined, COUNT(joined), "1|a+b @1,1\n2|- @2,1\n");
    expect_rows(xml, exploded, COUNT(exploded), "1|a|9 @1,1\n1|b|9 @1,1\n2|-|- @2,1\n");
}

static void fields_are_found_from_the_records(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "/l/m" } };
    expect_rows("<l><m k='1'><a>x</a><b><c>y</c></b></m><m><a>z</a></m><o><m/></o></l>", options,
                COUNT(options), "1|x|y @1,1\n-|z|- @2,1\n");
    expect_rows("<l><m><V u='2'/><W u='3'>t</W><E/></m></l>", options, COUNT(options),
                "2|3|t|- @1,1\n");
}

static void text_keeps_cdata_entities_and_blanks_when_asked(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" },
                                                  { "trim", "false" } };
    expect_rows("<l><m><a> x &amp; <![CDATA[<y>]]>\xC3\xA9&#233;</a></m></l>", options,
                COUNT(options), " x & <y>\xC3\xA9\xC3\xA9 @1,1\n");
}

static void declared_encodings_are_honoured(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" } };
    expect_rows("<?xml version='1.0' encoding='ISO-8859-1'?><l><m><a>\xE9</a></m></l>", options,
                COUNT(options), "\xC3\xA9 @1,1\n");
}

static void entities_are_refused_not_expanded(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" } };
    expect_error("<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b "
                 "\"&a;&a;\">]><l><m><a>&b;</a></m></l>",
                 options, COUNT(options), "it declares entities", "line 1");
    expect_error("<!DOCTYPE l [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><l><m><a>&e;</a></m></l>",
                 options, COUNT(options), "it declares entities", "line 1");
    expect_error("<l><m><a>&undefined;</a></m></l>", options, COUNT(options), "not well-formed",
                 "undefined");
}

static void a_broken_document_names_the_line(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" } };
    expect_error("<l>\n<m><a>1</a>\n</l>", options, COUNT(options), "not well-formed XML",
                 "line 3: Opening and ending tag mismatch");
    expect_error("<l>\n<m><a>1</a></m>", options, COUNT(options), "not well-formed XML", "line 2");
    expect_error("", options, COUNT(options), "not well-formed XML", "empty");
}

static void depth_is_bounded(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" },
                                                  { "max_depth", "50" } };
    struct orch_text xml = { 0 };
    for (int i = 0; i < 10000; i++)
        orch_text_puts(&xml, "<d>");
    expect_error(orch_text_z(&xml), options, COUNT(options), "it nests too deep", "line 1");
    orch_text_release(&xml);
}

/* The parser stops there without an error of its own: the rows behind would be lost unseen. */
static void bytes_that_do_not_decode_are_an_error_wherever_they_stand(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" } };
    for (int before = 0; before <= 6000; before += 6000) {
        struct orch_text xml = { 0 };
        orch_text_puts(&xml, "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><l>");
        for (int i = 0; i < before; i++)
            orch_text_puts(&xml, "<m><a>1</a></m>");
        orch_text_puts(&xml, "<m><a>\xFF</a></m></l>");
        expect_error(orch_text_z(&xml), options, COUNT(options), "not well-formed XML",
                     "input conversion failed");
        orch_text_release(&xml);
    }
}

static void a_field_too_long_rejects_its_record_alone(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "m" }, { "fields", "a=a" },
                                                  { "max_text", "8" } };
    struct source_run run;
    assert_int_equal(run_text("<l><m><a>1</a></m><m><a>123456789</a></m><m><a>3</a></m></l>",
                              options, COUNT(options), &run),
                     ORCH_OK);
    assert_string_equal(orch_text_z(&run.rows), "1 @1,1\n3 @3,1\n");
    assert_string_equal(orch_text_z(&run.rejects),
                        "2 text: field \"a\" is longer than 8 bytes (max_text)\n");
    release(&run);
}

static void a_value_that_comes_too_late_is_an_error(void **state)
{
    (void)state;
    static const struct option_text options[] = { { "record", "r" }, { "fields", "id=../id" },
                                                  { "fields", "v=v" } };
    expect_error("<l><p><r><v>1</v></r><id>7</id></p></l>", options, COUNT(options),
                 "field \"id\" comes after records that need it", "line 1");
    expect_rows("<l><p><id>1</id><r><v>a</v></r></p><p><r><v>b</v></r></p></l>", options,
                COUNT(options), "1|a @1,1\n-|b @2,1\n");
}

static void paths_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *record, *field, *message;
    } cases[] = {
        { "a//b", "x=x", "record \"a//b\" is no path: a name is empty" },
        { "a/@b", "x=x", "record \"a/@b\" is no path: a record is an element" },
        { "a", "x=b[1]", "fields \"b[1]\" is no path: only names" },
        { "a", "x=@b/c", "fields \"@b/c\" is no path: an attribute comes last" },
        { "a", "x=b/../c", "fields \"b/../c\" is no path: \"..\" comes first" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct option_text options[] = { { "record", cases[i].record },
                                         { "fields", cases[i].field } };
        expect_error("<a/>", options, COUNT(options), cases[i].message, "");
    }
}

static void official_samples_are_read(void **state)
{
    (void)state;
    static const char path[] = TEST_SOURCE_DIR "/../shared/exports/enedis-sge-xml/"
                                               "consulterMesuresDetailleesResponse.xml";
    static const struct option_text options[] = {
        { "record", "mesure" }, { "fields", "p=../../pointId" }, { "fields", "v=v" },
        { "fields", "d=d" }
    };
    struct source_run run;
    if (access(path, R_OK) != 0) {
        print_message("skipped: the shared exports are not here\n");
        skip();
    }
    assert_int_equal(run_source(path, options, COUNT(options), &run), ORCH_OK);
    assert_non_null(strstr(orch_text_z(&run.rows), "|100|2020-03-01T00:00:00.000+01:00 @1,1\n"));
    release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_elements_above_are_carried_down),
        cmocka_unit_test(any_prefix_or_none_is_the_same),
        cmocka_unit_test(repeated_children_are_joined_or_exploded),
        cmocka_unit_test(fields_are_found_from_the_records),
        cmocka_unit_test(text_keeps_cdata_entities_and_blanks_when_asked),
        cmocka_unit_test(declared_encodings_are_honoured),
        cmocka_unit_test(entities_are_refused_not_expanded),
        cmocka_unit_test(a_broken_document_names_the_line),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(bytes_that_do_not_decode_are_an_error_wherever_they_stand),
        cmocka_unit_test(a_field_too_long_rejects_its_record_alone),
        cmocka_unit_test(a_value_that_comes_too_late_is_an_error),
        cmocka_unit_test(paths_that_make_no_sense_are_refused),
        cmocka_unit_test(official_samples_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
