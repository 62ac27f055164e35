/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/library_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* More parts than any linker makes: 4 to 12 are usual. */
enum { PARTS_MOST = 64 };

#if defined __x86_64__
#define THIS_MACHINE EM_X86_64
#elif defined __aarch64__
#define THIS_MACHINE EM_AARCH64
#elif defined __riscv
#define THIS_MACHINE EM_RISCV
#else
#define THIS_MACHINE EM_NONE
#endif

static bool is_of_this_machine(const ElfW(Ehdr) *header)
{
    return THIS_MACHINE == EM_NONE ||
           (header->e_machine == THIS_MACHINE &&
            header->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32));
}

/* The end of the last part that is mapped; 0 where that cannot be told. */
static uint64_t bytes_needed(int fd, const ElfW(Ehdr) *header)
{
    ElfW(Phdr) parts[PARTS_MOST];
    size_t n = header->e_phnum;
    uint64_t most = 0, end;

    if (n > PARTS_MOST || header->e_phentsize != sizeof *parts || header->e_phoff > INT32_MAX ||
        pread(fd, parts, n * sizeof *parts, (off_t)header->e_phoff) !=
            (ssize_t)(n * sizeof *parts))
        return 0;
    for (size_t i = 0; i < n; i++)
        if (parts[i].p_type == PT_LOAD &&
            !__builtin_add_overflow(parts[i].p_offset, parts[i].p_filesz, &end) && end > most)
            most = end;
    return most;
}

static orch_status refuse(const char *path, const char *why, const char *hint, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "cannot open library \"%s\"", orch_path_name(path));
    orch_error_detail(err, "%s: %s", path, why);
    orch_error_hint(err, "%s", hint);
    return ORCH_ECONFIG;
}

orch_status orch_library_file_check(const char *path, orch_error *err)
{
    ElfW(Ehdr) header;
    struct stat about;
    orch_status st = ORCH_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return ORCH_OK;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        goto done;
    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        st = refuse(path, "it is no library", "a connector is a shared library, NAME.so", err);
    else if (!is_of_this_machine(&header))
        st = refuse(path, "it is for another machine", "install a build of it for this machine",
                    err);
    else if (bytes_needed(fd, &header) > (uint64_t)about.st_size)
        st = refuse(path, "the file is cut off", "copy it again, as a whole", err);

done:
    close(fd);
    return st;
}
