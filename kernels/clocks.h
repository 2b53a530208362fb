/*
 * What people's clocks remember, by person, to dense columns and back; and which of them an event concerns.
 *
 * A clock's memory of a person is one record of 32 bytes, so that looking at it touches one cache line. With AVX-512 eight records
 * are turned into columns by shuffles: pure data movement, and several times the speed of what compilers make of it
 * (docs/performance.md).
 */
#ifndef POPGX_KERNELS_CLOCKS_H
#define POPGX_KERNELS_CLOCKS_H

#include "kernels/compaction.h"
#include "kernels/kernels.h"

enum { CLOCK_RECORD = 32 };
_Static_assert(sizeof(kernel_clock_t) == CLOCK_RECORD, "a clock's record is four words");

static inline void take_clock(const kernel_clock_t *clock, int32_t j, double *threshold, double *integral, int32_t *earliest,
                              int32_t *started)
{
    threshold[j] = clock->threshold;
    integral[j] = clock->integral;
    earliest[j] = clock->earliest;
    started[j] = clock->started;
}

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
/* Two records, one in each half. */
static inline __m512d two_clocks(const kernel_clock_t *clocks, int32_t a, int32_t b)
{
    __m256d low = _mm256_load_pd((const double *)(const void *)(clocks + a)), high = _mm256_load_pd((const double *)(const void *)(clocks + b));
    return _mm512_insertf64x4(_mm512_castpd256_pd512(low), high, 1);
}

static inline void take_clocks(int32_t n, const int32_t *restrict person, const kernel_clock_t *restrict clocks, double *restrict threshold,
                               double *restrict integral, int32_t *restrict earliest, int32_t *restrict started)
{
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    int32_t j = 0;

    for (; j + 8 <= n; j += 8) {
        const int32_t *p = person + j;
        __m512d a = two_clocks(clocks, p[0], p[4]), b = two_clocks(clocks, p[1], p[5]);
        __m512d c = two_clocks(clocks, p[2], p[6]), d = two_clocks(clocks, p[3], p[7]);
        __m512d even_ab = _mm512_unpacklo_pd(a, b), even_cd = _mm512_unpacklo_pd(c, d);
        __m512d odd_ab = _mm512_unpackhi_pd(a, b), odd_cd = _mm512_unpackhi_pd(c, d);
        __m512i times = _mm512_castpd_si512(_mm512_permutex2var_pd(even_ab, second, even_cd));
        __m512i starts = _mm512_castpd_si512(_mm512_permutex2var_pd(odd_ab, second, odd_cd));
        _mm512_storeu_pd(threshold + j, _mm512_permutex2var_pd(even_ab, first, even_cd));
        _mm512_storeu_pd(integral + j, _mm512_permutex2var_pd(odd_ab, first, odd_cd));
        _mm256_storeu_si256((__m256i *)(void *)(earliest + j), _mm512_cvtepi64_epi32(_mm512_srli_epi64(times, 32)));
        _mm256_storeu_si256((__m256i *)(void *)(started + j), _mm512_cvtepi64_epi32(starts));
    }
    for (; j < n; j++) take_clock(&clocks[person[j]], j, threshold, integral, earliest, started);
}

static inline void put_two_clocks(kernel_clock_t *clocks, int32_t a, int32_t b, __m512d both)
{
    _mm256_store_pd((double *)(void *)(clocks + a), _mm512_castpd512_pd256(both));
    _mm256_store_pd((double *)(void *)(clocks + b), _mm512_extractf64x4_pd(both, 1));
}

static inline void put_clocks(int32_t n, const int32_t *restrict person, const double *restrict threshold, const double *restrict integral,
                              const int32_t *restrict situation, const int32_t *restrict earliest, const int32_t *restrict started,
                              kernel_clock_t *restrict clocks)
{
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    int32_t j = 0;

    for (; j + 8 <= n; j += 8) {
        const int32_t *p = person + j;
        __m512d e = _mm512_loadu_pd(threshold + j), h = _mm512_loadu_pd(integral + j);
        __m512i s = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)(situation + j)));
        __m512i t = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)(earliest + j)));
        __m512d times = _mm512_castsi512_pd(_mm512_or_si512(s, _mm512_slli_epi64(t, 32)));
        __m512d starts = _mm512_castsi512_pd(_mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)(started + j))));
        __m512d even = _mm512_unpacklo_pd(e, h), odd = _mm512_unpackhi_pd(e, h);
        __m512d even_times = _mm512_unpacklo_pd(times, starts), odd_times = _mm512_unpackhi_pd(times, starts);
        put_two_clocks(clocks, p[0], p[2], _mm512_permutex2var_pd(even, low, even_times));
        put_two_clocks(clocks, p[1], p[3], _mm512_permutex2var_pd(odd, low, odd_times));
        put_two_clocks(clocks, p[4], p[6], _mm512_permutex2var_pd(even, high, even_times));
        put_two_clocks(clocks, p[5], p[7], _mm512_permutex2var_pd(odd, high, odd_times));
    }
    for (; j < n; j++)
        clocks[person[j]] = (kernel_clock_t){.threshold = threshold[j], .integral = integral[j], .situation = situation[j],
                                             .earliest = earliest[j], .started = started[j]};
}
#else
static inline void take_clocks(int32_t n, const int32_t *restrict person, const kernel_clock_t *restrict clocks, double *restrict threshold,
                               double *restrict integral, int32_t *restrict earliest, int32_t *restrict started)
{
    for (int32_t j = 0; j < n; j++) take_clock(&clocks[person[j]], j, threshold, integral, earliest, started);
}

static inline void put_clocks(int32_t n, const int32_t *restrict person, const double *restrict threshold, const double *restrict integral,
                              const int32_t *restrict situation, const int32_t *restrict earliest, const int32_t *restrict started,
                              kernel_clock_t *restrict clocks)
{
    for (int32_t j = 0; j < n; j++)
        clocks[person[j]] = (kernel_clock_t){.threshold = threshold[j], .integral = integral[j], .situation = situation[j],
                                             .earliest = earliest[j], .started = started[j]};
}
#endif

/* Appends the chosen members of a piece to a list of changes. */
static inline void append_chosen(int32_t n, const uint8_t *is_chosen, const int32_t *person, const int32_t *was, const int32_t *is,
                                 kernel_changes_t *changes)
{
    int32_t index[64], n_chosen = list_chosen(n, is_chosen, index), at = changes->n;

    if (n_chosen == 0) return;
    compact_ints(n, is_chosen, index, n_chosen, person, changes->person + at);
    compact_ints(n, is_chosen, index, n_chosen, was, changes->was + at);
    compact_ints(n, is_chosen, index, n_chosen, is, changes->is + at);
    changes->n += n_chosen;
}
#endif
