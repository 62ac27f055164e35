/* SPDX-License-Identifier: Apache-2.0 */
/* The connector ABI, version 1.
 *
 * A plugin is a shared library that exports one function, orch_plugin_entry. It returns a static
 * description of one or more connectors; each offers a source, a destination, or both. A plugin
 * links against nothing of the host: what it may call comes in the host table at `open`.
 *
 * Rules that hold everywhere
 *  - Every struct begins with its own size. The host copies the smaller of its and the plugin's
 *    size into zeroed memory; a slot beyond the plugin's size counts as absent (NULL).
 *  - Descriptors, option tables and their strings are static and live as long as the process.
 *  - What is passed in is borrowed until the call returns. The host table and the option strings
 *    it hands out are borrowed until `close`.
 *  - What is passed out is an opaque handle closed by its own verb (`close`, `end`) exactly once,
 *    also after errors. `out` pointers are untouched on failure. Nobody frees memory that the
 *    other side allocated; Arrow structs carry their own release.
 *  - `orch_error *` may be NULL. A failed call fills it and ends the reader or the transaction. A
 *    bad row is no failure: it goes to host->reject and the stream goes on.
 *  - Text is UTF-8. Durations are milliseconds, sizes bytes, rows and records int64.
 *  - No signal handler, setlocale, chdir, umask, exit, or output on stdout; descriptors are
 *    opened close-on-exec. Threads started in `read` or `begin` are joined before `end` returns.
 *
 * Lanes. [control] one lane per instance, [reader]/[writer] one per handle, [any] any thread at
 * any time. A lane may move between threads with a happens-before edge; it never runs twice at
 * once. The declared threading level merges lanes (see ORCH_THREADS_*).
 *
 * Cancelling. A connector asks host->cancelled at least once a batch and around waits. After
 * `interrupt` the running call returns within a second with ORCH_ECANCELLED; later calls may
 * return it at once; `end` and `close` still work and are quick. */
#ifndef ORCH_CONNECTOR_H
#define ORCH_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ORCH_ABI_MAJOR 1
#define ORCH_ABI_MINOR 0

struct ArrowSchema; /* orch/arrow.h */
struct ArrowArray;

/* ---- status and error ------------------------------------------------------------------- */

typedef int32_t orch_status;
enum {
    ORCH_OK = 0,
    ORCH_END = 1,         /* no more batches; only from next() */
    ORCH_ENOMEM = -1,     /* an allocation failed */
    ORCH_EINVAL = -2,     /* the caller broke this contract */
    ORCH_ECONFIG = -3,    /* options or script are wrong: a person must act */
    ORCH_ENOTSUP = -4,    /* not offered by this connector */
    ORCH_EIO = -5,        /* reading, writing or the network failed */
    ORCH_EAUTH = -6,      /* rights or credentials are missing */
    ORCH_EDATA = -7,      /* the data is wrong (also: the input as a whole cannot be read) */
    ORCH_ESCHEMA = -8,    /* the shape of source or target is not what is needed */
    ORCH_ECONFLICT = -9,  /* a key or constraint was violated */
    ORCH_ECANCELLED = -10,
    ORCH_ETIMEOUT = -11,
    ORCH_EINTERNAL = -12, /* a defect of host or connector */
    ORCH_EBUSY = -13      /* another run holds the pipeline or the target */
};

#define ORCH_ERROR_RETRYABLE 1u

/* A value in the caller's storage; it holds no pointer and outlives every library.
 * message  one line, no final dot, names the thing:   cannot read "permits.csv"
 * detail   the evidence:                              line 8123: quote opened at column 14 ...
 * hint     what a person could do:                    set quote = "none" if fields are not quoted
 * None of them ever contains a secret. */
typedef struct orch_error {
    uint32_t struct_size; /* set by whoever owns the storage */
    orch_status code;
    uint32_t flags;      /* ORCH_ERROR_RETRYABLE: the same call may succeed later */
    int32_t vendor_code; /* errno, HTTP status, SQLite code; 0 if none */
    int64_t row;         /* 1-based record of the source; 0 if unknown */
    char sqlstate[8];
    char field[64];
    char message[512];
    char detail[512];
    char hint[256];
} orch_error;

#define ORCH_ERROR_INIT { sizeof(orch_error), 0, 0, 0, 0, "", "", "", "", "" }

/* ---- options: the connector describes them, the host parses and documents them ---------- */

