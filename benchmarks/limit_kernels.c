/*
 * The limit of each kernel: the same arithmetic in a loop of known length over aligned columns that cannot alias. Where the
 * kernel has to search, the limit counts: it knows how many pieces or outcomes there are.
 */
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "benchmarks/limit_parts.h"
#include "kernels/keyed.h"
#include "kernels/normal.h"
#include "kernels/survival.h"

#define LIMIT(name, ...)                                            \
    static void name(limit_columns_t *c)                            \
    {                                                               \
        SIMD for (int32_t i = 0; i < LIMIT_N; i++) { __VA_ARGS__ }  \
    }

/* clang-format off */
LIMIT(person_keys, c->key[i] = rng_person_key(c->run_key, c->first_id + (uint64_t)i);)
LIMIT(uniforms, c->drawn[i] = rng_uniform(c->key[i], c->purpose, 0);)
LIMIT(exponentials, c->drawn[i] = rng_exponential(c->key[i], c->purpose, 0);)
LIMIT(exponentials_at, c->drawn[i] = rng_exponential(c->key[i], c->purpose, (uint64_t)c->occurrence[i]);)
LIMIT(normal_quantiles, c->drawn[i] = normal_quantile(c->uniform[i]);)
LIMIT(choose,
    int64_t row = c->row[i]; double u = c->uniform[i];
    int64_t outcome = (c->cumulative[row] <= u ? (int64_t)1 : 0) + (c->cumulative[row + 1] <= u ? (int64_t)1 : 0);
    outcome += c->cumulative[row + 2] <= u ? (int64_t)1 : 0;
    c->outcome[i] = (int32_t)outcome;)
LIMIT(add_levels, c->summed_row[i] += c->level[i] * 2;)
LIMIT(pick, c->picked[i] = c->table[c->picked[i]];)
LIMIT(earlier_of_all,
    int32_t is_earlier = c->now[i] < c->due[i];
    c->next[i] = is_earlier ? 7 : c->next[i];
    c->due[i] = is_earlier ? c->now[i] : c->due[i];)
LIMIT(join_planes, c->packed[i] = c->level[i] | (uint32_t)c->life[i] << 8 | (uint32_t)c->is_chosen[i] << 16 | (uint32_t)c->level[i] << 24;)
LIMIT(discounts, c->factor[i] = discount_factor(c->per_minute, c->now[i]);)

#define LIMIT_BURN(name, INTEGRAL)                                                                  \
    LIMIT(name,                                                                                     \
        double u = (double)c->now[i] - c->origin[i];                                                \
        c->burned[i] = most(fused(-c->ratio[i], (INTEGRAL) - c->integral[i], c->burned[i]), 1e-12);)
LIMIT_BURN(burn_exponential, exponential_integral(c->a, u))
LIMIT_BURN(burn_weibull, weibull_integral(c->a, c->c, u))
LIMIT_BURN(burn_gompertz, gompertz_integral(c->a, c->b, u))
LIMIT_BURN(burn_piecewise, counted_integral(c, u))

#define LIMIT_AIM(name, INTEGRAL, SOLVE)                                                            \
    LIMIT(name,                                                                                     \
        double u = (double)c->now[i] - c->origin[i]; double h = (INTEGRAL);                         \
        double target = h + c->threshold[i] * (1 / c->ratio[i]);                                          \
        int32_t minute = (int32_t)(least(c->origin[i] + (SOLVE), 2147480000.0) + 0.5);              \
        int32_t first = c->earliest[i] > c->now[i] ? c->earliest[i] : c->now[i];                    \
        c->integral[i] = h;                                                                         \
        c->due[i] = minute > first ? minute : first;)
