/* People: what becomes of attributes, bands and groups, and what is said about mistakes in them. */
#include <math.h>

#include "spec_fixture.h"

static const double *row(const loaded_t *loaded, const model_step_t *step, int32_t r)
{
    return loaded->model.reals + step->table.first + r * step->table.width;
}

static const model_step_t *category(const loaded_t *loaded, const char *name)
{
    return step_of(&loaded->model, STEP_CATEGORY, slot_of(&loaded->model, name));
}

Test(spec_people, shares_become_cumulative_probabilities_and_rest_is_what_is_left)
{
    loaded_t loaded = load_good("parameters: {share of women: 0.32}\npeople: {sex: {female: share of women, male: rest}}");
    const double *p = row(&loaded, category(&loaded, "sex"), 0);
    cr_expect_float_eq(p[0], 0.32, 1e-15);
    cr_expect_eq(p[1], 1);
    unload(&loaded);
}

Test(spec_people, a_last_level_of_probability_0_never_happens)
{
    loaded_t loaded = load_good("people: {x: {a: 0.1, b: 0.7, c: 0.2, d: 0}}"); /* 0.1 + 0.7 + 0.2 < 1 in binary */
    const double *p = row(&loaded, category(&loaded, "x"), 0);
    cr_expect_eq(p[2], 1);
    cr_expect_eq(p[3], 1);
    unload(&loaded);
}

Test(spec_people, shares_can_depend_on_another_attribute_wherever_that_stands)
{
    loaded_t loaded = load_good("people: {smokes: {by: sex, female: {now: 0.2, never: rest}, otherwise: {never: 0.7, now: rest}},"
                                " sex: {female: 0.5, male: rest}}");
    const model_step_t *step = category(&loaded, "smokes");
    cr_expect_float_eq(row(&loaded, step, 0)[0], 0.2, 1e-15);
    cr_expect_float_eq(row(&loaded, step, 1)[0], 0.3, 1e-15);
    cr_expect_eq(step->table.axes.count, 1);
    cr_expect_eq(loaded.model.axes[step->table.axes.first].slot, slot_of(&loaded.model, "sex"));
    cr_expect_gt(step, category(&loaded, "sex"), "the column it needs is drawn first");
    unload(&loaded);
}

/* us_ancestry.csv: European 0.578 + 0.046 in two rows, of seven groups. */
Test(spec_people, shares_of_a_level_that_a_table_repeats_are_summed)
{
    loaded_t loaded = load_good("people: {ancestry: {table: \"" DATA "us_ancestry.csv\", level: biogeographic_group, share: share}}");
    int32_t slot = slot_of(&loaded.model, "ancestry");
    cr_expect_eq(loaded.model.slots[slot].level_names.count, 7);
    cr_expect_eq(level_of(&loaded.model, slot, "European"), 0);
    cr_expect_float_eq(row(&loaded, category(&loaded, "ancestry"), 0)[0], 0.624, 1e-12);
    unload(&loaded);
}

Test(spec_people, a_normal_age_is_kept_in_minutes_with_its_limits)
{
    loaded_t loaded = load_good("people: {age: {distribution: {normal: [64.6 years, 12 years]}, from: 18 years, to: 100 years}}");
    const model_t *m = &loaded.model;
    const model_step_t *step = step_of(m, STEP_NUMBER, m->settings.age);
    const double year = 525960, *law = row(&loaded, step, 0);
    cr_expect_eq(step->distribution, DISTRIBUTION_NORMAL);
    cr_expect_float_eq(law[0], 64.6 * year, 1e-6);
    cr_expect_float_eq(law[1], 12 * year, 1e-6);
    cr_expect_float_eq(law[2], 18 * year, 1e-6);
    cr_expect_float_eq(law[3], 100 * year, 1e-6);
    cr_expect_str_eq(model_text(m, m->numbers[m->settings.age].unit), "years");
    cr_expect_eq(m->numbers[m->settings.age].per_unit, year);
    unload(&loaded);
}

Test(spec_people, numbers_can_be_constant_uniform_or_lognormal_and_depend_on_a_level)
{
    loaded_t loaded = load_good("people: {sex: {female: 0.5, male: rest}, age: {by: sex, female: 40 years, male: 30 years},"
                                " x: {distribution: {uniform: [0.95, 1.05]}}, delay: {distribution: {lognormal: {median: 5 days, sdlog: 0.4}}}}");
    const model_t *m = &loaded.model;
    cr_expect_eq(row(&loaded, step_of(m, STEP_NUMBER, m->settings.age), 1)[0], 30 * 525960.0);
    cr_expect_eq(row(&loaded, step_of(m, STEP_NUMBER, 1), 0)[1], 1.05);
    cr_expect_str_eq(model_text(m, m->numbers[1].unit), "");
    cr_expect_float_eq(row(&loaded, step_of(m, STEP_NUMBER, 2), 0)[0], log(5 * 1440.0), 1e-12);
    cr_expect_str_eq(model_text(m, m->numbers[2].unit), "days");
    unload(&loaded);
}

