/* SPDX-License-Identifier: Apache-2.0 */
/* layout print             prints sizes, offsets and constants; fails when a table has a hole
 * layout equal GOLDEN      they are those of the file
 * layout within GOLDEN     the file has them all: structs may have grown, nothing may have moved
 *
 * After a change that was meant: layout_current print > tests/abi/layout.golden */
#include "layout.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD = 0, BROKEN = 1, USAGE = 2, ELSEWHERE = 77, LINES = 1024, LINE = 160 };

struct lines {
    size_t n;
    char at[LINES][LINE];
};

static void add(struct lines *out, const char *line)
{
    size_t bytes = strlen(line) + 1;

    if (out->n == LINES || bytes > LINE) {
        fprintf(stderr, "more lines, or longer ones, than expected\n");
        exit(BROKEN);
    }
    memcpy(out->at[out->n++], line, bytes);
}

/* ---- printing ----------------------------------------------------------------------------- */

static bool add_struct(struct lines *out, const struct layout_struct *s)
{
    char line[LINE];
    size_t end = 0;
    bool whole = true;

    snprintf(line, sizeof line, "size %s %zu", s->name, s->size);
    add(out, line);
    for (size_t i = 0; i < s->n_members; i++) {
        const struct layout_member *m = &s->members[i];
        snprintf(line, sizeof line, "member %s.%s at %zu, %zu", s->name, m->name, m->offset,
                 m->size);
        add(out, line);
        whole = whole && (s->padded || m->offset == end);
        end = m->offset + m->size;
    }
    whole = whole && (s->padded || end == s->size);
    if (!whole)
        fprintf(stderr, "%s: the members listed do not fill it\n", s->name);
    return whole;
}

static bool add_structs(struct lines *out, const struct layout_struct *table)
{
    bool whole = true;

    for (const struct layout_struct *s = table; s->name; s++)
        whole = add_struct(out, s) && whole;
    return whole;
}

static bool make(struct lines *out)
{
    char line[LINE];
    bool whole = add_structs(out, layout_abi);

#ifdef LAYOUT_HELPER
    whole = add_structs(out, layout_helper) && whole;
#endif
    for (const struct layout_value *v = layout_values; v->name; v++) {
        if (v->text)
            snprintf(line, sizeof line, "text %s %s", v->name, v->text);
        else
            snprintf(line, sizeof line, "value %s %lld", v->name, v->number);
        add(out, line);
    }
    return whole;
}

/* ---- comparing ---------------------------------------------------------------------------- */

static bool read_golden(const char *path, struct lines *out)
{
    char line[LINE];
    FILE *file = fopen(path, "r");

    if (!file) {
        perror(path);
        return false;
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        add(out, line);
    }
    fclose(file);
    return true;
}

static bool has(const struct lines *lines, const char *line)
{
    for (size_t i = 0; i < lines->n; i++)
        if (strcmp(lines->at[i], line) == 0)
            return true;
    return false;
}

static bool lacks(const struct lines *lines, const struct lines *from, const char *what)
{
    bool any = false;

    for (size_t i = 0; i < from->n; i++) {
        if (has(lines, from->at[i]))
            continue;
        fprintf(stderr, "%s: %s\n", what, from->at[i]);
        any = true;
    }
    return any;
}

/* "size NAME N" and the minor version may grow within a major; their number is cut off here. */
static size_t growing(const char *line)
{
    if (strncmp(line, "size ", 5) != 0 && strncmp(line, "value ORCH_ABI_MINOR ", 21) != 0)
        return 0;
    return (size_t)(strrchr(line, ' ') - line) + 1;
}

static bool grown(const struct lines *golden, const char *line)
{
    size_t head = growing(line);

    for (size_t i = 0; head > 0 && i < golden->n; i++)
        if (strncmp(golden->at[i], line, head) == 0)
            return atoll(golden->at[i] + head) >= atoll(line + head);
    return false;
}

static bool broken(const struct lines *golden, const struct lines *old)
{
    bool any = false;

    for (size_t i = 0; i < old->n; i++) {
        if (has(golden, old->at[i]) || grown(golden, old->at[i]))
            continue;
        fprintf(stderr, "1.0 had: %s\n", old->at[i]);
        any = true;
    }
    return any;
}

int main(int argc, char **argv)
{
    static struct lines here, golden;
    bool whole = make(&here);

    if (argc == 2 && strcmp(argv[1], "print") == 0) {
        for (size_t i = 0; i < here.n; i++)
            puts(here.at[i]);
        return whole ? HELD : BROKEN;
    }
    if (argc != 3)
        return USAGE;
    if (sizeof(void *) != 8 || _Alignof(int64_t) != 8) {
        fprintf(stderr, "the golden file is of machines with 64 bits\n");
        return ELSEWHERE;
    }
    if (!read_golden(argv[2], &golden))
        return BROKEN;
    if (strcmp(argv[1], "within") == 0)
        return broken(&golden, &here) || !whole ? BROKEN : HELD;
    bool differs = lacks(&golden, &here, "new");
    differs = lacks(&here, &golden, "gone") || differs;
    return differs || !whole ? BROKEN : HELD;
}
