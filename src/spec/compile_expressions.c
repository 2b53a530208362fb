/*
 * Expressions over people and their history: what names mean in them, and their way into programs. One language for all values: quantity.c reads
 * it, and what it leaves to be worked out per person becomes straight-line code here.
 */
#include "spec/compile_expressions.h"

#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_people.h"

enum { MOST_STEPS = 4096 };

const expression_t *expression_make(compiler_t *c, int32_t kind, int32_t index, double constant, const expression_t *a, const expression_t *b,
                                    const expression_t *z)
{
    expression_t *made = arena_take(c->arena, 1, sizeof *made);
    *made = (expression_t){.kind = kind, .index = index, .constant = constant, .operand = {a, b, z}};
    return made;
}

const expression_t *expression_table(compiler_t *c, model_table_t table)
{
    const int32_t t = builder_add_tables(c->model, 1);
    c->model->tables[t] = table;
    return expression_make(c, CODE_TABLE, t, 0, NULL, NULL, NULL);
}

const expression_t *expression_by_level(compiler_t *c, int32_t slot, const double *of_level)
{
    model_table_t table;
    if (!compile_make_table(c, &slot, slot != MODEL_NONE, 1, &table)) return NULL;
    const size_t n = slot != MODEL_NONE ? (size_t)compile_levels(c->model, slot) : 1;
    memcpy(c->model->reals + table.first, of_level, n * sizeof *of_level);
    return expression_table(c, table);
}

/* ---- names ---- */

typedef enum { NAME_NONE, NAME_PARAMETER, NAME_ATTRIBUTE, NAME_SLOT, NAME_QUANTITY, NAME_DEFINITION, NAME_COUNT, NAME_TIME_OF, NAME_TIME_SINCE,
               NAME_TIME, NAME_AGE_NOW } name_kind_t;

/* The longest name found so far. */
typedef struct {
    name_kind_t kind;
    size_t length;
    int32_t index;
} name_match_t;

static void consider(name_match_t *best, const char *text, const char *name, name_kind_t kind, int32_t index)
{
    size_t n = strlen(name);
    if (n > best->length && strncmp(text, name, n) == 0 && !quantity_is_word(text[n])) *best = (name_match_t){kind, n, index};
}

static bool is_named_moment(const model_t *m, int32_t i)
{
    const int32_t kind = m->moments[i].kind;
    return kind == MOMENT_TIMED || kind == MOMENT_IMMEDIATE || kind == MOMENT_ORDER || kind == MOMENT_RESULT;
}

/* How an expression calls a moment: tests are ordered and bring results. */
static const char *moment_name(compiler_t *c, int32_t i)
{
    const model_moment_t *moment = &c->model->moments[i];
    if (moment->kind != MOMENT_ORDER && moment->kind != MOMENT_RESULT) return model_text(c->model, moment->name);
    return diag_format(c->diag, "%s of %s", moment->kind == MOMENT_ORDER ? "order" : "result", model_text(c->model, c->model->tests[moment->test].name));
}

/* What is asked of an event, by the words before its name. */
typedef struct {
    const char *words;
    name_kind_t kind;
} event_form_t;

/* The form that a text begins with, or NULL. */
static const event_form_t *event_form(const char *text)
{
    static const event_form_t forms[] = {{"count of ", NAME_COUNT}, {"time of ", NAME_TIME_OF}, {"time since ", NAME_TIME_SINCE}};

    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
        if (strncmp(text, forms[f].words, strlen(forms[f].words)) == 0) return &forms[f];
    return NULL;
}

/* `count of EVENT` and the like. */
static void consider_events(compiler_t *c, name_match_t *best, const char *text, const event_form_t *form)
{
    const size_t n = strlen(form->words);

    for (int32_t i = 0; i < c->model->n_moments; i++) {
        if (!is_named_moment(c->model, i)) continue;
        name_match_t its = {.length = 0};
        consider(&its, text + n, moment_name(c, i), form->kind, i);
        if (its.length + n > best->length && its.length > 0) *best = (name_match_t){form->kind, its.length + n, i};
    }
}

