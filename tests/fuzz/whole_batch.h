/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch that passed its check must bear: every cell can be read, and it can be imported,
 * filtered and exported. A promise that is broken ends the program. */
#ifndef FUZZ_WHOLE_BATCH_H
#define FUZZ_WHOLE_BATCH_H

#include "orch/arrow.h"

void fuzz_batch_whole(const struct ArrowSchema *schema, const struct ArrowArray *batch);

#endif
