/*
 * The limit of each kernel: the same arithmetic in a loop of known length over aligned columns that cannot alias. Where the
 * kernel has to search, the limit counts: it knows how many pieces or outcomes there are.
 */
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
LIMIT(earlier,
    int32_t minute = c->now[c->person[i]]; int32_t is_earlier = minute < c->due[i];
    c->next[i] = is_earlier ? 7 : c->next[i];
    c->due[i] = is_earlier ? minute : c->due[i];)
LIMIT(earlier_of_all,
    int32_t is_earlier = c->now[i] < c->due[i];
    c->next[i] = is_earlier ? 7 : c->next[i];
    c->due[i] = is_earlier ? c->now[i] : c->due[i];)
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
        double target = h + c->threshold[i] / c->ratio[i];                                          \
        int32_t minute = (int32_t)(least(c->origin[i] + (SOLVE), 2147480000.0) + 0.5);              \
        int32_t first = c->earliest[i] > c->now[i] ? c->earliest[i] : c->now[i];                    \
        c->integral[i] = h;                                                                         \
        c->due[i] = minute > first ? minute : first;)
LIMIT_AIM(aim_exponential, exponential_integral(c->a, u), exponential_solve(c->a, target))
LIMIT_AIM(aim_weibull, weibull_integral(c->a, c->c, u), weibull_solve(c->b, c->c, target))
LIMIT_AIM(aim_gompertz, gompertz_integral(c->a, c->b, u), gompertz_solve(c->a, c->c, target))
LIMIT_AIM(aim_piecewise, counted_integral(c, u), counted_solve(c, target))
/* clang-format on */

static void add_line(limit_columns_t *c)
{
    const int32_t shift = c->shift;
    uint64_t sum = 0, low = 0;
    int64_t high = 0, wide = 0;

    _Pragma("omp simd reduction(+ : sum, low, high) reduction(| : wide)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        int64_t coarse = shift_rounded(c->amount[i], shift), square = (int64_t)(int32_t)coarse * (int32_t)coarse;
        sum += (uint64_t)c->amount[i];
        low += (uint64_t)square & 0xffffffffu;
        high += square >> 32;
        wide |= coarse ^ (coarse >> 63);
        c->total[i] += c->amount[i];
    }
    c->sink[0] = (int64_t)sum, c->sink[1] = (int64_t)low, c->sink[2] = high, c->sink[3] = wide;
}

static void coarsen(limit_columns_t *c)
{
    const int32_t shift = c->shift;
    uint64_t sum = 0;
    int64_t wide = 0;

    _Pragma("omp simd reduction(+ : sum) reduction(| : wide)") for (int32_t i = 0; i < LIMIT_N; i++)
    {
        int64_t value = shift_rounded(c->amount[i], shift);
        sum += (uint64_t)c->amount[i];
        wide |= value ^ (value >> 63);
        c->coarse[i] = (int32_t)value;
    }
    c->sink[0] = (int64_t)sum, c->sink[3] = wide;
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
