/*
 * The limit of the whole loop: benchmarks/four_risks.yaml written out by hand. The same law as the program's (thresholds kept
 * until they fire, minutes on record, exact integer bills, a step-major trajectory), in whatever way suits this model best:
 *
 *   - a clock keeps the integrated baseline at which it fires, so ratios that never change are divided out once for a threshold,
 *     and burning is a subtraction;
 *   - the earliest clock is found by the logarithm of its time, so only the winner's is taken back;
 *   - those who are still alive are moved together after every step.
 *
 * The one difference is in the luck, not in its law: the occurrence of a new threshold counts the person's events, not the clock's.
 */
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "benchmarks/limit_parts.h"
#include "kernels/keyed.h"

/* People in flight, one value of 8 bytes per column. */
#define LANE_COLUMNS(X)                                                                     \
    X(double, target0) X(double, target1) X(double, target2) X(double, target3)             \
    X(double, origin) X(double, discounted) X(int64_t, state) X(int64_t, frailty)           \
    X(uint64_t, key) X(uint64_t, occurrence) X(int64_t, cost) X(int64_t, qaly) X(int64_t, person)

typedef struct {
#define X(type, name) LIMIT_ALIGNED type name[LIMIT_N + 8];
    LANE_COLUMNS(X)
#undef X
} columns_t;

struct limit_lanes {
    columns_t columns[2];               /* those of this step, and of the next */
    LIMIT_ALIGNED int64_t is_alive[LIMIT_N + 8];
};

limit_lanes_t *LIMIT_LANES_NEW(void)
{
    size_t size = (sizeof(limit_lanes_t) + 63) & ~(size_t)63;
    limit_lanes_t *lanes = aligned_alloc(64, size);

    if (lanes) memset(lanes, 0, size);
    return lanes;
}

static void enter(const four_risks_t *model, uint64_t first_id, columns_t *restrict c)
{
    SIMD for (int32_t i = 0; i < LIMIT_N; i++) {
        uint64_t key = rng_person_key(model->run_key, first_id + (uint64_t)i);
        int64_t frailty = (int64_t)(rng_bits(key, model->frailty_purpose, 0) >> 62); /* four of 25 % each */
        c->key[i] = key;
        c->frailty[i] = frailty;
        c->target0[i] = rng_exponential(key, model->purpose[0], 0) * model->inverse_ratio[0][frailty];
        c->target1[i] = rng_exponential(key, model->purpose[1], 0) * model->inverse_ratio[1][frailty];
        c->target2[i] = rng_exponential(key, model->purpose[2], 0) * model->inverse_ratio[2][frailty];
        c->target3[i] = rng_exponential(key, model->purpose[3], 0) * model->inverse_ratio[3][frailty];
        c->origin[i] = 0;
        c->discounted[i] = 1;
        c->state[i] = 0;
        c->occurrence[i] = 1;
        c->cost[i] = c->qaly[i] = 0;
        c->person[i] = i;
    }
}

/* Values by state, by frailty and by risk: their bits are put into scalars before the loop and masked in it, which is faster than
 * gathering where there are so few (and gcc would turn chains of conditions into a switch, which it does not vectorise). */
