/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_CELL = 40, MAX_COLUMNS = 64, PLAIN_WIDTH = 160 };

static size_t screen_width(void)
{
    struct winsize w = { 0 };
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20)
        return w.ws_col;
    return PLAIN_WIDTH;
}

/* The part of a cell that is shown on one line: no control bytes, at most `max` code points. */
static size_t put_cell(struct orch_text *out, const char *cell, size_t max)
{
    size_t shown = 0;
    const char *z = cell != NULL ? cell : "";
    for (size_t i = 0, n = strlen(z); i < n;) {
        uint32_t code;
        size_t len = orch_utf8_decode(z + i, n - i, &code);
        if (shown + 1 == max && i + len < n) {
            orch_text_puts(out, "\xE2\x80\xA6");
            return shown + 1;
        }
        if (code < 0x20 || (code >= 0x7F && code < 0xA0))
            orch_text_putc(out, ' ');
        else
            orch_text_add(out, z + i, len);
        shown++;
        i += len;
    }
    return shown;
}

static size_t cell_width(const char *cell)
{
    size_t n = cell != NULL ? orch_utf8_count(cell, strlen(cell)) : 0;
    return n < MAX_CELL ? n : MAX_CELL;
}

static bool is_number(const char *type)
{
    return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
}

static void put_padded(struct orch_text *out, const char *cell, size_t width, bool right)
{
    size_t shown = cell_width(cell);
    for (size_t i = shown; right && i < width; i++)
        orch_text_putc(out, ' ');
    put_cell(out, cell, MAX_CELL);
    for (size_t i = shown; !right && i < width; i++)
        orch_text_putc(out, ' ');
}

static size_t measure(const struct orch_grid *g, size_t *widths)
{
    size_t total = 0;
    for (size_t c = 0; c < g->n_columns; c++) {
        widths[c] = cell_width(g->names[c]);
        for (size_t r = 0; r < g->n_rows; r++) {
            size_t w = cell_width(orch_grid_cell(g, r, c));
            widths[c] = w > widths[c] ? w : widths[c];
        }
        total += widths[c] + 2;
    }
    return total;
}

static void put_row(const struct orch_grid *g, const size_t *widths, size_t row, bool header,
                    struct orch_text *out)
{
    for (size_t c = 0; c < g->n_columns; c++) {
        orch_text_puts(out, "  ");
        put_padded(out, header ? g->names[c] : orch_grid_cell(g, row, c), widths[c],
                   is_number(g->types[c]));
    }
    while (out->len > 0 && out->ptr[out->len - 1] == ' ')
        out->len--;
    orch_text_putc(out, '\n');
}

void cli_table_print_row(const struct orch_grid *g, size_t row, struct orch_text *out)
{
    size_t widest = 0;
    for (size_t c = 0; c < g->n_columns; c++)
        widest = cell_width(g->names[c]) > widest ? cell_width(g->names[c]) : widest;
    for (size_t c = 0; c < g->n_columns; c++) {
        orch_text_puts(out, "  ");
        put_padded(out, g->names[c], widest, false);
        orch_text_puts(out, "  ");
        put_cell(out, orch_grid_cell(g, row, c), 4096);
        orch_text_putc(out, '\n');
    }
}

void cli_table_print(const struct orch_grid *g, struct orch_text *out)
{
    size_t widths[MAX_COLUMNS];
    if (g->n_columns <= MAX_COLUMNS && measure(g, widths) <= screen_width()) {
        put_row(g, widths, 0, true, out);
        for (size_t r = 0; r < g->n_rows; r++)
            put_row(g, widths, r, false, out);
        return;
    }
    for (size_t r = 0; r < g->n_rows; r++) {
        orch_text_printf(out, "  row %zu\n", r + 1);
        cli_table_print_row(g, r, out);
    }
}

static void csv_cell(struct orch_text *out, const char *cell)
{
    const char *z = cell != NULL ? cell : "";
    if (strpbrk(z, ",\"\r\n") == NULL) {
        orch_text_puts(out, z);
        return;
    }
    orch_text_putc(out, '"');
    for (; *z != '\0'; z++) {
        if (*z == '"')
            orch_text_putc(out, '"');
        orch_text_putc(out, *z);
    }
    orch_text_putc(out, '"');
}

void cli_table_csv(const struct orch_grid *g, struct orch_text *out)
{
    for (size_t r = 0; r <= g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            if (c > 0)
                orch_text_putc(out, ',');
            csv_cell(out, r == 0 ? g->names[c] : orch_grid_cell(g, r - 1, c));
        }
        orch_text_puts(out, "\r\n");
    }
}

static void json_cell(struct orch_json *j, const char *name, const char *type, const char *cell)
{
    struct orch_str text = orch_str_from(cell);
    int64_t integer;
    double number;
    if (cell != NULL && strcmp(type, "integer") == 0 && orch_str_to_int(text, &integer))
        orch_json_int(j, name, integer);
    else if (cell != NULL && strcmp(type, "number") == 0 && orch_str_to_float(text, &number))
        orch_json_float(j, name, number);
    else if (cell != NULL && strcmp(type, "boolean") == 0)
        orch_json_bool(j, name, strcmp(cell, "true") == 0);
    else
        orch_json_text(j, name, cell);
}

void cli_table_json(const struct orch_grid *g, const char *key, struct orch_json *j)
{
    orch_json_open(j, key, '[');
    for (size_t r = 0; r < g->n_rows; r++) {
        orch_json_open(j, NULL, '{');
        for (size_t c = 0; c < g->n_columns; c++) {
            json_cell(j, g->names[c], g->types[c], orch_grid_cell(g, r, c));
        }
        orch_json_close(j, '}');
    }
    orch_json_close(j, ']');
}
