/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_path.h"

#include <stdlib.h>
#include <string.h>

static orch_status refuse(orch_error *err, const char *option, const char *text, size_t len,
                          const char *why)
{
    orch_error_set(err, ORCH_ECONFIG, "%s \"%.*s\" is no path: %s", option, (int)len, text, why);
    orch_error_hint(err, "paths are names joined by \"/\": mesure/valeur, @id, ../Date_Releve");
    return ORCH_ECONFIG;
}

/* A prefix in a path is allowed and ignored, as prefixes in documents are. */
static char *local_name(char *name)
{
    char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static const char *add_part(struct xml_path *p, char *part, bool last)
{
    if (part[0] == '\0')
        return "a name is empty";
    if (strcmp(part, ".") == 0)
        return p->n_names > 0 || !last ? "\".\" stands alone" : NULL;
    if (strcmp(part, "..") == 0) {
        p->up++;
        return p->n_names > 0 ? "\"..\" comes first" : NULL;
    }
    if (part[0] == '@') {
        p->attribute = local_name(part + 1);
        return !last                     ? "an attribute comes last"
               : p->attribute[0] == '\0' ? "@ needs a name"
                                         : NULL;
    }
    if (strpbrk(part, "[]()*|") != NULL)
        return "only names, \"..\", \".\" and @attribute are understood";
    if (p->n_names == XML_PATH_MAX)
        return "it is too deep";
    p->names[p->n_names++] = local_name(part);
    return NULL;
}

orch_status xml_path_parse(const char *option, const char *text, size_t len, bool is_record,
                           struct xml_path *out, orch_error *err)
{
    struct xml_path p = { 0 };
    const char *why = NULL;
    p.text = strndup(text, len);
    if (p.text == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    char *rest = p.text;
    if (is_record && strncmp(rest, "//", 2) == 0) {
        rest += 2;
    } else if (is_record && rest[0] == '/') {
        p.anchored = true;
        rest++;
    }
    while (why == NULL && rest != NULL) {
        char *slash = strchr(rest, '/');
        if (slash != NULL)
            *slash = '\0';
        why = add_part(&p, rest, slash == NULL);
        rest = slash != NULL ? slash + 1 : NULL;
    }
    if (why == NULL && is_record && (p.n_names == 0 || p.up > 0 || p.attribute != NULL))
        why = "a record is an element";
    if (why == NULL && p.up > 0 && p.n_names == 0 && p.attribute == NULL)
        why = "an element above the record needs a name or an attribute behind it";
    if (why != NULL) {
        xml_path_release(&p);
        return refuse(err, option, text, len, why);
    }
    *out = p;
    return ORCH_OK;
}

void xml_path_release(struct xml_path *p)
{
    free(p->text);
    *p = (struct xml_path){ 0 };
}
