/* What happens when a clock has fired: cascades, rules, tests, and what the observer hears. What engine.h promises, fact by fact. */
#include "unit/story_fixture.h"

/* ---- what follows from a moment ---- */

Test(reference, effects_then_branches_depth_first_then_rules)
{
    begin(11);
    hand_life(&w.m);
    int32_t x = hand_process(&w.m, "x", 4);
    int32_t top = hand_setting(&w.m, EVENT, "top", x, 1), left = hand_setting(&w.m, NEXT, "left", x, 2);
    int32_t leaf = hand_moment(&w.m, NEXT, "leaf"), right = hand_moment(&w.m, NEXT, "right");
    int32_t wrong = hand_moment(&w.m, NEXT, "wrong"), after_leaf = hand_moment(&w.m, MOMENT_ACTION, "after leaf");
    int32_t after_top = hand_moment(&w.m, MOMENT_ACTION, "after top");
    hand_coin(&w.m, left, "left branch", 1, leaf, MODEL_NONE);
    hand_coin(&w.m, top, "first branch", 1, left, wrong);
    /* `right` only if x is 2, which the first branch made it */
    model_table_t table = hand_table(&w.m, &x, 1, 2, &(int32_t){0});
    table.first = REALS(&w.m, 0, 1, 0, 1, 1, 1, 0, 1);
    int32_t outcomes = hand_index(&w.m, right);
    hand_index(&w.m, wrong);
    hand_branch(&w.m, top, "second branch", table, outcomes);
    hand_delay(&w.m, top, NO_SPAN, 10);
    int32_t s = hand_strategy(&w.m, "s");
    hand_on(&w.m, s, leaf, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = after_leaf}));
    hand_on(&w.m, s, top, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = after_top}));
    live(s);
    EXPECT(11, {top, 10}, {left, 10}, {leaf, 10}, {after_leaf, 10}, {right, 10}, {after_top, 10});
    cr_assert_eq(w.n_fired, 1, "immediate events and actions are not counted");
    end();
}

Test(reference, a_branch_uses_one_uniform_for_each_occurrence_of_its_moment)
{
    begin(100);
    hand_life(&w.m);
    int32_t toss = hand_moment(&w.m, EVENT, "toss"), heads = hand_moment(&w.m, NEXT, "heads"), tails = hand_moment(&w.m, NEXT, "tails");
    hand_coin(&w.m, toss, "coin", 0.5, heads, tails);
    int32_t clock = hand_delay(&w.m, toss, NO_SPAN, 1);
    w.m.clocks[clock].most = 40;
    hand_strategy(&w.m, "s");
    live(0);
    cr_assert_eq(w.trajectory.n_runs, 80);
    for (uint64_t k = 0; k < 40; k++)
        cr_assert_eq(w.trajectory.runs[2 * k + 1].moment, coin("coin", k) < 0.5 ? heads : tails, "toss %d", (int)k);
    end();
}

Test(reference, nothing_follows_a_death)
{
    begin(100);
    int32_t life = hand_life(&w.m);
    int32_t top = hand_moment(&w.m, EVENT, "top"), death = hand_setting(&w.m, NEXT, "death", life, LIFE_DEAD);
    int32_t after = hand_moment(&w.m, NEXT, "after"), action = hand_moment(&w.m, MOMENT_ACTION, "action");
    hand_coin(&w.m, death, "of death", 1, after, after);
    hand_coin(&w.m, top, "first", 1, death, after);
    hand_coin(&w.m, top, "second", 1, after, after);
    hand_delay(&w.m, top, NO_SPAN, 10);
    hand_delay(&w.m, after, NO_SPAN, 10);
    int32_t s = hand_strategy(&w.m, "s");
    hand_on(&w.m, s, top, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = action}));
    hand_on(&w.m, s, death, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = action}));
    live(s);
    EXPECT(10, {top, 10}, {death, 10});
    end();
}

/* ---- rules ---- */

