/* The sums of subgroups are those that their people alone would have, and add up to everybody's. */
#include <criterion/criterion.h>
#include <string.h>

#include "cluster/workspace.h"
#include "spec/subgroups.h"
#include "stats/results.h"
#include "stats/subgroups.h"
#include "stats/value.h"
#include "support/small_run.h"

enum { PEOPLE = 3000, BLOCK = 700 };
static const char GROUPINGS[] = "sex,sex x carrier,age at 50 65, carrier x health under watchful waiting,life";

static uint64_t key(void) { return rng_run_key(3, 0); }

static model_t grouped_model(void)
{
    model_t m = small_model();

    cr_assert_eq(subgroups_ask(&m, "--by", GROUPINGS), POPGX_OK, "%s", popgx_err_detail());
    model_verify(&m);
    return m;
}

static void simulate(workspace_t *w, const model_t *m, size_t block)
{
    cr_assert_eq(workspace_init(w, m, block), POPGX_OK);
    for (uint64_t first = 0; first < PEOPLE; first += block)
        cr_assert_eq(workspace_simulate(w, key(), first, first + block > PEOPLE ? PEOPLE - first : block, NULL, NULL, 0), POPGX_OK);
}

Test(subgroups, of_every_grouping_add_up_to_everybody)
{
    model_t m = grouped_model();
    workspace_t w;

    simulate(&w, &m, BLOCK);
    cr_assert_eq(m.n_groupings, 6, "a process sorts under both strategies");
    cr_assert_eq(w.tally.layout.n_groups, 2 + 4 + 3 + 4 + 2 + 2);
    cr_assert(subgroups_add_up(&w.tally));
    w.tally.sums[w.tally.layout.groups + 5]++;
    cr_assert_not(subgroups_add_up(&w.tally), "a group that is wrong is noticed");
    workspace_release(&w);
    model_release(&m);
}

Test(subgroups, do_not_depend_on_blocks)
{
    model_t m = grouped_model();
    workspace_t a, b;

    simulate(&a, &m, BLOCK);
    simulate(&b, &m, 64);
    cr_expect_arr_eq(a.tally.sums, b.tally.sums, (size_t)a.tally.layout.n_sums * sizeof *a.tally.sums);
    workspace_release(&a);
    workspace_release(&b);
    model_release(&m);
}

Test(subgroups, leave_everything_else_and_the_checksum_as_it_is)
{
    model_t m = grouped_model(), plain = small_model();
    workspace_t a, b;
    char with[33], without[33];

    simulate(&a, &m, BLOCK);
    simulate(&b, &plain, BLOCK);
    cr_assert_eq(b.tally.layout.n_sums, b.tally.layout.n_own, "what is not asked for takes no room");
    cr_expect_arr_eq(a.tally.sums, b.tally.sums, (size_t)b.tally.layout.n_sums * sizeof *b.tally.sums);
    tally_checksum(&a.tally, with);
    tally_checksum(&b.tally, without);
    cr_assert_str_eq(with, without);
    workspace_release(&a);
    workspace_release(&b);
    model_release(&m);
    model_release(&plain);
}

/* The perspective counts all costs, so what it needs is what the model's own costs need. */
Test(subgroups, have_what_perspectives_need)
{
    model_t m = grouped_model();
    workspace_t w;

    m.settings.perspectives = (model_span_t){m.settings.cost, 1};
    simulate(&w, &m, BLOCK);
    cr_assert(subgroups_add_up(&w.tally));
    for (int32_t g = 0; g < w.tally.layout.n_groups; g++) {
        const tally_t view = subgroups_view_any(&w.tally, g);
        for (int32_t s = 0; s < 2; s++)
            for (int32_t t = 0; t < 2; t++) cr_expect_eq(results_perspective_covariance(&view, 0, s, t), results_cost_qaly_covariance(&view, s, t));
    }
    workspace_release(&w);
    model_release(&m);
}

