/* SPDX-License-Identifier: Apache-2.0 */
#include "report/summary.h"

#include "base/clock.h"
#include "base/json.h"
#include "run/reconcile.h"

enum { SHOWN_REASONS = 5, COUNT_WIDTH = 13, SHOWN_POSITION = 120 };

const char *orch_outcome_name(enum orch_outcome o)
{
    static const char *const names[] = { "failed", "loaded", "unchanged", "dry run" };
    return names[o];
}

/* ---- text ---------------------------------------------------------------------------------- */

static void put_bytes(struct orch_text *t, int64_t bytes)
{
    if (bytes >= 1000000000)
        orch_text_printf(t, "%.2f GB", (double)bytes / 1e9);
    else if (bytes >= 1000000)
        orch_text_printf(t, "%.1f MB", (double)bytes / 1e6);
    else if (bytes >= 1000)
        orch_text_printf(t, "%.1f kB", (double)bytes / 1e3);
    else
        orch_text_printf(t, "%lld bytes", (long long)bytes);
}

/* "  loaded        8 920": the count right-aligned by what people see, not by bytes. */
static void put_line(struct orch_text *t, const char *word, int64_t count)
{
    struct orch_text number = { 0 };
    orch_text_count(&number, count);
    size_t shown = orch_utf8_count(orch_text_z(&number), number.len);
    orch_text_printf(t, "  %-9s", word);
    for (size_t i = shown; i < COUNT_WIDTH; i++)
        orch_text_putc(t, ' ');
    orch_text_puts(t, orch_text_z(&number));
    orch_text_release(&number);
}

static void put_read(struct orch_text *t, const struct orch_run_report *r)
{
    put_line(t, "read", r->books.read);
    if (r->n_inputs > 0) {
        orch_text_printf(t, "   %zu input%s, ", r->n_inputs, r->n_inputs == 1 ? "" : "s");
        int64_t bytes = 0;
        for (size_t i = 0; i < r->n_inputs; i++)
            bytes += r->inputs[i].size_bytes;
        put_bytes(t, bytes);
    }
    orch_text_putc(t, '\n');
    if (r->books.added > 0) {
        put_line(t, "added", r->books.added);
        orch_text_puts(t, "   rows made of one record beyond its first\n");
    }
}

static void put_loaded(struct orch_text *t, const struct orch_run_report *r)
{
    const orch_write_counts *c = &r->books.counts;
    put_line(t, "loaded", orch_books_loaded(&r->books));
    orch_text_puts(t, "   ");
    orch_text_count(t, c->inserted);
    orch_text_puts(t, " inserted, ");
    orch_text_count(t, c->updated);
    orch_text_puts(t, " updated, ");
    orch_text_count(t, c->unchanged);
    orch_text_puts(t, " unchanged\n");
    if (c->merged > 0) {
        put_line(t, "merged", c->merged);
        orch_text_puts(t, "   same key twice in the input, the last one kept\n");
    }
    if (r->books.filtered > 0) {
        put_line(t, "filtered", r->books.filtered);
        orch_text_putc(t, '\n');
    }
}

/* Names and values of an export must not move the cursor. */
static void put_outside(struct orch_text *t, const char *text)
{
    orch_text_escape(t, orch_str_from(text), SIZE_MAX);
}

static void put_rejects(struct orch_text *t, const struct orch_run_report *r)
{
    if (r->books.rejected == 0)
        return;
    put_line(t, "rejected", r->books.rejected);
    orch_text_putc(t, '\n');
    for (size_t i = 0; i < r->n_reasons && i < SHOWN_REASONS; i++) {
        const struct orch_reason *reason = &r->reasons[i];
        orch_text_printf(t, "    %6lld x ", (long long)reason->count);
        put_outside(t, reason->column);
        orch_text_puts(t, reason->column[0] != '\0' ? ": " : "");
        put_outside(t, reason->rule);
        orch_text_puts(t, "   for example: ");
        put_outside(t, reason->example);
        orch_text_putc(t, '\n');
    }
    if (r->n_reasons > SHOWN_REASONS)
        orch_text_printf(t, "    and %zu more reasons\n", r->n_reasons - SHOWN_REASONS);
}

static void put_position(struct orch_text *t, const struct orch_run_report *r)
{
    struct orch_str json = { orch_text_z(&r->position.json), r->position.json.len };
    if (!r->position.known)
        return;
    orch_text_puts(t, "  position ");
    orch_text_escape(t, json, SHOWN_POSITION);
    orch_text_putc(t, '\n');
}

static void put_unchanged(struct orch_text *t, const struct orch_run_report *r)
{
    if (r->resumed)
        orch_text_puts(t, "  nothing came since the last run; --from-start reads everything\n");
    else
        orch_text_puts(t, "  inputs, script and connectors are those of the last run; "
                          "--force runs anyway\n");
}

static void put_end(struct orch_text *t, const struct orch_run_report *r)
{
    orch_text_printf(t, "  into %s %s", r->destination, r->target);
    if (r->outcome == ORCH_OUTCOME_DRY)
        orch_text_puts(t, " (dry run: nothing was committed)");
    orch_text_printf(t, "\n  run %s, cpu %.2f s, peak ", r->run, (double)r->cpu_us / 1e6);
    put_bytes(t, r->peak_bytes);
    orch_text_putc(t, '\n');
}

