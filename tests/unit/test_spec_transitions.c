/* From cycles and transition tables of a model file to rows of probabilities; and what is wrong with one, at its line. */
#include <math.h>

#include "model_fixture.h"

/* Lines 1 to 3 of every model here. */
#define HEAD "popgx: 1\nstrategies: {usual: {}}\npeople: {age: 50 years, sex: {female: 0.5, male: rest}}\n"
#define CYCLE "cycle: {length: 1 year, count: 4, payoffs at: end}\n"

static whole_model_t load(const char *text)
{
    whole_model_t w = {.diag = diag_new()};
    char *all = NULL;
    cr_assert_geq(asprintf(&all, HEAD "%s", text), 0);
    w.err = spec_load_text("m.yaml", all, strlen(all), NULL, 0, w.diag, &w.m, &w.report);
    free(all);
    return w;
}

static whole_model_t right(const char *text)
{
    whole_model_t w = load(text);
    if (w.err) diag_print(w.diag, stderr);
    cr_assert_eq(w.err, POPGX_OK);
    return w;
}

/* One mistake, at this line, with these words in it. */
static void expect_mistake_at(int line, const char *words, const char *text)
{
    whole_model_t w = load(text);
    char place[32];

    snprintf(place, sizeof place, "m.yaml:%d:", line);
    cr_assert_eq(w.err, POPGX_E_INPUT, "nothing is said of %s", text);
    cr_assert_eq(diag_errors(w.diag), 1, "%zu mistakes: %s", diag_errors(w.diag), diag_text(w.diag, 0));
    cr_assert(!strncmp(diag_text(w.diag, 0), place, strlen(place)) && strstr(diag_text(w.diag, 0), words), "%s", diag_text(w.diag, 0));
    close_model(&w);
}

/* The branch that ends a cycle. */
static const model_branch_t *tick_branch(const model_t *m)
{
    for (int32_t i = 0; i < m->n_moments; i++)
        if (m->moments[i].kind == MOMENT_CYCLE) return &m->branches[m->moments[i].branches.first];
    cr_assert_fail("nothing ends a cycle");
    return NULL;
}

static void expect_row(const model_t *m, const model_branch_t *branch, int32_t row, double first, double second)
{
    const double *p = m->reals + branch->table.first + row * branch->table.width;
    cr_assert_float_eq(p[0], first, 1e-12, "row %d: %.15g", row, p[0]);
    cr_assert_float_eq(p[1], second, 1e-12, "row %d: %.15g", row, p[1]);
}

Test(spec_transitions, probabilities_are_cumulated_and_staying_comes_last)
{
    whole_model_t w = right(CYCLE "processes: {x: {states: [a, b], transitions: {a: {b: 1/4, dead: 10 %, a: rest}, b: {dead: 0.5, b: rest}}}}\n");
    const model_branch_t *branch = tick_branch(&w.m);
    cr_assert_eq(branch->table.width, 4); /* a to b, a to dead, b to dead, staying */
    expect_row(&w.m, branch, 0, 0.25, 0.35);
    expect_row(&w.m, branch, 1, 0, 0);
    cr_assert_eq(w.m.reals[branch->table.first + 6], 0.5);
    cr_assert_eq(w.m.indices[branch->outcomes + 3], MODEL_NONE);
    close_model(&w);
}

Test(spec_transitions, rates_and_probabilities_over_other_times_are_converted_where_they_say_so)
{
    whole_model_t w = right("cycle: {length: 6 months, count: 4, payoffs at: end}\n"
                            "processes: {x: {states: [a, b], transitions: {a: {b: {rate: 0.2 per year, over: cycle}, dead: {probability: 0.3, over: 2 years}, "
                            "a: rest}}}}\n");
    const double b = 1 - exp(-0.1), dead = 1 - pow(0.7, 0.25);
    expect_row(&w.m, tick_branch(&w.m), 0, b, b + dead);
    close_model(&w);
}

Test(spec_transitions, ratios_change_what_leaves_and_the_rest_stays)
{
    whole_model_t w = right(CYCLE "processes: {x: {states: [a, b], transitions: {a: {b: 0.2, dead: 0.1, a: rest}},\n"
                            "  odds ratio: {applies to: dead, value: 2}, hazard ratio: {applies to: b, value: 3}, risk ratio: {applies to: leaving, value: 0.5}}}\n");
    const double b = 1 - pow(1 - 0.1, 3), dead = 2 * 0.05 / (1 + 0.05); /* the risk ratio comes first */
    expect_row(&w.m, tick_branch(&w.m), 0, b, b + dead);
    close_model(&w);
}

