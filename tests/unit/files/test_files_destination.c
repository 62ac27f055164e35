/* SPDX-License-Identifier: Apache-2.0 */
#include "../geopackage/connector_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#define COLUMNS "name:u,kwh:g,n:l,ok:b,day:tdD,at:tsu:UTC,raw:z"

static void put_row(struct transaction *t, const char *name, double kwh, int64_t n)
{
    put_text(t, 0, name);
    orch_builder_float(t->builder, 1, kwh);
    orch_builder_int(t->builder, 2, n);
    orch_builder_bool(t->builder, 3, n % 2 == 1);
    orch_builder_date(t->builder, 4, 20781);
    orch_builder_timestamp(t->builder, 5, NOW_US + n);
    orch_builder_binary(t->builder, 6, "\x01\xab", 2);
    orch_builder_row(t->builder);
}

/* Writes one column of texts and commits. */
static orch_status load_texts(struct fixture *f, struct transaction *t, uint32_t mode,
                              const char *const *texts, size_t n)
{
    assert_ok(t, transaction_begin(t, f, mode, "a:u,b:l", NULL));
    for (size_t i = 0; i < n; i++) {
        put_text(t, 0, texts[i]);
        orch_builder_int(t->builder, 1, (int64_t)i);
        orch_builder_row(t->builder);
    }
    assert_ok(t, transaction_write(t));
    return transaction_commit(t);
}

static void load(struct fixture *f, uint32_t mode, const char *text)
{
    struct transaction t;
    assert_ok(&t, load_texts(f, &t, mode, &text, 1));
    transaction_end(&t);
}

static void csv_holds_every_type(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.csv");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL));
    put_row(&t, "A1", 1234.5, -7);
    put_row(&t, "B2", 0.1 + 0.2, 1000001);
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_null(fixture_read(f.path));
    assert_ok(&t, transaction_commit(&t));
    assert_counts(&t, 3, 0, 0, 0);
    transaction_end(&t);
    assert_string_equal(
        fixture_read(f.path),
        "name,kwh,n,ok,day,at,raw\r\n"
        "A1,1234.5,-7,false,2026-11-24,2026-11-24T14:59:59.999993Z,01ab\r\n"
        "B2,0.30000000000000004,1000001,true,2026-11-24,2026-11-24T15:00:01.000001Z,01ab\r\n"
        ",,,,,,\r\n");
    assert_string_equal(fixture_files(&f), "out.csv out.csv.ledger.sqlite");
    fixture_release(&f);
}

static void csv_quotes_what_needs_it(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    const char *const texts[] = { "plain", "", "a,b", "say \"hi\"", "two\nlines", "\r", " x ",
                                  "=1+1", "-2", "caf\xc3\xa9;x", NULL };
    fixture_init(&f, "out.csv");
    assert_ok(&t, load_texts(&f, &t, ORCH_WRITE_REPLACE, texts, 11));
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path),
                        "a,b\r\nplain,0\r\n\"\",1\r\n\"a,b\",2\r\n\"say \"\"hi\"\"\",3\r\n"
                        "\"two\nlines\",4\r\n\"\r\",5\r\n x ,6\r\n=1+1,7\r\n-2,8\r\n"
                        "caf\xc3\xa9;x,9\r\n,10\r\n");
    fixture_set(&f, "delimiter", ";");
    fixture_set(&f, "newline", "lf");
    fixture_set(&f, "bom", "true");
    fixture_set(&f, "guard_formulas", "true");
    assert_ok(&t, load_texts(&f, &t, ORCH_WRITE_REPLACE, texts, 11));
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path),
                        "\xEF\xBB\xBF" "a;b\nplain;0\n\"\";1\na,b;2\n\"say \"\"hi\"\"\";3\n"
                        "\"two\nlines\";4\n\"'\r\";5\n x ;6\n'=1+1;7\n'-2;8\n"
                        "\"caf\xc3\xa9;x\";9\n;10\n");
    fixture_release(&f);
}

/* Wherever the byte stands in a text of whatever length; beside it a column that has none, with the
 * neighbours of those bytes. */
