/* When clocks fire, what changes them and in which order they go: what engine.h promises of hazards and delays, fact by fact. */
#include "unit/story_fixture.h"

/* ---- hazards ---- */

Test(clocks, a_hazard_fires_when_its_integral_reaches_the_threshold)
{
    begin(100000000);
    int32_t life = hand_life(&w.m), death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_hazard(&w.m, death, NO_SPAN, hand_exponential(1e-5));
    hand_strategy(&w.m, "s");
    live(0);
    int32_t t = minute(threshold("death", 0) / 1e-5);
    EXPECT(t, {death, t});
    cr_assert_eq(w.n_fired, 1);
    end();
}

Test(clocks, each_firing_draws_the_next_threshold_and_time_since_start_goes_on)
{
    begin(100000000);
    hand_life(&w.m);
    int32_t cough = hand_moment(&w.m, EVENT, "cough");
    int32_t clock = hand_hazard(&w.m, cough, NO_SPAN, hand_weibull(2, 1e5));
    w.m.clocks[clock].most = 3;
    hand_strategy(&w.m, "s");
    live(0);

    int32_t t[3];
    for (uint64_t k = 0; k < 3; k++) { /* (t / scale)^2 grows by the threshold */
        double before = k ? t[k - 1] / 1e5 : 0;
        t[k] = minute(1e5 * sqrt(before * before + threshold("cough", k)));
    }
    EXPECT(100000000, {cough, t[0]}, {cough, t[1]}, {cough, t[2]});
    cr_assert_eq(w.n_fired, 3);
    end();
}

Test(clocks, the_clock_of_age_starts_at_the_age_at_entry)
{
    begin(100000000);
    int32_t life = hand_life(&w.m), death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_age(&w.m);
    int32_t clock = hand_hazard(&w.m, death, NO_SPAN, hand_gompertz(1e-7, 1e-9));
    w.m.clocks[clock].scale = SCALE_AGE;
    hand_strategy(&w.m, "s");
    double age = 4e7;
    person();
    w.people.number[0][0] = age;
    live(0);
    /* rate / shape (e^(shape (age + t)) - e^(shape age)) = E */
    double E = threshold("death", 0);
    int32_t t = minute(log(E * 1e-7 / 1e-9 + exp(1e-7 * age)) / 1e-7 - age);
    EXPECT(t, {death, t});
    end();
}

Test(clocks, a_change_of_ratio_burns_exactly_what_was_integrated)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), drug = hand_process(&w.m, "drug", 2);
    int32_t start = hand_setting(&w.m, EVENT, "start", drug, 1), death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_delay(&w.m, start, TERMS(&w.m, IS(drug, 0)), 1000);
    int32_t clock = hand_hazard(&w.m, death, NO_SPAN, hand_exponential(1e-5));
    hand_ratio(&w.m, clock, hand_by(&w.m, drug, (double[]){1, 0.25}));
    hand_strategy(&w.m, "s");
    live(0);
    double E = threshold("death", 0);
    cr_assert_gt(E, 0.02, "the story needs a death after minute 1000");
    int32_t t = minute(1000 + (E - 1000 * 1e-5) / (0.25 * 1e-5));
    EXPECT(t, {start, 1000}, {death, t});
    end();
}

Test(clocks, a_paused_clock_keeps_its_remainder)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), drug = hand_process(&w.m, "drug", 3);
    int32_t stop = hand_setting(&w.m, EVENT, "stop", drug, 1), again = hand_setting(&w.m, EVENT, "again", drug, 2);
    int32_t death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_delay(&w.m, stop, TERMS(&w.m, IS(drug, 0)), 1000);
    hand_delay(&w.m, again, TERMS(&w.m, IS(drug, 1)), 5000);
    hand_hazard(&w.m, death, TERMS(&w.m, {.slot = drug, .levels = SET(0, 2)}), hand_exponential(1e-5));
    hand_strategy(&w.m, "s");
    live(0);
    int32_t t = minute(6000 + (threshold("death", 0) - 1000 * 1e-5) / 1e-5);
    EXPECT(t, {stop, 1000}, {again, 6000}, {death, t});
    end();
}

Test(clocks, a_ratio_of_zero_pauses_like_a_condition)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), drug = hand_process(&w.m, "drug", 3);
    int32_t stop = hand_setting(&w.m, EVENT, "stop", drug, 1), again = hand_setting(&w.m, EVENT, "again", drug, 2);
    int32_t death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_delay(&w.m, stop, TERMS(&w.m, IS(drug, 0)), 1000);
    hand_delay(&w.m, again, TERMS(&w.m, IS(drug, 1)), 5000);
    int32_t clock = hand_hazard(&w.m, death, NO_SPAN, hand_exponential(1e-5));
    hand_ratio(&w.m, clock, hand_by(&w.m, drug, (double[]){1, 0, 2}));
    hand_strategy(&w.m, "s");
    live(0);
    int32_t t = minute(6000 + (threshold("death", 0) - 1000 * 1e-5) / 2e-5);
    EXPECT(t, {stop, 1000}, {again, 6000}, {death, t});
    end();
}

