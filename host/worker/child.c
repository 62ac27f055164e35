/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orch/error.h"

enum { WARM_MOST = 4, OUTPUT_BYTES = 4096 };

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- starting ------------------------------------------------------------------------------ */

/* Where the child's own descriptors will be, none of ours may be: when the host was started with
 * its standard descriptors closed, new ones land there. */
static bool lift(int *fd)
{
    if (*fd > ORCH_CHILD_SOCKET)
        return true;
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, ORCH_CHILD_SOCKET + 1);
    close_one(fd);
    *fd = higher;
    return higher >= 0;
}

struct ends {
    int socket[2]; /* ours, the child's */
    int output[2];
};

static bool ends_open(struct ends *e)
{
    *e = (struct ends){ { -1, -1 }, { -1, -1 } };
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, e->socket) == 0 &&
           pipe2(e->output, O_CLOEXEC) == 0 && lift(&e->socket[0]) && lift(&e->socket[1]) &&
           lift(&e->output[0]) && lift(&e->output[1]) &&
           fcntl(e->output[0], F_SETFL, O_NONBLOCK) == 0;
}

static int describe_files(posix_spawn_file_actions_t *files, const struct ends *e)
{
    int code = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(files, e->output[1], 1);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(files, e->output[1], 2);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(files, e->socket[1], ORCH_CHILD_SOCKET);
    return code;
}

/* The host blocks the signals that its own thread waits for. */
static int describe_signals(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigemptyset(&none);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    return code == 0 ? posix_spawnattr_setsigmask(attributes, &none) : code;
}

static int spawn(const char *program, const struct ends *e, pid_t *pid)
{
    char name[] = "orchestra", argument[] = ORCH_CHILD_ARGUMENT;
    char *const arguments[] = { name, argument, NULL };
    char *const environment[] = { NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&files);
    if (code != 0)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        code = describe_files(&files, e);
        if (code == 0)
            code = describe_signals(&attributes);
        if (code == 0)
            code = posix_spawn(pid, program, &files, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return code;
}

orch_status orch_child_failed(orch_error *err, const char *what, int code)
{
    bool files = code == EMFILE || code == ENFILE, room = code == EAGAIN || code == ENOMEM;
    orch_status st = files || room ? ORCH_ENOMEM : ORCH_EIO;
    orch_error_set(err, st, "cannot start a process for a connector");
    orch_error_detail(err, "%s: %s", what, strerror(code));
    orch_error_hint(err, "%s",
                    files  ? "raise the limit of open files (ulimit -n)"
                    : room ? "raise the limits of processes (ulimit -u) and memory (ulimit -v), or "
                             "start fewer runs at once"
                           : "run without processes of their own: --in-process");
    return st;
}

static orch_status start(struct orch_child *child, const char *program, orch_error *err)
{
    struct ends e;
    pid_t pid = 0;
    int code = ends_open(&e) ? spawn(program, &e, &pid) : errno;
    close_one(&e.socket[1]);
    close_one(&e.output[1]);
    if (code != 0) {
        close_one(&e.socket[0]);
        close_one(&e.output[0]);
        return orch_child_failed(err, program, code);
    }
    *child = (struct orch_child){
        .pid = pid, .process = pidfd_open(pid, 0), .socket = e.socket[0], .output = e.output[0]
    };
    return ORCH_OK;
}

/* ---- started in advance -------------------------------------------------------------------- */

static const char this_program[] = "/proc/self/exe";

/* A start holds up the thread that does it until the new program is there, so another one does it:
 * for as long as the host lives, since a worker dies with the thread that started it. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t asked, done;
    bool runs;
    unsigned due; /* to be started */
    struct orch_child warm[WARM_MOST];
    unsigned n_warm;
} nursery = { .lock = PTHREAD_MUTEX_INITIALIZER,
              .asked = PTHREAD_COND_INITIALIZER,
              .done = PTHREAD_COND_INITIALIZER };

static void *nurse(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&nursery.lock);
    for (;;) {
        struct orch_child child;
        while (nursery.due == 0)
            pthread_cond_wait(&nursery.asked, &nursery.lock);
        pthread_mutex_unlock(&nursery.lock);
        bool started = start(&child, this_program, NULL) == ORCH_OK;
        pthread_mutex_lock(&nursery.lock);
        if (started)
            nursery.warm[nursery.n_warm++] = child;
        nursery.due = started ? nursery.due - 1 : 0;
        pthread_cond_broadcast(&nursery.done);
    }
    return NULL;
}

static bool open_nursery(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    bool opened = pthread_attr_init(&attributes) == 0;
    if (opened) {
        opened = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                 pthread_create(&thread, &attributes, nurse, NULL) == 0;
        pthread_attr_destroy(&attributes);
    }
    return opened;
}

void orch_child_warm(unsigned n)
{
    pthread_mutex_lock(&nursery.lock);
    unsigned known = nursery.n_warm + nursery.due;
    nursery.runs = nursery.runs || open_nursery();
    if (nursery.runs && known < n)
        nursery.due += (n < WARM_MOST ? n : WARM_MOST) - known;
    pthread_cond_signal(&nursery.asked);
    pthread_mutex_unlock(&nursery.lock);
}

