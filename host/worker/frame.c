/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void orch_link_init(struct orch_link *link, int fd)
{
    *link = (struct orch_link){ .fd = fd, .passed = -1, .body.cap = ORCH_WIRE_BYTES_MOST };
}

static void drop_passed(struct orch_link *link)
{
    if (link->passed >= 0)
        close(link->passed);
    link->passed = -1;
}

void orch_link_release(struct orch_link *link)
{
    if (link->fd < 0)
        return;
    drop_passed(link);
    orch_text_release(&link->body);
    close(link->fd);
    link->fd = -1;
}

static bool poll_one(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };
    int n;
    do
        n = poll(&p, 1, -1);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* ---- sending ------------------------------------------------------------------------------- */

union passing {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

static void pass(struct msghdr *message, union passing *control, int fd)
{
    *control = (union passing){ .room = { 0 } };
    message->msg_control = control->room;
    message->msg_controllen = sizeof control->room;
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
}

static void advance(struct msghdr *message, size_t n)
{
    message->msg_control = NULL; /* went with the first byte */
    message->msg_controllen = 0;
    while (message->msg_iovlen > 0 && n >= message->msg_iov->iov_len) {
        n -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen > 0) {
        message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + n;
        message->msg_iov->iov_len -= n;
    }
}

static bool wait_for_room(struct orch_link *link)
{
    return link->blocked != NULL ? link->blocked(link->blocked_ctx) : poll_one(link->fd, POLLOUT);
}

static bool send_all(struct orch_link *link, struct msghdr *message)
{
    while (message->msg_iovlen > 0) {
        ssize_t n = sendmsg(link->fd, message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            advance(message, (size_t)n);
        else if (errno == EAGAIN && !wait_for_room(link))
            return false;
        else if (errno != EAGAIN && errno != EINTR)
            return false;
    }
    return true;
}

bool orch_link_send(struct orch_link *link, enum orch_frame_kind kind, uint32_t id,
                    const struct orch_text *body, int passed)
{
    size_t length = body != NULL ? body->len : 0;
    if (link->fd < 0 || length > ORCH_WIRE_BYTES_MOST || (body != NULL && body->failed))
        return false;
    struct orch_frame_head head = { .magic = ORCH_FRAME_MAGIC,
                                    .version = ORCH_FRAME_VERSION,
                                    .kind = (uint16_t)kind,
                                    .id = id,
                                    .length = (uint32_t)length };
    struct iovec parts[2] = { { &head, sizeof head }, { body ? body->ptr : NULL, length } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1 };
    union passing control;
    if (passed >= 0)
        pass(&message, &control, passed);
    return send_all(link, &message);
}

bool orch_link_send_all(struct orch_link *link, enum orch_frame_kind kind, const void *bytes,
                        size_t len)
{
    bool sent = true;
    for (size_t at = 0; at < len && sent;) {
        size_t n = len - at < ORCH_WIRE_BYTES_MOST ? len - at : ORCH_WIRE_BYTES_MOST;
        struct orch_text piece = { .ptr = (char *)(uintptr_t)bytes + at, .len = n };
        sent = orch_link_send(link, kind, 0, &piece, -1);
        at += n;
    }
    return sent;
}

/* ---- receiving ----------------------------------------------------------------------------- */

static enum orch_link_state broken(struct orch_link *link, const char *why)
{
    link->broken = why;
    return ORCH_LINK_BROKEN;
}

static enum orch_link_state take_passed(struct orch_link *link, struct msghdr *message)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof(int))) {
        drop_passed(link);
        memcpy(&link->passed, CMSG_DATA(c), sizeof link->passed);
    }
    if ((message->msg_flags & MSG_CTRUNC) != 0)
        return broken(link, "it sent a descriptor");
    return ORCH_LINK_FRAME;
}

/* Without room for it the kernel closes whatever descriptor comes and says that it did. */
static enum orch_link_state receive(struct orch_link *link, void *at, size_t size, size_t *got)
{
    union passing control = { .room = { 0 } };
    struct iovec part = { at, size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (link->takes_descriptor) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
    }
    ssize_t n = recvmsg(link->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR)
        return ORCH_LINK_FRAME;
    if (n < 0)
        return errno == EAGAIN ? ORCH_LINK_AGAIN : ORCH_LINK_CLOSED;
    if (n == 0)
        return ORCH_LINK_CLOSED;
    *got += (size_t)n;
    return take_passed(link, &message);
}

static enum orch_link_state body_begin(struct orch_link *link)
{
    const struct orch_frame_head *head = &link->head;
    if (head->magic != ORCH_FRAME_MAGIC || head->version != ORCH_FRAME_VERSION)
        return broken(link, "what it sent is no frame");
    if (head->length > ORCH_WIRE_BYTES_MOST)
        return broken(link, "it sent a frame beyond the bound");
    orch_text_reset(&link->body);
    if (link->body.size <= head->length) {
        char *grown = orch_realloc(link->body.ptr, (size_t)head->length + 1);
        if (grown == NULL)
            return broken(link, "there is no memory for a frame");
        link->body.ptr = grown;
        link->body.size = (size_t)head->length + 1;
    }
    return ORCH_LINK_FRAME;
}

static enum orch_link_state read_head(struct orch_link *link)
{
    if (link->head_got == 0)
        drop_passed(link);
    while (link->head_got < sizeof link->head) {
        enum orch_link_state state =
            receive(link, (char *)&link->head + link->head_got,
                    sizeof link->head - link->head_got, &link->head_got);
        if (state != ORCH_LINK_FRAME)
            return state;
    }
    return link->body_got == 0 ? body_begin(link) : ORCH_LINK_FRAME;
}

enum orch_link_state orch_link_read(struct orch_link *link)
{
    if (link->fd < 0)
        return ORCH_LINK_CLOSED;
    if (link->broken != NULL)
        return ORCH_LINK_BROKEN;
    enum orch_link_state state = read_head(link);
    while (state == ORCH_LINK_FRAME && link->body_got < link->head.length)
        state = receive(link, link->body.ptr + link->body_got,
                        link->head.length - link->body_got, &link->body_got);
    if (state != ORCH_LINK_FRAME)
        return state;
    link->body.len = link->head.length;
    if (link->body.ptr != NULL)
        link->body.ptr[link->body.len] = '\0';
    link->head_got = link->body_got = 0;
    return ORCH_LINK_FRAME;
}

enum orch_link_state orch_link_wait(struct orch_link *link)
{
    enum orch_link_state state;
    while ((state = orch_link_read(link)) == ORCH_LINK_AGAIN)
        if (!poll_one(link->fd, POLLIN))
            return ORCH_LINK_CLOSED;
    return state;
}