Test(clocks, re_entry_resets_time_in_state_and_keeps_the_threshold)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), disease = hand_process(&w.m, "disease", 2);
    int32_t remission = hand_setting(&w.m, EVENT, "remission", disease, 1), relapse = hand_setting(&w.m, EVENT, "relapse", disease, 0);
    int32_t death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    int32_t once = hand_delay(&w.m, remission, TERMS(&w.m, IS(disease, 0)), 1000);
    w.m.clocks[once].most = 1;
    hand_delay(&w.m, relapse, TERMS(&w.m, IS(disease, 1)), 300);
    int32_t clock = hand_hazard(&w.m, death, TERMS(&w.m, IS(disease, 0)), hand_weibull(2, 1e4));
    w.m.clocks[clock].scale = SCALE_IN_STATE;
    w.m.clocks[clock].process = disease;
    hand_strategy(&w.m, "s");
    live(0);
    double left = threshold("death", 0) - 0.1 * 0.1; /* (1000 / 10000)^2 burned in the first spell */
    cr_assert_gt(left, 0);
    int32_t t = minute(1300 + 1e4 * sqrt(left));
    EXPECT(t, {remission, 1000}, {relapse, 1300}, {death, t});
    end();
}

Test(clocks, leaving_and_entering_in_the_same_minute_resets_time_in_state)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), disease = hand_process(&w.m, "disease", 2);
    int32_t flare = hand_setting(&w.m, EVENT, "flare", disease, 1), back = hand_setting(&w.m, NEXT, "back", disease, 0);
    int32_t death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_coin(&w.m, flare, "flare branch", 1, back, MODEL_NONE);
    int32_t once = hand_delay(&w.m, flare, NO_SPAN, 1000);
    w.m.clocks[once].most = 1;
    int32_t clock = hand_hazard(&w.m, death, TERMS(&w.m, IS(disease, 0)), hand_weibull(2, 1e4));
    w.m.clocks[clock].scale = SCALE_IN_STATE;
    w.m.clocks[clock].process = disease;
    hand_strategy(&w.m, "s");
    live(0);
    int32_t t = minute(1000 + 1e4 * sqrt(threshold("death", 0) - 0.01));
    EXPECT(t, {flare, 1000}, {back, 1000}, {death, t});
    end();
}

Test(clocks, setting_a_process_to_its_own_state_is_no_entry)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), disease = hand_process(&w.m, "disease", 2);
    int32_t visit = hand_setting(&w.m, EVENT, "visit", disease, 0), death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    int32_t once = hand_delay(&w.m, visit, NO_SPAN, 100);
    w.m.clocks[once].most = 1;
    int32_t clock = hand_hazard(&w.m, death, TERMS(&w.m, IS(disease, 0)), hand_weibull(2, 1e4));
    w.m.clocks[clock].scale = SCALE_IN_STATE;
    w.m.clocks[clock].process = disease;
    hand_strategy(&w.m, "s");
    live(0);
    int32_t t = minute(1e4 * sqrt(threshold("death", 0)));
    EXPECT(t, {visit, 100}, {death, t});
    end();
}

Test(clocks, a_change_of_curve_burns_the_old_one_and_aims_with_the_new)
{
    begin(1000000000);
    int32_t life = hand_life(&w.m), stage = hand_process(&w.m, "stage", 2), n;
    int32_t progress = hand_setting(&w.m, EVENT, "progress", stage, 1), death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    hand_delay(&w.m, progress, TERMS(&w.m, IS(stage, 0)), 2000);
    int32_t clock = hand_hazard(&w.m, death, NO_SPAN, hand_exponential(1e-5));
    hand_curve(&w.m, hand_weibull(2, 1e5)); /* the row behind the first */
    model_table_t table = hand_table(&w.m, &stage, 1, 1, &n);
    table.first = w.m.clocks[clock].curve.first;
    w.m.clocks[clock].curve = table;
    hand_strategy(&w.m, "s");
    live(0);
    double left = threshold("death", 0) - 2000 * 1e-5;
    int32_t t = minute(1e5 * sqrt(0.02 * 0.02 + left));
    EXPECT(t, {progress, 2000}, {death, t});
    end();
}

Test(clocks, a_hazard_never_fires_in_the_minute_of_its_enabling_or_firing)
{
    begin(5);
    hand_life(&w.m);
    int32_t storm = hand_moment(&w.m, EVENT, "storm");
    hand_hazard(&w.m, storm, NO_SPAN, hand_exponential(1e9));
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(5, {storm, 1}, {storm, 2}, {storm, 3}, {storm, 4});
    end();
}

