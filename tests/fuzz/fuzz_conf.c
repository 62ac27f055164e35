/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file of an operator. Checked: a refusal says what, where and what to do, in
 * UTF-8; what is taken never loosens a built-in limit. */
#include "bytes.h"
#include "orch/error.h"
#include "worker/policy.h"

static void check_text(const char *what, const char *text)
{
    if (text[0] == '\0')
        fuzz_broken("a refusal has no %s", what);
    if (orch_utf8_valid(text, strlen(text)) != strlen(text))
        fuzz_broken("%s is not UTF-8: %s", what, text);
    if (strpbrk(text, "\n\r\033") != NULL)
        fuzz_broken("%s is more than a line: %s", what, text);
}

static void check_limit(const char *what, struct orch_worker_limit limit, int64_t built_in)
{
    if (limit.value <= 0 || limit.value > built_in)
        fuzz_broken("%s became %lld", what, (long long)limit.value);
    if (limit.value != built_in && limit.place == NULL)
        fuzz_broken("%s was lowered by nobody", what);
}

static void check_connector(const struct orch_policy *p, const char *name)
{
    struct orch_worker_limits l = orch_policy_limits(p, name);
    const uint64_t all = ORCH_NEEDS_NETWORK | ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE;
    orch_error err = ORCH_ERROR_INIT;
    const char *place;
    check_limit("memory", l.memory_bytes, ORCH_LIMIT_MEMORY_BYTES);
    check_limit("cpu", l.cpu_seconds, ORCH_LIMIT_CPU_SECONDS);
    check_limit("file size", l.file_size_bytes, ORCH_LIMIT_FILE_BYTES);
    if (orch_policy_needs(p, name, 0) != 0 || (orch_policy_needs(p, name, all) & ~all) != 0)
        fuzz_broken("%s was given a need", name);
    if (orch_policy_denies(p, name, &place) != (orch_policy_allow(p, name, &err) != ORCH_OK))
        fuzz_broken("%s is denied and allowed", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct orch_policy *p = NULL;
    orch_error err = ORCH_ERROR_INIT;
    const char *name, *place;
    int64_t retry = 0;
    orch_status st =
        orch_policy_parse("fuzz.conf", (struct orch_str){ (const char *)data, size }, &p, &err);
    if (st != ORCH_OK) {
        if (st != ORCH_ECONFIG || p != NULL)
            fuzz_broken("refused with %d", st);
        check_text("message", err.message);
        check_text("hint", err.hint);
        if (size <= 1024 * 1024)
            check_text("detail", err.detail);
        return 0;
    }
    check_connector(p, "csv");
    for (size_t i = 0; (name = orch_policy_named(p, i, &place)) != NULL; i++)
        check_connector(p, name);
    if (orch_policy_retry_ms(p, &retry) && (retry < 0 || retry > 86400000))
        fuzz_broken("retry became %lld", (long long)retry);
    orch_policy_free(p);
    return 0;
}