Test(spec_transitions, time_makes_rows_of_its_own)
{
    whole_model_t w = right(CYCLE "processes: {x: {states: [a, b], transitions: {a: {b: {by: cycle, 1: 0, 2 to 3: 0.5, otherwise: 0.25}, a: rest}}}}\n");
    const model_branch_t *branch = tick_branch(&w.m);
    cr_assert_eq(branch->times.count, 1);
    const model_time_axis_t axis = w.m.time_axes[branch->times.first];
    static const double expected[] = {0, 0.5, 0.5, 0.25, 0.25};
    for (int32_t cycle = 1; cycle <= 5; cycle++) {
        int32_t row = model_time_row(&w.m, &axis, cycle * 525960, 0, 0);
        cr_assert_eq(w.m.reals[branch->table.first + row * branch->table.width], expected[cycle - 1], "cycle %d", cycle);
    }
    close_model(&w);
}

Test(spec_transitions, points_of_time_have_the_weights_of_their_rule)
{
    static const struct {
        const char *rule;
        double weight[5];
    } rules[] = {{"start", {1, 1, 1, 1, 0}}, {"end", {0, 1, 1, 1, 1}}, {"every time point", {1, 1, 1, 1, 1}}, {"trapezoid", {0.5, 1, 1, 1, 0.5}},
                 {"Simpson", {1 / 3., 4 / 3., 2 / 3., 4 / 3., 1 / 3.}}, {"{first: 2, then: [3, 4], last: 5}", {2, 3, 4, 3, 5}}};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        char text[128];
        snprintf(text, sizeof text, "cycle: {length: 30 days, count: 4, payoffs at: %s}\n", rules[r].rule);
        whole_model_t w = right(text);
        cr_assert_eq(w.m.settings.horizon, 4 * 30 * 1440 + 1);
        for (int32_t t = 0; t < 5; t++)
            cr_assert_eq(w.m.reals[w.m.settings.cycle.weights + t], rules[r].weight[t], "%s, point %d", rules[r].rule, t);
        close_model(&w);
    }
}

Test(spec_transitions, what_is_wrong_is_told_at_its_line)
{
    expect_mistake_at(4, "transitions need cycles", "processes: {x: {states: [a, b], transitions: {a: {b: 0.1, a: rest}}}}\nhorizon: 1 year\n");
    expect_mistake_at(5, "the model has cycles and a horizon", CYCLE "horizon: 1 year\n");
    expect_mistake_at(4, "Simpson's rule needs an even number", "cycle: {length: 1 year, count: 3, payoffs at: Simpson}\n");
    expect_mistake_at(4, "`payoffs at` is missing", "cycle: {length: 1 year, count: 3}\n");
    expect_mistake_at(4, "`payoffs at` is wrong", "cycle: {length: 1 year, count: 3, payoffs at: middle}\n");
    expect_mistake_at(4, "`count` is not a number of cycles", "cycle: {length: 1 year, count: 2.5, payoffs at: end}\n");
    expect_mistake_at(7, "the probabilities from `a` sum to 1.1",
                      CYCLE "processes:\n  x: {states: [a, b], transitions: {\n    a: {b: 0.6, dead: 0.5, a: rest}}}\n");
    expect_mistake_at(7, "the probabilities from `a` sum to 0.6", CYCLE "processes:\n  x: {states: [a, b], transitions: {\n    a: {b: 0.6}}}\n");
    expect_mistake_at(6, "with its ratios, the probabilities of leaving `a` sum to 1.2",
                      CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: 0.6, a: rest}}, risk ratio: {applies to: leaving, value: 2}}\n");
    expect_mistake_at(6, "is a rate, not a probability", CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: 0.6 per year, a: rest}}}\n");
    expect_mistake_at(6, "a rate becomes a probability only if it says `over: cycle`",
                      CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: {rate: 0.6 per year}, a: rest}}}\n");
    expect_mistake_at(6, "nobody can see whether probabilities that depend on people sum to 1",
                      CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: 0.1 * count of a to b, a: 0.9}}}\n");
    expect_mistake_at(7, "beside which nothing can be by cycle",
                      CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: 0.1 * count of a to b, a: rest},\n"
                      "    b: {a: {by: cycle, 1: 0.1, 2: 0.2}, b: rest}}}\n");
    expect_mistake_at(6, "`0.1 * time` is a time, not a probability", CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: 0.1 * time, a: rest}}}\n");
    expect_mistake_at(6, "`c`", CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: 0.1, c: 0.2, a: rest}}}\n");
    expect_mistake_at(6, "says nothing about cycle 2", CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: {by: cycle, 1: 0.1, 3: 0.2}, a: rest}}}\n");
    expect_mistake_at(6, "has a `risk ratio`, but no transitions",
                      CYCLE "processes:\n  x: {states: [a], risk ratio: {applies to: leaving, value: 2}}\n");
    expect_mistake_at(6, "`rest` stands twice", CYCLE "processes:\n  x: {states: [a, b], transitions: {a: {b: rest, a: rest}}}\n");
}
