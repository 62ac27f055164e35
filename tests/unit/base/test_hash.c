/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

#define OF_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void the_examples_of_the_standard_hold(void **state)
{
    (void)state;
    char hex[65];
    assert_int_equal(orch_sha256_text(ORCH_STR(""), hex, NULL), ORCH_OK);
    assert_string_equal(hex, OF_EMPTY);
    assert_int_equal(orch_sha256_text((struct orch_str){ NULL, 0 }, hex, NULL), ORCH_OK);
    assert_string_equal(hex, OF_EMPTY);
    assert_int_equal(orch_sha256_text(ORCH_STR("abc"), hex, NULL), ORCH_OK);
    assert_string_equal(hex, OF_ABC);
}

static void pieces_give_the_same_and_the_object_starts_anew(void **state)
{
    (void)state;
    struct orch_sha256 *h;
    char hex[65], piece[1000];
    memset(piece, 'a', sizeof piece);
    assert_int_equal(orch_sha256_new(&h, NULL), ORCH_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(orch_sha256_update(h, piece, sizeof piece, NULL), ORCH_OK);
    assert_int_equal(orch_sha256_finish(h, hex), ORCH_OK);
    assert_string_equal(hex, OF_MILLION_A);
    assert_int_equal(orch_sha256_update(h, "abc", 3, NULL), ORCH_OK);
    assert_int_equal(orch_sha256_finish(h, hex), ORCH_OK);
    assert_string_equal(hex, OF_ABC);
    orch_sha256_free(h);
    orch_sha256_free(NULL);
}

/* Small texts go another way: both give the same, on either side of the border as well. */
static void a_text_has_the_hash_of_its_pieces(void **state)
{
    (void)state;
    static const size_t lengths[] = { 1, 55, 56, 64, 262143, 262144, 262145, 1000000 };
    static char text[1000000];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct orch_sha256 *h;
        char whole[65], pieces[65];
        size_t half = lengths[i] / 2;
        assert_int_equal(orch_sha256_text((struct orch_str){ text, lengths[i] }, whole, NULL),
                         ORCH_OK);
        assert_int_equal(orch_sha256_new(&h, NULL), ORCH_OK);
        assert_int_equal(orch_sha256_update(h, text, half, NULL), ORCH_OK);
        assert_int_equal(orch_sha256_update(h, text, lengths[i] - half, NULL), ORCH_OK);
        assert_int_equal(orch_sha256_finish(h, pieces), ORCH_OK);
        assert_string_equal(whole, pieces);
        orch_sha256_free(h);
    }
}

/* Before libcrypto is opened for them and after. */
static void many_small_texts_have_the_same_hash(void **state)
{
    (void)state;
    static char text[100000];
    char first[65], hex[65];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(orch_sha256_text((struct orch_str){ text, sizeof text }, hex, NULL),
                         ORCH_OK);
        if (i == 0)
            memcpy(first, hex, sizeof hex);
        assert_string_equal(hex, first);
    }
}

static void *hash_often(void *arg)
{
    char hex[65];
    for (int i = 0; i < 100; i++)
        if (orch_sha256_text(ORCH_STR("abc"), hex, NULL) != ORCH_OK || strcmp(hex, OF_ABC) != 0)
            return arg;
    return NULL;
}

static void threads_may_hash_at_once(void **state)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &state), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    static char text[100000];
    char hex[65];
    orch_error err = ORCH_ERROR_INIT;
    orch_alloc_fail_at(1);
    assert_int_equal(orch_sha256_text((struct orch_str){ text, sizeof text }, hex, &err),
                     ORCH_ENOMEM);
    orch_alloc_fail_at(0);
    assert_string_equal(err.message, "out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_small_texts_have_the_same_hash),
        cmocka_unit_test(threads_may_hash_at_once),
        cmocka_unit_test(the_examples_of_the_standard_hold),
        cmocka_unit_test(pieces_give_the_same_and_the_object_starts_anew),
        cmocka_unit_test(a_text_has_the_hash_of_its_pieces),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
