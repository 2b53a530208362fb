/*
 * Bytes as deflate blocks (RFC 1951) by Huffman codes alone: for noise, where a search for repetitions costs ten times
 * as much and finds nothing, and for runs of equal bytes, which need no search.
 */
#ifndef POPGX_STORE_HUFFMAN_H
#define POPGX_STORE_HUFFMAN_H

#include <stddef.h>

#include "store/bits.h"

enum { HUFFMAN_SYMBOLS = 286, HUFFMAN_MOST_BITS = 14 /* of a code: four of them fit between two flushes */ };

typedef struct {
    uint8_t length[HUFFMAN_SYMBOLS];  /* 0: does not occur */
    uint16_t code[HUFFMAN_SYMBOLS];   /* in deflate's bit order */
} huffman_t;

/** A code of least size for symbols that occur `count` times; at least two of them occur. Sum of counts < 2^18. */
void huffman_make(const uint32_t count[HUFFMAN_SYMBOLS], huffman_t *out);

/** Bits that a block takes, its header included. */
size_t huffman_bits(const huffman_t *huffman, const uint32_t count[HUFFMAN_SYMBOLS]);

/** Counts `n` bytes and the end of the block. */
void huffman_count(const uint8_t *bytes, size_t n, uint32_t count[HUFFMAN_SYMBOLS]);

/** Appends a block, not the last one, that holds `n` bytes. */
void huffman_write(const huffman_t *huffman, const uint8_t *bytes, size_t n, bits_t *bits);

/* ---- runs: a token below 256 is a byte, 256 + length repeats the one before `length` times ---- */

/** Writes at most `n` tokens, counts their symbols and the end of the block, and returns how many there are. */
size_t huffman_find_runs(const uint8_t *bytes, size_t n, uint16_t *tokens, uint32_t count[HUFFMAN_SYMBOLS]);

/** Appends a block, not the last one, of tokens. */
void huffman_write_runs(const huffman_t *huffman, const uint16_t *tokens, size_t n, bits_t *bits);
#endif
