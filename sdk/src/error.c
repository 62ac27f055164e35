/* SPDX-License-Identifier: Apache-2.0 */
#include "orch/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "orch/utf8.h"

/* Ends a text that was cut with an ellipsis, on a code point boundary. */
static void mark_cut(char *field, size_t size)
{
    size_t end = size - 4;
    while (end > 0 && ((unsigned char)field[end] & 0xC0) == 0x80)
        end--;
    memcpy(field + end, "\xE2\x80\xA6", 4);
}

/* Errors quote data and names as they were found, at times cut inside a character: what is no text
 * becomes a question mark, so that logs stay UTF-8 and no terminal is given orders. */
static void make_text(char *field, bool lines)
{
    size_t left = strlen(field);
    while (left > 0) {
        size_t valid = orch_utf8_valid(field, left);
        for (char *end = field + valid; field < end; field++) {
            unsigned char c = (unsigned char)*field;
            if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
                *field = '?';
            else if (c < 0x20 && !(lines && c == '\n'))
                *field = ' ';
        }
        left -= valid;
        if (left > 0) {
            *field++ = '?';
            left--;
        }
    }
}

static void format_field(char *field, size_t size, bool lines, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static void format_field(char *field, size_t size, bool lines, const char *format, va_list args)
{
    int n = vsnprintf(field, size, format, args);
    if (n < 0)
        field[0] = '\0';
    else if ((size_t)n >= size)
        mark_cut(field, size);
    make_text(field, lines);
}

orch_status orch_error_set(orch_error *err, orch_status code, const char *format, ...)
{
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, format);
    /* The arguments may point into the error itself: format before clearing. */
    char message[sizeof err->message];
    format_field(message, sizeof message, false, format, args);
    va_end(args);
    *err = (orch_error)ORCH_ERROR_INIT;
    err->code = code;
    memcpy(err->message, message, sizeof message);
    return code;
}

void orch_error_detail(orch_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, format);
    char text[sizeof err->detail];
    format_field(text, sizeof text, true, format, args);
    va_end(args);
    memcpy(err->detail, text, sizeof text);
}

void orch_error_hint(orch_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, format);
    char text[sizeof err->hint];
    format_field(text, sizeof text, false, format, args);
    va_end(args);
    memcpy(err->hint, text, sizeof text);
}

orch_status orch_error_at(orch_error *err, int64_t row, const char *field)
{
    if (err == NULL)
        return ORCH_EINTERNAL;
    if (row != 0)
        err->row = row;
    if (field != NULL) {
        if ((size_t)snprintf(err->field, sizeof err->field, "%s", field) >= sizeof err->field)
            mark_cut(err->field, sizeof err->field);
        make_text(err->field, false);
    }
    return err->code;
}