static void one_byte_anywhere_makes_quotes(void **state)
{
    (void)state;
    static const char special[] = ",\n\r";
    enum { LONGEST = 20 };
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.csv");
    fixture_set(&f, "header", "false");
    fixture_set(&f, "newline", "lf");
    for (size_t k = 0; k < strlen(special); k++) {
        char wanted[(LONGEST + 9) * LONGEST * LONGEST], *at = wanted;
        assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u,b:u", NULL));
        for (int len = 0; len <= LONGEST; len++) {
            for (int i = 0; i <= len; i++) {
                char text[LONGEST + 1] = "";
                const char plain[] = "\x0b\x0c!#+-";
                memset(text, 'x', (size_t)len);
                if (i < len)
                    text[i] = special[k];
                const char *quote = i < len || len == 0 ? "\"" : "";
                put_text(&t, 0, text);
                put_text(&t, 1, plain);
                assert_int_equal(orch_builder_row(t.builder), ORCH_OK);
                at += snprintf(at, (size_t)(wanted + sizeof wanted - at), "%s%s%s,%s\n", quote,
                               text, quote, plain);
            }
        }
        assert_ok(&t, transaction_write(&t));
        assert_ok(&t, transaction_commit(&t));
        transaction_end(&t);
        assert_string_equal(fixture_read(f.path), wanted);
    }
    fixture_release(&f);
}

static void a_lone_null_is_no_blank_line(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.csv");
    fixture_set(&f, "header", "false");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:l", NULL));
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path), "\"\"\r\n");
    fixture_release(&f);
}

static void json_lines_escape_and_keep_types(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.jsonl");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL));
    put_row(&t, "a\"b\\c\n\t\x01\x7f\xc3\xa9", -1.5e-300, 3);
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    assert_string_equal(
        fixture_read(f.path),
        "{\"name\":\"a\\\"b\\\\c\\n\\t\\u0001\x7f\xc3\xa9\",\"kwh\":-1.5e-300,\"n\":3,\"ok\":true,"
        "\"day\":\"2026-11-24\",\"at\":\"2026-11-24T15:00:00.000003Z\",\"raw\":\"01ab\"}\n"
        "{\"name\":null,\"kwh\":null,\"n\":null,\"ok\":null,\"day\":null,\"at\":null,"
        "\"raw\":null}\n");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "kwh:g", NULL));
    orch_builder_float(t.builder, 0, 1e308 * 10);
    orch_builder_row(t.builder);
    assert_int_equal(transaction_write(&t), ORCH_EDATA);
    assert_string_equal(t.err.message, "a value of column \"kwh\" cannot be written");
    assert_string_equal(t.err.detail, "row 1 of the result: JSON holds finite numbers only");
    transaction_end(&t);
    fixture_release(&f);
}

static void geometry_becomes_text(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    const uint8_t line[] = { 1, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0,
                             0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 4, 0x40 };
    fixture_init(&f, "out.csv");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "g:z=LINESTRING/2154", NULL));
    orch_builder_binary(t.builder, 0, line, sizeof line);
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    for (size_t cut = 0; cut < sizeof line; cut++) {
        struct transaction bad;
        struct fixture g;
        fixture_init(&g, "bad.csv");
        assert_ok(&bad, transaction_begin(&bad, &g, ORCH_WRITE_REPLACE, "g:z=LINESTRING", NULL));
        orch_builder_binary(bad.builder, 0, line, cut);
        orch_builder_row(bad.builder);
        assert_int_equal(transaction_write(&bad), ORCH_EDATA);
        transaction_end(&bad);
        fixture_release(&g);
    }
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path), "g\r\n\"LINESTRING (1 2, 1 2.5)\"\r\n");
    fixture_release(&f);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double random_double(uint64_t *seed, int i)
{
    uint64_t bits = next_random(seed);
    double value;
    switch (i % 4) {
    case 0: /* any bits */
        memcpy(&value, &bits, sizeof value);
        return value - value == 0 ? value : 1.0 / 3;
    case 1: /* few decimals */
        return (double)(int64_t)(bits % 2000000000 - 1000000000) / 1000.0;
    case 2: /* a product, as of two decimals */
        return (double)(bits % 100000) / 100.0 * 0.0569;
    default: /* an ordinary measurement with all its digits */
        return (double)bits / 1.8446744073709552e19 * 1000.0;
    }
}

