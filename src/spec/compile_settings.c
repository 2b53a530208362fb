/*
 * Settings of a model: its title, its horizon, the length of its year, money, thresholds, and its outcomes: the
 * four that every model has, those that `payoffs` names besides, and one for every payer. Values here may be those of parameters. Costs and QALYs get their
 * cells from the payoffs; the life years, which need none, are complete when this is done.
 */
#include <math.h>
#include <string.h>

#include "spec/compile_bills.h"
#include "spec/compile_discount.h"
#include "spec/compile_resources.h"

enum { MONEY_GRID_BITS = 20, MONEY_COARSE_BITS = 6, YEARS_GRID_BITS = 30, YEARS_COARSE_BITS = 23 };

/* Of an outcome that a model names, unless it says otherwise: hours of work in a year are about 2,000. */
#define LARGEST_PER_PERSON 1e5

#define DEFAULT_MINUTES_PER_YEAR 525960.0 /* 365.25 days */

static const char *text_of(compiler_t *c, const char *key)
{
    const yaml_node_t *node = yaml_get(c->root, key);
    if (!node) return "";
    if (node->kind == YAML_SCALAR) return node->text;
    diag_error(c->diag, node->place, "write one line of text", "`%s` is not a text", key);
    return "";
}

static void set_version(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "popgx");
    if (!node) diag_error(c->diag, c->root->place, "begin it with `popgx: 1`", "the file does not say which language version it is written in");
    else if (node->kind != YAML_SCALAR || strcmp(node->text, "1") != 0)
        diag_error(c->diag, node->place, "write `popgx: 1`", "this popgx reads version 1 of the model language only");
}

static void set_time(compiler_t *c)
{
    model_settings_t *settings = &c->model->settings;
    const yaml_node_t *year = yaml_get(c->root, "year"), *horizon = yaml_get(c->root, "horizon"),
                      *cycle = yaml_get(c->root, "cycle");

    c->units.minutes_per_year = DEFAULT_MINUTES_PER_YEAR;
    double minutes;
    if (year && compile_value(c, year, VALUE_DURATION, &minutes)) c->units.minutes_per_year = minutes;
    settings->minutes_per_year = c->units.minutes_per_year;
    settings->horizon = 1;
    if (cycle && horizon)
        diag_error(c->diag, horizon->place, "leave it out: it is `length` times `count`", "the model has cycles and a horizon");
    if (cycle) {
        compile_cycle(c, cycle);
        return;
    }
    if (horizon) (void)compile_minutes(c, horizon, 1, &settings->horizon);
    else diag_error(c->diag, c->root->place, "for example `horizon: 40 years`, or `cycle` for a model with transition probabilities", "the model has no horizon");
    fprintf(c->summary, "horizon: %g days, %.4g years of %g days%s\n", settings->horizon / 1440.0, settings->horizon / settings->minutes_per_year,
            settings->minutes_per_year / 1440.0, year ? "" : " (default)");
}

/* A name such as `USD`: letters only, so that it can follow a number in an expression. */
static bool is_currency(const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    return n > 0 && !text[n];
}

static void set_money(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "currency");

    c->units.currency = NULL;
    c->model->settings.currency = builder_text(c->model, "");
    if (!node) {
        fputs("currency: none given, so nothing can cost anything\n", c->summary);
    } else if (node->kind != YAML_SCALAR || !is_currency(node->text)) {
        diag_error(c->diag, node->place, "for example `currency: USD`", "a currency is one word of letters");
    } else {
        c->units.currency = node->text;
        c->model->settings.currency = builder_text(c->model, node->text);
    }
}

static void set_thresholds(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "thresholds");
    size_t n = node ? compile_count(node) : 0;
    model_span_t span = {c->model->n_reals, (int32_t)n};

    for (size_t i = 0; i < n; i++) {
        double value = 0;
        (void)compile_value(c, compile_item(node, i), VALUE_THRESHOLD, &value);
        int32_t at = builder_add_reals(c->model, 1);
        c->model->reals[at] = value;
    }
    c->model->settings.thresholds = span;
    if (n == 0) fputs("thresholds: none given, so there is no net monetary benefit\n", c->summary);
}

/* ---- outcomes ---- */

/* So that twice the horizon fits: few utilities are above 1, and then not by much. Enough for 128 years if nothing is changed. */
static void set_years_grids(const model_settings_t *settings, model_outcome_t *outcome)
{
    int exponent;

    (void)frexp(2.0 * settings->horizon / settings->minutes_per_year, &exponent); /* what fits is below 2^exponent */
    outcome->grid_bits = exponent > 50 - YEARS_GRID_BITS ? 50 - exponent : YEARS_GRID_BITS;
    outcome->coarse_bits = exponent > 31 - YEARS_COARSE_BITS ? 31 - exponent : YEARS_COARSE_BITS;
}