static name_match_t find_longest(compiler_t *c, const char *text)
{
    const struct expressions *known = expressions_of(c);
    const struct people *people = people_of(c);
    const model_t *m = c->model;
    name_match_t best = {.length = compile_parameter_length(c, text)};

    if (best.length > 0) best.kind = NAME_PARAMETER;
    /* of equal names the first counts: with levels, a quantity has a slot of the same name, and so has an attribute */
    for (size_t q = 0; q < known->n_quantities; q++) consider(&best, text, known->quantities[q].name, NAME_QUANTITY, (int32_t)q);
    for (size_t d = 0; d < known->n_definitions; d++) consider(&best, text, known->definitions[d].name, NAME_DEFINITION, (int32_t)d);
    for (size_t a = 0; a < people->n_attributes; a++) consider(&best, text, people->attributes[a].name, NAME_ATTRIBUTE, (int32_t)a);
    for (int32_t s = 0; s < m->n_slots; s++) consider(&best, text, model_text(m, m->slots[s].name), NAME_SLOT, s);
    const event_form_t *form = event_form(text);
    if (form) consider_events(c, &best, text, form);
    else consider(&best, text, "time", NAME_TIME, 0); /* not the first word of an event that is not known */
    if (m->settings.age != MODEL_NONE) consider(&best, text, "age now", NAME_AGE_NOW, 0);
    return best;
}

/* What stands behind a name of a slot: `= LEVEL` or `!= LEVEL`. Returns the whole length, or 0 after reporting. */
static size_t take_level(compiler_t *c, int32_t slot, const char *text, size_t length, quantity_t *value)
{
    const model_t *m = c->model;
    const char *name = model_text(m, m->slots[slot].name), *at = text + length + strspn(text + length, " ");
    bool is_not = at[0] == '!' && at[1] == '=';
    name_match_t level = {.length = 0};

    if (is_not || *at == '=') {
        at += is_not ? 2 : 1;
        at += strspn(at, " ");
        for (int32_t l = 0; l < compile_levels(m, slot); l++) consider(&level, at, model_level_name(m, slot, l), NAME_SLOT, l);
    }
    if (level.length == 0) {
        diag_error(c->diag, expressions_of(c)->place, diag_format(c->diag, "write for example `%s = %s`, which is 1 if it is so and 0 if not", name,
                   model_level_name(m, slot, 0)), "`%s` has levels and is no number: it must be compared with one of them", name);
        return 0;
    }
    double is_so[MODEL_MAX_LEVELS];
    for (int32_t l = 0; l < MODEL_MAX_LEVELS; l++) is_so[l] = (l == level.index) != is_not;
    *value = (quantity_t){.code = expression_by_level(c, slot, is_so)};
    return (size_t)(at - text) + level.length;
}

static quantity_t number_value(compiler_t *c, int32_t number)
{
    return (quantity_t){.time = *model_text(c->model, c->model->numbers[number].unit) != '\0',
                        .code = expression_make(c, CODE_NUMBER, number, 0, NULL, NULL, NULL)};
}

/* An entry of `people`: a number, or one with levels. */
static size_t take_attribute(compiler_t *c, const char *text, const name_match_t *match, quantity_t *value)
{
    const char *name = people_of(c)->attributes[match->index].name;
    const attribute_t *attribute = people_attribute(c, name, people_of(c)->attributes[match->index].place);

    if (!attribute) return 0;
    if (attribute->number == MODEL_NONE) return take_level(c, attribute->slot, text, match->length, value);
    *value = number_value(c, attribute->number);
    return match->length;
}

static quantity_t register_value(compiler_t *c, int32_t of, int time, int money)
{
    return (quantity_t){.time = time, .money = money, .code = expression_make(c, CODE_REGISTER, of, 0, NULL, NULL, NULL)};
}

