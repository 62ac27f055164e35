/* SPDX-License-Identifier: Apache-2.0 */
/* Big-endian stores and loads, as PostgreSQL's binary formats have them. */
#ifndef PG_BYTES_H
#define PG_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define PG_SWAP16(v) (v)
#define PG_SWAP32(v) (v)
#define PG_SWAP64(v) (v)
#else
#define PG_SWAP16(v) __builtin_bswap16(v)
#define PG_SWAP32(v) __builtin_bswap32(v)
#define PG_SWAP64(v) __builtin_bswap64(v)
#endif

static inline uint8_t *pg_put16(uint8_t *p, uint16_t v)
{
    v = PG_SWAP16(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static inline uint8_t *pg_put32(uint8_t *p, uint32_t v)
{
    v = PG_SWAP32(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static inline uint8_t *pg_put64(uint8_t *p, uint64_t v)
{
    v = PG_SWAP64(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static inline uint16_t pg_get16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return PG_SWAP16(v);
}

static inline uint32_t pg_get32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return PG_SWAP32(v);
}

static inline uint64_t pg_get64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return PG_SWAP64(v);
}

#endif
