/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of one process that another reads, and their hashes, which the first makes beside it. */
#include "input_support.h"

#include "base/hash.h"

#include <dirent.h>
#include <fcntl.h>

static const char *file_new(const struct folder *f, const char *name, const char *text)
{
    return folder_write(f, name, text, strlen(text));
}

/* ---- lending ------------------------------------------------------------------------------- */

struct lender_state {
    struct orch_inputs *from;
    int opened, decided;
    char encoding[32];
    bool refuse;
};

static orch_status lend(void *ctx, size_t index, int *fd, orch_error *err)
{
    struct lender_state *l = ctx;
    l->opened++;
    if (l->refuse)
        return orch_error_set(err, ORCH_EAUTH, "not for you");
    return orch_inputs_lend(l->from, index, fd, err);
}

static void decided(void *ctx, size_t index, const char *encoding, bool detected)
{
    struct lender_state *l = ctx;
    l->decided++;
    snprintf(l->encoding, sizeof l->encoding, "%s", encoding);
    assert_true(orch_inputs_decided(l->from, index, encoding, detected));
}

static struct orch_inputs *adopt(struct lender_state *l, const char *encoding)
{
    const struct orch_input_lender lender = { l, lend, decided };
    struct orch_input_told told[8];
    struct orch_inputs *in = NULL;
    size_t n = 0;
    while (n < 8 && orch_inputs_tell(l->from, n, &told[n]))
        n++;
    assert_int_equal(orch_inputs_adopt(told, n, encoding, &lender, &in, NULL), ORCH_OK);
    assert_int_equal(orch_inputs_count(in), n);
    return in;
}

static void adopted_inputs_read_as_their_owner_would(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const char *path = file_new(&f, "a.txt", "Saint-M\xe9" "en\n");
    struct lender_state l = { .from = open_one(path, NULL) };
    struct orch_inputs *in = adopt(&l, "auto");
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(read_all(in, ORCH_INPUT_TEXT, 64, &text, &err), ORCH_OK);
    assert_string_equal(text.ptr, "Saint-M\xc3\xa9" "en\n");
    assert_int_equal(l.opened, 1);
    assert_int_equal(l.decided, 1);
    assert_string_equal(orch_inputs_at(l.from, 0)->encoding, "windows-1252");
    assert_true(orch_inputs_at(l.from, 0)->detected);
    /* Who reads does not hash: nobody would believe it. */
    assert_string_equal(orch_inputs_at(in, 0)->sha256, "");
    orch_text_release(&text);
    orch_inputs_free(in);
    orch_inputs_free(l.from);
    folder_remove(&f);
}

static void each_opening_has_a_position_of_its_own(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct lender_state l = { .from = open_one(file_new(&f, "a.txt", "0123456789"), NULL) };
    int a = -1, b = -1;
    char c;
    assert_int_equal(orch_inputs_lend(l.from, 0, &a, NULL), ORCH_OK);
    assert_int_equal(orch_inputs_lend(l.from, 0, &b, NULL), ORCH_OK);
    assert_int_equal(lseek(a, 5, SEEK_SET), 5);
    assert_int_equal(read(b, &c, 1), 1);
    assert_int_equal(c, '0');
    assert_true((fcntl(a, F_GETFD) & FD_CLOEXEC) != 0);
    close(a);
    close(b);
    assert_int_equal(orch_inputs_lend(l.from, 1, &a, NULL), ORCH_EINVAL);
    orch_inputs_free(l.from);
    folder_remove(&f);
}

static void a_refusal_of_the_owner_is_the_readers_error(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct lender_state l = { .from = open_one(file_new(&f, "a.txt", "x"), NULL), .refuse = true };
    struct orch_inputs *in = adopt(&l, NULL);
    orch_input_stream *s = NULL;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_stream_open(in, 0, ORCH_INPUT_RAW, &s, &err), ORCH_EAUTH);
    assert_string_equal(err.message, "not for you");
    orch_inputs_free(in);
    orch_inputs_free(l.from);
    folder_remove(&f);
}

static void an_encoding_that_is_no_name_is_not_taken(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(file_new(&f, "a.txt", "x"), NULL);
    char large[512];
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    assert_false(orch_inputs_decided(in, 0, "", false));
    assert_false(orch_inputs_decided(in, 0, "\033[2J", false));
    assert_false(orch_inputs_decided(in, 0, large, false));
    assert_false(orch_inputs_decided(in, 1, "UTF-8", false));
    assert_null(orch_inputs_at(in, 0)->encoding);
    assert_true(orch_inputs_decided(in, 0, "UTF-8", false));
    assert_true(orch_inputs_decided(in, 0, "KOI8-R", false)); /* the first counts */
    assert_string_equal(orch_inputs_at(in, 0)->encoding, "UTF-8");
    orch_inputs_free(in);
    folder_remove(&f);
}