LIMIT_AIM(aim_exponential, exponential_integral(c->a, u), exponential_solve(c->a, target))
LIMIT_AIM(aim_weibull, weibull_integral(c->a, c->c, u), weibull_solve(c->b, c->c, target))
LIMIT_AIM(aim_gompertz, gompertz_integral(c->a, c->b, u), gompertz_solve(c->a, c->c, target))
LIMIT_AIM(aim_piecewise, counted_integral(c, u), counted_solve(c, target))
LIMIT(aim_entered_weibull,
    double at = (double)c->now[i] + weibull_solve(c->b, c->c, c->integral[i] + c->threshold[i] * c->ratio[i]);
    int32_t minute = (int32_t)(least(at, 2147480000.0) + 0.5);
    c->due[i] = minute > c->earliest[i] ? minute : c->earliest[i];)
LIMIT(integrate_weibull,
    double u = (double)c->earliest[i] - (double)c->now[i];
    c->integral[i] = weibull_integral(c->a, c->c, u);)
LIMIT(race_weibulls,
    double x = fused(log_portable(c->threshold[i] * LIMIT_RATE), c->b, c->c);
    double y = fused(log_portable(c->burned[i] * LIMIT_RATE), c->b, c->c);
    double t = exp_portable(least(x, y)); double gap = most(x, y) - least(x, y);
    int32_t minute = (int32_t)(least((double)c->now[i] + t, 2147480000.0) + 0.5);
    c->due[i] = minute;
    c->next[i] = (gap * t < 2) | (minute <= c->now[i] + 1) ? -2 : y < x;)
LIMIT(burn_weibulls,
    double u = (double)c->earliest[i] - (double)c->now[i]; double log_u = log_portable(u);
    c->threshold[i] = most(fused(-LIMIT_RATE, exp_portable(c->a * (log_u - c->c)), c->threshold[i]), 1e-12);
    c->burned[i] = most(fused(-LIMIT_RATE, exp_portable(c->a * (log_u - c->c)), c->burned[i]), 1e-12);)
/* clang-format on */

/* ---- what posts: p is the person ---- */

static inline double flowed_since(double rate, double from, double now)
{
    double flowed = rate * (LIMIT_SCALE * (from - now));
    return from >= 0 ? flowed : 0;
}

#define LIMIT_POST(name, PERSON, FLOWED, AFTER)                                                                 \
    static void name(limit_columns_t *c)                                                                        \
    {                                                                                                           \
        int64_t outside = 0, wide = 0;                                                                          \
        _Pragma("omp simd reduction(| : outside, wide)") for (int32_t i = 0; i < LIMIT_N; i++)                  \
        {                                                                                                       \
            int32_t p = (PERSON);                                                                               \
            double flowed = (FLOWED);                                                                           \
            int64_t total = c->total[p] + grid_rounded(flowed, LIMIT_BITS);                                     \
            outside |= !grid_fits(flowed, LIMIT_BITS);                                                          \
            c->total[p] = total;                                                                                \
            wide |= total ^ (total >> 63);                                                                      \
            AFTER;                                                                                              \
        }                                                                                                       \
        c->sink[0] = outside, c->sink[1] = wide;                                                                \
    }
LIMIT_POST(switch_off, c->person[i], flowed_since(LIMIT_RATE, c->from[p], c->until[i]), c->flowed[i] = flowed; c->from[p] = -1)
LIMIT_POST(switch_post, i, flowed_since(LIMIT_RATE, c->from[p], c->until[i]), c->flowed[i] = flowed)
LIMIT_POST(post_stay, c->person[i], LIMIT_RATE * (LIMIT_SCALE * (c->from[i] - c->until[i])), (void)p)
LIMIT_POST(close_stays, i, c->level_rates[c->level[i]] * (LIMIT_SCALE * (c->from[i] - c->until[i])), (void)p)
LIMIT_POST(post_lump, c->person[i], LIMIT_RATE * c->factor[i], c->flowed[i] = flowed)
LIMIT_POST(post, c->person[i], c->factor[i], (void)p)
LIMIT_POST(post_flow, i, c->rate[i] * (LIMIT_SCALE * (c->from[i] - c->until[i])), c->flowed[i] = flowed)

