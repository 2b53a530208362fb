/*
 * Discounting: rates, schedules of rates that change with the time since entry, and steps of a year -> a continuous rate per
 * minute or, where that is not enough, the pieces of a course (model_discount_t). Everything is worked out here, once, with libm, so
 * that whoever discounts only follows a course. Owns nothing.
 */
#include "spec/compile_discount.h"

#include <math.h>
#include <string.h>

/* From a minute on, this rate: continuous, per minute. */
typedef struct {
    int32_t from;
    double per_minute;
    const char *words;          /* "3.5 % a year" */
} change_t;

/* What is written under `annual`, `continuous` or `stepped`. */
typedef struct {
    change_t *changes;          /* the first from minute 0, ascending */
    size_t n;
    double minutes;             /* that the rates are per */
    bool is_annual, is_stepped;
} schedule_t;

/* ---- courses ---- */

/* Adds a piece; the course's last one ends where it begins. A course that is to be integrated says what has gathered since entry. */
static void add_piece(compiler_t *c, model_span_t *course, bool is_integral, int32_t from, double value, double per_minute)
{
    model_t *m = c->model;
    double gathered = 0;

    if (is_integral && course->count > 0) gathered = model_discount_at(m, *course, from);
    int32_t at = builder_add_discounts(m, 1);
    model_discount_t *piece = &m->discounts[at];
    *piece = (model_discount_t){.from = from, .per_minute = per_minute};
    if (!is_integral) piece->factor = value;
    else if (per_minute == 0) piece->base = gathered, piece->slope = value;
    else piece->base = gathered + value / per_minute, piece->factor = -value / per_minute;
    course->count++;
}

/* The factor falls all the time, at the rate of the moment. */
static void add_changes(compiler_t *c, const schedule_t *schedule, bool is_integral, model_span_t *course)
{
    double lost = 0;

    for (size_t i = 0; i < schedule->n; i++) {
        const change_t *change = &schedule->changes[i];
        if (i > 0) lost += schedule->changes[i - 1].per_minute * (change->from - schedule->changes[i - 1].from);
        add_piece(c, course, is_integral, change->from, exp(-lost), change->per_minute);
    }
}

/* The factor falls when a year is over, by the rate of that year. */
static void add_steps(compiler_t *c, const schedule_t *schedule, bool is_integral, model_span_t *course)
{
    const double year = c->units.minutes_per_year, horizon = c->model->settings.horizon;
    double lost = 0;
    size_t i = 0;

    for (int32_t k = 0; k == 0 || ceil(k * year) <= horizon; k++) {
        const int32_t from = (int32_t)ceil(k * year);
        add_piece(c, course, is_integral, from, exp(-lost), 0);
        while (i + 1 < schedule->n && schedule->changes[i + 1].from <= from) i++;
        lost += schedule->changes[i].per_minute * year;
    }
}

static void set_rate(compiler_t *c, const schedule_t *schedule, bool is_flow, discount_rate_t *out)
{
    const bool is_integral = is_flow && c->model->settings.cycle.minutes == 0;

    out->words = schedule->changes[0].words;
    for (size_t i = 1; i < schedule->n; i++)
        out->words = diag_format(c->diag, "%s, from %g years on %s", out->words, schedule->changes[i].from / c->units.minutes_per_year, schedule->changes[i].words);
    if (schedule->is_stepped) out->words = diag_format(c->diag, "%s, in steps of a year", out->words);
    out->course = (model_span_t){c->model->n_discounts, 0};
    out->per_minute = 0;
    if (schedule->is_stepped) add_steps(c, schedule, is_integral, &out->course);
    else if (schedule->n > 1) add_changes(c, schedule, is_integral, &out->course);
    else out->per_minute = schedule->changes[0].per_minute;
}

/* ---- what is written ---- */

static bool read_rate(compiler_t *c, const yaml_node_t *node, const schedule_t *schedule, change_t *out)
{
    double value;

    if (!compile_value(c, node, VALUE_RATIO, &value)) return false;
    out->per_minute = (schedule->is_annual ? log1p(value) : value) / schedule->minutes;
    out->words = diag_format(c->diag, "%.6g %% a year", 100.0 * expm1(out->per_minute * c->units.minutes_per_year));
    return true;
}

/* "30 years" as a key: 0 or more, in minutes. Steps are of whole years, and so are changes of their rate. */
static bool read_start(compiler_t *c, const yaml_pair_t *pair, const schedule_t *schedule, int32_t *out)
{
    quantity_t time;

    if (!compile_expression(c, pair->key, pair->place, &time)) return false;
    double years = time.value / c->units.minutes_per_year;
    if (time.code || time.money || time.time != 1 || !(time.value >= 0 && time.value < (double)MODEL_NEVER)) {
        diag_error(c->diag, pair->place, "write {0 years: 3.5 %, 30 years: 3 %}, for example", "`%.100s` is not a time from which a rate holds", pair->key);
        return false;
    }
    if (schedule->is_stepped && fabs(years - round(years)) > 1e-9) {
        diag_error(c->diag, pair->place, "write a whole number of years", "a rate in steps of a year does not change at `%.100s`", pair->key);
        return false;
    }
    *out = (int32_t)(time.value + 0.5);
    return true;
}