static void doubles_read_back_to_the_same_value_and_are_short(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    enum { N = 4000 };
    static double values[N];
    uint64_t seed = 20261124;
    const double edges[] = { 0, -0.0, 1, 0.1, 1e9, 1e15, 1e16, 1e21, 5e-324, 1.7976931348623157e308,
                             1e-5, 9.999999e-6, 123456789.123456, 0.3, 2.0 / 3, 1024, 0.0009765625,
                             9007199254740993.0, 1e22, 1e23, 4.35, 0.000001, 999999999.999999 };
    fixture_init(&f, "out.csv");
    fixture_set(&f, "newline", "lf");
    fixture_set(&f, "header", "false");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "x:g", NULL));
    for (int i = 0; i < N; i++) {
        values[i] = (size_t)i < sizeof edges / sizeof edges[0] ? edges[i] : random_double(&seed, i);
        orch_builder_float(t.builder, 0, values[i]);
        orch_builder_row(t.builder);
    }
    assert_ok(&t, transaction_write(&t));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    FILE *file = fopen(f.path, "r");
    char line[64], shortest[64];
    for (int i = 0; i < N; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        line[strcspn(line, "\n")] = '\0';
        if (strtod(line, NULL) != values[i])
            fail_msg("%.17g was written as %s", values[i], line);
        int digits = 0, precision = 1;
        for (const char *p = line; *p != '\0' && *p != 'e'; p++)
            digits += *p >= '0' && *p <= '9' && (digits > 0 || *p != '0');
        do
            snprintf(shortest, sizeof shortest, "%.*e", precision - 1, values[i]);
        while (strtod(shortest, NULL) != values[i] && precision++ < 17);
        if (strchr(line, '.') != NULL && digits > precision)
            fail_msg("%s has %d digits, %s has %d", line, digits, shortest, precision);
    }
    fclose(file);
    fixture_release(&f);
}

static void append_keeps_what_is_there(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.csv");
    load(&f, ORCH_WRITE_APPEND, "x");
    chmod(f.path, 0640);
    load(&f, ORCH_WRITE_APPEND, "y");
    assert_string_equal(fixture_read(f.path), "a,b\r\nx,0\r\ny,0\r\n");
    struct stat info;
    assert_int_equal(stat(f.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    fixture_write(f.path, "\xEF\xBB\xBF" "a,b\nno end of line");
    load(&f, ORCH_WRITE_APPEND, "y");
    assert_string_equal(fixture_read(f.path), "\xEF\xBB\xBF" "a,b\nno end of line\r\ny,0\r\n");
    fixture_write(f.path, "");
    load(&f, ORCH_WRITE_APPEND, "y");
    assert_string_equal(fixture_read(f.path), "a,b\r\ny,0\r\n");
    fixture_write(f.path, "a,b,c\r\n1,2,3\r\n");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "a:u,b:l", NULL), ORCH_ESCHEMA);
    assert_non_null(strstr(t.err.message, "out.csv\" are not those of the run"));
    assert_string_equal(t.err.detail, "the file has a,b,c, the run a,b");
    transaction_end(&t);
    assert_string_equal(fixture_files(&f), "out.csv out.csv.ledger.sqlite");
    load(&f, ORCH_WRITE_REPLACE, "z");
    assert_string_equal(fixture_read(f.path), "a,b\r\nz,0\r\n");
    fixture_release(&f);
}

static void upsert_is_refused_with_a_way_out(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.csv");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_UPSERT, "a:u", "a"), ORCH_ECONFIG);
    assert_string_equal(t.err.message, "files cannot upsert: a file has no key");
    assert_non_null(strstr(t.err.hint, "geopackage"));
    transaction_end(&t);
    assert_string_equal(fixture_files(&f), "");
    fixture_release(&f);
}

static void a_rolled_back_or_dry_run_leaves_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    fixture_init(&f, "out.csv");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u,b:l", NULL));
    put_text(&t, 0, "x");
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_non_null(strstr(fixture_files(&f), ".out.csv.run-1.part"));
    transaction_end(&t);
    assert_string_equal(fixture_files(&f), "");
    load(&f, ORCH_WRITE_REPLACE, "x");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u,b:l", NULL));
    assert_ok(&t, transaction_write(&t));
    assert_int_equal(t.ops->finish(t.writer, &t.counts, &t.err), ORCH_OK);
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path), "a,b\r\nx,0\r\n");
    assert_string_equal(fixture_files(&f), "out.csv out.csv.ledger.sqlite");
    fixture_release(&f);
}

static void a_second_writer_finds_the_file_in_use(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction first, second;
    fixture_init(&f, "out.csv");
    assert_ok(&first, transaction_begin(&first, &f, ORCH_WRITE_REPLACE, "a:u,b:l", NULL));
    assert_int_equal(transaction_begin(&second, &f, ORCH_WRITE_REPLACE, "a:u,b:l", NULL),
                     ORCH_EBUSY);
    assert_true((second.err.flags & ORCH_ERROR_RETRYABLE) != 0);
    transaction_end(&second);
    assert_ok(&first, transaction_commit(&first));
    transaction_end(&first);
    assert_string_equal(fixture_read(f.path), "a,b\r\n");
    fixture_release(&f);
}

