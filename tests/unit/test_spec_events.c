/* From processes and events of a model file to clocks, moments, branches and effects. */
#include <math.h>

#include "model_fixture.h"
#include "rng/keyed.h"

#define YEAR 525960.0 /* minutes in the default year */
#define USUAL "strategies: {usual: {}}\n"

static double curve_rate(const model_t *m, const model_clock_t *clock) { return m->curves[clock->curve.first].a; }

Test(spec_events, life_exists_without_being_written)
{
    whole_model_t w = right_model(USUAL);
    int32_t life = w.m.settings.life;
    cr_assert_str_eq(model_text(&w.m, w.m.slots[life].name), "life");
    cr_assert_str_eq(model_level_name(&w.m, life, LIFE_ALIVE), "alive");
    cr_assert_str_eq(model_level_name(&w.m, life, LIFE_DEAD), "dead");
    cr_assert_eq(w.m.settings.n_processes, 1);
    close_model(&w);
}

Test(spec_events, the_first_state_is_the_initial_one_unless_start_says_otherwise)
{
    whole_model_t w = right_model(USUAL "processes:\n"
                                        "  a: {states: [x, y], events: {go: {from: x, to: y, hazard: 1 per year}}}\n"
                                        "  b: {states: [x, y], start: y, events: {back: {from: y, to: x, delay: 1 day}}}\n");
    cr_assert_eq(w.m.slots[model_find_slot(&w.m, "a")].initial, 0);
    cr_assert_eq(w.m.slots[model_find_slot(&w.m, "b")].initial, 1);
    close_model(&w);
}

Test(spec_events, a_timed_event_becomes_a_clock_with_conditions_purpose_and_effects)
{
    whole_model_t w = right_model(USUAL "people: {sex: {female: 0.5, male: rest}}\n"
                                        "processes:\n"
                                        "  drug: {states: [none, taken], events: {start: {from: none, to: taken, delay: 30 days}}}\n"
                                        "  heart:\n"
                                        "    states: [well, ill, worse]\n"
                                        "    events:\n"
                                        "      infarction:\n"
                                        "        from: [well, ill]\n"
                                        "        while: {drug: taken, sex: male}\n"
                                        "        hazard: {probability: 0.1, over: 2 years}\n"
                                        "        hazard ratio: {sex: {male: 1.5}, drug: {none: 3}}\n"
                                        "        repeats: 2\n"
                                        "        to: worse\n"
                                        "        set: {drug: none}\n"
                                        "      falling ill: {from: well, to: ill, hazard: 0.2 per year, repeats: once}\n");
    const model_t *m = &w.m;
    const model_clock_t *clock = clock_of(m, "infarction");
    cr_assert_eq(clock->kind, CLOCK_HAZARD);
    cr_assert_eq(clock->purpose, rng_purpose("event heart.infarction"));
    cr_assert_eq(clock->most, 2);
    cr_assert_eq(clock_of(m, "falling ill")->most, 1);
    cr_assert_eq(clock->scale, SCALE_SINCE_START);
    cr_assert_eq(clock->process, model_find_slot(m, "heart"));
    cr_assert_float_eq(curve_rate(m, clock), -log(0.9) / (2 * YEAR), 1e-20);
    uint8_t levels[8] = {0};
    cr_assert(!model_holds(m, clock->enabled, levels)); /* no drug, female */
    levels[model_find_slot(m, "drug")] = level_of(m, "drug", "taken");
    cr_assert(!model_holds(m, clock->enabled, levels));
    levels[model_find_slot(m, "sex")] = level_of(m, "sex", "male");
    cr_assert(model_holds(m, clock->enabled, levels));
    cr_assert_eq(clock->ratios.count, 2);
    double ratio = 1;
    for (int r = 0; r < 2; r++) ratio *= m->reals[model_row_first(m, &m->ratios[clock->ratios.first + r], levels)];
    cr_assert_eq(ratio, 1.5);                           /* a level that is not named has ratio 1 */
    levels[model_find_slot(m, "heart")] = level_of(m, "heart", "worse");
    cr_assert(!model_holds(m, clock->enabled, levels));
    const model_moment_t *moment = &m->moments[clock->moment];
    cr_assert_eq(moment->kind, MOMENT_TIMED);
    cr_assert_eq(moment->effects.count, 2);
    const model_effect_t *effects = m->effects + moment->effects.first;
    cr_assert_eq(effects[0].slot, model_find_slot(m, "heart"));
    cr_assert_eq(effects[0].level, 2);
    cr_assert_eq(effects[1].slot, model_find_slot(m, "drug"));
    cr_assert_eq(effects[1].level, 0);
    const model_clock_t *delay = clock_of(m, "start");
    cr_assert_eq(delay->kind, CLOCK_DELAY);
    cr_assert_eq(delay->minutes, 30 * 1440);
    cr_assert_eq(delay->scale, SCALE_IN_STATE);         /* it counts from the entry into `from` */
    close_model(&w);
}