static void change_rates(limit_columns_t *c)
{
    int64_t any = 0;

    _Pragma("omp simd reduction(| : any)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        const int32_t p = c->person[i];
        double old = c->rate[p], since = c->from[p], flowed = old * (LIMIT_SCALE * (since - c->until[i]));
        int64_t is_new = c->next_rate[i] != old;
        flowed = is_new ? flowed : 0;
        c->flowed[i] = flowed;
        any |= flowed != 0;
        c->from[p] = is_new ? c->until[i] : since;
        c->rate[p] = c->next_rate[i];
    }
    c->sink[0] = any;
}

/* Only moves: gathers and scatters would be no faster. */
static void switch_on(limit_columns_t *c)
{
    for (int32_t i = 0; i < LIMIT_N; i++) {
        const int32_t p = c->person[i];
        c->from[p] = c->from[p] >= 0 ? c->from[p] : c->until[i];
    }
}

static void take_since(limit_columns_t *c)
{
    /* Of a structure of columns gcc makes no gathers: the kernel, whose columns cannot alias, is faster than its limit. */
    for (int32_t i = 0; i < LIMIT_N; i++) c->since[i] = c->from[c->person[i]];
    for (int32_t i = 0; i < LIMIT_N; i++) c->from[c->person[i]] = c->until[i];
}

static void count_again(limit_columns_t *c)
{
    int64_t sum = 0;

    _Pragma("omp simd reduction(+ : sum)") for (int32_t i = 0; i < LIMIT_N; i++) sum += c->outcome[i]++;
    c->sink[0] = sum;
}

static void mark_late(limit_columns_t *c)
{
    SIMD for (int32_t i = 0; i < LIMIT_N; i++) {
        c->next[i] = (c->now[i] == c->due[i] ? c->next[i] : 0) | 5;
        c->due[i] = c->now[i];
    }
}

static void count_up(limit_columns_t *c)
{
    int64_t grown = 0;

    _Pragma("omp simd reduction(+ : grown)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        uint32_t before = c->count[c->person[i]];
        c->count[c->person[i]] = before + 1;
        grown += 2 * (int64_t)before + 1;
    }
    c->sink[0] = grown;
}

/* ---- choosing and moving ---- */

#ifdef __AVX512F__
static void choose_winners(limit_columns_t *c)
{
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    int32_t kept = 0;

    for (int32_t i = 0; i < LIMIT_N; i += 16) {
        __mmask16 mask = _mm512_cmpeq_epi32_mask(_mm512_load_si512(c->occurrence + i), _mm512_set1_epi32(1));
        mask = _mm512_mask_cmplt_epi32_mask(mask, _mm512_load_si512(c->now + i), _mm512_set1_epi32(INT32_MAX));
        _mm_store_si128((__m128i *)(void *)(c->is_chosen + i), _mm_maskz_set1_epi8(mask, 1));
        _mm512_storeu_si512(c->index + kept, _mm512_maskz_compress_epi32(mask, _mm512_add_epi32(_mm512_set1_epi32(i), lanes)));
        kept += __builtin_popcount(mask);
    }
    c->n_chosen = kept;
}

static void compact_ints(limit_columns_t *c)
{
    int32_t kept = 0;

    for (int32_t i = 0; i < LIMIT_N; i += 16) {
        __m128i chosen = _mm_load_si128((const __m128i *)(const void *)(c->is_chosen + i));
        __mmask16 mask = _mm_test_epi8_mask(chosen, chosen);
        _mm512_storeu_si512(c->chosen_ints + kept, _mm512_maskz_compress_epi32(mask, _mm512_load_si512(c->now + i)));
        kept += __builtin_popcount(mask);
    }
}

static void compress_words(const uint8_t *is_chosen, const void *from, void *to)
{
    const int64_t *words = from;
    int64_t *kept = to;

    for (int32_t i = 0; i < LIMIT_N; i += 8) {
        __m128i chosen = _mm_loadl_epi64((const __m128i *)(const void *)(is_chosen + i));
        __mmask8 mask = (__mmask8)_mm_test_epi8_mask(chosen, chosen);
        _mm512_storeu_si512(kept, _mm512_maskz_compress_epi64(mask, _mm512_load_si512(words + i)));
        kept += __builtin_popcount(mask);
    }
}

