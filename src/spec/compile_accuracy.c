/*
 * Errors of tests: how often a level is shown in place of another. An error that is the same each time is drawn with the person, as one
 * more attribute that nobody sees; an independent one is drawn with every result. What is wrong is what the test calls, so errors of the
 * laboratory come on top of what a panel misses.
 */
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_events.h"
#include "spec/compile_people.h"

#define TOLERANCE 1e-9          /* of shares written in the model */

/* {SHOWN: P, SHOWN: rest} -> cumulative probabilities of the levels. */
static bool read_shown(compiler_t *c, const yaml_node_t *node, int32_t slot, double *cumulative)
{
    size_t n = (size_t)compile_levels(c->model, slot), rest = n;
    double p[MODEL_MAX_LEVELS] = {0}, total = 0;

    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write {LEVEL: PROBABILITY, LEVEL: rest}", "it is not said what is shown");
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (compile_is_remark(pair->key)) continue;
        int32_t level = compile_level(c, slot, pair->key, pair->place);
        bool is_rest = pair->value->kind == YAML_SCALAR && strcmp(pair->value->text, "rest") == 0;
        if (level == MODEL_NONE || (!is_rest && !compile_value(c, pair->value, VALUE_PROBABILITY, &p[level]))) return false;
        if (is_rest) rest = (size_t)level;
        total += p[level];
    }
    if (rest < n && total <= 1 + TOLERANCE) p[rest] = total < 1 ? 1 - total : 0;
    if (compile_cumulate(p, n, TOLERANCE, cumulative)) return true;
    diag_error(c->diag, node->place, "make one of them `rest`", "what is shown has a total probability of %.10g, not 1", total);
    return false;
}

/* {LEVEL: {SHOWN: P, ...}, ...}: the rows of all levels; a level that is not named is shown as it is. */
static bool read_matrix(compiler_t *c, const yaml_node_t *node, int32_t slot, double *rows)
{
    size_t n = (size_t)compile_levels(c->model, slot);
    bool is_good = true;

    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write {LEVEL: {LEVEL: PROBABILITY, LEVEL: rest}}, or {sensitivity: P, specificity: P}",
                   "this does not say how the test errs");
        return false;
    }
    for (size_t l = 0; l < n; l++)
        for (size_t k = 0; k < n; k++) rows[l * n + k] = k >= l;
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (compile_is_remark(pair->key)) continue;
        int32_t level = compile_level(c, slot, pair->key, pair->place);
        is_good = level != MODEL_NONE && read_shown(c, pair->value, slot, rows + (size_t)level * n) && is_good;
    }
    return is_good;
}

/* A matrix, or one for each level of an attribute: {by: ATTRIBUTE, LEVEL: MATRIX, ...}. */
static bool compile_matrix(compiler_t *c, const yaml_node_t *node, int32_t slot, int32_t called, model_table_t *table)
{
    by_t by;
    size_t n = (size_t)compile_levels(c->model, slot);
    int32_t axes[2];
    size_t n_axes = 0;

    if (!people_by(c, node, &by)) return false;
    double *rows = arena_take(c->arena, by.n_rows * n * n, sizeof *rows);
    for (size_t r = 0; r < by.n_rows; r++)
        if (!read_matrix(c, by.nodes[r], slot, rows + r * n * n)) return false;
    if (by.slot != MODEL_NONE) axes[n_axes++] = by.slot;
    axes[n_axes++] = called;
    if (!compile_make_table(c, axes, n_axes, (int32_t)n, table)) return false;
    memcpy(c->model->reals + table->first, rows, by.n_rows * n * n * sizeof *rows);
    return true;
}

/* The level that `positive` names; else the one called so, or that of a group that bears its name. */
static int32_t positive_level(compiler_t *c, const yaml_node_t *positive, int32_t slot, place_t place)
{
    const model_t *m = c->model;
    const char *name = model_text(m, m->slots[slot].name);

    if (compile_levels(m, slot) != 2) {
        diag_error(c->diag, place, "say of each level what is shown: `shows: {THING: {LEVEL: {LEVEL: PROBABILITY, LEVEL: rest}}}`",
                   "`%s` has %d levels, so sensitivity and specificity do not say enough", name, compile_levels(m, slot));
        return MODEL_NONE;
    }
    if (positive) {
        const char *level = compile_name(c, positive, "the positive level");
        return level ? compile_level(c, slot, level, positive->place) : MODEL_NONE;
    }
    for (int32_t l = 0; l < 2; l++)
        if (!strcmp(model_level_name(m, slot, l), "positive") || !strcmp(model_level_name(m, slot, l), name)) return l;
    diag_error(c->diag, place, diag_format(c->diag, "add `positive: %s`, or the other one", model_level_name(m, slot, 0)),
               "it is not clear which level of `%s` is positive", name);
    return MODEL_NONE;
}