Test(reference, the_first_rule_whose_condition_holds_is_the_only_one_of_its_chain)
{
    begin(10);
    hand_life(&w.m);
    int32_t x = hand_process(&w.m, "x", 3);
    int32_t a = hand_setting(&w.m, MOMENT_ACTION, "a", x, 1), b = hand_setting(&w.m, MOMENT_ACTION, "b", x, 2);
    int32_t always = hand_moment(&w.m, MOMENT_ACTION, "always"), otherwise = hand_moment(&w.m, MOMENT_ACTION, "otherwise");
    int32_t s = hand_strategy(&w.m, "chain"), other = hand_strategy(&w.m, "none holds");
    model_span_t is_0 = TERMS(&w.m, IS(x, 0)), is_1 = TERMS(&w.m, IS(x, 1)), is_2 = TERMS(&w.m, IS(x, 2));
    w.m.strategies[s].entry = RULES(&w.m, {.kind = RULE_WHEN, .condition = is_2, .moment = b},
                                    {.kind = RULE_WHEN, .condition = is_0, .moment = a},
                                    {.kind = RULE_WHEN, .condition = is_1, .moment = b}, /* holds by now, but a was first */
                                    {.kind = RULE_ALWAYS, .moment = always},
                                    {.kind = RULE_OTHERWISE, .moment = otherwise});
    w.m.strategies[other].entry = RULES(&w.m, {.kind = RULE_WHEN, .condition = is_1, .moment = a},
                                        {.kind = RULE_ALWAYS, .moment = always},
                                        {.kind = RULE_OTHERWISE, .moment = otherwise});
    live(s);
    EXPECT(10, {a, 0}, {always, 0});
    live(other);
    EXPECT(10, {always, 0}, {otherwise, 0});
    end();
}

Test(reference, a_condition_is_judged_when_its_turn_comes)
{
    begin(10);
    hand_life(&w.m);
    int32_t x = hand_process(&w.m, "x", 2);
    int32_t first = hand_setting(&w.m, MOMENT_ACTION, "first", x, 1), second = hand_moment(&w.m, MOMENT_ACTION, "second");
    int32_t s = hand_strategy(&w.m, "s");
    w.m.strategies[s].entry = RULES(&w.m, {.kind = RULE_ALWAYS, .moment = first},
                                    {.kind = RULE_WHEN, .condition = TERMS(&w.m, IS(x, 1)), .moment = second});
    live(s);
    EXPECT(10, {first, 0}, {second, 0});
    end();
}

Test(reference, dates_fire_once_and_leave_no_record)
{
    begin(100);
    hand_life(&w.m);
    int32_t act = hand_moment(&w.m, MOMENT_ACTION, "act"), now = hand_moment(&w.m, MOMENT_ACTION, "now");
    int32_t at_30 = hand_moment(&w.m, MOMENT_DATE, "at 30"), at_0 = hand_moment(&w.m, MOMENT_DATE, "at 0");
    int32_t at_100 = hand_moment(&w.m, MOMENT_DATE, "at 100");
    hand_date(&w.m, at_30, 0, 30);
    hand_date(&w.m, at_0, 0, 0);
    hand_date(&w.m, at_100, 0, 100);
    int32_t s = hand_strategy(&w.m, "s"), other = hand_strategy(&w.m, "without");
    hand_on(&w.m, s, at_30, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = act}));
    hand_on(&w.m, s, at_0, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = now}));
    hand_on(&w.m, s, at_100, RULES(&w.m, {.kind = RULE_ALWAYS, .moment = act}));
    live(s);
    EXPECT(100, {now, 0}, {act, 30});
    cr_assert_eq(w.n_fired, 0, "a date is no timed event");
    live(other);
    EXPECT_NOTHING(100);
    end();
}

/* ---- tests ---- */

typedef struct {
    int32_t gene, observed, test, order, result, act;
} clinic_t;

/* A person of gene level 1; a test that reads it; an action for whoever is observed to be of that level. */
static clinic_t clinic(int32_t turnaround, double failure)
{
    clinic_t c;
    c.gene = hand_attribute(&w.m, "gene", 2);
    hand_life(&w.m);
    c.observed = hand_observation(&w.m, "observed gene", 2);
    c.test = hand_test(&w.m, "pcr", turnaround, failure);
    c.order = w.m.tests[c.test].order;
    c.result = w.m.tests[c.test].result;
    c.act = hand_moment(&w.m, MOMENT_ACTION, "act");
    hand_reading(&w.m, c.test, c.observed, c.gene);
    if (turnaround) hand_result_clock(&w.m, c.test);
    person();
    w.people.level[c.gene][0] = 1;
    return c;
}

static model_rule_t order_rule(const clinic_t *c)
{
    return (model_rule_t){.kind = RULE_ALWAYS, .moment = MODEL_NONE, .orders = hand_order(&w.m, c->test)};
}

