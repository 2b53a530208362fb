/*
 * Payoffs: what events and states cost and what health they mean, and what tests cost -> cells, lumps, flows and spells.
 * Cells of one outcome stand next to each other, so one outcome is finished before the next begins.
 */
#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_amounts.h"
#include "spec/compile_bills.h"
#include "spec/compile_doses.h"
#include "spec/compile_events.h"
#include "spec/compile_profiles.h"
#include "spec/compile_resources.h"

/* Nothing that is meant comes near: it is what the grids of the ledger can hold in any case. */
#define UTILITY_MOST 1000.0
#define COST_MOST 1e13

/* What the items of an outcome are made of. */
typedef enum {
    OF_MONEY,       /* amounts and rates of money, by category */
    OF_HEALTH,      /* utilities, by name */
    OF_UNITS,       /* amounts and rates of plain numbers, by name: hours, visits, points */
} matter_t;

/* One item of `payoffs`, and the outcome it belongs to. */
typedef struct {
    compiler_t *c;
    const yaml_node_t *node;
    int32_t outcome;
    matter_t matter;
    const yaml_node_t *use;     /* how many units of a resource, one of those that the item uses; NULL: none */
    const resource_t *resource;
} item_t;

/* ---- cells and names ---- */

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
    const yaml_node_t *given = yaml_get(item->node, item->matter == OF_MONEY ? "category" : "name");
    const char *name = given ? compile_name(c, given, item->matter == OF_MONEY ? "the category" : "the name of the item") : item_words(c, item->node);
    if (!name) return false;
    *cell = payoff_cell(c, item->outcome, name);
    return true;
}

/* ---- values ---- */

static const unsigned at_a_moment = MAY_READ_HISTORY | MAY_READ_TIME;

/* "cost, hospital, admission": whose luck an amount has. */
static const char *luck_words(const item_t *item, int32_t cell)
{
    const model_t *m = item->c->model;
    return diag_format(item->c->diag, "%s, %s, %s", model_text(m, m->outcomes[item->outcome].name), model_text(m, m->cells[cell].name),
                       diag_format(item->c->diag, "%s%s%s", item_words(item->c, item->node), item->resource ? ", " : "", item->resource ? item->resource->name : ""));
}

/* A utility that nothing else lowers can be at most 1. What is far from that is in the wrong unit. */
static bool check_utility(const item_t *item, const amount_t *amount)
{
    const model_t *m = item->c->model;
    if (amount_largest(m, amount) > UTILITY_MOST) {
        diag_error(item->c->diag, amount->place, "full health is 1, and a loss is at most a few times that", "the utility of `%s` is %g",
                   item_words(item->c, item->node), amount_largest(m, amount));
        return false;
    }
    for (int32_t r = 0; r < compile_table_rows(m, &amount->table); r++) {
        if (m->reals[amount->table.first + r] <= 1) continue;
        diag_warn(item->c->diag, amount->place, "full health is 1", "the utility of `%s` is above 1", item_words(item->c, item->node));
        break;
    }
    return true;
}

/* Whether amounts of this size, at once or in a day, can be part of what a person may have in all. */
static bool check_size(const item_t *item, const amount_t *amount, const char *period)
{
    compiler_t *c = item->c;
    const model_outcome_t *outcome = &c->model->outcomes[item->outcome];
    double most = ldexp(1, 31 - outcome->coarse_bits), found = amount_largest(c->model, amount) * (*period ? 1440 : 1);
    const char *key = item->outcome == c->model->settings.cost ? "largest cost per person" : "largest per person", *unit = model_text(c->model, outcome->unit);
    if (found < most) return true;
    diag_error(c->diag, amount->place, found < COST_MOST ? diag_format(c->diag, "if it is meant, add `%s: %.1g %s`", key, 10 * found, item->matter == OF_MONEY ? unit : "")
               : "write a smaller one, or count in a larger unit", "%g %s%s is more than a person may %s (%.3g)", found, unit, period,
               item->matter == OF_MONEY ? "cost" : "have", most);
    return false;
}

static const yaml_node_t *need(const item_t *item, const char *key, const char *right)
{
    const yaml_node_t *value = yaml_get(item->node, key);
    if (!value) diag_error(item->c->diag, item->node->place, right, "`%s` is missing", key);
    return value;
}

