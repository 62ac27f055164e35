/* SPDX-License-Identifier: Apache-2.0 */
/* Random tables: what the connector reads equals what a plain splitter reads, and what random
 * bytes do never depends on the size of the reads nor loses a line. */
#include "fake_host.h"

static uint64_t seed;

static size_t random_below(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 11) % n;
}

static void write_random(struct fake_text *t, const char *alphabet, size_t most)
{
    for (size_t n = random_below(most + 1); n > 0; n--)
        fake_write(t, alphabet + random_below(strlen(alphabet)), 1);
}

static void write_end(struct fake_text *t)
{
    static const char *const ends[] = { "\n", "\r\n", "\r" };
    const char *end = ends[random_below(3)];

    fake_write(t, end, strlen(end));
}

/* ---- well-formed tables ------------------------------------------------------------------ */

static void write_quoted(struct fake_text *t)
{
    struct fake_text cell = { 0 };

    fake_write(t, "\"", 1);
    write_random(&cell, "ab;,\"\"\n\r \xc3\xa9|", 8);
    for (size_t i = 0; i < cell.len; i++)
        fake_write(t, cell.bytes[i] == '"' ? "\"\"" : cell.bytes + i, cell.bytes[i] == '"' ? 2 : 1);
    fake_write(t, "\"", 1);
    free(cell.bytes);
}

static void write_table(struct fake_text *t, size_t columns, size_t rows)
{
    for (size_t c = 0; c < columns; c++)
        fake_print(t, "%sh%zu", c ? ";" : "", c);
    write_end(t);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            if (c)
                fake_write(t, ";", 1);
            if (random_below(3) == 0)
                write_quoted(t);
            else
                write_random(t, "abc ,'=", 6);
        }
        if (random_below(8) == 0)
            fake_write(t, ";", 1);
        if (r + 1 < rows || random_below(2))
            write_end(t);
        if (random_below(9) == 0)
            write_end(t);
    }
}

/* The reference: one look at each byte, nothing but the grammar. */
struct splitter {
    const char *at, *end;
    int64_t line, offset;
};

static bool at_line_end(const struct splitter *s)
{
    return s->at < s->end && (*s->at == '\n' || *s->at == '\r');
}

static void step(struct splitter *s)
{
    bool ends = *s->at == '\n' || (*s->at == '\r' && !(s->at + 1 < s->end && s->at[1] == '\n'));

    s->line += ends;
    s->at++;
    s->offset++;
}

static void pass_line_end(struct splitter *s)
{
    bool pair = *s->at == '\r' && s->at + 1 < s->end && s->at[1] == '\n';

    step(s);
    if (pair)
        step(s);
}

/* Appends one field to `out` as the dump shows it. True: null. */
static bool split_field(struct splitter *s, struct fake_text *out)
{
    size_t before = out->len;

    if (s->at < s->end && *s->at == '"') {
        step(s);
        while (*s->at != '"' || (s->at + 1 < s->end && s->at[1] == '"')) {
            if (*s->at == '"')
                step(s);
            fake_show(out, s->at, 1);
            step(s);
        }
        step(s);
        return false;
    }
    while (s->at < s->end && *s->at != ';' && !at_line_end(s)) {
        fake_show(out, s->at, 1);
        step(s);
    }
    if (out->len == before)
        fake_write(out, "~", 1);
    return out->len == before + 1 && out->bytes[before] == '~';
}

/* Rows and rejects of the body, as the dump shows them but each in a list of its own. */
static void split_table(struct splitter *s, size_t columns, struct fake_text *rows, size_t *rejects)
{
    int64_t record = 0;

    while (s->at < s->end) {
        struct fake_text row = { 0 };
        int64_t line = s->line;
        int64_t offset = s->offset;
        size_t n = 0;
        bool blank = true;
        if (at_line_end(s)) {
            pass_line_end(s);
            continue;
        }
        for (bool more = true; more; n++) {
            struct fake_text cell = { 0 };
            bool null = split_field(s, &cell);
            blank = blank && (null || cell.len == 0);
            if (n)
                fake_write(&row, n < columns ? "|" : "", n < columns);
            if (n < columns && cell.len)
                fake_write(&row, cell.bytes, cell.len);
            free(cell.bytes);
            more = s->at < s->end && *s->at == ';';
            if (more)
                step(s);
        }
        if (s->at < s->end)
            pass_line_end(s);
        record++;
        if (blank && n > 1)
            ++*rejects;
        else
            fake_print(rows, "%lld:%lld:%lld ", (long long)record, (long long)line,
                       (long long)offset);
        if (!(blank && n > 1) && row.len)
            fake_write(rows, row.bytes, row.len);
        if (!(blank && n > 1))
            fake_write(rows, "\n", 1);
        free(row.bytes);
    }
}

