/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, memory, processor time, size of files. */
#include "sandbox_support.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

/* ---- descriptors --------------------------------------------------------------------------- */

struct kept {
    int one, other, high, lost;
};

static int check_descriptors(void *arg)
{
    const struct kept *k = arg;
    struct stat info, null;

    if (stat("/dev/null", &null) != 0)
        return errno;
    if (fcntl(k->one, F_GETFD) < 0 || fcntl(k->high, F_GETFD) < 0)
        return EBADF;
    if (fcntl(k->lost, F_GETFD) >= 0 || fcntl(k->other, F_GETFD) >= 0)
        return EEXIST;
    for (int fd = 0; fd <= 2; fd++)
        if (fstat(fd, &info) != 0 || info.st_rdev != null.st_rdev)
            return EBADF;
    for (int fd = 3; fd < 1000; fd++)
        if (fd != k->one && fd != k->high && fcntl(fd, F_GETFD) >= 0)
            return EMFILE;
    return 0;
}

static void only_kept_descriptors_stay_and_output_leads_nowhere(void **state)
{
    (void)state;
    int base = open("/dev/zero", O_RDONLY);
    struct kept k = { fcntl(base, F_DUPFD, 20), fcntl(base, F_DUPFD, 30), fcntl(base, F_DUPFD, 700),
                      fcntl(base, F_DUPFD, 10) };
    int keep[] = { k.high, k.one, k.high };
    struct orch_sandbox_request request = { .keep = keep, .n_keep = 3 };
    assert_true(k.high >= 700);
    assert_allowed(&request, check_descriptors, &k);
    close(base);
    close(k.one);
    close(k.other);
    close(k.high);
    close(k.lost);
}

/* An input may be opened by the host while the worker runs, and sent. */
static int receive_descriptor(void *arg)
{
    char byte, text[8] = "";
    union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                              .msg_controllen = sizeof control };
    int end = *(int *)arg, fd;

    if (send(end, "r", 1, 0) != 1 || recvmsg(end, &message, 0) != 1)
        return errno;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return read(fd, text, 6) == 6 && strcmp(text, "1;2;3\n") == 0 ? 0 : EIO;
}

static void send_descriptor(int end, int fd)
{
    union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control = { 0 };
    struct iovec data = { "d", 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                              .msg_controllen = sizeof control };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    assert_int_equal(sendmsg(end, &message, 0), 1);
}

