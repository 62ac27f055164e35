/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/packed.h"

#include <string.h>

#define TAR_SUM_AT 148
#define TAR_SUM_BYTES 8
#define ZIP_NAME_AT 30

static const struct {
    enum orch_packed kind;
    const char *bytes;
    size_t len;
} marks[] = {
    { ORCH_PACKED_GZIP, "\x1F\x8B\x08", 3 },
    { ORCH_PACKED_XZ, "\xFD" "7zXZ\0", 6 },
    { ORCH_PACKED_ZSTD, "\x28\xB5\x2F\xFD", 4 },
    { ORCH_PACKED_ZIP, "PK\x03\x04", 4 },
    { ORCH_PACKED_ZIP, "PK\x05\x06", 4 }, /* an empty one */
    { ORCH_PACKED_7Z, "7z\xBC\xAF\x27\x1C", 6 },
};

/* A text may begin with BZh and a digit; what follows in a bzip2 file is pi, or for an empty file
 * its root. */
static bool is_bzip2(const uint8_t *head, size_t n)
{
    return n >= 10 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9' &&
           (memcmp(head + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* The head of the first member has a sum over itself, its own eight bytes taken as blanks. No text
 * has it by chance. */
static bool is_tar(const uint8_t *head, size_t n)
{
    unsigned sum = 0, told = 0;
    size_t digits = 0;

    if (n < ORCH_PACKED_HEAD || head[0] == 0)
        return false;
    for (size_t i = 0; i < ORCH_PACKED_HEAD; i++)
        sum += i >= TAR_SUM_AT && i < TAR_SUM_AT + TAR_SUM_BYTES ? ' ' : head[i];
    for (size_t i = TAR_SUM_AT; i < TAR_SUM_AT + TAR_SUM_BYTES; i++) {
        if (head[i] >= '0' && head[i] <= '7') {
            told = told * 8 + (head[i] - '0');
            digits++;
        } else if (head[i] != ' ' && head[i] != 0) {
            return false;
        }
    }
    return digits > 0 && told == sum;
}

/* Their writers put one of these first: a file of that name, or something in that folder. */
static bool is_document(const uint8_t *head, size_t n)
{
    static const char *const first[] = { "[Content_Types].xml", "_rels/", "docProps/", "xl/",
                                         "word/", "ppt/", "customXml/", "mimetype" };

    if (n < ZIP_NAME_AT)
        return false;
    size_t named = head[ZIP_NAME_AT - 4] | (size_t)head[ZIP_NAME_AT - 3] << 8;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        size_t len = strlen(first[i]);
        if (n >= ZIP_NAME_AT + len && memcmp(head + ZIP_NAME_AT, first[i], len) == 0 &&
            (first[i][len - 1] == '/' || named == len))
            return true;
    }
    return false;
}

enum orch_packed orch_packed_find(const uint8_t *head, size_t n)
{
    enum orch_packed kind = ORCH_PACKED_NONE;

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (n >= marks[i].len && memcmp(head, marks[i].bytes, marks[i].len) == 0)
            kind = marks[i].kind;
    if (kind == ORCH_PACKED_ZIP && is_document(head, n))
        return ORCH_PACKED_NONE;
    if (kind == ORCH_PACKED_NONE && is_bzip2(head, n))
        return ORCH_PACKED_BZIP2;
    if (kind == ORCH_PACKED_NONE && is_tar(head, n))
        return ORCH_PACKED_TAR;
    return kind;
}

const char *orch_packed_name(enum orch_packed kind)
{
    static const char *const names[] = { "plain", "gzip", "bzip2", "xz", "zstd", "tar", "zip",
                                         "7z" };
    return names[kind];
}

bool orch_packed_is_single(enum orch_packed kind)
{
    return kind >= ORCH_PACKED_GZIP && kind <= ORCH_PACKED_ZSTD;
}

bool orch_packed_seeks(enum orch_packed kind)
{
    return kind == ORCH_PACKED_ZIP || kind == ORCH_PACKED_7Z;
}
