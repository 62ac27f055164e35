/* SPDX-License-Identifier: Apache-2.0 */
/* require: "orchestra", then NAME.lua in the script's folder, in the folders of
 * ORCHESTRA_LUA_PATH, and in the shipped library (installed, or the source tree's when the binary
 * runs from its build folder). Names have dots for folders and cannot lead out of them. */
#include "script/lua_bind.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "orch/error.h"

#define LOADED "orchestra.loaded"   /* registry: modules by name */
#define LOADING "orchestra.loading" /* registry: names being loaded, in order */
#define PATH_BYTES 4096

/* ---- compiling --------------------------------------------------------------------------- */

static void remember_file(lua_State *L, const char *kind, const char *name)
{
    struct orch_script *s = orch_lua_script(L);
    struct orch_script_file *file = orch_lua_zalloc(L, 1, sizeof *file);
    orch_error err = ORCH_ERROR_INIT;

    file->kind = kind;
    file->name = orch_lua_keep(L, name, strlen(name));
    if (orch_sha256_text((struct orch_str){ s->file.ptr, s->file.len }, file->sha256, &err) !=
        ORCH_OK)
        orch_lua_raise_status(L, &err);
    file->next = s->files;
    s->files = file;
}

static int line_of(const char *text, size_t offset)
{
    int line = 1;

    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

void orch_lua_compile(lua_State *L, const char *path, const char *chunk, const char *kind)
{
    struct orch_script *s = orch_lua_script(L);
    orch_error err = ORCH_ERROR_INIT;
    struct orch_str text;
    size_t valid;

    orch_text_release(&s->file);
    if (orch_file_read(path, ORCH_SCRIPT_FILE_BYTES, &s->file, &err) != ORCH_OK) {
        if (strcmp(kind, "module") != 0)
            s->unread = err;
        orch_lua_raise_status(L, &err);
    }
    text = (struct orch_str){ orch_text_z(&s->file), s->file.len };
    valid = orch_utf8_valid(text.ptr, text.len);
    if (valid != text.len)
        orch_lua_raise(L, "save it as UTF-8", "%s:%d: not valid UTF-8", chunk,
                       line_of(text.ptr, valid));
    remember_file(L, kind, chunk);
    if (orch_str_starts(text, ORCH_STR("\xEF\xBB\xBF"))) {
        text.ptr += 3;
        text.len -= 3;
    }
    lua_pushfstring(L, "@%s", chunk);
    if (luaL_loadbufferx(L, text.ptr, text.len, lua_tostring(L, -1), "t") != LUA_OK)
        lua_error(L);
    lua_remove(L, -2);
}

/* ---- finding ----------------------------------------------------------------------------- */

static bool is_module_name(const char *name)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t total = 0;

    for (;;) {
        size_t n = strspn(name, letters);
        total += n + 1;
        if (n == 0 || total > 200)
            return false;
        if (name[n] == '\0')
            return true;
        if (name[n] != '.')
            return false;
        name += n + 1;
    }
}

/* FOLDER/a/b.lua for "a.b", if it is there. */
static bool module_in(struct orch_str folder, const char *name, char path[PATH_BYTES])
{
    int n = snprintf(path, PATH_BYTES, "%.*s/%s.lua", ORCH_STR_ARG(folder), name);

    if (n < 0 || n >= PATH_BYTES)
        return false;
    for (char *c = path + folder.len + 1; c < path + n - 4; c++)
        if (*c == '.')
            *c = '/';
    return orch_file_exists(path);
}

static bool module_in_list(const char *folders, const char *name, char path[PATH_BYTES])
{
    while (folders && *folders) {
        struct orch_str folder = { folders, strcspn(folders, ":") };
        if (folder.len && module_in(folder, name, path))
            return true;
        folders += folder.len + (folders[folder.len] == ':');
    }
    return false;
}

static bool module_shipped(const char *name, char path[PATH_BYTES])
{
    static const char *const places[] = { "../share/orchestra/lua", "../scripts/library",
                                          "../../scripts/library", "../../../scripts/library" };
    char exe[PATH_BYTES];
    char folder[PATH_BYTES + 32];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (n <= 0)
        return false;
    exe[n] = '\0';
    struct orch_str home = orch_path_folder(exe);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(folder, sizeof folder, "%.*s/%s", ORCH_STR_ARG(home), places[i]);
        if (module_in(orch_str_from(folder), name, path))
            return true;
    }
    return false;
}

