/* Settings, discounting and outcomes of a model. */
#include <math.h>

#include "spec_fixture.h"

enum { MINUTES_PER_DAY = 1440 };

static const model_outcome_t *outcome(const loaded_t *loaded, const char *name)
{
    for (int32_t o = 0; o < loaded->model.n_outcomes; o++)
        if (strcmp(model_text(&loaded->model, loaded->model.outcomes[o].name), name) == 0) return &loaded->model.outcomes[o];
    BUG("no outcome %s", name);
}

Test(spec_settings, a_year_has_365_days_and_a_quarter_unless_the_model_says_otherwise)
{
    loaded_t loaded = load_good("");
    cr_expect_eq(loaded.model.settings.minutes_per_year, 525960);
    cr_expect_eq(loaded.model.settings.horizon, 525960);
    unload(&loaded);
    loaded = load_good("year: 365 days");
    cr_expect_eq(loaded.model.settings.horizon, 525600);
    cr_expect_float_eq(outcome(&loaded, "qaly")->per_unit, 1.0 / 525600, 1e-20);
    unload(&loaded);
}

Test(spec_settings, an_annual_rate_becomes_the_continuous_rate_that_gives_it)
{
    loaded_t loaded = load_good("discount: {annual: 3 %}");
    double expected = log(1.03) / 525960;   /* e^(-rate * one year) = 1 / 1.03 */
    for (int o = 0; o < 3; o++) {
        cr_expect_float_eq(loaded.model.outcomes[o].flow_discount, expected, 1e-20);
        cr_expect_float_eq(loaded.model.outcomes[o].lump_discount, expected, 1e-20);
    }
    cr_expect_eq(outcome(&loaded, "life_years_undiscounted")->flow_discount, 0);
    unload(&loaded);
}

/* The published one-year study: flows exp(-r t) with r = 1.03^(1/365) - 1 a day, lump sums 1.03^-(t / 365.25). */
Test(spec_settings, flows_and_lumps_can_be_discounted_differently)
{
    loaded_t loaded = load_good("discount: {flows: {continuous: \"1.03^(1/365) - 1\", per: 1 day}, lumps: {annual: 3 %}}");
    const model_outcome_t *cost = outcome(&loaded, "cost");
    cr_expect_float_eq(cost->flow_discount * MINUTES_PER_DAY, pow(1.03, 1.0 / 365) - 1, 1e-16);
    cr_expect_float_eq(exp(-cost->lump_discount * 365.25 * MINUTES_PER_DAY), 1 / 1.03, 1e-14);
    unload(&loaded);
}

Test(spec_settings, outcomes_can_have_rates_of_their_own_and_life_years_follow_qalys)
{
    loaded_t loaded = load_good("discount: {cost: {annual: 4 %}, qaly: {annual: 1.5 %}}");
    cr_expect_float_eq(outcome(&loaded, "cost")->flow_discount, log(1.04) / 525960, 1e-20);
    cr_expect_float_eq(outcome(&loaded, "qaly")->lump_discount, log(1.015) / 525960, 1e-20);
    cr_expect_float_eq(outcome(&loaded, "life_years")->flow_discount, log(1.015) / 525960, 1e-20);
    unload(&loaded);
}

/* What is worth 1 at entry, when `years` have passed; and what a rate of 1 a year from entry until then is worth. */
static double worth_of_lump(const loaded_t *loaded, const char *name, double years)
{
    return model_discount_at(&loaded->model, outcome(loaded, name)->lump_course, (int32_t)(years * 525960));
}

static double worth_of_flow(const loaded_t *loaded, const char *name, double years)
{
    return model_discount_at(&loaded->model, outcome(loaded, name)->flow_course, (int32_t)(years * 525960)) / 525960;
}