enum {
    ORCH_OPT_STRING = 1,
    ORCH_OPT_BOOL,     /* "true", "false" */
    ORCH_OPT_INT,      /* decimal int64 */
    ORCH_OPT_FLOAT,
    ORCH_OPT_BYTES,    /* "16MiB"; handed over as decimal bytes */
    ORCH_OPT_DURATION, /* "90s"; handed over as decimal milliseconds */
    ORCH_OPT_ENUM,
    ORCH_OPT_PATH,
    ORCH_OPT_URL,
    ORCH_OPT_PAIR      /* "name=value"; a Lua table { name = value } gives one a key, sorted */
};
#define ORCH_OPT_REQUIRED 1u
#define ORCH_OPT_SECRET 2u /* never shown in logs, plans, errors or dumps */
#define ORCH_OPT_REPEATED 4u
#define ORCH_OPT_DEPRECATED 8u
#define ORCH_OPT_FOR_SOURCE 16u      /* neither of the two: for both roles */
#define ORCH_OPT_FOR_DESTINATION 32u

typedef struct orch_option {
    uint32_t struct_size;
    uint32_t type;
    uint32_t flags;
    uint32_t reserved0;
    const char *name;            /* lower case with underscores: "skip_lines" */
    const char *summary;         /* one sentence */
    const char *default_text;    /* as a user would type it, or NULL */
    const char *example;         /* as a user would type it, or NULL */
    const char *unit;            /* "rows", "ms", or NULL */
    const char *const *choices;  /* NULL-terminated, for ORCH_OPT_ENUM */
    double min, max;             /* both 0: unbounded */
} orch_option;

/* ---- what the host lends to a connector ------------------------------------------------- */

/* A row the source could not turn into a record. */
typedef struct orch_reject {
    uint32_t struct_size;
    uint32_t input;      /* index in orch.input/1; 0 if there is only one */
    int64_t record;      /* 1-based; 0 if unknown, as for the next two */
    int64_t line;
    int64_t offset;      /* byte offset in the decoded input; -1 if unknown */
    const char *field;   /* column name or NULL */
    const char *rule;    /* short and stable: "columns", "encoding", "quote" */
    const char *message; /* for people: 13 fields where the header has 12 */
    const char *raw;     /* the record's text as read, may be cut at 64 KiB */
    size_t raw_len;
} orch_reject;

enum { ORCH_LOG_DEBUG = 0, ORCH_LOG_INFO, ORCH_LOG_WARN, ORCH_LOG_ERROR };

typedef struct orch_host orch_host;
struct orch_host {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    void *ctx; /* the host's own */
    /* True once the run is to stop. [any] */
    bool (*cancelled)(const orch_host *);
    /* An event in dotted lower case and one line of text; never a secret, never per row. [any] */
    void (*log)(const orch_host *, int level, const char *event, const char *text);
    /* Totals so far, never deltas; bytes_total -1 if unknown. Cheap, the host limits the rate.
     * [any] */
    void (*progress)(const orch_host *, int64_t rows, int64_t bytes, int64_t bytes_total);
    /* Records a bad row. ORCH_OK: go on. ORCH_ECANCELLED: too many, return it. [any] */
    orch_status (*reject)(const orch_host *, const orch_reject *);
    /* Value number `index` of an option, parsed and checked, in canonical text ("true", "65536");
     * NULL past the last value. A default counts as a value. NUL-terminated. [control] */
    const char *(*option)(const orch_host *, const char *name, size_t index, size_t *len);
    /* "orch.input/1" (orch/input.h), "orch.clock/1"; NULL if unknown. [any] */
    const void *(*extension)(const orch_host *, const char *id);
};

/* "orch.clock/1": instants for connectors, so that tests are deterministic. */
typedef struct orch_clock {
    uint32_t struct_size;
    uint32_t reserved0;
    int64_t (*now_us)(const orch_host *); /* microseconds since 1970-01-01T00:00Z. [any] */
} orch_clock;
#define ORCH_CLOCK_EXTENSION "orch.clock/1"

/* ---- source ----------------------------------------------------------------------------- */

typedef struct orch_source orch_source;
typedef struct orch_reader orch_reader;

typedef struct orch_read_request {
    uint32_t struct_size;
    uint32_t state_version;     /* version of `state`; 0 if none */
    const char *stream;         /* a name from streams(), or NULL for the only one */
    const char *const *columns; /* names from describe(), in the order wanted; NULL: all */
    size_t n_columns;
    const char *state;          /* position of the last run (ORCH_CAP_RESUME), or NULL */
    size_t state_len;
    int64_t target_rows;        /* an aim, not a promise */
    int64_t target_bytes;
} orch_read_request;

typedef struct orch_batch_info {
    uint32_t struct_size;
    uint32_t input;        /* index in orch.input/1 of the input all rows come from */
    int64_t first_record;  /* record number of row 0 when no "record" field is in the batch */
    int64_t source_bytes;  /* bytes of input consumed so far, over all inputs */
    const char *state;     /* position AFTER this batch as JSON, or NULL; borrowed until next() */
    size_t state_len;
} orch_batch_info;

