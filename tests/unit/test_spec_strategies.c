/* From strategies, payoffs and the checks of the whole to rules, dates, lumps, flows and spells. */
#include <math.h>

#include "model_fixture.h"
#include "rng/keyed.h"

/* One drug, one adverse event, a test of who is a carrier: lines 4 to 12. */
#define BODY                                                                                                        \
    "people: {variant: {carrier: 0.2, non-carrier: rest}, sex: {female: 0.5, male: rest}}\n"                        \
    "tests: {genotype: {reads: variant, cost: 200 USD, category: testing, result after: 2 days}}\n"                 \
    "processes:\n"                                                                                                  \
    "  drug: {states: [none, standard, alternate]}\n"                                                               \
    "  disease: {states: [well, ill], events: {falling ill: {from: well, to: ill, hazard: 0.1 per year}}}\n"        \
    "  harm:\n"                                                                                                     \
    "    states: [none, survivor]\n"                                                                                \
    "    events:\n"                                                                                                 \
    "      reaction: {from: none, to: survivor, while: {drug: [standard, alternate]}, hazard: 0.3 per year}\n"

#define STRATEGIES                                                                             \
    "strategies:\n"                                                                            \
    "  usual: {falling ill: [{set: {drug: standard}}]}\n"                                      \
    "  guided:\n"                                                                              \
    "    entry: [{order: genotype}]\n"                                                         \
    "    at 30 days: [{set: {drug: standard}}]\n"                                              \
    "    result of genotype:\n"                                                                \
    "      - {when: {observed variant: carrier}, set: {drug: alternate}}\n"                    \
    "      - {when: {sex: male, drug: none}, set: {drug: standard}, order: genotype}\n"        \
    "      - {otherwise: {order: [genotype]}}\n"                                               \
    "  idle: {}\n"

static model_span_t rules_at(const model_t *m, int32_t strategy, const char *moment)
{
    return m->rule_lists[m->strategies[strategy].rules_of + moment_of(m, moment)];
}

Test(spec_strategies, a_strategy_becomes_a_list_of_rules_for_each_moment)
{
    whole_model_t w = right_model(BODY STRATEGIES);
    const model_t *m = &w.m;
    cr_assert_eq(m->n_strategies, 3);
    cr_assert_eq(m->n_rule_lists, 3 * m->n_moments);
    cr_assert_eq(m->strategies[0].entry.count, 0);
    model_span_t usual = rules_at(m, 0, "falling ill");
    cr_assert_eq(usual.count, 1);
    cr_assert_eq(m->rules[usual.first].kind, RULE_ALWAYS);
    cr_assert_eq(m->rules[usual.first].moment, moment_of(m, "usual: falling ill 1"));
    cr_assert_eq(m->moments[m->rules[usual.first].moment].kind, MOMENT_ACTION);
    cr_assert_eq(rules_at(m, 1, "falling ill").count, 0);
    cr_assert_eq(m->strategies[1].entry.count, 1);
    const model_rule_t *entry = &m->rules[m->strategies[1].entry.first];
    cr_assert_eq(entry->moment, MODEL_NONE);            /* only an order: nothing is set */
    cr_assert_eq(entry->orders.count, 1);
    model_span_t result = rules_at(m, 1, "result of genotype");
    const model_rule_t *rules = m->rules + result.first;
    cr_assert_eq(result.count, 3);
    cr_assert_eq(rules[0].kind, RULE_WHEN);
    cr_assert_eq(rules[1].kind, RULE_WHEN);
    cr_assert_eq(rules[1].condition.count, 2);
    cr_assert_eq(rules[1].orders.count, 1);
    cr_assert_eq(rules[2].kind, RULE_OTHERWISE);
    cr_assert_eq(rules[2].moment, MODEL_NONE);
    cr_assert_eq(m->moments[rules[1].moment].name, m->moments[moment_of(m, "guided: result of genotype 2")].name);
    const model_clock_t *date = clock_of(m, "guided: at 30 days");
    cr_assert_eq(date->kind, CLOCK_DATE);
    cr_assert_eq(date->minutes, 30 * 1440);
    cr_assert_eq(date->strategy, 1);
    cr_assert_eq(rules_at(m, 1, "guided: at 30 days").count, 1);
    close_model(&w);
}

