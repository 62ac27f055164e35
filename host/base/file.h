/* SPDX-License-Identifier: Apache-2.0 */
/* Files by path. Errors name the path, the cause, and what to do. */
#ifndef ORCH_BASE_FILE_H
#define ORCH_BASE_FILE_H

#include "base/str.h"

/* Reads a whole file of at most `cap` bytes into out (NUL-terminated). */
orch_status orch_file_read(const char *path, size_t cap, struct orch_text *out, orch_error *err);
/* The same, appended, of a file that is open already; `path` is for messages. */
orch_status orch_file_read_open(int fd, const char *path, size_t cap, struct orch_text *out,
                                orch_error *err);
/* Fills err for a failed system call on `path`: `verb` is "read", "open", "write"... */
orch_status orch_file_error(orch_error *err, const char *verb, const char *path, int code);
/* Makes a folder and those above it, mode 0700. */
orch_status orch_file_make_folder(const char *path, orch_error *err);
bool orch_file_exists(const char *path);
/* The folder part of a path ("." when none) and the last part. */
struct orch_str orch_path_folder(const char *path);
const char *orch_path_name(const char *path);

#endif