Test(spec_events, weibull_and_gompertz_take_bare_numbers_per_year)
{
    whole_model_t w = right_model(USUAL "people: {age: 60 years}\n"
                                        "processes:\n"
                                        "  life: {events: {death: {to: dead, clock: age, hazard: {gompertz: {shape: 0.1, rate: 0.001}}}}}\n"
                                        "  a: {states: [x, y], events: {go: {from: x, to: y, hazard: {weibull: {shape: 2, scale: 5}, clock: time in state}}}}\n"
                                        "  b: {states: [x, y], events: {went: {from: x, to: y, clock: time, hazard: {weibull: {shape: 2, scale: 10 days}}}}}\n");
    const model_clock_t *death = clock_of(&w.m, "death"), *go = clock_of(&w.m, "go");
    const model_curve_t *gompertz = &w.m.curves[death->curve.first], *weibull = &w.m.curves[go->curve.first];
    cr_assert_eq(death->scale, SCALE_AGE);
    cr_assert_eq(gompertz->kind, CURVE_GOMPERTZ);
    cr_assert_float_eq(gompertz->a, 0.1 / YEAR, 1e-18);
    cr_assert_float_eq(gompertz->b, 0.01, 1e-12);       /* rate / shape, both per year */
    cr_assert_float_eq(gompertz->c, 100, 1e-9);
    cr_assert_eq(go->scale, SCALE_IN_STATE);
    cr_assert_eq(weibull->kind, CURVE_WEIBULL);
    cr_assert_eq(weibull->b, 0.5);
    cr_assert_float_eq(weibull->c, log(5 * YEAR), 1e-12);
    cr_assert_float_eq(w.m.curves[clock_of(&w.m, "went")->curve.first].c, log(14400), 1e-12);
    close_model(&w);
}

Test(spec_events, hazards_nest_by_level_and_each_form_keeps_its_own_curve)
{
    whole_model_t w = right_model(USUAL "people: {sex: {female: 0.5, male: rest}, variant: {yes: 0.1, no: rest}}\n"
                                        "processes:\n"
                                        "  a:\n"
                                        "    states: [x, y]\n"
                                        "    events:\n"
                                        "      go:\n"
                                        "        from: x\n"
                                        "        to: y\n"
                                        "        clock: time\n"
                                        "        hazard: {by: sex, female: {weibull: {shape: 2, scale: 1 year}},\n"
                                        "                 male: {by: variant, yes: 1 per year, otherwise: {exponential: 2 per year}}}\n");
    const model_t *m = &w.m;
    const model_table_t *curve = &clock_of(m, "go")->curve;
    uint8_t levels[8] = {0};
    cr_assert_eq(curve->axes.count, 2);
    for (uint8_t sex = 0; sex < 2; sex++)
        for (uint8_t variant = 0; variant < 2; variant++) {
            levels[model_find_slot(m, "sex")] = sex;
            levels[model_find_slot(m, "variant")] = variant;
            const model_curve_t *of = &m->curves[model_row_first(m, curve, levels)];
            cr_assert_eq(of->kind, sex == level_of(m, "sex", "female") ? CURVE_WEIBULL : CURVE_EXPONENTIAL);
            if (sex == level_of(m, "sex", "male"))
                cr_assert_float_eq(of->a * YEAR, variant == level_of(m, "variant", "yes") ? 1 : 2, 1e-12);
        }
    close_model(&w);
}