/* The path of a module's file, and in *chunk how places name it. */
static bool module_find(lua_State *L, const char *name, char path[PATH_BYTES], const char **chunk)
{
    const char *shipped = "";
    char *text;

    if (!module_in(orch_str_from(orch_lua_script(L)->folder), name, path)) {
        if (module_in_list(getenv("ORCHESTRA_LUA_PATH"), name, path) || module_shipped(name, path))
            shipped = ORCH_SHIPPED_PREFIX;
        else
            return false;
    }
    text = orch_lua_printf(L, "%s%s.lua", shipped, name);
    for (char *c = text + strlen(shipped); c < text + strlen(text) - 4; c++)
        if (*c == '.')
            *c = '/';
    *chunk = text;
    return true;
}

/* The module file in the script's folder whose name is nearest. */
static bool nearest_module(const char *folder, const char *name, char out[256])
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t best = 3;

    out[0] = '\0';
    while (dir && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 4, ".lua") != 0)
            continue;
        size_t distance = orch_str_distance(orch_str_from(name),
                                            (struct orch_str){ entry->d_name, len - 4 }, best);
        if (distance < best) {
            best = distance;
            snprintf(out, 256, "%.*s", (int)(len - 4), entry->d_name);
        }
    }
    if (dir)
        closedir(dir);
    return out[0] != '\0';
}

static int raise_not_found(lua_State *L, const char *name)
{
    char nearest[256];
    char hint[300];

    if (nearest_module(orch_lua_script(L)->folder, name, nearest))
        snprintf(hint, sizeof hint, "did you mean \"%.200s\"?", nearest);
    else
        snprintf(hint, sizeof hint,
                 "modules are files NAME.lua beside the script, or of the shipped library");
    return orch_lua_raise(L, hint, "no module \"%s\"", name);
}

/* ---- require ----------------------------------------------------------------------------- */

/* Raises when the module is among those being loaded: "a" -> "b" -> "a". */
static void refuse_cycle(lua_State *L, const char *name)
{
    luaL_Buffer chain;
    bool found = false;

    lua_getfield(L, LUA_REGISTRYINDEX, LOADING);
    int list = lua_gettop(L);
    luaL_buffinit(L, &chain);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, list); i++) {
        lua_rawgeti(L, list, i);
        found = found || strcmp(lua_tostring(L, -1), name) == 0;
        if (!found) {
            lua_pop(L, 1);
            continue;
        }
        luaL_addvalue(&chain);
        luaL_addstring(&chain, " -> ");
    }
    luaL_addstring(&chain, name);
    luaL_pushresult(&chain);
    if (found)
        orch_lua_raise(L, "move what both need into a third module",
                       "modules require each other: %s", lua_tostring(L, -1));
    lua_settop(L, list - 1);
}

static void mark_loading(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LOADING);
    lua_pushstring(L, name);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

static void unmark_loading(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LOADING);
    lua_pushnil(L);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2));
    lua_pop(L, 1);
}

/* [-0, +1] Runs the module's file; its value is left on the stack. */
static void load_module(lua_State *L, const char *name)
{
    enum { SEARCH_WORK = 50000 }; /* files are looked for, and folders listed when there is none */
    char path[PATH_BYTES];
    const char *chunk = NULL;

    orch_lua_charge(L, SEARCH_WORK);
    if (!module_find(L, name, path, &chunk))
        raise_not_found(L, name);
    refuse_cycle(L, name);
    orch_lua_compile(L, path, chunk, "module");
    mark_loading(L, name);
    int status = lua_pcall(L, 0, 1, 0);
    unmark_loading(L); /* a pcall of the script may go on after a failure */
    if (status != LUA_OK)
        lua_error(L);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
}

/* The value that the module had when it was first asked for. */
static int push_module(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LOADED);
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    if (strcmp(name, "orchestra") == 0)
        orch_lua_module(L);
    else
        load_module(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    return 1;
}

static int require(lua_State *L)
{
    const char *name;

    if (lua_type(L, 1) != LUA_TSTRING)
        return orch_lua_raise(L, "write require \"orchestra\"",
                              "require needs a module's name, not %s", orch_lua_what(L, 1));
    name = lua_tostring(L, 1);
    if (strlen(name) != lua_rawlen(L, 1) || !is_module_name(name))
        return orch_lua_raise(L, "write letters, digits, underscores; a dot for a folder",
                              "\"%s\" cannot be a module's name", name);
    return push_module(L, name);
}

void orch_lua_require_open(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LOADED);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LOADING);
    lua_pushcfunction(L, require);
    lua_setglobal(L, "require");
}
