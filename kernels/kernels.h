/*
 * The hot loops, behind one table per instruction set.
 *
 * Contract of a kernel: plain C over restrict pointers, n >= 0, nothing aliases unless said; inputs were checked
 * before; it neither allocates nor fails. Each source is compiled once per instruction set, always with
 * -ffp-contract=off and with elementary functions that round the same everywhere, so every table gives the bits of
 * `ref`; docs/how-to-add-a-kernel.md says how to add one.
 *
 * Dense columns: element j belongs to member j of the group in hand. "By person": indexed by the person's place in the block.
 */
#ifndef POPGX_KERNELS_KERNELS_H
#define POPGX_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A baseline hazard as the kernels see it: model_curve_t with its tables looked up. */
typedef struct {
    int32_t kind;               /* model_curve_kind_t */
    int32_t pieces;
    double a, b, c;
    const double *starts, *rates, *sums; /* [pieces] */
} kernel_curve_t;

/** Exact sums over a block; squares are those of values on the coarse grid, as the sum of their low and of their high 32 bits. */
typedef struct {
    int64_t sum, coarse_sum;
    uint64_t square_low;
    int64_t square_high;
    int64_t wide;               /* wide >> 31 is not 0 if a coarse value does not fit int32 */
} kernel_moments_t;

/** What posting saw: something did not fit its grid; the OR of the widths of all totals it made. */
typedef struct {
    int64_t outside, wide;
} kernel_fit_t;

/** What a hazard or delay clock remembers of one person between looks; 32 bytes, aligned to them. */
typedef struct {
    double threshold;           /* what is left of it */
    double integral;            /* H when it was last aimed */
    int32_t situation;          /* what its inputs said, a number; 0: it does not run */
    int32_t earliest;           /* first minute at which it may fire */
    int32_t started;            /* time in state: the minute in which the state was entered */
    int32_t unused;
} kernel_clock_t;

/** People whose situation changes from `was` to `is`. */
typedef struct {
    int32_t n;
    int32_t *person, *was, *is;
} kernel_changes_t;

/** A slot's level within the packed levels of people: word[person] >> shift & mask; and its stride in a table. */
typedef struct {
    const uint32_t *word;
    int32_t shift, stride;
    uint32_t mask, unused;
} kernel_field_t;

enum { COMPACTION_ROOM = 16, KERNEL_DOUBT = -2 };

/** A clock with a Weibull hazard of everybody in one state: dense columns. */
typedef struct {
    double shape, inverse_shape, log_scale;
    double factor;              /* its ratio (to burn) or the inverse of that (to race) */
    const double *factors;      /* the same by row, if it is not one for all; else NULL */
    const double *integral;     /* H when it was aimed; NULL: 0 */
    double *threshold;          /* INFINITY: it does not fire */
    int32_t clock;
} kernel_weibull_t;

/** A plane of bytes that is being decoded: bit `bit` (0 the lowest) of *at comes next. */
typedef struct {
    const uint8_t *at;
    uint8_t *to;
    int32_t bit, unused;
} kernel_plane_t;

enum {
    KERNEL_PLANES = 4, KERNEL_LOOKUP_BITS = 10, KERNEL_LOOKUPS = 5, /* of a round */
    KERNEL_LOOKUP_BYTES = 3, /* that one gives at most: an entry is bytes << 8 | how many << 6 | bits that they take; 0 bytes of 0 bits: not here */
};

/** How a situation follows from levels: of_row[sum over the fields of level * stride]; but 0 where fired[person] >= most (INT32_MAX: no limit). */
typedef struct {
    int32_t n_fields, n_rows;
    const kernel_field_t *fields;
    const int32_t *of_row;      /* [n_rows], with room for 2 COMPACTION_ROOM more */
    const int32_t *fired;
    int32_t most, unused;
} kernel_inputs_t;