/* ---- hashing beside ------------------------------------------------------------------------ */

/* Larger than the buffer, so that pieces are hashed one by one. */
static const char *large_file(struct folder *f, const char *name, size_t bytes, char expected[65])
{
    struct orch_text text = { 0 };
    for (size_t i = 0; i < bytes; i++)
        assert_true(orch_text_putc(&text, (char)('a' + i * 7 % 26)));
    assert_int_equal(orch_sha256_text((struct orch_str){ orch_text_z(&text), text.len }, expected,
                                      NULL),
                     ORCH_OK);
    const char *path = folder_write(f, name, orch_text_z(&text), text.len);
    orch_text_release(&text);
    return path;
}

static void hashes_made_in_pieces_are_those_of_the_files(void **state)
{
    (void)state;
    struct folder f = folder_new();
    char a[65], b[65], c[65];
    const char *paths[] = { large_file(&f, "a", 1500000, a), large_file(&f, "b", 0, b),
                            large_file(&f, "c", 700000, c) };
    struct orch_inputs *in = NULL;
    assert_int_equal(open_inputs(paths, 3, NULL, &in, NULL), ORCH_OK);
    for (int64_t upto = 0; upto <= 2300000; upto += 100000)
        orch_inputs_hash_ahead(in, upto);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(orch_inputs_hash(in, i, NULL, NULL), ORCH_OK);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, a);
    assert_string_equal(orch_inputs_at(in, 1)->sha256, b);
    assert_string_equal(orch_inputs_at(in, 2)->sha256, c);
    orch_inputs_free(in);
    folder_remove(&f);
}

static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;
    assert_non_null(tasks);
    while (readdir(tasks) != NULL)
        n++;
    closedir(tasks);
    return n;
}

/* The thread ends with the last input; that it got there by itself shows when the files are
 * gone. */
static void hashes_are_there_when_the_reader_is(void **state)
{
    (void)state;
    struct folder f = folder_new();
    char a[65], b[65];
    const char *paths[] = { large_file(&f, "a", 1500000, a), large_file(&f, "b", 900000, b) };
    struct orch_inputs *in = NULL;
    int threads = count_threads();
    assert_int_equal(open_inputs(paths, 2, NULL, &in, NULL), ORCH_OK);
    orch_inputs_hash_ahead(in, 2400001);
    for (int i = 0; i < 1000 && count_threads() > threads; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    unlink(paths[0]);
    unlink(paths[1]);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(orch_inputs_hash(in, i, NULL, NULL), ORCH_OK);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, a);
    assert_string_equal(orch_inputs_at(in, 1)->sha256, b);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void what_was_begun_is_gone_on_with_or_left(void **state)
{
    (void)state;
    struct folder f = folder_new();
    char a[65], b[65];
    const char *paths[] = { large_file(&f, "a", 1500000, a), large_file(&f, "b", 900000, b) };
    struct orch_inputs *in = NULL;
    assert_int_equal(open_inputs(paths, 2, NULL, &in, NULL), ORCH_OK);
    orch_inputs_hash_ahead(in, 600000);
    assert_int_equal(orch_inputs_hash(in, 1, NULL, NULL), ORCH_OK);
    orch_inputs_hash_ahead(in, 700000);
    assert_int_equal(orch_inputs_hash(in, 0, NULL, NULL), ORCH_OK);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, a);
    assert_string_equal(orch_inputs_at(in, 1)->sha256, b);
    orch_inputs_hash_ahead(in, INT64_MAX);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void a_file_that_went_away_is_told_by_who_needs_its_hash(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const char *path = file_new(&f, "a.txt", "x");
    struct orch_inputs *in = open_one(path, NULL);
    orch_error err = ORCH_ERROR_INIT;
    unlink(path);
    orch_inputs_hash_ahead(in, INT64_MAX);
    orch_inputs_hash_ahead(in, INT64_MAX);
    assert_int_equal(orch_inputs_hash(in, 0, NULL, &err), ORCH_EIO);
    orch_inputs_free(in);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adopted_inputs_read_as_their_owner_would),
        cmocka_unit_test(each_opening_has_a_position_of_its_own),
        cmocka_unit_test(a_refusal_of_the_owner_is_the_readers_error),
        cmocka_unit_test(an_encoding_that_is_no_name_is_not_taken),
        cmocka_unit_test(hashes_made_in_pieces_are_those_of_the_files),
        cmocka_unit_test(hashes_are_there_when_the_reader_is),
        cmocka_unit_test(what_was_begun_is_gone_on_with_or_left),
        cmocka_unit_test(a_file_that_went_away_is_told_by_who_needs_its_hash),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