static void describe_payer(compiler_t *c, const yaml_node_t *node)
{
    const yaml_node_t *payer = yaml_get(node, "payer");
    const char *name = payer ? compile_name(c, payer, "the payer") : NULL;
    if (name) fprintf(c->summary, "; payer %s", name);
}

/* ---- rates while something holds ---- */

/* At prices of the model's year. */
static bool convert(const item_t *item, amount_t *amount)
{
    const yaml_node_t *year = yaml_get(item->node, "price year");
    double factor;

    if (item->resource) amount_change(item->c, amount, ARITHMETIC_MULTIPLY, item->resource->price);
    if (!year || item->matter != OF_MONEY) return true;
    if (item->resource) diag_error(item->c->diag, year->place, "give it with the price of the resource", "what is used has no price year");
    if (item->resource || !price_factor(item->c, year, &factor)) return false;
    amount_change(item->c, amount, ARITHMETIC_MULTIPLY, factor);
    return true;
}

/* Of what the amount is the price. */
static void describe_use(const item_t *item)
{
    if (item->resource) fprintf(item->c->summary, " for %s", item->resource->name);
}

static void describe_profile(const item_t *item)
{
    compiler_t *c = item->c;
    const yaml_node_t *by_time = yaml_get(item->node, "by time"), *since = yaml_get(by_time, "since");

    if (yaml_get(item->node, "by age")) fputs(", times a factor by age, which changes on birthdays,", c->summary);
    if (since && since->kind == YAML_MAPPING)
        fprintf(c->summary, ", times a factor by the time since %s became %s,", since->pairs[0].key, list_words(c, since->pairs[0].value, " or "));
    else if (since) fprintf(c->summary, ", times a factor by the time since %s,", list_words(c, since, " or "));
}

/* `by age` or `by time`: 1 + index of the profile; 0: neither. */
static bool read_profile(const item_t *item, int32_t *profile)
{
    const yaml_node_t *by_age = yaml_get(item->node, "by age"), *by_time = yaml_get(item->node, "by time");

    *profile = 0;
    if (by_age && by_time)
        diag_error(item->c->diag, by_time->place, "use bands of `age now` for one of them", "an item follows either age or the time since something");
    else if (by_age) *profile = profile_by_age(item->c, by_age);
    else if (by_time) *profile = profile_by_time(item->c, by_time);
    return *profile || (!by_age && !by_time);
}

