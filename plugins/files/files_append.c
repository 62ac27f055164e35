/* SPDX-License-Identifier: Apache-2.0 */
#include "files_append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "orch/error.h"

#define MARK     "\xEF\xBB\xBF"
#define MARK_LEN 3
#define CHUNK    (64 << 10)

static bool has_header(const struct files_lead *lead)
{
    return lead->options->format == FILES_CSV && lead->options->header;
}

orch_status files_append_start(const struct files_lead *lead, orch_error *err)
{
    char *header = NULL;
    size_t len = 0;
    if (lead->options->format == FILES_CSV && lead->options->bom)
        files_sink_put(lead->sink, MARK, MARK_LEN);
    if (has_header(lead)) {
        orch_status st = files_header_text(lead->layout, &header, &len, err);
        if (st != ORCH_OK)
            return st;
        files_sink_put(lead->sink, header, len);
        files_sink_put(lead->sink, lead->options->newline, strlen(lead->options->newline));
        free(header);
    }
    return files_sink_flush(lead->sink, err);
}

/* Fills the buffer as far as the file goes; -1 with errno. */
static ssize_t read_full(int fd, char *buffer, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, buffer + done, size - done);
        if (n == 0)
            break;
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

static orch_status header_differs(const struct files_lead *lead, const char *header,
                                  const char *found, size_t len, orch_error *err)
{
    size_t line = 0;
    while (line < len && line < 200 && found[line] != '\n' && found[line] != '\r')
        line++;
    orch_error_set(err, ORCH_ESCHEMA, "the columns of \"%s\" are not those of the run",
                   lead->options->path);
    orch_error_detail(err, "the file has %.*s, the run %.200s", (int)line, found, header);
    orch_error_hint(err, "use mode replace, or another path");
    return ORCH_ESCHEMA;
}

static orch_status header_compare(const struct files_lead *lead, const char *header, size_t len,
                                  const char *found, size_t found_len, orch_error *err)
{
    if (found_len >= MARK_LEN && memcmp(found, MARK, MARK_LEN) == 0) {
        found += MARK_LEN;
        found_len -= MARK_LEN;
    }
    bool same = found_len >= len && memcmp(found, header, len) == 0 &&
                (found_len == len || found[len] == '\n' || found[len] == '\r');
    return same ? ORCH_OK : header_differs(lead, header, found, found_len, err);
}

static orch_status header_check(const struct files_lead *lead, int fd, bool *empty,
                                orch_error *err)
{
    char *header = NULL;
    size_t len = 0;
    orch_status st = files_header_text(lead->layout, &header, &len, err);
    if (st != ORCH_OK)
        return st;
    char *found = malloc(len + MARK_LEN + 256);
    ssize_t n = found != NULL ? read_full(fd, found, len + MARK_LEN + 256) : 0;
    if (found == NULL)
        st = lite_no_memory(err);
    else if (n < 0 || lseek(fd, 0, SEEK_SET) != 0)
        st = lite_system_error(err, "read", lead->options->path, errno);
    else if (n > 0 && has_header(lead))
        st = header_compare(lead, header, len, found, (size_t)n, err);
    *empty = n == 0;
    free(found);
    free(header);
    return st;
}

static orch_status bytes_copy(const struct files_lead *lead, int fd, char *last, orch_error *err)
{
    ssize_t n;
    char *buffer = malloc(CHUNK);
    orch_status st = buffer != NULL ? ORCH_OK : lite_no_memory(err);
    while (st == ORCH_OK && (n = read_full(fd, buffer, CHUNK)) != 0) {
        if (n < 0) {
            st = lite_system_error(err, "read", lead->options->path, errno);
        } else if (lite_cancelled(lead->ledger)) {
            st = orch_error_set(err, ORCH_ECANCELLED, "cancelled");
        } else {
            files_sink_put(lead->sink, buffer, (size_t)n);
            st = files_sink_flush(lead->sink, err);
            *last = buffer[n - 1];
        }
    }
    free(buffer);
    return st;
}

orch_status files_append_copy(const struct files_lead *lead, orch_error *err)
{
    bool empty = false;
    char last = '\n';
    int fd = open(lead->options->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return lite_system_error(err, "read", lead->options->path, errno);
    orch_status st = header_check(lead, fd, &empty, err);
    if (st == ORCH_OK && empty)
        st = files_append_start(lead, err);
    else if (st == ORCH_OK)
        st = bytes_copy(lead, fd, &last, err);
    if (st == ORCH_OK && last != '\n')
        files_sink_put(lead->sink, lead->options->newline,
                       lead->options->format == FILES_CSV ? strlen(lead->options->newline) : 0);
    if (st == ORCH_OK && last != '\n' && lead->options->format == FILES_JSONL)
        files_sink_char(lead->sink, '\n');
    close(fd);
    return st;
}