Test(spec_strategies, only_the_clocks_that_can_run_are_listed)
{
    whole_model_t w = right_model(BODY STRATEGIES);
    const model_t *m = &w.m;
    cr_assert_eq(m->strategies[0].clocks.count, 2);     /* two hazards */
    cr_assert_eq(m->strategies[1].clocks.count, 4);     /* and the result and the date */
    cr_assert_eq(m->strategies[2].clocks.count, 2);
    cr_assert_eq(m->clocks[m->tests[0].clock].test, 0); /* found again after sorting */
    cr_assert_eq(m->clocks[m->tests[0].clock].kind, CLOCK_RESULT);
    close_model(&w);
}

Test(spec_strategies, leaving_strategies_out_changes_no_purpose_and_no_check)
{
    const char *const keep[] = {"guided"}, *const unknown[] = {"giuded"};
    whole_model_t all = right_model(BODY STRATEGIES), one = model_of("m.yaml", BODY STRATEGIES, keep, 1);
    cr_assert_eq(one.err, POPGX_OK);
    cr_assert_eq(one.m.n_strategies, 1);
    cr_assert_str_eq(model_text(&one.m, one.m.strategies[0].name), "guided");
    cr_assert_eq(one.m.strategies[0].clocks.count, 4);
    cr_assert_eq(clock_of(&all.m, "reaction")->purpose, clock_of(&one.m, "reaction")->purpose);
    cr_assert_eq(clock_of(&one.m, "guided: at 30 days")->strategy, 0);
    close_model(&one);
    close_model(&all);
    one = model_of("m.yaml", BODY STRATEGIES, unknown, 1);
    expect_messages(one.diag, "m.yaml: the model has no strategy `giuded`: did you mean `guided`?", NULL);
    close_model(&one);
    const char *const idle[] = {"idle"};                /* the drugs are reached by the others only */
    one = model_of("m.yaml", BODY STRATEGIES, idle, 1);
    cr_assert_eq(one.err, POPGX_OK);
    close_model(&one);
}

Test(spec_strategies, prescribers_see_only_what_tests_have_shown)
{
    expect_wrong(BODY "strategies:\n"
                      "  guided:\n"
                      "    entry: [{order: genotype}]\n"
                      "    result of genotype: [{when: {variant: carrier}, set: {drug: alternate}}]\n"
                      "    falling ill: [{set: {drug: standard}}]\n",
                 "m.yaml:16:34: a strategy may not know the true `variant`: prescribers see only what a test has shown: order a test and "
                 "write `observed variant`");
}

Test(spec_strategies, triggers_that_do_not_exist_are_answered_with_the_nearest)
{
    expect_wrong(BODY "strategies:\n"
                      "  usual:\n"
                      "    faling ill: [{set: {drug: standard}}]\n"
                      "    result of gentype: []\n"
                      "    at 0 days: []\n"
                      "    entry: [{set: {drug: alternate}, ordr: genotype}]\n",
                 "m.yaml:15:5: strategy `usual` waits for `faling ill`, which is not a moment: did you mean `falling ill`?",
                 "m.yaml:16:5: there is no test `gentype`: did you mean `genotype`?",
                 "m.yaml:17:8: `0 days` is no time at all: a duration here is longer than 0, such as `40 years`",
                 "m.yaml:18:38: a rule of a strategy has no key `ordr`: did you mean `order`?");
}

