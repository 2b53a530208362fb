/*
 * Quantities that change, counts of events and times of them: registers, what updates them, and the slots that follow from them. Updates
 * wait until all parts have said what they need; then every moment gets its own, in one order: what is counted, what `quantities` says, what
 * events and rules set.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "model/program.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"
#include "spec/compile_people.h"

/* The minute of what has never happened: a million years ago, so that times since it are longer than anything on record. */
#define NEVER_YEARS -1e6

/* Values that a decimal only nearly is are at their level. */
#define LEVEL_TOLERANCE 1e-9

enum { ORDER_COUNTS, ORDER_SECTION, ORDER_SET };

/* ---- names ---- */

static bool is_section(compiler_t *c, const yaml_node_t *section, const char *name)
{
    if (!section || (section->kind == YAML_SCALAR && !*section->text)) return false;
    if (section->kind == YAML_MAPPING) return true;
    diag_error(c->diag, section->place, diag_format(c->diag, "write %s: {NAME: ...}", name), "`%s` is not a mapping", name);
    return false;
}

struct expressions *expressions_of(compiler_t *c)
{
    const yaml_node_t *quantities = yaml_get(c->root, "quantities"), *definitions = yaml_get(c->root, "definitions");

    if (c->expressions) return c->expressions;
    struct expressions *e = c->expressions = arena_take(c->arena, 1, sizeof *e);
    if (is_section(c, quantities, "quantities")) {
        e->quantities = arena_take(c->arena, quantities->count, sizeof *e->quantities);
        for (size_t i = 0; i < quantities->count; i++)
            e->quantities[e->n_quantities++] = (changing_t){.name = quantities->pairs[i].key, .place = quantities->pairs[i].place,
                                                            .node = quantities->pairs[i].value, .of = MODEL_NONE, .slot = MODEL_NONE};
    }
    if (is_section(c, definitions, "definitions")) {
        e->definitions = arena_take(c->arena, definitions->count, sizeof *e->definitions);
        for (size_t i = 0; i < definitions->count; i++)
            e->definitions[e->n_definitions++] = (definition_t){.name = definitions->pairs[i].key, .place = definitions->pairs[i].place,
                                                                .node = definitions->pairs[i].value};
    }
    return e;
}

changing_t *expression_quantity(compiler_t *c, const char *name)
{
    struct expressions *e = expressions_of(c);
    for (size_t q = 0; q < e->n_quantities; q++)
        if (strcmp(e->quantities[q].name, name) == 0) return &e->quantities[q];
    return NULL;
}

bool expression_define(compiler_t *c, definition_t *definition)
{
    if (definition->state == DEFINITION_STARTED) {
        diag_error(c->diag, definition->place, "give one of them a value of its own", "`%s` depends on itself", definition->name);
        definition->state = DEFINITION_WRONG;
    }
    if (definition->state != DEFINITION_UNSEEN) return definition->state == DEFINITION_DONE;
    definition->state = DEFINITION_STARTED;
    bool is_good = definition->node->kind == YAML_SCALAR;
    if (!is_good) diag_error(c->diag, definition->node->place, "write NAME: EXPRESSION, or NAME: {time in: {PROCESS: [STATE]}}, or with cycles NAME: "
                             "{cycles in: {PROCESS: [STATE]}}, which are known to events and payoffs only", "the definition `%s` is not an expression", definition->name);
    is_good = is_good && compile_expression(c, definition->node->text, definition->node->place, &definition->value);
    if (definition->state == DEFINITION_STARTED) definition->state = is_good ? DEFINITION_DONE : DEFINITION_WRONG;
    return definition->state == DEFINITION_DONE;
}

/* ---- registers ---- */

int32_t expression_register(compiler_t *c, const char *name, model_formula_t start)
{
    model_name_t text = builder_text(c->model, name);
    int32_t r = builder_add_registers(c->model, 1);
    c->model->registers[r] = (model_register_t){.name = text, .start = start};
    return r;
}

static void add_update(compiler_t *c, int32_t moment, int32_t order, model_update_t update)
{
    struct expressions *e = expressions_of(c);
    e->updates = compile_grow(c, e->updates, e->n_updates, sizeof *e->updates);
    e->updates[e->n_updates++] = (pending_update_t){.moment = moment, .order = order, .update = update};
}

void expression_counting(compiler_t *c, int32_t moment, model_update_t update) { add_update(c, moment, ORDER_COUNTS, update); }

void expression_change(compiler_t *c, int32_t moment, model_update_t update) { add_update(c, moment, ORDER_SECTION, update); }

void expression_update(compiler_t *c, int32_t moment, model_update_t update) { add_update(c, moment, ORDER_SET, update); }

static const expression_t *register_now(compiler_t *c, int32_t r) { return expression_make(c, CODE_REGISTER, r, 0, NULL, NULL, NULL); }

