/*
 * Every kernel, for one instruction set: CMake compiles this file once per set with
 * -DKERNELS_ISA=name and that set's flags. The arithmetic is that of the inline functions it includes; the loops only
 * lay it out so that the compiler vectorises them.
 */
#include "kernels/arithmetic.h"
#include "kernels/clocks.h"
#include "kernels/compaction.h"
#include "kernels/kernels.h"
#include "kernels/survival.h"
#include "kernels/keyed.h"
#include "kernels/normal.h"

#define SIMD _Pragma("omp simd")

#include "kernels/columns.h"
#include "kernels/located.h"
#include "kernels/posting.h"

static void person_keys(int32_t n, uint64_t run_key, uint64_t first_id, uint64_t *restrict key)
{
    SIMD for (int32_t i = 0; i < n; i++) key[i] = rng_person_key(run_key, first_id + (uint64_t)i);
}

/* The loop for people who are drawn alone, in pairs or in larger lots, each with as little in it as it needs: `bits` is the number of bits. */
#define IN_LOTS(lot_bits, ...)                  \
    do {                                        \
        if ((lot_bits) == 0) {                  \
            enum { bits = 0 };                  \
            __VA_ARGS__                         \
        } else if ((lot_bits) == 1) {           \
            enum { bits = 1 };                  \
            __VA_ARGS__                         \
        } else {                                \
            const int32_t bits = (lot_bits);    \
            __VA_ARGS__                         \
        }                                       \
    } while (0)

static void uniforms(int32_t n, const uint64_t *restrict key, uint64_t purpose, int32_t lot_bits, double *restrict u)
{
    IN_LOTS(lot_bits, SIMD for (int32_t i = 0; i < n; i++) u[i] = rng_uniform_in_lot(key[i], purpose, 0, bits););
}

static int32_t find_leavers(int32_t n, const int32_t *restrict person, const uint64_t *restrict key, uint64_t purpose, uint64_t occurrence,
                            int32_t lot_bits, const double *restrict leaving, const int32_t *restrict row, double *restrict u, int32_t *restrict leaver)
{
    int32_t n_leavers = 0;

    if (person) {
        IN_LOTS(lot_bits, SIMD for (int32_t j = 0; j < n; j++) u[j] = rng_uniform_in_lot(key[person[j]], purpose, occurrence, bits););
    } else {
        IN_LOTS(lot_bits, SIMD for (int32_t j = 0; j < n; j++) u[j] = rng_uniform_in_lot(key[j], purpose, occurrence, bits););
    }
    for (int32_t j = 0; j < n; j++) {
        leaver[n_leavers] = j;
        n_leavers += u[j] < leaving[row[j]];
    }
    return n_leavers;
}

static void exponentials(int32_t n, const uint64_t *restrict key, uint64_t purpose, int32_t lot_bits, double *restrict e)
{
    IN_LOTS(lot_bits, SIMD for (int32_t i = 0; i < n; i++) e[i] = rng_exponential_in_lot(key[i], purpose, 0, bits););
}

static void exponentials_at(int32_t n, const uint64_t *restrict key, uint64_t purpose, const int32_t *restrict occurrence,
                            int32_t lot_bits, double *restrict e)
{
    IN_LOTS(lot_bits, SIMD for (int32_t i = 0; i < n; i++) e[i] = rng_exponential_in_lot(key[i], purpose, (uint64_t)occurrence[i], bits););
}

static void normal_quantiles(int32_t n, const double *restrict p, double *restrict z)
{
    SIMD for (int32_t i = 0; i < n; i++) z[i] = normal_quantile(p[i]);
}

/* A binary search without branches: every step moves on by a power of two, or stays. */
static void choose(int32_t n, const double *restrict cumulative, const int32_t *restrict row, int32_t width, const double *restrict u,
                   int32_t *restrict outcome)
{
    int32_t step = 1;

    while (2 * step < width) step *= 2;
    for (int32_t i = 0; i < n; i++) outcome[i] = 0;
    for (; step > 0; step /= 2) {
        SIMD for (int32_t i = 0; i < n; i++) {
            int32_t next = outcome[i] + step, probe = next < width ? next : width;
            outcome[i] = cumulative[row[i] + probe - 1] <= u[i] ? next : outcome[i];
        }
    }
}

