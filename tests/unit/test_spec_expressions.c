/* Expressions over people and their history: what they become, and what is said about mistakes in them. */
#include "model/program.h"
#include "spec_fixture.h"

#define PEOPLE "people: {age: 60 years, sex: {female: 0.5, male: rest}, weight: 70}\n"
#define EVENT(...) "processes: {p: {states: [a, b], events: {e: {from: a, to: b, " __VA_ARGS__ "}}}}\n"
#define LUMP(amount) PEOPLE EVENT("hazard: 1 per year") "payoffs: {cost: [{event: e, amount: \"" amount "\"}]}"

/* The amount of the only lump for a person of 60 years who is male, 90 minutes after entry. */
static double amount_of(const char *text)
{
    loaded_t loaded = load_good(text);
    const double age = 60 * 525960.0, weight = 70, once = 1;
    const uint8_t level = 1;
    const double *numbers[] = {&age, &weight}, *registers[] = {&once, &once, &once};
    const uint8_t *levels[] = {&level, &level, &level, &level};
    const program_inputs_t inputs = {.level = levels, .number = numbers, .value = registers};
    const int32_t minute = 90;
    double amount;

    cr_assert(loaded.model.lumps[0].formula);
    program_run(kernels(), &loaded.model, loaded.model.lumps[0].formula, &inputs, 1, NULL, &minute, &amount);
    unload(&loaded);
    return amount;
}

Test(spec_expressions, read_numbers_of_people)
{
    cr_expect_eq(amount_of(LUMP("2 USD * weight")), 140);
    cr_expect_eq(amount_of(LUMP("1 USD * (age / 1 year)")), 60);
    cr_expect_eq(amount_of(LUMP("1 USD * (weight / 10)^2")), 49);
    cr_expect_eq(amount_of(LUMP("10 USD - 2 USD * (weight / 70)")), 8);
    cr_expect_eq(amount_of(LUMP("-(5 USD * weight)")), -350);
    cr_expect_eq(amount_of(LUMP("min(weight, 50) * 1 USD")), 50);
    cr_expect_eq(amount_of(LUMP("max(50, weight) * 1 USD")), 70);
    cr_expect_float_eq(amount_of(LUMP("exp(weight / 70) * 1 USD")), 2.718281828459045, 1e-14);
    cr_expect_float_eq(amount_of(LUMP("(weight / 35)^0.5 * 1 USD")), 1.4142135623730951, 1e-13);
}

Test(spec_expressions, know_truths)
{
    cr_expect_eq(amount_of(LUMP("(sex = male) * 3 USD")), 3);
    cr_expect_eq(amount_of(LUMP("(sex != male) * 3 USD")), 0);
    cr_expect_eq(amount_of(LUMP("if(sex = female or weight >= 70, 5 USD, 7 USD)")), 5);
    cr_expect_eq(amount_of(LUMP("if(sex = male and not weight > 60, 5 USD, 7 USD)")), 7);
    cr_expect_eq(amount_of(LUMP("if(1 < 2, 5 USD * weight, 7 USD)")), 350);
    cr_expect_eq(amount_of(LUMP("((weight < 71) + (weight <= 70) + (weight = 70) + (weight != 70)) * 1 USD")), 3);
}

Test(spec_expressions, know_time_and_history)
{
    cr_expect_eq(amount_of(LUMP("time / 1 hour * 1 USD")), 1.5);
    cr_expect_eq(amount_of(LUMP("(age now - age) / 1 minute * 1 USD")), 90);
    cr_expect_eq(amount_of(LUMP("count of e * 4 USD")), 4);
    cr_expect_eq(amount_of(LUMP("time since e / 1 minute * 1 USD")), 89, "the event's minute is 1 here");
}

Test(spec_expressions, the_longest_name_wins)
{
    cr_expect_eq(amount_of("parameters: {time of year: 4}\n" LUMP("time of year * weight * 1 USD")), 280);
}

Test(spec_expressions, values_by_levels_may_be_expressions_too)
{
    cr_expect_eq(amount_of(PEOPLE EVENT("hazard: 1 per year") "payoffs: {cost: [{event: e, amount: {by: sex, female: 3 USD, male: 2 USD * weight}}]}"), 140);
    cr_expect_eq(amount_of(PEOPLE EVENT("hazard: 1 per year") "payoffs: {cost: [{event: e, amount: {by: sex, female: 2 USD * weight, male: 3 USD}}]}"), 3);
}

Test(spec_expressions, conditions_on_numbers_become_slots)
{
    loaded_t loaded = load_good(PEOPLE EVENT("hazard: 1 per year, while: {age: at least 50 years, count of e: less than 3}"));
    const model_t *m = &loaded.model;
    cr_assert_eq(m->n_derived, 2);
    cr_expect_eq(m->clocks[0].enabled.count, 3);
    cr_expect_eq(m->moments[0].updates.count, 1);
    unload(&loaded);
}

Test(spec_expressions, the_same_condition_is_one_slot)
{
    loaded_t loaded = load_good(PEOPLE "processes: {p: {events: {e: {hazard: 1 per year, while: {count of e: less than 3}}, "
                                "f: {hazard: 1 per year, while: {count of e: less than 3}}}}}\n");
    cr_assert_eq(loaded.model.n_derived, 1);
    unload(&loaded);
}

