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

/* ---- what the inputs say, and whom that changes ---- */

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
/* Sixteen people's rows looked up: small tables fit into registers. */
static inline __m512i look_up_rows(const kernel_inputs_t *inputs, __m512i row)
{
    if (inputs->n_rows <= 16) return _mm512_permutexvar_epi32(row, _mm512_loadu_si512(inputs->of_row));
    if (inputs->n_rows <= 32)
        return _mm512_permutex2var_epi32(_mm512_loadu_si512(inputs->of_row), row, _mm512_loadu_si512(inputs->of_row + 16));
    return _mm512_i32gather_epi32(row, inputs->of_row, 4);
}

static inline __m512i situations_of(const kernel_inputs_t *inputs, __m512i person)
{
    __m512i row = _mm512_setzero_si512(), word = row;

    for (int32_t f = 0; f < inputs->n_fields; f++) {
        const kernel_field_t *field = &inputs->fields[f];
        if (f == 0 || field->word != field[-1].word) word = _mm512_i32gather_epi32(person, field->word, 4);
        __m512i level = _mm512_and_si512(_mm512_srl_epi32(word, _mm_cvtsi32_si128(field->shift)), _mm512_set1_epi32((int32_t)field->mask));
        row = _mm512_add_epi32(row, _mm512_mullo_epi32(level, _mm512_set1_epi32(field->stride)));
    }
    __m512i situation = look_up_rows(inputs, row);
    if (inputs->most == INT32_MAX) return situation;
    __m512i fired = _mm512_i32gather_epi32(person, inputs->fired, 4);
    return _mm512_maskz_mov_epi32(_mm512_cmplt_epi32_mask(fired, _mm512_set1_epi32(inputs->most)), situation);
}

static inline __mmask16 lanes_before(int32_t n) { return _cvtu32_mask16(n >= 16 ? 0xffffu : (1u << n) - 1); }

static inline void find_situations(int32_t n, const int32_t *person, const kernel_inputs_t *inputs, int32_t *situation)
{
    for (int32_t at = 0; at < n; at += 16) {
        __mmask16 within = lanes_before(n - at);
        _mm512_mask_storeu_epi32(situation + at, within, situations_of(inputs, _mm512_maskz_loadu_epi32(within, person + at)));
    }
}

/* Appends the chosen lanes; what is written behind them is overwritten by the next ones. */
static inline int32_t append_lanes(const kernel_changes_t *changes, int32_t at, __mmask16 chosen, __m512i person, __m512i was, __m512i is)
{
    if (!chosen) return at;
    _mm512_storeu_si512(changes->person + at, _mm512_maskz_compress_epi32(chosen, person));
    _mm512_storeu_si512(changes->was + at, _mm512_maskz_compress_epi32(chosen, was));
    _mm512_storeu_si512(changes->is + at, _mm512_maskz_compress_epi32(chosen, is));
    return at + __builtin_popcount(chosen);
}

enum { CHANGES_PIECE = 64 };

ONE_BY_ONE static void take_situations(int32_t n, const int32_t *person, const kernel_clock_t *clocks, int32_t *situation)
{
    for (int32_t j = 0; j < n; j++) situation[j] = clocks[person[j]].situation;
}

static inline void find_changes(int32_t n, const int32_t *people, const kernel_inputs_t *inputs, const int32_t *entered,
                                const kernel_clock_t *clocks, kernel_changes_t *stopping, kernel_changes_t *starting,
                                kernel_changes_t *going_on)
{
    int32_t n_stopping = stopping->n, n_starting = starting->n, n_going_on = going_on->n, remembered[CHANGES_PIECE];

    for (int32_t at = 0; at < n; at += 16) {
        if (at % CHANGES_PIECE == 0) take_situations(n - at < CHANGES_PIECE ? n - at : CHANGES_PIECE, people + at, clocks, remembered);
        __mmask16 within = lanes_before(n - at);
        __m512i person = _mm512_maskz_loadu_epi32(within, people + at), record = _mm512_slli_epi32(person, 2); /* in units of 8 bytes */
        __m512i was = _mm512_loadu_si512(remembered + at % CHANGES_PIECE), is = situations_of(inputs, person);
        __mmask16 ran = _mm512_test_epi32_mask(was, was) & within, runs = _mm512_test_epi32_mask(is, is) & within;
        __mmask16 is_new = _mm512_cmpneq_epi32_mask(was, is);
        if (entered)
            is_new |= _mm512_cmpneq_epi32_mask(_mm512_i32gather_epi32(record, &clocks->started, 8), _mm512_i32gather_epi32(person, entered, 4));
        n_stopping = append_lanes(stopping, n_stopping, ran & (__mmask16)~runs, person, was, is);
        n_starting = append_lanes(starting, n_starting, runs & (__mmask16)~ran, person, was, is);
        n_going_on = append_lanes(going_on, n_going_on, ran & runs & is_new, person, was, is);
    }
    stopping->n = n_stopping;
    starting->n = n_starting;
    going_on->n = n_going_on;
}