static int32_t add_outcome(compiler_t *c, const char *name, const char *unit, double per_unit, discount_t discount)
{
    int32_t at = builder_add_outcomes(c->model, 1);

    c->model->outcomes[at] = (model_outcome_t){
        .name = builder_text(c->model, name), .unit = builder_text(c->model, unit), .flow_discount = discount.flows.per_minute,
        .lump_discount = discount.lumps.per_minute, .flow_course = discount.flows.course, .lump_course = discount.lumps.course, .per_unit = per_unit, .floor = -INFINITY, .cap = INFINITY, .floor_cell = MODEL_NONE};
    set_years_grids(&c->model->settings, &c->model->outcomes[at]);
    return at;
}

/* Totals of a person are int32 on the coarse grid, single amounts below 2^50 on the fine one (core/exact.h). */
static void set_money_grids(compiler_t *c, model_outcome_t *cost)
{
    const yaml_node_t *node = yaml_get(c->root, "largest cost per person");
    double largest = 0;
    int exponent = 0;

    cost->grid_bits = MONEY_GRID_BITS;
    cost->coarse_bits = MONEY_COARSE_BITS;
    if (node && compile_value(c, node, VALUE_MONEY, &largest)) {
        if (!(largest > 0 && largest < 1e15)) {
            diag_error(c->diag, node->place, "for example 5e8 USD", "the largest cost of a person must be above 0 and below 1e15");
            return;
        }
        (void)frexp(largest, &exponent);            /* largest < 2^exponent */
        if (31 - exponent < cost->coarse_bits) cost->coarse_bits = 31 - exponent;
        if (50 - exponent < cost->grid_bits) cost->grid_bits = 50 - exponent;
    }
    fprintf(c->summary, "amounts: exact to %g %s each, totals of a person to %g, at most %g\n", ldexp(1, -cost->grid_bits),
            c->units.currency ? c->units.currency : "", ldexp(1, -cost->coarse_bits), ldexp(1, 31 - cost->coarse_bits));
}

/* Time alive: one cell and one flow, without a condition since only the living have flows. */
static void add_life_years(compiler_t *c, int32_t outcome)
{
    model_t *m = c->model;
    int32_t cell = builder_add_cells(m, 1), flow = builder_add_flows(m, 1), rate = builder_add_reals(m, 1);

    m->cells[cell] = (model_cell_t){.name = m->outcomes[outcome].name, .outcome = outcome};
    m->outcomes[outcome].cells = (model_span_t){cell, 1};
    m->reals[rate] = 1.0;
    m->flows[flow] = (model_flow_t){.cell = cell, .condition = {m->n_terms, 0}, .rate = {.axes = {m->n_axes, 0}, .first = rate, .width = 1}};
}

/* The coarse grid holds totals up to `largest`; half of its bits are for what is behind the point. */
static void set_grids(double largest, model_outcome_t *outcome)
{
    int exponent;

    (void)frexp(largest, &exponent);
    outcome->coarse_bits = 31 - exponent;
    outcome->grid_bits = 50 - exponent < YEARS_GRID_BITS ? 50 - exponent : YEARS_GRID_BITS;
    if (outcome->grid_bits < outcome->coarse_bits) outcome->coarse_bits = outcome->grid_bits;
}

/* payoffs: {NAME: {unit: UNIT, largest per person: NUMBER, items: [...]}} */
static void add_named_outcome(compiler_t *c, const yaml_pair_t *pair, const discount_t discount[DISCOUNT_KINDS])
{
    const yaml_node_t *unit = yaml_get(pair->value, "unit"), *largest = yaml_get(pair->value, "largest per person");
    const char *name = unit ? compile_name(c, unit, "the unit") : "";
    bool is_money = name && c->units.currency && !strcmp(name, c->units.currency);
    const yaml_node_t *own = yaml_get(yaml_get(c->root, "discount"), pair->key);
    discount_t rates = discount[is_money ? DISCOUNT_COST : DISCOUNT_QALY];
    double most = LARGEST_PER_PERSON;

    if (!unit) diag_error(c->diag, pair->place, "for example unit: hours, or the currency", "the outcome `%s` has no unit", pair->key);
    for (int32_t o = 0; o < c->model->n_outcomes; o++)
        if (!strcmp(model_text(c->model, c->model->outcomes[o].name), pair->key))
            diag_error(c->diag, pair->place, "choose another name", "every model has an outcome `%s`", pair->key);
    if (own) compile_discount(c, own, &rates);
    if (largest && compile_value(c, largest, is_money ? VALUE_MONEY : VALUE_NUMBER, &most) && !(most > 0 && most < 1e15)) {
        diag_error(c->diag, largest->place, "for example 10000", "the largest total of a person must be above 0 and below 1e15");
        most = LARGEST_PER_PERSON;
    }
    int32_t at = add_outcome(c, pair->key, name ? name : "", 1.0, rates);
    if (is_money && !largest) c->model->outcomes[at].grid_bits = MONEY_GRID_BITS, c->model->outcomes[at].coarse_bits = MONEY_COARSE_BITS;
    else set_grids(most, &c->model->outcomes[at]);
    compile_describe_discount(c, pair->key, &rates);
}