Test(spec_strategies, chains_are_well_formed)
{
    expect_wrong(BODY "strategies:\n"
                      "  usual:\n"
                      "    entry:\n"
                      "      - {otherwise: {set: {drug: standard}}}\n"
                      "      - {when: {sex: male}, set: {drug: alternate}}\n"
                      "      - {set: {life: dead}}\n"
                      "      - {when: {sex: male}}\n"
                      "    falling ill: [{order: []}]\n",
                 "m.yaml:16:21: `otherwise` follows no `when`: put it after rules with `when`",
                 "m.yaml:17:9: this rule comes after `otherwise` and never applies: let `otherwise` be the last of its list",
                 "m.yaml:18:16: a strategy may not set `life`: let it start a treatment whose events do",
                 "m.yaml:19:9: this rule comes after `otherwise` and never applies: let `otherwise` be the last of its list",
                 "m.yaml:19:9: a rule does nothing: write {set: {PROCESS: STATE}} or {order: TEST}",
                 "m.yaml:20:19: a rule does nothing: write {set: {PROCESS: STATE}} or {order: TEST}");
}

/* ---- payoffs ---- */

Test(spec_payoffs, amounts_rates_and_effects_become_lumps_flows_and_spells)
{
    whole_model_t w = right_model(BODY STRATEGIES
        "payoffs:\n"
        "  cost:\n"
        "    - {event: [falling ill, reaction], amount: {by: sex, female: 100 USD, male: 200 USD}, category: care}\n"
        "    - {event: reaction, amount: 1440 USD, spread: 2 days, if dead: pay, category: care}\n"
        "    - {while: {drug: alternate}, rate: 3 USD per day}\n"
        "    - {event: result of genotype, amount: 5 USD, category: testing}\n"
        "  qaly:\n"
        "    combine: additive\n"
        "    floor: 0\n"
        "    items:\n"
        "      - {while: {life: alive}, utility: 1}\n"
        "      - {while: {harm: survivor, drug: [standard, alternate]}, utility: -0.1}\n"
        "      - {name: illness, event: falling ill, utility: -0.2, for: 30 days, until: [reaction], repeats: extend}\n"
        "      - {event: reaction, utility: -0.3, for: life}\n");
    const model_t *m = &w.m;
    const model_outcome_t *cost = &m->outcomes[m->settings.cost], *qaly = &m->outcomes[m->settings.qaly];
    static const char *const costs[] = {"care", "drug alternate", "testing"};
    static const char *const items[] = {"life alive", "harm survivor, drug standard or alternate", "illness", "reaction", "floor"};
    cr_assert_eq(cost->cells.count, 3);
    for (int i = 0; i < 3; i++) cr_assert_str_eq(model_text(m, m->cells[cost->cells.first + i].name), costs[i]);
    cr_assert_eq(qaly->cells.count, 5);
    for (int i = 0; i < 5; i++) cr_assert_str_eq(model_text(m, m->cells[qaly->cells.first + i].name), items[i]);
    cr_assert_eq(qaly->floor, 0);
    cr_assert_eq(qaly->floor_cell, qaly->cells.first + 4);
    cr_assert_eq(m->n_lumps, 4);                        /* two of care, the result, the test itself */
    uint8_t levels[8] = {0};
    levels[model_find_slot(m, "sex")] = level_of(m, "sex", "male");
    cr_assert_eq(m->lumps[1].moment, moment_of(m, "reaction"));
    cr_assert_eq(m->reals[model_row_first(m, &m->lumps[1].amount, levels)], 200);
    cr_assert_eq(m->lumps[3].moment, moment_of(m, "order of genotype"));
    cr_assert_eq(m->lumps[3].cell, m->lumps[2].cell);
    cr_assert_eq(m->reals[m->lumps[3].amount.first], 200);
    cr_assert_eq(m->n_spells, 3);
    const model_spell_t *spread = &m->spells[0], *illness = &m->spells[1], *reaction = &m->spells[2];
    cr_assert_eq(spread->minutes, 2880);
    cr_assert_eq(spread->is_paid_on, 1);
    cr_assert_eq(spread->repeats, REPEAT_STACK);
    cr_assert_float_eq(m->reals[spread->rate.first], 0.5, 1e-15); /* 1440 USD over 2880 minutes */
    cr_assert_eq(illness->minutes, 30 * 1440);
    cr_assert_eq(illness->repeats, REPEAT_EXTEND);
    cr_assert_eq(illness->until.count, 1);
    cr_assert_eq(m->indices[illness->until.first], moment_of(m, "reaction"));
    cr_assert_eq(reaction->minutes, MODEL_NEVER);
    cr_assert_eq(reaction->is_paid_on, 0);
    const model_flow_t *flow = &m->flows[m->n_flows - 3]; /* before the two utilities */
    cr_assert_float_eq(m->reals[flow->rate.first], 3.0 / 1440, 1e-18);
    close_model(&w);
}