static model_rule_t act_rule(const clinic_t *c)
{
    return (model_rule_t){.kind = RULE_WHEN, .moment = c->act, .condition = TERMS(&w.m, IS(c->observed, 1 + 1))};
}

Test(reference, a_result_arrives_after_its_turnaround_and_shows_what_the_test_called)
{
    begin(100);
    clinic_t c = clinic(20, 0);
    int32_t s = hand_strategy(&w.m, "s");
    w.m.strategies[s].entry = RULES(&w.m, order_rule(&c));
    hand_on(&w.m, s, c.result, RULES(&w.m, act_rule(&c)));
    hand_on(&w.m, s, c.order, RULES(&w.m, act_rule(&c))); /* nothing is known yet */
    live(s);
    EXPECT(100, {c.order, 0}, {c.result, 20}, {c.act, 20});
    cr_assert_eq(w.n_fired, 0, "a result is no timed event");
    end();
}

Test(reference, with_turnaround_0_the_result_follows_at_once)
{
    begin(100);
    clinic_t c = clinic(0, 0);
    int32_t s = hand_strategy(&w.m, "s");
    w.m.strategies[s].entry = RULES(&w.m, order_rule(&c), order_rule(&c));
    hand_on(&w.m, s, c.result, RULES(&w.m, act_rule(&c)));
    live(s);
    EXPECT(100, {c.order, 0}, {c.result, 0}, {c.act, 0}, {c.order, 0}, {c.result, 0}, {c.act, 0});
    end();
}

Test(reference, a_pending_test_is_not_ordered_again)
{
    begin(100);
    clinic_t c = clinic(20, 0);
    int32_t visit = hand_moment(&w.m, EVENT, "visit");
    hand_delay(&w.m, visit, NO_SPAN, 15);
    int32_t s = hand_strategy(&w.m, "s");
    hand_on(&w.m, s, visit, RULES(&w.m, order_rule(&c)));
    live(s);
    EXPECT(100, {visit, 15}, {c.order, 15}, {visit, 30}, {c.result, 35}, {visit, 45}, {c.order, 45}, {visit, 60},
           {c.result, 65}, {visit, 75}, {c.order, 75}, {visit, 90}, {c.result, 95});
    end();
}

Test(reference, the_rules_of_a_result_may_order_the_test_again)
{
    begin(50);
    clinic_t c = clinic(20, 1);
    int32_t s = hand_strategy(&w.m, "s");
    w.m.strategies[s].entry = RULES(&w.m, order_rule(&c));
    hand_on(&w.m, s, c.result, RULES(&w.m, act_rule(&c), order_rule(&c)));
    live(s);
    EXPECT(50, {c.order, 0}, {c.result, 20}, {c.order, 20}, {c.result, 40}, {c.order, 40});
    end();
}

Test(reference, a_test_fails_by_its_own_uniform_and_leaves_what_was_known)
{
    begin(1000);
    clinic_t c = clinic(10, 0.5);
    int32_t s = hand_strategy(&w.m, "s");
    w.m.strategies[s].entry = RULES(&w.m, order_rule(&c));
    hand_on(&w.m, s, c.result, RULES(&w.m, act_rule(&c), order_rule(&c)));
    live(s);
    bool is_known = false;
    size_t k = 1; /* behind the first order */
    for (uint64_t r = 0; r < 30; r++) {
        cr_assert_eq(w.trajectory.runs[k++].moment, c.result);
        is_known = is_known || coin("pcr", r) >= 0.5;
        if (is_known) cr_assert_eq(w.trajectory.runs[k++].moment, c.act, "result %d", (int)r);
        cr_assert_eq(w.trajectory.runs[k++].moment, c.order);
    }
    end();
}

Test(reference, the_dead_receive_no_results)
{
    begin(100);
    clinic_t c = clinic(20, 0);
    int32_t death = hand_setting(&w.m, EVENT, "death", w.m.settings.life, LIFE_DEAD);
    hand_delay(&w.m, death, NO_SPAN, 10);
    int32_t s = hand_strategy(&w.m, "s");
    w.m.strategies[s].entry = RULES(&w.m, order_rule(&c));
    live(s);
    EXPECT(10, {c.order, 0}, {death, 10});
    end();
}

