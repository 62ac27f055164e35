/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct error_class {
    const char *prefix; /* of the SQLSTATE; the first that matches counts */
    orch_status code;
    uint32_t flags;
    const char *hint; /* when the server gives none */
};

/* What may pass by itself is worth another attempt; what someone must act for is not. */
static const struct error_class error_classes[] = {
    {"08", ORCH_EIO, ORCH_ERROR_RETRYABLE, "check that the server runs and can be reached"},
    {"57P04", ORCH_ECONFIG, 0, "the database was dropped; correct its name, or create it"},
    {"57P", ORCH_EIO, ORCH_ERROR_RETRYABLE,
     "the server stops or starts; try again once it is up"},
    {"57014", ORCH_ETIMEOUT, 0, "raise statement_timeout, here or on the server"},
    {"40002", ORCH_ECONFLICT, 0, "correct the rows in the script, or the constraint of the table"},
    {"40", ORCH_EIO, ORCH_ERROR_RETRYABLE, "another session was in the way; try again"},
    {"53100", ORCH_EIO, 0, "make room on the server's disk"},
    {"53400", ORCH_EIO, 0, "raise the limit of the server that the message names"},
    {"53", ORCH_EIO, ORCH_ERROR_RETRYABLE, "the server lacks memory or connections"},
    {"28", ORCH_EAUTH, 0,
     "check user and password (option uri, PGUSER, .pgpass) and the server's pg_hba.conf"},
    {"42501", ORCH_EAUTH, 0, "grant the right, or connect as a role that has it"},
    {"55P03", ORCH_EBUSY, ORCH_ERROR_RETRYABLE,
     "another session holds it; try again, or raise lock_wait"},
    {"55006", ORCH_EBUSY, ORCH_ERROR_RETRYABLE, "another session uses it; try again"},
    {"42P07", ORCH_EBUSY, ORCH_ERROR_RETRYABLE, "another session just created it; try again"},
    {"42P06", ORCH_EBUSY, ORCH_ERROR_RETRYABLE, "another session just created it; try again"},
    {"25006", ORCH_ECONFIG, 0, "the server only reads; connect to its primary"},
    {"23", ORCH_ECONFLICT, 0, "correct the rows in the script, or the constraint of the table"},
    {"22021", ORCH_EDATA, 0,
     "the name of a column, or a text that the query works with, is not UTF-8: convert it there"},
    {"22", ORCH_EDATA, 0, "correct or reject the value in the script"},
    {"54", ORCH_EDATA, 0, NULL},
    {"P0", ORCH_ECONFLICT, 0, "a trigger or function of the database refused it"},
    {"0A", ORCH_ENOTSUP, 0, NULL},
    {"3D", ORCH_ECONFIG, 0, "create the database, or correct its name"},
    {"3F", ORCH_ECONFIG, 0, "create the schema, or correct its name"},
    {"42", ORCH_ECONFIG, 0, NULL},
    {"58", ORCH_EIO, 0, NULL},
    {"XX", ORCH_EIO, 0, "the server reports a defect of its own; see its log"},
    {"", ORCH_EIO, 0, NULL},
};

static const struct error_class *error_class_of(const char *state)
{
    const struct error_class *c = error_classes;

    while (strncmp(state, c->prefix, strlen(c->prefix)) != 0)
        c++;
    return c;
}

static void error_set_state(orch_error *err, const char *state, uint32_t flags)
{
    if (!err)
        return;
    snprintf(err->sqlstate, sizeof err->sqlstate, "%.5s", state);
    err->flags |= flags;
}

static const char *field_of(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);

    return text ? text : "";
}

/* One line: libpq ends messages in newlines and indents what follows. */
static void one_line(char *out, size_t size, const char *text)
{
    size_t len = 0;

    for (; *text && len + 1 < size; text++) {
        bool space = isspace((unsigned char)*text) != 0;

        if (!space || (len > 0 && out[len - 1] != ' '))
            out[len++] = space ? ' ' : *text;
    }
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
}

static void error_fill_detail(orch_error *err, const PGresult *result)
{
    char primary[384], more[384], where[160];
    const char *context = field_of(result, PG_DIAG_CONTEXT);

    one_line(primary, sizeof primary, field_of(result, PG_DIAG_MESSAGE_PRIMARY));
    one_line(more, sizeof more, field_of(result, PG_DIAG_MESSAGE_DETAIL));
    one_line(where, sizeof where, strncmp(context, "COPY ", 5) == 0 ? context : "");
    orch_error_detail(err, "%s%s%s%s%s", primary, *more ? "; " : "", more, *where ? "; " : "",
                      where);
}

