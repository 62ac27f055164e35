/* SPDX-License-Identifier: Apache-2.0 */
/* Registries over folders of libraries and manifests. */
#ifndef TEST_REGISTRY_SUPPORT_H
#define TEST_REGISTRY_SUPPORT_H

#include "../plugin/plugin_support.h"

#include "plugin/manifest.h"
#include "worker/child.h"
#include "worker/describer.h"
#include "worker/remote.h"
#include "worker/worker.h"

#define REGISTRY_TEST_RUN(tests, argc, argv)                                                       \
    do {                                                                                           \
        if ((argc) > 1 && strcmp((argv)[1], ORCH_CHILD_ARGUMENT) == 0)                             \
            return orch_worker_main();                                                             \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    } while (0)

SUPPORT struct orch_remote_setup worker_setup(void)
{
    struct orch_remote_setup setup = { .grace_ms = 5000 };
#if defined(__SANITIZE_THREAD__)
    setup.unconfined = true;
#endif
    return setup;
}

SUPPORT struct orch_registry *registry_of(const char *folders, orch_describe_fn describe)
{
    static struct orch_remote_setup setup;
    setup = worker_setup();
    setenv("ORCHESTRA_CONNECTORS", folders, 1);
    unsetenv("HOME");
    struct orch_registry *r = orch_registry_new(describe, &setup);
    assert_non_null(r);
    return r;
}

SUPPORT struct orch_registry *registry_with(const char *folders)
{
    return registry_of(folders, orch_describe_library);
}

SUPPORT void link_plugin(const struct folder *f, const char *from, const char *name)
{
    assert_int_equal(symlink(from, folder_path(f, name)), 0);
}

/* What the library says of itself, asked in a worker. */
SUPPORT void manifest_of(const char *library, struct orch_text *out)
{
    struct orch_remote_setup setup = worker_setup();
    orch_error err = ORCH_ERROR_INIT;
    if (orch_describe_library(&setup, library, out, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
}

/* Writes the manifest of a library as `name`, `from` in it replaced by `to`. */
SUPPORT void write_manifest(const struct folder *f, const char *library, const char *name,
                            const char *from, const char *to)
{
    struct orch_text text = { 0 }, changed = { 0 };
    manifest_of(library, &text);
    const char *at = strstr(orch_text_z(&text), from);
    assert_non_null(at);
    orch_text_add(&changed, text.ptr, (size_t)(at - text.ptr));
    orch_text_puts(&changed, to);
    orch_text_puts(&changed, at + strlen(from));
    assert_false(changed.failed);
    folder_write(f, name, changed.ptr, changed.len);
    orch_text_release(&text);
    orch_text_release(&changed);
}

#endif