static void compact_words(limit_columns_t *c) { compress_words(c->is_chosen, c->key, c->chosen_words); }
static void compact_doubles(limit_columns_t *c) { compress_words(c->is_chosen, c->threshold, c->chosen_doubles); }
#else
static void choose_winners(limit_columns_t *c)
{
    int32_t kept = 0;

    SIMD for (int32_t i = 0; i < LIMIT_N; i++) c->is_chosen[i] = (c->occurrence[i] == 1) & (c->now[i] < INT32_MAX);
    for (int32_t i = 0; i < LIMIT_N; i++) {
        c->index[kept] = i;
        kept += c->is_chosen[i];
    }
    c->n_chosen = kept;
}

static void compact_ints(limit_columns_t *c)
{
    for (int32_t j = 0; j < c->n_chosen; j++) c->chosen_ints[j] = c->now[c->index[j]];
}

static void compact_words(limit_columns_t *c)
{
    for (int32_t j = 0; j < c->n_chosen; j++) c->chosen_words[j] = c->key[c->index[j]];
}

static void compact_doubles(limit_columns_t *c)
{
    for (int32_t j = 0; j < c->n_chosen; j++) c->chosen_doubles[j] = c->threshold[c->index[j]];
}
#endif

/* ---- clocks by person ---- */

#if defined(__GNUC__) && !defined(__clang__)
#define SCALAR __attribute__((optimize("no-tree-vectorize", "no-tree-slp-vectorize"))) /* as ONE_BY_ONE of kernels/compaction.h */
#else
#define SCALAR
#endif
#define LIMIT_BY_PERSON(name, ...)                                              \
    SCALAR static void name(limit_columns_t *c)                             \
    {                                                                           \
        for (int32_t i = 0; i < LIMIT_N; i++) { const int32_t p = c->person[i]; __VA_ARGS__ } \
    }

/* clang-format off */
LIMIT(pack_levels, c->packed[i] |= (uint32_t)c->level[i] << 4;)
LIMIT_BY_PERSON(find_situations, c->situation[i] = c->table[(c->packed[p] & 3) + (c->packed[p] >> 4 & 3) * 4];)
LIMIT_BY_PERSON(take_clocks,
    const kernel_clock_t clock = c->clocks[p];
    c->burned[i] = clock.threshold;
    c->drawn[i] = clock.integral;
    c->picked[i] = clock.earliest;
    c->outcome[i] = clock.started;)
LIMIT_BY_PERSON(put_clocks,
    c->clocks[p] = (kernel_clock_t){.threshold = c->threshold[i], .integral = c->integral[i], .situation = c->situation[i],
                                    .earliest = c->earliest[i], .started = c->now[i]};)
LIMIT_BY_PERSON(look_up, c->drawn[i] = c->numbers[c->level[i]]; (void)p;)
LIMIT_BY_PERSON(take_ints, c->picked[i] = c->now[p];)
LIMIT_BY_PERSON(take_words, c->chosen_words[i] = c->key[p];)
LIMIT_BY_PERSON(take_doubles, c->drawn[i] = c->ratio[p];)
LIMIT_BY_PERSON(put_ints, c->due[p] = c->now[i];)
LIMIT_BY_PERSON(put_at, c->due[c->person[p]] = c->now[i];)
/* clang-format on */

static void find_changes(limit_columns_t *c)
{
    int32_t n[3] = {0, 0, 0};

    for (int32_t i = 0; i < LIMIT_N; i++) {
        const int32_t p = c->person[i], was = c->clocks[p].situation, is = c->table[(c->packed[p] & 3) + (c->packed[p] >> 4 & 3) * 4];
        if (was == is) continue;
        const int32_t list = was == 0 ? 1 : is == 0 ? 0 : 2, at = n[list]++;
        c->changed[3 * list][at] = p;
        c->changed[3 * list + 1][at] = was;
        c->changed[3 * list + 2][at] = is;
    }
    c->sink[0] = n[0] + n[1] + n[2];
}

