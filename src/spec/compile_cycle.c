/*
 * `cycle`: how long cycles are, how many there are, and at which points of time payoffs are counted. Takes the place of
 * the horizon: the last point of time, at the end of the last cycle, lies within it.
 */
#include <string.h>

#include "spec/compile.h"

enum { CYCLES_MOST = 100000 };

typedef enum { AT_START, AT_END, AT_EVERY_POINT, AT_TRAPEZOID, AT_SIMPSON, N_RULES } point_rule_t;

static const char *const rule_names[N_RULES] = {"start", "end", "every time point", "trapezoid", "Simpson"};

/* How often the point `t` of 0 to n counts. Simpson's rule: 1/3, 4/3, 2/3, 4/3... 4/3, 1/3. */
static double weight_of(point_rule_t rule, int32_t t, int32_t n)
{
    bool is_end = t == 0 || t == n;

    switch (rule) {
    case AT_START: return t < n;
    case AT_END: return t > 0;
    case AT_TRAPEZOID: return is_end ? 0.5 : 1;
    case AT_SIMPSON: return (is_end ? 1 : t % 2 ? 4 : 2) / 3.0;
    default: return 1;
    }
}

static void describe(compiler_t *c, point_rule_t rule)
{
    static const char *const words[N_RULES] = {
        "at the start of every cycle", "at the end of every cycle", "at every point of time, 0 and the last one included",
        "at every point of time, half at the first and the last one (trapezoid)",
        "at every point of time, weighted 1/3, 4/3, 2/3, 4/3, ... 4/3, 1/3 (Simpson)"};
    const model_cycle_t *cycle = &c->model->settings.cycle;

    fprintf(c->summary, "cycles: %d of %.6g days; at the end of each, in the same minute, transitions: those of life first, then by priority and name\n",
            cycle->count, cycle->minutes / 1440.0);
    fprintf(c->summary, "payoffs are counted %s, discounted to that point; a rate counts for a whole cycle\n", words[rule]);
    if (rule == AT_END) fputs("what a strategy does `at` the end of a cycle comes after that cycle's payoffs are counted\n", c->summary);
}

static bool read_count(compiler_t *c, const yaml_node_t *node, int32_t *count)
{
    double value = 0;

    if (!compile_value(c, node, VALUE_NUMBER, &value)) return false;
    *count = value >= 1 && value <= CYCLES_MOST ? (int32_t)value : 0;
    if (*count > 0 && *count == value) return true;
    diag_error(c->diag, node->place, diag_format(c->diag, "write a whole number from 1 to %d", CYCLES_MOST), "`count` is no number of cycles");
    return false;
}

static int read_rule(compiler_t *c, const yaml_node_t *node)
{
    for (int r = 0; r < N_RULES; r++)
        if (node->kind == YAML_SCALAR && !strcmp(node->text, rule_names[r])) return r;
    diag_error(c->diag, node->place, "write start, end, every time point, trapezoid or Simpson", "`payoffs at` is wrong");
    return -1;
}

static void add_weights(model_t *m, point_rule_t rule)
{
    model_cycle_t *cycle = &m->settings.cycle;

    cycle->weights = builder_add_reals(m, cycle->count + 1);
    for (int32_t t = 0; t <= cycle->count; t++) m->reals[cycle->weights + t] = weight_of(rule, t, cycle->count);
}

void compile_cycle(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"length", "count", "payoffs at", NULL};
    model_cycle_t cycle = {0};
    bool is_right = compile_keys(c, node, "`cycle`", keys);

    for (size_t i = 0; is_right && i < 3; i++) {
        if (yaml_get(node, keys[i])) continue;
        diag_error(c->diag, node->place, "write cycle: {length: 1 year, count: 20, payoffs at: end}; payoffs are counted at start, end, every time "
                   "point, trapezoid or Simpson", "`%s` is missing", keys[i]);
        return;
    }
    if (!is_right || !compile_minutes(c, yaml_get(node, "length"), 1, &cycle.minutes)) return;
    int rule = read_rule(c, yaml_get(node, "payoffs at"));
    if (!read_count(c, yaml_get(node, "count"), &cycle.count) || rule < 0) return;
    if ((int64_t)cycle.minutes * cycle.count >= MODEL_NEVER) {
        diag_error(c->diag, node->place, "times on record end at 4083 years", "%d cycles take too long", cycle.count);
        return;
    }
    if (rule == AT_SIMPSON && cycle.count % 2) {
        diag_error(c->diag, yaml_get(node, "count")->place, "add a cycle, or use trapezoid", "Simpson's rule needs an even number of cycles");
        return;
    }
    c->model->settings.cycle = cycle;
    c->model->settings.horizon = cycle.minutes * cycle.count + 1;
    c->acts_after_points = rule == AT_END;
    add_weights(c->model, (point_rule_t)rule);
    describe(c, (point_rule_t)rule);
}
