/* Which figures of a run of 1,000 people from a file are hidden, worked out by hand from sums that are set by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "stats/conceal.h"
#include "stats/results.h"
#include "spec/spec.h"

static const char text[] = "popgx: 1\nhorizon: 1 year\ncurrency: USD\npeople: {age: 50 years, kind: {a: 0.5, b: 0.3, c: rest}}\n"
    "processes:\n  skin: {states: [clear, ill, scarred], events: {fall: {from: clear, to: ill, hazard: 1 per year}, heal: {from: ill, to: scarred, hazard: 1 per year}}}\n"
    "strategies: {usual: {}}\npayoffs: {cost: [{event: fall, amount: 1 USD, category: x}, {event: heal, amount: 1 USD, category: y}]}\n";

static model_t model;
static tally_t tally;

static void begin(void)
{
    diagnostics_t *diag = diag_new();
    spec_report_t report = {0};

    cr_assert_eq(spec_load_text("m.yaml", text, sizeof text - 1, NULL, 0, diag, &model, &report), POPGX_OK);
    spec_report_release(&report);
    diag_free(diag);
    model.settings.imported = 1000;
    cr_assert_eq(tally_init(&tally, &model, 1), POPGX_OK);
    tally.sums[tally.layout.people] = 1000;
}

static void end(void)
{
    tally_release(&tally);
    model_release(&model);
}

static exact_sum_t *state(int32_t slot, int32_t level) { return &tally.sums[tally.layout.occupancy + tally_level_offset(&model, slot) + level]; }
static exact_sum_t *share(int32_t slot, int32_t level) { return &tally.sums[tally.layout.share + tally_level_offset(&model, slot) + level]; }

static void set_states(int32_t skin, const int *counts, int n_dead)
{
    for (int l = 0; l < 3; l++) *state(skin, l) = counts[l];
    *state(model.settings.life, 1) = n_dead;
    *state(model.settings.life, 0) = 1000 - n_dead;
}

static bool is_state_hidden(int32_t slot, int32_t level) { return isnan(results_occupancy(&tally, 0, slot, level).mean); }

Test(conceal, states_that_subtraction_would_tell_are_hidden, .init = begin, .fini = end)
{
    const int32_t skin = model_find_slot(&model, "skin");

    set_states(skin, (const int[]){700, 5, 195}, 100);
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect(!is_state_hidden(skin, 0) && is_state_hidden(skin, 1) && is_state_hidden(skin, 2));
    cr_expect(!is_state_hidden(model.settings.life, 0), "100 dead, 900 alive are shown");
}

/* Five dead are hidden, hence the living; but 995 is also the sum of the states, so one of these must go. */
Test(conceal, states_do_not_tell_how_many_are_dead, .init = begin, .fini = end)
{
    const int32_t skin = model_find_slot(&model, "skin");

    set_states(skin, (const int[]){600, 295, 100}, 5);
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect(is_state_hidden(model.settings.life, 0) && is_state_hidden(model.settings.life, 1));
    cr_expect(!is_state_hidden(skin, 0) && !is_state_hidden(skin, 1) && is_state_hidden(skin, 2));
}

/* 4 % of 200 people of a file are 8, however often they were simulated. */
Test(conceal, attributes_count_people_of_the_file, .init = begin, .fini = end)
{
    const int32_t kind = model_find_slot(&model, "kind");

    model.settings.imported = 200;
    *share(kind, 0) = 600, *share(kind, 1) = 40, *share(kind, 2) = 360;
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect(!isnan(results_share(&tally, kind, 0).mean) && isnan(results_share(&tally, kind, 1).mean) && isnan(results_share(&tally, kind, 2).mean));
    cr_assert_eq(tally_conceal(&tally, 8), POPGX_OK);
    cr_expect(!isnan(results_share(&tally, kind, 1).mean), "8 are not fewer than 8");
    cr_assert_eq(tally_conceal(&tally, 0), POPGX_OK);
    cr_expect_null(tally.hidden);
}

Test(conceal, events_of_few_people_are_hidden, .init = begin, .fini = end)
{
    int32_t fall = 0;

    while (strcmp(model_text(&model, model.moments[fall].name), "fall") != 0) fall++;
    tally.sums[tally.layout.events + fall] = 60;
    tally.sums[tally.layout.events_squared + fall] = 10 * 36; /* ten people six times each */
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect(isnan(results_events(&tally, 0, fall).mean));
    cr_assert_eq(tally_conceal(&tally, 10), POPGX_OK);
    cr_expect_float_eq(results_events(&tally, 0, fall).mean, 0.06, 1e-12);
}

Test(conceal, nothing_about_ten_people_is_shown, .init = begin, .fini = end)
{
    tally.sums[tally.layout.people] = 10;
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect(tally_is_concealed(&tally));
    cr_expect(isnan(results_outcome(&tally, 0, 0).mean) && isnan(results_outcome(&tally, 0, 0).se) && isnan(results_sd(&tally, 0, 0)));
    tally.sums[tally.layout.people] = 11;
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect(!isnan(results_outcome(&tally, 0, 0).mean));
}

Test(conceal, people_who_were_drawn_are_shown, .init = begin, .fini = end)
{
    model.settings.imported = 0;
    set_states(model_find_slot(&model, "skin"), (const int[]){700, 5, 195}, 100);
    cr_assert_eq(tally_conceal(&tally, 11), POPGX_OK);
    cr_expect_null(tally.hidden);
}