Test(spec_payoffs, health_is_lost_over_time_and_not_at_once)
{
    expect_wrong(BODY STRATEGIES "payoffs:\n"
                                 "  cost:\n"
                                 "    - {event: reaction, while: {drug: none}, amount: 5 USD}\n"
                                 "    - {event: recation, amount: 5 USD}\n"
                                 "    - {event: reaction, amount: 5 USD, if dead: pay}\n"
                                 "  qaly:\n"
                                 "    combine: averaged\n"
                                 "    items:\n"
                                 "      - {event: reaction, utility: -0.1}\n"
                                 "      - {event: reaction, amount: -0.1}\n",
                 "m.yaml:25:7: a payoff has both `event` and `while`: write {event: EVENT, amount: MONEY} or {while: {PROCESS: STATE}, rate: MONEY per TIME}",
                 "m.yaml:26:15: there is no event `recation`: did you mean `reaction`?",
                 "m.yaml:27:49: an amount that is paid at once cannot stop: leave it out, or add `spread: TIME`",
                 "m.yaml:29:14: `combine` is wrong: write additive, multiplicative or minimum",
                 "m.yaml:31:9: `for` is missing: say how long the utility lasts: for: 1 month, or for: life",
                 "m.yaml:32:35: health is lost over time, not at once: write utility: -0.1 with for: 1 month, or for: life");
}

Test(spec_payoffs, no_item_can_be_called_as_what_the_floor_adds)
{
    expect_wrong(BODY STRATEGIES "payoffs: {qaly: {floor: 0, items: [{name: floor, event: reaction, utility: -0.1, for: life}]}}\n",
                 "m.yaml:23:25: an item is called `floor`, as is what differs from the sum: give the item another name");
}

Test(spec_payoffs, what_a_test_costs_and_who_pays_is_told)
{
    whole_model_t w = right_model("people: {variant: {carrier: 0.2, non-carrier: rest}}\n"
                                  "tests:\n"
                                  "  chip: {reads: variant, cost: 10 USD, payer: hospital}\n"
                                  "  family history: {reads: variant}\n"
                                  "strategies: {usual: {at 1 year: []}}\n");
    cr_assert(strstr(w.report.summary, "  usual: does nothing\n"), "%s", w.report.summary);
    cr_assert(strstr(w.report.summary, "  test: 10 when chip is ordered; payer hospital"), "%s", w.report.summary);
    cr_assert(strstr(w.report.summary, "  family history costs nothing (default)\n"), "%s", w.report.summary);
    cr_assert(strstr(w.report.summary, "nobody dies"), "%s", w.report.summary);
    close_model(&w);
}

/* ---- checks of the whole ---- */

Test(spec_checks, states_that_nobody_reaches_are_errors)
{
    expect_wrong(BODY "strategies: {usual: {falling ill: [{set: {drug: standard}}]}}\n",
                 "m.yaml:7:35: the state `alternate` of `drug` is never reached: let an event or a strategy lead to it, or take it out");
    expect_wrong(BODY "strategies: {usual: {}}\n",
                 "m.yaml:7:25: the state `standard` of `drug` is never reached: let an event or a strategy lead to it, or take it out",
                 "m.yaml:7:35: the state `alternate` of `drug` is never reached: let an event or a strategy lead to it, or take it out",
                 "m.yaml:10:20: the state `survivor` of `harm` is never reached: let an event or a strategy lead to it, or take it out",
                 "m.yaml:12:7: the event `reaction` can never happen: `drug` never gets there: see its `from` and `while`");
}