typedef struct orch_source_ops {
    uint32_t struct_size;
    uint32_t reserved0;
    /* Reads the options and checks them against each other; touches no input yet. [control] */
    orch_status (*open)(const orch_host *, orch_source **out, orch_error *);
    void (*close)(orch_source *); /* [control] */
    /* Can the source be reached with these options? Optional. [control] */
    orch_status (*check)(orch_source *, orch_error *);
    /* The streams of a source that has several: one batch of {name utf8, title utf8}. Optional:
     * absent means one unnamed stream. [control] */
    orch_status (*streams)(orch_source *, struct ArrowSchema *, struct ArrowArray *, orch_error *);
    /* The columns of `stream` that read() can give, without role fields. May read as much of the
     * input as it takes to know (a header line). [control] */
    orch_status (*describe)(orch_source *, const char *stream, struct ArrowSchema *out,
                            orch_error *);
    /* Starts to read; only the requested columns need be built. [control] */
    orch_status (*read)(orch_source *, const orch_read_request *, orch_reader **out, orch_error *);
    /* The requested columns in the order of the request, then role fields. [reader] */
    orch_status (*schema)(orch_reader *, struct ArrowSchema *out, orch_error *);
    /* The next batch: length >= 0, offset 0, columns as in schema(), all rows of one input.
     * ORCH_END when there is none. ORCH_ESCHEMA when the source changed its shape. [reader] */
    orch_status (*next)(orch_reader *, struct ArrowArray *out, orch_batch_info *, orch_error *);
    void (*end)(orch_reader *);       /* [reader] */
    void (*interrupt)(orch_source *); /* Makes a blocked call return soon. Optional. [any] */
} orch_source_ops;

/* ---- destination ------------------------------------------------------------------------ */

typedef struct orch_destination orch_destination;
typedef struct orch_writer orch_writer;

enum {
    ORCH_WRITE_APPEND = 1,
    ORCH_WRITE_REPLACE,           /* the whole table; readers see the old one until commit */
    ORCH_WRITE_UPSERT,            /* by key: insert, change what differs, leave what is equal */
    ORCH_WRITE_REPLACE_PARTITION, /* reserved for 1.x */
    ORCH_WRITE_HISTORY            /* reserved for 1.x */
};

#define ORCH_WRITE_TEMPORARY 1u /* a dry run: the caller will not commit */

typedef struct orch_write_request {
    uint32_t struct_size;
    uint32_t mode;
    uint32_t flags;
    uint32_t reserved0;
    const char *target;      /* table or file, as the connector's option names it; may be NULL */
    const char *const *keys; /* columns of the upsert key */
    size_t n_keys;
    const char *pipeline;    /* names the ledger rows and the lock */
    const char *run;         /* id of this run; also names staging objects */
    const char *comment;     /* one sentence for the table's description, or NULL */
} orch_write_request;

/* What finish() did. For every row given to write():
 *   rows written = inserted + updated + unchanged + merged */
typedef struct orch_write_counts {
    uint32_t struct_size;
    uint32_t reserved0;
    int64_t inserted;
    int64_t updated;
    int64_t unchanged; /* upsert: equal to what stood there */
    int64_t merged;    /* upsert: another row of this run has the same key and came later */
} orch_write_counts;

/* The ledger. Its tables are orchestra_run, orchestra_input and orchestra_reject; their columns
 * are those of the batches that the host hands over: the destination creates what is missing and
 * stores the rows as they are, in the transaction of the data. */
typedef struct orch_ledger_query {
    uint32_t struct_size;
    uint32_t reserved0;
    const char *table;    /* "orchestra_run", "orchestra_input", "orchestra_reject" */
    const char *pipeline; /* column "pipeline" equals; NULL: any */
    const char *run;      /* column "run" equals; NULL: any */
    const char *status;   /* column "status" equals; NULL: any */
    int64_t offset;       /* rows to leave out */
    int64_t limit;        /* rows to give at most */
} orch_ledger_query;

typedef struct orch_commit {
    uint32_t struct_size;
    uint32_t state_version;
    uint64_t sequence; /* strictly increasing per pipeline */
    const char *state; /* the source's position, already in the ledger row; or NULL */
    size_t state_len;
} orch_commit;

/* One transaction: begin, write*, finish, ledger*, commit, end. `ledger` may also come between
 * two writes, or without any write when begin got no schema (a run that failed). */