/* RATE, or {0 years: RATE, 30 years: RATE, ...}. */
static bool read_schedule(compiler_t *c, const yaml_node_t *node, schedule_t *schedule)
{
    const size_t n = node->kind == YAML_MAPPING ? node->count : 1;

    schedule->changes = arena_take(c->arena, n + 1, sizeof *schedule->changes);
    if (node->kind != YAML_MAPPING) {
        schedule->n = 1;
        return read_rate(c, node, schedule, &schedule->changes[0]);
    }
    for (size_t i = 0; i < n; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        change_t change;
        if (compile_is_remark(pair->key)) continue;
        if (!read_start(c, pair, schedule, &change.from) || !read_rate(c, pair->value, schedule, &change)) return false;
        if (schedule->n == 0 ? change.from != 0 : change.from <= schedule->changes[schedule->n - 1].from) {
            diag_error(c->diag, pair->place, schedule->n ? "write the times in ascending order" : "begin with `0 years`",
                       schedule->n ? "`%s` is not after the time before it" : "the first rate holds from `%s` on, and nothing is said of the time before", pair->key);
            return false;
        }
        schedule->changes[schedule->n++] = change;
    }
    if (schedule->n == 0) diag_error(c->diag, node->place, "write {0 years: 3.5 %, 30 years: 3 %}, for example", "the schedule of rates is empty");
    return schedule->n > 0;
}

/* {annual: 3 %}: (1 + r)^-t with t in years; {stepped: 3 %}: t in whole years that are over; {continuous: EXPRESSION, per: TIME}: e^(-rate t). */
static bool read_kind(compiler_t *c, const yaml_node_t *node, schedule_t *schedule)
{
    static const char *const keys[] = {"annual", "stepped", "continuous", "per", NULL};
    const yaml_node_t *annual = yaml_get(node, "annual"), *stepped = yaml_get(node, "stepped"), *continuous = yaml_get(node, "continuous"),
                      *per = yaml_get(node, "per"), *rates = annual ? annual : stepped ? stepped : continuous;

    if (node->kind == YAML_MAPPING && !compile_keys(c, node, "a discount rate", keys)) return false;
    if (!!annual + !!stepped + !!continuous != 1 || !continuous != !per) {
        diag_error(c->diag, node->place, "write {annual: 3 %}, {stepped: 3 %} or {continuous: 0.0001, per: 1 day}", "this is not a discount rate");
        return false;
    }
    *schedule = (schedule_t){.minutes = c->units.minutes_per_year, .is_annual = !continuous, .is_stepped = stepped != NULL};
    if (per && !compile_value(c, per, VALUE_DURATION, &schedule->minutes)) return false;
    return read_schedule(c, rates, schedule);
}

void compile_discount(compiler_t *c, const yaml_node_t *node, discount_t *out)
{
    static const char *const keys[] = {"flows", "lumps", NULL};
    const yaml_node_t *flows = yaml_get(node, "flows"), *lumps = yaml_get(node, "lumps");
    schedule_t schedule;

    out->is_given = true;
    if (flows || lumps) {
        if (!compile_keys(c, node, "discounting", keys)) return;
        if (!flows || !lumps) {
            diag_error(c->diag, node->place, "give both, or one rate for all", "`%s` is missing", flows ? "lumps" : "flows");
            return;
        }
    }
    if (read_kind(c, flows ? flows : node, &schedule)) {
        set_rate(c, &schedule, true, &out->flows);
        if (!lumps) set_rate(c, &schedule, false, &out->lumps);
    }
    if (lumps && read_kind(c, lumps, &schedule)) set_rate(c, &schedule, false, &out->lumps);
}

void compile_describe_discount(compiler_t *c, const char *outcome, const discount_t *discount)
{
    const char *flows = discount->flows.words ? discount->flows.words : "0 % a year", *lumps = discount->lumps.words ? discount->lumps.words : "0 % a year";

    if (!yaml_get(c->root, "discount")) fprintf(c->summary, "discounting of %s: none (default)\n", outcome);
    else if (!strcmp(flows, lumps)) fprintf(c->summary, "discounting of %s: %s\n", outcome, flows);
    else fprintf(c->summary, "discounting of %s: what flows %s; what falls due at once %s\n", outcome, flows, lumps);
}

/* ---- outcomes ---- */

static const char *const names[DISCOUNT_KINDS] = {"cost", "qaly", "life_years"};

/* What may have a discount rate of its own: the outcomes of every model, and those that `payoffs` names. */
static const char *const *discounted_names(compiler_t *c)
{
    const yaml_node_t *payoffs = yaml_get(c->root, "payoffs");
    size_t n = DISCOUNT_KINDS, more = payoffs && payoffs->kind == YAML_MAPPING ? payoffs->count : 0;
    const char **known = arena_take(c->arena, n + more + 1, sizeof *known);

    memcpy(known, names, sizeof names);
    for (size_t i = 0; i < more; i++) known[n++] = payoffs->pairs[i].key;
    return known;
}

void compile_discounts(compiler_t *c, discount_t out[DISCOUNT_KINDS])
{
    const yaml_node_t *node = yaml_get(c->root, "discount");
    bool is_by_outcome = false;

    if (!node) return;
    for (int o = 0; o < DISCOUNT_KINDS; o++) is_by_outcome = is_by_outcome || yaml_get(node, names[o]);
    if (!is_by_outcome) {
        compile_discount(c, node, &out[DISCOUNT_COST]);
        out[DISCOUNT_QALY] = out[DISCOUNT_COST];
    } else if (compile_keys(c, node, "discounting by outcome", discounted_names(c))) {
        for (int o = 0; o < DISCOUNT_KINDS; o++)
            if (yaml_get(node, names[o])) compile_discount(c, yaml_get(node, names[o]), &out[o]);
        for (int o = DISCOUNT_COST; o <= DISCOUNT_QALY; o++)
            if (!out[o].is_given)
                diag_error(c->diag, node->place, "give both; {annual: 0 %} is a rate too", "`%s` has no discount rate", names[o]);
    }
    if (!out[DISCOUNT_LIFE_YEARS].is_given) out[DISCOUNT_LIFE_YEARS] = out[DISCOUNT_QALY];
}
