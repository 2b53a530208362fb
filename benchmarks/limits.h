/*
 * What the machine can do: the same arithmetic as the program's, in loops written for the occasion. They know their length,
 * their alignment and their one model when they are compiled, and nobody else could use them. Built for every instruction set
 * with the flags of its kernels.
 */
#ifndef POPGX_BENCHMARKS_LIMITS_H
#define POPGX_BENCHMARKS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/kernels.h"

enum { LIMIT_N = 4096 };            /* people in hand, as in a block of the program */
enum { LIMIT_PIECES = 8, LIMIT_WIDTH = 4, LIMIT_BITS = 20 };
#define LIMIT_RATE 1.5              /* of a flow, and the ratio of a clock */
#define LIMIT_SCALE (-1e4)
#define LIMIT_ALIGNED _Alignas(64)

/* ---- kernels (limit_kernels.c) ---- */

/** Columns that kernels and their limits work on. */
typedef struct {
    LIMIT_ALIGNED uint64_t key[LIMIT_N];
    LIMIT_ALIGNED double uniform[LIMIT_N], drawn[LIMIT_N];
    LIMIT_ALIGNED double origin[LIMIT_N], ratio[LIMIT_N], threshold[LIMIT_N], burned[LIMIT_N], integral[LIMIT_N];
    LIMIT_ALIGNED double factor[LIMIT_N], rate[LIMIT_N], next_rate[LIMIT_N], from[LIMIT_N], until[LIMIT_N], flowed[LIMIT_N], since[LIMIT_N];
    LIMIT_ALIGNED int64_t amount[LIMIT_N], total[LIMIT_N];
    LIMIT_ALIGNED int32_t now[LIMIT_N], earliest[LIMIT_N], occurrence[LIMIT_N], due[LIMIT_N], next[LIMIT_N];
    LIMIT_ALIGNED int32_t person[LIMIT_N], row[LIMIT_N], summed_row[LIMIT_N], picked[LIMIT_N], outcome[LIMIT_N];
    LIMIT_ALIGNED int32_t coarse[LIMIT_N];
    LIMIT_ALIGNED uint32_t count[LIMIT_N];
    LIMIT_ALIGNED uint8_t level[LIMIT_N], life[LIMIT_N], is_chosen[LIMIT_N];
    /* Where the chosen go, with room for a whole vector beyond the last one. */
    LIMIT_ALIGNED int32_t index[LIMIT_N + 16], chosen_ints[LIMIT_N + 16];
    LIMIT_ALIGNED uint64_t chosen_words[LIMIT_N + 8];
    LIMIT_ALIGNED double chosen_doubles[LIMIT_N + 8];
    LIMIT_ALIGNED kernel_clock_t clocks[LIMIT_N];
    LIMIT_ALIGNED uint32_t packed[LIMIT_N];
    LIMIT_ALIGNED int32_t situation[LIMIT_N], changed[9][LIMIT_N + 16]; /* those who stop, start and go on: who, from what, to what */
    LIMIT_ALIGNED uint32_t tables[KERNEL_PLANES][1 << KERNEL_LOOKUP_BITS]; /* codes of 8 bits for each byte */
    LIMIT_ALIGNED uint8_t bytes[KERNEL_PLANES][LIMIT_N / KERNEL_PLANES + 16];
    double numbers[8 + COMPACTION_ROOM];
    double starts[LIMIT_PIECES], rates[LIMIT_PIECES], sums[LIMIT_PIECES];
    double cumulative[2 * LIMIT_WIDTH], level_rates[4];
    int32_t table[64];
    double a, b, c;                 /* of the curve in hand */
    uint64_t run_key, first_id, purpose;
    double per_minute;
    int32_t shift, n_chosen;
    int64_t sink[5];                /* what reductions give */
} limit_columns_t;

#define LIMIT_KERNELS(X)                                                                                   \
    X(person_keys) X(uniforms) X(exponentials) X(exponentials_at) X(normal_quantiles) X(choose)            \
    X(burn_exponential) X(burn_weibull) X(burn_gompertz) X(burn_piecewise)                                 \
    X(aim_exponential) X(aim_weibull) X(aim_gompertz) X(aim_piecewise)                                     \
    X(aim_entered_weibull) X(integrate_weibull) X(race_weibulls) X(burn_weibulls) X(count_again) X(mark_late) X(choose_winners) X(compact_ints) X(compact_words) X(compact_doubles) \
    X(change_rates) X(switch_off) X(switch_on) X(switch_post) X(take_since) X(post_stay) X(close_stays) X(post_lump) X(post) X(post_flow) X(count_up)             \
    X(add_line) X(coarsen) X(multiply) X(count_both) X(add_levels) X(pick) X(earlier_of_all) X(discounts) \
    X(pack_levels) X(find_situations) X(find_changes) X(take_clocks) X(put_clocks) X(take_ints) X(take_words) X(take_doubles)     \
    X(put_ints) X(put_at) X(look_up) X(take_group) X(keep_at_level)                                                          \
    X(read_planes) X(join_planes) X(goes_back)

/* ---- the whole loop (limit_loop.c) ---- */

enum { RISKS = 4, STATES = 3, DEATH = 3, FRAILTIES = 4, LIMIT_STEPS = 64 };

/** benchmarks/four_risks.yaml as numbers; times in minutes. */
typedef struct {
    double shape[RISKS][STATES], inverse_shape[RISKS][STATES], log_scale[RISKS][STATES];
    double inverse_ratio[RISKS][FRAILTIES];
    double cost_flow[STATES], qaly_flow[STATES];    /* a minute / discount, on the outcome's grid */
    double cost_lump[RISKS];                        /* on the grid */
    double discount;                                /* a minute */
    double horizon;
    uint64_t purpose[RISKS], frailty_purpose, run_key;
} four_risks_t;

/** Step-major: whom what happened to when; the steps of LIMIT_N people wrap around after LIMIT_STEPS. */
typedef struct {
    LIMIT_ALIGNED int32_t person[LIMIT_STEPS][LIMIT_N], minute[LIMIT_STEPS][LIMIT_N], risk[LIMIT_STEPS][LIMIT_N];
} limit_trajectory_t;

typedef struct {
    uint64_t n_fired;
    int64_t cost[LIMIT_N], qaly[LIMIT_N];           /* of each person, on the grid */
} limit_bill_t;

typedef struct limit_lanes limit_lanes_t;

/* ---- the roofs (limit_roof.c) ---- */

enum { LIMIT_FMA_LANES = 256, LIMIT_FMA_CHAIN = 16 };

typedef struct {
    const char *isa;
#define X(name) void (*name)(limit_columns_t *columns);
    LIMIT_KERNELS(X)
#undef X
    limit_lanes_t *(*lanes_new)(void);              /* the caller frees it with free; NULL for lack of memory */
    /** Lives and bills people first_id .. first_id + LIMIT_N - 1; n_fired is added to. */
    void (*live)(const four_risks_t *model, uint64_t first_id, limit_lanes_t *lanes, limit_trajectory_t *trajectory,
                 limit_bill_t *bill);
    void (*fma)(double *restrict x);                /* LIMIT_FMA_CHAIN multiply-adds to each of x[LIMIT_FMA_LANES] */
    void (*triad)(int64_t n, double *restrict a, const double *restrict b, const double *restrict c);
} limits_t;

/** In the order of kernels_all, then NULL. */
extern const limits_t *const limits_all[];
#endif