static void add_payer_outcome(compiler_t *c, const yaml_node_t *payer)
{
    if (payer && payer->kind == YAML_SCALAR && payer->text[0]) bill_add_outcome(c, compile_payer_outcome(c, payer->text));
}

static void add_more_outcomes(compiler_t *c, const discount_t discount[DISCOUNT_KINDS])
{
    const yaml_node_t *payoffs = yaml_get(c->root, "payoffs"), *costs = yaml_get(payoffs, "cost"), *tests = yaml_get(c->root, "tests");

    if (costs && costs->kind == YAML_MAPPING) costs = yaml_get(costs, "items");
    c->named_outcomes.first = c->model->n_outcomes;
    for (size_t i = 0; payoffs && payoffs->kind == YAML_MAPPING && i < payoffs->count; i++)
        if (payoffs->pairs[i].value->kind == YAML_MAPPING && strcmp(payoffs->pairs[i].key, "cost") && strcmp(payoffs->pairs[i].key, "qaly"))
            add_named_outcome(c, &payoffs->pairs[i], discount);
    c->named_outcomes.count = c->model->n_outcomes - c->named_outcomes.first;
    for (size_t i = 0; costs && costs->kind == YAML_SEQUENCE && i < costs->count; i++) add_payer_outcome(c, yaml_get(costs->items[i], "payer"));
    for (size_t i = 0; tests && tests->kind == YAML_MAPPING && i < tests->count; i++) add_payer_outcome(c, yaml_get(tests->pairs[i].value, "payer"));
    size_t n_resources;
    const resource_t *resources = resources_of(c, &n_resources);
    for (size_t i = 0; i < n_resources; i++) bill_add_outcome(c, resource_outcome(c, resources[i].name));
    compile_perspective_outcomes(c);
    for (size_t i = 0; payoffs && payoffs->kind == YAML_MAPPING && i < payoffs->count; i++)
        if (bill_outcome(c, payoffs->pairs[i].key) != MODEL_NONE)
            diag_error(c->diag, payoffs->pairs[i].place, "choose another name", "`%s` is what a part of the costs is called", payoffs->pairs[i].key);
}

static void add_outcomes(compiler_t *c, const discount_t discount[DISCOUNT_KINDS])
{
    model_settings_t *settings = &c->model->settings;
    const double years = 1.0 / settings->minutes_per_year;
    const discount_t none = {0};

    settings->cost = add_outcome(c, "cost", c->units.currency ? c->units.currency : "", 1.0, discount[DISCOUNT_COST]);
    settings->qaly = add_outcome(c, "qaly", "years", years, discount[DISCOUNT_QALY]);
    settings->life_years = add_outcome(c, "life_years", "years", years, discount[DISCOUNT_LIFE_YEARS]);
    settings->life_years_undiscounted = add_outcome(c, "life_years_undiscounted", "years", years, none);
    add_life_years(c, settings->life_years);
    add_life_years(c, settings->life_years_undiscounted);
    set_money_grids(c, &c->model->outcomes[settings->cost]);
    compile_describe_discount(c, "cost", &discount[DISCOUNT_COST]);
    compile_describe_discount(c, "qaly", &discount[DISCOUNT_QALY]);
    compile_describe_discount(c, "life_years", &discount[DISCOUNT_LIFE_YEARS]);
    add_more_outcomes(c, discount);
}

void compile_settings(compiler_t *c)
{
    discount_t discount[DISCOUNT_KINDS] = {0};

    set_version(c);
    c->model->settings.title = builder_text(c->model, text_of(c, "title"));
    c->model->settings.source = builder_text(c->model, text_of(c, "source"));
    c->model->settings.age = c->model->settings.calendar = MODEL_NONE;
    fprintf(c->summary, "title: %s\n", model_text(c->model, c->model->settings.title));
    set_money(c);                               /* first: horizons may ask for parameters, which know the currency */
    set_time(c);
    set_thresholds(c);
    compile_discounts(c, discount);
    add_outcomes(c, discount);
}
