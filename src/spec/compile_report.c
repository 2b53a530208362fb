/* `report`: what a run keeps besides what every run keeps: categories, events, states over time, years, distributions. */
#include <string.h>

#include "model/report.h"
#include "spec/compile.h"

static bool is_word(const yaml_node_t *node, const char *word) { return node->kind == YAML_SCALAR && strcmp(node->text, word) == 0; }

/* `true` asks for it, `false` does not; anything else is a mistake. */
static void read_switch(compiler_t *c, const yaml_node_t *node, const char *key, uint32_t kind)
{
    if (!node || is_word(node, "false")) return;
    if (is_word(node, "true")) report_ask(c->model, kind);
    else diag_error(c->diag, node->place, "write true", "`%s` of the report is neither true nor false", key);
}

/* years: true, or {calendar: [2025, 2045]} */
static void read_years(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"calendar", NULL};
    const yaml_node_t *calendar = node && node->kind == YAML_MAPPING ? yaml_get(node, "calendar") : NULL;
    double limit[2] = {0};

    if (!node || node->kind != YAML_MAPPING) {
        read_switch(c, node, "years", REPORT_YEARS);
        return;
    }
    if (!compile_keys(c, node, "the years of a report", keys)) return;
    bool is_right = calendar && calendar->kind == YAML_SEQUENCE && calendar->count == 2;
    for (size_t i = 0; is_right && i < 2; i++)
        is_right = compile_value(c, calendar->items[i], VALUE_NUMBER, &limit[i]) && limit[i] == (double)(int32_t)limit[i];
    if (is_right && c->model->settings.calendar == MODEL_NONE)
        diag_error(c->diag, calendar->place, "give the people an `entry date`, or write `years: true` for years since entry", "there is no calendar");
    else if (!is_right || !report_ask_calendar(c->model, (int32_t)limit[0], (int32_t)limit[1]))
        diag_error(c->diag, node->place, diag_format(c->diag, "write {calendar: [2025, 2045]}, the first and the last year, at most %d of them", REPORT_MOST_YEARS - 2),
                   "these are not calendar years");
}

/* states: true, {at: [1 year, 5 years]} or {every: 6 months} */
static void read_states(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"at", "every", NULL};
    const int32_t horizon = c->model->settings.horizon;
    const yaml_node_t *at = NULL, *every = NULL;
    int32_t minutes[REPORT_MOST_TIMES + 1], step = 0;
    size_t n = 0;

    if (!node || node->kind != YAML_MAPPING) {
        read_switch(c, node, "states", REPORT_STATES);
        return;
    }
    if (!compile_keys(c, node, "the states of a report", keys)) return;
    at = yaml_get(node, "at");
    every = yaml_get(node, "every");
    if (!at == !every) {
        diag_error(c->diag, node->place, "write {at: [1 year, 5 years]} or {every: 1 year}", "the times at which states are looked at are not given");
        return;
    }
    for (size_t i = 0; at && i < compile_count(at) && n <= REPORT_MOST_TIMES; i++)
        if (!compile_minutes(c, compile_item(at, i), 0, &minutes[n++])) return;
    if (every && !compile_minutes(c, every, 1, &step)) return;
    for (int64_t t = step; every && t <= horizon && n <= REPORT_MOST_TIMES; t += step) minutes[n++] = (int32_t)t;
    if (!report_ask_states(c->model, minutes, n))
        diag_error(c->diag, node->place, diag_format(c->diag, "give times in ascending order, at most %d of them, none beyond the horizon", REPORT_MOST_TIMES),
                   "states cannot be looked at at these times");
}

void compile_report(compiler_t *c)
{
    static const char *const keys[] = {"categories", "events", "states", "years", "distribution", NULL};
    const yaml_node_t *node = yaml_get(c->root, "report");

    if (!node || !compile_keys(c, node, "a report", keys)) return;
    read_switch(c, yaml_get(node, "categories"), "categories", REPORT_CATEGORIES);
    read_switch(c, yaml_get(node, "events"), "events", REPORT_EVENTS);
    read_states(c, yaml_get(node, "states"));
    read_years(c, yaml_get(node, "years"));
    read_switch(c, yaml_get(node, "distribution"), "distribution", REPORT_SPREAD);
    const model_report_t *r = &c->model->settings.report;
    if (r->kinds)
        fprintf(c->summary, "report:%s%s%s%s%s\n", r->kinds & REPORT_CATEGORIES ? " categories" : "", r->kinds & REPORT_EVENTS ? " events" : "",
                r->kinds & REPORT_STATES ? diag_format(c->diag, " states at %d times", r->n_times) : "",
                r->kinds & REPORT_YEARS ? (r->is_by_calendar ? " calendar years" : " years since entry") : "", r->kinds & REPORT_SPREAD ? " distribution" : "");
}