static quantity_t minute_value(compiler_t *c, arithmetic_t operation, quantity_t other)
{
    const expression_t *now = expression_make(c, CODE_MINUTE, 0, 0, NULL, NULL, NULL);
    if (!other.code) return (quantity_t){.time = 1, .code = now};
    return (quantity_t){.time = 1, .code = expression_make(c, CODE_ARITHMETIC + (int32_t)operation, 0, 0, now, other.code, NULL)};
}

static size_t find_name(void *context, const char *text, quantity_t *value, bool *is_wrong)
{
    compiler_t *c = context;
    struct expressions *known = expressions_of(c);
    const name_match_t match = find_longest(c, text);
    size_t length = match.length;
    quantity_names_t parameters;

    switch (match.kind) {
    case NAME_NONE: return 0;
    case NAME_PARAMETER:
        parameters = compile_parameter_names(c);
        return parameters.find(parameters.context, text, value, is_wrong);
    case NAME_ATTRIBUTE: length = take_attribute(c, text, &match, value); break;
    case NAME_SLOT: length = take_level(c, match.index, text, length, value); break;
    case NAME_QUANTITY: {
        const changing_t *q = &known->quantities[match.index];
        *value = register_value(c, q->of, q->start.time, q->start.money);
        if (!q->is_right) length = 0;
        break;
    }
    case NAME_DEFINITION:
        if (!expression_define(c, &known->definitions[match.index])) length = 0;
        *value = known->definitions[match.index].value;
        break;
    case NAME_COUNT: *value = register_value(c, expression_count(c, match.index, false), 0, 0); break;
    case NAME_TIME_OF: *value = register_value(c, expression_count(c, match.index, true), 1, 0); break;
    case NAME_TIME_SINCE:
        *value = minute_value(c, ARITHMETIC_SUBTRACT, register_value(c, expression_count(c, match.index, true), 1, 0));
        break;
    case NAME_TIME: *value = minute_value(c, ARITHMETIC_ADD, (quantity_t){0}); break;
    case NAME_AGE_NOW: *value = minute_value(c, ARITHMETIC_ADD, number_value(c, c->model->settings.age)); break;
    }
    *is_wrong = length == 0;
    return length;
}

static const char *nearest_name(void *context, const char *name)
{
    compiler_t *c = context;
    const struct expressions *known = expressions_of(c);
    const struct people *people = people_of(c);
    const quantity_names_t parameters = compile_parameter_names(c);
    const char **names = arena_take(c->arena, known->n_quantities + known->n_definitions + people->n_attributes + (size_t)c->model->n_moments + 2,
                                    sizeof *names);
    size_t n = 0;
    const char *nearest = parameters.nearest(parameters.context, name);

    if (nearest) return nearest;
    for (size_t i = 0; i < known->n_quantities; i++) names[n++] = known->quantities[i].name;
    for (size_t i = 0; i < known->n_definitions; i++) names[n++] = known->definitions[i].name;
    for (size_t i = 0; i < people->n_attributes; i++) names[n++] = people->attributes[i].name;
    const event_form_t *form = event_form(name);
    for (int32_t i = 0; form && i < c->model->n_moments; i++)
        if (is_named_moment(c->model, i)) names[n++] = diag_format(c->diag, "%s%s", form->words, moment_name(c, i));
    return diag_nearest(name, names, n);
}

bool compile_expression(compiler_t *c, const char *text, place_t place, quantity_t *out)
{
    const quantity_names_t names = {.find = find_name, .nearest = nearest_name, .context = c, .arena = c->arena};
    const place_t outer = expressions_of(c)->place;

    expressions_of(c)->place = place;
    bool is_good = quantity_parse(text, place, &c->units, &names, c->diag, out);
    expressions_of(c)->place = outer;
    return is_good;
}

