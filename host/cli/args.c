/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <stdio.h>

#include "cli/exit.h"
#include "orch/error.h"
#include "run/run.h"

enum kind { FLAG, TEXT, COUNT, DURATION, REJECTS, LIST };

struct cli_option {
    const char *name;
    const char *argument;
    const char *summary;
    enum kind kind;
    size_t offset;
};

#define AT(field) offsetof(struct cli_settings, field)

static const struct cli_option options[] = {
    { "help", NULL, "show this help", FLAG, AT(help) },
    { "territory", "FILE", "what differs between municipalities (or ORCHESTRA_TERRITORY)", TEXT,
      AT(territory) },
    { "param", "NAME=VALUE", "a parameter of the script; may be repeated", LIST, AT(params) },
    { "dry-run", NULL, "do everything but the commit", FLAG, AT(dry_run) },
    { "limit", "N", "read at most N records", COUNT, AT(limit) },
    { "force", NULL, "run although nothing has changed", FLAG, AT(force) },
    { "from-start", NULL, "run anyway, and read everything from a source that resumes", FLAG,
      AT(from_start) },
    { "max-rejects", "N", "stop beyond this number or share of rejects (default 10 %)", REJECTS,
      AT(max_rejects) },
    { "allow-empty", NULL, "an input without records is no error", FLAG, AT(allow_empty) },
    { "wait", "TIME", "wait for another run of the pipeline (10m; default: leave at once)",
      DURATION, AT(wait_ms) },
    { "retry", "TIME", "try again for so long after failures that may pass (default 1m; 0: never)",
      DURATION, AT(retry_ms) },
    { "summary", NULL, "print the summary also when the output is no terminal", FLAG,
      AT(summary) },
    { "quiet", NULL, "print no summary and no progress", FLAG, AT(quiet) },
    { "json", NULL, "print the result as JSON", FLAG, AT(json) },
    { "csv", NULL, "print as CSV", FLAG, AT(csv) },
    { "rows", "N", "how many rows to show", COUNT, AT(rows) },
    { "source", "CONNECTOR", "read with this connector instead of a script", TEXT, AT(source) },
    { "destination", "CONNECTOR", "look into this destination instead of a script's", TEXT,
      AT(destination) },
    { "set", "NAME=VALUE", "an option of that connector; may be repeated", LIST, AT(set) },
    { "run", "ID", "of this run (default: the last one)", TEXT, AT(run) },
    { "pipeline", "NAME", "of this pipeline only", TEXT, AT(pipeline) },
    { "in-process", NULL, "run connectors in this process, not in workers (for debuggers)", FLAG,
      AT(in_process) },
    { "require-sandbox", NULL, "refuse where the kernel lacks a part of the workers' sandbox", FLAG,
      AT(require_sandbox) },
    { "config", "FILE", "what connectors may do (or ORCHESTRA_CONF)", TEXT, AT(config) },
    { "log-format", "FORMAT", "text (default) or json", TEXT, AT(log_format) },
    { "log-level", "LEVEL", "debug, info, warn (default) or error", TEXT, AT(log_level) },
};

enum { N_OPTIONS = sizeof options / sizeof options[0] };

