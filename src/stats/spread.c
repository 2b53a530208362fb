/* Keeps distributions between people (spread.h). Owns the totals of people who are lived a second time. */
#include "stats/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_BITS = 8, HALF = 1 << (EXACT_BITS - 1), ONE_SIGN = 2 * HALF + (31 - EXACT_BITS) * HALF, BINS = 2 * ONE_SIGN, ROUNDING = 2 };

#define Z_95 1.959963984540054

struct spread {
    const model_t *model;       /* borrowed */
    const kernels_t *kernels;
    exact_sum_t *sums;          /* borrowed */
    size_t capacity;
    int64_t *total;             /* scratch: [capacity] */
    int32_t *again;             /* [n_strategies][SPREAD_OUTCOMES][capacity] */
    bool is_lived_again;        /* the block in hand */
};

int32_t spread_outcome(const model_t *m, int32_t which)
{
    const int32_t outcomes[SPREAD_OUTCOMES] = {m->settings.cost, m->settings.qaly, m->settings.life_years, m->settings.life_years_undiscounted};
    return outcomes[which];
}

/* ---- places: histograms of totals, of differences (s > t), people lived twice, those with more and with less then ---- */

static bool is_kept(const model_t *m) { return (m->settings.report.kinds & REPORT_SPREAD) != 0; }
static int32_t pairs_of(const model_t *m) { return m->n_strategies * (m->n_strategies - 1) / 2; }

static int32_t total_at(int32_t which, int32_t s) { return (s * SPREAD_OUTCOMES + which) * BINS; }

static int32_t difference_at(const model_t *m, int32_t which, int32_t s, int32_t t)
{
    return ((m->n_strategies + s * (s - 1) / 2 + t) * SPREAD_OUTCOMES + which) * BINS;
}

static int32_t again_at(const model_t *m) { return (m->n_strategies + pairs_of(m)) * SPREAD_OUTCOMES * BINS; }

static int32_t independent_at(const model_t *m, int32_t which, int32_t s, int32_t t, spread_side_t side)
{
    return again_at(m) + 1 + ((s * m->n_strategies + t) * SPREAD_OUTCOMES + which) * 2 + (int32_t)side;
}

int32_t spread_sums(const model_t *m) { return is_kept(m) ? independent_at(m, 0, m->n_strategies, 0, SPREAD_MORE) : 0; }

/* ---- bins ---- */

static int32_t bin_of(int32_t x)
{
    const uint32_t size = x < 0 ? -(uint32_t)x : (uint32_t)x;
    const int32_t high = 31 - __builtin_clz(size | 1);
    int32_t bin = size < 2 * HALF ? (int32_t)size : 2 * HALF + (high - EXACT_BITS) * HALF + (int32_t)(size >> (high - EXACT_BITS + 1)) - HALF;

    if (bin >= ONE_SIGN) bin = ONE_SIGN - 1; /* INT32_MIN */
    return x < 0 ? ONE_SIGN - 1 - bin : ONE_SIGN + bin;
}

/* The least size in a bin of one sign. */
static double start_of(int32_t bin)
{
    if (bin < 2 * HALF) return bin;
    return ldexp(HALF + (bin - 2 * HALF) % HALF, (bin - 2 * HALF) / HALF + 1);
}

/* The value at a share of a bin; those of one step are what they are. */
static double value_in(int32_t bin, double share)
{
    const bool is_below = bin < ONE_SIGN;
    const int32_t own = is_below ? ONE_SIGN - 1 - bin : bin - ONE_SIGN;
    const double start = start_of(own), width = start_of(own + 1) - start;

    if (width <= 1) return is_below ? -start : start;
    return is_below ? -(start + (1 - share) * width) : start + share * width;
}

/* ---- what it comes to ---- */

/* The value of rank `rank`, from 0, among those of a histogram. */
static double at_rank(const exact_sum_t *bins, double rank)
{
    double before = 0;

    for (int32_t b = 0; b < BINS; b++) {
        const double count = exact_value(bins[b], 0);
        if (count > 0 && rank < before + count) return value_in(b, (rank - before + 0.5) / count < 1 ? (rank - before + 0.5) / count : 1);
        before += count;
    }
    return NAN;
}

static spread_quantile_t quantile(const tally_t *tally, const exact_sum_t *bins, double p, int32_t bits)
{
    const double n = exact_value(tally->sums[tally->layout.people], 0), rank = p * (n - 1), by = Z_95 * sqrt(n * p * (1 - p)), step = ldexp(1, -bits);

    return (spread_quantile_t){step * at_rank(bins, floor(rank + 0.5)), step * at_rank(bins, fmax(0, floor(rank - by))),
                               step * at_rank(bins, fmin(n - 1, ceil(rank + by)))};
}

spread_quantile_t spread_quantile(const tally_t *tally, int32_t which, int32_t s, int32_t t, double p)
{
    const model_t *m = tally->model;
    const exact_sum_t *sums = tally->sums + tally->layout.spread;
    const int32_t bits = m->outcomes[spread_outcome(m, which)].coarse_bits;

    if (t == MODEL_NONE) {
        const bool is_time = spread_outcome(m, which) == m->settings.life_years_undiscounted && m->settings.cycle.minutes == 0;
        const double most = is_time ? m->settings.horizon / m->settings.minutes_per_year : INFINITY; /* where many are, at the edge of a bin */
        const spread_quantile_t x = quantile(tally, sums + total_at(which, s), p, bits);
        return (spread_quantile_t){fmin(x.value, most), fmin(x.low, most), fmin(x.high, most)};
    }
    if (s > t) return quantile(tally, sums + difference_at(m, which, s, t), p, bits);
    const spread_quantile_t other = quantile(tally, sums + difference_at(m, which, t, s), 1 - p, bits);
    return (spread_quantile_t){-other.value, -other.high, -other.low};
}