/* The dump without its line of names and its rejects. */
static void keep_rows(const char *dump, struct fake_text *out)
{
    const char *line = strchr(dump, '\n') + 1;

    for (const char *next; *line; line = next) {
        next = strchr(line, '\n') + 1;
        if (*line != '!')
            fake_write(out, line, (size_t)(next - line));
    }
}

static void random_tables_equal_the_reference(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 150; round++) {
        struct fake f = { 0 };
        struct fake_text text = { 0 }, expected = { 0 }, got = { 0 };
        size_t rejects = 0;
        orch_error err;
        seed = round * 0x9e3779b97f4a7c15u;
        size_t columns = 2 + random_below(5);
        write_table(&text, columns, random_below(30));
        fake_add_bytes(&f, "x.csv", text.bytes, text.len);
        fake_set(&f, "delimiter", ";");
        f.target_rows = (int64_t)random_below(10);
        assert_int_equal(fake_run_chunked(&f, &err), ORCH_END);
        struct splitter s = { text.bytes, text.bytes + text.len, 1, 0 };
        while (!at_line_end(&s))
            step(&s);
        pass_line_end(&s);
        fake_write(&expected, "", 0);
        fake_write(&got, "", 0);
        split_table(&s, columns, &expected, &rejects);
        keep_rows(f.dump.bytes, &got);
        assert_string_equal(got.bytes, expected.bytes);
        assert_int_equal((size_t)f.rejects, rejects);
        free(text.bytes);
        free(expected.bytes);
        free(got.bytes);
        fake_release(&f);
    }
}

/* ---- anything ---------------------------------------------------------------------------- */

static int64_t count_rows(const char *dump)
{
    int64_t rows = 0;

    for (const char *line = strchr(dump, '\n') + 1; *line; line = strchr(line, '\n') + 1)
        rows += *line != '!';
    return rows;
}

/* The greatest record number in the dump. */
static int64_t last_record(const char *dump)
{
    int64_t last = 0;

    for (const char *line = strchr(dump, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        const char *number = *line == '!' ? strchr(line, ':') + 1 : line;
        int64_t record = strtoll(number, NULL, 10);
        last = record > last ? record : last;
    }
    return last;
}

static void random_bytes_give_rows_and_rejects_that_add_up(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 400; round++) {
        struct fake f = { 0 };
        struct fake_text text = { 0 };
        orch_error err;
        seed = round * 0xd1342543de82ef95u;
        fake_write(&text, "a;b;c\n", 6);
        for (size_t n = random_below(200); n > 0; n--)
            fake_write(&text, &"ab;;\"\n\r\0\xef\xbb\xbf \"\n"[random_below(14)], 1);
        fake_add_bytes(&f, "x.csv", text.bytes, text.len);
        fake_set(&f, "delimiter", ";");
        fake_set(&f, "max_field", "9");
        fake_set(&f, "max_record", random_below(2) ? "16" : "40");
        fake_set(&f, "short_rows", random_below(2) ? "null" : "reject");
        assert_int_equal(fake_run_chunked(&f, &err), ORCH_END);
        assert_int_equal(count_rows(f.dump.bytes) + f.rejects, last_record(f.dump.bytes));
        free(text.bytes);
        fake_release(&f);
    }
}

/* Every second line opens a quote: no line is lost, and the time stays in proportion. */
static void many_unclosed_quotes_lose_nothing(void **state)
{
    size_t pairs = 20000;
    struct fake f = { 0 };
    struct fake_text text = { 0 };
    orch_error err;
    (void)state;
    fake_write(&text, "a;b;c\n", 6);
    for (size_t i = 0; i < pairs; i++)
        fake_write(&text, "1;\"2;3\n4;5;6\n", 13);
    fake_add_bytes(&f, "x.csv", text.bytes, text.len);
    assert_int_equal(fake_run(&f, &err), ORCH_END);
    assert_int_equal((size_t)f.rejects, pairs);
    assert_int_equal((size_t)count_rows(f.dump.bytes), pairs);
    free(text.bytes);
    fake_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tables_equal_the_reference),
        cmocka_unit_test(random_bytes_give_rows_and_rejects_that_add_up),
        cmocka_unit_test(many_unclosed_quotes_lose_nothing),
    };
    return cmocka_run_group_tests_name("csv oracle", tests, NULL, NULL);
}