Test(spec_events, periods_become_pieces_with_the_integral_at_their_starts)
{
    write_table("p.csv", "drug,from_days,to_days,probability,source\n"
                         "b,0,30,0.02,x\n"
                         "a,30,365,0.05,x\n"
                         "b,30,365,0,x\n"
                         "a,0,30,0.01,x\n");
    whole_model_t w = right_model(USUAL "processes:\n"
                                        "  drug: {states: [a, b], events: {change: {from: a, to: b, delay: 1 day}}}\n"
                                        "  heart: {events: {infarction: {hazard: {clock: time, by: drug, periods: {table: p.csv}}}}}\n");
    const model_t *m = &w.m;
    const model_table_t *table = &clock_of(m, "infarction")->curve;
    uint8_t levels[8] = {0};
    const model_curve_t *a = &m->curves[model_row_first(m, table, levels)];
    cr_assert_eq(a->kind, CURVE_PIECEWISE);
    cr_assert_eq(a->pieces, 2);
    const double *starts = m->reals + a->first, *rates = starts + 2, *sums = rates + 2;
    cr_assert_eq(starts[0], 0);
    cr_assert_eq(starts[1], 30 * 1440.0);
    cr_assert_float_eq(rates[0], -log(0.99) / (30 * 1440), 1e-18);
    cr_assert_float_eq(rates[1], -log(0.95) / (335 * 1440), 1e-18);
    cr_assert_eq(sums[0], 0);
    cr_assert_float_eq(sums[1], -log(0.99), 1e-15);     /* over the first period the probability is the one given */
    cr_assert_eq(m->slots[model_find_slot(m, "heart")].is_reported, 0); /* a heading for events has no states to show */
    close_model(&w);
}

Test(spec_events, rates_come_from_a_table_with_a_line_for_every_combination)
{
    write_table("r.csv", "drug,rate_per_year\na,0.5\nb,0.25\n");
    write_table("q.csv", "drug,probability\nb,0.5\na,0.19\n");
    write_table("life.csv", "age,annual_rate\n0,0.01\n1,0.02\n2,0.04\n");
    whole_model_t w = right_model(USUAL "people: {age: 1 year}\n"
                                        "processes:\n"
                                        "  life: {events: {death: {to: dead, hazard: {life table: life.csv}}}}\n"
                                        "  drug: {states: [a, b], events: {change: {from: a, to: b, delay: 1 day}}}\n"
                                        "  heart: {events: {one: {hazard: {by: drug, table: r.csv}},\n"
                                        "                   two: {hazard: {by: [drug], table: q.csv, over: 1 year}}}}\n");
    const model_t *m = &w.m;
    const model_curve_t *one = &m->curves[clock_of(m, "one")->curve.first], *two = &m->curves[clock_of(m, "two")->curve.first];
    cr_assert_float_eq(one[0].a * YEAR, 0.5, 1e-12);
    cr_assert_float_eq(one[1].a * YEAR, 0.25, 1e-12);
    cr_assert_float_eq(two[0].a * YEAR, -log(0.81), 1e-12);
    cr_assert_float_eq(two[1].a * YEAR, log(2), 1e-12);
    const model_clock_t *death = clock_of(m, "death");
    const model_curve_t *life = &m->curves[death->curve.first];
    cr_assert_eq(death->scale, SCALE_AGE);
    cr_assert_eq(life->pieces, 3);
    cr_assert_eq(m->reals[life->first + 2], 2 * YEAR);
    cr_assert_float_eq(m->reals[life->first + 3 + 2] * YEAR, 0.04, 1e-12); /* the last age is held */
    cr_assert_float_eq(m->reals[life->first + 6 + 2], 0.03, 1e-12);
    close_model(&w);
}

