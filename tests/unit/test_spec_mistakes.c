/* Every mistake is reported, and only the mistakes: not everything that follows from them. */
#include "model_fixture.h"

#define STRATEGIES "strategies: {usual: {}}\n"

Test(mistakes, a_thing_that_is_described_wrongly_is_not_called_unknown_where_it_is_used)
{
    expect_wrong("people:\n"
                 "  variant: {carrier: 0.5, non-carrier: 0.6}\n"
                 "groups: {any: {variant: carrier}}\n"
                 "tests: {genotype: {reads: [variant, any]}}\n"
                 "processes:\n"
                 "  drug: {states: none}\n"
                 "  harm:\n"
                 "    evnets: {}\n"
                 "    events:\n"
                 "      injury: {hazard: 1 per year, hazard ratio: {variant: {carrier: 2}, drug: {taken: 2}}}\n"
                 "strategies:\n"
                 "  test:\n"
                 "    entry: [{order: genotype, set: {drug: none}}]\n"
                 "    injury: [{order: genotype}]\n"
                 "    result of genotype: [{when: {observed variant: carrier, observed any: any}, set: {drug: taken}}]\n"
                 "payoffs:\n"
                 "  cost: [{event: injury, amount: 1 USD}, {event: harm.injury, amount: 1 USD}]\n",
                 "m.yaml:5:12: the shares of `variant` sum to 1.1, not 1: make one of them `rest`",
                 "m.yaml:9:18: the states of `drug` are not a list: list them: states: [first, second]; people start in the first",
                 "m.yaml:11:5: process `harm` has no key `evnets`: did you mean `events`?");
}

Test(mistakes, unknown_names_are_reported_beside_things_that_are_wrong)
{
    expect_wrong("people:\n"
                 "  variant: {carrier: 0.5, non-carrier: 0.6}\n"
                 "  sex: {f: 1}\n"
                 "processes:\n"
                 "  drug: {states: [none, taken]}\n"
                 "  harm:\n"
                 "    events:\n"
                 "      injury: {hazard: 1 per year, hazard ratio: {varient: {carrier: 2}}}\n"
                 "strategies:\n"
                 "  test:\n"
                 "    injry: [{set: {variant: carrier}}, {when: {observed sex: f}, set: {drug: taken}}]\n",
                 "m.yaml:5:12: the shares of `variant` sum to 1.1, not 1: make one of them `rest`",
                 "m.yaml:11:51: nothing is called `varient`: only attributes and processes can stand here",
                 "m.yaml:14:5: strategy `test` waits for `injry`, which is not a moment: did you mean `injury`?",
                 "m.yaml:14:20: nothing is called `variant`: only processes can stand here",
                 "m.yaml:14:48: nothing is called `observed sex`: only attributes, processes and what tests have shown can stand here");
}

Test(mistakes, groups_that_are_made_of_each_other_are_told_so)
{
    expect_wrong(STRATEGIES "people: {x: {a: 0.5, b: rest}}\n"
                 "groups: {first: {second: first}, second: {third: second}, third: {second: third}, good: {x: a}, lost: {y: a}, late: {lost: lost}}\n",
                 "m.yaml:6:34: the group `second` is made of itself: break the circle",
                 "m.yaml:6:59: the group `third` is made of itself: break the circle",
                 "m.yaml:6:104: there is no attribute `y`: known: x, good");
}

Test(mistakes, names_that_are_no_texts_are_told_so)
{
    write_table("prices.csv", "p,value\nq,1 USD\n");
    expect_wrong(STRATEGIES "processes: {p: {states: [q], events: {e: {hazard: 1 per year}}}}\n"
                 "payoffs:\n"
                 "  cost:\n"
                 "    - {event: e, amount: {by: [[p]], q: 1 USD}}\n"
                 "    - {event: e, amount: {by: p, table: [prices.csv]}}\n"
                 "    - {event: e, amount: {by: p, table: prices.csv, column: [value]}}\n"
                 "    - {event: e, amount: {by: p, table: prices.csv, column: vlaue}}\n",
                 "m.yaml:8:32: what `by` names is missing or is not a name: write a name",
                 "m.yaml:9:41: the name of a table is missing: tables are named relative to the file that names them",
                 "m.yaml:10:61: the column is missing or is not a name: write a name",
                 "m.yaml:11:61: prices.csv has no column `vlaue`: name it with `column: NAME`");
}

Test(mistakes, people_out_of_all_proportion_are_refused)
{
    expect_wrong(STRATEGIES "people: {age: 5000 years}", "m.yaml:5:10: nobody is 5000 years old: for example `age: 40 years`");
    expect_wrong(STRATEGIES "people: {age: {distribution: {normal: [1e300 years, 1 year]}}}",
                 "m.yaml:5:10: nobody is 1e+300 years old: for example `age: 40 years`");
    expect_wrong(STRATEGIES "people: {age: {distribution: {normal: [50 years, 1 year]}, from: 500 years}}",
                 "m.yaml:5:66: nobody is left of `age`: move the limits to where people are");
    expect_wrong(STRATEGIES "people: {x: {distribution: {lognormal: {median: 1, sdlog: 0.1}}, to: 0.1}}",
                 "m.yaml:5:70: nobody is left of `x`: move the limits to where people are");
    expect_wrong(STRATEGIES "people: {x: {distribution: {lognormal: {median: 1, sdlog: 0.1}}, to: -1}}",
                 "m.yaml:5:70: nobody is left of `x`: `from` must be below `to`");
    whole_model_t w = right_model(STRATEGIES "people: {age: {distribution: {normal: [50 years, 10 years]}, from: 120 years}}");
    close_model(&w);
}

Test(mistakes, outcomes_of_ones_own_have_none_of_the_names_that_popgx_gives)
{
    expect_wrong("processes: {life: {}}\n"
                 "strategies: {usual: {}}\n"
                 "perspectives: {payer: {costs: all}}\n"
                 "resources: {visit: 3 USD}\n"
                 "payoffs:\n"
                 "  life_years: {unit: years, items: [{while: {}, rate: 1 per day}]}\n"
                 "  cost paid by plan: {unit: USD, items: [{while: {}, rate: 3 USD per day}]}\n"
                 "  cost of visit: {unit: USD, items: [{while: {}, rate: 3 USD per day}]}\n"
                 "  cost, payer perspective: {unit: USD, items: [{while: {}, rate: 3 USD per day}]}\n"
                 "  hours: {unit: hours, items: [{while: {}, rate: 1 per day}]}\n"
                 "  cost: [{while: {}, rate: 2 USD per day, payer: plan}, {while: {}, uses: {visit: 1 per day}}]\n",
                 "m.yaml:9:3: every model has an outcome `life_years`: choose another name",
                 "m.yaml:10:3: `cost paid by plan` is what a part of the costs is called: choose another name",
                 "m.yaml:11:3: `cost of visit` is what a part of the costs is called: choose another name",
                 "m.yaml:12:3: `cost, payer perspective` is what a part of the costs is called: choose another name");
}
