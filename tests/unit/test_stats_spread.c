/* Distributions between people, against sorting the same numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/report.h"
#include "stats/spread.h"
#include "support/payoff_model.h"

enum { MANY = 1001 };

/* Two strategies, outcomes on whole steps. */
static model_t four_outcomes(void)
{
    static const char *const names[] = {"cost", "qaly", "life_years", "life_years_undiscounted"};
    model_t m = payoff_model(1000);

    add_strategy(&m, "one");
    add_strategy(&m, "other");
    for (int o = 0; o < SPREAD_OUTCOMES; o++) {
        add_outcome(&m, names[o], 0, 0, 1, 0);
        m.outcomes[o].coarse_bits = 0;
        add_cell(&m, o, names[o]);
    }
    m.settings.cost = 0, m.settings.qaly = 1, m.settings.life_years = 2, m.settings.life_years_undiscounted = 3;
    report_ask(&m, REPORT_SPREAD);
    return m;
}

/* People who have these costs under the two strategies. */
static tally_t tally_of(const model_t *m, size_t n, const int32_t *one, const int32_t *other)
{
    tally_t tally;

    cr_assert_eq(tally_init(&tally, m, MANY), POPGX_OK);
    for (size_t i = 0; i < n; i++) tally.coarse[i] = one[i], tally.coarse[(size_t)m->n_outcomes * MANY + i] = other[i];
    spread_close(tally.spread, n, tally.coarse);
    tally.sums[tally.layout.people] = (exact_sum_t)n;
    return tally;
}

Test(spread, every_number_is_found_again_within_the_width_of_its_bin)
{
    model_t m = four_outcomes();
    const int32_t none = 0;

    for (int64_t x = 0; x <= INT32_MAX; x = x < 600 ? x + 1 : x + x / 11)
        for (int sign = -1; sign <= 1; sign += 2) {
            const int32_t value = (int32_t)(sign * x);
            tally_t tally = tally_of(&m, 1, &value, &none);
            double found = spread_quantile(&tally, 0, 0, MODEL_NONE, 0.5).value, apart = spread_quantile(&tally, 0, 0, 1, 0.5).value;
            cr_assert_leq(fabs(found - value), x < 256 ? 0 : (double)x / 128, "%d becomes %g", value, found);
            cr_assert_leq(fabs(apart - value), x < 256 ? 0 : (double)x / 128, "a difference of %d becomes %g", value, apart);
            cr_assert_eq(spread_quantile(&tally, 0, 1, 0, 0.5).value, -apart);
            tally_release(&tally);
        }
    model_release(&m);
}

static int compare(const void *a, const void *b) { return (*(const int32_t *)a > *(const int32_t *)b) - (*(const int32_t *)a < *(const int32_t *)b); }

Test(spread, quantiles_and_shares_are_those_of_sorted_people)
{
    model_t m = four_outcomes();
    int32_t one[MANY], other[MANY], sorted[MANY], better = 0, worse = 0;
    uint64_t state = 1;

    for (int i = 0; i < MANY; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        one[i] = sorted[i] = (int32_t)(state >> 40) % 200000 - 50000;
        other[i] = i % 3 == 0 ? one[i] + i % 2 : one[i] + (int32_t)(state >> 33) % 1000 - 300;
        better += one[i] - other[i] > 2;
        worse += one[i] - other[i] < -2;
    }
    qsort(sorted, MANY, sizeof *sorted, compare);
    tally_t tally = tally_of(&m, MANY, one, other);
    for (int p = 1; p < 10; p++) {
        const spread_quantile_t q = spread_quantile(&tally, 0, 0, MODEL_NONE, p / 10.0);
        const double truth = sorted[100 * p];
        cr_expect_leq(fabs(q.value - truth), fabs(truth) / 100 + 1, "quantile %g is %g, not %g", p / 10.0, q.value, truth);
        cr_expect(q.low < q.value && q.value < q.high);
    }
    cr_expect_float_eq(spread_share(&tally, 0, 0, 1, SPREAD_MORE).mean, (double)better / MANY, 1e-12);
    cr_expect_float_eq(spread_share(&tally, 0, 0, 1, SPREAD_LESS).mean, (double)worse / MANY, 1e-12);
    cr_expect_float_eq(spread_share(&tally, 0, 1, 0, SPREAD_MORE).mean, (double)worse / MANY, 1e-12, "the other way round");
    cr_expect_float_eq(spread_share(&tally, 0, 0, 1, SPREAD_SAME).mean, 1 - (double)(better + worse) / MANY, 1e-12);
    cr_expect(isnan(spread_independent(&tally, 0, 0, 1, SPREAD_MORE).mean), "nobody was lived twice");
    tally_release(&tally);
    model_release(&m);
}