static orch_status error_lost(const struct pg_session *s, orch_error *err, const char *what)
{
    char words[384];

    one_line(words, sizeof words, PQerrorMessage(s->connection));
    orch_error_set(err, ORCH_EIO, "%s", what);
    orch_error_detail(err, "connection to %s lost: %s", s->place, words);
    orch_error_hint(err, "%s", error_classes[0].hint);
    error_set_state(err, "08006", ORCH_ERROR_RETRYABLE);
    return ORCH_EIO;
}

orch_status pg_error_silent(struct pg_session *s, orch_error *err, const char *what)
{
    pg_session_close(s);
    orch_error_set(err, ORCH_EIO, "%s", what);
    orch_error_detail(err, "%s says nothing, and statement_timeout is over by %d s", s->place,
                      PG_STATEMENT_GRACE_MS / 1000);
    orch_error_hint(err, "%s", error_classes[0].hint);
    error_set_state(err, "08006", ORCH_ERROR_RETRYABLE);
    return ORCH_EIO;
}

orch_status pg_error_result(const struct pg_session *s, const PGresult *result, orch_error *err,
                            const char *what)
{
    const char *state = field_of(result, PG_DIAG_SQLSTATE);

    if (!*state)
        return error_lost(s, err, what);
    const struct error_class *class = error_class_of(state);
    orch_status code = class->code;
    const char *column = field_of(result, PG_DIAG_COLUMN_NAME);
    const char *hint = field_of(result, PG_DIAG_MESSAGE_HINT);
    char line[256];

    if (strcmp(state, "57014") == 0 && pg_session_cancelled(s))
        code = ORCH_ECANCELLED;
    orch_error_set(err, code, "%s", what);
    error_fill_detail(err, result);
    one_line(line, sizeof line, *hint ? hint : class->hint ? class->hint : "");
    if (*line)
        orch_error_hint(err, "%s", line);
    error_set_state(err, state, class->flags);
    orch_error_at(err, 0, *column ? column : NULL);
    return code;
}

const char *pg_error_find_state(const char *text)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (const char *p = strstr(text, ":  "); p; p = strstr(p + 1, ":  "))
        if (strspn(p + 3, digits) == 5 && p[8] == ':')
            return p + 3;
    return NULL;
}

/* No such name, no common cipher, no right: as long as nobody acts it stays like that. libpq has no
 * code for these, and knows several hosts: a line of each. */
static bool line_is_lasting(const char *line, size_t len)
{
    static const char *const words[] = {
        "Name or service not known", "Name does not resolve", "No address associated",
        "Name has no usable address", "Non-recoverable failure in name resolution",
        "Servname not supported", "Permission denied", "certificate", "private key",
        "SSL was required", "does not support SSL", "GSSAPI", "authentication", "invalid",
        "too long",
    };
    char text[512];

    snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : sizeof text - 1), line);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

static bool connect_failure_lasts(const char *text)
{
    bool lasts = *text != '\0';

    while (*text) {
        size_t len = strcspn(text, "\n");

        if (len > 0 && *text != '\t' && *text != ' ')
            lasts = lasts && line_is_lasting(text, len);
        text += len + (text[len] == '\n');
    }
    return lasts;
}

orch_status pg_error_connect(const struct pg_session *s, orch_error *err)
{
    char line[448];
    const char *text = PQerrorMessage(s->connection);
    const char *state = pg_error_find_state(text);
    const struct error_class *class = error_class_of(state ? state : "08001");
    char first[448];

    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, "\n"), text);
    one_line(line, sizeof line, first);
    orch_status code = class->code;
    if (!state && PQconnectionNeedsPassword(s->connection)) {
        class = error_class_of("28P01");
        code = ORCH_EAUTH;
    }
    orch_error_set(err, code, "cannot connect to PostgreSQL at %s", s->place);
    orch_error_detail(err, "%s", line);
    bool lasts = !state && class->code == ORCH_EIO && connect_failure_lasts(text);
    if (lasts)
        orch_error_hint(err, "check host, certificates and rights in the connection string");
    else if (class->hint)
        orch_error_hint(err, "%s", class->hint);
    error_set_state(err, state ? state : "", lasts ? 0 : class->flags);
    return code;
}