Test(spec_people, bands_cut_a_number_and_groups_divide_levels)
{
    loaded_t loaded = load_good("people: {age group: {of: age, from: [0 years, 65 years, 80 years], names: [young, old, very old]},"
                                " age: 50 years}\ngroups: {elderly: {age group: [old, very old]}}");
    const model_t *m = &loaded.model;
    const model_step_t *band = step_of(m, STEP_BAND, slot_of(m, "age group")), *group = step_of(m, STEP_MAP, slot_of(m, "elderly"));
    cr_expect_eq(band->table.width, 2);
    cr_expect_eq(m->reals[band->table.first], 65 * 525960.0);
    cr_expect_eq(m->reals[band->table.first + 1], 80 * 525960.0);
    cr_expect_str_eq(model_level_name(m, slot_of(m, "elderly"), 0), "non-elderly");
    cr_expect_str_eq(model_level_name(m, slot_of(m, "elderly"), 1), "elderly");
    const int32_t expected[] = {0, 1, 1};
    cr_expect_arr_eq(m->indices + group->first, expected, sizeof expected);
    unload(&loaded);
}

Test(spec_people, mistakes_in_shares_are_told)
{
    expect_mistake("people: {sex: {female: 0.3, male: 0.6}}", "sum to 0.9");
    expect_mistake("people: {sex: {female: 0.3, male: 0.699999}}", "make one of them `rest`");
    expect_mistake("people: {sex: {female: 1.3, male: rest}}", "not between 0 and 1");
    expect_mistake("people: {sex: {female: 0.7, male: 0.7, other: rest}}", "leave something for `rest`");
    expect_mistake("people: {sex: {female: rest, male: rest}}", "twice");
    expect_mistake("people: {sex: {female: 0.5, male: rest}, s: {by: sex, female: {a: 1}}}", "no value for `male`");
    expect_mistake("people: {sex: {female: 0.5, male: rest}, s: {by: sex, femal: {a: 1}, male: {a: 1}}}", "did you mean `female`?");
    expect_mistake("people: {sex: {f: 0.5, m: rest}, s: {by: sex, f: {a: 1, b: 0}, m: {a: 1}}}", "no share of `b`");
    expect_mistake("people: {a: {by: b, x: {x: 1}}, b: {by: a, x: {x: 1}}}", "depends on itself");
    expect_mistake("people: {a: {by: sexx, x: {x: 1}}, sex: {f: 1}}", "did you mean `sex`?");
    expect_mistake("people: {ancestry: {table: \"" DATA "us_ancestry.csv\", level: biogeographic_group, share: shares}}", "did you mean `share`?");
}

Test(spec_people, mistakes_in_numbers_are_told)
{
    expect_mistake("people: {age: 40}", "an age has no unit of time");
    expect_mistake("people: {age: {young: 0.5, old: rest}}", "`age` is a number");
    expect_mistake("people: {age: {distribution: {uniform: [-1 years, 5 years]}}}", "below 0");
    expect_mistake("people: {age: {distribution: {normal: [40 years, 0 years]}}}", "standard deviation");
    expect_mistake("people: {age: {distribution: {normal: [40 years, 5]}}}", "give it a unit of time");
    expect_mistake("people: {age: {distribution: {norml: [40 years, 5 years]}}}", "did you mean `normal`?");
    expect_mistake("people: {age: {distribution: {normal: [40 years, 5 years]}, from: 50 years, to: 30 years}}", "`from` must be below `to`");
    expect_mistake("people: {x: 5 USD}", "a plain number or a time");
    expect_mistake("people: {age: 40 years, g: {of: age, from: [50 years, 60 years], names: [a, b]}}", "below the first band");
    expect_mistake("people: {age: 40 years, g: {of: age, from: [0 years, 0 years], names: [a, b]}}", "ascending");
    expect_mistake("people: {age: 40 years, g: {by: age, x: {a: 1}}}", "has no levels");
    expect_mistake("people: {age: 40 years}\nprocesses: {p: {events: {e: {hazard: 1 per year, while: {age: 40}}}}}",
                   "a comparison of a time and a plain number");
}

Test(spec_people, a_group_may_say_where_it_is_from)
{
    loaded_t loaded = load_good("people: {sex: {female: 0.5, male: rest}}\ngroups: {woman: {sex: female, source: a registry}}");
    cr_expect_str_eq(model_level_name(&loaded.model, slot_of(&loaded.model, "woman"), 0), "non-woman");
    unload(&loaded);
}

Test(spec_people, mistakes_in_groups_are_told)
{
    expect_mistake("people: {sex: {f: 0.5, m: rest}, old: {yes: 0.5, no: rest}}\ngroups: {women: {sex: f, old: yes}}", "levels of one attribute");
    expect_mistake("people: {sex: {female: 0.5, male: rest}}\ngroups: {women: {sex: [femal]}}", "did you mean `female`?");
    expect_mistake("people: {sex: {female: 0.5, male: rest}}\ngroups: {women: {sexx: female}}", "there is no attribute `sexx`");
    expect_mistake("people: {sex: {female: 0.5, male: rest}}\ngroups: {women: female}", "levels of one attribute");
}
