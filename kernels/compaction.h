/*
 * Compaction: moving the chosen elements of a column to the front of another. Pure data movement, so the one place where
 * intrinsics are used: compilers do not make compress instructions from loops, and they halve the time of the fused path's moves
 * (docs/performance.md). Where there are none, an index of the chosen is gathered by.
 */
#ifndef POPGX_KERNELS_COMPACTION_H
#define POPGX_KERNELS_COMPACTION_H

#include <stdint.h>

/*
 * Columns read or written by person. Gathers and scatters wait for each line in turn where it is not in the first-level cache, and compilers
 * build vectors from single loads at twice the cost of storing them one by one; so these loops are to stay scalar.
 */
#if defined(__GNUC__) && !defined(__clang__)
#define ONE_BY_ONE __attribute__((optimize("no-tree-vectorize", "no-tree-slp-vectorize")))
#else
#define ONE_BY_ONE
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#include <immintrin.h>

/* How many are chosen: compaction by masks needs no list of them. */
static inline int32_t list_chosen(int32_t n, const uint8_t *is_chosen, int32_t *index)
{
    int32_t n_chosen = 0;

    (void)index;
    for (int32_t j = 0; j < n; j++) n_chosen += is_chosen[j];
    return n_chosen;
}

/* The chosen among up to `lanes` elements from `at` on, as a mask. */
static inline uint32_t chosen_among(const uint8_t *is_chosen, int32_t at, int32_t n, int32_t lanes)
{
    uint32_t within = n - at >= lanes ? (1u << lanes) - 1 : (1u << (n - at)) - 1;
    return _mm_test_epi8_mask(_mm_maskz_loadu_epi8((__mmask16)within, is_chosen + at), _mm_set1_epi8(-1)) & within;
}

static inline void compact_ints(int32_t n, const uint8_t *is_chosen, const int32_t *index, int32_t n_chosen, const int32_t *from,
                                int32_t *to)
{
    (void)index;
    (void)n_chosen;
    for (int32_t at = 0; at < n; at += 16) {
        __mmask16 mask = (__mmask16)chosen_among(is_chosen, at, n, 16);
        int count = __builtin_popcount(mask);
        __m512i kept = _mm512_maskz_compress_epi32(mask, _mm512_maskz_loadu_epi32(mask, from + at));
        _mm512_storeu_si512(to, kept); /* whole vectors are stored in half the time of masked ones: COMPACTION_ROOM */
        to += count;
    }
}

static inline void compact_words(int32_t n, const uint8_t *is_chosen, const int32_t *index, int32_t n_chosen, const uint64_t *from,
                                 uint64_t *to)
{
    (void)index;
    (void)n_chosen;
    for (int32_t at = 0; at < n; at += 8) {
        __mmask8 mask = (__mmask8)chosen_among(is_chosen, at, n, 8);
        int count = __builtin_popcount(mask);
        __m512i kept = _mm512_maskz_compress_epi64(mask, _mm512_maskz_loadu_epi64(mask, from + at));
        _mm512_storeu_si512(to, kept);
        to += count;
    }
}
#else
static inline int32_t list_chosen(int32_t n, const uint8_t *restrict is_chosen, int32_t *restrict index)
{
    int32_t n_chosen = 0;

    for (int32_t j = 0; j < n; j++) {
        index[n_chosen] = j;
        n_chosen += is_chosen[j];
    }
    return n_chosen;
}

static inline void compact_ints(int32_t n, const uint8_t *is_chosen, const int32_t *restrict index, int32_t n_chosen,
                                const int32_t *restrict from, int32_t *restrict to)
{
    (void)n;
    (void)is_chosen;
    for (int32_t j = 0; j < n_chosen; j++) to[j] = from[index[j]];
}

static inline void compact_words(int32_t n, const uint8_t *is_chosen, const int32_t *restrict index, int32_t n_chosen,
                                 const uint64_t *restrict from, uint64_t *restrict to)
{
    (void)n;
    (void)is_chosen;
    for (int32_t j = 0; j < n_chosen; j++) to[j] = from[index[j]];
}
#endif
#endif