const struct cli_command cli_commands[] = {
    { "run", "SCRIPT", "run a pipeline",
      "territory param dry-run limit force from-start max-rejects allow-empty wait retry summary "
      "quiet json in-process require-sandbox config log-format log-level",
      "orchestra run scripts/energy/load_curve.lua --territory scripts/territories/example.lua", 1,
      1, cmd_run },
    { "preview", "SCRIPT|FILE", "show the first rows, before and after the steps",
      "rows territory param source set json in-process require-sandbox config log-format log-level",
      "orchestra preview trees.csv --set delimiter=';'", 0, 1, cmd_preview },
    { "check", "SCRIPT", "check script, options, columns and types; read no record",
      "territory param json in-process require-sandbox config log-format log-level",
      "orchestra check scripts/energy/load_curve.lua --territory scripts/territories/example.lua",
      1, 1, cmd_check },
    { "connectors", "[describe NAME|manifest LIBRARY]",
      "list the connectors, describe one, print a manifest",
      "json config log-format log-level", "orchestra connectors describe csv", 0, 2,
      cmd_connectors },
    { "runs", "SCRIPT|FILE.gpkg", "list the runs that the ledger of a destination holds",
      "rows pipeline territory param destination set json csv in-process require-sandbox "
      "config log-format log-level",
      "orchestra runs city.gpkg --rows 5", 0, 1, cmd_runs },
    { "rejects", "SCRIPT|FILE.gpkg",
      "list rejected records, show number N of them whole, or export them",
      "run rows pipeline territory param destination set json csv in-process require-sandbox "
      "config log-format log-level",
      "orchestra rejects city.gpkg --csv > rejects.csv", 0, 2, cmd_rejects },
    { 0 },
};

/* ---- look-up ------------------------------------------------------------------------------- */

const struct cli_command *cli_command_find(const char *name)
{
    for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static bool offers(const struct cli_command *command, const char *option)
{
    size_t len = strlen(option);
    if (strcmp(option, "help") == 0)
        return true;
    for (const char *p = command->options; *p != '\0';) {
        size_t word = strcspn(p, " ");
        if (word == len && memcmp(p, option, len) == 0)
            return true;
        p += word;
        p += strspn(p, " ");
    }
    return false;
}

static const struct cli_option *option_find(const struct cli_command *command,
                                            struct orch_str name)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (orch_str_equal(orch_str_from(options[i].name), name) &&
            offers(command, options[i].name))
            return &options[i];
    return NULL;
}

static void unknown_option(const struct cli_command *command, struct orch_str name)
{
    const char *offered[N_OPTIONS];
    char text[64];
    size_t n = 0;
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (offers(command, options[i].name))
            offered[n++] = options[i].name;
    snprintf(text, sizeof text, "%.*s", ORCH_STR_ARG(name));
    const char *near = orch_str_nearest(text, offered, n);
    fprintf(stderr, "orchestra: %s has no option --%s\n", command->name, text);
    if (near != NULL)
        fprintf(stderr, "  hint: did you mean --%s?\n", near);
    else
        fprintf(stderr, "  hint: orchestra %s --help lists them\n", command->name);
}

/* ---- values -------------------------------------------------------------------------------- */

/* "90s", "10m", "2h", "500ms", "0" */
static bool duration_parse(const char *text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "m", 60000 }, { "h", 3600000 } };
    size_t digits = strspn(text, "0123456789");
    int64_t n;
    if (!orch_str_to_int((struct orch_str){ text, digits }, &n))
        return false;
    if (n == 0 && text[digits] == '\0') {
        *ms = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text + digits, units[i].unit) == 0)
            return !__builtin_mul_overflow(n, units[i].ms, ms);
    return false;
}

static bool wrong_value(const struct cli_option *o, const char *value, const char *expected)
{
    fprintf(stderr, "orchestra: --%s takes %s, not \"%s\"\n", o->name, expected, value);
    return false;
}

static bool value_store(const struct cli_option *o, const char *value, struct cli_settings *out)
{
    void *at = (char *)out + o->offset;
    struct orch_reject_limit limit;
    int64_t count;
    switch (o->kind) {
    case FLAG:
        *(bool *)at = true;
        return true;
    case TEXT:
        *(const char **)at = value;
        return true;
    case COUNT:
        if (!orch_str_to_int(orch_str_from(value), &count) || count <= 0)
            return wrong_value(o, value, "a whole number above 0");
        *(int64_t *)at = count;
        return true;
    case DURATION:
        if (!duration_parse(value, at))
            return wrong_value(o, value, "a time such as 90s, 10m or 2h");
        return true;
    case REJECTS:
        if (orch_reject_limit_parse(value, &limit, NULL) != ORCH_OK)
            return wrong_value(o, value, "a number of records (100) or a share of them (2%)");
        *(const char **)at = value;
        return true;
    default:
        if (strchr(value, '=') == NULL || value[0] == '=')
            return wrong_value(o, value, "NAME=VALUE");
        if (o->offset == AT(params))
            return orch_vec_push(&out->params, value);
        return orch_vec_push(&out->set, value);
    }
}