Test(spec_expressions, mistakes_are_told)
{
    expect_mistake(LUMP("2 USD * weigth"), "did you mean `weight`?");
    expect_mistake(LUMP("2 * weight"), "is a plain number, not an amount of money");
    expect_mistake(LUMP("2 USD * sex"), "write for example `sex = female`");
    expect_mistake(LUMP("2 USD * (sex = mal)"), "`sex` has levels and is no number");
    expect_mistake(LUMP("age + weight"), "a sum of a time and a plain number");
    expect_mistake(LUMP("2 USD * (age > 5)"), "a comparison of a time and a plain number");
    expect_mistake(LUMP("2 USD * count of f"), "did you mean `count of e`?");
    expect_mistake(LUMP("if(weight, 2 USD)"), "a comma is missing");
    expect_mistake(PEOPLE EVENT("hazard: 1 per year, hazard ratio: time / 1 year"), "the time, which goes on all the while");
    expect_mistake(PEOPLE EVENT("hazard: 1 per year, while: {time: at least 1 year}"), "the time, which goes on all the while");
    expect_mistake(PEOPLE EVENT("hazard: 1 per year, while: {count of e: [1, 2]}"), "write for example `at least 2`");
    expect_mistake(PEOPLE EVENT("hazard: 1 per year, while: {if: weight * 1 year}"), "neither true nor false");
    expect_mistake(PEOPLE EVENT("hazard: 1 per year, hazard ratio: {age: {per: 10 years, ratio: 2}}"), "needs `per`, `ratio` and `from`");
    expect_mistake(PEOPLE "definitions: {x: y + 1, y: x}\n" EVENT("hazard: 1 per year"), "`x` depends on itself");
    expect_mistake(PEOPLE "definitions: {x: {a: 1}}\n" EVENT("hazard: 1 per year"), "the definition `x` has no key `a`");
    expect_mistake(PEOPLE "processes: {p: {events: {e: {hazard: 1 per year, branches: {f: weight / 100, g: 0.3}}, f: {immediate: always}, "
                   "g: {immediate: always}}}}", "give one of the outcomes `rest`");
}

Test(spec_expressions, mistakes_in_quantities_are_told)
{
    expect_mistake("quantities: {dose: {levels: [1, 2]}}", "the quantity `dose` has no `start`");
    expect_mistake("quantities: {dose: 3}", "is not a mapping");
    expect_mistake("quantities: {dose: {start: 1, levels: [2]}}", "`dose` has 1 levels");
    expect_mistake("quantities: {dose: {start: 1, levels: [1, 5 USD]}}", "`5 USD` is money, but `dose` is a plain number");
    expect_mistake("quantities: {dose: {start: 1, add: {amount: 2}}}", "`event` is missing");
    expect_mistake("quantities: {dose: {start: 1, add: {event: e, amount: 2}}}", "e");
    expect_mistake("quantities: {dose: {start: count of e}}\n" EVENT("hazard: 1 per year"), "not a known name");
    expect_mistake("parameters: {dose: 1}\nquantities: {dose: {start: dose}}", "there are two things called `dose`");
    expect_mistake("quantities: {dose: {start: 1}}\n" EVENT("hazard: 1 per year, set: {dose: 5 USD}"), "is money, but `dose` is a plain number");
}

Test(spec_expressions, bands_of_a_time_are_checked)
{
    expect_mistake(PEOPLE "quantities: {b: {bands of: weight, from: [0 years, 5 years], names: [x, y]}}", "`b` has bands of nothing that goes on");
    expect_mistake(PEOPLE "quantities: {b: {bands of: age now, from: [0 years], names: [x, y]}}", "as many lower limits");
    expect_mistake(PEOPLE "quantities: {b: {bands of: age now, from: [1 year, 5 years], names: [x, y]}}", "beginning with `0 years`");
    expect_mistake(PEOPLE "quantities: {b: {bands of: age now, from: [0 years, 5], names: [x, y]}}", "`5` is not a limit of a band");
    expect_mistake(PEOPLE "quantities: {b: {bands of: time since f, from: [0 years], names: [x]}}\n" EVENT("hazard: 1 per year"), "f");
}

/* A threshold on a genotype that nobody has tested. */
Test(spec_expressions, a_strategy_may_not_ask_for_what_nobody_sees)
{
    static const char text[] =
        "popgx: 1\nhorizon: 1 year\npeople: {variant: {carrier: 0.2, other: rest}}\ntests: {t: {reads: variant}}\n"
        "quantities: {dose: {start: 1}}\nprocesses: {d: {states: [a, b], events: {x: {to: b, hazard: 1 per year}}}}\n"
        "strategies: {s: {entry: [{when: {if: variant = carrier}, set: {d: b}}, {set: {dose: 1 + (variant = carrier)}}]}}";
    model_t model;
    spec_report_t report;
    diagnostics_t *diag = diag_new();

    cr_assert_eq(spec_load_text("model.yaml", text, sizeof text - 1, NULL, 0, diag, &model, &report), POPGX_E_INPUT);
    cr_assert_eq(diag_errors(diag), 2);
    cr_expect(strstr(diag_text(diag, 0), "a strategy may not know what this condition asks for"), "%s", diag_text(diag, 0));
    cr_expect(strstr(diag_text(diag, 1), "a strategy may not know what it sets `dose` by"), "%s", diag_text(diag, 1));
    diag_free(diag);
}
