/*
 * Reading one plane of deflate_chunk: a deflate block (RFC 1951) with a Huffman code of its own, for bytes alone or for bytes and repetitions
 * of the one before. Never reads or writes out of bounds, whatever the bits are.
 */
#ifndef POPGX_STORE_HUFFMAN_READ_H
#define POPGX_STORE_HUFFMAN_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

enum {
    PLANE_MOST_BITS = 15,       /* of a code */
    PLANE_SYMBOLS = 286,
};

/** A stream of bits. Those of `waiting` above n_waiting are 0 or what comes next. */
typedef struct {
    const uint8_t *at, *end;
    uint64_t waiting;
    unsigned n_waiting;
} plane_bits_t;

/** A code as it is read. */
typedef struct {
    uint16_t n_of_length[PLANE_MOST_BITS + 1];
    uint16_t symbols[PLANE_SYMBOLS];            /* by code */
    uint16_t single[1 << KERNEL_LOOKUP_BITS];   /* by the next bits: symbol << 4 | bits of its code; 0: a longer code */
} plane_code_t;

/** A plane that is being read. */
typedef struct {
    plane_bits_t bits;
    uint8_t *to, *to_end;       /* what is left to fill */
    plane_code_t code;
} plane_t;

typedef enum {
    PLANE_OF_BYTES,     /* planes_read has to read it, maybe with others */
    PLANE_DONE,
    PLANE_FOREIGN,      /* not coded by deflate_chunk: libdeflate may know */
} plane_begun_t;

/** Planes that are read together. */
typedef struct {
    plane_t plane[KERNEL_PLANES];
    uint32_t table[KERNEL_PLANES][1 << KERNEL_LOOKUP_BITS]; /* the bytes that the next bits are: small enough for the first-level cache */
} planes_t;

/** Nothing to read. */
void planes_init(planes_t *planes);

/**
 * Begins plane `k`, whose first bit is number `start` of `stream`, in the place of one that is idle. If it is coded in another way than byte by
 * byte it is read at once, and the place stays idle.
 */
plane_begun_t planes_begin(planes_t *planes, int k, const uint8_t *stream, size_t n_stream, uint32_t start, uint8_t *to, size_t n);

/** Gives up plane `k`. */
void planes_idle(planes_t *planes, int k);

/** Reads on in all planes until one is full, and idle again. False: a block is damaged. At least one plane is not idle. */
bool planes_read(planes_t *planes);

static inline bool planes_is_idle(const planes_t *planes, int k) { return planes->plane[k].to == NULL; }
#endif
