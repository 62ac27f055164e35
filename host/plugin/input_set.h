/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of a run: paths by glob, opened, unpacked, decoded to UTF-8, hashed.
 *
 * A set has files and, made of them, parts: what a connector sees as its inputs. A file is a part;
 * of one that is packed (plugin/unpack.h) each member is. Hashes, sizes and the ledger are of
 * files; batches, rejects and messages of parts.
 *
 * Encodings: "auto" takes a byte order mark, else UTF-8 when the first 64 KiB are valid UTF-8, else
 * windows-1252 (said in orch_input_file.detected). UTF-8, windows-1252, ISO-8859-1, ISO-8859-15 and
 * UTF-16 are decoded here (UTF-8 checked while copied; single bytes by table); any other name goes
 * to ICU through a module that is opened only then. An undecodable byte is ORCH_EDATA with input,
 * byte offset, the byte, and the hint to set `encoding`. */
#ifndef ORCH_PLUGIN_INPUT_SET_H
#define ORCH_PLUGIN_INPUT_SET_H

#include "orch/input.h"
#include "plugin/options.h"

struct orch_input_file {
    const char *path;
    int64_t size_bytes;
    int64_t modified_us;
    uint64_t inode;
    const char *encoding;  /* of its first part, decided at the first text open; NULL before */
    bool detected;         /* by content, not by the script or a byte order mark */
    bool packed;
    char sha256[65]; /* "" until known: hashed while read to the end, or by orch_inputs_hash */
};

struct orch_inputs;

/* Expands the path patterns of the options, sorted, each file once. No match: ORCH_EIO naming the
 * pattern, the folder, and near names in that folder. "-" is standard input (spooled). */
orch_status orch_inputs_open(const struct orch_options *o, struct orch_inputs **out,
                             orch_error *err);
void orch_inputs_free(struct orch_inputs *in);
size_t orch_inputs_count(const struct orch_inputs *in); /* of files */
const struct orch_input_file *orch_inputs_at(const struct orch_inputs *in, size_t i);
/* Hashes input i by reading it, unless known. Checks `cancelled` (may be NULL) at times. */
orch_status orch_inputs_hash(struct orch_inputs *in, size_t i, bool (*cancelled)(void),
                             orch_error *err);
/* Hashes on in a thread of its own, up to `upto` bytes counted over all inputs in their order,
 * while somebody else reads them, once there is 1 MiB; until orch_inputs_hash or free. That it
 * fails is no error: orch_inputs_hash will say. */
void orch_inputs_hash_ahead(struct orch_inputs *in, int64_t upto);
/* Did size, time or inode change since opened? ORCH_EIO naming the file then. */
orch_status orch_inputs_unchanged(const struct orch_inputs *in, orch_error *err);

/* ---- inputs of another process ----------------------------------------------------------- */

/* What the process that has the inputs tells of one. */
struct orch_input_told {
    const char *path;
    const char *name; /* for messages */
    int64_t size_bytes;
    int64_t modified_us;
    uint32_t packed; /* enum orch_packed */
};

/* How to get at them. */
struct orch_input_lender {
    void *ctx;
    /* A fresh, seekable descriptor of file `index` with a position of its own. */
    orch_status (*open)(void *ctx, size_t index, int *fd, orch_error *err);
    /* The encoding of part `index` has been decided. */
    void (*decided)(void *ctx, size_t index, const char *encoding, bool detected);
};

/* What a set tells of file i to a process that adopts it; false past the last. */
bool orch_inputs_tell(const struct orch_inputs *in, size_t i, struct orch_input_told *out);
/* Lends file i: a fresh descriptor, after a check that the file is still the one that was found.
 * The caller closes it. */
orch_status orch_inputs_lend(const struct orch_inputs *in, size_t i, int *fd, orch_error *err);
/* Takes over what the process that read part i found. Only for people: it decides nothing. false:
 * there is no such input, or that is no name of an encoding. */
bool orch_inputs_decided(struct orch_inputs *in, size_t i, const char *encoding, bool detected);

/* A set that reads through `lender` and hashes nothing; everything is copied. `encoding` is the
 * value of the option of that name. */
orch_status orch_inputs_adopt(const struct orch_input_told *told, size_t n, const char *encoding,
                              const struct orch_input_lender *lender, struct orch_inputs **out,
                              orch_error *err);

/* ---- parts ------------------------------------------------------------------------------- */

#define ORCH_INPUT_LABEL_MOST 1000 /* bytes of the label of a member */

struct orch_part_told {
    size_t file;
    const char *name;  /* "traffic.zip: 2024/january.csv" */
    const char *label; /* of a member: "2024/january.csv", "" for a compressed file; else NULL */
};

size_t orch_inputs_parts(const struct orch_inputs *in);
/* false past the last */
bool orch_inputs_part(const struct orch_inputs *in, size_t i, struct orch_part_told *out);
/* The first part of file i. */
size_t orch_inputs_first_part(const struct orch_inputs *in, size_t i);
/* Takes over a member that the process which reads has found, files in their order. false: that
 * cannot be; memory that is out is *st. */
bool orch_inputs_member(struct orch_inputs *in, size_t file, const char *label, orch_status *st);
/* All members are told: makes the parts. ORCH_EINVAL: a packed file has none. */
orch_status orch_inputs_members_end(struct orch_inputs *in, orch_error *err);

/* ---- the host table ---------------------------------------------------------------------- */

/* What an instance may call; made per instance, borrowed by it until close. */
struct orch_hooks {
    void *ctx;
    bool (*cancelled)(void *ctx);
    void (*progress)(void *ctx, int64_t rows, int64_t bytes, int64_t bytes_total);
    orch_status (*reject)(void *ctx, const orch_reject *);
};

struct orch_instance {
    orch_host host;
    const struct orch_loaded *loaded;
    struct orch_options *options;
    struct orch_inputs *inputs; /* NULL for connectors without ORCH_CAP_INPUT */
    struct orch_hooks hooks;
};

/* Fills the host table of *out (in place: its address is what the connector keeps). Takes options
 * and inputs (may be NULL) on ORCH_OK. */
orch_status orch_instance_init(struct orch_instance *out, const struct orch_loaded *loaded,
                               struct orch_options *options, struct orch_inputs *inputs,
                               const struct orch_hooks *hooks);
void orch_instance_release(struct orch_instance *i);
/* Finds the members of the inputs that are packed, as the options `unpack` and `member` choose, in
 * the process that reads them and before its connector is opened. Nothing is opened when nothing is
 * packed. What is passed over is logged. ORCH_EIO: a pattern matches nothing, or there is nothing
 * to match; errors of plugin/unpack.h. */
orch_status orch_instance_unpack(struct orch_instance *i, orch_error *err);

#endif