static bool add_axes(compiler_t *c, axes_t *axes, const model_table_t *table, place_t place)
{
    for (int32_t a = 0; a < table->axes.count; a++)
        if (!axes_add(c, axes, c->model->axes[table->axes.first + a].slot, place)) return false;
    return true;
}

/* {sensitivity: P, specificity: P, positive: LEVEL}; each may differ between people. */
static bool compile_sensitivity(compiler_t *c, const yaml_node_t *node, int32_t slot, int32_t called, place_t place, model_table_t *table)
{
    model_t *m = c->model;
    const char *const keys[] = {"sensitivity", "specificity"};
    model_table_t right[2];
    axes_t axes = {.n = 0};
    int32_t positive = positive_level(c, yaml_get(node, "positive"), slot, place);

    if (positive == MODEL_NONE || !axes_add(c, &axes, called, place)) return false;
    for (size_t k = 0; k < 2; k++) {
        const yaml_node_t *given = yaml_get(node, keys[k]);
        if (given && !compile_lookup(c, given, VALUE_PROBABILITY, CONDITION_ATTRIBUTES, &right[k])) return false;
        if (!given) {
            right[k] = (model_table_t){.first = builder_add_reals(m, 1), .width = 1};
            m->reals[right[k].first] = 1;
        }
        if (!add_axes(c, &axes, &right[k], place)) return false;
    }
    size_t n_rows = axes_rows(m, &axes);
    *table = axes_table(m, &axes, 2);
    table->first = builder_add_reals(m, (int32_t)(2 * n_rows));
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    for (size_t r = 0; r < n_rows; r++) {
        axes_levels(m, &axes, r, levels);
        bool is_positive = levels[called] == positive;
        double is_right = m->reals[model_row_first(m, &right[is_positive ? 0 : 1], levels)], shows_positive = is_positive ? is_right : 1 - is_right;
        m->reals[table->first + (int32_t)(2 * r)] = positive == 0 ? shows_positive : 1 - shows_positive;
        m->reals[table->first + (int32_t)(2 * r) + 1] = 1;
    }
    return true;
}

/* ---- what a test says of its errors ---- */

static bool names_sensitivity(const yaml_node_t *node) { return yaml_get(node, "sensitivity") || yaml_get(node, "specificity"); }

/* Where the errors of what the test shows of `slot` stand: in `shows`, or in the test itself if that is all it shows. */
static const yaml_node_t *errors_of(compiler_t *c, const yaml_node_t *test, int32_t slot)
{
    const yaml_node_t *of_thing = yaml_get(yaml_get(test, "shows"), model_text(c->model, c->model->slots[slot].name));
    return of_thing ? of_thing : names_sensitivity(test) ? test : NULL;
}

bool compile_errs(compiler_t *c, const yaml_node_t *test, int32_t slot) { return errors_of(c, test, slot); }

/* An attribute `shown TEST THING` that is drawn with the person. */
static bool add_shown(compiler_t *c, call_t *call, const char *test, const char *thing, place_t place)
{
    const char *levels[MODEL_MAX_LEVELS];
    int32_t n = compile_levels(c->model, call->observed);

    for (int32_t l = 0; l < n; l++) levels[l] = diag_format(c->diag, "%s", model_level_name(c->model, call->observed, l));
    int32_t slot = compile_add_slot(c, diag_format(c->diag, "shown %s %s", test, thing), SLOT_ATTRIBUTE, levels, (size_t)n, place);
    if (slot == MODEL_NONE) return false;
    c->model->slots[slot].is_reported = 0;
    people_step(c, (model_step_t){.purpose = call->purpose, .kind = STEP_CATEGORY, .to = slot, .table = call->drawn});
    call->called = slot;
    call->drawn = (model_table_t){0};
    return true;
}

bool compile_error(compiler_t *c, const yaml_pair_t *test, call_t *call, bool is_same)
{
    static const char *const keys[] = {"sensitivity", "specificity", "positive", NULL};
    const yaml_node_t *node = errors_of(c, test->value, call->observed);
    const char *thing = model_text(c->model, c->model->slots[call->observed].name);
    bool is_good;

    if (!node) return true;
    if (names_sensitivity(node))
        is_good = (node == test->value || compile_keys(c, node, "the errors of a test", keys))
                  && compile_sensitivity(c, node, call->observed, call->called, node->place, &call->drawn);
    else is_good = compile_matrix(c, node, call->observed, call->called, &call->drawn);
    if (!is_good) return false;
    thing = diag_format(c->diag, "%s", model_text(c->model, c->model->slots[call->observed].name)); /* the model's text has moved */
    call->purpose = rng_purpose(diag_format(c->diag, "test %s shows %s", test->key, thing));
    fprintf(c->summary, "  %s errs on %s; %s\n", test->key, thing, is_same ? "the error of a person is the same each time" : "each result errs on its own");
    return !is_same || add_shown(c, call, test->key, thing, test->place);
}
