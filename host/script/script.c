/* SPDX-License-Identifier: Apache-2.0 */
#include "script/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"
#include "orch/error.h"
#include "script/lua_bind.h"

#define DEFAULT_MEMORY ((size_t)256 << 20)
#define DEFAULT_INSTRUCTIONS INT64_C(100000000)
#define DEFAULT_CPU_MS 30000

/* ---- parameters -------------------------------------------------------------------------- */

static bool is_param_name(struct orch_str s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_.-";

    /* s ends before a "=", which is no letter */
    return s.len > 0 && s.len <= 64 && strspn(s.ptr, letters) == s.len;
}

static int compare_params(const void *a, const void *b)
{
    return strcmp(((const struct orch_script_param *)a)->name,
                  ((const struct orch_script_param *)b)->name);
}

static orch_status param_parse(struct orch_script *s, const char *text,
                               struct orch_script_param *out, orch_error *err)
{
    struct orch_str name = { text, strcspn(text, "=") };
    const char *value = text + name.len + 1;

    if (text[name.len] != '=' || !is_param_name(name)) {
        orch_error_set(err, ORCH_ECONFIG, "--param needs name=value");
        orch_error_detail(err, "%.100s", text);
        orch_error_hint(err, "write --param year=2025");
        return ORCH_ECONFIG;
    }
    if (orch_utf8_valid(value, strlen(value)) != strlen(value))
        return orch_error_set(err, ORCH_ECONFIG, "--param %.*s is not valid UTF-8",
                              ORCH_STR_ARG(name));
    out->name = orch_arena_str(&s->arena, name).ptr;
    out->value = orch_arena_strdup(&s->arena, value);
    if (!out->name || !out->value)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return ORCH_OK;
}

static orch_status params_parse(struct orch_script *s, const struct orch_script_request *request,
                                orch_error *err)
{
    s->params = orch_arena_array(&s->arena, request->n_params + 1, sizeof *s->params);
    if (!s->params)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < request->n_params; i++) {
        orch_status st = param_parse(s, request->params[i], &s->params[i], err);
        if (st != ORCH_OK)
            return st;
    }
    s->n_params = request->n_params;
    qsort(s->params, s->n_params, sizeof *s->params, compare_params);
    for (size_t i = 1; i < s->n_params; i++)
        if (strcmp(s->params[i].name, s->params[i - 1].name) == 0)
            return orch_error_set(err, ORCH_ECONFIG, "--param %s is given twice",
                                  s->params[i].name);
    return ORCH_OK;
}

/* ---- identity ---------------------------------------------------------------------------- */

static int rank(const char *kind)
{
    return strcmp(kind, "script") == 0 ? 0 : strcmp(kind, "territory") == 0 ? 1 : 2;
}

static int compare_files(const void *left, const void *right)
{
    const struct orch_script_file *a = *(const struct orch_script_file *const *)left;
    const struct orch_script_file *b = *(const struct orch_script_file *const *)right;

    if (rank(a->kind) != rank(b->kind))
        return rank(a->kind) - rank(b->kind);
    return strcmp(a->name, b->name);
}

static bool describe_files(const struct orch_script *s, struct orch_text *out)
{
    ORCH_VEC(const struct orch_script_file *) files = { 0 };
    bool ok = true;

    for (const struct orch_script_file *f = s->files; f && ok; f = f->next)
        ok = orch_vec_push(&files, f);
    if (ok && files.len)
        qsort(files.items, files.len, sizeof *files.items, compare_files);
    for (size_t i = 0; ok && i < files.len; i++) {
        const struct orch_script_file *f = files.items[i];
        ok = orch_text_printf(out, "%s %s %s\n", f->kind, rank(f->kind) == 2 ? f->name : "-",
                              f->sha256);
    }
    orch_vec_release(&files);
    return ok;
}

/* What a run depends on, in one fixed order; the length keeps values with line ends apart. */
static orch_status script_hash(const struct orch_script *s, char sha256[65], orch_error *err)
{
    struct orch_text text = { 0 };
    orch_status st;
    bool ok = describe_files(s, &text);

    for (size_t i = 0; ok && i < s->n_params; i++)
        ok = orch_text_printf(&text, "param %s %zu %s\n", s->params[i].name,
                              strlen(s->params[i].value), s->params[i].value);
    st = ok ? orch_sha256_text((struct orch_str){ text.ptr, text.len }, sha256, err)
            : orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_text_release(&text);
    return st;
}