void orch_child_cool(void)
{
    pthread_mutex_lock(&nursery.lock);
    while (nursery.due > 0)
        pthread_cond_wait(&nursery.done, &nursery.lock);
    while (nursery.n_warm > 0)
        orch_child_release(&nursery.warm[--nursery.n_warm]);
    pthread_mutex_unlock(&nursery.lock);
}

static bool take_warm(struct orch_child *child)
{
    pthread_mutex_lock(&nursery.lock);
    while (nursery.n_warm == 0 && nursery.due > 0)
        pthread_cond_wait(&nursery.done, &nursery.lock);
    bool taken = nursery.n_warm > 0;
    if (taken) {
        /* The one that has had the most time to start. */
        *child = nursery.warm[0];
        memmove(nursery.warm, nursery.warm + 1, --nursery.n_warm * sizeof *nursery.warm);
    }
    pthread_mutex_unlock(&nursery.lock);
    return taken;
}

orch_status orch_child_start(struct orch_child *child, const char *program, orch_error *err)
{
    if (program == NULL && take_warm(child))
        return ORCH_OK;
    return start(child, program != NULL ? program : this_program, err);
}

/* ---- what it prints ------------------------------------------------------------------------ */

void orch_child_lines_add(struct orch_child_lines *lines, struct orch_str line)
{
    struct orch_text shown = { 0 };
    line = orch_str_trim(line);
    if (line.len == 0 || !orch_text_escape(&shown, line, ORCH_CHILD_LINE_BYTES - 8)) {
        orch_text_release(&shown);
        return;
    }
    snprintf(lines->text[lines->n % ORCH_CHILD_LINES], ORCH_CHILD_LINE_BYTES, "%s",
             orch_text_z(&shown));
    lines->n++;
    orch_text_release(&shown);
}

void orch_child_lines_print(const struct orch_child_lines *lines, struct orch_text *out)
{
    size_t kept = lines->n < ORCH_CHILD_LINES ? lines->n : ORCH_CHILD_LINES;
    for (size_t i = lines->n - kept; i < lines->n; i++)
        orch_text_printf(out, "%s%s", i > lines->n - kept ? " | " : "",
                         lines->text[i % ORCH_CHILD_LINES]);
}

typedef void (*line_fn)(void *ctx, struct orch_str text);

static void line_end(struct orch_child *child, line_fn line, void *ctx)
{
    struct orch_str text = { child->partial, child->partial_len };
    child->partial_len = 0;
    orch_child_lines_add(&child->lines, text);
    if (line != NULL && text.len > 0)
        line(ctx, text);
}

/* The rest of a line that is too long is another line. */
static void printed(struct orch_child *child, const char *bytes, size_t n, line_fn line, void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != '\n')
            child->partial[child->partial_len++] = bytes[i];
        if (bytes[i] == '\n' || child->partial_len == sizeof child->partial)
            line_end(child, line, ctx);
    }
}

void orch_child_drain(struct orch_child *child, line_fn line, void *ctx)
{
    char bytes[OUTPUT_BYTES];
    /* Bounded, for a process that prints without end. */
    for (int i = 0; i < 64 && child->output >= 0; i++) {
        ssize_t n = read(child->output, bytes, sizeof bytes);
        if (n > 0)
            printed(child, bytes, (size_t)n, line, ctx);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            close_one(&child->output);
    }
    if (child->output < 0 && child->partial_len > 0)
        line_end(child, line, ctx);
}

/* ---- ending -------------------------------------------------------------------------------- */

static bool reap(struct orch_child *child, int flags)
{
    pid_t got;
    if (child->pid == 0)
        return true;
    do
        got = child->reaped ? child->pid : waitpid(child->pid, &child->status, flags);
    while (got < 0 && errno == EINTR);
    /* Somebody else's wait may have had it: then nobody knows how it ended. */
    if (got < 0)
        child->status = 0;
    child->reaped = got != 0;
    return child->reaped;
}

bool orch_child_wait(struct orch_child *child, int wait_ms)
{
    struct pollfd p = { .fd = child->process, .events = POLLIN };
    if (reap(child, WNOHANG))
        return true;
    if (child->process >= 0) {
        (void)poll(&p, 1, wait_ms);
        return reap(child, WNOHANG);
    }
    for (int waited = 0; waited < wait_ms; waited += 5) {
        (void)poll(NULL, 0, 5);
        if (reap(child, WNOHANG))
            return true;
    }
    return false;
}

void orch_child_kill(struct orch_child *child)
{
    if (child->pid == 0 || child->reaped)
        return;
    /* Its session is its process group: whatever it may have started dies with it. Until it is
     * reaped the number is its own. */
    (void)kill(-child->pid, SIGKILL);
    (void)kill(child->pid, SIGKILL);
    (void)reap(child, 0);
}

void orch_child_release(struct orch_child *child)
{
    if (child->pid == 0)
        return;
    orch_child_kill(child);
    close_one(&child->process);
    close_one(&child->socket);
    close_one(&child->output);
    child->pid = 0;
}