/* One loop per family: INTEGRAL is H at time u. */
#define BURN_LOOP(INTEGRAL)                                                                               \
    SIMD for (int32_t j = 0; j < n; j++) {                                                                \
        double u = (double)now[j] - origin[j], burned = (INTEGRAL) - integral[j];                         \
        threshold[j] = most(fused(-ratio[j], burned, threshold[j]), LEAST_THRESHOLD);                     \
    }

static void burn(int32_t n, const kernel_curve_t *curve, const int32_t *restrict now, const double *restrict origin,
                 const double *restrict ratio, const double *restrict integral, double *restrict threshold)
{
    const double a = curve->a, b = curve->b, c = curve->c;

    switch (curve->kind) {
    case EXPONENTIAL: BURN_LOOP(exponential_integral(a, u)) break;
    case WEIBULL: BURN_LOOP(weibull_integral(a, c, u)) break;
    case GOMPERTZ: BURN_LOOP(gompertz_integral(a, b, u)) break;
    case LOGLOGISTIC: BURN_LOOP(loglogistic_integral(a, c, u)) break;
    case PIECEWISE:
    case TABULATED: burn_located(n, curve, now, origin, ratio, integral, threshold); break;
    default: break; /* nothing burns where the hazard is 0 */
    }
}

#define AIM_LOOP(INTEGRAL, SOLVE)                                                                         \
    SIMD for (int32_t j = 0; j < n; j++) {                                                                \
        double u = (double)now[j] - origin[j], h = (INTEGRAL), target = h + threshold[j] * (1 / ratio[j]);      \
        int32_t minute = minute_of(origin[j] + (SOLVE)), first = earliest[j] > now[j] ? earliest[j] : now[j]; \
        integral[j] = h;                                                                                  \
        due[j] = minute > first ? minute : first;                                                         \
    }

static void aim(int32_t n, const kernel_curve_t *curve, const int32_t *restrict now, const double *restrict origin,
                const double *restrict ratio, const double *restrict threshold, const int32_t *restrict earliest,
                double *restrict integral, int32_t *restrict due)
{
    const double a = curve->a, b = curve->b, c = curve->c;

    switch (curve->kind) {
    case EXPONENTIAL: AIM_LOOP(exponential_integral(a, u), exponential_solve(a, target)) break;
    case WEIBULL: AIM_LOOP(weibull_integral(a, c, u), weibull_solve(b, c, target)) break;
    case GOMPERTZ: AIM_LOOP(gompertz_integral(a, b, u), gompertz_solve(a, c, target)) break;
    case LOGLOGISTIC: AIM_LOOP(loglogistic_integral(a, c, u), loglogistic_solve(b, c, target)) break;
    case PIECEWISE:
    case TABULATED: aim_located(n, curve, now, origin, ratio, threshold, earliest, integral, due); break;
    default:
        for (int32_t j = 0; j < n; j++) {
            integral[j] = 0;
            due[j] = NEVER;
        }
        break;
    }
}

static int64_t change_rates(int32_t n, const int32_t *restrict person, const double *restrict next, const double *restrict now,
                            double scale, double *restrict rate, double *restrict from, double *restrict amount)
{
    int64_t any = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        double start[PIECE];
        _Pragma("omp simd reduction(| : any)") for (int32_t j = 0; j < m; j++)
        {
            const int32_t i = person[at + j];
            double old = rate[i], since = from[i], flowed = old * (scale * (since - now[at + j]));
            int64_t is_new = next[at + j] != old;
            flowed = is_new ? flowed : 0;
            amount[at + j] = flowed;
            any |= flowed != 0;
            start[j] = is_new ? now[at + j] : since;
        }
        for (int32_t j = 0; j < m; j++) {
            from[person[at + j]] = start[j];
            rate[person[at + j]] = next[at + j];
        }
    }
    return any;
}

/* Counting and storing is all there is to do: vectors of gathers and scatters are no faster. */
static int64_t count_up(int32_t n, const int32_t *restrict person, uint32_t *restrict count)
{
    int64_t before = 0;

    for (int32_t j = 0; j < n; j++) before += count[person[j]]++;
    return 2 * before + n; /* (c + 1)^2 - c^2 = 2 c + 1 */
}