Test(spec_events, a_branch_keeps_the_written_order_and_ends_at_one)
{
    whole_model_t w = right_model(USUAL "people: {sex: {female: 0.5, male: rest}}\n"
                                        "processes:\n"
                                        "  a:\n"
                                        "    events:\n"
                                        "      harm:\n"
                                        "        hazard: 1 per year\n"
                                        "        branches: {severe: {by: sex, female: 0.1, male: 0.2}, nothing: rest, mild: 30 %}\n"
                                        "      severe: {immediate: always, to: life.dead}\n"
                                        "      mild:   {immediate: always}\n"
                                        "      visit:  {after: mild, probability: 0.25}\n"
                                        "      letter: {immediate: always, after: [harm, mild]}\n");
    const model_t *m = &w.m;
    const model_moment_t *harm = &m->moments[moment_of(m, "harm")], *mild = &m->moments[moment_of(m, "mild")];
    cr_assert_eq(harm->branches.count, 2);              /* its own, then the letter */
    const model_branch_t *own = &m->branches[harm->branches.first];
    cr_assert_eq(own->purpose, rng_purpose("branch a.harm"));
    cr_assert_eq(own->table.width, 3);
    cr_assert_eq(m->indices[own->outcomes], moment_of(m, "severe"));
    cr_assert_eq(m->indices[own->outcomes + 1], MODEL_NONE);
    cr_assert_eq(m->indices[own->outcomes + 2], moment_of(m, "mild"));
    uint8_t levels[8] = {0};
    levels[model_find_slot(m, "sex")] = level_of(m, "sex", "male");
    const double *row = m->reals + model_row_first(m, &own->table, levels);
    cr_assert_float_eq(row[0], 0.2, 1e-15);
    cr_assert_float_eq(row[1], 0.7, 1e-15);
    cr_assert_eq(row[2], 1);
    cr_assert_eq(mild->branches.count, 2);              /* attached ones in the order of their names */
    const model_branch_t *letter = &m->branches[mild->branches.first], *visit = letter + 1;
    cr_assert_eq(m->indices[letter->outcomes], moment_of(m, "letter"));
    cr_assert_eq(m->reals[letter->table.first], 1);
    cr_assert_eq(m->indices[visit->outcomes], moment_of(m, "visit"));
    cr_assert_eq(m->reals[visit->table.first], 0.25);
    cr_assert_neq(letter->purpose, visit->purpose);
    close_model(&w);
}

Test(spec_events, a_branch_may_come_from_a_table_or_nest_by_level)
{
    write_table("b.csv", "drug,dies,lives\na,0.15,0.85\nb,0,rest\n");
    whole_model_t w = right_model(USUAL "processes:\n"
                                        "  drug: {states: [a, b], events: {change: {from: a, to: b, delay: 1 day}}}\n"
                                        "  heart:\n"
                                        "    events:\n"
                                        "      one: {hazard: 1 per year, branches: {by: [drug], table: b.csv, order: [lives, dies]}}\n"
                                        "      two: {hazard: 1 per year, branches: {by: drug, a: {lives: 1}, b: {dies: 0.5, nothing: rest}}}\n"
                                        "      dies: {immediate: always, to: life.dead}\n"
                                        "      lives: {immediate: always}\n");
    const model_t *m = &w.m;
    const model_branch_t *one = &m->branches[m->moments[moment_of(m, "one")].branches.first];
    const model_branch_t *two = &m->branches[m->moments[moment_of(m, "two")].branches.first];
    cr_assert_eq(m->indices[one->outcomes], moment_of(m, "lives"));
    const double expected_one[] = {0.85, 1, 1, 1}, expected_two[] = {1, 1, 1, 0, 0.5, 1};
    for (int i = 0; i < 4; i++) cr_assert_float_eq(m->reals[one->table.first + i], expected_one[i], 1e-15, "one %d", i);
    cr_assert_eq(two->table.width, 3);                  /* lives, dies, nothing: as they come */
    for (int i = 0; i < 6; i++) cr_assert_float_eq(m->reals[two->table.first + i], expected_two[i], 1e-15, "two %d", i);
    close_model(&w);
}

