/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and loads plugins. Search path, first hit wins: the folders of ORCHESTRA_CONNECTORS
 * (colon separated), ~/.local/lib/orchestra/connectors, the installed folder, and the build tree's
 * when the binary runs from it. A plugin is a file NAME.so; the connector "csv" is looked for in
 * csv.so first, then in every other library. Libraries are never unloaded. */
#ifndef ORCH_PLUGIN_REGISTRY_H
#define ORCH_PLUGIN_REGISTRY_H

#include "base/arena.h"
#include "orch/connector.h"

struct orch_registry;

/* A connector as adopted: the host's own full-size copies of the tables. */
struct orch_loaded {
    const char *library;             /* path */
    struct orch_plugin plugin;
    struct orch_connector connector;
    struct orch_source_ops source;   /* all slots set (absent ones stubbed) when connector.source */
    struct orch_destination_ops destination;
};

struct orch_registry *orch_registry_new(void); /* NULL: out of memory */
void orch_registry_free(struct orch_registry *r);

/* Loads the library of a connector if need be. Unknown: ORCH_ECONFIG, hint with the nearest name.
 * A library that is refused: ORCH_ECONFIG; message says library, what it offers, what is needed. */
orch_status orch_registry_find(struct orch_registry *r, const char *name,
                               const struct orch_loaded **out, orch_error *err);

/* "csv 1.0.0 sha256:..." of the library's file: part of the skip key. Hashed at the first call (the
 * hash library costs more to load than most plugins), kept by the registry. */
orch_status orch_registry_identity(struct orch_registry *r, const struct orch_loaded *loaded,
                                   const char **out, orch_error *err);

/* Loads all; a library that is refused is given with its error and a NULL loaded. */
typedef void (*orch_registry_visit)(void *ctx, const char *library,
                                    const struct orch_loaded *loaded, const orch_error *refused);
orch_status orch_registry_each(struct orch_registry *r, orch_registry_visit visit, void *ctx,
                               orch_error *err);

/* The checks of one library (tested alone). */
orch_status orch_loader_load(struct orch_arena *a, const char *path, struct orch_loaded **items,
                             size_t *n, orch_error *err);

#endif