static void add_line(int32_t n, const int64_t *restrict x, int32_t shift, int64_t *restrict total, kernel_moments_t *moments)
{
    uint64_t sum = 0, coarse_sum = 0, low = 0; /* unsigned: what is too wide wraps, and is refused by whoever looks at `wide` */
    int64_t high = 0, wide = 0;

    _Pragma("omp simd reduction(+ : sum, coarse_sum, low, high) reduction(| : wide)") for (int32_t j = 0; j < n; j++)
    {
        int64_t coarse = shift_rounded(x[j], shift), square = (int64_t)(int32_t)coarse * (int32_t)coarse;
        sum += (uint64_t)x[j];
        coarse_sum += (uint64_t)coarse;
        low += (uint64_t)square & 0xffffffffu;
        high += square >> 32;
        wide |= coarse ^ (coarse >> 63);
        total[j] = (int64_t)((uint64_t)total[j] + (uint64_t)x[j]);
    }
    *moments = (kernel_moments_t){.sum = (int64_t)sum, .coarse_sum = (int64_t)coarse_sum, .square_low = low, .square_high = high, .wide = wide};
}

static void coarsen(int32_t n, const int64_t *restrict x, int32_t shift, int32_t *restrict coarse, kernel_moments_t *moments)
{
    uint64_t sum = 0, coarse_sum = 0;
    int64_t wide = 0;

    _Pragma("omp simd reduction(+ : sum, coarse_sum) reduction(| : wide)") for (int32_t j = 0; j < n; j++)
    {
        int64_t value = shift_rounded(x[j], shift);
        sum += (uint64_t)x[j];
        coarse_sum += (uint64_t)value;
        wide |= value ^ (value >> 63);
        coarse[j] = (int32_t)value;
    }
    *moments = (kernel_moments_t){.sum = (int64_t)sum, .coarse_sum = (int64_t)coarse_sum, .wide = wide};
}

static void multiply(int32_t n, const int32_t *restrict x, const int32_t *restrict y, uint64_t *low_out, int64_t *high_out)
{
    uint64_t low = 0;
    int64_t high = 0;

    _Pragma("omp simd reduction(+ : low, high)") for (int32_t j = 0; j < n; j++)
    {
        int64_t product = (int64_t)x[j] * y[j];
        low += (uint64_t)product & 0xffffffffu;
        high += product >> 32;
    }
    *low_out = low;
    *high_out = high;
}

static int32_t count_both(int32_t n, const uint8_t *restrict level, uint8_t wanted, const uint8_t *restrict other,
                          uint8_t other_wanted)
{
    int32_t count = 0;

    _Pragma("omp simd reduction(+ : count)") for (int32_t j = 0; j < n; j++)
        count += (level[j] == wanted) & (other[j] == other_wanted);
    return count;
}

#define AIM_AGAIN_LOOP(INTEGRAL, SOLVE)                                                                   \
    SIMD for (int32_t j = 0; j < n; j++) {                                                                \
        double u = (double)now[j] - origin[j], h = (INTEGRAL);                                            \
        double left = most(fused(-ratio[j], h - integral[j], threshold[j]), LEAST_THRESHOLD);             \
        double target = h + left * (1 / new_ratio[j]);                                                          \
        int32_t minute = minute_of(origin[j] + (SOLVE)), first = earliest[j] > now[j] ? earliest[j] : now[j]; \
        threshold[j] = left;                                                                              \
        integral[j] = h;                                                                                  \
        due[j] = minute > first ? minute : first;                                                         \
    }

static void aim_again(int32_t n, const kernel_curve_t *curve, const int32_t *restrict now, const double *restrict origin,
                      const double *restrict ratio, const double *restrict new_ratio, const int32_t *restrict earliest,
                      double *restrict integral, double *restrict threshold, int32_t *restrict due)
{
    const double a = curve->a, b = curve->b, c = curve->c;

    switch (curve->kind) {
    case EXPONENTIAL: AIM_AGAIN_LOOP(exponential_integral(a, u), exponential_solve(a, target)) break;
    case WEIBULL: AIM_AGAIN_LOOP(weibull_integral(a, c, u), weibull_solve(b, c, target)) break;
    case GOMPERTZ: AIM_AGAIN_LOOP(gompertz_integral(a, b, u), gompertz_solve(a, c, target)) break;
    case LOGLOGISTIC: AIM_AGAIN_LOOP(loglogistic_integral(a, c, u), loglogistic_solve(b, c, target)) break;
    default:
        burn(n, curve, now, origin, ratio, integral, threshold);
        aim(n, curve, now, origin, new_ratio, threshold, earliest, integral, due);
        break;
    }
}

