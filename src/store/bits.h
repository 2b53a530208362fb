/* Writing bits in deflate's order (RFC 1951, 3.1.1): numbers and extra bits lowest bit first, Huffman codes reversed by their maker. */
#ifndef POPGX_STORE_BITS_H
#define POPGX_STORE_BITS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/** At most 7 bits wait between flushes. A flush may write up to 8 bytes behind `at`, which must be there. */
typedef struct {
    uint8_t *at;
    uint64_t waiting;
    unsigned n_waiting;
} bits_t;

enum { BITS_BETWEEN_FLUSHES = 56, BITS_SLACK = 8 /* bytes */ };

/** Adds the `n` low bits of `value`, whose others are 0. */
static inline void bits_put(bits_t *bits, uint64_t value, unsigned n)
{
    bits->waiting |= value << bits->n_waiting;
    bits->n_waiting += n;
}

static inline void bits_flush(bits_t *bits)
{
    uint64_t whole = htole64(bits->waiting);
    memcpy(bits->at, &whole, sizeof whole);
    bits->at += bits->n_waiting >> 3;
    bits->waiting >>= bits->n_waiting & ~7u;
    bits->n_waiting &= 7;
}

/** Fills the last byte with zeros: what follows is whole bytes. */
static inline void bits_align(bits_t *bits)
{
    bits->n_waiting = (bits->n_waiting + 7) & ~7u;
    bits_flush(bits);
}
#endif