/* The Green Book: 3.5 % for 30 years, then 3 %; the factor after 40 years is 1.035^-30 * 1.03^-10. */
Test(spec_settings, a_rate_that_changes_discounts_each_year_by_its_own_rate)
{
    loaded_t loaded = load_good("horizon: 100 years\ndiscount: {annual: {0 years: 3.5 %, 30 years: 3 %, 75 years: 2.5 %}}");
    const double at_30 = pow(1.035, -30), at_75 = at_30 * pow(1.03, -45), to_30 = (1 - at_30) / log(1.035), to_75 = to_30 + (at_30 - at_75) / log(1.03);
    cr_expect_float_eq(worth_of_lump(&loaded, "cost", 10.5), pow(1.035, -10.5), 1e-9);
    cr_expect_float_eq(worth_of_lump(&loaded, "cost", 40), at_30 * pow(1.03, -10), 1e-9);
    cr_expect_float_eq(worth_of_lump(&loaded, "qaly", 100), at_75 * pow(1.025, -25), 1e-9);
    cr_expect_float_eq(worth_of_flow(&loaded, "cost", 20), (1 - pow(1.035, -20)) / log(1.035), 1e-9);
    cr_expect_float_eq(worth_of_flow(&loaded, "qaly", 40), to_30 + at_30 * (1 - pow(1.03, -10)) / log(1.03), 1e-9);
    cr_expect_float_eq(worth_of_flow(&loaded, "life_years", 100), to_75 + at_75 * (1 - pow(1.025, -25)) / log(1.025), 1e-9);
    cr_expect_eq(outcome(&loaded, "life_years_undiscounted")->flow_course.count, 0);
    unload(&loaded);
}

/* In the first year nothing is discounted; in the fourth, by two years at 5 % and one at 2 %. */
Test(spec_settings, a_stepped_rate_counts_whole_years)
{
    loaded_t loaded = load_good("horizon: 10 years\ndiscount: {cost: {stepped: {0 years: 5 %, 2 years: 2 %}}, qaly: {stepped: 10 %}}");
    cr_expect_eq(worth_of_lump(&loaded, "cost", 0.999), 1);
    cr_expect_float_eq(worth_of_lump(&loaded, "cost", 1), 1 / 1.05, 1e-12);
    cr_expect_float_eq(worth_of_lump(&loaded, "cost", 3.5), 1 / (1.05 * 1.05 * 1.02), 1e-12);
    cr_expect_float_eq(worth_of_flow(&loaded, "qaly", 2.5), 1 + 1 / 1.1 + 0.5 / 1.21, 1e-9);
    unload(&loaded);
}

Test(spec_settings, a_continuous_rate_and_flows_and_lumps_may_change_apart)
{
    loaded_t loaded = load_good("discount: {flows: {continuous: {0 days: 0.01, 1 year: 0}, per: 1 year}, lumps: {annual: {0 years: 0 %, 1 year: 4 %}}}");
    cr_expect_float_eq(worth_of_flow(&loaded, "cost", 3), (1 - exp(-0.01)) / 0.01 + 2 * exp(-0.01), 1e-9);
    cr_expect_float_eq(worth_of_lump(&loaded, "cost", 3), pow(1.04, -2), 1e-9);
    unload(&loaded);
    loaded = load_good("discount: {annual: {0 years: 3 %}}");       /* no change: as if the rate stood alone */
    cr_expect_eq(outcome(&loaded, "cost")->flow_course.count, 0);
    cr_expect_float_eq(outcome(&loaded, "cost")->flow_discount, log(1.03) / 525960, 1e-20);
    unload(&loaded);
}

Test(spec_settings, mistakes_in_schedules_of_rates_are_told)
{
    expect_mistake("discount: {annual: {1 year: 3 %}}", "begin with `0 years`");
    expect_mistake("discount: {annual: {0 years: 3 %, 30 years: 2 %, 20 years: 1 %}}", "ascending");
    expect_mistake("discount: {annual: {0 years: 3 %, 30: 2 %}}", "not a time from which a rate holds");
    expect_mistake("discount: {stepped: {0 years: 3 %, 18 months: 2 %}}", "whole number of years");
    expect_mistake("discount: {annual: {}}", "empty");
    expect_mistake("discount: {annual: 3 %, stepped: 3 %}", "this is not a discount rate");
}

Test(spec_settings, mistakes_in_discounting_are_told)
{
    expect_mistake("discount: 3 %", "{annual: 3 %}");
    expect_mistake("discount: {anual: 3 %}", "did you mean `annual`?");
    expect_mistake("discount: {flows: {annual: 3 %}}", "`lumps` is missing");
    expect_mistake("discount: {continuous: 0.0001}", "not a discount rate");
    expect_mistake("discount: {cost: {annual: 3 %}}", "`qaly` has no discount rate");
    expect_mistake("discount: {annual: -3 %}", "negative");
}