#define AIM_ENTERED_LOOP(SOLVE)                                                                           \
    SIMD for (int32_t j = 0; j < n; j++) {                                                                \
        double target = integral[j] + threshold[j] * inverse[j];                                          \
        int32_t minute = minute_of((double)entered[j] + (SOLVE));                                         \
        due[j] = minute > first[j] ? minute : first[j];                                                   \
    }

static void aim_entered(int32_t n, const kernel_curve_t *curve, const int32_t *restrict entered, const double *restrict inverse,
                        const double *restrict integral, const double *restrict threshold, const int32_t *restrict first,
                        int32_t *restrict due)
{
    const double a = curve->a, b = curve->b, c = curve->c;

    switch (curve->kind) {
    case EXPONENTIAL: AIM_ENTERED_LOOP(exponential_solve(a, target)) break;
    case WEIBULL: AIM_ENTERED_LOOP(weibull_solve(b, c, target)) break;
    case GOMPERTZ: AIM_ENTERED_LOOP(gompertz_solve(a, c, target)) break;
    case LOGLOGISTIC: AIM_ENTERED_LOOP(loglogistic_solve(b, c, target)) break;
    case PIECEWISE:
    case TABULATED: aim_entered_located(n, curve, entered, inverse, integral, threshold, first, due); break;
    default:
        for (int32_t j = 0; j < n; j++) due[j] = NEVER;
        break;
    }
}

#define INTEGRATE_LOOP(INTEGRAL)                                                                          \
    SIMD for (int32_t j = 0; j < n; j++) {                                                                \
        double u = (double)now[j] - (double)entered[j];                                                   \
        integral[j] = (INTEGRAL);                                                                         \
    }

static void integrate(int32_t n, const kernel_curve_t *curve, const int32_t *restrict entered, const int32_t *restrict now,
                      double *restrict integral)
{
    const double a = curve->a, b = curve->b, c = curve->c;

    switch (curve->kind) {
    case EXPONENTIAL: INTEGRATE_LOOP(exponential_integral(a, u)) break;
    case WEIBULL: INTEGRATE_LOOP(weibull_integral(a, c, u)) break;
    case GOMPERTZ: INTEGRATE_LOOP(gompertz_integral(a, b, u)) break;
    case LOGLOGISTIC: INTEGRATE_LOOP(loglogistic_integral(a, c, u)) break;
    case PIECEWISE:
    case TABULATED: integrate_located(n, curve, entered, now, integral); break;
    default: memset(integral, 0, (size_t)n * sizeof *integral); break;
    }
}

/* Beyond any logarithm of a time. */
#define LAST_LOG 1e300

#define RACE_LOOP(TARGET)                                                                                 \
    SIMD for (int32_t j = 0; j < m; j++) {                                                                \
        double x = fused(log_portable(TARGET), inverse_shape, log_scale);                                 \
        x = threshold[j] < LAST_LOG ? x : LAST_LOG;                                                       \
        second[j] = x < best[j] ? best[j] : least(second[j], x);                                          \
        winner[j] = x < best[j] ? clock : winner[j];                                                      \
        best[j] = least(best[j], x);                                                                      \
    }

/* Numbers of clocks are doubles here, so that all lanes are of one width. */
static void race_one(int32_t m, const kernel_weibull_t *weibull, int32_t at, const int32_t *restrict row, double *restrict best,
                     double *restrict second, double *restrict winner)
{
    const double inverse_shape = weibull->inverse_shape, log_scale = weibull->log_scale, clock = weibull->clock, inverse = weibull->factor;
    const double *restrict inverses = weibull->factors, *restrict threshold = weibull->threshold + at;
    const double *restrict integral = weibull->integral ? weibull->integral + at : NULL;

    if (inverses && integral) RACE_LOOP(integral[j] + threshold[j] * inverses[row[at + j]])
    else if (inverses) RACE_LOOP(threshold[j] * inverses[row[at + j]])
    else if (integral) RACE_LOOP(integral[j] + threshold[j] * inverse)
    else RACE_LOOP(threshold[j] * inverse)
}

