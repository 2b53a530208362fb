/* Means adjusted for known shares: as worked out by hand from the groups, with errors that are the spread over seeds. */
#include <criterion/criterion.h>
#include <math.h>

#include "cluster/workspace.h"
#include "expected/shares.h"
#include "spec/subgroups.h"
#include "stats/adjusted.h"
#include "stats/subgroups.h"
#include "support/small_run.h"

enum { PEOPLE = 1500, SEEDS = 300 };

static model_t grouped_model(const char *by)
{
    model_t m = small_model();

    cr_assert_eq(subgroups_ask(&m, "--by", by), POPGX_OK, "%s", popgx_err_detail());
    return m;
}

static void simulate(workspace_t *w, const model_t *m, uint64_t seed, size_t n)
{
    cr_assert_eq(workspace_init(w, m, n), POPGX_OK);
    cr_assert_eq(workspace_simulate(w, rng_run_key(seed, 0), 0, n, NULL, NULL, 0), POPGX_OK);
}

/* The attributes of small_model are drawn one by one: counted shares come close to known ones. P(|z| > 4.5) < 1e-5, of a fixed seed. */
Test(adjusted, shares_are_those_of_the_model)
{
    model_t m = grouped_model("sex x carrier");
    workspace_t w;
    double share[4], total = 0;

    cr_assert_eq(shares_of_groups(&m, &m.groupings[0], share), POPGX_OK, "%s", popgx_err_detail());
    simulate(&w, &m, 1, 60000);
    for (int32_t k = 0; k < 4; k++) {
        const tally_t view = subgroups_view(&w.tally, 0, k);
        const double n = exact_value(view.sums[view.layout.people], 0);
        total += share[k];
        cr_expect(fabs(n - 60000 * share[k]) < 4.5 * sqrt(60000 * share[k] * (1 - share[k])), "group %d: %g people, share %g", k, n, share[k]);
    }
    cr_expect_float_eq(total, 1, 1e-12);
    workspace_release(&w);
    model_release(&m);
}

Test(adjusted, a_mean_is_that_of_groups_at_their_shares)
{
    model_t m = grouped_model("carrier");
    workspace_t w;
    adjusted_t a;

    simulate(&w, &m, 2, PEOPLE);
    cr_assert(adjusted_init(&a, &w.tally, 0));
    const tally_t no = subgroups_view(&w.tally, 0, 0), yes = subgroups_view(&w.tally, 0, 1);
    const estimate_t x = results_difference(&no, 1, 0, COST), y = results_difference(&yes, 1, 0, COST), z = adjusted_difference(&a, 1, 0, COST);
    cr_expect_float_eq(z.mean, a.share[0] * x.mean + a.share[1] * y.mean, 1e-9);
    cr_expect_float_eq(z.se, sqrt(a.share[0] * a.share[0] * x.se * x.se + a.share[1] * a.share[1] * y.se * y.se), 1e-9);
    adjusted_release(&a);
    workspace_release(&w);
    model_release(&m);
}

Test(adjusted, what_is_not_known_is_not_adjusted_for)
{
    static const char *const unknown[] = {"age at 50 65", "life under watchful waiting"};

    for (int i = 0; i < 2; i++) {
        model_t m = grouped_model(unknown[i]);
        workspace_t w;
        adjusted_t a;
        simulate(&w, &m, 2, 200);
        cr_expect_not(adjusted_init(&a, &w.tally, 0), "%s", unknown[i]);
        adjusted_release(&a);
        workspace_release(&w);
        model_release(&m);
    }
}

/* A group of fewer than 20 people says too little about its own spread. */
Test(adjusted, small_groups_are_not_adjusted_for)
{
    model_t m = grouped_model("carrier");
    workspace_t w;
    adjusted_t a;

    simulate(&w, &m, 2, 15);
    cr_expect_not(adjusted_init(&a, &w.tally, 0));
    adjusted_release(&a);
    workspace_release(&w);
    model_release(&m);
}

Test(adjusted, errors_are_the_spread_over_seeds)
{
    model_t m = grouped_model("sex x carrier");
    double sum[2] = {0}, squares[2] = {0}, stated[2] = {0}, plain = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        workspace_t w;
        adjusted_t a;
        simulate(&w, &m, seed, PEOPLE);
        cr_assert(adjusted_init(&a, &w.tally, 0));
        const estimate_t x[2] = {adjusted_difference(&a, 1, 0, COST), adjusted_outcome(&a, 0, QALY)};
        for (int i = 0; i < 2; i++) {
            sum[i] += x[i].mean;
            squares[i] += x[i].mean * x[i].mean;
            stated[i] += x[i].se * x[i].se / SEEDS;
        }
        plain += pow(results_difference(&w.tally, 1, 0, COST).se, 2) / SEEDS;
        adjusted_release(&a);
        workspace_release(&w);
    }
    for (int i = 0; i < 2; i++) {
        const double sd = sqrt((squares[i] - sum[i] * sum[i] / SEEDS) / (SEEDS - 1)), se = sqrt(stated[i]);
        cr_expect(sd > 0.85 * se && sd < 1.15 * se, "estimate %d: spread %g, stated error %g", i, sd, se);
    }
    cr_expect_lt(stated[0], plain, "adjusting takes variance away: %g, without %g", stated[0], plain);
    model_release(&m);
}
