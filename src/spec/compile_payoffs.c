/*
 * Payoffs: what events and states cost and what health they mean, and what tests cost -> cells, lumps, flows and spells.
 * Cells of one outcome stand next to each other, so one outcome is finished before the next begins.
 */
#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_events.h"

static const unsigned who_and_what = CONDITION_ATTRIBUTES | CONDITION_PROCESSES;

/* Nothing that is meant comes near: it is what the grids of the ledger can hold in any case. */
#define UTILITY_MOST 1000.0
#define COST_MOST 1e13

/* One item of `payoffs`, and the outcome it belongs to. */
typedef struct {
    compiler_t *c;
    const yaml_node_t *node;
    int32_t outcome;
    bool is_money;
} item_t;

/* ---- cells and names ---- */

/* The cell of this name in the outcome that is being filled; made if it is new. */
static int32_t find_cell(compiler_t *c, int32_t outcome, const char *name)
{
    model_t *m = c->model;
    model_span_t *cells = &m->outcomes[outcome].cells;
    for (int32_t i = cells->first; i < cells->first + cells->count; i++)
        if (!strcmp(model_text(m, m->cells[i].name), name)) return i;
    model_name_t text = builder_text(m, name);
    int32_t cell = builder_add_cells(m, 1);
    INVARIANT(!cells->count || cells->first + cells->count == cell, "cells of outcome %d are apart", outcome);
    m->cells[cell] = (model_cell_t){text, outcome};
    if (!cells->count++) cells->first = cell;
    return cell;
}

/* "a", "a or b": a scalar or a list of them. */
static const char *list_words(compiler_t *c, const yaml_node_t *node, const char *between)
{
    const char *words = "";
    for (size_t i = 0; i < compile_count(node); i++) {
        const yaml_node_t *item = compile_item(node, i);
        const char *text = item->kind == YAML_SCALAR ? item->text : "?";
        words = i ? diag_format(c->diag, "%s%s%s", words, between, text) : text;
    }
    return words;
}

/* "harm survivor", "drug standard or alternate, harm none", "infarction". */
static const char *item_words(compiler_t *c, const yaml_node_t *node)
{
    const yaml_node_t *event = yaml_get(node, "event"), *during = yaml_get(node, "while");
    if (event) return list_words(c, event, ", ");
    const char *words = "always";
    for (size_t i = 0; during && during->kind == YAML_MAPPING && i < during->count; i++) {
        const char *levels = list_words(c, during->pairs[i].value, " or ");
        words = i ? diag_format(c->diag, "%s, %s %s", words, during->pairs[i].key, levels)
                  : diag_format(c->diag, "%s %s", during->pairs[i].key, levels);
    }
    return words;
}

static bool item_cell(const item_t *item, int32_t *cell)
{
    compiler_t *c = item->c;
    const yaml_node_t *given = yaml_get(item->node, item->is_money ? "category" : "name");
    const char *name = given ? compile_name(c, given, item->is_money ? "the category" : "the name of the item") : item_words(c, item->node);
    if (!name) return false;
    *cell = find_cell(c, item->outcome, name);
    return true;
}

/* ---- values ---- */

static const unsigned at_a_moment = MAY_READ_HISTORY | MAY_READ_TIME;

static const char *text_of(const yaml_node_t *node) { return node->kind == YAML_SCALAR ? node->text : "values by levels"; }

/* A number by levels, or, where it depends on more, a formula. */
static bool look_up(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, model_table_t *table, model_formula_t *formula)
{
    const expression_t *code;

    *formula = 0;
    if (!compile_lookup_code(c, node, kind, who_and_what, may, table, &code)) return false;
    return !code || (*formula = compile_formula(c, code, text_of(node), node->place)) != 0;
}

static void describe_value(compiler_t *c, const model_table_t *table, model_formula_t formula, double factor, const char *unit)
{
    if (formula) fputs(model_text(c->model, c->model->programs[formula - 1].text), c->summary);
    else compile_describe_table(c, table, factor, unit);
}

/* The number of the table that is the furthest from 0. */
static double largest(const model_t *m, const model_table_t *table)
{
    double most = 0;
    for (int32_t r = 0; r < compile_table_rows(m, table); r++) most = fmax(most, fabs(m->reals[table->first + r]));
    return most;
}

