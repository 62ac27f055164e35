/* SPDX-License-Identifier: Apache-2.0 */
/* Which file of configuration counts: the one of --config, else that of ORCHESTRA_CONF, else
 * /etc/orchestra/orchestra.conf when it is there. */
#ifndef ORCH_CLI_POLICY_FILE_H
#define ORCH_CLI_POLICY_FILE_H

#include "cli/args.h"
#include "worker/policy.h"

/* CLI_OK, with *out NULL when there is none. Otherwise a message has been printed: a file that was
 * named, or is there, and cannot be used stops the command. */
int cli_policy_find(const struct cli_settings *s, struct orch_policy **out);

#endif