#define BY_THREE_OF(name, table) const uint64_t name##_0 = bits_of((table)[0]), name##_1 = bits_of((table)[1]), name##_2 = bits_of((table)[2]);
#define BY_FOUR_OF(name, table) BY_THREE_OF(name, table) const uint64_t name##_3 = bits_of((table)[3]);
#define MASKS(index) const uint64_t index##_0 = mask_if(index == 0), index##_1 = mask_if(index == 1), index##_2 = mask_if(index == 2);
#define BY_THREE(index, name) double_of((name##_0 & index##_0) | (name##_1 & index##_1) | (name##_2 & index##_2))
#define BY_FOUR(index, name) \
    double_of((name##_0 & index##_0) | (name##_1 & index##_1) | (name##_2 & index##_2) | (name##_3 & ~(index##_0 | index##_1 | index##_2)))
#define RISK_TABLES(k)                               \
    BY_THREE_OF(shape##k, m->shape[k])               \
    BY_THREE_OF(inverse##k, m->inverse_shape[k])     \
    BY_THREE_OF(scale##k, m->log_scale[k])           \
    BY_FOUR_OF(ratio##k, m->inverse_ratio[k])

static inline uint64_t mask_if(int64_t is_true) { return (uint64_t)-is_true; }

/* x to the nearest integer, as a double; |x| < 2^51. */
static inline double rounded(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

/* The integer in a double below 2^51, without a conversion that AVX2 lacks. */
static inline int64_t integer_of(double x) { return (int64_t)(bits_of(x + 0x1.8p52) << 13) >> 13; }

static void step(const four_risks_t *m, int32_t n, columns_t *restrict c, int64_t *restrict is_alive, int32_t *restrict person,
                 int32_t *restrict minute, int32_t *restrict risk)
{
    const double horizon = m->horizon, discount = m->discount;
    RISK_TABLES(0) RISK_TABLES(1) RISK_TABLES(2) RISK_TABLES(3)
    BY_THREE_OF(cost_flow, m->cost_flow)
    BY_THREE_OF(qaly_flow, m->qaly_flow)
    BY_FOUR_OF(lump, m->cost_lump)
    const uint64_t purpose_0 = m->purpose[0], purpose_1 = m->purpose[1], purpose_2 = m->purpose[2], purpose_3 = m->purpose[3];

    SIMD for (int32_t i = 0; i < n; i++) {
        int64_t s = c->state[i], f = c->frailty[i];
        double origin = c->origin[i], target[RISKS] = {c->target0[i], c->target1[i], c->target2[i], c->target3[i]};
        double best = 1e300;
        int64_t winner = 0;
        MASKS(s)
        MASKS(f)

#define COMPETE(k)                                                                                               \
    {                                                                                                            \
        double x = fused(log_portable(target[k]), BY_THREE(s, inverse##k), BY_THREE(s, scale##k));       \
        winner = x < best ? k : winner;                                                                          \
        best = x < best ? x : best;                                                                              \
    }
        COMPETE(0) COMPETE(1) COMPETE(2) COMPETE(3)

        MASKS(winner)
        double due = rounded(origin + exp_portable(least(best, 30.0)));
        int64_t is_over = due >= horizon, is_dead = is_over | (winner == DEATH);
        double now = least(due, horizon), elapsed = now - origin;
        double factor = exp_portable(-discount * now), weight = c->discounted[i] - factor;
        double lump = is_over ? 0 : BY_FOUR(winner, lump);
        c->cost[i] += integer_of(BY_THREE(s, cost_flow) * weight) + integer_of(lump * factor);
        c->qaly[i] += integer_of(BY_THREE(s, qaly_flow) * weight);
        person[i] = (int32_t)c->person[i];
        minute[i] = (int32_t)now;
        risk[i] = (int32_t)(is_over ? RISKS : winner);

        double fresh = rng_exponential(c->key[i], bits_of(BY_FOUR(winner, purpose)), c->occurrence[i]);
        double log_elapsed = log_portable(elapsed);
        int64_t is_change = winner != s;

#define BURN(k)                                                                                                  \
    {                                                                                                            \
        double burned = exp_portable(BY_THREE(s, shape##k) * (log_elapsed - BY_THREE(s, scale##k)));           \
        double left = most(target[k] - (is_change ? burned : 0), 1e-12);                                         \
        double renewed = fused(fresh, BY_FOUR(f, ratio##k), is_change ? 0 : burned);                            \
        c->target##k[i] = winner == k ? renewed : left;                                                          \
    }
        BURN(0) BURN(1) BURN(2) BURN(3)

        c->state[i] = winner;
        c->origin[i] = is_change ? now : origin;
        c->discounted[i] = factor;
        c->occurrence[i]++;
        is_alive[i] = !is_dead;
    }
}

/* The columns of those who are alive, together. Only moves. */
static int32_t compact(int32_t n, const columns_t *restrict from, const int64_t *restrict is_alive, columns_t *restrict to)
{
    int32_t kept = 0;

#ifdef __AVX512F__
    for (int32_t i = 0; i < n; i += 8) {
        __m512i alive = _mm512_load_si512(is_alive + i);
        __mmask8 mask = _mm512_test_epi64_mask(alive, alive);
        if (i + 8 > n) mask &= (__mmask8)((1u << (n - i)) - 1);
#define X(type, name) _mm512_storeu_si512(to->name + kept, _mm512_maskz_compress_epi64(mask, _mm512_load_si512(from->name + i)));
        LANE_COLUMNS(X)
#undef X
        kept += __builtin_popcount(mask);
    }
#else
    for (int32_t i = 0; i < n; i++) {
#define X(type, name) to->name[kept] = from->name[i];
        LANE_COLUMNS(X)
#undef X
        kept += (int32_t)is_alive[i];
    }
#endif
    return kept;
}

static void leave(int32_t n, const columns_t *restrict c, const int64_t *restrict is_alive, const int32_t *restrict risk, limit_bill_t *bill)
{
    int64_t n_over = 0;

    _Pragma("omp simd reduction(+ : n_over)") for (int32_t i = 0; i < n; i++) n_over += risk[i] == RISKS;
    bill->n_fired += (uint64_t)(n - n_over);
    for (int32_t i = 0; i < n; i++) {
        if (is_alive[i]) continue;
        bill->cost[c->person[i]] = c->cost[i];
        bill->qaly[c->person[i]] = c->qaly[i];
    }
}

void LIMIT_LIVE(const four_risks_t *model, uint64_t first_id, limit_lanes_t *lanes, limit_trajectory_t *trajectory, limit_bill_t *bill)
{
    columns_t *now = &lanes->columns[0], *next = &lanes->columns[1];
    int32_t n = LIMIT_N;

    enter(model, first_id, now);
    for (int32_t k = 0; n > 0; k = (k + 1) % LIMIT_STEPS) {
        step(model, n, now, lanes->is_alive, trajectory->person[k], trajectory->minute[k], trajectory->risk[k]);
        leave(n, now, lanes->is_alive, trajectory->risk[k], bill);
        n = compact(n, now, lanes->is_alive, next);
        columns_t *other = now;
        now = next;
        next = other;
    }
}