/* A utility that nothing else lowers can be at most 1. What is far from that is in the wrong unit. */
static bool check_utility(const item_t *item, const yaml_node_t *value, const model_table_t *table)
{
    const model_t *m = item->c->model;
    if (largest(m, table) > UTILITY_MOST) {
        diag_error(item->c->diag, value->place, "full health is 1, and a loss is at most a few times that", "the utility of `%s` is %g",
                   item_words(item->c, item->node), largest(m, table));
        return false;
    }
    for (int32_t r = 0; r < compile_table_rows(m, table); r++) {
        if (m->reals[table->first + r] <= 1) continue;
        diag_warn(item->c->diag, value->place, "full health is 1", "the utility of `%s` is above 1", item_words(item->c, item->node));
        break;
    }
    return true;
}

/* Whether money of this size, once or in a day, can be part of what a person may cost. */
static bool check_money(compiler_t *c, const yaml_node_t *value, const model_table_t *table, const char *period)
{
    const model_outcome_t *cost = &c->model->outcomes[c->model->settings.cost];
    double most = ldexp(1, 31 - cost->coarse_bits), found = largest(c->model, table) * (*period ? 1440 : 1);
    if (found < most) return true;
    diag_error(c->diag, value->place, found < COST_MOST ? diag_format(c->diag, "if it is meant, add `largest cost per person: %.1g %s`", 10 * found, c->units.currency)
               : "write a smaller one, or count in a larger unit", "%g %s%s is more than a person may cost (%.3g)", found, c->units.currency, period, most);
    return false;
}

static const yaml_node_t *need(const item_t *item, const char *key, const char *right)
{
    const yaml_node_t *value = yaml_get(item->node, key);
    if (!value) diag_error(item->c->diag, item->node->place, right, "`%s` is missing", key);
    return value;
}

/* Results are by category; who pays is read and told, and that is all. */
static void describe_payer(compiler_t *c, const yaml_node_t *node)
{
    const yaml_node_t *payer = yaml_get(node, "payer");
    const char *name = payer ? compile_name(c, payer, "the payer") : NULL;
    if (name) fprintf(c->summary, "; payer %s (results are by category only)", name);
}

/* ---- rates while something holds ---- */

static bool add_flow(const item_t *item)
{
    static const char *const money_keys[] = {"while", "rate", "category", "payer", NULL}, *const health_keys[] = {"while", "utility", "name", NULL};
    compiler_t *c = item->c;
    model_t *m = c->model;
    const char *right = item->is_money ? "add rate: 3 USD per day, for example" : "add utility: 0.8, for example";
    if (!compile_keys(c, item->node, item->is_money ? "a cost with `while`" : "a utility with `while`", item->is_money ? money_keys : health_keys))
        return false;
    const yaml_node_t *value = need(item, item->is_money ? "rate" : "utility", right);
    model_flow_t flow = {.cell = MODEL_NONE};
    bool is_right = compile_condition(c, yaml_get(item->node, "while"), who_and_what, &flow.condition) && value &&
                    look_up(c, value, item->is_money ? VALUE_MONEY_RATE : VALUE_NUMBER, MAY_READ_HISTORY, &flow.rate, &flow.formula);
    is_right = is_right && (item->is_money ? check_money(c, value, &flow.rate, " a day") : check_utility(item, value, &flow.rate));
    if (!is_right || !item_cell(item, &flow.cell)) return false;
    int32_t at = builder_add_flows(m, 1);
    m->flows[at] = flow;
    fprintf(c->summary, "  %s: ", model_text(m, m->cells[flow.cell].name));
    describe_value(c, &flow.rate, flow.formula, item->is_money ? 1440 : 1, item->is_money ? " a day" : "");
    fprintf(c->summary, " while %s", item_words(c, item->node));
    describe_payer(c, item->node);
    fprintf(c->summary, "\n");
    return true;
}

/* ---- amounts and spells at events ---- */

static bool find_moments(compiler_t *c, const yaml_node_t *node, model_span_t *out)
{
    *out = (model_span_t){c->model->n_indices, 0};
    if (!node) return true;
    bool is_right = true;
    int32_t n = (int32_t)compile_count(node);
    *out = (model_span_t){builder_add_indices(c->model, n), n};
    for (int32_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(node, (size_t)i);
        const char *name = compile_name(c, item, "an event");
        int32_t moment = name ? compile_moment(c, name, item->place) : MODEL_NONE;
        is_right &= moment != MODEL_NONE;
        c->model->indices[out->first + i] = moment;
    }
    return is_right;
}

