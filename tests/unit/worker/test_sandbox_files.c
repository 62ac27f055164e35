/* SPDX-License-Identifier: Apache-2.0 */
/* The file system from inside, for a connector that declares nothing, reading, or writing. */
#include "sandbox_support.h"

#include <dlfcn.h>
#include <sys/time.h>
#include <sys/xattr.h>

/* ---- nothing declared ---------------------------------------------------------------------- */

static void a_file_source_opens_no_path(void **state)
{
    (void)state;
    struct place p;
    skip_without_landlock(1);
    place_init(&p);
    assert_denied(&no_needs, try_read, "/etc/passwd", EACCES);
    assert_denied(&no_needs, try_read, "/proc/self/status", EACCES);
    assert_denied(&no_needs, try_read, p.data, EACCES);
    assert_denied(&no_needs, try_list, p.root, EACCES);
    assert_denied(&no_needs, try_list, "/", EACCES);
    place_release(&p);
}

/* The ledger of files and GeoPackages is a database beside the output. */
static int try_open_ledger(void *path)
{
    return outcome(open(path, O_RDWR | O_CREAT, 0644));
}

static void a_file_source_does_not_reach_the_ledger(void **state)
{
    (void)state;
    struct place p;
    skip_without_seccomp();
    place_init(&p);
    assert_denied(&no_needs, try_open_ledger, p.data, EACCES);
    if (kernel().landlock_abi >= 1)
        assert_denied(&no_needs, try_read, p.data, EACCES);
    place_release(&p);
}

static int try_truncating_read(void *path)
{
    return outcome(open(path, O_RDONLY | O_TRUNC));
}

static int try_temporary(void *folder)
{
    return outcome(open(folder, O_RDWR | O_TMPFILE, 0600));
}

static int try_mkdir(void *path)
{
    return outcome(mkdir(path, 0755));
}

static int try_unlink(void *path)
{
    return outcome(unlink(path));
}

static int try_rename(void *arg)
{
    const struct place *p = arg;
    return outcome(rename(p->data, p->secret));
}

static int try_symlink(void *path)
{
    return outcome(symlink("/etc/passwd", path));
}

static int try_fifo(void *path)
{
    return outcome(mkfifo(path, 0600));
}

static int try_chmod(void *path)
{
    return outcome(chmod(path, 0777));
}

static int try_chown(void *path)
{
    return outcome(chown(path, getuid(), getgid()));
}

static int try_utimes(void *path)
{
    return outcome(utimes(path, NULL));
}

static int try_truncate(void *path)
{
    return outcome(truncate(path, 1));
}

static void whoever_does_not_declare_writing_changes_nothing(void **state)
{
    (void)state;
    struct place p;
    const char *root;
    char fresh[96];
    skip_without_seccomp();
    place_init(&p);
    root = p.root;
    /* also where it may read */
    struct orch_sandbox_request reads = { .needs = ORCH_NEEDS_FILES_READ, .read = &root,
                                          .n_read = 1 };
    snprintf(fresh, sizeof fresh, "%s/fresh", p.in);
    assert_denied(&reads, try_append, p.data, EACCES);
    assert_refused(&reads, try_append, fresh, EACCES);
    assert_denied(&reads, try_temporary, p.in, EACCES);
    assert_refused(&reads, try_mkdir, fresh, EACCES);
    assert_refused(&reads, try_symlink, fresh, EPERM);
    assert_refused(&reads, try_fifo, fresh, EPERM);
    assert_denied(&reads, try_chmod, p.data, EPERM);
    assert_denied(&reads, try_chown, p.data, EPERM);
    assert_denied(&reads, try_utimes, p.data, EPERM);
    assert_denied(&reads, try_truncate, p.data, EPERM);
    assert_denied(&reads, try_truncating_read, p.data, EACCES);
    assert_refused(&reads, try_rename, &p, EACCES);
    assert_refused(&reads, try_unlink, p.data, EACCES);
    assert_int_equal(access(fresh, F_OK), -1);
    place_release(&p);
}

/* Its bytes come as descriptors, opened before or sent while it runs. */
static int read_given(void *arg)
{
    char text[8] = "";
    return read(*(int *)arg, text, 6) == 6 && strcmp(text, "1;2;3\n") == 0 ? 0 : EIO;
}

static void a_file_source_reads_the_descriptor_it_was_given(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    int fd = open(p.data, O_RDONLY | O_CLOEXEC);
    struct orch_sandbox_request given = { .keep = &fd, .n_keep = 1 };
    assert_true(fd >= 0);
    assert_allowed(&given, read_given, &fd);
    close(fd);
    place_release(&p);
}