static void take_group(limit_columns_t *c)
{
    int32_t n = 0;

    for (int32_t i = 0; i < LIMIT_N; i++) {
        c->chosen_ints[n] = c->person[i];
        n += c->occurrence[i] == 1;
    }
    c->sink[0] = n;
}

/* The lengths of codes are known, so nothing waits for what is looked up. */
static void read_planes(limit_columns_t *c)
{
    for (int32_t i = 0; i < LIMIT_N / KERNEL_PLANES; i++)
        for (int p = 0; p < KERNEL_PLANES; p++) c->bytes[p][i] = (uint8_t)(c->tables[p][((const uint8_t *)c->key)[p * 2048 + i]] >> 8);
}

static void goes_back(limit_columns_t *c)
{
    uint32_t any = 0;

    _Pragma("omp simd reduction(| : any)") for (int32_t i = 1; i < LIMIT_N; i++)
        any |= (uint32_t)(c->now[i] < 0) | ((uint32_t)(c->now[i] < c->now[i - 1]) & (c->life[i] ^ 1u));
    c->sink[0] = any;
}

static void keep_at_level(limit_columns_t *c)
{
    int32_t n = 0;

    for (int32_t i = 0; i < LIMIT_N; i++) {
        c->chosen_ints[n] = c->person[i];
        n += c->life[c->person[i]] == 1;
    }
    c->sink[0] = n;
}

/* ---- sums ---- */

static void add_line(limit_columns_t *c)
{
    const int32_t shift = c->shift;
    uint64_t sum = 0, coarse_sum = 0, low = 0;
    int64_t high = 0, wide = 0;

    _Pragma("omp simd reduction(+ : sum, coarse_sum, low, high) reduction(| : wide)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        int64_t coarse = shift_rounded(c->amount[i], shift), square = (int64_t)(int32_t)coarse * (int32_t)coarse;
        sum += (uint64_t)c->amount[i];
        coarse_sum += (uint64_t)coarse;
        low += (uint64_t)square & 0xffffffffu;
        high += square >> 32;
        wide |= coarse ^ (coarse >> 63);
        c->total[i] += c->amount[i];
    }
    c->sink[0] = (int64_t)sum, c->sink[1] = (int64_t)low, c->sink[2] = high, c->sink[3] = wide, c->sink[4] = (int64_t)coarse_sum;
}

static void coarsen(limit_columns_t *c)
{
    const int32_t shift = c->shift;
    uint64_t sum = 0, coarse_sum = 0;
    int64_t wide = 0;

    _Pragma("omp simd reduction(+ : sum, coarse_sum) reduction(| : wide)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        int64_t value = shift_rounded(c->amount[i], shift);
        sum += (uint64_t)c->amount[i];
        coarse_sum += (uint64_t)value;
        wide |= value ^ (value >> 63);
        c->coarse[i] = (int32_t)value;
    }
    c->sink[0] = (int64_t)sum, c->sink[3] = wide, c->sink[4] = (int64_t)coarse_sum;
}

static void multiply(limit_columns_t *c)
{
    uint64_t low = 0;
    int64_t high = 0;

    _Pragma("omp simd reduction(+ : low, high)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        int64_t product = (int64_t)c->coarse[i] * c->row[i];
        low += (uint64_t)product & 0xffffffffu;
        high += product >> 32;
    }
    c->sink[1] = (int64_t)low, c->sink[2] = high;
}

static void count_both(limit_columns_t *c)
{
    int32_t count = 0;

    _Pragma("omp simd reduction(+ : count)") for (int32_t i = 0; i < LIMIT_N; i++) count += (c->level[i] == 3) & (c->life[i] == 1);
    c->sink[0] = count;
}

extern const limits_t LIMITS;
const limits_t LIMITS = {
    .isa = LIMITS_NAME,
#define X(name) .name = name,
    LIMIT_KERNELS(X)
#undef X
    .lanes_new = LIMIT_LANES_NEW,
    .live = LIMIT_LIVE,
    .fma = LIMIT_FMA,
    .triad = LIMIT_TRIAD,
};
