/*
 * `cycle`: how long cycles are, how many there are, and at which points of time payoffs are counted. Takes the place of
 * the horizon: the last point of time, at the end of the last cycle, lies within it.
 */
#include <string.h>

#include "spec/compile.h"

enum { CYCLES_MOST = 100000 };

/* How often each point of time counts: the first, those between in turn, the last. */
typedef struct {
    double first, last;
    double *between;
    size_t n_between;
    const char *words;
} point_weights_t;

/* The rules that have names. Simpson's: 1/3, 4/3, 2/3, 4/3, ... 4/3, 1/3. */
static const struct {
    const char *name, *words;
    double first, between[2], last;
} rules[] = {
    {"start", "at the start of every cycle", 1, {1, 1}, 0},
    {"end", "at the end of every cycle", 0, {1, 1}, 1},
    {"every time point", "at every point of time, 0 and the last one included", 1, {1, 1}, 1},
    {"trapezoid", "at every point of time, half at the first and the last one (trapezoid)", 0.5, {1, 1}, 0.5},
    {"Simpson", "at every point of time, weighted 1/3, 4/3, 2/3, 4/3, ... 4/3, 1/3 (Simpson)", 1 / 3.0, {4 / 3.0, 2 / 3.0}, 1 / 3.0},
};

enum { N_RULES = sizeof rules / sizeof *rules };

static void describe(compiler_t *c, const point_weights_t *weights)
{
    const model_cycle_t *cycle = &c->model->settings.cycle;

    fprintf(c->summary, "cycles: %d of %.6g days; at the end of each, in the same minute, transitions: those of life first, then by priority and name\n",
            cycle->count, cycle->minutes / 1440.0);
    fprintf(c->summary, "payoffs are counted %s, discounted to that point; a rate counts for a whole cycle\n", weights->words);
    if (c->acts_after_points) fputs("what a strategy does `at` the end of a cycle comes after that cycle's payoffs are counted\n", c->summary);
}

static bool read_count(compiler_t *c, const yaml_node_t *node, int32_t *count)
{
    double value = 0;

    if (!compile_value(c, node, VALUE_NUMBER, &value)) return false;
    *count = value >= 1 && value <= CYCLES_MOST ? (int32_t)value : 0;
    if (*count > 0 && *count == value) return true;
    diag_error(c->diag, node->place, diag_format(c->diag, "write a whole number from 1 to %d", CYCLES_MOST), "`count` is not a number of cycles");
    return false;
}

static bool read_weight(compiler_t *c, const yaml_node_t *node, double *weight) { return compile_value(c, node, VALUE_RATIO, weight); }

/* {first: 1/3, then: [2/3, 4/3], last: 1/3}: `then` in turn, as often as needed. */
static bool read_weights(compiler_t *c, const yaml_node_t *node, point_weights_t *out)
{
    static const char *const keys[] = {"first", "then", "last", NULL};
    const yaml_node_t *first = yaml_get(node, "first"), *then = yaml_get(node, "then"), *last = yaml_get(node, "last");

    if (!compile_keys(c, node, "the weights of points of time", keys)) return false;
    if (!first || !then || !last || !compile_count(then)) {
        diag_error(c->diag, node->place, "write {first: 1/3, then: [2/3, 4/3], last: 1/3}, for example", "the weights of points of time are not complete");
        return false;
    }
    out->words = "at every point of time, with the weights that are given";
    out->n_between = compile_count(then);
    out->between = arena_take(c->arena, out->n_between, sizeof *out->between);
    bool is_right = read_weight(c, first, &out->first);
    is_right &= read_weight(c, last, &out->last);
    for (size_t i = 0; i < out->n_between; i++) is_right &= read_weight(c, compile_item(then, i), &out->between[i]);
    return is_right;
}

static bool read_rule(compiler_t *c, const yaml_node_t *node, const yaml_node_t *count, int32_t n, point_weights_t *out)
{
    if (node->kind == YAML_MAPPING) return read_weights(c, node, out);
    for (size_t r = 0; r < N_RULES; r++) {
        if (node->kind != YAML_SCALAR || strcmp(node->text, rules[r].name) != 0) continue;
        *out = (point_weights_t){rules[r].first, rules[r].last, arena_take(c->arena, 2, sizeof(double)), 2, rules[r].words};
        memcpy(out->between, rules[r].between, sizeof rules[r].between);
        if (rules[r].between[0] == rules[r].between[1] || n % 2 == 0) return true;
        diag_error(c->diag, count->place, "add a cycle, use trapezoid, or give the weights that the source uses",
                   "Simpson's rule needs an even number of cycles");
        return false;
    }
    diag_error(c->diag, node->place, "write start, end, every time point, trapezoid or Simpson, or the weights: {first: 1/3, then: [2/3, 4/3], last: 1/3}",
               "`payoffs at` is wrong");
    return false;
}

static void add_weights(model_t *m, const point_weights_t *weights)
{
    model_cycle_t *cycle = &m->settings.cycle;

    cycle->weights = builder_add_reals(m, cycle->count + 1);
    for (int32_t t = 0; t <= cycle->count; t++)
        m->reals[cycle->weights + t] = t == 0              ? weights->first
                                       : t == cycle->count ? weights->last
                                                           : weights->between[(size_t)(t - 1) % weights->n_between];
}

void compile_cycle(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"length", "count", "payoffs at", NULL};
    model_cycle_t cycle = {0};
    point_weights_t weights = {0};
    bool is_right = compile_keys(c, node, "`cycle`", keys);

    for (size_t i = 0; is_right && i < 3; i++) {
        if (yaml_get(node, keys[i])) continue;
        diag_error(c->diag, node->place, "write cycle: {length: 1 year, count: 20, payoffs at: end}; payoffs are counted at start, end, every time "
                   "point, trapezoid or Simpson", "`%s` is missing", keys[i]);
        return;
    }
    if (!is_right || !compile_minutes(c, yaml_get(node, "length"), 1, &cycle.minutes)) return;
    const yaml_node_t *count = yaml_get(node, "count"), *points = yaml_get(node, "payoffs at");
    if (!read_count(c, count, &cycle.count) || !read_rule(c, points, count, cycle.count, &weights)) return;
    if ((int64_t)cycle.minutes * cycle.count >= MODEL_NEVER) {
        diag_error(c->diag, node->place, "times on record end at 4083 years", "%d cycles take too long", cycle.count);
        return;
    }
    c->model->settings.cycle = cycle;
    c->model->settings.horizon = cycle.minutes * cycle.count + 1;
    c->acts_after_points = weights.first == 0;
    add_weights(c->model, &weights);
    describe(c, &weights);
}
