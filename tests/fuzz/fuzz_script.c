/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline script, or (first byte 'T') a territory file of one. Checked: it ends within its
 * limits, with a pipeline that is whole or an error of one line. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "bytes.h"
#include "orch/error.h"
#include "script/script.h"

static const char fixed[] =
    "local o = require 'orchestra'\nlocal t = o.territory\nlocal n = t.name or 'x'\n"
    "return o.pipeline { name = 'a.b', source = o.source.csv { path = tostring(n) },\n"
    "  destination = o.destination.files { path = 'out.csv' } }\n";

static void write_file(const char *path, struct orch_str text)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || (text.len > 0 && fwrite(text.ptr, 1, text.len, f) != text.len) ||
        fclose(f) != 0)
        abort();
}

static void check_pipeline(const struct orch_pipeline *p)
{
    if (p->name == NULL || p->source.connector == NULL || p->destination.connector == NULL)
        fuzz_broken("a pipeline without a name or an end");
    for (size_t i = 0; i < p->source.n_settings; i++)
        for (size_t k = 0; k < p->source.settings[i].n_values; k++)
            if (p->source.settings[i].values[k] == NULL)
                fuzz_broken("a setting without a value");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[] = "/tmp/orchestra-fuzz-XXXXXX";
    static char script[64], territory[64];
    struct fuzz_bytes b = { data, size };
    struct orch_script *s = NULL;
    orch_error err = ORCH_ERROR_INIT;
    bool is_territory = size > 0 && data[0] == 'T';

    if (script[0] == '\0') {
        orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR + 1);
        if (mkdtemp(folder) == NULL)
            abort();
        snprintf(script, sizeof script, "%s/x.lua", folder);
        snprintf(territory, sizeof territory, "%s/t.lua", folder);
    }
    if (is_territory)
        (void)fuzz_byte(&b);
    write_file(script, is_territory ? orch_str_from(fixed) : fuzz_rest(&b));
    if (is_territory)
        write_file(territory, fuzz_rest(&b));
    const struct orch_script_request request = { .path = script,
                                                 .territory = is_territory ? territory : NULL,
                                                 .limits = { 8 << 20, 300000, 5000 } };
    orch_status st = orch_script_load(&request, &s, &err);
    if (st == ORCH_OK)
        check_pipeline(orch_script_pipeline(s));
    else if (err.code != st || err.message[0] == '\0' || strchr(err.message, '\n') != NULL)
        fuzz_broken("a script is refused with %d, \"%s\"", st, err.message);
    orch_script_free(s);
    unlink(script);
    unlink(territory);
    return 0;
}