Test(spec_events, names_shared_by_processes_are_qualified)
{
    whole_model_t w = right_model(USUAL "processes:\n"
                                        "  a: {events: {start: {hazard: 1 per year}, end: {immediate: always, after: a.start}}}\n"
                                        "  b: {events: {start: {hazard: 1 per year}}}\n");
    cr_assert_eq(clock_of(&w.m, "a.start")->purpose, rng_purpose("event a.start"));
    cr_assert_eq(clock_of(&w.m, "b.start")->purpose, rng_purpose("event b.start"));
    cr_assert_eq(w.m.moments[moment_of(&w.m, "end")].kind, MOMENT_IMMEDIATE);
    close_model(&w);
    expect_wrong(USUAL "processes:\n"
                       "  a: {events: {start: {hazard: 1 per year}, end: {after: start}}}\n"
                       "  b: {events: {start: {hazard: 1 per year}}}\n",
                 "m.yaml:6:58: several processes have an event `start`: say whose: `a.start`");
}

Test(spec_events, clocks_are_ordered_by_priority_kind_and_name)
{
    whole_model_t w = right_model("strategies: {usual: {at 3 days: []}}\n"
                                  "processes:\n"
                                  "  a:\n"
                                  "    states: [x, y]\n"
                                  "    events:\n"
                                  "      d: {from: x, to: y, delay: 1 day}\n"
                                  "      c: {hazard: 1 per year}\n"
                                  "      b: {hazard: 1 per year}\n"
                                  "      z: {hazard: 1 per year, priority: -1}\n");
    static const char *const expected[] = {"z", "b", "c", "d", "usual: at 3 days"};
    cr_assert_eq(w.m.n_clocks, 5);
    for (int i = 0; i < 5; i++) cr_assert_str_eq(model_text(&w.m, w.m.moments[w.m.clocks[i].moment].name), expected[i]);
    close_model(&w);
}

/* ---- what is wrong ---- */

Test(spec_events, a_hazard_that_changes_with_time_needs_its_clock)
{
    expect_wrong(USUAL "processes:\n"
                       "  life: {events: {death: {to: dead, hazard: {weibull: {shape: 2, scale: 5}}}}}\n",
                 "m.yaml:6:55: a Weibull hazard changes with time, but event `death` does not say on which clock: add clock: time (since "
                 "the start), clock: age, or clock: time in state (since the process entered its state)");
    expect_wrong(USUAL "processes:\n"
                       "  life: {events: {death: {to: dead, clock: age, hazard: {weibull: {shape: 2, scale: 5}}}}}\n",
                 "m.yaml:6:44: the clock is age, but people have none: give `people` an `age`");
}

Test(spec_events, an_event_says_when_it_happens_and_only_once)
{
    expect_wrong(USUAL "processes:\n"
                       "  life: {events: {death: {to: dead}}}\n",
                 "m.yaml:6:19: event `death` does not say when it happens: give it one of `hazard`, `delay`, `every` and `immediate: always`");
    expect_wrong(USUAL "processes:\n"
                       "  life: {events: {death: {to: dead, hazard: 1 per year, delay: 1 day}}}\n",
                 "m.yaml:6:19: event `death` has a hazard and a delay: give it one of `hazard`, `delay`, `every` and `immediate: always`");
    expect_wrong(USUAL "processes:\n"
                       "  life: {events: {death: {to: dead, hazrd: 1 per year}}}\n",
                 "m.yaml:6:37: event `death` has no key `hazrd`: did you mean `hazard`?");
}