/* One of the words, or 0 if there is no node; -1 after reporting. */
static int find_word(compiler_t *c, const yaml_node_t *node, const char *key, const char *const *words, int n, const char *right)
{
    if (!node) return 0;
    for (int i = 0; i < n; i++)
        if (node->kind == YAML_SCALAR && !strcmp(node->text, words[i])) return i;
    diag_error(c->diag, node->place, right, "`%s` is wrong", key);
    return -1;
}

static void add_lumps(compiler_t *c, model_span_t moments, int32_t cell, const model_table_t *amount, model_formula_t formula)
{
    model_t *m = c->model;
    int32_t first = builder_add_lumps(m, moments.count);
    for (int32_t i = 0; i < moments.count; i++) m->lumps[first + i] = (model_lump_t){.moment = m->indices[moments.first + i], .cell = cell, .amount = *amount, .formula = formula};
}

static void add_spells(compiler_t *c, model_span_t moments, model_spell_t spell)
{
    model_t *m = c->model;
    int32_t first = builder_add_spells(m, moments.count);
    for (int32_t i = 0; i < moments.count; i++) {
        m->spells[first + i] = spell;
        m->spells[first + i].moment = m->indices[moments.first + i];
    }
}

/* {event:, amount:, spread:, if dead:}: a lump, or a rate for a time that adds up to the amount. */
static bool add_amount(const item_t *item)
{
    static const char *const keys[] = {"event", "amount", "category", "payer", "spread", "if dead", NULL}, *const fates[] = {"stop", "pay"};
    compiler_t *c = item->c;
    model_t *m = c->model;
    if (!compile_keys(c, item->node, "a cost with `event`", keys)) return false;
    const yaml_node_t *amount = need(item, "amount", "add amount: 100 USD, for example"), *spread = yaml_get(item->node, "spread"),
                      *fate_node = yaml_get(item->node, "if dead");
    int fate = find_word(c, fate_node, "if dead", fates, 2, "write stop or pay");
    if (fate_node && !spread)
        diag_error(c->diag, fate_node->place, "leave it out, or add `spread: TIME`", "an amount that is paid at once cannot stop");
    model_spell_t spell = {.is_paid_on = fate == 1, .repeats = REPEAT_STACK, .until = {m->n_indices, 0}};
    model_table_t table;
    model_formula_t formula = 0;
    model_span_t moments;
    const expression_t *code = NULL;
    bool is_right = find_moments(c, yaml_get(item->node, "event"), &moments);
    is_right &= amount && compile_lookup_code(c, amount, VALUE_MONEY, who_and_what, at_a_moment, &table, &code) && check_money(c, amount, &table, "");
    is_right &= !spread || compile_minutes(c, spread, 1, &spell.minutes);
    if (is_right && code) {
        if (spread) code = compile_combine(c, ARITHMETIC_DIVIDE, code, compile_constant(c, spell.minutes));
        is_right = (formula = compile_formula(c, code, text_of(amount), amount->place)) != 0;
    }
    if (!is_right || fate < 0 || !item_cell(item, &spell.cell)) return false;
    fprintf(c->summary, "  %s: ", model_text(m, m->cells[spell.cell].name));
    describe_value(c, &table, formula, 1, "");
    fprintf(c->summary, " at %s", item_words(c, item->node));
    if (spread) {
        for (int32_t r = 0; r < compile_table_rows(m, &table); r++) m->reals[table.first + r] /= spell.minutes;
        spell.rate = table;
        spell.formula = formula;
        add_spells(c, moments, spell);
        fprintf(c->summary, ", spread over %.6g days, %s", spell.minutes / 1440.0, fate ? "also after death" : "until death");
    } else {
        add_lumps(c, moments, spell.cell, &table, formula);
        fprintf(c->summary, ", at once");
    }
    describe_payer(c, item->node);
    fprintf(c->summary, "\n");
    return true;
}

