/*
 * Planes from the least significant to the most, each as a block of its own: noise by a Huffman code, or as it is, which is read at
 * once, if a code would hardly make it smaller; runs of equal bytes as runs, in a fraction of a search's time. The first plane in which a
 * search for repetitions pays goes through libdeflate together with all that follow it, since libdeflate always ends the stream. That
 * is tried on a sample.
 */
#include "store/deflate.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>

#include "store/huffman.h"

enum {
    LEVEL = 1, PADDING = 255, LEAST_GAIN = 16 /* a code that saves less than this part of a plane is not worth reading it bit by bit */, SAMPLE_BYTES = 2048, MOST_STORED = 65535 /* bytes in a stored block */, STREAM_END = 4, INDEX_BYTES = 4 * (DEFLATE_MOST_PLANES + 1),
    WASTE = 2048 /* more than the headers of the stream and of 8 stored planes with their padding, and what bits_flush may write behind the end */,
};

struct deflater {
    struct libdeflate_compressor *search;
    uint8_t *planes;        /* [most_bytes] */
    uint16_t *tokens;       /* [most_bytes] */
    size_t most_bytes;
};

popgx_err_t deflater_new(size_t most_bytes, deflater_t **out)
{
    deflater_t *deflater = calloc(1, sizeof *deflater);

    if (!deflater) return FAIL(NOMEM, "out of memory for compression");
    deflater->search = libdeflate_alloc_compressor(LEVEL);
    deflater->planes = malloc(most_bytes);
    deflater->tokens = malloc(most_bytes * sizeof *deflater->tokens);
    deflater->most_bytes = most_bytes;
    if (!deflater->search || !deflater->planes || !deflater->tokens) {
        deflater_free(deflater);
        return FAIL(NOMEM, "out of memory for compression");
    }
    *out = deflater;
    return POPGX_OK;
}

void deflater_free(deflater_t *deflater)
{
    if (!deflater) return;
    libdeflate_free_compressor(deflater->search);
    free(deflater->planes);
    free(deflater->tokens);
    free(deflater);
}

/* ---- planes ---- */

#define SHUFFLE(type)                                                                      \
    do {                                                                                   \
        const type *from = numbers;                                                        \
        for (size_t b = 0; b < sizeof(type); b++, to += n)                                 \
            for (size_t i = 0; i < n_filled; i++) to[i] = (uint8_t)(from[i] >> (8 * significance(b, sizeof(type)))); \
    } while (0)

/* HDF5 takes bytes in the order in which they are in memory. */
static size_t significance(size_t byte, size_t width)
{
    return __BYTE_ORDER == __LITTLE_ENDIAN ? byte : width - 1 - byte;
}

void deflate_shuffle(const void *numbers, size_t n_filled, size_t n, size_t width, uint8_t *restrict to)
{
    for (size_t b = 0; b < width && n_filled < n; b++) memset(to + b * n + n_filled, PADDING, n - n_filled);
    switch (width) {
    case 1: memcpy(to, numbers, n_filled); break;
    case 2: SHUFFLE(uint16_t); break;
    case 4: SHUFFLE(uint32_t); break;
    case 8: SHUFFLE(uint64_t); break;
    default: BUG("a column of numbers of %zu bytes", width);
    }
}

size_t deflate_bound(size_t n_bytes)
{
    return n_bytes + n_bytes / 64 + WASTE; /* a plane is never longer than stored, and libdeflate's stored blocks are long */
}

static void write_stored(const uint8_t *bytes, size_t n, bits_t *bits)
{
    while (n > 0) {
        uint16_t part = (uint16_t)(n < MOST_STORED ? n : MOST_STORED);
        bits_put(bits, 0, 3);
        bits_align(bits);
        bits_put(bits, part, 16);
        bits_put(bits, (uint16_t)~part, 16);
        bits_flush(bits);
        memcpy(bits->at, bytes, part);
        bits->at += part;
        bytes += part;
        n -= part;
    }
}

/* A block of fixed codes (RFC 1951, 3.2.6): one byte of padding, then repetitions of it. */
static void write_padding(size_t n, bits_t *bits)
{
    enum { LONGEST = 258, SHORT = 10 };

    if (n == 0) return;
    bits_put(bits, 2, 3);
    bits_put(bits, 0x1ff, 9); /* the literal 255 */
    bits_flush(bits);
    for (n--; n >= LONGEST; n -= LONGEST, bits_flush(bits)) bits_put(bits, 0xa3, 13); /* code 285, then distance 1 */
    for (; n >= SHORT; n -= SHORT, bits_flush(bits)) bits_put(bits, 0x08, 12);        /* code 264 */
    for (; n > 0; n--, bits_flush(bits)) bits_put(bits, 0x1ff, 9);
    bits_put(bits, 0, 7);
    bits_flush(bits);
}

/* Bytes that are equal to the one before them. */
static size_t count_repeats(const uint8_t *bytes, size_t n)
{
    size_t repeats = 0;

    for (size_t i = 1; i < n; i += 255) {
        uint8_t part = 0;
        size_t end = i + 255 < n ? i + 255 : n;
        for (size_t j = i; j < end; j++) part = (uint8_t)(part + (bytes[j] == bytes[j - 1]));
        repeats += part;
    }
    return repeats;
}

/* How a plane is coded without a search. */
typedef struct {
    huffman_t code;
    uint32_t count[HUFFMAN_SYMBOLS];
    size_t n_tokens;        /* 0: byte by byte */
    size_t bits;
} plan_t;