static bool add_flow(const item_t *item)
{
    static const char *const money_keys[] = {"while", "rate", "by age", "by time", "uses", "price year", "category", "payer", NULL},
                      *const health_keys[] = {"while", "utility", "by age", "by time", "name", NULL}, *const unit_keys[] = {"while", "rate", "by age", "by time", "name", NULL};
    static const char *const *const keys[] = {money_keys, health_keys, unit_keys};
    static const char *const what[] = {"a cost with `while`", "a utility with `while`", "an item with `while`"};
    static const char *const right[] = {"add rate: 3 USD per day, for example", "add utility: 0.8, for example", "add rate: 2 per week, for example"};
    static const value_kind_t kinds[] = {VALUE_MONEY_RATE, VALUE_NUMBER, VALUE_RATE};
    compiler_t *c = item->c;
    model_t *m = c->model;
    bool is_health = item->matter == OF_HEALTH;
    if (!compile_keys(c, item->node, what[item->matter], keys[item->matter])) return false;
    const yaml_node_t *value = item->use ? item->use : need(item, is_health ? "utility" : "rate", right[item->matter]);
    model_flow_t flow = {.cell = MODEL_NONE};
    amount_t rate;
    bool is_right = compile_condition(c, yaml_get(item->node, "while"), AMOUNT_BY, &flow.condition) && value &&
                    amount_read(c, value, item->use ? VALUE_RATE : kinds[item->matter], MAY_READ_HISTORY, &rate) && convert(item, &rate);
    is_right = is_right && (is_health ? check_utility(item, &rate) : check_size(item, &rate, " a day"));
    if (!is_right || !amount_close(c, &rate, "") || !item_cell(item, &flow.cell)) return false;
    flow.rate = rate.table;
    flow.formula = rate.formula;
    if (!read_profile(item, &flow.profile)) return false;
    int32_t at = builder_add_flows(m, 1);
    m->flows[at] = flow;
    fprintf(c->summary, "  %s: ", model_text(m, m->cells[flow.cell].name));
    amount_describe(c, &rate, is_health ? 1 : 1440, is_health ? "" : " a day");
    describe_use(item);
    describe_profile(item);
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

static void add_lumps(compiler_t *c, model_span_t moments, int32_t cell, const amount_t *amount)
{
    model_t *m = c->model;
    int32_t first = builder_add_lumps(m, moments.count);
    for (int32_t i = 0; i < moments.count; i++)
        m->lumps[first + i] = (model_lump_t){.moment = m->indices[moments.first + i], .cell = cell, .amount = amount->table, .formula = amount->formula,
                                             .variation = amount->variation};
}

static void add_spells(compiler_t *c, model_span_t moments, model_spell_t spell, const amount_t *rate)
{
    model_t *m = c->model;
    int32_t first = builder_add_spells(m, moments.count);
    spell.rate = rate->table;
    spell.formula = rate->formula;
    spell.variation = rate->variation;
    for (int32_t i = 0; i < moments.count; i++) {
        m->spells[first + i] = spell;
        m->spells[first + i].moment = m->indices[moments.first + i];
    }
}

/* {event:, amount:, spread:, if dead:}: a lump, or a rate for a time that adds up to the amount. */
static bool add_amount(const item_t *item)
{
    static const char *const money_keys[] = {"event", "amount", "uses", "price year", "category", "payer", "spread", "if dead", NULL},
                      *const dose_keys[] = {"event", "dose", "vials", "price", "wastage", "relative dose intensity", "at most", "weight", "height",
                                            "price year", "category", "payer", "spread", "if dead", NULL},
                      *const unit_keys[] = {"event", "amount", "name", "spread", "if dead", NULL}, *const fates[] = {"stop", "pay"};
    bool is_money = item->matter == OF_MONEY, is_dose = is_money && yaml_get(item->node, "dose");
    compiler_t *c = item->c;
    model_t *m = c->model;
    if (!compile_keys(c, item->node, is_dose ? "the cost of a dose" : is_money ? "a cost with `event`" : "an item with `event`",
                      is_dose ? dose_keys : is_money ? money_keys : unit_keys)) return false;
    const yaml_node_t *amount = item->use ? item->use : is_dose ? NULL : need(item, "amount", is_money ? "add amount: 100 USD, for example" : "add amount: 2, for example"),
                      *spread = yaml_get(item->node, "spread"), *fate_node = yaml_get(item->node, "if dead");
    const char *words = NULL;
    int fate = find_word(c, fate_node, "if dead", fates, 2, "write stop or pay");
    if (fate_node && !spread)
        diag_error(c->diag, fate_node->place, "leave it out, or add `spread: TIME`", "an amount that is paid at once cannot stop");
    model_spell_t spell = {.is_paid_on = fate == 1, .repeats = REPEAT_STACK, .until = {m->n_indices, 0}};
    amount_t value;
    model_span_t moments;
    bool is_right = find_moments(c, yaml_get(item->node, "event"), &moments);
    if (is_dose) is_right &= dose_read(c, item->node, at_a_moment, &value, &words);
    else is_right &= amount && amount_read_drawn(c, amount, is_money && !item->use ? VALUE_MONEY : VALUE_NUMBER, at_a_moment, &value);
    is_right = is_right && convert(item, &value) && check_size(item, &value, "");
    is_right &= !spread || compile_minutes(c, spread, 1, &spell.minutes);
    if (!is_right || fate < 0 || !item_cell(item, &spell.cell)) return false;
    fprintf(c->summary, "  %s: ", model_text(m, m->cells[spell.cell].name));
    if (words) fputs(words, c->summary);
    else amount_describe(c, &value, 1, "");
    describe_use(item);
    fprintf(c->summary, " at %s", item_words(c, item->node));
    if (spread) amount_change(c, &value, ARITHMETIC_DIVIDE, spell.minutes);
    if (!amount_close(c, &value, luck_words(item, spell.cell))) return false;
    if (spread) {
        add_spells(c, moments, spell, &value);
        fprintf(c->summary, ", spread over %.6g days, %s", spell.minutes / 1440.0, fate ? "also after death" : "until death");
    } else {
        add_lumps(c, moments, spell.cell, &value);
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
    amount_t value;
    model_span_t moments;
    spell.repeats = find_word(c, yaml_get(item->node, "repeats"), "repeats", words, 3, "write stack, replace or extend");
    bool is_life = duration && duration->kind == YAML_SCALAR && !strcmp(duration->text, "life");
    bool is_right = find_moments(c, yaml_get(item->node, "event"), &moments);
    is_right &= find_moments(c, until, &spell.until);
    is_right &= utility && amount_read_drawn(c, utility, VALUE_NUMBER, at_a_moment, &value) && check_utility(item, &value);
    is_right &= duration && (is_life || compile_minutes(c, duration, 1, &spell.minutes));
    if (!is_right || spell.repeats < 0 || !item_cell(item, &spell.cell) || !amount_close(c, &value, luck_words(item, spell.cell))) return false;
    add_spells(c, moments, spell, &value);
    fprintf(c->summary, "  %s: ", model_text(m, m->cells[spell.cell].name));
    amount_describe(c, &value, 1, "");
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
        static const char *const right[] = {"write {event: EVENT, amount: MONEY} or {while: {PROCESS: STATE}, rate: MONEY per TIME}",
                                            "write {while: {PROCESS: STATE}, utility: NUMBER} or {event: EVENT, utility: NUMBER, for: TIME}",
                                            "write {event: EVENT, amount: NUMBER} or {while: {PROCESS: STATE}, rate: NUMBER per TIME}"};
        diag_error(c->diag, item->node->place, right[item->matter],
                   event ? "a payoff has both `event` and `while`" : "a payoff has neither `event` nor `while`");
        return;
    }
    if (during) (void)add_flow(item);
    else if (item->matter == OF_HEALTH) (void)add_spell(item);
    else (void)add_amount(item);
}

/* An item of `uses`: {bed day: 3, visit: 1}: units of each resource, at an event, or per time. */
static void add_uses(const item_t *item, const yaml_node_t *uses, bills_t *bills)
{
    compiler_t *c = item->c;
    const char *given = yaml_get(item->node, "amount") ? "amount" : yaml_get(item->node, "rate") ? "rate" : yaml_get(item->node, "dose") ? "dose" : NULL;

    if (uses->kind != YAML_MAPPING || given) {
        diag_error(c->diag, uses->place, given ? "write two items" : "write uses: {bed day: 3, visit: 1}", given ? "an item has `uses` and `%s`" : "`uses` names no resources", given);
        return;
    }
    for (size_t i = 0; i < uses->count; i++) {
        const yaml_pair_t *pair = &uses->pairs[i];
        const resource_t *resource = compile_is_remark(pair->key) ? NULL : resource_find(c, pair->key, pair->place);
        item_t one = *item;
        bill_t bill = bill_open(c->model);
        if (!resource) continue;
        one.use = pair->value;
        one.resource = resource;
        add_item(&one);
        bill_add(c, bills, bill, bill_outcome(c, resource_outcome(c, resource->name)));
    }
}

static bool read_limit(compiler_t *c, const yaml_node_t *node, const char *what, double *out)
{
    if (!node || !compile_value(c, node, VALUE_NUMBER, out)) return false;
    if (fabs(*out) <= UTILITY_MOST) return true;
    diag_error(c->diag, node->place, "full health is 1, and death is 0", "the %s of utilities is %g", what, *out);
    return false;
}

/* What the utilities that apply make together: `combine`, `floor` and `cap`. What differs from their sum has an item of its own. */
static void set_combination(compiler_t *c, int32_t outcome, const yaml_node_t *node)
{
    static const char *const words[] = {"additive", "multiplicative", "minimum"};
    const yaml_node_t *combine = yaml_get(node, "combine"), *floor = yaml_get(node, "floor"), *cap = yaml_get(node, "cap");
    int how = find_word(c, combine, "combine", words, 3, "write additive, multiplicative or minimum");
    double low = -INFINITY, high = INFINITY;
    bool is_low = read_limit(c, floor, "floor", &low), is_high = read_limit(c, cap, "cap", &high);
    if (how <= 0 && !is_low && !is_high) return;
    if (low > high) {
        diag_error(c->diag, cap->place, "the cap is above the floor", "the floor of utilities is %g and their cap %g", low, high);
        return;
    }
    const char *name = how > 0 ? "combination" : is_low && is_high ? "floor and cap" : is_low ? "floor" : "cap";
    int32_t before = c->model->outcomes[outcome].cells.count, cell = payoff_cell(c, outcome, name);
    if (c->model->outcomes[outcome].cells.count == before)
        diag_error(c->diag, (how > 0 ? combine : is_low ? floor : cap)->place, "give the item another name", "an item is called `%s`, as is what differs from the sum", name);
    model_outcome_t *o = &c->model->outcomes[outcome];
    o->floor = low;
    o->cap = high;
    o->combine = how > 0 ? how : COMBINE_ADD;
    o->floor_cell = cell;
    if (how > 0) fprintf(c->summary, "  together they make %s; the difference to their sum is the item `%s`\n", how == COMBINE_MULTIPLY ? "their product" : "the least of them", name);
    if (is_low) fprintf(c->summary, "  the sum of utilities is never below %.6g; what that adds is the item `%s`\n", low, name);
    if (is_high) fprintf(c->summary, "  the sum of utilities is never above %.6g; what that takes is the item `%s`\n", high, name);
}

/* What is not added up has no factors below 0. */
static void check_profile(compiler_t *c, const model_flow_t *flow, const yaml_node_t *node)
{
    const model_t *m = c->model;
    const model_table_t *table = &m->profiles[flow->profile - 1].table;

    for (int32_t k = 0, n = compile_table_rows(m, table) * table->width; k < n; k++)
        if (m->reals[table->first + k] < 0) {
            diag_error(c->diag, node->place, "a loss of 0.2 is written as a factor of 0.8", "utilities that are not added up are above 0, and a factor of `%s` is %g",
                       model_text(m, m->cells[flow->cell].name), m->reals[table->first + k]);
            return;
        }
}

/* Products and minima are of utilities that are numbers above 0. */
static void check_combined(compiler_t *c, int32_t outcome, const yaml_node_t *node)
{
    const model_t *m = c->model;
    int32_t how = m->outcomes[outcome].combine;
    for (int32_t f = 0; f < m->n_flows && how != COMBINE_ADD; f++) {
        if (m->cells[m->flows[f].cell].outcome != outcome) continue;
        for (int32_t r = 0; r < compile_table_rows(m, &m->flows[f].rate) && !m->flows[f].formula; r++)
            if (m->reals[m->flows[f].rate.first + r] <= 0)
                diag_error(c->diag, node->place, "a loss of 0.2 is written as a factor of 0.8", "utilities that are not added up are above 0, and `%s` is %g",
                           model_text(m, m->cells[m->flows[f].cell].name), m->reals[m->flows[f].rate.first + r]);
        if (m->flows[f].profile) check_profile(c, &m->flows[f], node);
        if (m->flows[f].formula && how == COMBINE_MINIMUM)
            diag_error(c->diag, node->place, "let it be a number, or differ by levels", "`%s` is an expression, of which no least can be taken", model_text(m, m->cells[m->flows[f].cell].name));
    }
}

static void compile_outcome(compiler_t *c, int32_t outcome, const yaml_node_t *node, matter_t matter, bills_t *bills)
{
    static const char *const money_keys[] = {"items", NULL}, *const health_keys[] = {"combine", "floor", "cap", "items", NULL},
                      *const unit_keys[] = {"unit", "largest per person", "items", NULL};
    static const char *const *const keys[] = {money_keys, health_keys, unit_keys};
    if (!node) return;
    const yaml_node_t *items = node;
    const char *name = model_text(c->model, c->model->outcomes[outcome].name);
    if (node->kind == YAML_MAPPING) {
        bool is_own = outcome != c->model->settings.cost && outcome != c->model->settings.qaly;
        if (!compile_keys(c, node, diag_format(c->diag, "`%s`", name), is_own ? unit_keys : keys[matter])) return;
        items = yaml_get(node, "items");
    }
    if (!items || items->kind != YAML_SEQUENCE) {
        diag_error(c->diag, items ? items->place : node->place, "write a list of them", "the items of `%s` are not a list", name);
        return;
    }
    for (size_t i = 0; i < items->count; i++) {
        const item_t item = {.c = c, .node = items->items[i], .outcome = outcome, .matter = matter};
        const yaml_node_t *uses = yaml_get(item.node, "uses");
        bill_t bill = bill_open(c->model);
        if (uses && outcome == c->model->settings.cost) add_uses(&item, uses, bills);
        else add_item(&item);
        if (outcome == c->model->settings.cost) bill_close(c, bills, bill, item.node);
    }
    if (matter != OF_HEALTH || node->kind != YAML_MAPPING) return;
    set_combination(c, outcome, node);
    check_combined(c, outcome, node);
}

/* A cost of a test at one of its moments. `words`: "when %s is ordered". */
static void add_test_cost(compiler_t *c, const yaml_pair_t *test, const yaml_node_t *cost, int32_t moment, const char *category, const char *when)
{
    const item_t item = {.c = c, .node = test->value, .outcome = c->model->settings.cost, .matter = OF_MONEY};
    model_span_t moments = {builder_add_indices(c->model, 1), 1};
    amount_t amount;

    c->model->indices[moments.first] = moment;
    if (!amount_read_drawn(c, cost, VALUE_MONEY, at_a_moment, &amount) || !convert(&item, &amount) || !check_size(&item, &amount, "")) return;
    if (!amount_close(c, &amount, diag_format(c->diag, "test %s, %s", test->key, when))) return;
    add_lumps(c, moments, payoff_cell(c, item.outcome, category), &amount);
    fprintf(c->summary, "  %s: ", category);
    amount_describe(c, &amount, 1, "");
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
static void compile_test_costs(compiler_t *c, bills_t *bills)
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
        bill_t bill = bill_open(c->model);
        if (!cost) fprintf(c->summary, "  %s costs nothing (default)\n", pair->key);
        if (cost) add_test_cost(c, pair, cost, is_late ? test.result : test.order, name, is_late ? "reported" : "ordered");
        if (!cost && !repeat && yaml_get(pair->value, "price year"))
            diag_error(c->diag, yaml_get(pair->value, "price year")->place, "add `cost: 100 USD`", "test `%s` has no price", pair->key);
        if (repeat && test.repeats == 0)
            diag_error(c->diag, repeat->place, "add `fails: PROBABILITY` and `repeats: NUMBER`", "test `%s` is never repeated", pair->key);
        if ((repeat || cost) && test.repeats > 0) add_test_cost(c, pair, repeat ? repeat : cost, test.repeat, name, "repeated");
        bill_close(c, bills, bill, pair->value);
    }
}

