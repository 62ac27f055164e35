/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/exit.h"
#include "orch/error.h"

static const char usual[] = "/etc/orchestra/orchestra.conf";

/* One that may be there and cannot be looked at is not taken for absent. */
static bool is_absent(const char *path)
{
    struct stat about;
    return lstat(path, &about) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

int cli_policy_find(const struct cli_settings *s, struct orch_policy **out)
{
    const char *path = s->config != NULL ? s->config : getenv("ORCHESTRA_CONF");
    orch_error err = ORCH_ERROR_INIT;
    *out = NULL;
    if (path == NULL && is_absent(usual))
        return CLI_OK;
    orch_status st = orch_policy_read(path != NULL ? path : usual, out, &err);
    return st == ORCH_OK ? CLI_OK : cli_fail(ORCH_STAGE_SCRIPT, &err);
}
