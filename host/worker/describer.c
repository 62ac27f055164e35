/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/describer.h"

#include "base/cancel.h"
#include "orch/error.h"
#include "worker/remote_part.h"

static bool cancelled(void *ctx)
{
    (void)ctx;
    return orch_cancelled();
}

static orch_status take_text(struct orch_remote *r, struct orch_wire *reply, struct orch_text *out,
                             orch_error *err)
{
    struct orch_str text = orch_wire_str(reply);
    if (!orch_wire_done(reply))
        return orch_remote_lied(r, err, "its manifest is malformed");
    if (text.len > ORCH_WIRE_BYTES_MOST || !orch_text_add(out, text.ptr, text.len))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return ORCH_OK;
}

orch_status orch_describe_library(void *setup, const char *library, struct orch_text *out,
                                  orch_error *err)
{
    const struct orch_hooks hooks = { .cancelled = cancelled };
    const struct orch_loaded unknown = { .library = library };
    struct orch_instance instance;
    struct orch_remote *r = NULL;
    struct orch_wire reply = { 0 };

    orch_status st = orch_instance_init(&instance, &unknown, NULL, NULL, &hooks);
    if (st == ORCH_OK)
        st = orch_remote_new(&unknown, ORCH_ROLE_SOURCE, NULL, NULL, setup, &r, err);
    if (st == ORCH_OK)
        st = orch_remote_describe(r, &instance.host, &reply, err);
    if (st == ORCH_OK)
        st = take_text(r, &reply, out, err);
    orch_remote_free(r);
    orch_instance_release(&instance);
    return st;
}