static estimate_t share(double people, double count)
{
    const double p = count / people;
    return (estimate_t){.mean = p, .se = people > 1 ? sqrt(p * (1 - p) / (people - 1)) : 0};
}

estimate_t spread_share(const tally_t *tally, int32_t which, int32_t s, int32_t t, spread_side_t side)
{
    const exact_sum_t *bins = tally->sums + tally->layout.spread + difference_at(tally->model, which, s > t ? s : t, s > t ? t : s);
    double count[3] = {0};

    if (s < t && side != SPREAD_SAME) side = side == SPREAD_MORE ? SPREAD_LESS : SPREAD_MORE;
    for (int32_t b = 0; b < BINS; b++)
        count[b > ONE_SIGN + ROUNDING ? SPREAD_MORE : b < ONE_SIGN - 1 - ROUNDING ? SPREAD_LESS : SPREAD_SAME] += exact_value(bins[b], 0);
    return share(exact_value(tally->sums[tally->layout.people], 0), count[side]);
}

estimate_t spread_independent(const tally_t *tally, int32_t which, int32_t s, int32_t t, spread_side_t side)
{
    const model_t *m = tally->model;
    const exact_sum_t *sums = tally->sums + tally->layout.spread;
    const double people = exact_value(sums[again_at(m)], 0);
    const double more = exact_value(sums[independent_at(m, which, s, t, SPREAD_MORE)], 0), less = exact_value(sums[independent_at(m, which, s, t, SPREAD_LESS)], 0);

    if (people == 0) return (estimate_t){.mean = NAN, .se = NAN};
    return share(people, side == SPREAD_MORE ? more : side == SPREAD_LESS ? less : people - more - less);
}

/* ---- keeping it ---- */

popgx_err_t spread_new(const model_t *model, size_t capacity, exact_sum_t *sums, spread_t **out)
{
    spread_t *x = *out = calloc(1, sizeof *x);

    if (!x) return FAIL(NOMEM, "no memory for distributions");
    *x = (spread_t){.model = model, .kernels = kernels(), .sums = sums, .capacity = capacity};
    x->total = calloc(capacity + 1, sizeof *x->total);
    x->again = calloc((size_t)model->n_strategies * SPREAD_OUTCOMES * capacity + 1, sizeof *x->again);
    return x->total && x->again ? POPGX_OK : FAIL(NOMEM, "no memory for distributions of %zu people", capacity);
}

void spread_free(spread_t *x)
{
    if (!x) return;
    free(x->total);
    free(x->again);
    free(x);
}

static int32_t *again_column(const spread_t *x, int32_t strategy, int32_t which)
{
    return x->again + (size_t)(strategy * SPREAD_OUTCOMES + which) * x->capacity;
}

void spread_again(spread_t *x, int32_t strategy, const ledger_bill_t *bill)
{
    for (int32_t w = 0; w < SPREAD_OUTCOMES; w++) {
        const model_outcome_t *outcome = &x->model->outcomes[spread_outcome(x->model, w)];
        kernel_moments_t unused;
        memset(x->total, 0, bill->n * sizeof *x->total);
        for (int32_t c = outcome->cells.first; c < outcome->cells.first + outcome->cells.count; c++)
            for (size_t i = 0; i < bill->n; i++) x->total[i] += bill->cell[c][i];
        x->kernels->coarsen((int32_t)bill->n, x->total, outcome->grid_bits - outcome->coarse_bits, again_column(x, strategy, w), &unused);
    }
    x->is_lived_again = true;
}

static void compare(spread_t *x, int32_t w, int32_t s, int32_t t, size_t n, const int32_t *one, const int32_t *other)
{
    int64_t more = 0, less = 0;

    for (size_t i = 0; i < n; i++) {
        const int64_t by = (int64_t)one[i] - other[i];
        more += by > ROUNDING;
        less += by < -ROUNDING;
    }
    x->sums[independent_at(x->model, w, s, t, SPREAD_MORE)] += more;
    x->sums[independent_at(x->model, w, s, t, SPREAD_LESS)] += less;
}

void spread_close(spread_t *x, size_t n, const int32_t *coarse)
{
    const int32_t n_s = x->model->n_strategies;
#define COARSE(s, w) (coarse + (size_t)((s) * x->model->n_outcomes + spread_outcome(x->model, w)) * x->capacity)

    for (int32_t w = 0; w < SPREAD_OUTCOMES; w++)
        for (int32_t s = 0; s < n_s; s++) {
            const int32_t *own = COARSE(s, w);
            for (size_t i = 0; i < n; i++) x->sums[total_at(w, s) + bin_of(own[i])]++;
            for (int32_t t = 0; t < n_s; t++) {
                const int32_t *other = COARSE(t, w);
                for (size_t i = 0; t < s && i < n; i++) {
                    const int64_t by = (int64_t)own[i] - other[i];
                    x->sums[difference_at(x->model, w, s, t) + bin_of(by > INT32_MAX ? INT32_MAX : by < -INT32_MAX ? -INT32_MAX : (int32_t)by)]++;
                }
                if (x->is_lived_again && s != t) compare(x, w, s, t, n, own, again_column(x, t, w));
            }
        }
    if (x->is_lived_again) x->sums[again_at(x->model)] += (exact_sum_t)n;
    x->is_lived_again = false;
#undef COARSE
}
