/* SPDX-License-Identifier: Apache-2.0 */
/* What a connector may do on this machine, told for people and for machines from one look-up. */
#include "worker/policy_part.h"

/* ---- text ---------------------------------------------------------------------------------- */

static void put_folders(const struct orch_policy *p, const char *connector, const char *key,
                        struct orch_text *out)
{
    const struct orch_conf_value *v;
    for (size_t i = 0; (v = orch_policy_line(p, connector, key, i)) != NULL; i++)
        orch_text_printf(out, "%s%s (%s)", i > 0 ? ", " : "below ", v->value, v->place);
}

static const char *folder_key(uint64_t need)
{
    return need == ORCH_NEEDS_FILES_READ    ? "read"
           : need == ORCH_NEEDS_FILES_WRITE ? "write" : NULL;
}

static void put_need(const struct orch_policy *p, const struct orch_loaded *loaded,
                     const struct orch_policy_need *need, struct orch_text *out)
{
    const char *name = loaded->connector.name, *folders = folder_key(need->bit);
    const struct orch_conf_value *line = orch_policy_taken(p, name, need);
    if ((loaded->connector.needs & need->bit) == 0)
        return;
    orch_text_printf(out, "  %-12s ", need->shown);
    if (line != NULL)
        orch_text_printf(out, "taken away (%s)", line->place);
    else if (folders != NULL && orch_policy_line(p, name, folders, 0) != NULL)
        put_folders(p, name, folders, out);
    else
        orch_text_puts(out, need->bit == ORCH_NEEDS_NETWORK ? "any host"
                                                            : "the paths of its options");
    orch_text_putc(out, '\n');
}

static void put_place(const struct orch_worker_limit *limit, struct orch_text *out)
{
    orch_text_printf(out, " (%s)\n", limit->place != NULL ? limit->place : "built in");
}

static void put_limits(const struct orch_worker_limits *l, struct orch_text *out)
{
    orch_text_printf(out, "  %-12s ", "memory");
    orch_policy_put_bytes(out, l->memory_bytes.value);
    put_place(&l->memory_bytes, out);
    orch_text_printf(out, "  %-12s ", "cpu");
    orch_policy_put_seconds(out, l->cpu_seconds.value);
    put_place(&l->cpu_seconds, out);
    orch_text_printf(out, "  %-12s ", "file size");
    orch_policy_put_bytes(out, l->file_size_bytes.value);
    put_place(&l->file_size_bytes, out);
}

static bool has_inputs(const struct orch_loaded *loaded)
{
    return (loaded->connector.capabilities & ORCH_CAP_INPUT) != 0;
}

void orch_policy_describe_text(const struct orch_policy *p, const struct orch_loaded *loaded,
                               struct orch_text *out)
{
    const char *name = loaded->connector.name, *place;
    struct orch_worker_limits limits = orch_policy_limits(p, name);
    const struct orch_conf_value *confines = orch_policy_confines(p, name);
    orch_text_puts(out, "\nRights on this machine\n");
    if (orch_policy_denies(p, name, &place))
        orch_text_printf(out, "  %-12s not at all (%s)\n", "used", place);
    if (has_inputs(loaded)) {
        orch_text_printf(out, "  %-12s ", "inputs");
        put_folders(p, name, "read", out);
        orch_text_puts(out, orch_policy_line(p, name, "read", 0) == NULL
                                ? "those of the option path, opened by the host\n" : "\n");
    }
    for (size_t i = 0; i < ORCH_POLICY_NEEDS; i++)
        put_need(p, loaded, &orch_policy_need_table[i], out);
    put_limits(&limits, out);
    if (confines != NULL)
        orch_text_printf(out, "  %-12s no (%s)\n", "in process", confines->place);
    if (orch_policy_requires_sandbox(p))
        orch_text_printf(out, "  %-12s required\n", "sandbox");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_limit(struct orch_json *j, const char *key, const struct orch_worker_limit *limit)
{
    orch_json_open(j, key, '{');
    orch_json_int(j, "value", limit->value);
    orch_json_text(j, "place", limit->place);
    orch_json_close(j, '}');
}

static void json_needs(const struct orch_policy *p, const struct orch_loaded *loaded,
                       struct orch_json *j)
{
    const char *name = loaded->connector.name;
    uint64_t left = orch_policy_needs(p, name, loaded->connector.needs);
    orch_json_open(j, "needs", '[');
    for (size_t i = 0; i < ORCH_POLICY_NEEDS; i++)
        if ((left & orch_policy_need_table[i].bit) != 0)
            orch_json_text(j, NULL, orch_policy_need_table[i].shown);
    orch_json_close(j, ']');
    orch_json_open(j, "taken_away", '[');
    for (size_t i = 0; i < ORCH_POLICY_NEEDS; i++) {
        const struct orch_policy_need *need = &orch_policy_need_table[i];
        if ((loaded->connector.needs & ~left & need->bit) == 0)
            continue;
        orch_json_open(j, NULL, '{');
        orch_json_text(j, "need", need->shown);
        orch_json_text(j, "place", orch_policy_taken(p, name, need)->place);
        orch_json_close(j, '}');
    }
    orch_json_close(j, ']');
}

static void json_folders(const struct orch_policy *p, const char *connector, const char *key,
                         struct orch_json *j)
{
    const struct orch_conf_value *v;
    if (orch_policy_line(p, connector, key, 0) == NULL) {
        orch_json_null(j, key);
        return;
    }
    orch_json_open(j, key, '[');
    for (size_t i = 0; (v = orch_policy_line(p, connector, key, i)) != NULL; i++) {
        orch_json_open(j, NULL, '{');
        orch_json_text(j, "folder", v->value);
        orch_json_text(j, "place", v->place);
        orch_json_close(j, '}');
    }
    orch_json_close(j, ']');
}

void orch_policy_describe_json(const struct orch_policy *p, const struct orch_loaded *loaded,
                               struct orch_json *j)
{
    const char *name = loaded->connector.name, *place;
    struct orch_worker_limits limits = orch_policy_limits(p, name);
    bool denied = orch_policy_denies(p, name, &place);
    orch_json_open(j, "rights", '{');
    orch_json_bool(j, "allowed", !denied);
    orch_json_text(j, "denied_by", place);
    json_needs(p, loaded, j);
    json_folders(p, name, "read", j);
    json_folders(p, name, "write", j);
    json_limit(j, "memory_bytes", &limits.memory_bytes);
    json_limit(j, "cpu_seconds", &limits.cpu_seconds);
    json_limit(j, "file_size_bytes", &limits.file_size_bytes);
    orch_json_bool(j, "in_process", orch_policy_confines(p, name) == NULL);
    orch_json_bool(j, "sandbox_required", orch_policy_requires_sandbox(p));
    orch_json_close(j, '}');
}
