/* SPDX-License-Identifier: Apache-2.0 */
/* Frames over a socket: whole, bounded, in order; descriptors only where they are due. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/frame.h"

struct pair {
    struct orch_link a, b;
};

static struct pair pair_new(void)
{
    struct pair p;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    orch_link_init(&p.a, ends[0]);
    orch_link_init(&p.b, ends[1]);
    return p;
}

static void pair_release(struct pair *p)
{
    orch_link_release(&p->a);
    orch_link_release(&p->b);
}

static struct orch_text body_of(const char *text)
{
    struct orch_text body = { 0 };
    assert_true(orch_text_puts(&body, text));
    return body;
}

static void frames_arrive_one_by_one(void **state)
{
    (void)state;
    struct pair p = pair_new();
    struct orch_text body = body_of("hello");
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_AGAIN);
    assert_true(orch_link_send(&p.a, ORCH_FRAME_CHECK, 7, &body, -1));
    assert_true(orch_link_send(&p.a, ORCH_FRAME_CLOSE, 8, NULL, -1));
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_FRAME);
    assert_int_equal(p.b.head.kind, ORCH_FRAME_CHECK);
    assert_int_equal(p.b.head.id, 7);
    assert_string_equal(p.b.body.ptr, "hello");
    assert_int_equal(orch_link_wait(&p.b), ORCH_LINK_FRAME);
    assert_int_equal(p.b.head.kind, ORCH_FRAME_CLOSE);
    assert_int_equal(p.b.body.len, 0);
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_AGAIN);
    orch_link_release(&p.a);
    assert_int_equal(orch_link_wait(&p.b), ORCH_LINK_CLOSED);
    orch_text_release(&body);
    pair_release(&p);
}

static void a_frame_that_comes_byte_by_byte_is_put_together(void **state)
{
    (void)state;
    struct pair p = pair_new();
    const struct orch_frame_head head = { ORCH_FRAME_MAGIC, ORCH_FRAME_VERSION, ORCH_FRAME_OPEN, 3,
                                          5 };
    char bytes[sizeof head + 5];
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, "world", 5);
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(orch_link_read(&p.b), ORCH_LINK_AGAIN);
        assert_int_equal(write(p.a.fd, bytes + i, 1), 1);
    }
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_FRAME);
    assert_string_equal(p.b.body.ptr, "world");
    pair_release(&p);
}

static void what_is_no_frame_breaks_the_link_for_good(void **state)
{
    (void)state;
    const struct {
        struct orch_frame_head head;
        const char *why;
    } bad[] = {
        { { 0, ORCH_FRAME_VERSION, 1, 0, 0 }, "what it sent is no frame" },
        { { ORCH_FRAME_MAGIC, 2, 1, 0, 0 }, "what it sent is no frame" },
        { { ORCH_FRAME_MAGIC, ORCH_FRAME_VERSION, 1, 0, ORCH_WIRE_BYTES_MOST + 1 },
          "it sent a frame beyond the bound" },
        { { ORCH_FRAME_MAGIC, ORCH_FRAME_VERSION, 1, 0, UINT32_MAX },
          "it sent a frame beyond the bound" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pair p = pair_new();
        assert_int_equal(write(p.a.fd, &bad[i].head, sizeof bad[i].head),
                         (int)sizeof bad[i].head);
        assert_int_equal(orch_link_read(&p.b), ORCH_LINK_BROKEN);
        assert_string_equal(p.b.broken, bad[i].why);
        assert_true(orch_link_send(&p.a, ORCH_FRAME_OPEN, 0, NULL, -1));
        assert_int_equal(orch_link_read(&p.b), ORCH_LINK_BROKEN);
        pair_release(&p);
    }
}

static void a_frame_cut_by_the_end_is_no_frame(void **state)
{
    (void)state;
    struct pair p = pair_new();
    const struct orch_frame_head head = { ORCH_FRAME_MAGIC, ORCH_FRAME_VERSION, ORCH_FRAME_OPEN, 3,
                                          5 };
    assert_int_equal(write(p.a.fd, &head, sizeof head), (int)sizeof head);
    assert_int_equal(write(p.a.fd, "wor", 3), 3);
    orch_link_release(&p.a);
    assert_int_equal(orch_link_wait(&p.b), ORCH_LINK_CLOSED);
    pair_release(&p);
}

/* ---- descriptors --------------------------------------------------------------------------- */