static void a_descriptor_can_be_sent_to_a_worker(void **state)
{
    (void)state;
    struct place p;
    char byte;
    int ends[2];
    place_init(&p);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    int keep[] = { 2, ends[1] };
    struct orch_sandbox_request request = { .struct_size = sizeof request, .keep = keep,
                                            .n_keep = 2 };
    pid_t child = fork();
    if (child == 0)
        attempt_inside(&request, receive_descriptor, &ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    int fd = open(p.data, O_RDONLY | O_CLOEXEC);
    send_descriptor(ends[0], fd);
    assert_int_equal(child_result(child), 0);
    close(fd);
    close(ends[0]);
    place_release(&p);
}

static int open_many(void *arg)
{
    int fd = 0, last = 0;
    while (fd >= 0) {
        last = fd;
        fd = open("/dev/null", O_RDONLY);
    }
    return last == *(int *)arg - 1 ? errno : 0;
}

static void the_number_of_descriptors_is_limited(void **state)
{
    (void)state;
    int limit = 40;
    struct orch_sandbox_request request = { .open_files = 40 };
    assert_refused(&request, open_many, &limit, EMFILE);
}

/* ---- memory -------------------------------------------------------------------------------- */

/* Maps until it fails; by mmap, for a sanitizer's malloc takes from what it has reserved. */
static int allocate_everything(void *arg)
{
    const uint64_t *limit = arg;
    uint64_t got = 0;

    while (mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED)
        got += MIB;
    if (got > *limit)
        return EOVERFLOW;
    return got + 16 * MIB > *limit ? errno : 0;
}

/* Memory that is no mapping when it is taken. */
static int allocate_by_file(void *arg)
{
    (void)arg;
    return outcome(syscall(SYS_memfd_create, "more", 0));
}

static void memory_ends_with_an_error_at_its_limit(void **state)
{
    (void)state;
    uint64_t limit = 96 * MIB;
    struct orch_sandbox_request request = { .address_space_bytes = limit };
    assert_refused(&request, allocate_everything, &limit, ENOMEM);
    if (kernel().seccomp)
        assert_denied(&request, allocate_by_file, NULL, ENOSYS);
}

/* ---- processor ----------------------------------------------------------------------------- */

static int spin(void *arg)
{
    volatile uint64_t turns = 0;
    (void)arg;
    while (turns < UINT64_MAX)
        turns = turns + 1;
    return 0;
}

static int spin_deaf(void *arg)
{
    signal(SIGXCPU, SIG_IGN);
    return spin(arg);
}

static void spinning_ends_also_for_who_does_not_listen(void **state)
{
    (void)state;
    struct orch_sandbox_request request = { .cpu_seconds = 1 };
    assert_refused(&request, spin, NULL, KILLED_BY + SIGXCPU);
    assert_refused(&request, spin_deaf, NULL, KILLED_BY + SIGKILL);
}

/* ---- files --------------------------------------------------------------------------------- */

static int fill_disk(void *path)
{
    char block[65536] = "";
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    while (fd >= 0 && write(fd, block, sizeof block) > 0)
        continue;
    return errno;
}

static int fill_at_once(void *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    return fd < 0 ? errno : outcome(fallocate(fd, 0, 0, 1 << 30));
}

static void a_file_does_not_grow_beyond_its_limit(void **state)
{
    (void)state;
    struct place p;
    struct stat info;
    place_init(&p);
    const char *folder = p.in;
    struct orch_sandbox_request request = { .needs = ORCH_NEEDS_FILES_WRITE, .write = &folder,
                                            .n_write = 1, .file_size_bytes = MIB };
    assert_refused(&request, fill_disk, p.data, EFBIG);
    assert_int_equal(stat(p.data, &info), 0);
    assert_int_equal(info.st_size, MIB);
    assert_refused(&request, fill_at_once, p.data, EFBIG);
    place_release(&p);
}

/* ---- limits that were there ---------------------------------------------------------------- */

static int soft_limit(void *arg)
{
    struct rlimit now;
    (void)arg;
    return getrlimit(RLIMIT_NOFILE, &now) == 0 ? (int)now.rlim_cur : -1;
}

static int soft_limit_below(void *arg)
{
    struct rlimit low = { 50, 60 };
    struct orch_sandbox_request *request = arg;
    struct orch_sandbox_report report;
    if (setrlimit(RLIMIT_NOFILE, &low) != 0 ||
        orch_sandbox_enter(request, &report, NULL) != ORCH_OK)
        return NOT_ENTERED;
    return soft_limit(NULL);
}

static void a_lower_limit_of_the_process_wins(void **state)
{
    (void)state;
    static const int standard[] = { 0, 1, 2 };
    struct orch_sandbox_request wide = { .struct_size = sizeof wide, .keep = standard, .n_keep = 3,
                                         .open_files = 100 };
    struct orch_sandbox_request none = { .struct_size = sizeof none, .keep = standard,
                                         .n_keep = 3 };
    assert_int_equal(confined(&wide, soft_limit, NULL), 100);
    assert_int_equal(unconfined(soft_limit_below, &wide), 60);
    assert_int_equal(unconfined(soft_limit_below, &none), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_kept_descriptors_stay_and_output_leads_nowhere),
        cmocka_unit_test(a_descriptor_can_be_sent_to_a_worker),
        cmocka_unit_test(the_number_of_descriptors_is_limited),
        cmocka_unit_test(memory_ends_with_an_error_at_its_limit),
        cmocka_unit_test(spinning_ends_also_for_who_does_not_listen),
        cmocka_unit_test(a_file_does_not_grow_beyond_its_limit),
        cmocka_unit_test(a_lower_limit_of_the_process_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
