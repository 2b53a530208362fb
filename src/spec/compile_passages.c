/*
 * Bands of a time that goes on: of age, or of the time since an event. A band is a register and the slot that follows from it; people pass to the
 * next one by an event of its own, whose date is known, so that engine and ledger need nothing new.
 */
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

static const char SINCE[] = "time since ";

/* The lower limits of the bands, in minutes, ascending; false after reporting. */
static bool read_limits(compiler_t *c, const yaml_node_t *from, double *limits)
{
    for (size_t i = 0; i < from->count; i++) {
        quantity_t value;
        const yaml_node_t *item = from->items[i];
        if (item->kind != YAML_SCALAR || !compile_expression(c, item->text, item->place, &value)) return false;
        if (value.time != 1 || value.money != 0 || value.code || (i == 0 ? value.value != 0 : !(value.value > limits[i - 1]))) {
            diag_error(c->diag, item->place, "write times in ascending order, beginning with `0 years`", "`%s` is not a limit of a band", item->text);
            return false;
        }
        limits[i] = value.value;
    }
    return true;
}

static const expression_t *number(compiler_t *c, double value) { return compile_constant(c, value); }

static const expression_t *age_at_entry(compiler_t *c)
{
    return expression_make(c, CODE_NUMBER, c->model->settings.age, 0, NULL, NULL, NULL);
}

/* How many limits but the first people have passed at entry. */
static model_formula_t first_band(compiler_t *c, const double *limits, size_t n, place_t place)
{
    const expression_t *sum = number(c, 0);
    for (size_t i = 1; i < n; i++)
        sum = compile_combine(c, ARITHMETIC_ADD, sum, compile_combine(c, ARITHMETIC_AT_MOST, number(c, limits[i]), age_at_entry(c)));
    return compile_formula(c, sum, "a band of age", place);
}

static void make_slot(compiler_t *c, changing_t *quantity, const char *const *names, size_t n)
{
    quantity->slot = compile_add_slot(c, quantity->name, SLOT_DERIVED, names, n, quantity->place);
    if (quantity->slot == MODEL_NONE) return;
    int32_t d = builder_add_derived(c->model, 1), cuts = builder_add_reals(c->model, (int32_t)n - 1);
    for (size_t i = 1; i < n; i++) c->model->reals[cuts + (int32_t)i - 1] = (double)i - 0.5;
    model_formula_t now = compile_formula(c, expression_make(c, CODE_REGISTER, quantity->of, 0, NULL, NULL, NULL), quantity->name, quantity->place);
    c->model->derived[d] = (model_derived_t){.slot = quantity->slot, .value = now, .cuts = {cuts, (int32_t)n - 1}};
}

void passages_begin(compiler_t *c, changing_t *quantity)
{
    static const char *const keys[] = {"bands of", "from", "names", "before", NULL};
    const yaml_node_t *of = yaml_get(quantity->node, "bands of"), *from = yaml_get(quantity->node, "from"), *given = yaml_get(quantity->node, "names"),
                      *before = yaml_get(quantity->node, "before");
    const char *names[MODEL_MAX_LEVELS + 1];
    double limits[MODEL_MAX_LEVELS];
    size_t n = 0;

    if (!compile_keys(c, quantity->node, "bands of a time", keys)) return;
    bool is_since = of->kind == YAML_SCALAR && strncmp(of->text, SINCE, sizeof SINCE - 1) == 0;
    if (!is_since && (of->kind != YAML_SCALAR || strcmp(of->text, "age now") != 0 || c->model->settings.age == MODEL_NONE || before)) {
        diag_error(c->diag, of->place, "write `bands of: age now`, if people have an `age`, or `bands of: time since EVENT`", "`%s` has bands of nothing that goes on",
                   quantity->name);
        return;
    }
    if (!from || from->kind != YAML_SEQUENCE || !given || given->kind != YAML_SEQUENCE || from->count != given->count || from->count < 1
        || from->count >= MODEL_MAX_LEVELS || from->count + is_since < 2) {
        diag_error(c->diag, quantity->node->place, "write {bands of: age now, from: [0 years, 65 years], names: [younger, older]}",
                   "bands need `names` with as many lower limits in `from`");
        return;
    }
    if (is_since) names[n++] = before && before->kind == YAML_SCALAR ? before->text : "never";
    for (size_t i = 0; i < given->count; i++) names[n++] = given->items[i]->kind == YAML_SCALAR ? given->items[i]->text : "";
    if (!read_limits(c, from, limits)) return;
    quantity->of = expression_register(c, quantity->name, is_since ? 0 : first_band(c, limits, from->count, quantity->place));
    make_slot(c, quantity, names, n);
    quantity->is_right = quantity->slot != MODEL_NONE;
    fprintf(c->summary, "  %s: bands of %s\n", quantity->name, of->text);
}

static model_update_t becomes(compiler_t *c, const changing_t *quantity, size_t band)
{
    return (model_update_t){.target = quantity->of, .value = compile_formula(c, number(c, (double)band), quantity->name, quantity->place)};
}

/* The event by which people pass from `band` to the next one, on the date that `date` says. */
static void add_passage(compiler_t *c, const changing_t *quantity, size_t band, const expression_t *date)
{
    model_t *m = c->model;
    model_name_t name = builder_text(m, diag_format(c->diag, "%s: %s", quantity->name, model_level_name(m, quantity->slot, (int32_t)band + 1)));
    int32_t moment = builder_add_moments(m, 1), term = builder_add_terms(m, 1), clock = builder_add_clocks(m, 1);
    model_formula_t formula = compile_formula(c, date, quantity->name, quantity->place);

    m->moments[moment] = (model_moment_t){.name = name, .kind = MOMENT_TIMED, .test = MODEL_NONE, .strategy = MODEL_NONE};
    m->terms[term] = (model_term_t){.slot = quantity->slot, .levels = 1ull << band};
    m->clocks[clock] = (model_clock_t){.kind = CLOCK_DELAY, .scale = SCALE_DATE, .moment = moment, .process = m->settings.life, .enabled = {term, 1},
                                       .most = MODEL_NEVER, .test = MODEL_NONE, .strategy = MODEL_NONE, .formula = formula};
    expression_change(c, moment, becomes(c, quantity, band + 1));
}

void passages_end(compiler_t *c, const changing_t *quantity)
{
    const yaml_node_t *of = yaml_get(quantity->node, "bands of"), *from = yaml_get(quantity->node, "from");
    const bool is_since = strncmp(of->text, SINCE, sizeof SINCE - 1) == 0;
    double limits[MODEL_MAX_LEVELS];
    int32_t moment = MODEL_NONE;

    if (is_since && (moment = compile_moment(c, of->text + sizeof SINCE - 1, of->place)) == MODEL_NONE) return;
    if (!read_limits(c, from, limits)) return;
    if (is_since) expression_change(c, moment, becomes(c, quantity, 1));
    for (size_t i = 1; i < from->count; i++) {
        const expression_t *since = is_since ? expression_make(c, CODE_REGISTER, expression_count(c, moment, true), 0, NULL, NULL, NULL) : NULL;
        const expression_t *date = is_since ? compile_combine(c, ARITHMETIC_ADD, since, number(c, limits[i]))
                                            : compile_combine(c, ARITHMETIC_SUBTRACT, number(c, limits[i]), age_at_entry(c));
        add_passage(c, quantity, i - 1 + is_since, date);
    }
}