Test(spec_settings, time_alive_is_a_flow_of_every_model)
{
    loaded_t loaded = load_good("");
    const model_t *m = &loaded.model;
    int found = 0;
    for (int32_t f = 0; f < m->n_flows; f++) {
        int32_t o = m->cells[m->flows[f].cell].outcome;
        if (o != m->settings.life_years && o != m->settings.life_years_undiscounted) continue;
        cr_expect_eq(m->flows[f].condition.count, 0);
        cr_expect_eq(m->reals[m->flows[f].rate.first], 1);
        found++;
    }
    cr_expect_eq(found, 2);
    unload(&loaded);
}

/* Totals are int32 on the coarse grid: 5e8 * 2^2 < 2^31 <= 5e8 * 2^3. */
Test(spec_settings, a_larger_cost_per_person_makes_the_grid_of_totals_coarser)
{
    loaded_t loaded = load_good("");
    cr_expect_eq(outcome(&loaded, "cost")->grid_bits, 20);
    cr_expect_eq(outcome(&loaded, "cost")->coarse_bits, 6);
    cr_expect_eq(outcome(&loaded, "qaly")->grid_bits, 30);
    cr_expect_eq(outcome(&loaded, "qaly")->coarse_bits, 23);
    unload(&loaded);
    loaded = load_good("largest cost per person: 5e8 USD");
    cr_expect_eq(outcome(&loaded, "cost")->grid_bits, 20);
    cr_expect_eq(outcome(&loaded, "cost")->coarse_bits, 2);
    unload(&loaded);
    loaded = load_good("largest cost per person: 1e12 USD"); /* 2^39 < 1e12 < 2^40: 50 - 40 and 31 - 40 */
    cr_expect_eq(outcome(&loaded, "cost")->grid_bits, 10);
    cr_expect_eq(outcome(&loaded, "cost")->coarse_bits, -9);
    unload(&loaded);
}

/* Twice the horizon is below 2^(31 - coarse bits) years: 2 * 100 < 2^8, 2 * 300 < 2^10, and of 4000 days of a year each < 2^13. */
Test(spec_settings, a_long_horizon_makes_the_grid_of_years_coarser)
{
    static const struct { const char *horizon; int32_t coarse_bits, grid_bits; } lives[] = {
        {"horizon: 100 years", 23, 30}, {"horizon: 300 years", 21, 30}, {"horizon: 4000 days\nyear: 1 day", 18, 30},
        {"horizon: 1e6 days\nyear: 1 minute", -1, 18}}; /* 2 * 1.44e9 < 2^32 */
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        char text[128];
        loaded_t loaded = {.diag = diag_new()};
        int n = snprintf(text, sizeof text, "popgx: 1\n%s\nstrategies: {usual: {}}\n", lives[i].horizon);
        loaded.err = spec_load_text("m.yaml", text, (size_t)n, NULL, 0, loaded.diag, &loaded.model, &loaded.report);
        cr_assert_eq(loaded.err, POPGX_OK, "%s: %s", lives[i].horizon, diag_text(loaded.diag, 0));
        cr_expect_eq(outcome(&loaded, "life_years_undiscounted")->coarse_bits, lives[i].coarse_bits, "%s", lives[i].horizon);
        cr_expect_eq(outcome(&loaded, "qaly")->grid_bits, lives[i].grid_bits, "%s", lives[i].horizon);
        unload(&loaded);
    }
}

Test(spec_settings, thresholds_are_kept_in_their_order)
{
    loaded_t loaded = load_good("thresholds: [50000, 100000]");
    model_span_t span = loaded.model.settings.thresholds;
    cr_expect_eq(span.count, 2);
    cr_expect_eq(loaded.model.reals[span.first], 50000);
    cr_expect_eq(loaded.model.reals[span.first + 1], 100000);
    unload(&loaded);
}

Test(spec_settings, a_threshold_is_a_plain_number_and_no_discounting_is_told)
{
    expect_mistake("thresholds: [100000 USD]", "a threshold is written like `100000`");
    loaded_t loaded = load_good("thresholds: 100000");
    cr_expect(strstr(loaded.report.summary, "discounting of cost: none (default)\n"), "%s", loaded.report.summary);
    unload(&loaded);
}