/* ---- the same luck ---- */

Test(reference, an_unrelated_process_changes_no_record_of_the_others)
{
    int32_t with[400], without[400];
    size_t n[2] = {0, 0};

    for (int round = 0; round < 2; round++) {
        begin(1000000);
        int32_t life = hand_life(&w.m), a = hand_process(&w.m, "a", 2), extra = hand_process(&w.m, "extra", 2);
        int32_t go = hand_setting(&w.m, EVENT, "go", a, 1), back = hand_setting(&w.m, EVENT, "back", a, 0);
        int32_t death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
        int32_t to = hand_setting(&w.m, EVENT, "extra to", extra, 1), fro = hand_setting(&w.m, EVENT, "extra fro", extra, 0);
        if (round) {
            hand_hazard(&w.m, to, TERMS(&w.m, IS(extra, 0)), hand_exponential(1e-3));
            hand_hazard(&w.m, fro, TERMS(&w.m, IS(extra, 1)), hand_weibull(0.7, 1e3));
        }
        hand_hazard(&w.m, go, TERMS(&w.m, IS(a, 0)), hand_weibull(1.3, 1e4));
        hand_hazard(&w.m, back, TERMS(&w.m, IS(a, 1)), hand_exponential(1e-4));
        int32_t clock = hand_hazard(&w.m, death, NO_SPAN, hand_gompertz(1e-6, 1e-7));
        hand_ratio(&w.m, clock, hand_by(&w.m, a, (double[]){1, 1.7}));
        hand_strategy(&w.m, "s");
        live(0);
        int32_t *kept = round ? with : without;
        for (size_t k = 0; k < w.trajectory.n_runs && n[round] < 400; k++) {
            int32_t moment = w.trajectory.runs[k].moment;
            if (moment != to && moment != fro) kept[n[round]++] = w.trajectory.minute[k] * 8 + moment;
        }
        cr_assert(!round || w.trajectory.n_runs > 2 * n[0], "the unrelated process must happen often");
        end();
    }
    cr_assert_gt(n[0], 10);
    cr_assert_eq(n[0], n[1]);
    cr_assert_arr_eq(with, without, n[0] * sizeof *with);
}

/* ---- telling ---- */

typedef struct {
    int aimed, stopped, moments, branches, tests;
    double uniform;
    int32_t due;
} heard_t;

static void listen(void *context, const reference_news_t *news)
{
    heard_t *heard = context;
    switch (news->what) {
    case TOLD_CLOCK_AIMED: heard->aimed++; heard->due = news->clock->due; break;
    case TOLD_CLOCK_STOPPED: heard->stopped++; break;
    case TOLD_MOMENT: heard->moments++; break;
    case TOLD_BRANCH: heard->branches++; heard->uniform = news->uniform; break;
    case TOLD_TEST: heard->tests++; break;
    case TOLD_READING: break;
    }
}

Test(reference, the_observer_hears_clocks_moments_branches_and_tests)
{
    begin(100);
    clinic_t c = clinic(0, 0);
    int32_t visit = hand_moment(&w.m, EVENT, "visit"), nothing = hand_moment(&w.m, NEXT, "nothing");
    hand_coin(&w.m, visit, "coin", 1, nothing, nothing);
    int32_t clock = hand_delay(&w.m, visit, NO_SPAN, 60);
    w.m.clocks[clock].most = 1;
    int32_t s = hand_strategy(&w.m, "s");
    hand_on(&w.m, s, visit, RULES(&w.m, order_rule(&c)));

    reference_t *reference;
    heard_t heard = {0};
    cr_assert_eq(reference_new(&w.m, &reference), POPGX_OK);
    cr_assert_eq(trajectory_reset(&w.trajectory, 1, 100), POPGX_OK);
    cr_assert_eq(reference_run(reference, &w.people.view, 0, s, &w.trajectory, &w.n_fired, listen, &heard), POPGX_OK);
    reference_free(reference);
    cr_assert_eq(heard.moments, 4, "visit, nothing, order, result");
    cr_assert_eq(heard.branches, 1);
    cr_assert_eq(heard.uniform, coin("coin", 0));
    cr_assert_eq(heard.tests, 1);
    cr_assert_eq(heard.aimed, 1);
    cr_assert_eq(heard.due, 60);
    cr_assert_eq(heard.stopped, 1, "the visit, which may happen once");
    end();
}
