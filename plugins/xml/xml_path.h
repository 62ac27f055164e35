/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of elements by local name: any namespace prefix, or none.
 *
 *   record paths   "PRM/Donnees_Releve/PDC" matches these three names at any depth;
 *                  a leading "/" anchors at the document's root
 *   field paths    relative to the record: "V", "mesure/valeur", "@id", "mesure/@unite", "." (the
 *                  record's own text), "../Date_Releve", "../../Id_PRM", "../@code" */
#ifndef XML_PATH_H
#define XML_PATH_H

#include "orch/error.h"

enum { XML_PATH_MAX = 16 };

struct xml_path {
    char *text;                    /* owned; the names point into it */
    const char *names[XML_PATH_MAX];
    size_t n_names;
    size_t up;                     /* number of ".." */
    const char *attribute;         /* NULL: the element's text */
    bool anchored;
};

/* ORCH_ECONFIG naming the option and the path when it cannot be read. */
orch_status xml_path_parse(const char *option, const char *text, size_t len, bool is_record,
                           struct xml_path *out, orch_error *err);
void xml_path_release(struct xml_path *p);

#endif