Test(clocks, an_unreachable_hazard_never_fires)
{
    begin(INT32_MAX - 1);
    hand_life(&w.m);
    int32_t never = hand_moment(&w.m, EVENT, "never"), bounded = hand_moment(&w.m, EVENT, "bounded");
    int32_t ended = hand_moment(&w.m, EVENT, "ended");
    hand_hazard(&w.m, never, NO_SPAN, (model_curve_t){.kind = CURVE_NEVER});
    hand_hazard(&w.m, bounded, NO_SPAN, hand_gompertz(-1, 1e-20)); /* the whole integral is 1e-20 */
    model_curve_t curve = hand_piecewise(&w.m, 2, (double[]){0, 100}, (double[]){1e-20, 0});
    hand_hazard(&w.m, ended, NO_SPAN, curve);
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT_NOTHING(INT32_MAX - 1);
    end();
}

Test(clocks, piecewise_rates_are_integrated_piece_by_piece)
{
    begin(100000000);
    int32_t life = hand_life(&w.m), death = hand_setting(&w.m, EVENT, "death", life, LIFE_DEAD);
    double E = threshold("death", 0);
    /* a third of the threshold in the first 3000 minutes, nothing for 500, then a rate of 1e-5 */
    model_curve_t curve = hand_piecewise(&w.m, 3, (double[]){0, 3000, 3500}, (double[]){E / 9000, 0, 1e-5});
    hand_hazard(&w.m, death, NO_SPAN, curve);
    hand_strategy(&w.m, "s");
    live(0);
    int32_t t = minute(3500 + 2 * E / 3 / 1e-5);
    EXPECT(t, {death, t});
    end();
}

/* ---- order and limits ---- */

Test(clocks, the_lower_clock_goes_first_in_the_same_minute)
{
    begin(101);
    hand_life(&w.m);
    int32_t late = hand_moment(&w.m, EVENT, "b"), early = hand_moment(&w.m, EVENT, "a");
    hand_delay(&w.m, early, NO_SPAN, 100);
    hand_delay(&w.m, late, NO_SPAN, 50);
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(101, {late, 50}, {early, 100}, {late, 100});
    cr_assert_eq(w.n_fired, 3);
    end();
}

Test(clocks, what_is_due_at_the_horizon_does_not_happen)
{
    begin(100);
    hand_life(&w.m);
    int32_t at = hand_moment(&w.m, EVENT, "at the horizon"), before = hand_moment(&w.m, EVENT, "before it");
    hand_delay(&w.m, at, NO_SPAN, 100);
    hand_delay(&w.m, before, NO_SPAN, 99);
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(100, {before, 99});
    end();
}

Test(clocks, a_clock_fires_at_most_as_often_as_it_may)
{
    begin(1000);
    hand_life(&w.m);
    int32_t dose = hand_moment(&w.m, EVENT, "dose");
    int32_t clock = hand_delay(&w.m, dose, NO_SPAN, 21);
    w.m.clocks[clock].most = 3;
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(1000, {dose, 21}, {dose, 42}, {dose, 63});
    end();
}

Test(clocks, a_delay_starts_anew_when_it_is_enabled_again)
{
    begin(400);
    hand_life(&w.m);
    int32_t drug = hand_process(&w.m, "drug", 3);
    int32_t stop = hand_setting(&w.m, EVENT, "stop", drug, 1), again = hand_setting(&w.m, EVENT, "again", drug, 2);
    int32_t effect = hand_moment(&w.m, EVENT, "effect");
    hand_delay(&w.m, stop, TERMS(&w.m, IS(drug, 0)), 90);
    hand_delay(&w.m, again, TERMS(&w.m, IS(drug, 1)), 30);
    hand_delay(&w.m, effect, TERMS(&w.m, {.slot = drug, .levels = SET(0, 2)}), 100);
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(400, {stop, 90}, {again, 120}, {effect, 220}, {effect, 320});
    end();
}

Test(clocks, a_delay_starts_anew_when_its_state_is_left_and_entered_in_the_same_minute)
{
    begin(400);
    hand_life(&w.m);
    int32_t drug = hand_process(&w.m, "drug", 2);
    int32_t swap = hand_setting(&w.m, EVENT, "swap", drug, 1), back = hand_setting(&w.m, NEXT, "back", drug, 0);
    int32_t in_state = hand_moment(&w.m, EVENT, "in state"), since_start = hand_moment(&w.m, EVENT, "since start");
    hand_coin(&w.m, swap, "swap branch", 1, back, MODEL_NONE);
    int32_t once = hand_delay(&w.m, swap, NO_SPAN, 50), clock = hand_delay(&w.m, in_state, TERMS(&w.m, IS(drug, 0)), 200);
    w.m.clocks[once].most = 1;
    w.m.clocks[clock].scale = SCALE_IN_STATE;
    w.m.clocks[clock].process = drug;
    hand_delay(&w.m, since_start, TERMS(&w.m, IS(drug, 0)), 200);
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(400, {swap, 50}, {back, 50}, {since_start, 200}, {in_state, 250});
    end();
}

Test(clocks, a_delay_takes_at_least_a_minute)
{
    begin(3);
    hand_life(&w.m);
    int32_t tick = hand_moment(&w.m, EVENT, "tick");
    hand_delay(&w.m, tick, NO_SPAN, 0);
    hand_strategy(&w.m, "s");
    live(0);
    EXPECT(3, {tick, 1}, {tick, 2});
    end();
}