int32_t expression_count(compiler_t *c, int32_t moment, bool is_time)
{
    struct expressions *e = expressions_of(c);
    for (size_t i = 0; i < e->n_counts; i++)
        if (e->counts[i].moment == moment && e->counts[i].is_time == is_time) return e->counts[i].of;

    const char *name = diag_format(c->diag, "%s of %s", is_time ? "time" : "count", model_text(c->model, c->model->moments[moment].name));
    model_formula_t never = is_time ? compile_formula(c, compile_constant(c, NEVER_YEARS * c->units.minutes_per_year), "never", (place_t){0}) : 0;
    int32_t r = expression_register(c, name, never);
    e->counts = compile_grow(c, e->counts, e->n_counts, sizeof *e->counts);
    e->counts[e->n_counts++] = (count_t){.moment = moment, .of = r, .is_time = is_time};
    const expression_t *now = is_time ? expression_make(c, CODE_MINUTE, 0, 0, NULL, NULL, NULL)
                                      : compile_combine(c, ARITHMETIC_ADD, register_now(c, r), compile_constant(c, 1));
    add_update(c, moment, ORDER_COUNTS, (model_update_t){.target = r, .value = compile_formula(c, now, name, (place_t){0})});
    return r;
}

/* ---- quantities ---- */

static bool read_like(compiler_t *c, const changing_t *quantity, const yaml_node_t *node, const char *what, quantity_t *out)
{
    if (!node || node->kind != YAML_SCALAR) {
        diag_error(c->diag, node ? node->place : quantity->place, "write a number or an expression", "%s of `%s` is missing", what, quantity->name);
        return false;
    }
    if (!compile_expression(c, node->text, node->place, out)) return false;
    if (out->time == quantity->start.time && out->money == quantity->start.money) return true;
    diag_error(c->diag, node->place, "give it the unit of its start value", "`%.100s` is %s, but `%s` is %s", node->text,
               quantity_dimension(out->time, out->money), quantity->name, quantity_dimension(quantity->start.time, quantity->start.money));
    return false;
}

static const expression_t *code_of(compiler_t *c, const quantity_t *value)
{
    return value->code ? value->code : compile_constant(c, value->value);
}

/* One of the values that the quantity can have. */
typedef struct {
    double value;
    const char *name;
} level_t;