/* ---- running ----------------------------------------------------------------------------- */

/* Argument 1: the path of the territory file. */
static int run_territory(lua_State *L)
{
    struct orch_script *s = orch_lua_script(L);

    orch_lua_compile(L, lua_touserdata(L, 1), s->territory_name, "territory");
    lua_call(L, 0, 1);
    if (lua_type(L, -1) != LUA_TTABLE)
        return orch_lua_raise(L, "end the file with: return { insee = \"35238\" }",
                              "territory %s must return a table, not %s", s->territory_name,
                              orch_lua_what(L, -1));
    orch_lua_territory_wrap(L);
    lua_setfield(L, LUA_REGISTRYINDEX, ORCH_LUA_TERRITORY);
    return 0;
}

/* Argument 1: the path of the script. */
static int run_script(lua_State *L)
{
    struct orch_script *s = orch_lua_script(L);
    struct orch_pipeline **pipeline;

    orch_lua_compile(L, lua_touserdata(L, 1), s->name, "script");
    lua_call(L, 0, 1);
    pipeline = luaL_testudata(L, -1, ORCH_LUA_PIPELINE);
    if (!pipeline)
        return orch_lua_raise(L, "end the script with: return o.pipeline { … }",
                              "%s returned %s, not a pipeline", s->name,
                              lua_type(L, -1) == LUA_TNIL ? "nothing" : orch_lua_what(L, -1));
    orch_lua_params_asked(L);
    s->pipeline = *pipeline;
    return 0;
}

static orch_status run_file(struct orch_script *s, lua_CFunction run, const char *path,
                            const char *name, orch_error *err)
{
    char message[300];
    orch_status st;

    snprintf(message, sizeof message, "cannot run \"%.200s\"", name);
    lua_pushcfunction(s->L, run);
    lua_pushlightuserdata(s->L, (void *)(uintptr_t)path);
    st = orch_lua_call(s, 1, 0, message, err);
    if (st != ORCH_OK && st != ORCH_ENOMEM && s->unread.code != ORCH_OK) {
        st = s->unread.code;
        if (err)
            *err = s->unread;
    }
    return st;
}

static orch_status script_prepare(struct orch_script *s, const struct orch_script_request *request,
                                  orch_error *err)
{
    s->limits = request->limits;
    if (s->limits.memory_bytes == 0)
        s->limits.memory_bytes = DEFAULT_MEMORY;
    if (s->limits.instructions <= 0)
        s->limits.instructions = DEFAULT_INSTRUCTIONS;
    if (s->limits.cpu_ms <= 0)
        s->limits.cpu_ms = DEFAULT_CPU_MS;
    s->arena.cap = s->limits.memory_bytes;
    s->cancelled = request->cancelled;
    s->name = orch_arena_strdup(&s->arena, orch_path_name(request->path));
    s->folder = orch_arena_str(&s->arena, orch_path_folder(request->path)).ptr;
    if (request->territory)
        s->territory_name = orch_arena_strdup(&s->arena, orch_path_name(request->territory));
    if (!s->name || !s->folder || (request->territory && !s->territory_name))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return params_parse(s, request, err);
}

static orch_status script_run(struct orch_script *s, const struct orch_script_request *request,
                              orch_error *err)
{
    orch_status st = orch_lua_open(s, err);

    if (st == ORCH_OK && request->territory)
        st = run_file(s, run_territory, request->territory, s->territory_name, err);
    if (st == ORCH_OK)
        st = run_file(s, run_script, request->path, s->name, err);
    if (st == ORCH_OK)
        st = script_hash(s, s->pipeline->sha256, err);
    return st;
}

/* ---- life -------------------------------------------------------------------------------- */

orch_status orch_script_load(const struct orch_script_request *request, struct orch_script **out,
                             orch_error *err)
{
    struct orch_script *s = orch_zalloc(1, sizeof *s);
    orch_status st;

    if (!s)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    st = script_prepare(s, request, err);
    if (st == ORCH_OK)
        st = script_run(s, request, err);
    if (st == ORCH_OK) {
        *out = s;
        s = NULL;
    }
    orch_script_free(s);
    return st;
}

const struct orch_pipeline *orch_script_pipeline(const struct orch_script *s)
{
    return s->pipeline;
}

void orch_script_free(struct orch_script *s)
{
    if (!s)
        return;
    orch_lua_close(s);
    orch_vec_release(&s->asked);
    orch_text_release(&s->file);
    orch_arena_release(&s->arena);
    free(s);
}