Test(spec_checks, events_that_follow_each_other_for_ever_are_named)
{
    expect_wrong("strategies: {usual: {}}\n"
                 "processes:\n"
                 "  a:\n"
                 "    events:\n"
                 "      x: {hazard: 1 per year, branches: {y: 1}}\n"
                 "      y: {immediate: always, branches: {z: 0.5, nothing: rest}}\n"
                 "      z: {after: y, branches: {y: 0.1, nothing: rest}}\n",
                 "m.yaml:9:7: immediate events follow each other for ever: y, z, y: let one of them happen after a delay");
    expect_wrong("people: {variant: {yes: 0.2, no: rest}}\n"
                 "tests: {pcr: {reads: variant}}\n"
                 "strategies: {again: {entry: [{order: pcr}], result of pcr: [{order: pcr}]}}\n",
                 "m.yaml:6:14: strategy `again` goes round for ever in one minute: order of pcr, result of pcr, order of pcr: let a test take time: "
                 "result after: 1 day");
}

Test(spec_checks, what_is_odd_but_possible_is_a_warning)
{
    whole_model_t w = right_model("parameters: {spare: 0.5}\n"
                                  "strategies: {one: {}, two: {}}\n"
                                  "payoffs: {qaly: {items: [{while: {life: alive}, utility: 1.1}]}}\n"
                                  "processes: {x: {events: {idle: {hazard: 0 per year}, late: {delay: 9000 days}, early: {every: 9000 days, first after: 1 day}}}}\n");
    expect_messages(w.diag,
                    "m.yaml:4:14: warning: the parameter `spare` is not used: remove it, or check the names where it should be used",
                    "m.yaml:5:23: warning: strategy `two` does the same as `one`: if that is meant, nothing needs to change",
                    "m.yaml:6:58: warning: the utility of `life alive` is above 1: full health is 1",
                    "m.yaml:7:26: warning: `idle` never happens: its hazard is 0: if that is meant, nothing needs to change",
                    "m.yaml:7:54: warning: `late` never happens: it comes after the horizon: compare its time, and the unit, with the horizon", NULL);
    close_model(&w);
}

/* ---- the studies ---- */

static char *part_of(const char *path, const char *from, const char *to)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    cr_assert_gt(getdelim(&text, &n, '\0', file), 0);
    fclose(file);
    char *start = strstr(text, from), *end = start && to ? strstr(start, to) : NULL;
    cr_assert(start && (!to || end), "%s has no %s", path, from);
    char *part = end ? strndup(start, (size_t)(end - start)) : strdup(start);
    free(text);
    return part;
}

Test(spec_studies, the_antiplatelet_study_says_the_same_of_events_and_payoffs_with_and_without_genes)
{
    static const char *const from[] = {"\nprocesses:", "\npayoffs:"}, *const to[] = {"\nstrategies:", NULL};
    for (int i = 0; i < 2; i++) {
        char *published = part_of(POPGX_SOURCE_ROOT "/jobs/clopidogrel-cyp2c19/published.yaml", from[i], to[i]);
        char *real = part_of(POPGX_SOURCE_ROOT "/jobs/clopidogrel-cyp2c19/model.yaml", from[i], to[i]);
        cr_assert_str_eq(published, real);
        free(published);
        free(real);
    }
}

static void expect_right_study(const char *path, int strategies)
{
    whole_model_t w = {.diag = diag_new()};
    w.err = spec_load(path, NULL, 0, w.diag, &w.m, &w.report);
    expect_messages(w.diag, NULL);                      /* not even a warning */
    cr_assert_eq(w.err, POPGX_OK);
    cr_assert_eq(w.m.n_strategies, strategies);
    close_model(&w);
}

Test(spec_studies, the_models_in_jobs_are_right)
{
    expect_right_study(POPGX_SOURCE_ROOT "/jobs/single-gene/model.yaml", 2);
    expect_right_study(POPGX_SOURCE_ROOT "/jobs/clopidogrel-cyp2c19/published.yaml", 5);
    expect_right_study(POPGX_SOURCE_ROOT "/jobs/clopidogrel-cyp2c19/model.yaml", 5);
}
