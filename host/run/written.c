/* SPDX-License-Identifier: Apache-2.0 */
#include "run/written.h"

#include "base/log.h"
#include "plugin/secret.h"

static bool is_secret_text(const struct orch_loaded *loaded, const char *name)
{
    for (size_t i = 0; i < loaded->connector.n_options; i++) {
        const orch_option *o = loaded->connector.options[i];
        if (strcmp(o->name, name) == 0)
            return (o->flags & ORCH_OPT_SECRET) != 0 && o->type == ORCH_OPT_STRING;
    }
    return false;
}

static void warn_end(struct orch_registry *r, const struct orch_end *end)
{
    const struct orch_loaded *loaded;
    if (orch_registry_find(r, end->connector, &loaded, NULL) != ORCH_OK)
        return; /* the run will say so */
    for (size_t i = 0; i < end->n_settings; i++) {
        const struct orch_setting *setting = &end->settings[i];
        bool words = is_secret_text(loaded, setting->name), written = false;
        for (size_t k = 0; k < setting->n_values && !written; k++)
            written = orch_secret_is_written(setting->values[k], words);
        if (written)
            orch_log(ORCH_LOG_WARN, "script.password", "place", ORCH_LOG_S(setting->place),
                     "option", ORCH_LOG_S(setting->name), "hint",
                     ORCH_LOG_S("write ${env:NAME} or ${file:PATH} in place of the password"),
                     NULL);
    }
}

void orch_written_warn(struct orch_registry *r, const struct orch_pipeline *pipeline)
{
    warn_end(r, &pipeline->source);
    warn_end(r, &pipeline->destination);
}