static void a_run_killed_after_its_mark_is_published_by_the_next_look(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    char staged[160], ledger[160];
    fixture_init(&f, "out.csv");
    load(&f, ORCH_WRITE_REPLACE, "old");
    snprintf(staged, sizeof staged, "%s/.out.csv.run-7.part", f.folder);
    snprintf(ledger, sizeof ledger, "%s.ledger.sqlite", f.path);
    for (int way = 0; way < 2; way++) {
        fixture_write(staged, "a,b\r\nnew,1\r\n");
        assert_string_equal(db_query(ledger, "INSERT INTO orchestra_publication VALUES "
                                             "('.out.csv.run-7.part')"), "");
        if (way == 0) {
            assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "a:u,b:l", NULL));
        } else {
            memset(&t, 0, sizeof t);
            t.ops = f.connector->destination;
            assert_ok(&t, t.ops->open(&f.host, &t.destination, &t.err));
            ledger_column(&t, (orch_ledger_query){ .table = "orchestra_run", .limit = 9 }, "run");
        }
        transaction_end(&t);
        assert_string_equal(fixture_read(f.path), "a,b\r\nnew,1\r\n");
        assert_string_equal(fixture_files(&f), "out.csv out.csv.ledger.sqlite");
        assert_string_equal(db_query(ledger, "SELECT count(*) FROM orchestra_publication"), "0\n");
        load(&f, ORCH_WRITE_REPLACE, "old");
    }
    /* killed between the rename and the deletion of the mark: nothing is left to do */
    db_query(ledger, "INSERT INTO orchestra_publication VALUES ('.out.csv.run-8.part')");
    load(&f, ORCH_WRITE_APPEND, "more");
    assert_string_equal(fixture_read(f.path), "a,b\r\nold,0\r\nmore,0\r\n");
    /* a mark that somebody forged renames nothing */
    snprintf(staged, sizeof staged, "%s/victim", f.folder);
    fixture_write(staged, "precious");
    db_query(ledger, "INSERT INTO orchestra_publication VALUES ('victim')");
    load(&f, ORCH_WRITE_APPEND, "more");
    assert_string_equal(fixture_read(staged), "precious");
    fixture_release(&f);
}

static void a_run_killed_before_its_mark_is_swept_away(void **state)
{
    (void)state;
    struct fixture f;
    char path[160];
    fixture_init(&f, "out.csv");
    snprintf(path, sizeof path, "%s/.out.csv.run-3.part", f.folder);
    fixture_write(path, "half a fi");
    snprintf(path, sizeof path, "%s/.out.csv.gz.run-3.part", f.folder);
    fixture_write(path, "another output's");
    load(&f, ORCH_WRITE_REPLACE, "x");
    assert_string_equal(fixture_files(&f), ".out.csv.gz.run-3.part out.csv out.csv.ledger.sqlite");
    fixture_release(&f);
}

static void a_full_disk_publishes_nothing_and_says_so(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    struct rlimit before, small;
    fixture_init(&f, "out.csv");
    load(&f, ORCH_WRITE_REPLACE, "old");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){ 100000, before.rlim_max };
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u,b:l", NULL));
    for (int i = 0; i < 20000; i++) {
        put_text(&t, 0, "a text that takes room");
        orch_builder_row(t.builder);
    }
    setrlimit(RLIMIT_FSIZE, &small);
    orch_status st = transaction_write(&t);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(st, ORCH_EIO);
    assert_string_equal(t.err.detail, "File too large");
    assert_non_null(strstr(t.err.hint, "free disk space"));
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path), "a,b\r\nold,0\r\n");
    assert_string_equal(fixture_files(&f), "out.csv out.csv.ledger.sqlite");
    fixture_release(&f);
}

/* In the place of the system's: what the connector has the kernel write early. */
static int64_t early_bytes;
static int early_calls;

int sync_file_range(int fd, off_t offset, off_t bytes, unsigned flags)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(offset, early_bytes);
    assert_true(bytes > 0 && offset + bytes <= info.st_size);
    assert_int_equal(flags, SYNC_FILE_RANGE_WRITE);
    early_bytes += bytes;
    early_calls++;
    errno = ENOSYS; /* it is a hint: that it is not taken changes nothing */
    return -1;
}