Test(subgroups, are_the_same_beside_a_report_and_have_none)
{
    model_t m = grouped_model(), reported = grouped_model();
    workspace_t a, b;

    reported.settings.report = (model_report_t){.kinds = REPORT_YEARS | REPORT_SPREAD, .n_years = 3};
    simulate(&a, &m, BLOCK);
    simulate(&b, &reported, BLOCK);
    cr_expect_arr_eq(a.tally.sums, b.tally.sums, (size_t)a.tally.layout.n_sums * sizeof *a.tally.sums);
    for (int32_t g = 0; g < a.tally.layout.n_groups; g++) {
        const tally_t one = subgroups_view_any(&a.tally, g), other = subgroups_view_any(&b.tally, g);
        cr_expect_eq(tally_report_kinds(&other), 0);
        cr_expect_eq(value_evlyg(&other, 1, 0).mean, value_evlyg(&one, 1, 0).mean);
    }
    workspace_release(&a);
    workspace_release(&b);
    model_release(&m);
    model_release(&reported);
}

/* Person by person: each of them simulated alone, and added to a tally of the group by itself. */
Test(subgroups, have_the_sums_of_their_people_alone)
{
    model_t m = grouped_model(), plain = small_model();
    const int32_t grouping = subgroups_find(&m, "carrier x health under watchful waiting");
    workspace_t all, alone;
    tally_t groups[4];

    simulate(&all, &m, BLOCK);
    cr_assert_eq(workspace_init(&alone, &plain, 1), POPGX_OK);
    for (int g = 0; g < 4; g++) cr_assert_eq(tally_init(&groups[g], &plain, 1), POPGX_OK);
    for (uint64_t i = 0; i < PEOPLE; i++) {
        const tally_layout_t *at = &alone.tally.layout;
        memset(alone.tally.sums, 0, (size_t)at->n_sums * sizeof *alone.tally.sums);
        cr_assert_eq(workspace_simulate(&alone, key(), i, 1, NULL, NULL, 0), POPGX_OK);
        const bool is_carrier = alone.tally.sums[at->share + tally_level_offset(&plain, CARRIER) + 1] == 1;
        const bool was_ill = alone.tally.sums[at->events + ILLNESS] > 0; /* strategy 0 is watchful waiting; nobody recovers */
        tally_merge(&groups[2 * is_carrier + was_ill], &alone.tally);
    }
    for (int g = 0; g < 4; g++) {
        tally_t view = subgroups_view(&all.tally, grouping, g);
        cr_expect_gt(view.sums[view.layout.people], 50);
        cr_expect_arr_eq(view.sums, groups[g].sums, (size_t)view.layout.n_sums * sizeof *view.sums, "group %d", g);
        cr_expect_eq(results_difference(&view, 1, 0, QALY).se, results_difference(&groups[g], 1, 0, QALY).se);
        tally_release(&groups[g]);
    }
    workspace_release(&all);
    workspace_release(&alone);
    model_release(&m);
    model_release(&plain);
}

Test(subgroups, are_named_by_their_levels)
{
    model_t m = grouped_model();
    char *bands = subgroups_name(&m, &m.groupings[subgroups_find(&m, "age at 50 65")], 1);
    char *pair = subgroups_name(&m, &m.groupings[subgroups_find(&m, "sex x carrier")], 2);

    cr_expect_str_eq(bands, "50 to 65");
    cr_expect_str_eq(pair, "male, non-carrier");
    free(bands);
    free(pair);
    model_release(&m);
}

Test(subgroups, are_asked_of_a_model_from_elsewhere_too)
{
    model_t m = grouped_model(), other, plain = small_model();
    unsigned char *bytes;
    size_t n;

    cr_assert_eq(model_pack(&plain, &bytes, &n), POPGX_OK);
    cr_assert_eq(model_unpack(bytes, n, &other), POPGX_OK);
    subgroups_copy(&other, &m);
    cr_assert_eq(other.n_groupings, m.n_groupings);
    for (int32_t g = 0; g < m.n_groupings; g++) cr_expect_str_eq(model_text(&other, other.groupings[g].name), model_text(&m, m.groupings[g].name));
    cr_assert_eq(model_check(&other), POPGX_OK);
    cr_assert_eq(subgroups_ask(&other, "--by", "sex x carrier"), POPGX_OK);
    cr_assert_eq(other.n_groupings, m.n_groupings, "what is there is not asked for twice");
    cr_assert_eq(subgroups_ask(&other, "--by", "sxe"), POPGX_E_INPUT);
    cr_assert(strstr(popgx_err_detail(), "did you mean `sex`"), "%s", popgx_err_detail());
    free(bytes);
    model_release(&m);
    model_release(&other);
    model_release(&plain);
}