static void a_descriptor_arrives_with_its_frame(void **state)
{
    (void)state;
    struct pair p = pair_new();
    struct orch_text body = body_of("with");
    char text[8] = "";
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    p.b.takes_descriptor = true;
    assert_true(orch_link_send(&p.a, ORCH_FRAME_CHECK, 1, &body, -1));
    assert_true(orch_link_send(&p.a, ORCH_FRAME_INPUT, 2, &body, ends[0]));
    assert_true(orch_link_send(&p.a, ORCH_FRAME_CHECK, 3, &body, -1));
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_FRAME);
    assert_int_equal(p.b.passed, -1);
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_FRAME);
    assert_int_equal(p.b.head.id, 2);
    assert_true(p.b.passed >= 0 && p.b.passed != ends[0]);
    assert_true((fcntl(p.b.passed, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(write(ends[1], "through", 7), 7);
    assert_int_equal(read(p.b.passed, text, 7), 7);
    assert_string_equal(text, "through");
    int passed = p.b.passed; /* nobody took it: closed with the next frame */
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_FRAME);
    assert_int_equal(fcntl(passed, F_GETFD), -1);
    close(ends[0]);
    close(ends[1]);
    orch_text_release(&body);
    pair_release(&p);
}

static int next_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(fd);
    return fd;
}

static void a_descriptor_that_is_not_due_breaks_the_link_and_is_closed(void **state)
{
    (void)state;
    struct pair p = pair_new();
    int free_before = next_descriptor();
    assert_true(orch_link_send(&p.a, ORCH_FRAME_LOG, 1, NULL, STDERR_FILENO));
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_BROKEN);
    assert_string_equal(p.b.broken, "it sent a descriptor");
    assert_int_equal(next_descriptor(), free_before);
    pair_release(&p);
}

/* ---- much ---------------------------------------------------------------------------------- */

static void *send_much(void *arg)
{
    struct orch_link *link = arg;
    size_t size = 10 * (size_t)ORCH_WIRE_BYTES_MOST + 4711;
    char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i % 251);
    bool sent = orch_link_send_all(link, ORCH_FRAME_DATA, bytes, size) &&
                orch_link_send(link, ORCH_FRAME_CLOSE, 0, NULL, -1);
    free(bytes);
    return sent ? link : NULL;
}

static void much_goes_in_pieces_through_a_small_socket(void **state)
{
    (void)state;
    struct pair p = pair_new();
    pthread_t thread;
    void *sent = NULL;
    size_t got = 0;
    assert_int_equal(pthread_create(&thread, NULL, send_much, &p.a), 0);
    while (orch_link_wait(&p.b) == ORCH_LINK_FRAME && p.b.head.kind == ORCH_FRAME_DATA) {
        for (size_t i = 0; i < p.b.body.len; i += 97)
            assert_int_equal((unsigned char)p.b.body.ptr[i], (got + i) % 251);
        got += p.b.body.len;
    }
    pthread_join(thread, &sent);
    assert_ptr_equal(sent, &p.a);
    assert_int_equal(got, 10 * (size_t)ORCH_WIRE_BYTES_MOST + 4711);
    pair_release(&p);
}

static bool give_up(void *ctx)
{
    return ++*(int *)ctx < 3;
}

static void a_sender_may_give_up_on_who_does_not_read(void **state)
{
    (void)state;
    struct pair p = pair_new();
    struct orch_text body = { 0 };
    int asked = 0;
    char *bytes = calloc(1, ORCH_WIRE_BYTES_MOST);
    assert_true(orch_text_add(&body, bytes, ORCH_WIRE_BYTES_MOST));
    p.a.blocked = give_up;
    p.a.blocked_ctx = &asked;
    assert_false(orch_link_send(&p.a, ORCH_FRAME_CHECK, 1, &body, -1));
    assert_int_equal(asked, 3);
    free(bytes);
    orch_text_release(&body);
    pair_release(&p);
}

static void a_body_that_failed_is_not_sent(void **state)
{
    (void)state;
    struct pair p = pair_new();
    struct orch_text body = { .failed = true };
    assert_false(orch_link_send(&p.a, ORCH_FRAME_CHECK, 1, &body, -1));
    assert_int_equal(orch_link_read(&p.b), ORCH_LINK_AGAIN);
    pair_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_one_by_one),
        cmocka_unit_test(a_frame_that_comes_byte_by_byte_is_put_together),
        cmocka_unit_test(what_is_no_frame_breaks_the_link_for_good),
        cmocka_unit_test(a_frame_cut_by_the_end_is_no_frame),
        cmocka_unit_test(a_descriptor_arrives_with_its_frame),
        cmocka_unit_test(a_descriptor_that_is_not_due_breaks_the_link_and_is_closed),
        cmocka_unit_test(much_goes_in_pieces_through_a_small_socket),
        cmocka_unit_test(a_sender_may_give_up_on_who_does_not_read),
        cmocka_unit_test(a_body_that_failed_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