static void large_output_goes_to_the_disk_while_it_is_made(void **state)
{
    (void)state;
    enum { MIB = 1 << 20, BATCHES = 20 };
    struct fixture f;
    struct transaction t;
    struct stat info;
    char *text = malloc(MIB);
    assert_non_null(text);
    memset(text, 'x', MIB - 1);
    text[MIB - 1] = '\0';
    early_bytes = early_calls = 0;
    fixture_init(&f, "out.csv");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u", NULL));
    for (int i = 0; i < BATCHES; i++) {
        put_text(&t, 0, text);
        orch_builder_row(t.builder);
        assert_ok(&t, transaction_write(&t));
    }
    assert_int_equal(early_calls, 2);
    assert_int_equal(early_bytes, 16 * MIB);
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    assert_int_equal(early_calls, 2);
    assert_int_equal(stat(f.path, &info), 0);
    assert_int_equal(info.st_size, strlen("a\r\n") + BATCHES * (MIB - 1 + strlen("\r\n")));
    free(text);
    fixture_release(&f);
}

static void the_ledger_stands_beside_the_file(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    const orch_ledger_query all = { .table = "orchestra_run", .limit = 10 };
    fixture_init(&f, "out.csv");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u,b:l", NULL));
    assert_string_equal(ledger_column(&t, all, "run"), "no columns");
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    assert_ok(&t, transaction_write(&t));
    assert_string_equal(ledger_column(&t, all, "run"), "r1 ");
    assert_ok(&t, transaction_commit(&t));
    assert_string_equal(ledger_column(&t, all, "run"), "r1 ");
    transaction_end(&t);
    /* a run that failed: the ledger alone */
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, NULL, NULL));
    assert_ok(&t, ledger_run(&t, "r2", "energy", "failed", NOW_US + 1, 2));
    assert_ok(&t, t.ops->commit(t.writer, &(orch_commit){ .struct_size = sizeof(orch_commit) },
                                &t.err));
    assert_string_equal(ledger_column(&t, all, "run"), "r2 r1 ");
    transaction_end(&t);
    assert_string_equal(fixture_read(f.path), "a,b\r\n");
    assert_string_equal(fixture_files(&f), "out.csv out.csv.ledger.sqlite");
    fixture_release(&f);
}

static void options_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    char link[160];
    fixture_init(&f, "out.txt");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u", NULL), ORCH_ECONFIG);
    assert_non_null(strstr(t.err.message, "out.txt\" is not told by its name"));
    transaction_end(&t);
    fixture_set(&f, "format", "csv");
    fixture_set(&f, "delimiter", "\"");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u", NULL), ORCH_ECONFIG);
    assert_string_equal(t.err.message, "\"\"\" cannot be a delimiter");
    transaction_end(&t);
    fixture_set(&f, "delimiter", "tab");
    fixture_set(&f, "path", f.folder);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u", NULL), ORCH_ECONFIG);
    assert_non_null(strstr(t.err.message, "\" is a folder"));
    transaction_end(&t);
    snprintf(link, sizeof link, "%s/link.csv", f.folder);
    assert_int_equal(symlink("out.csv", link), 0);
    fixture_set(&f, "path", link);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, "a:u", NULL), ORCH_ECONFIG);
    assert_non_null(strstr(t.err.message, "link.csv\" is a symbolic link"));
    transaction_end(&t);
    assert_string_equal(fixture_files(&f), "link.csv");
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_holds_every_type),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(one_byte_anywhere_makes_quotes),
        cmocka_unit_test(a_lone_null_is_no_blank_line),
        cmocka_unit_test(json_lines_escape_and_keep_types),
        cmocka_unit_test(geometry_becomes_text),
        cmocka_unit_test(doubles_read_back_to_the_same_value_and_are_short),
        cmocka_unit_test(append_keeps_what_is_there),
        cmocka_unit_test(upsert_is_refused_with_a_way_out),
        cmocka_unit_test(a_rolled_back_or_dry_run_leaves_nothing),
        cmocka_unit_test(a_second_writer_finds_the_file_in_use),
        cmocka_unit_test(a_run_killed_after_its_mark_is_published_by_the_next_look),
        cmocka_unit_test(a_run_killed_before_its_mark_is_swept_away),
        cmocka_unit_test(a_full_disk_publishes_nothing_and_says_so),
        cmocka_unit_test(large_output_goes_to_the_disk_while_it_is_made),
        cmocka_unit_test(the_ledger_stands_beside_the_file),
        cmocka_unit_test(options_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
