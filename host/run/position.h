/* SPDX-License-Identifier: Apache-2.0 */
/* Where a source that can resume (ORCH_CAP_RESUME) stands: JSON of its own form, which the ledger
 * keeps with the rows and the next run gives back. {0} is none. */
#ifndef ORCH_RUN_POSITION_H
#define ORCH_RUN_POSITION_H

#include "base/str.h"

enum { ORCH_POSITION_MOST = 64 * 1024 }; /* bytes */

struct orch_position {
    struct orch_text json;
    bool known;
    uint32_t version;    /* of the form: the connector's state_version */
    int64_t rows_behind; /* rows that were read after it */
};

void orch_position_release(struct orch_position *p);
/* Takes a copy. ORCH_EINVAL: too long. */
orch_status orch_position_set(struct orch_position *p, struct orch_str json, uint32_t version);
/* What a reader says beside a batch of `rows`; info->state may be NULL. */
orch_status orch_position_note(struct orch_position *p, const orch_batch_info *info, int64_t rows,
                               const struct orch_connector *connector, orch_error *err);
bool orch_position_equal(const struct orch_position *a, const struct orch_position *b);
/* ORCH_EINVAL: it is no JSON. ORCH_ENOMEM. */
orch_status orch_position_check(const struct orch_position *p);

#endif