/* A time t is told apart from one that is two minutes later by logarithms that differ by at least 2 / t - (2 / t)^2 / 2: ask for more. */
static bool race_weibulls(int32_t n, int32_t n_clocks, const kernel_weibull_t *clocks, const int32_t *restrict row, const int32_t *restrict entered,
                          const int32_t *restrict last, int32_t *restrict minute, int32_t *restrict winner)
{
    int32_t any = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        double best[PIECE], second[PIECE], first[PIECE];
        for (int32_t j = 0; j < m; j++) best[j] = second[j] = LAST_LOG, first[j] = KERNEL_DOUBT;
        for (int32_t k = 0; k < n_clocks; k++) race_one(m, &clocks[k], at, row, best, second, first);
        _Pragma("omp simd reduction(| : any)") for (int32_t j = 0; j < m; j++)
        {
            double t = exp_portable(best[j]);
            int32_t due = minute_of((double)entered[at + j] + t);
            int32_t is_doubtful = ((second[j] - best[j]) * t < 2) | (due <= last[at + j] + 1);
            minute[at + j] = due;
            winner[at + j] = is_doubtful ? KERNEL_DOUBT : (int32_t)first[j];
            any |= is_doubtful;
        }
    }
    return any;
}

#define BURN_WEIBULL_LOOP(RATIO, INTEGRAL)                                                                \
    SIMD for (int32_t j = 0; j < m; j++)                                                                  \
        threshold[j] = most(fused(-(RATIO), exp_portable(shape * (log_u[j] - log_scale)) - (INTEGRAL), threshold[j]), LEAST_THRESHOLD);

static void burn_one(int32_t m, const kernel_weibull_t *weibull, int32_t at, const int32_t *restrict row, const double *restrict log_u)
{
    const double shape = weibull->shape, log_scale = weibull->log_scale, ratio = weibull->factor;
    const double *restrict ratios = weibull->factors, *restrict integral = weibull->integral ? weibull->integral + at : NULL;
    double *restrict threshold = weibull->threshold + at;

    if (ratios && integral) BURN_WEIBULL_LOOP(ratios[row[at + j]], integral[j])
    else if (ratios) BURN_WEIBULL_LOOP(ratios[row[at + j]], 0)
    else if (integral) BURN_WEIBULL_LOOP(ratio, integral[j])
    else BURN_WEIBULL_LOOP(ratio, 0)
}

/* At u = 0 the integral comes out as e^-700 instead of 0, which no threshold notices. */
static void burn_weibulls(int32_t n, int32_t n_clocks, const kernel_weibull_t *clocks, const int32_t *row, const int32_t *restrict entered,
                          const int32_t *restrict left)
{
    FOR_EACH_PIECE(n, at, m)
    {
        double log_u[PIECE];
        SIMD for (int32_t j = 0; j < m; j++) {
            double u = (double)left[at + j] - (double)entered[at + j], log_of_u = log_portable(u);
            log_u[j] = u > 0 ? log_of_u : -LAST_LOG;
        }
        for (int32_t k = 0; k < n_clocks; k++) burn_one(m, &clocks[k], at, row, log_u);
    }
}

static int64_t count_again(int32_t n, int32_t *restrict fired)
{
    int64_t sum = 0;

    _Pragma("omp simd reduction(+ : sum)") for (int32_t j = 0; j < n; j++)
    {
        sum += fired[j];
        fired[j]++;
    }
    return sum;
}

static void mark_late(int32_t n, int32_t always, const int32_t *restrict now, int32_t *restrict last, int32_t *restrict late)
{
    SIMD for (int32_t j = 0; j < n; j++) {
        late[j] = (now[j] == last[j] ? late[j] : 0) | always;
        last[j] = now[j];
    }
}

static int32_t choose_winners(int32_t n, const int32_t *restrict winner, int32_t wanted, const int32_t *restrict minute, int32_t horizon,
                              uint8_t *restrict is_chosen, int32_t *restrict index)
{
    SIMD for (int32_t j = 0; j < n; j++) is_chosen[j] = (winner[j] == wanted) & (minute[j] < horizon);
    return list_chosen(n, is_chosen, index);
}