Test(spec_events, states_and_events_that_do_not_exist_are_answered_with_the_nearest)
{
    expect_wrong(USUAL "processes:\n"
                       "  drug:\n"
                       "    states: [none, taken]\n"
                       "    events: {start: {from: non, to: takn, delay: 1 day, branches: {staart: 1}}}\n",
                 "m.yaml:8:28: `drug` has no level `non`: did you mean `none`?",
                 "m.yaml:8:37: `drug` has no level `takn`: did you mean `taken`?",
                 "m.yaml:8:68: there is no event `staart`: did you mean `start`?");
}

Test(spec_events, outcomes_of_a_branch_are_immediate_events_and_sum_to_one)
{
    expect_wrong(USUAL "processes:\n"
                       "  a: {events: {x: {hazard: 1 per year, branches: {y: 1}}, y: {hazard: 1 per year}}}\n",
                 "m.yaml:6:51: `y` happens on its own clock and cannot be the outcome of a branch: name an event with `immediate: always`, or `nothing`");
    expect_wrong(USUAL "processes:\n"
                       "  a: {events: {x: {hazard: 1 per year, branches: {y: 0.5, nothing: 0.4}}, y: {immediate: always}}}\n",
                 "m.yaml:6:50: the probabilities of everybody sum to 0.9: let them sum to 1, or give one of them `rest`");
    expect_wrong(USUAL "processes:\n"
                       "  a: {events: {x: {hazard: 1 per year}, y: {immediate: always}}}\n",
                 "m.yaml:6:41: the immediate event `y` never happens: nothing leads to it: name it in the `branches` of an event, or give it `after: EVENT`");
}

Test(spec_events, nobody_comes_back_to_life)
{
    expect_wrong(USUAL "processes:\n"
                       "  a: {events: {x: {hazard: 1 per year, to: life.alive}}}\n",
                 "m.yaml:6:44: nobody comes back to life: events can only set it to dead");
}

Test(spec_events, periods_leave_no_gap)
{
    write_table("gap.csv", "from_days,to_days,probability\n0,30,0.1\n31,60,0.1\n");
    write_table("missing.csv", "drug,from_days,to_days,rate_per_day\na,0,30,0.1\n");
    expect_wrong(USUAL "processes:\n"
                       "  a: {events: {x: {hazard: {clock: time, periods: {table: gap.csv}}}}}\n",
                 "gap.csv:3:1: the periods of everybody leave a gap or overlap here: let the first begin at 0 and every other where the one before it ends");
    expect_wrong(USUAL "processes:\n"
                       "  drug: {states: [a, b], events: {change: {from: a, to: b, delay: 1 day}}}\n"
                       "  h: {events: {x: {hazard: {clock: time, by: drug, periods: {table: missing.csv}}}}}\n",
                 "m.yaml:7:69: table `missing.csv` says nothing about drug b: every combination needs its line");
}

Test(spec_events, every_mapping_of_numbers_may_say_where_they_are_from)
{
    whole_model_t w = right_model("note: a note\n"
                                  "parameters: {p: {value: 0.5, source: a book, note: page 2}}\n"
                                  "processes:\n"
                                  "  drug: {states: [none, taken]}\n"
                                  "  harm:\n"
                                  "    events:\n"
                                  "      reaction:\n"
                                  "        hazard: {by: drug, none: 0.1 per year, taken: 0.2 per year, source: a paper}\n"
                                  "        hazard ratio: {source: another, drug: {taken: 2, note: for life}}\n"
                                  "        branches: {fatal reaction: p, nothing: rest, source: a registry}\n"
                                  "      fatal reaction: {immediate: always, to: life.dead}\n"
                                  "strategies: {treat: {entry: [{set: {drug: taken}}]}}\n"
                                  "payoffs: {cost: [{event: reaction, amount: {by: drug, none: 1 USD, taken: 2 USD, source: prices}}]}\n");
    const model_clock_t *clock = clock_of(&w.m, "reaction");
    cr_assert_eq(clock->ratios.count, 1);
    cr_assert_eq(w.m.reals[w.m.ratios[clock->ratios.first].first + 1], 2);
    cr_assert_eq(w.m.branches[w.m.moments[clock->moment].branches.first].table.width, 2);
    close_model(&w);
}
