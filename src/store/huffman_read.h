/*
 * Reading one plane of deflate_chunk: a deflate block (RFC 1951) with a Huffman code of its own, for bytes alone or for bytes and repetitions
 * of the one before. Never reads or writes out of bounds, whatever the bits are.
 */
#ifndef POPGX_STORE_HUFFMAN_READ_H
#define POPGX_STORE_HUFFMAN_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLANE_LOOKUP_BITS = 10,     /* tables of four planes stay in the first-level cache */
    PLANE_MOST_BITS = 15,       /* of a code */
    PLANE_SYMBOLS = 286, PLANE_LANES = 4,
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
    uint16_t single[1 << PLANE_LOOKUP_BITS];    /* by the next bits: symbol << 4 | bits of its code; 0: a longer code */
    uint32_t several[1 << PLANE_LOOKUP_BITS];   /* the bytes that these bits are, at most 3: see huffman_read.c */
} plane_code_t;

/** A plane that is being read. */
typedef struct {
    plane_bits_t bits;
    uint8_t *to, *to_end;       /* what is left to fill */
    plane_code_t code;
} plane_t;

typedef enum {
    PLANE_OF_BYTES,     /* plane_read_bytes has to read it, maybe with others */
    PLANE_DONE,
    PLANE_FOREIGN,      /* not coded by deflate_chunk: libdeflate may know */
} plane_begun_t;

/** Begins the plane whose first bit is number `start` of `stream`, and reads it if it is coded in another way than byte by byte. */
plane_begun_t plane_begin(plane_t *plane, const uint8_t *stream, size_t n_stream, uint32_t start, uint8_t *to, size_t n);

/** A plane of which there is nothing to read. */
void plane_idle(plane_t *plane);

/**
 * Reads on in all planes until one is full, or so nearly that it is finished here. False: a block is damaged. At least one plane is not idle.
 */
bool plane_read_bytes(plane_t planes[PLANE_LANES]);

/** Whether it is idle, or was finished. */
static inline bool plane_is_idle(const plane_t *plane) { return plane->to == NULL; }
#endif
