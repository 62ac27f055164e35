/* SPDX-License-Identifier: Apache-2.0 */
/* The manual and the types for editors against what the program offers: every operation is in
 * both, nothing else is, and every example of the manual runs. */
#include "script_test.h"

#include "base/file.h"
#include "script/lua_bind.h"

#define MANUAL TEST_SOURCE_DIR "/docs/lua.md"
#define TYPES TEST_SOURCE_DIR "/scripts/library/orchestra.d.lua"

static char *read_text(const char *path)
{
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;

    if (orch_file_read(path, 1 << 20, &text, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    return text.ptr;
}

/* Not methods: leaves, o.case, and the operations whose names are words of Lua. */
static bool has_no_method(const char *name)
{
    static const char *const names[] = { "column", "value", "case", "and", "or", "not" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void every_operation_is_documented_and_typed(void **state)
{
    char *manual = read_text(MANUAL);
    char *types = read_text(TYPES);

    (void)state;
    for (size_t i = 0; orch_op_at(i); i++) {
        const struct orch_op *op = orch_op_at(i);
        char call[100], call_table[100], call_text[100], type[100];
        if (has_no_method(op->name))
            continue;
        snprintf(call, sizeof call, ":%s(", op->name);
        snprintf(call_table, sizeof call_table, ":%s {", op->name);
        snprintf(call_text, sizeof call_text, ":%s \"", op->name);
        snprintf(type, sizeof type, "\nfunction Expression:%s(", op->name);
        if (!strstr(manual, call) && !strstr(manual, call_table) && !strstr(manual, call_text))
            fail_msg("docs/lua.md says nothing of :%s", op->name);
        if (!strstr(types, type))
            fail_msg("orchestra.d.lua does not declare Expression:%s", op->name);
    }
    free(manual);
    free(types);
}

static size_t count_letters(const char *signature, bool *repeats)
{
    size_t n = 0;

    *repeats = strchr(signature, '*') != NULL;
    for (; *signature; signature++)
        n += *signature != '?' && *signature != '*';
    return n;
}

/* "(a, b, ...)" of a declaration: how many names. */
static size_t count_names(const char *list, bool *repeats)
{
    size_t len = strcspn(list, ")");
    size_t n = len > 0;

    *repeats = false;
    for (size_t i = 0; i < len; i++) {
        n += list[i] == ',';
        *repeats = *repeats || strncmp(list + i, "...", 3) == 0;
    }
    return n - *repeats;
}

static void every_declared_method_is_an_operation_with_those_arguments(void **state)
{
    static const char start[] = "\nfunction Expression:";
    char *types = read_text(TYPES);

    (void)state;
    for (char *at = types; (at = strstr(at, start)) != NULL;) {
        char name[64];
        bool repeats, declared;
        at += sizeof start - 1;
        size_t len = strcspn(at, "(");
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        const struct orch_op *op = orch_op_find(name);
        if (!op)
            fail_msg("orchestra.d.lua declares Expression:%s, which is no operation", name);
        size_t wanted = count_letters(op->signature, &repeats);
        if (wanted != count_names(at + len + 1, &declared) || repeats != declared)
            fail_msg("orchestra.d.lua gives Expression:%s other arguments than \"%s\"", name,
                     op->signature);
    }
    free(types);
}

static void the_module_has_what_is_declared(void **state)
{
    static const char start[] = "\nfunction orchestra.";
    char *types = read_text(TYPES);
    char text[4000] = HEAD;
    struct orch_script *s;

    (void)state;
    for (char *at = types; (at = strstr(at, start)) != NULL;) {
        at += sizeof start - 1;
        snprintf(text + strlen(text), sizeof text - strlen(text), "assert(o.%.*s)\n",
                 (int)strcspn(at, "("), at);
    }
    assert_non_null(strstr(text, "assert(o.pipeline)"));
    snprintf(text + strlen(text), sizeof text - strlen(text),
             "return o.pipeline { name = 'p', " ENDS " }");
    s = test_load(text);
    orch_script_free(s);
    free(types);
}

static void the_types_are_a_lua_file(void **state)
{
    lua_State *L = luaL_newstate();

    (void)state;
    if (luaL_loadfilex(L, TYPES, "t") != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    lua_close(L);
}

/* ---- the examples ------------------------------------------------------------------------ */

static orch_status test_secret(const char *reference, struct orch_text *out, orch_error *err)
{
    (void)reference;
    (void)err;
    return orch_text_puts(out, "0123456789abcdef0123456789abcdef") ? ORCH_OK : ORCH_ENOMEM;
}

/* The columns that a tree reads, all of them text. */
static void collect(const struct orch_expr *e, struct orch_field *fields, size_t *n)
{
    if (e && strcmp(e->op->name, "column") == 0) {
        const char *name = orch_expr_param_at(e, 0)->text.ptr;
        for (size_t i = 0; i < *n; i++)
            if (strcmp(fields[i].name, name) == 0)
                return;
        assert_true(*n < 32);
        fields[(*n)++] = (struct orch_field){ .name = name, .type = ORCH_TYPE_TEXT };
    }
    for (size_t i = 0; e && i < e->n_args; i++)
        collect(e->args[i], fields, n);
}

static void check_types(const struct orch_pipeline *p, const char *example)
{
    struct orch_field fields[32];
    struct orch_fields source = { fields, 0 };
    struct orch_plan *plan = NULL;
    orch_error err = ORCH_ERROR_INIT;

    if (p->n_steps == 0)
        return;
    collect(p->steps[0].condition, fields, &source.len);
    for (size_t i = 0; i < p->steps[0].n_outputs; i++)
        collect(p->steps[0].outputs[i].expr, fields, &source.len);
    for (size_t i = 0; i < p->steps[0].n_args; i++)
        collect(p->steps[0].args[i], fields, &source.len);
    if (orch_plan_new(&source, p->steps, p->n_steps, test_secret, &plan, &err) != ORCH_OK)
        fail_msg("%s\n%s | %s | %s", example, err.message, err.detail, err.hint);
    orch_plan_free(plan);
}

/* An example is a whole script, a step (alone or returned), or statements. */
static void run_example(const char *example)
{
    char text[6000];
    char path[512];
    struct orch_script_request request = { .territory = path };
    struct orch_script *s;
    orch_error err;
    bool whole = strstr(example, "return o.pipeline");
    bool step = strncmp(example, "o.", 2) == 0;
    bool returned = strstr(example, "\nreturn o.");

    snprintf(path, sizeof path, "%s", test_path("here.lua"));
    if (whole)
        snprintf(text, sizeof text, "%s", example);
    else if (step || returned)
        snprintf(text, sizeof text,
                 HEAD "local function example()\n%s%s\nend\n"
                      "return o.pipeline { name = 'p', " ENDS ", steps = { example() } }",
                 step ? "return " : "", example);
    else
        snprintf(text, sizeof text, HEAD "%s\nreturn o.pipeline { name = 'p', " ENDS " }", example);
    if (test_load_request(text, request, &s, &err) != ORCH_OK)
        fail_msg("%s\n%s | %s | %s", example, err.message, err.detail, err.hint);
    check_types(orch_script_pipeline(s), example);
    orch_script_free(s);
}

static void every_example_runs(void **state)
{
    char *manual = read_text(MANUAL);
    size_t n = 0;

    (void)state;
    test_write("here.lua", "return { exports = '/exports' }");
    for (char *at = manual; (at = strstr(at, "```lua\n")) != NULL; n++) {
        char example[5000];
        at += strlen("```lua\n");
        char *end = strstr(at, "```");
        assert_non_null(end);
        assert_true((size_t)(end - at) < sizeof example);
        snprintf(example, sizeof example, "%.*s", (int)(end - at), at);
        run_example(example);
        at = end + 3;
    }
    assert_true(n > 15);
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_documented_and_typed),
        cmocka_unit_test(every_declared_method_is_an_operation_with_those_arguments),
        cmocka_unit_test(the_module_has_what_is_declared),
        cmocka_unit_test(the_types_are_a_lua_file),
        cmocka_unit_test(every_example_runs),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