bool expression_is_number(compiler_t *c, const char *key)
{
    const name_match_t match = find_longest(c, key);

    if (strcmp(key, "if") == 0) return true;
    if (match.length == 0 || key[match.length] != '\0') return false;
    if (match.kind != NAME_ATTRIBUTE) return match.kind != NAME_SLOT && match.kind != NAME_PARAMETER;
    return people_of(c)->attributes[match.index].number != MODEL_NONE;
}

/* ---- what may be read where ---- */

static const char *forbidden(const compiler_t *c, const expression_t *code, unsigned may)
{
    const model_t *m = c->model;

    if (code->kind == CODE_MINUTE && !(may & MAY_READ_TIME)) return "the time, which goes on all the while";
    if (code->kind == CODE_REGISTER && !(may & MAY_READ_HISTORY)) return model_text(m, m->registers[code->index].name);
    for (int32_t a = 0; code->kind == CODE_TABLE && a < m->tables[code->index].axes.count; a++) {
        const model_slot_t *slot = &m->slots[m->axes[m->tables[code->index].axes.first + a].slot];
        if (slot->kind == SLOT_OBSERVATION && !(may & MAY_READ_OBSERVATIONS)) return model_text(m, slot->name);
        if ((slot->kind == SLOT_PROCESS || slot->kind == SLOT_DERIVED) && !(may & MAY_READ_HISTORY)) return model_text(m, slot->name);
    }
    for (int k = 0; k < 3 && code->operand[k]; k++) {
        const char *found = forbidden(c, code->operand[k], may);
        if (found) return found;
    }
    return NULL;
}

bool compile_may_read(compiler_t *c, const expression_t *code, unsigned may, const char *text, place_t place)
{
    const char *found = code ? forbidden(c, code, may) : NULL;

    if (!found) return true;
    diag_error(c->diag, place, may & MAY_READ_HISTORY ? "let it depend on what changes at moments only: quantities, counts, states, `time of EVENT`"
               : "use attributes of people, which are fixed from entry on", "`%.100s` depends on %s, which cannot be asked for here", text, found);
    return false;
}

/* ---- programs ---- */

static int32_t count_steps(const expression_t *code)
{
    int32_t n = 1;
    for (int k = 0; k < 3 && code->operand[k] && n <= MOST_STEPS; k++) n += count_steps(code->operand[k]);
    return n;
}

static int32_t depth_of(const expression_t *code)
{
    int32_t depth = 1;
    for (int k = 0; k < 3 && code->operand[k]; k++) {
        int32_t its = k + depth_of(code->operand[k]);
        if (its > depth) depth = its;
    }
    return depth;
}

static void emit(model_t *m, const expression_t *code, int32_t to, int32_t *at)
{
    for (int k = 0; k < 3 && code->operand[k]; k++) emit(m, code->operand[k], to + k, at);
    m->code[(*at)++] = (model_code_t){.kind = code->kind, .to = to, .index = code->index, .constant = code->constant};
}

model_formula_t compile_formula(compiler_t *c, const expression_t *code, const char *text, place_t place)
{
    model_t *m = c->model;
    int32_t n = count_steps(code);

    if (n > MOST_STEPS || depth_of(code) > PROGRAM_MOST_TEMPORARIES) {
        diag_error(c->diag, place, "keep an interim result as a quantity, or make it simpler", "this expression is too large: `%.100s`", text);
        return 0;
    }
    int32_t at = builder_add_code(m, n), program = builder_add_programs(m, 1);
    m->programs[program].code = (model_span_t){at, n};
    emit(m, code, 0, &at);
    model_name_t name = builder_text(m, text);
    m->programs[program].text = name;
    return 1 + program;
}

const expression_t *compile_constant(compiler_t *c, double value)
{
    return expression_make(c, CODE_CONSTANT, 0, value, NULL, NULL, NULL);
}

const expression_t *compile_combine(compiler_t *c, int32_t operation, const expression_t *a, const expression_t *b)
{
    return expression_make(c, CODE_ARITHMETIC + operation, 0, 0, a, b, NULL);
}