static int by_value(const void *a, const void *b)
{
    const level_t *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* `levels: [...]` -> a slot of the quantity's name, its levels in ascending order; a value between two counts as the lower. */
static bool make_levels(compiler_t *c, changing_t *quantity, const yaml_node_t *node)
{
    level_t level[MODEL_MAX_LEVELS];
    const char *names[MODEL_MAX_LEVELS];
    size_t n = compile_count(node);

    if (n < 2 || n > MODEL_MAX_LEVELS) {
        diag_error(c->diag, node->place, diag_format(c->diag, "write a list of 2 to %d values", MODEL_MAX_LEVELS), "`%s` has %zu levels", quantity->name, n);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(node, i);
        quantity_t value;
        if (!read_like(c, quantity, item, "a level", &value)) return false;
        if (value.code) {
            diag_error(c->diag, item->place, "write a number", "a level of `%s` depends on people", quantity->name);
            return false;
        }
        level[i] = (level_t){value.value, item->text};
    }
    qsort(level, n, sizeof *level, by_value);
    for (size_t i = 0; i < n; i++) names[i] = level[i].name;
    quantity->slot = compile_add_slot(c, quantity->name, SLOT_DERIVED, names, n, quantity->place);
    if (quantity->slot == MODEL_NONE) return false;
    int32_t d = builder_add_derived(c->model, 1), cuts = builder_add_reals(c->model, (int32_t)n - 1);
    for (size_t i = 1; i < n; i++)
        c->model->reals[cuts + (int32_t)i - 1] = level[i].value - LEVEL_TOLERANCE * fmax(fabs(level[i].value), fabs(level[i].value - level[i - 1].value));
    model_formula_t now = compile_formula(c, register_now(c, quantity->of), quantity->name, quantity->place);
    c->model->derived[d] = (model_derived_t){.slot = quantity->slot, .value = now, .cuts = {cuts, (int32_t)n - 1}};
    return true;
}

static void begin_quantity(compiler_t *c, changing_t *quantity)
{
    static const char *const keys[] = {"start", "levels", "add", "set", NULL};
    if (yaml_get(quantity->node, "bands of")) {
        passages_begin(c, quantity);
        return;
    }
    const yaml_node_t *start = yaml_get(quantity->node, "start"), *levels = yaml_get(quantity->node, "levels");

    if (!compile_keys(c, quantity->node, diag_format(c->diag, "the quantity `%s`", quantity->name), keys)) return;
    if (model_find_slot(c->model, quantity->name) != MODEL_NONE || compile_parameter_length(c, quantity->name) == strlen(quantity->name)) {
        diag_error(c->diag, quantity->place, "give one of them another name", "there are two things called `%s`", quantity->name);
        return;
    }
    if (!start) {
        diag_error(c->diag, quantity->place, "add start: 0, for example", "the quantity `%s` has no `start`", quantity->name);
        return;
    }
    quantity_t value;
    if (start->kind != YAML_SCALAR || !compile_expression(c, start->text, start->place, &value)) {
        if (start->kind != YAML_SCALAR) diag_error(c->diag, start->place, "write a number or an expression", "the start of `%s` is no value", quantity->name);
        return;
    }
    if (!compile_may_read(c, value.code, 0, start->text, start->place)) return;
    quantity->start = value;
    quantity->of = expression_register(c, quantity->name, compile_formula(c, code_of(c, &value), start->text, start->place));
    quantity->is_right = !levels || make_levels(c, quantity, levels);
    fprintf(c->summary, "  %s: starts at %s", quantity->name, start->text);
    if (quantity->slot != MODEL_NONE) fprintf(c->summary, "; %d levels", compile_levels(c->model, quantity->slot));
    fputc('\n', c->summary);
}

void compile_quantities(compiler_t *c)
{
    struct expressions *e = expressions_of(c);

    if (e->n_quantities > 0) fputs("quantities\n", c->summary);
    for (size_t q = 0; q < e->n_quantities; q++) begin_quantity(c, &e->quantities[q]);
    compile_durations(c);
}

/* {event: EVENT, amount: VALUE} or {event: EVENT, to: VALUE}; the event may be a list. */
static void read_change(compiler_t *c, const changing_t *quantity, const yaml_node_t *node, bool is_sum)
{
    const char *key = is_sum ? "amount" : "to";
    const char *const keys[] = {"event", key, NULL};
    const yaml_node_t *event = yaml_get(node, "event"), *amount = yaml_get(node, key);
    quantity_t value;

    if (!compile_keys(c, node, diag_format(c->diag, "`%s` of a quantity", is_sum ? "add" : "set"), keys)) return;
    if (!event) {
        diag_error(c->diag, node->place, diag_format(c->diag, "write {event: EVENT, %s: VALUE}", key), "`event` is missing");
        return;
    }
    if (!read_like(c, quantity, amount, is_sum ? "the amount" : "the new value", &value)) return;
    if (!compile_may_read(c, value.code, MAY_READ_HISTORY | MAY_READ_TIME, amount->text, amount->place)) return;
    const expression_t *code = code_of(c, &value);
    if (is_sum) code = compile_combine(c, ARITHMETIC_ADD, register_now(c, quantity->of), code);
    model_formula_t formula = compile_formula(c, code, amount->text, amount->place);
    for (size_t i = 0; i < compile_count(event); i++) {
        const yaml_node_t *item = compile_item(event, i);
        const char *name = compile_name(c, item, "an event");
        int32_t moment = name ? compile_moment(c, name, item->place) : MODEL_NONE;
        if (moment != MODEL_NONE && formula) add_update(c, moment, ORDER_SECTION, (model_update_t){.target = quantity->of, .value = formula});
    }
}

void compile_quantity_changes(compiler_t *c)
{
    struct expressions *e = expressions_of(c);

    for (size_t q = 0; q < e->n_quantities; q++) {
        const changing_t *quantity = &e->quantities[q];
        const yaml_node_t *add = yaml_get(quantity->node, "add"), *set = yaml_get(quantity->node, "set");
        if (!quantity->is_right) continue;
        if (yaml_get(quantity->node, "bands of")) {
            passages_end(c, quantity);
            continue;
        }
        for (size_t i = 0; add && i < compile_count(add); i++) read_change(c, quantity, compile_item(add, i), true);
        for (size_t i = 0; set && i < compile_count(set); i++) read_change(c, quantity, compile_item(set, i), false);
    }
    for (size_t d = 0; d < e->n_definitions; d++) {
        bool is_new = e->definitions[d].state == DEFINITION_UNSEEN;
        if (expression_define(c, &e->definitions[d]) || !is_new) continue;
    }
}

bool expression_set(compiler_t *c, const changing_t *quantity, const yaml_node_t *node, model_update_t *out)
{
    quantity_t value;

    if (!quantity->is_right || !read_like(c, quantity, node, "the new value", &value)) return false;
    if (!compile_may_read(c, value.code, MAY_READ_HISTORY | MAY_READ_TIME, node->text, node->place)) return false;
    if (quantity->slot != MODEL_NONE && !value.code && compile_level(c, quantity->slot, node->text, node->place) == MODEL_NONE) return false;
    *out = (model_update_t){.target = quantity->of, .value = compile_formula(c, code_of(c, &value), node->text, node->place)};
    return out->value != 0;
}

static int by_moment(const void *a, const void *b)
{
    const pending_update_t *x = *(const pending_update_t *const *)a, *y = *(const pending_update_t *const *)b;
    if (x->moment != y->moment) return x->moment < y->moment ? -1 : 1;
    if (x->order != y->order) return x->order < y->order ? -1 : 1;
    return (x > y) - (x < y);
}

void compile_updates(compiler_t *c)
{
    struct expressions *e = expressions_of(c);
    model_t *m = c->model;
    compile_duration_ends(c);
    const pending_update_t **sorted = arena_take(c->arena, e->n_updates + 1, sizeof *sorted);

    for (size_t i = 0; i < e->n_updates; i++) sorted[i] = &e->updates[i];
    if (e->n_updates) qsort(sorted, e->n_updates, sizeof *sorted, by_moment);
    int32_t first = builder_add_updates(m, (int32_t)e->n_updates);
    for (size_t i = 0; i < e->n_updates; i++) {
        model_span_t *span = &m->moments[sorted[i]->moment].updates;
        m->updates[first + (int32_t)i] = sorted[i]->update;
        if (!span->count++) span->first = first + (int32_t)i;
    }
}

/* ---- conditions on numbers ---- */

const expression_t *expression_truth(compiler_t *c, const yaml_pair_t *pair)
{
    static const char *const words[][2] = {{"at least ", ">="}, {"at most ", "<="}, {"more than ", ">"}, {"less than ", "<"}, {"not ", "!="}, {"", "="}};
    quantity_t value;
    size_t w = 0;

    if (pair->value->kind != YAML_SCALAR) {
        diag_error(c->diag, pair->value->place, "write for example `at least 2`", "`%s` is a number: say what it must be", pair->key);
        return NULL;
    }
    const char *text = pair->value->text;
    while (strncmp(text, words[w][0], strlen(words[w][0])) != 0) w++;
    const char *whole = strcmp(pair->key, "if") == 0 ? text : diag_format(c->diag, "%s %s %s", pair->key, words[w][1], text + strlen(words[w][0]));
    if (!compile_expression(c, whole, pair->value->place, &value)) return NULL;
    if (value.time == 0 && value.money == 0) return code_of(c, &value);
    diag_error(c->diag, pair->value->place, "compare it with something, for example `dose > 50 %`", "`%.100s` is %s, which is neither true nor false",
               whole, quantity_dimension(value.time, value.money));
    return NULL;
}

static bool is_same(const model_t *m, model_formula_t a, model_formula_t b)
{
    const model_span_t x = m->programs[a - 1].code, y = m->programs[b - 1].code;
    return x.count == y.count && memcmp(m->code + x.first, m->code + y.first, (size_t)x.count * sizeof *m->code) == 0;
}

int32_t expression_slot(compiler_t *c, const expression_t *code, const char *text, place_t place)
{
    static const char *const levels[] = {"no", "yes"};
    model_t *m = c->model;
    model_formula_t formula = compile_formula(c, code, text, place);

    if (!formula) return MODEL_NONE;
    for (int32_t d = 0; d < m->n_derived; d++)
        if (is_same(m, m->derived[d].value, formula) && m->derived[d].cuts.count == 1) return m->derived[d].slot;
    const char *name = diag_format(c->diag, "%s (condition %d)", text, m->n_derived + 1);
    int32_t slot = compile_add_slot(c, name, SLOT_DERIVED, levels, 2, place);
    if (slot == MODEL_NONE) return MODEL_NONE;
    m->slots[slot].is_reported = 0;
    int32_t d = builder_add_derived(m, 1), cut = builder_add_reals(m, 1);
    m->reals[cut] = 0.5;
    m->derived[d] = (model_derived_t){.slot = slot, .value = formula, .cuts = {cut, 1}};
    return slot;
}

bool expression_is_number_hidden(const compiler_t *c, int32_t number)
{
    const model_t *m = c->model;
    if (people_is_score(c, number)) return true;
    for (int32_t i = 0; i < m->n_steps; i++)
        if (m->steps[i].kind == STEP_FORMULA && m->steps[i].to == number) return expression_is_hidden(c, m->steps[i].formula);
    return false;
}

bool expression_is_hidden(const compiler_t *c, model_formula_t formula)
{
    const model_t *m = c->model;
    const model_span_t code = m->programs[formula - 1].code;

    for (int32_t i = 0; i < code.count; i++) {
        const model_code_t *step = &m->code[code.first + i];
        if (step->kind == CODE_NUMBER && expression_is_number_hidden(c, step->index)) return true;
        for (int32_t a = 0; step->kind == CODE_TABLE && a < m->tables[step->index].axes.count; a++)
            if (compile_is_hidden(c, m->axes[m->tables[step->index].axes.first + a].slot)) return true;
    }
    return false;
}