/* payoffs: {NAME: {unit: UNIT, items: [...]}}: what a model counts besides. */
static void compile_named_outcomes(compiler_t *c, const yaml_node_t *payoffs, bills_t *bills)
{
    const model_t *m = c->model;
    for (int32_t o = c->named_outcomes.first; o < c->named_outcomes.first + c->named_outcomes.count; o++) {
        const char *name = model_text(m, m->outcomes[o].name), *unit = model_text(m, m->outcomes[o].unit);
        const yaml_node_t *node = yaml_get(payoffs, name);
        fprintf(c->summary, "%s, in %s\n", name, unit);
        compile_outcome(c, o, node, c->units.currency && !strcmp(unit, c->units.currency) ? OF_MONEY : OF_UNITS, bills);
    }
}

/* `cost`, `qaly`, and mappings with `unit`: whatever else is no outcome. */
static bool check_outcomes(compiler_t *c, const yaml_node_t *payoffs)
{
    static const char *const known[] = {"cost", "qaly"};
    bool is_right = true;
    if (payoffs->kind != YAML_MAPPING) return compile_keys(c, payoffs, "`payoffs`", (const char *const[]){"cost", "qaly", NULL});
    for (size_t i = 0; i < payoffs->count; i++) {
        const yaml_pair_t *pair = &payoffs->pairs[i];
        if (!strcmp(pair->key, "cost") || !strcmp(pair->key, "qaly") || compile_is_remark(pair->key) || yaml_get(pair->value, "unit")) continue;
        const char *nearest = diag_nearest(pair->key, known, 2);
        diag_error(c->diag, pair->place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest) : "an outcome of your own is {unit: hours, items: [...]}",
                   "`payoffs` has no key `%s`", pair->key);
        is_right = false;
    }
    return is_right;
}

void compile_payoffs(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "payoffs");
    bills_t bills = {0};
    if (node && !check_outcomes(c, node)) return;
    fprintf(c->summary, "costs\n");
    compile_outcome(c, c->model->settings.cost, yaml_get(node, "cost"), OF_MONEY, &bills);
    compile_test_costs(c, &bills);
    fprintf(c->summary, "utilities%s\n", yaml_get(yaml_get(node, "qaly"), "combine") ? "" : ", added up");
    compile_outcome(c, c->model->settings.qaly, yaml_get(node, "qaly"), OF_HEALTH, &bills);
    compile_named_outcomes(c, node, &bills);
    bills_copy(c, &bills);
}