static inline void look_up(int32_t n, const int32_t *index, int32_t size, const double *table, double *found)
{
    if (size > 16) {
        for (int32_t j = 0; j < n; j++) found[j] = table[index[j]];
        return;
    }
    const __m512d low = _mm512_loadu_pd(table), high = _mm512_loadu_pd(table + 8);
    for (int32_t at = 0; at < n; at += 8) {
        __mmask8 within = (__mmask8)lanes_before(n - at);
        __m512i which = _mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(within, index + at));
        _mm512_mask_storeu_pd(found + at, within, _mm512_permutex2var_pd(low, which, high));
    }
}

static inline int32_t take_group(int32_t n, const int32_t *key, int32_t wanted, const int32_t *person, int32_t *group)
{
    int32_t n_taken = 0;

    for (int32_t at = 0; at < n; at += 16) {
        __mmask16 within = lanes_before(n - at);
        __mmask16 chosen = _mm512_mask_cmpeq_epi32_mask(within, _mm512_maskz_loadu_epi32(within, key + at), _mm512_set1_epi32(wanted));
        _mm512_storeu_si512(group + n_taken, _mm512_maskz_compress_epi32(chosen, _mm512_maskz_loadu_epi32(within, person + at)));
        n_taken += __builtin_popcount(chosen);
    }
    return n_taken;
}
#else
enum { SITUATIONS_PIECE = 64 };

/* A piece of people: loops over dense columns, which compilers vectorise. */
static inline void situations_of_piece(int32_t n, const int32_t *restrict person, const kernel_inputs_t *inputs, int32_t *restrict situation)
{
    uint32_t row[SITUATIONS_PIECE] = {0}, word[SITUATIONS_PIECE];

    for (int32_t f = 0; f < inputs->n_fields; f++) {
        const kernel_field_t field = inputs->fields[f];
        if (f == 0 || field.word != inputs->fields[f - 1].word)
            for (int32_t j = 0; j < n; j++) word[j] = field.word[person[j]];
        for (int32_t j = 0; j < n; j++) row[j] += (word[j] >> field.shift & field.mask) * (uint32_t)field.stride;
    }
    for (int32_t j = 0; j < n; j++) situation[j] = inputs->of_row[row[j]];
    for (int32_t j = 0; inputs->most != INT32_MAX && j < n; j++) situation[j] = inputs->fired[person[j]] < inputs->most ? situation[j] : 0;
}

static inline void find_situations(int32_t n, const int32_t *person, const kernel_inputs_t *inputs, int32_t *situation)
{
    for (int32_t at = 0; at < n; at += SITUATIONS_PIECE)
        situations_of_piece(n - at < SITUATIONS_PIECE ? n - at : SITUATIONS_PIECE, person + at, inputs, situation + at);
}

/* Appends the members of a piece of class `wanted`; none of them costs one look. */
static inline void append_class(int32_t n, const int32_t *restrict class, int32_t wanted, const int32_t *restrict person,
                                const int32_t *restrict was, const int32_t *restrict is, kernel_changes_t *changes)
{
    int32_t at = changes->n, n_wanted = 0;

    for (int32_t j = 0; j < n; j++) n_wanted += class[j] == wanted;
    for (int32_t j = 0; n_wanted > 0 && j < n; j++) {
        changes->person[at] = person[j];
        changes->was[at] = was[j];
        changes->is[at] = is[j];
        at += class[j] == wanted;
    }
    changes->n = at;
}

static inline void find_changes(int32_t n, const int32_t *people, const kernel_inputs_t *inputs, const int32_t *entered,
                                const kernel_clock_t *clocks, kernel_changes_t *stopping, kernel_changes_t *starting,
                                kernel_changes_t *going_on)
{
    enum { STAYS, STARTS, STOPS, GOES_ON };
    int32_t was[SITUATIONS_PIECE], is[SITUATIONS_PIECE], is_new[SITUATIONS_PIECE], class[SITUATIONS_PIECE];

    for (int32_t at = 0; at < n; at += SITUATIONS_PIECE) {
        const int32_t m = n - at < SITUATIONS_PIECE ? n - at : SITUATIONS_PIECE, *person = people + at;
        situations_of_piece(m, person, inputs, is);
        for (int32_t j = 0; j < m; j++) was[j] = clocks[person[j]].situation;
        for (int32_t j = 0; j < m; j++) is_new[j] = was[j] != is[j];
        for (int32_t j = 0; entered && j < m; j++) is_new[j] |= clocks[person[j]].started != entered[person[j]];
        for (int32_t j = 0; j < m; j++) {
            int32_t ran = was[j] != 0, runs = is[j] != 0, kind = 2 * ran + runs;
            class[j] = kind == GOES_ON && !is_new[j] ? STAYS : kind;
        }
        append_class(m, class, STARTS, person, was, is, starting);
        append_class(m, class, STOPS, person, was, is, stopping);
        append_class(m, class, GOES_ON, person, was, is, going_on);
    }
}

static inline void look_up(int32_t n, const int32_t *index, int32_t size, const double *table, double *found)
{
    (void)size;
    for (int32_t j = 0; j < n; j++) found[j] = table[index[j]];
}

static inline int32_t take_group(int32_t n, const int32_t *key, int32_t wanted, const int32_t *person, int32_t *group)
{
    int32_t n_taken = 0;

    for (int32_t j = 0; j < n; j++) {
        group[n_taken] = person[j];
        n_taken += key[j] == wanted;
    }
    return n_taken;
}
#endif
#endif
