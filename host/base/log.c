/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

#define VALUE_MOST 4096       /* bytes of one value; the rest is cut */
#define LINE_MOST (64 * 1024) /* bytes of a line */

static atomic_int log_format = ORCH_LOG_TEXT;
static atomic_int log_least = ORCH_LOG_WARN;
static _Atomic(void (*)(void)) log_hook;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER; /* over the hook and its line */

void orch_log_setup(enum orch_log_format format, int least_level)
{
    atomic_store(&log_format, (int)format);
    atomic_store(&log_least, least_level);
}

int orch_log_least(int level)
{
    return atomic_exchange(&log_least, level);
}

bool orch_log_enabled(int level)
{
    return level >= atomic_load_explicit(&log_least, memory_order_relaxed);
}

void orch_log_before_line(void (*hook)(void))
{
    atomic_store(&log_hook, hook);
}

/* ---- lines --------------------------------------------------------------------------------- */

struct line {
    struct orch_text text;
    struct orch_json json;
    bool as_json;
};

static int level_index(int level)
{
    if (level < ORCH_LOG_DEBUG)
        return ORCH_LOG_DEBUG;
    return level > ORCH_LOG_ERROR ? ORCH_LOG_ERROR : level;
}

static void line_begin(struct line *line, int level, const char *event)
{
    static const char *const words[] = { "debug", "info", "warning", "error" };
    static const char *const codes[] = { "debug", "info", "warn", "error" };
    char time[40];

    *line = (struct line){ .text.cap = LINE_MOST };
    line->as_json = atomic_load(&log_format) == ORCH_LOG_JSON;
    if (!line->as_json) {
        orch_text_printf(&line->text, "orchestra: %s: ", words[level_index(level)]);
        orch_text_escape(&line->text, orch_str_from(event), VALUE_MOST);
        return;
    }
    orch_format_timestamp(orch_clock_now_us(), time);
    orch_json_begin(&line->json, &line->text, 0);
    orch_json_open(&line->json, NULL, '{');
    orch_json_text(&line->json, "time", time);
    orch_json_text(&line->json, "level", codes[level_index(level)]);
    orch_json_text(&line->json, "event", event);
}

static struct orch_str cut(struct orch_str s)
{
    if (s.len <= VALUE_MOST)
        return s;
    s.len = VALUE_MOST;
    while (s.len > 0 && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80)
        s.len--;
    return s;
}

/* A value that reads as one word needs no quotes. */
static bool is_word(struct orch_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c == '"' || c == '=' || c >= 0x7F)
            return false;
    }
    return s.len > 0 && s.len <= VALUE_MOST;
}

static void line_text(struct line *line, const char *key, const char *value)
{
    struct orch_str s = orch_str_from(value);
    if (line->as_json) {
        if (value)
            orch_json_str(&line->json, key, cut(s));
        else
            orch_json_null(&line->json, key);
        return;
    }
    orch_text_printf(&line->text, " %s=", key);
    if (is_word(s))
        orch_text_add(&line->text, s.ptr, s.len);
    else
        orch_text_quote(&line->text, s, VALUE_MOST);
}

static void line_number(struct line *line, const char *key, int64_t number)
{
    if (line->as_json)
        orch_json_int(&line->json, key, number);
    else
        orch_text_printf(&line->text, " %s=%lld", key, (long long)number);
}

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* A line that memory or its bound cut short is written as far as it got: better than none. */
static void line_end(struct line *line)
{
    if (line->as_json)
        orch_json_close(&line->json, '}');
    if (orch_text_putc(&line->text, '\n') || line->text.len > 0) {
        int saved = errno;
        void (*hook)(void) = atomic_load(&log_hook);
        if (line->text.failed)
            line->text.ptr[line->text.len - 1] = '\n';
        pthread_mutex_lock(&log_lock);
        if (hook)
            hook();
        write_all(line->text.ptr, line->text.len);
        pthread_mutex_unlock(&log_lock);
        errno = saved;
    }
    orch_text_release(&line->text);
}

void orch_log(int level, const char *event, ...)
{
    struct line line;
    va_list args;
    const char *key;

    if (!orch_log_enabled(level))
        return;
    line_begin(&line, level, event);
    va_start(args, event);
    while ((key = va_arg(args, const char *)) != NULL) {
        struct orch_log_value value = va_arg(args, struct orch_log_value);
        if (value.kind == ORCH_LOG_VALUE_INT)
            line_number(&line, key, value.number);
        else
            line_text(&line, key, value.text);
    }
    va_end(args);
    line_end(&line);
}

void orch_log_line(int level, const char *event, const char *text)
{
    struct line line;

    if (!orch_log_enabled(level))
        return;
    line_begin(&line, level, event);
    if (line.as_json) {
        line_text(&line, "text", text);
    } else {
        orch_text_puts(&line.text, ": ");
        orch_text_escape(&line.text, orch_str_from(text), VALUE_MOST);
    }
    line_end(&line);
}
