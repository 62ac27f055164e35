/* SPDX-License-Identifier: Apache-2.0 */
/* Finds connectors. None of their code runs in this process before it is asked to (load): what is
 * known of a library stands in its manifest, NAME.orch.json beside NAME.so, or is asked of it in
 * a process of its own. Search path, first hit wins: the folders of ORCHESTRA_CONNECTORS
 * (colon separated), ~/.local/lib/orchestra/connectors, the installed folder, and the build tree's
 * when the binary runs from it. A plugin is a file NAME.so; the connector "csv" is looked for in
 * csv.so first, then in every other library. Libraries are never unloaded. */
#ifndef ORCH_PLUGIN_REGISTRY_H
#define ORCH_PLUGIN_REGISTRY_H

#include "base/arena.h"
#include "orch/connector.h"

struct orch_registry;

/* A connector as adopted: the host's own full-size copies of the tables. What a registry finds is
 * described, not opened: its functions give ORCH_EINTERNAL. */
struct orch_loaded {
    const char *library;             /* path */
    const char *manifest;            /* of the whole library, in the form that is compared */
    struct orch_plugin plugin;
    struct orch_connector connector;
    struct orch_source_ops source;   /* all slots set (absent ones stubbed) when connector.source */
    struct orch_destination_ops destination;
};

/* Asks a library that has no manifest for it: fills `out` with the text. A failure is the library's
 * refusal, ORCH_ENOMEM and ORCH_ECANCELLED excepted. */
typedef orch_status (*orch_describe_fn)(void *ctx, const char *library, struct orch_text *out,
                                        orch_error *err);

/* `describe` NULL: a library without a manifest is refused. NULL: out of memory. */
struct orch_registry *orch_registry_new(orch_describe_fn describe, void *ctx);
void orch_registry_free(struct orch_registry *r);

/* Reads the manifest of a connector's library, or asks for it. Unknown: ORCH_ECONFIG, hint with the
 * nearest name. A library that is refused: ORCH_ECONFIG; message says library, what it offers, what
 * is needed. */
orch_status orch_registry_find(struct orch_registry *r, const char *name,
                               const struct orch_loaded **out, orch_error *err);

/* Opens the library of a connector that was found in this process: *out has its functions. One that
 * is not what its manifest says is refused, ORCH_ECONFIG. */
orch_status orch_registry_load(struct orch_registry *r, const struct orch_loaded *found,
                               const struct orch_loaded **out, orch_error *err);

/* "csv 1.0.0 sha256:..." of the library's file: part of the skip key. Hashed at the first call (the
 * hash library costs more to load than most plugins), kept by the registry. */
orch_status orch_registry_identity(struct orch_registry *r, const struct orch_loaded *loaded,
                                   const char **out, orch_error *err);

/* Describes all; a library that is refused is given with its error and a NULL loaded. */
typedef void (*orch_registry_visit)(void *ctx, const char *library,
                                    const struct orch_loaded *loaded, const orch_error *refused);
orch_status orch_registry_each(struct orch_registry *r, orch_registry_visit visit, void *ctx,
                               orch_error *err);

/* Opens a library in this process and adopts its connectors. */
orch_status orch_loader_load(struct orch_arena *a, const char *path, struct orch_loaded **items,
                             size_t *n, orch_error *err);
/* The same for one connector that was planned from `manifest` (orch_loaded.manifest): a library
 * that differs from it in anything is refused. */
orch_status orch_loader_open(struct orch_arena *a, const char *path, const char *manifest,
                             const char *connector, const struct orch_loaded **out,
                             orch_error *err);

#endif