/* ---- libraries ----------------------------------------------------------------------------- */

static int load_library(void *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL ? 0 : ELIBACC;
}

static int read_folder_beside(void *arg)
{
    const struct place *p = arg;
    return try_read((char *)p->secret);
}

static void libraries_load_inside_and_only_from_their_folders(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    const char *in = p.in;
    struct orch_sandbox_request request = { .libraries = &in, .n_libraries = 1 };
    assert_allowed(&no_needs, load_library, "libsqlite3.so.0");
    if (kernel().landlock_abi >= 1) {
        assert_allowed(&request, try_read, p.data);
        assert_refused(&request, read_folder_beside, &p, EACCES);
    }
    if (kernel().seccomp)
        assert_refused(&request, try_append, p.data, EACCES);
    place_release(&p);
}

/* ---- reading declared ---------------------------------------------------------------------- */

static void a_reader_opens_what_it_named_and_nothing_beside(void **state)
{
    (void)state;
    struct place p;
    char missing[96];
    skip_without_landlock(1);
    place_init(&p);
    snprintf(missing, sizeof missing, "%s/missing", p.root);
    const char *file[] = { p.data, missing }, *folder = p.in;
    struct orch_sandbox_request one = { .needs = ORCH_NEEDS_FILES_READ, .read = file, .n_read = 2 };
    struct orch_sandbox_request all = { .needs = ORCH_NEEDS_FILES_READ, .read = &folder,
                                        .n_read = 1 };
    assert_allowed(&one, try_read, p.data);
    assert_denied(&one, try_list, p.in, EACCES);
    assert_allowed(&all, try_read, p.data);
    assert_allowed(&all, try_list, p.in);
    assert_denied(&all, try_read, p.secret, EACCES);
    assert_denied(&all, try_read, "/etc/passwd", EACCES);
    place_release(&p);
}

static void a_way_around_by_a_link_is_closed(void **state)
{
    (void)state;
    struct place p;
    char around[96], climb[160];
    skip_without_landlock(1);
    place_init(&p);
    snprintf(around, sizeof around, "%s/around", p.in);
    snprintf(climb, sizeof climb, "%s/../out/secret", p.in);
    assert_int_equal(symlink(p.secret, around), 0);
    const char *folder = p.in;
    struct orch_sandbox_request all = { .needs = ORCH_NEEDS_FILES_READ, .read = &folder,
                                        .n_read = 1 };
    assert_denied(&all, try_read, around, EACCES);
    assert_denied(&all, try_read, climb, EACCES);
    place_release(&p);
}

/* ---- writing declared ---------------------------------------------------------------------- */

/* What a destination does: a new file beside the old one, forced to disk, put in its place. */
static int publish(void *arg)
{
    const struct place *p = arg;
    char staged[128], folder[128], inner[160];

    snprintf(staged, sizeof staged, "%s.new", p->data);
    snprintf(folder, sizeof folder, "%s/parts", p->in);
    snprintf(inner, sizeof inner, "%s/part", folder);
    int fd = open(staged, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0 || write(fd, "new", 3) != 3 || ftruncate(fd, 2) != 0 || fchmod(fd, 0640) != 0 ||
        fsync(fd) != 0 || rename(staged, p->data) != 0)
        return errno;
    if (mkdir(folder, 0755) != 0 || try_append(inner) != 0 || rename(inner, staged) != 0)
        return errno;
    int at = open(p->in, O_RDONLY | O_DIRECTORY);
    return at < 0 || fsync(at) != 0 ? errno : outcome(unlink(staged) | rmdir(folder));
}

static void a_destination_writes_in_its_folder(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    const char *folder = p.in;
    struct orch_sandbox_request writes = { .needs = ORCH_NEEDS_FILES_WRITE, .write = &folder,
                                           .n_write = 1 };
    if (kernel().landlock_abi != 1) /* which lets nothing move between folders */
        assert_allowed(&writes, publish, &p);
    assert_allowed(&writes, try_append, p.data);
    assert_allowed(&writes, try_read, p.data);
    assert_allowed(&writes, try_temporary, p.in);
    place_release(&p);
}

/* As libraries ask for a folder for temporary files. */
static int make_temporary(void *arg)
{
    char path[128];
    (void)arg;
    snprintf(path, sizeof path, "%s/spill-XXXXXX", getenv("TMPDIR"));
    return outcome(mkstemp(path));
}