/* {event:, utility:, for:, until:, repeats:} */
static bool add_spell(const item_t *item)
{
    static const char *const keys[] = {"event", "utility", "for", "until", "repeats", "name", NULL}, *const words[] = {"stack", "replace", "extend"};
    compiler_t *c = item->c;
    model_t *m = c->model;
    if (yaml_get(item->node, "amount")) {
        diag_error(c->diag, yaml_get(item->node, "amount")->place, "write utility: -0.1 with for: 1 month, or for: life",
                   "health is lost over time, not at once");
        return false;
    }
    if (!compile_keys(c, item->node, "a utility with `event`", keys)) return false;
    const yaml_node_t *utility = need(item, "utility", "add utility: -0.1, for example"), *until = yaml_get(item->node, "until"),
                      *duration = need(item, "for", "say how long the utility lasts: for: 1 month, or for: life");
    model_spell_t spell = {.minutes = MODEL_NEVER};
    model_span_t moments;
    spell.repeats = find_word(c, yaml_get(item->node, "repeats"), "repeats", words, 3, "write stack, replace or extend");
    bool is_life = duration && duration->kind == YAML_SCALAR && !strcmp(duration->text, "life");
    bool is_right = find_moments(c, yaml_get(item->node, "event"), &moments);
    is_right &= find_moments(c, until, &spell.until);
    is_right &= utility && look_up(c, utility, VALUE_NUMBER, at_a_moment, &spell.rate, &spell.formula) && check_utility(item, utility, &spell.rate);
    is_right &= duration && (is_life || compile_minutes(c, duration, 1, &spell.minutes));
    if (!is_right || spell.repeats < 0 || !item_cell(item, &spell.cell)) return false;
    add_spells(c, moments, spell);
    fprintf(c->summary, "  %s: ", model_text(m, m->cells[spell.cell].name));
    describe_value(c, &spell.rate, spell.formula, 1, "");
    fprintf(c->summary, " from %s on ", item_words(c, item->node));
    if (is_life) fprintf(c->summary, "for life");
    else fprintf(c->summary, "for %.6g days", spell.minutes / 1440.0);
    if (until) fprintf(c->summary, " or until %s", list_words(c, until, " or "));
    fprintf(c->summary, "; a second one %s\n", spell.repeats == REPEAT_STACK ? "adds to the first" : spell.repeats == REPEAT_REPLACE
            ? "takes its place" : "prolongs it");
    return true;
}

/* ---- outcomes ---- */

static void add_item(const item_t *item)
{
    compiler_t *c = item->c;
    const yaml_node_t *event = yaml_get(item->node, "event"), *during = yaml_get(item->node, "while");
    if (item->node->kind != YAML_MAPPING || !event == !during) {
        diag_error(c->diag, item->node->place, item->is_money ? "write {event: EVENT, amount: MONEY} or {while: {PROCESS: STATE}, rate: MONEY per TIME}"
                   : "write {while: {PROCESS: STATE}, utility: NUMBER} or {event: EVENT, utility: NUMBER, for: TIME}",
                   event ? "a payoff has both `event` and `while`" : "a payoff has neither `event` nor `while`");
        return;
    }
    if (during) (void)add_flow(item);
    else if (item->is_money) (void)add_amount(item);
    else (void)add_spell(item);
}

static void set_floor(compiler_t *c, int32_t outcome, const yaml_node_t *node)
{
    double floor;
    if (!compile_value(c, node, VALUE_NUMBER, &floor)) return;
    if (fabs(floor) > UTILITY_MOST) {
        diag_error(c->diag, node->place, "full health is 1, and death is 0", "the floor of utilities is %g", floor);
        return;
    }
    int32_t before = c->model->outcomes[outcome].cells.count, cell = find_cell(c, outcome, "floor");
    if (c->model->outcomes[outcome].cells.count == before)
        diag_error(c->diag, node->place, "give the item another name", "an item is called `floor`, as is what the floor adds");
    c->model->outcomes[outcome].floor = floor;
    c->model->outcomes[outcome].floor_cell = cell;
    fprintf(c->summary, "  the sum of utilities is never below %.6g; what that adds is the item `floor`\n", floor);
}