static void compact_doubles(int32_t n, const uint8_t *is_chosen, const int32_t *index, int32_t n_chosen, const double *from, double *to)
{
    compact_words(n, is_chosen, index, n_chosen, (const uint64_t *)(const void *)from, (uint64_t *)(void *)to);
}

static void add_levels(int32_t n, const uint8_t *restrict level, int32_t stride, int32_t *restrict row)
{
    SIMD for (int32_t j = 0; j < n; j++) row[j] += level[j] * stride;
}

static void pick(int32_t n, const int32_t *restrict table, int32_t *restrict row)
{
    SIMD for (int32_t j = 0; j < n; j++) row[j] = table[row[j]];
}

static void pack_levels(int32_t n, const uint8_t *restrict level, int32_t shift, uint32_t *restrict word)
{
    SIMD for (int32_t i = 0; i < n; i++) word[i] |= (uint32_t)level[i] << shift;
}

ONE_BY_ONE static void take_ints(int32_t n, const int32_t *restrict person, const int32_t *restrict column, int32_t *restrict taken)
{
    for (int32_t j = 0; j < n; j++) taken[j] = column[person[j]];
}

ONE_BY_ONE static void take_words(int32_t n, const int32_t *restrict person, const uint64_t *restrict column, uint64_t *restrict taken)
{
    for (int32_t j = 0; j < n; j++) taken[j] = column[person[j]];
}

ONE_BY_ONE static void take_doubles(int32_t n, const int32_t *restrict person, const double *restrict column, double *restrict taken)
{
    for (int32_t j = 0; j < n; j++) taken[j] = column[person[j]];
}

ONE_BY_ONE static void put_at(int32_t n, const int32_t *restrict person, const int32_t *restrict place, const int32_t *restrict put,
                              int32_t *restrict column)
{
    for (int32_t j = 0; j < n; j++) column[place[person[j]]] = put[j];
}

ONE_BY_ONE static void take_bytes(int32_t n, const int32_t *restrict person, const uint8_t *restrict column, uint8_t *restrict taken)
{
    for (int32_t j = 0; j < n; j++) taken[j] = column[person[j]];
}

ONE_BY_ONE static void put_ints(int32_t n, const int32_t *restrict person, const int32_t *restrict put, int32_t *restrict column)
{
    for (int32_t j = 0; j < n; j++) column[person[j]] = put[j];
}

static int32_t keep_at_level(int32_t n, const int32_t *restrict person, const uint8_t *restrict column, uint8_t wanted,
                             int32_t *restrict kept)
{
    int32_t n_kept = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        uint8_t is_kept[PIECE];
        int32_t index[PIECE];
        take_bytes(m, person + at, column, is_kept);
        for (int32_t j = 0; j < m; j++) is_kept[j] = is_kept[j] == wanted;
        int32_t n_here = list_chosen(m, is_kept, index);
        compact_ints(m, is_kept, index, n_here, person + at, kept + n_kept);
        n_kept += n_here;
    }
    return n_kept;
}

static void earlier_of_all(int32_t n, const int32_t *restrict column, int32_t clock, int32_t *restrict due, int32_t *restrict next)
{
    SIMD for (int32_t j = 0; j < n; j++) {
        int32_t is_earlier = (column[j] < due[j]) | ((column[j] == due[j]) & (clock < next[j]));
        next[j] = is_earlier ? clock : next[j];
        due[j] = is_earlier ? column[j] : due[j];
    }
}

static void discounts(int32_t n, double per_minute, const int32_t *restrict minute, double *restrict factor)
{
    SIMD for (int32_t j = 0; j < n; j++) factor[j] = discount_factor(per_minute, minute[j]);
}

/* One loop per operation: RESULT is the new x[j]. */
#define ARITHMETIC(OPERATION, RESULT)                            \
    case OPERATION:                                              \
        SIMD for (int32_t j = 0; j < n; j++) x[j] = (RESULT);    \
        break;

