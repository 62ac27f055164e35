/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told of a library before the loader maps it: a copy that was cut off would end the
 * process with SIGBUS, and a library for another machine is, to the loader, not there. */
#ifndef ORCH_PLUGIN_LIBRARY_FILE_H
#define ORCH_PLUGIN_LIBRARY_FILE_H

#include "orch/error.h"

/* ORCH_ECONFIG: no library, one for another machine, or shorter than its parts. All else is left to
 * the loader. */
orch_status orch_library_file_check(const char *path, orch_error *err);

#endif