static void compile_outcome(compiler_t *c, int32_t outcome, const yaml_node_t *node, bool is_money)
{
    static const char *const money_keys[] = {"items", NULL}, *const health_keys[] = {"combine", "floor", "items", NULL};
    static const char *const combinations[] = {"additive"};
    if (!node) return;
    const yaml_node_t *items = node;
    if (node->kind == YAML_MAPPING) {
        if (!compile_keys(c, node, is_money ? "`cost`" : "`qaly`", is_money ? money_keys : health_keys)) return;
        items = yaml_get(node, "items");
        (void)find_word(c, yaml_get(node, "combine"), "combine", combinations, 1, "write additive: the utilities that apply are added up");
    }
    if (!items || items->kind != YAML_SEQUENCE) {
        diag_error(c->diag, items ? items->place : node->place, "write a list of them", "the %s are not a list", is_money ? "costs" : "utilities");
        return;
    }
    for (size_t i = 0; i < items->count; i++) {
        item_t item = {c, items->items[i], outcome, is_money};
        add_item(&item);
    }
    const yaml_node_t *floor = is_money ? NULL : yaml_get(node, "floor");
    if (floor) set_floor(c, outcome, floor);
}

/* A cost of a test at one of its moments. `words`: "when %s is ordered". */
static void add_test_cost(compiler_t *c, const yaml_pair_t *test, const yaml_node_t *cost, int32_t moment, const char *category, const char *when)
{
    model_t *m = c->model;
    model_table_t table;
    model_formula_t formula;

    if (!look_up(c, cost, VALUE_MONEY, at_a_moment, &table, &formula) || !check_money(c, cost, &table, "")) return;
    int32_t cell = find_cell(c, m->settings.cost, category), lump = builder_add_lumps(m, 1);
    m->lumps[lump] = (model_lump_t){.moment = moment, .cell = cell, .amount = table, .formula = formula};
    fprintf(c->summary, "  %s: ", category);
    describe_value(c, &table, formula, 1, "");
    fprintf(c->summary, " when %s is %s", test->key, when);
    describe_payer(c, test->value);
    fprintf(c->summary, "\n");
}

/* `cost at: result`, or `order`, the default. */
static bool is_paid_at_result(compiler_t *c, const yaml_node_t *node)
{
    bool is_result = node && node->kind == YAML_SCALAR && !strcmp(node->text, "result");
    if (node && !is_result && (node->kind != YAML_SCALAR || strcmp(node->text, "order")))
        diag_error(c->diag, node->place, "write `order` or `result`", "the cost of a test is paid at its order or its result");
    return is_result;
}

/* tests: {NAME: {cost: MONEY, category: NAME}}: paid when the test is ordered, and again for every repeat, unless the test says otherwise. */
static void compile_test_costs(compiler_t *c)
{
    const yaml_node_t *tests = yaml_get(c->root, "tests");
    for (size_t i = 0; tests && tests->kind == YAML_MAPPING && i < tests->count; i++) {
        const yaml_pair_t *pair = &tests->pairs[i];
        const yaml_node_t *cost = yaml_get(pair->value, "cost"), *category = yaml_get(pair->value, "category");
        const yaml_node_t *repeat = yaml_get(pair->value, "repeat cost");
        const char *name = category ? compile_name(c, category, "the category") : "test";
        bool is_late = is_paid_at_result(c, yaml_get(pair->value, "cost at"));
        int32_t t = 0;
        while (t < c->model->n_tests && strcmp(model_text(c->model, c->model->tests[t].name), pair->key)) t++;
        if (t == c->model->n_tests || !name) continue;
        model_test_t test = c->model->tests[t];
        if (!cost) fprintf(c->summary, "  %s costs nothing (default)\n", pair->key);
        if (cost) add_test_cost(c, pair, cost, is_late ? test.result : test.order, name, is_late ? "reported" : "ordered");
        if (repeat && test.repeats == 0)
            diag_error(c->diag, repeat->place, "add `fails: PROBABILITY` and `repeats: NUMBER`", "test `%s` is never repeated", pair->key);
        if ((repeat || cost) && test.repeats > 0) add_test_cost(c, pair, repeat ? repeat : cost, test.repeat, name, "repeated");
    }
}

void compile_payoffs(compiler_t *c)
{
    static const char *const keys[] = {"cost", "qaly", NULL};
    const yaml_node_t *node = yaml_get(c->root, "payoffs");
    if (node && !compile_keys(c, node, "`payoffs`", keys)) return;
    fprintf(c->summary, "costs\n");
    compile_outcome(c, c->model->settings.cost, yaml_get(node, "cost"), true);
    compile_test_costs(c);
    fprintf(c->summary, "utilities, added up\n");
    compile_outcome(c, c->model->settings.qaly, yaml_get(node, "qaly"), false);
}