static void make_plan(deflater_t *deflater, const uint8_t *bytes, size_t n, plan_t *plan)
{
    bool has_long_runs = count_repeats(bytes, n) > n - n / 8;

    plan->n_tokens = has_long_runs ? huffman_find_runs(bytes, n, deflater->tokens, plan->count) : 0;
    if (!has_long_runs) huffman_count(bytes, n, plan->count);
    huffman_make(plan->count, &plan->code);
    plan->bits = huffman_bits(&plan->code, plan->count);
}

static void write_plan(deflater_t *deflater, const plan_t *plan, const uint8_t *bytes, size_t n, bits_t *bits)
{
    bits_t begin = *bits;

    if (plan->bits > 8 * n - 8 * n / LEAST_GAIN) {
        write_stored(bytes, n, bits);
        return;
    }
    if (plan->n_tokens > 0) huffman_write_runs(&plan->code, deflater->tokens, plan->n_tokens, bits);
    else huffman_write(&plan->code, bytes, n, bits);
    size_t written = 8 * (size_t)(bits->at - begin.at) + bits->n_waiting - begin.n_waiting;
    INVARIANT(written == plan->bits, "a plane of %zu bytes took %zu bits, not %zu", n, written, plan->bits);
}

/* Whether four bytes stand where they stood before, at least at one place in eight. A quick look: three places in four are passed by. */
static bool has_repetitions(const uint8_t *bytes, size_t n)
{
    uint32_t kept[1024] = {0}, next;
    size_t found = 0;

    for (size_t i = 0; i + sizeof next <= n; i += i % 64 == 15 ? 49 : 1) {
        memcpy(&next, bytes + i, sizeof next);
        uint32_t *last = &kept[next * 2654435761u >> 22];
        found += *last == next;
        *last = next;
    }
    return found > n / 32;
}

/* Whether a search, which takes some three times as long, makes the plane smaller by three eighths. */
static bool is_search_better(deflater_t *deflater, const uint8_t *bytes, size_t n, size_t bits)
{
    uint8_t stream[SAMPLE_BYTES];
    const uint8_t *sample = bytes + n / 2;

    if (n < 4 * SAMPLE_BYTES) return true;
    if (!has_repetitions(sample, SAMPLE_BYTES)) return false;
    size_t most = (bits < 8 * n ? bits : 8 * n) * SAMPLE_BYTES / (8 * n);
    return libdeflate_deflate_compress(deflater->search, sample, SAMPLE_BYTES, stream, most - 3 * most / 8) > 0;
}

/* ---- chunks ---- */

static void write_stream_end(const uint8_t *planes, size_t n, uint8_t **at)
{
    uint32_t check = libdeflate_adler32(1, planes, n);
    for (int shift = 24; shift >= 0; shift -= 8) *(*at)++ = (uint8_t)(check >> shift);
}

static uint32_t bit_of(const uint8_t *to, const bits_t *bits) { return (uint32_t)(8 * (bits->at - to)) + bits->n_waiting; }

/* Behind the stream, where inflate has stopped: see deflate.h. */
static void write_index(const uint32_t *starts, size_t n_starts, size_t n_planes, uint8_t **at)
{
    for (size_t k = 0; k < n_starts; k++) {
        const uint32_t start = htole32(starts[k]);
        memcpy(*at, &start, sizeof start);
        *at += sizeof start;
    }
    memcpy(*at, DEFLATE_INDEX_MAGIC, DEFLATE_INDEX_MAGIC_BYTES);
    *at += DEFLATE_INDEX_MAGIC_BYTES;
    *(*at)++ = (uint8_t)n_planes;
}

size_t deflate_chunk(deflater_t *deflater, const void *numbers, size_t n_filled, size_t n, size_t width, uint8_t *to)
{
    size_t n_bytes = n * width, bound = deflate_bound(n_bytes), plane = 0;
    uint32_t starts[DEFLATE_MOST_PLANES + 1];
    bits_t bits = {.at = to};
    plan_t plan;

    INVARIANT(n_filled >= 1 && n_filled <= n && n_bytes <= deflater->most_bytes, "%zu of a chunk of %zu bytes", n_filled, n_bytes);
    deflate_shuffle(numbers, n_filled, n, width, deflater->planes);
    bits_put(&bits, 0x0178, 16); /* RFC 1950: deflate, a window of 32 kB, the fastest level */
    bits_flush(&bits);
    for (; plane < width; plane++) {
        const uint8_t *bytes = deflater->planes + plane * n;
        starts[plane] = bit_of(to, &bits);
        make_plan(deflater, bytes, n_filled, &plan);
        if (is_search_better(deflater, bytes, n_filled, plan.bits)) break;
        write_plan(deflater, &plan, bytes, n_filled, &bits);
        write_padding(n - n_filled, &bits);
    }
    if (plane < width) {
        bits_put(&bits, 0, 3); /* an empty stored block, to get to whole bytes */
        bits_align(&bits);
        bits_put(&bits, 0xffff0000, 32);
        bits_flush(&bits);
        starts[plane] = bit_of(to, &bits);
        size_t found = libdeflate_deflate_compress(deflater->search, deflater->planes + plane * n, (width - plane) * n, bits.at,
                                                   bound - STREAM_END - INDEX_BYTES - (size_t)(bits.at - to));
        INVARIANT(found > 0, "a chunk of %zu bytes does not fit into %zu", n_bytes, bound);
        bits.at += found;
    } else {
        bits_put(&bits, 3, 10); /* the last block: fixed codes, and nothing but its end */
        bits_align(&bits);
    }
    write_stream_end(deflater->planes, n_bytes, &bits.at);
    write_index(starts, plane < width ? plane + 1 : plane, plane, &bits.at);
    return (size_t)(bits.at - to);
}