static bool option_parse(const struct cli_command *command, int argc, char **argv, int *i,
                         struct cli_settings *out)
{
    const char *text = argv[*i] + 2;
    struct orch_str name = { text, strcspn(text, "=") };
    const char *value = text[name.len] == '=' ? text + name.len + 1 : NULL;
    const struct cli_option *o = option_find(command, name);
    if (o == NULL) {
        unknown_option(command, name);
        return false;
    }
    if (o->kind == FLAG && value != NULL) {
        fprintf(stderr, "orchestra: --%s takes no value\n", o->name);
        return false;
    }
    if (o->kind != FLAG && value == NULL) {
        if (*i + 1 >= argc) {
            fprintf(stderr, "orchestra: --%s needs %s\n", o->name, o->argument);
            return false;
        }
        value = argv[++*i];
    }
    return value_store(o, value, out);
}

static bool words_enough(const struct cli_command *command, const struct cli_settings *s)
{
    if (s->help || s->n_words >= command->min_words)
        return true;
    fprintf(stderr, "orchestra: %s needs %s\n  hint: for example: %s\n", command->name,
            command->words, command->example);
    return false;
}

bool cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_settings *out)
{
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        if (!only_words && strcmp(arg, "--") == 0) {
            only_words = true;
        } else if (!only_words && strcmp(arg, "-h") == 0) {
            out->help = true;
        } else if (!only_words && strncmp(arg, "--", 2) == 0) {
            if (!option_parse(command, argc, argv, &i, out))
                return false;
        } else if (!only_words && arg[0] == '-' && arg[1] != '\0') {
            fprintf(stderr, "orchestra: options begin with --, \"%s\" does not\n", arg);
            return false;
        } else if (out->n_words >= command->max_words) {
            fprintf(stderr, "orchestra: %s takes %s; \"%s\" is one too many\n", command->name,
                    command->words, arg);
            return false;
        } else {
            out->words[out->n_words++] = arg;
        }
    }
    return words_enough(command, out);
}

void cli_settings_release(struct cli_settings *s)
{
    orch_vec_release(&s->params);
    orch_vec_release(&s->set);
}

/* ---- help ---------------------------------------------------------------------------------- */

/* Words too wide for their column get a line of their own. */
static void help_line(const struct cli_command *c)
{
    if (strlen(c->words) > 18)
        printf("  %-11s %s\n%-33s%s\n", c->name, c->words, "", c->summary);
    else
        printf("  %-11s %-18s %s\n", c->name, c->words, c->summary);
}

int cli_help(void)
{
    printf("orchestra " ORCH_VERSION ": municipal exports into common standards\n\n"
           "usage: orchestra COMMAND ...\n\n");
    for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
        help_line(c);
    printf("\norchestra COMMAND --help tells more. Exit codes:\n");
    for (const struct cli_exit *e = cli_exits; e->meaning != NULL; e++)
        printf("  %3d  %s\n", e->code, e->meaning);
    return cli_printed();
}

int cli_help_command(const struct cli_command *command)
{
    printf("usage: orchestra %s %s [options]\n\n%s\n\n", command->name, command->words,
           command->summary);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char left[40];
        if (!offers(command, options[i].name))
            continue;
        snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                 options[i].argument != NULL ? " " : "",
                 options[i].argument != NULL ? options[i].argument : "");
        printf("  %-24s %s\n", left, options[i].summary);
    }
    printf("\nexample: %s\n", command->example);
    return cli_printed();
}