static void arithmetic(int32_t operation, int32_t whole, int32_t n, double *restrict x, const double *restrict y, const double *restrict z)
{
    switch ((arithmetic_t)operation) {
    ARITHMETIC(ARITHMETIC_NEGATE, -x[j])
    ARITHMETIC(ARITHMETIC_NOT, x[j] == 0 ? 1.0 : 0.0)
    ARITHMETIC(ARITHMETIC_LN, arithmetic_ln(x[j]))
    ARITHMETIC(ARITHMETIC_EXP, exp_portable(x[j]))
    ARITHMETIC(ARITHMETIC_SQRT, __builtin_sqrt(x[j]))
    ARITHMETIC(ARITHMETIC_WHOLE_POWER, arithmetic_whole_power(x[j], whole))
    ARITHMETIC(ARITHMETIC_ADD, x[j] + y[j])
    ARITHMETIC(ARITHMETIC_SUBTRACT, x[j] - y[j])
    ARITHMETIC(ARITHMETIC_MULTIPLY, x[j] * y[j])
    ARITHMETIC(ARITHMETIC_DIVIDE, x[j] / y[j])
    ARITHMETIC(ARITHMETIC_POWER, arithmetic_power(x[j], y[j]))
    ARITHMETIC(ARITHMETIC_MIN, least(x[j], y[j]))
    ARITHMETIC(ARITHMETIC_MAX, most(x[j], y[j]))
    ARITHMETIC(ARITHMETIC_LESS, x[j] < y[j] ? 1.0 : 0.0)
    ARITHMETIC(ARITHMETIC_AT_MOST, x[j] <= y[j] ? 1.0 : 0.0)
    ARITHMETIC(ARITHMETIC_EQUAL, x[j] == y[j] ? 1.0 : 0.0)
    ARITHMETIC(ARITHMETIC_AND, x[j] != 0 && y[j] != 0 ? 1.0 : 0.0)
    ARITHMETIC(ARITHMETIC_OR, x[j] != 0 || y[j] != 0 ? 1.0 : 0.0)
    ARITHMETIC(ARITHMETIC_SELECT, x[j] != 0 ? y[j] : z[j])
    case ARITHMETIC_OPERATIONS: break;
    }
}

static bool is_supported(void) { return KERNELS_SUPPORTED; }

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

extern const kernels_t JOIN(kernels_, KERNELS_ISA);
const kernels_t JOIN(kernels_, KERNELS_ISA) = {
    .isa = TEXT(KERNELS_ISA),
    .is_supported = is_supported,
    .person_keys = person_keys,
    .uniforms = uniforms,
    .find_leavers = find_leavers,
    .exponentials = exponentials,
    .exponentials_at = exponentials_at,
    .normal_quantiles = normal_quantiles,
    .choose = choose,
    .burn = burn,
    .aim = aim,
    .change_rates = change_rates,
    .switch_off = switch_off,
    .switch_on = switch_on,
    .switch_post = switch_post,
    .take_since = take_since,
    .post_stay = post_stay,
    .close_stays = close_stays,
    .post_lump = post_lump,
    .post = post,
    .post_flow = post_flow,
    .count_up = count_up,
    .add_line = add_line,
    .coarsen = coarsen,
    .multiply = multiply,
    .count_both = count_both,
    .aim_again = aim_again,
    .aim_entered = aim_entered,
    .integrate = integrate,
    .race_weibulls = race_weibulls,
    .burn_weibulls = burn_weibulls,
    .count_again = count_again,
    .mark_late = mark_late,
    .choose_winners = choose_winners,
    .compact_ints = compact_ints,
    .compact_words = compact_words,
    .compact_doubles = compact_doubles,
    .add_levels = add_levels,
    .pick = pick,
    .pack_levels = pack_levels,
    .find_situations = find_situations,
    .find_changes = find_changes,
    .take_clocks = take_clocks,
    .put_clocks = put_clocks,
    .take_ints = take_ints,
    .take_words = take_words,
    .take_doubles = take_doubles,
    .put_at = put_at,
    .put_ints = put_ints,
    .look_up = look_up,
    .take_group = take_group,
    .keep_at_level = keep_at_level,
    .earlier_of_all = earlier_of_all,
    .discounts = discounts,
    .read_planes = read_planes,
    .join_planes = join_planes,
    .goes_back = goes_back,
    .arithmetic = arithmetic,
};