typedef struct {
    const char *isa;
    bool (*is_supported)(void);

    /* key[i] of person first_id + i: rng_person_key. */
    void (*person_keys)(int32_t n, uint64_t run_key, uint64_t first_id, uint64_t *key);
    /* u[i], e[i] of occurrence 0: rng_uniform_in_lot, rng_exponential_in_lot. */
    void (*uniforms)(int32_t n, const uint64_t *key, uint64_t purpose, int32_t lot_bits, double *u);
    /* Who leaves: u[j] is person[j]'s uniform of this occurrence; leaver: those j with u[j] < leaving[row[j]]. `person` NULL: person j.
     * Returns how many leave. */
    int32_t (*find_leavers)(int32_t n, const int32_t *person, const uint64_t *key, uint64_t purpose, uint64_t occurrence, int32_t lot_bits,
                            const double *leaving, const int32_t *row, double *u, int32_t *leaver);
    void (*exponentials)(int32_t n, const uint64_t *key, uint64_t purpose, int32_t lot_bits, double *e);
    /* The same with an occurrence for each. */
    void (*exponentials_at)(int32_t n, const uint64_t *key, uint64_t purpose, const int32_t *occurrence, int32_t lot_bits, double *e);

    /* z[i]: the normal quantile of p[i] in (0, 1). */
    void (*normal_quantiles)(int32_t n, const double *p, double *z);
    /* outcome[i]: the first k with u[i] < cumulative[row[i] + k]; width numbers in a row, the last of them 1 > u. */
    void (*choose)(int32_t n, const double *cumulative, const int32_t *row, int32_t width, const double *u, int32_t *outcome);

    /* What ran since the clock was aimed is burned off the thresholds (hazard_burn): dense columns, ratio > 0, one curve. */
    void (*burn)(int32_t n, const kernel_curve_t *curve, const int32_t *now, const double *origin, const double *ratio,
                 const double *integral, double *threshold);
    /* Clocks that run are aimed (hazard_aim): dense columns, ratio > 0, one curve. */
    void (*aim)(int32_t n, const kernel_curve_t *curve, const int32_t *now, const double *origin, const double *ratio,
                const double *threshold, const int32_t *earliest, double *integral, int32_t *due);

    /*
     * Rates of people, no person twice, that become next[j]: amount[j] = rate * (scale * (from - now[j])) where that is a change, else 0;
     * `rate` and `from` (by person) are brought up to date. Returns whether some amount is not 0.
     */
    int64_t (*change_rates)(int32_t n, const int32_t *person, const double *next, const double *now, double scale, double *rate,
                            double *from, double *amount);
    /*
     * One constant rate that is on (from >= 0: its discount since it is) or off (from < 0). Off: amount[j] = what it flowed, which cell
     * (both by person) receives on the grid of 2^-bits. On: from = now[j] where it was off. No person twice.
     */
    void (*switch_off)(int32_t n, const int32_t *person, const double *now, double rate, double scale, int32_t bits, double *from,
                       double *amount, int64_t *cell, kernel_fit_t *fit);
    void (*switch_on)(int32_t n, const int32_t *person, const double *now, double *from);
    /* Everybody's such rate until now. */
    void (*switch_post)(int32_t n, const double *from, const double *now, double rate, double scale, int32_t bits, double *amount,
                        int64_t *cell, kernel_fit_t *fit);
    /* since[j] = from[person[j]], which becomes now[j]; no person twice. */
    void (*take_since)(int32_t n, const int32_t *person, const double *now, double *from, double *since);
    /* cell[person[j]] += what the rate flowed since since[j], on the grid; no person twice. */
    void (*post_stay)(int32_t n, const int32_t *person, const double *since, const double *now, double rate, double scale, int32_t bits,
                      int64_t *cell, kernel_fit_t *fit);
    /* The same for everybody, at the rate of their level. */
    void (*close_stays)(int32_t n, const uint8_t *level, const double *rate, const double *from, const double *now, double scale,
                        int32_t bits, int64_t *cell, kernel_fit_t *fit);
    /* amount[j] = number * factor[j]; cell[person[j]] += that, on the grid; no person twice. */
    void (*post_lump)(int32_t n, const int32_t *person, double number, const double *factor, int32_t bits, double *amount, int64_t *cell,
                      kernel_fit_t *fit);
    /* cell[person[j]] += amount[j] on the grid of 2^-bits; no person twice. */
    void (*post)(int32_t n, const int32_t *person, const double *amount, int32_t bits, int64_t *cell, kernel_fit_t *fit);
    /* Everybody's rate until now: amount[i] = rate[i] * (scale * (from[i] - now[i])); and cell[i] += amount[i] on the grid. */
    void (*post_flow)(int32_t n, const double *rate, const double *from, const double *now, double scale, int32_t bits, double *amount,
                      int64_t *cell, kernel_fit_t *fit);
    /* count[person[j]]++, no person twice; returns by how much the sum of squared counts grew. */
    int64_t (*count_up)(int32_t n, const int32_t *person, uint32_t *count);

    /* A line of a bill: total[j] += x[j]; and its moments, the coarse grid having `shift` bits fewer. n <= 2^16. */
    void (*add_line)(int32_t n, const int64_t *x, int32_t shift, int64_t *total, kernel_moments_t *moments);
    /* coarse[j] = x[j] on the coarse grid, cut to 32 bits; and the sums and the width of x, no squares. */
    void (*coarsen)(int32_t n, const int64_t *x, int32_t shift, int32_t *coarse, kernel_moments_t *moments);
    /* The sum of x[j] y[j], as that of the low and that of the high 32 bits. */
    void (*multiply)(int32_t n, const int32_t *x, const int32_t *y, uint64_t *low, int64_t *high);
    /* How many level[j] == wanted and other[j] == other_wanted. */
    int32_t (*count_both)(int32_t n, const uint8_t *level, uint8_t wanted, const uint8_t *other, uint8_t other_wanted);

    /* Both in one, where only the ratio changes: burned at ratio[j], aimed at new_ratio[j]; both > 0. */
    void (*aim_again)(int32_t n, const kernel_curve_t *curve, const int32_t *now, const double *origin, const double *ratio,
                      const double *new_ratio, const int32_t *earliest, double *integral, double *threshold, int32_t *due);

    /*
     * Clocks that start anew with a state, entered at minute `entered`: due[j] is when H reaches integral[j] + threshold[j] * inverse[j],
     * but not before first[j] (hazard_aim). Dense columns, one curve.
     */
    void (*aim_entered)(int32_t n, const kernel_curve_t *curve, const int32_t *entered, const double *inverse, const double *integral,
                        const double *threshold, const int32_t *first, int32_t *due);
    /* integral[j] = H from `entered` to `now`. */
    void (*integrate)(int32_t n, const kernel_curve_t *curve, const int32_t *entered, const int32_t *now, double *integral);
    /*
     * Weibull clocks of people in one state race: minute[j] and winner[j] (its `clock`) are those of the earliest, unless which it is
     * depends on the rounding of minutes, or it is not later than last[j] + 1: then winner[j] is KERNEL_DOUBT. Returns whether there is any.
     */
    bool (*race_weibulls)(int32_t n, int32_t n_clocks, const kernel_weibull_t *clocks, const int32_t *row, const int32_t *entered,
                          const int32_t *last, int32_t *minute, int32_t *winner);
    /* What such clocks burned until minute `left`, when the state was left, is taken off their thresholds (hazard_burn). */
    void (*burn_weibulls)(int32_t n, int32_t n_clocks, const kernel_weibull_t *clocks, const int32_t *row, const int32_t *entered,
                          const int32_t *left);

    /* fired[j]++; returns the sum of what they were. */
    int64_t (*count_again)(int32_t n, int32_t *fired);
    /* late[j] = always, and what it was if last[j] is already now[j], which last[j] becomes. */
    void (*mark_late)(int32_t n, int32_t always, const int32_t *now, int32_t *last, int32_t *late);

    /* Whom clock `wanted` won before `horizon`: is_chosen[j] = winner[j] == wanted and minute[j] < horizon; index: those j, where
     * compaction needs them. Returns how many. */
    int32_t (*choose_winners)(int32_t n, const int32_t *winner, int32_t wanted, const int32_t *minute, int32_t horizon, uint8_t *is_chosen,
                              int32_t *index);
    /* to = the chosen of from[n], in order; up to COMPACTION_ROOM elements behind them are overwritten with anything. */
    void (*compact_ints)(int32_t n, const uint8_t *is_chosen, const int32_t *index, int32_t n_chosen, const int32_t *from, int32_t *to);
    void (*compact_words)(int32_t n, const uint8_t *is_chosen, const int32_t *index, int32_t n_chosen, const uint64_t *from, uint64_t *to);
    void (*compact_doubles)(int32_t n, const uint8_t *is_chosen, const int32_t *index, int32_t n_chosen, const double *from, double *to);

    /* row[j] += level[j] * stride; then row[j] = table[row[j]]. */
    void (*add_levels)(int32_t n, const uint8_t *level, int32_t stride, int32_t *row);
    void (*pick)(int32_t n, const int32_t *table, int32_t *row);

    /* word[i] |= level[i] << shift, for the whole block in order. */
    void (*pack_levels)(int32_t n, const uint8_t *level, int32_t shift, uint32_t *word);
    /* situation[j] of person[j], as `inputs` says. */
    void (*find_situations)(int32_t n, const int32_t *person, const kernel_inputs_t *inputs, int32_t *situation);
    /*
     * Appends those whose situation is no longer that of their clock, or who run and whose clock did not start at entered[person] (unless
     * `entered` is NULL), to the lists of those who stop, start and go on running. The lists have COMPACTION_ROOM.
     */
    void (*find_changes)(int32_t n, const int32_t *person, const kernel_inputs_t *inputs, const int32_t *entered,
                         const kernel_clock_t *clocks, kernel_changes_t *stopping, kernel_changes_t *starting, kernel_changes_t *going_on);
    /* Records of people as dense columns, and dense columns as records of people; no person twice. */
    void (*take_clocks)(int32_t n, const int32_t *person, const kernel_clock_t *clocks, double *threshold, double *integral,
                        int32_t *earliest, int32_t *started);
    void (*put_clocks)(int32_t n, const int32_t *person, const double *threshold, const double *integral, const int32_t *situation,
                       const int32_t *earliest, const int32_t *started, kernel_clock_t *clocks);
    /* column[place[person[j]]] = put[j], no person twice. */
    void (*put_at)(int32_t n, const int32_t *person, const int32_t *place, const int32_t *put, int32_t *column);
    /* taken[j] = column[person[j]]. */
    void (*take_ints)(int32_t n, const int32_t *person, const int32_t *column, int32_t *taken);
    void (*take_words)(int32_t n, const int32_t *person, const uint64_t *column, uint64_t *taken);
    void (*take_doubles)(int32_t n, const int32_t *person, const double *column, double *taken);
    /* column[person[j]] = put[j], no person twice. */
    void (*put_ints)(int32_t n, const int32_t *person, const int32_t *put, int32_t *column);
    /* found[j] = table[index[j]], of `size` numbers and room for COMPACTION_ROOM more: small tables are looked up in registers. */
    void (*look_up)(int32_t n, const int32_t *index, int32_t size, const double *table, double *found);
    /* Those of n people for whom key[j] == wanted, in order, with COMPACTION_ROOM behind them. Returns how many. */
    int32_t (*take_group)(int32_t n, const int32_t *key, int32_t wanted, const int32_t *person, int32_t *group);
    /* Those of n people for whom column[person[j]] == wanted, to `kept`, which is not `person` and has COMPACTION_ROOM. Returns how many. */
    int32_t (*keep_at_level)(int32_t n, const int32_t *person, const uint8_t *column, uint8_t wanted, int32_t *kept);

    /* Where column[j] < due[j]: due[j] = that, next[j] = clock; in a tie the lower clock is next. */
    void (*earlier_of_all)(int32_t n, const int32_t *column, int32_t clock, int32_t *due, int32_t *next);

    /* factor[j] = discount_factor(per_minute, minute[j]): dense columns. */
    void (*discounts)(int32_t n, double per_minute, const int32_t *minute, double *factor);

    /*
     * Rounds of KERNEL_LOOKUPS in each plane by its table, until some plane's next bits are not in its table. A round reads at most 8
     * bytes from `at` and moves on by at most 7; it gives at most 15 bytes, and may write one more behind those that it gives.
     */
    void (*read_planes)(size_t rounds, const uint32_t (*tables)[1 << KERNEL_LOOKUP_BITS], kernel_plane_t *planes);
    /* number[i]: its bytes, the least significant first. */
    void (*join_planes)(int32_t n, const uint8_t *first, const uint8_t *second, const uint8_t *third, const uint8_t *fourth, uint32_t *number);
    /* Whether some minute[i] is outside [0, horizon), or below before[i] while is_first[i] is 0 (else it is 1). */
    bool (*goes_back)(int32_t n, const int32_t *minute, const int32_t *before, const uint8_t *is_first, int32_t horizon);

    /* x[j] = operation of x[j], y[j] and z[j], as many of them as it takes (arithmetic_t); `whole` is the exponent of a whole power. */
    void (*arithmetic)(int32_t operation, int32_t whole, int32_t n, double *x, const double *y, const double *z);
} kernels_t;

/** Fastest first, `ref` last, then NULL. Tests walk it, so that no variant goes untested. */
extern const kernels_t *const kernels_all[];

/** The first table that this processor supports, or the one that $POPGX_ISA names (ref, avx2, avx512). */
const kernels_t *kernels(void);

/** Its name, or NULL if $POPGX_ISA names none that works here; `kernels` then falls back to `ref`. */
const char *kernels_isa(void);
#endif