typedef struct orch_destination_ops {
    uint32_t struct_size;
    uint32_t reserved0;
    orch_status (*open)(const orch_host *, orch_destination **out, orch_error *); /* [control] */
    void (*close)(orch_destination *);                                            /* [control] */
    /* Can the destination be reached and written with these options? Optional. [control] */
    orch_status (*check)(orch_destination *, orch_error *);
    /* Takes the pipeline's lock (ORCH_EBUSY|RETRYABLE when held), starts the transaction, and
     * creates the target with the types of the schema when absent. A target that does not fit
     * is ORCH_ESCHEMA, the difference column by column in detail. A NULL schema starts a
     * transaction for the ledger alone. [control] */
    orch_status (*begin)(orch_destination *, const orch_write_request *,
                         const struct ArrowSchema *, orch_writer **out, orch_error *);
    /* Rows of a ledger table, the newest run first, within a run in the order written. No such
     * table yet: an empty batch of no columns. May be called before, between and after writers,
     * not during write(). [control] */
    orch_status (*recover)(orch_destination *, const orch_ledger_query *, struct ArrowSchema *,
                           struct ArrowArray *, orch_error *);
    /* Takes the batch on ORCH_OK (sets batch->release to NULL); on failure the caller still owns
     * it and the transaction must end. [writer] */
    orch_status (*write)(orch_writer *, struct ArrowArray *batch, orch_error *);
    /* All rows are in: merges staged rows into the target and counts. Nothing is visible to
     * others yet. [writer] */
    orch_status (*finish)(orch_writer *, orch_write_counts *, orch_error *);
    /* Adds rows to a ledger table in the same transaction; takes the batch on ORCH_OK. [writer] */
    orch_status (*ledger)(orch_writer *, const char *table, const struct ArrowSchema *,
                          struct ArrowArray *batch, orch_error *);
    /* Makes rows and ledger visible in one step. [writer] */
    orch_status (*commit)(orch_writer *, const orch_commit *, orch_error *);
    void (*end)(orch_writer *); /* Rolls back what is not committed, frees the lock. [writer] */
    void (*interrupt)(orch_destination *); /* Makes a blocked call return soon. Optional. [any] */
    /* Was there no target, so that begin() created it? Rows of earlier runs are then gone, whatever
     * the ledger says: the host loads everything again. Optional: absent is false. [writer] */
    bool (*created)(orch_writer *);
} orch_destination_ops;

/* ---- descriptors ------------------------------------------------------------------------ */

enum {
    ORCH_THREADS_ONE_PER_PLUGIN = 1, /* the whole library is one lane */
    ORCH_THREADS_ONE_PER_INSTANCE,   /* instances run side by side */
    ORCH_THREADS_ONE_PER_STREAM      /* readers and writers run side by side */
};

#define ORCH_CAP_RESUME (1ull << 0)        /* next() gives `state`, read() goes on from it */
#define ORCH_CAP_TRANSACTIONAL (1ull << 1) /* rows and ledger commit together */
#define ORCH_CAP_APPEND (1ull << 2)
#define ORCH_CAP_REPLACE (1ull << 3)
#define ORCH_CAP_UPSERT (1ull << 4)
#define ORCH_CAP_INPUT (1ull << 5) /* the source reads inputs through orch.input/1: the host adds
                                      options path, encoding, unpack, member */

/* What the connector's process may do; nothing else. */
#define ORCH_NEEDS_NETWORK (1ull << 0)
#define ORCH_NEEDS_FILES_READ (1ull << 1)  /* the paths of its options only */
#define ORCH_NEEDS_FILES_WRITE (1ull << 2) /* the paths of its options only */

typedef struct orch_connector {
    uint32_t struct_size;
    uint32_t threading;
    uint64_t capabilities;
    uint64_t needs;
    uint32_t state_version;
    uint32_t reserved0;
    const char *name;                       /* "csv": what a script says */
    const char *summary;                    /* one sentence */
    const char *personal;                   /* columns that identify people, by comma, or NULL */
    const orch_option *const *options;
    size_t n_options;
    const orch_source_ops *source;           /* NULL if it cannot read */
    const orch_destination_ops *destination; /* NULL if it cannot write */
    const void *(*extension)(const char *id); /* NULL if it has none */
} orch_connector;

typedef struct orch_plugin {
    uint32_t struct_size;          /* these two fields keep their  */
    uint16_t abi_major, abi_minor; /* offsets in every future major */
    const char *name, *version, *license, *home;
    const orch_connector *const *connectors;
    size_t n_connectors;
} orch_plugin;

/* Returns static storage, or NULL if the host is too old. No I/O, no threads, no allocation. */
typedef const orch_plugin *(*orch_plugin_entry_fn)(uint16_t host_major, uint16_t host_minor);
#define ORCH_PLUGIN_ENTRY_SYMBOL "orch_plugin_entry"

#if defined(__GNUC__)
#define ORCH_EXPORT __attribute__((visibility("default")))
#else
#define ORCH_EXPORT
#endif

#ifdef __cplusplus
}
#endif
#endif