bool orch_summary_text(const struct orch_run_report *r, struct orch_text *out)
{
    orch_text_printf(out, "%s: %s in %.2f s", r->pipeline, orch_outcome_name(r->outcome),
                     (double)r->wall_us / 1e6);
    if (r->attempts > 1)
        orch_text_printf(out, ", %u attempts", r->attempts);
    orch_text_putc(out, '\n');
    if (r->outcome == ORCH_OUTCOME_UNCHANGED) {
        put_unchanged(out, r);
        return !out->failed;
    }
    put_read(out, r);
    put_loaded(out, r);
    put_rejects(out, r);
    put_position(out, r);
    put_end(out, r);
    return !out->failed;
}

/* Names of files and columns come from outside: they must not move the cursor. */
static void error_line(struct orch_text *out, const char *before, const char *text, size_t len)
{
    orch_text_puts(out, before);
    orch_text_escape(out, (struct orch_str){ text, len }, len);
    orch_text_putc(out, '\n');
}

bool orch_error_print(const orch_error *e, struct orch_text *out)
{
    error_line(out, "orchestra: ", e->message, strlen(e->message));
    if (e->row > 0)
        orch_text_printf(out, "  record %lld%s%s\n", (long long)e->row,
                         e->field[0] != '\0' ? ", column " : "", e->field);
    for (const char *line = e->detail; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        error_line(out, "  ", line, len);
        line += len + (line[len] == '\n');
    }
    if (e->hint[0] != '\0')
        error_line(out, "  hint: ", e->hint, strlen(e->hint));
    return !out->failed;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static const char *shown_position(const struct orch_run_report *r)
{
    bool holds = r->position.known && r->outcome != ORCH_OUTCOME_FAILED;
    return holds ? orch_text_z(&r->position.json) : NULL;
}

static void json_counts(struct orch_json *j, const struct orch_run_report *r)
{
    orch_json_int(j, "read", r->books.read);
    orch_json_int(j, "added", r->books.added);
    orch_json_int(j, "loaded", orch_books_loaded(&r->books));
    orch_json_int(j, "inserted", r->books.counts.inserted);
    orch_json_int(j, "updated", r->books.counts.updated);
    orch_json_int(j, "unchanged", r->books.counts.unchanged);
    orch_json_int(j, "merged", r->books.counts.merged);
    orch_json_int(j, "filtered", r->books.filtered);
    orch_json_int(j, "rejected", r->books.rejected);
}

static void json_inputs(struct orch_json *j, const struct orch_run_report *r)
{
    orch_json_open(j, "inputs", '[');
    for (size_t i = 0; i < r->n_inputs; i++) {
        orch_json_open(j, NULL, '{');
        orch_json_text(j, "path", r->inputs[i].path);
        orch_json_int(j, "size_bytes", r->inputs[i].size_bytes);
        orch_json_text(j, "sha256", r->inputs[i].sha256);
        orch_json_text(j, "encoding",
                       r->inputs[i].encoding[0] != '\0' ? r->inputs[i].encoding : NULL);
        orch_json_close(j, '}');
    }
    orch_json_close(j, ']');
}

static void json_reasons(struct orch_json *j, const struct orch_run_report *r)
{
    orch_json_open(j, "reasons", '[');
    for (size_t i = 0; i < r->n_reasons; i++) {
        orch_json_open(j, NULL, '{');
        orch_json_text(j, "column", r->reasons[i].column);
        orch_json_text(j, "rule", r->reasons[i].rule);
        orch_json_int(j, "count", r->reasons[i].count);
        orch_json_text(j, "example", r->reasons[i].example);
        orch_json_close(j, '}');
    }
    orch_json_close(j, ']');
}

static void json_error(struct orch_json *j, const orch_error *e)
{
    if (e->code == ORCH_OK) {
        orch_json_null(j, "error");
        return;
    }
    orch_json_open(j, "error", '{');
    orch_json_text(j, "message", e->message);
    orch_json_text(j, "detail", e->detail);
    orch_json_text(j, "hint", e->hint);
    orch_json_int(j, "record", e->row);
    orch_json_text(j, "field", e->field);
    orch_json_text(j, "sqlstate", e->sqlstate);
    orch_json_close(j, '}');
}

bool orch_summary_json(const struct orch_run_report *r, int exit_code, struct orch_text *out)
{
    struct orch_json j;
    char started[40];
    orch_format_timestamp(r->started_us, started);
    orch_json_begin(&j, out, 2);
    orch_json_open(&j, NULL, '{');
    orch_json_text(&j, "run", r->run);
    orch_json_text(&j, "pipeline", r->pipeline);
    orch_json_text(&j, "outcome", orch_outcome_name(r->outcome));
    orch_json_int(&j, "exit_code", exit_code);
    orch_json_int(&j, "attempts", r->attempts);
    orch_json_text(&j, "started", started);
    orch_json_text(&j, "source", r->source);
    orch_json_text(&j, "destination", r->destination);
    orch_json_text(&j, "target", r->target);
    json_counts(&j, r);
    orch_json_int(&j, "source_bytes", r->source_bytes);
    orch_json_text(&j, "position", shown_position(r));
    orch_json_int(&j, "wall_ms", r->wall_us / 1000);
    orch_json_int(&j, "cpu_ms", r->cpu_us / 1000);
    orch_json_int(&j, "peak_bytes", r->peak_bytes);
    json_inputs(&j, r);
    json_reasons(&j, r);
    json_error(&j, &r->error);
    orch_json_close(&j, '}');
    orch_text_putc(out, '\n');
    return !out->failed;
}