static void a_destination_spills_into_its_folder(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    const char *folder = p.in;
    struct orch_sandbox_request writes = { .needs = ORCH_NEEDS_FILES_WRITE, .write = &folder,
                                           .n_write = 1 };
    assert_allowed(&writes, make_temporary, NULL);
    place_release(&p);
}

static int try_link_in(void *arg)
{
    const struct place *p = arg;
    char path[128];
    snprintf(path, sizeof path, "%s/stolen", p->in);
    return outcome(link(p->secret, path));
}

static int try_move_in(void *arg)
{
    const struct place *p = arg;
    return outcome(rename(p->secret, p->data));
}

/* Which of the two rights is missing first differs between kernels. */
static void assert_not_moved(const struct orch_sandbox_request *request, attempt_fn attempt,
                             struct place *p)
{
    int code = confined(request, attempt, p);
    assert_true(code == EACCES || code == EXDEV);
    assert_int_equal(unconfined(try_read, p->data), 0);
    assert_int_equal(unconfined(try_read, p->secret), 0);
}

static void a_destination_touches_nothing_outside_its_folder(void **state)
{
    (void)state;
    struct place p;
    char fresh[96];
    skip_without_landlock(1);
    skip_without_seccomp();
    place_init(&p);
    const char *folder = p.in;
    struct orch_sandbox_request writes = { .needs = ORCH_NEEDS_FILES_WRITE, .write = &folder,
                                           .n_write = 1 };
    snprintf(fresh, sizeof fresh, "%s/fresh", p.out);
    assert_denied(&writes, try_read, p.secret, EACCES);
    assert_denied(&writes, try_append, p.secret, EACCES);
    assert_refused(&writes, try_truncating_read, p.secret, EACCES);
    assert_refused(&writes, try_truncate, p.secret, EPERM);
    assert_denied(&writes, try_chmod, p.secret, EPERM);
    assert_refused(&writes, try_append, fresh, EACCES);
    assert_refused(&writes, try_mkdir, fresh, EACCES);
    assert_refused(&writes, try_unlink, p.secret, EACCES);
    assert_not_moved(&writes, try_rename, &p);
    assert_not_moved(&writes, try_move_in, &p);
    assert_not_moved(&writes, try_link_in, &p);
    assert_refused(&writes, try_append, "/tmp/orch-sandbox-fresh", EACCES);
    assert_refused(&writes, try_append, "/dev/shm/orch-sandbox-fresh", EACCES);
    place_release(&p);
}

/* A library of the system that is owned by who runs us must not be opened for others. */
static int try_open_to_all(void *path)
{
    int fd = open(path, O_RDONLY);
    return fd < 0 ? errno : outcome(fchmod(fd, 0666));
}

static int try_set_id(void *path)
{
    int fd = open(path, O_RDONLY);
    return fd < 0 ? errno : outcome(fchmod(fd, 04755));
}

static int try_give_away(void *path)
{
    int fd = open(path, O_RDONLY);
    return fd < 0 ? errno : outcome(fchown(fd, getuid(), getgid()));
}

static void modes_that_open_a_file_to_others_are_refused(void **state)
{
    (void)state;
    struct place p;
    skip_without_seccomp();
    place_init(&p);
    const char *folder = p.in;
    struct orch_sandbox_request writes = { .needs = ORCH_NEEDS_FILES_WRITE, .write = &folder,
                                           .n_write = 1 };
    assert_denied(&writes, try_open_to_all, p.data, EPERM);
    assert_denied(&writes, try_set_id, p.data, EPERM);
    assert_denied(&writes, try_give_away, p.data, EPERM);
    assert_refused(&writes, try_symlink, p.data, EPERM);
    place_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_source_opens_no_path),
        cmocka_unit_test(a_file_source_does_not_reach_the_ledger),
        cmocka_unit_test(whoever_does_not_declare_writing_changes_nothing),
        cmocka_unit_test(a_file_source_reads_the_descriptor_it_was_given),
        cmocka_unit_test(libraries_load_inside_and_only_from_their_folders),
        cmocka_unit_test(a_reader_opens_what_it_named_and_nothing_beside),
        cmocka_unit_test(a_way_around_by_a_link_is_closed),
        cmocka_unit_test(a_destination_writes_in_its_folder),
        cmocka_unit_test(a_destination_spills_into_its_folder),
        cmocka_unit_test(a_destination_touches_nothing_outside_its_folder),
        cmocka_unit_test(modes_that_open_a_file_to_others_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
