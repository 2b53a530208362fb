/*
 * Hazards: from the forms in which a paper gives them (rates, probabilities over a time, curves, tables by period and by
 * age) to curves in minutes, one for every combination of levels of the slots it depends on. Evaluates nothing per
 * person; libm is used here only, while a model is compiled.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile_events.h"

static const unsigned who_and_what = CONDITION_ATTRIBUTES | CONDITION_PROCESSES; /* what a hazard may depend on */

/* Curves by the levels of slots. */
typedef struct {
    axes_t axes;
    model_curve_t *curves;  /* [axes_rows] */
} grid_t;

/* One `hazard:` being compiled, with all that is nested in it. */
typedef struct {
    compiler_t *c;
    const event_t *event;
    int32_t scale;          /* MODEL_NONE: not stated yet */
    place_t changing;       /* of a form whose hazard changes with time, so that the clock matters; line 0: none */
    const char *what;       /* that form in words */
} hazard_t;

static bool parse(hazard_t *h, const yaml_node_t *node, grid_t *grid);

/* ---- the clock ---- */

/* `time`, `age` or `time in state`. */
static bool parse_scale(compiler_t *c, const event_t *event, const yaml_node_t *node, int32_t *scale)
{
    static const char *const words[] = {"time", "age", "time in state"};
    for (int32_t i = 0; i < 3; i++)
        if (node->kind == YAML_SCALAR && !strcmp(node->text, words[i])) {
            *scale = i;
            if (i == SCALE_AGE && c->model->settings.age == MODEL_NONE) {
                diag_error(c->diag, node->place, "give `people` an `age`", "the clock is age, but people have none");
                return false;
            }
            if (i == SCALE_IN_STATE && !event->process->has_states) {
                diag_error(c->diag, node->place, "write clock: time, or give the process `states`",
                           "the clock is time in state, but process `%s` has no states", event->process->name);
                return false;
            }
            return true;
        }
    diag_error(c->diag, node->place, "write time (since the start), age, or time in state", "unknown `clock`");
    return false;
}

static bool take_scale(hazard_t *h, int32_t scale, place_t place)
{
    if (h->scale != MODEL_NONE && h->scale != scale) {
        diag_error(h->c->diag, place, "let all parts of one hazard run on the same clock", "two clocks are stated for event `%s`",
                   h->event->name);
        return false;
    }
    h->scale = scale;
    return true;
}

static bool take_clock(hazard_t *h, const yaml_node_t *node)
{
    int32_t scale;
    return !node || (parse_scale(h->c, h->event, node, &scale) && take_scale(h, scale, node->place));
}

static void note_changing(hazard_t *h, place_t place, const char *what)
{
    h->changing = place;
    h->what = what;
}

/* ---- curves ---- */

static model_curve_t constant(double rate_per_minute) { return (model_curve_t){.kind = CURVE_EXPONENTIAL, .a = rate_per_minute}; }

static void make_single(const hazard_t *h, grid_t *grid, model_curve_t curve)
{
    grid->curves = arena_take(h->c->arena, 1, sizeof *grid->curves);
    grid->curves[0] = curve;
}

/* A number whose dimension is time^`time`; a bare one is in years or per year. */
static bool time_value(hazard_t *h, const yaml_node_t *node, const char *what, int time, double *out)
{
    compiler_t *c = h->c;
    quantity_t q;
    if (node->kind != YAML_SCALAR) {
        diag_error(c->diag, node->place, "write a number", "`%s` is not a number", what);
        return false;
    }
    quantity_names_t names = compile_parameter_names(c);
    if (!quantity_parse(node->text, node->place, &c->units, &names, c->diag, &q)) return false;
    if (q.money || (q.time && q.time != time)) {
        diag_error(c->diag, node->place, time > 0 ? "write a time, or a bare number of years" : "write a value per time, or a bare number per year",
                   "`%s` is %s", what, quantity_dimension(q.time, q.money));
        return false;
    }
    *out = q.time ? q.value : q.value * pow(c->units.minutes_per_year, time);
    return true;
}

static const yaml_node_t *need(hazard_t *h, const yaml_node_t *node, const char *key, const char *right)
{
    const yaml_node_t *value = yaml_get(node, key);
    if (!value) diag_error(h->c->diag, node->place, right, "`%s` is missing", key);
    return value;
}

static bool parse_weibull(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"shape", "scale", NULL}, right[] = "write weibull: {shape: 1.2, scale: 10 years}";
    if (!compile_keys(h->c, node, "`weibull`", keys)) return false;
    const yaml_node_t *shape_node = need(h, node, "shape", right), *scale_node = need(h, node, "scale", right);
    double shape, scale;
    if (!shape_node || !scale_node || !compile_value(h->c, shape_node, VALUE_RATIO, &shape) ||
        !time_value(h, scale_node, "scale", 1, &scale)) return false;
    if (!(shape > 0 && scale > 0)) {
        diag_error(h->c->diag, node->place, "both must be above 0", "a Weibull hazard with shape %g and scale %g minutes", shape, scale);
        return false;
    }
    note_changing(h, node->place, "a Weibull hazard");
    make_single(h, grid, (model_curve_t){.kind = CURVE_WEIBULL, .a = shape, .b = 1 / shape, .c = log(scale)});
    return true;
}

static bool parse_gompertz(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"shape", "rate", NULL}, right[] = "write gompertz: {shape: 0.1 per year, rate: 0.001 per year}";
    if (!compile_keys(h->c, node, "`gompertz`", keys)) return false;
    const yaml_node_t *shape_node = need(h, node, "shape", right), *rate_node = need(h, node, "rate", right);
    double shape, rate;
    if (!shape_node || !rate_node || !time_value(h, shape_node, "shape", -1, &shape) || !time_value(h, rate_node, "rate", -1, &rate))
        return false;
    if (rate < 0) {
        diag_error(h->c->diag, rate_node->place, "it must be 0 or more", "a Gompertz hazard with a negative rate");
        return false;
    }
    note_changing(h, node->place, "a Gompertz hazard");
    bool is_constant = shape == 0 || rate == 0;
    make_single(h, grid, is_constant ? constant(rate)
                                  : (model_curve_t){.kind = CURVE_GOMPERTZ, .a = shape, .b = rate / shape, .c = shape / rate});
    return true;
}

static bool parse_rate(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"probability", "over", "clock", NULL};
    bool is_probability = yaml_get(node, "probability") != NULL;
    double rate;
    if (is_probability && !compile_keys(h->c, node, "a hazard", keys)) return false;
    if (!(is_probability ? compile_probability_over(h->c, node, &rate) : compile_value(h->c, node, VALUE_RATE, &rate))) return false;
    make_single(h, grid, constant(rate));
    return true;
}

/* ---- tables ---- */

/* A constant hazard from `from` until the next period of the same row, in minutes. */
typedef struct {
    size_t row;
    double from, to, rate;
    place_t place;
} period_t;

static int by_row_and_start(const void *a, const void *b)
{
    const period_t *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

typedef enum { RATE_PER_DAY, RATE_PER_YEAR, RATE_PROBABILITY } rate_unit_t;

/* A column and what its numbers are. */
typedef struct {
    int column;
    rate_unit_t unit;
} rate_column_t;

/* The only one of the columns `rate_per_day`, `rate_per_year` (or `annual_rate`), `probability` that the table has. */
static bool find_rate_column(hazard_t *h, const csv_table_t *csv, place_t place, rate_column_t *out)
{
    static const struct { const char *name; rate_unit_t unit; } columns[] = {
        {"rate_per_day", RATE_PER_DAY}, {"rate_per_year", RATE_PER_YEAR}, {"annual_rate", RATE_PER_YEAR}, {"probability", RATE_PROBABILITY}};
    int n = 0;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        int column = csv_column(csv, columns[i].name);
        if (column < 0) continue;
        n++;
        out->column = column;
        out->unit = columns[i].unit;
    }
    if (n == 1) return true;
    diag_error(h->c->diag, place, "give it one of the columns probability, rate_per_day and rate_per_year",
               "table `%s` has %s column of hazards", csv->file, n ? "more than one" : "no");
    return false;
}

/* The rate per minute in a cell; a probability is over `minutes`. */
static bool read_rate(hazard_t *h, const csv_cell_t *cell, rate_column_t from, double minutes, double *rate)
{
    compiler_t *c = h->c;
    value_kind_t kind = from.unit == RATE_PROBABILITY ? VALUE_PROBABILITY : VALUE_RATIO;
    double value;
    if (!compile_text_value(c, cell->text, cell->place, kind, &value)) return false;
    if (from.unit == RATE_PROBABILITY && value >= 1) {
        diag_error(c->diag, cell->place, "write a probability below 1, or an event with a delay", "what is certain has no rate");
        return false;
    }
    switch (from.unit) {
    case RATE_PER_DAY: *rate = value / 1440; break;
    case RATE_PER_YEAR: *rate = value / c->units.minutes_per_year; break;
    case RATE_PROBABILITY: *rate = rate_of_probability(value, minutes); break;
    }
    return true;
}

/* {by: [SLOT, ...], table: FILE, over: TIME} */
static bool parse_table(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"by", "table", "over", "clock", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *file = yaml_get(node, "table"), *over = yaml_get(node, "over");
    if (!compile_keys(c, node, "a hazard with a table", keys) || !axes_parse(c, yaml_get(node, "by"), who_and_what, &grid->axes)) return false;
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    rate_column_t column = {-1, RATE_PER_DAY};
    double minutes = 0;
    if (!csv || !find_rate_column(h, csv, file->place, &column) || (over && !compile_value(c, over, VALUE_DURATION, &minutes))) return false;
    if ((column.unit == RATE_PROBABILITY) != (over != NULL)) {
        diag_error(c->diag, over ? over->place : file->place, over ? "leave `over` out" : "add `over`, for example over: 1 year",
                   over ? "rates are not over a time" : "the probabilities of table `%s` are over an unknown time", csv->file);
        return false;
    }
    size_t rows = axes_rows(c->model, &grid->axes), row;
    bool *is_given = arena_take(c->arena, rows, sizeof *is_given), is_right = true;
    grid->curves = arena_take(c->arena, rows, sizeof *grid->curves);
    for (size_t i = 0; i < csv->n_rows; i++) {
        double rate;
        bool is_read = axes_take_row(c, &grid->axes, csv, i, is_given, &row) &&
                       read_rate(h, csv_cell(csv, i, column.column), column, minutes, &rate);
        if (is_read) grid->curves[row] = constant(rate);
        is_right &= is_read;
    }
    return is_right && axes_all_given(c, &grid->axes, csv, is_given, file->place);
}

/* One curve from the periods of one row, which are sorted and begin at 0. */
static model_curve_t piecewise(model_t *m, const period_t *periods, int32_t n)
{
    if (n == 1) return constant(periods[0].rate);
    model_curve_t curve = {.kind = CURVE_PIECEWISE, .pieces = n, .first = builder_add_reals(m, 3 * n)};
    double *starts = m->reals + curve.first, *rates = starts + n, *sums = rates + n;
    for (int32_t k = 0; k < n; k++) {
        starts[k] = periods[k].from;
        rates[k] = periods[k].rate;
        if (k) sums[k] = sums[k - 1] + rates[k - 1] * (starts[k] - starts[k - 1]);
    }
    return curve;
}

/* Sorts the periods and makes the curve of every row; each row's must begin at 0 and follow on each other. */
static bool join_periods(hazard_t *h, const csv_table_t *csv, period_t *periods, size_t n, grid_t *grid, place_t place)
{
    compiler_t *c = h->c;
    size_t rows = axes_rows(c->model, &grid->axes);
    bool *is_given = arena_take(c->arena, rows, sizeof *is_given);
    qsort(periods, n, sizeof *periods, by_row_and_start);
    grid->curves = arena_take(c->arena, rows, sizeof *grid->curves);
    for (size_t first = 0, k; first < n; first = k) {
        size_t row = periods[first].row;
        double expected = 0;
        for (k = first; k < n && periods[k].row == row; k++) {
            bool follows = isnan(expected) ? periods[k].from > periods[k - 1].from : periods[k].from == expected;
            if (!follows) {
                diag_error(c->diag, periods[k].place, "let the first begin at 0 and every other where the one before it ends",
                           "the periods of %s leave a gap or overlap here", axes_words(c, &grid->axes, row));
                return false;
            }
            expected = periods[k].to;
        }
        is_given[row] = true;
        grid->curves[row] = piecewise(c->model, periods + first, (int32_t)(k - first));
    }
    return axes_all_given(c, &grid->axes, csv, is_given, place);
}

/* Columns from_days and to_days, or from_years and to_years. */
static bool find_period_columns(hazard_t *h, const csv_table_t *csv, place_t place, int *from, int *to, double *minutes)
{
    bool is_days = csv_column(csv, "from_days") >= 0;
    *from = csv_column(csv, is_days ? "from_days" : "from_years");
    *to = csv_column(csv, is_days ? "to_days" : "to_years");
    *minutes = is_days ? 1440 : h->c->units.minutes_per_year;
    if (*from >= 0 && *to >= 0) return true;
    diag_error(h->c->diag, place, "give it the columns from_days and to_days, or from_years and to_years",
               "table `%s` does not say from when to when", csv->file);
    return false;
}

static bool read_period(hazard_t *h, const csv_table_t *csv, size_t i, const axes_t *axes, int from, int to, double minutes,
                        rate_column_t column, period_t *out)
{
    compiler_t *c = h->c;
    const csv_cell_t *start = csv_cell(csv, i, from), *end = csv_cell(csv, i, to);
    int32_t row = compile_table_row(c, csv, i, axes->slot, axes->n);
    if (row == MODEL_NONE || !compile_text_value(c, start->text, start->place, VALUE_RATIO, &out->from) ||
        !compile_text_value(c, end->text, end->place, VALUE_RATIO, &out->to)) return false;
    out->row = (size_t)row;
    out->from *= minutes;
    out->to *= minutes;
    out->place = start->place;
    if (out->to <= out->from) {
        diag_error(c->diag, end->place, "let it end later", "a period ends before it begins");
        return false;
    }
    return read_rate(h, csv_cell(csv, i, column.column), column, out->to - out->from, &out->rate);
}

/* {clock: ..., by: [SLOT, ...], periods: {table: FILE}} */
static bool parse_periods(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"clock", "by", "periods", NULL}, *const inner[] = {"table", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *by = yaml_get(node, "by"), *periods_node = yaml_get(node, "periods");
    if (!compile_keys(c, node, "a hazard by periods", keys) || !compile_keys(c, periods_node, "`periods`", inner)) return false;
    if (by && !axes_parse(c, by, who_and_what, &grid->axes)) return false;
    const yaml_node_t *file = need(h, periods_node, "table", "write periods: {table: FILE.csv}");
    const char *name = file ? compile_name(c, file, "the table") : NULL;
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    int from, to;
    double minutes;
    rate_column_t column = {-1, RATE_PER_DAY};
    if (!csv || !find_period_columns(h, csv, file->place, &from, &to, &minutes) || !find_rate_column(h, csv, file->place, &column)) return false;
    note_changing(h, node->place, "a hazard by periods");
    period_t *periods = arena_take(c->arena, csv->n_rows, sizeof *periods);
    bool is_right = true;
    for (size_t i = 0; i < csv->n_rows; i++) is_right &= read_period(h, csv, i, &grid->axes, from, to, minutes, column, &periods[i]);
    is_right = is_right && join_periods(h, csv, periods, csv->n_rows, grid, file->place);
    return is_right;
}

/* {life table: FILE, by: [SLOT, ...]}: columns age (years) and annual_rate, on the clock age. */
static bool parse_life_table(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"life table", "by", "clock", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *by = yaml_get(node, "by"), *file = yaml_get(node, "life table");
    if (!compile_keys(c, node, "a life table", keys) || (by && !axes_parse(c, by, who_and_what, &grid->axes))) return false;
    const char *name = compile_name(c, file, "the life table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    if (!csv || !take_scale(h, SCALE_AGE, file->place)) return false;
    int age = csv_column(csv, "age"), rate = csv_column(csv, "annual_rate");
    if (age < 0 || rate < 0 || c->model->settings.age == MODEL_NONE) {
        bool is_table = age < 0 || rate < 0;
        diag_error(c->diag, file->place, is_table ? "a life table has the columns age and annual_rate" : "give `people` an `age`",
                   is_table ? "a column is missing from `%s`" : "life table `%s` needs the age of people", csv->file);
        return false;
    }
    period_t *periods = arena_take(c->arena, csv->n_rows, sizeof *periods);
    bool is_right = true;
    for (size_t i = 0; i < csv->n_rows; i++) {
        const csv_cell_t *from = csv_cell(csv, i, age);
        int32_t row = compile_table_row(c, csv, i, grid->axes.slot, grid->axes.n);
        periods[i] = (period_t){.row = (size_t)row, .to = NAN, .place = from->place};
        is_right &= row != MODEL_NONE && compile_text_value(c, from->text, from->place, VALUE_RATIO, &periods[i].from) &&
                    read_rate(h, csv_cell(csv, i, rate), (rate_column_t){rate, RATE_PER_YEAR}, 0, &periods[i].rate);
        periods[i].from *= c->units.minutes_per_year;
    }
    is_right = is_right && join_periods(h, csv, periods, csv->n_rows, grid, file->place);
    return is_right;
}

/* ---- nesting ---- */

/* {by: SLOT, LEVEL: HAZARD, ...} */
static bool parse_by_level(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    const yaml_node_t *by = yaml_get(node, "by");
    axes_t own = {.n = 0};
    if (!axes_parse(c, by, who_and_what, &own)) return false;
    if (own.n != 1) {
        diag_error(c->diag, by->place, "name one and nest the others, or use a table", "several things in `by` need a `table`");
        return false;
    }
    int32_t slot = own.slot[0], n = compile_levels(m, slot);
    const yaml_node_t *of_level[MODEL_MAX_LEVELS] = {NULL};
    grid_t child[MODEL_MAX_LEVELS] = {{.curves = NULL}};
    bool is_right = compile_nodes_by_level(c, node, slot, of_level, "hazard");
    grid->axes = own;
    for (int32_t l = 0; l < n && is_right; l++) {
        is_right = parse(h, of_level[l], &child[l]);
        for (size_t a = 0; a < child[l].axes.n && is_right; a++) is_right = axes_add(c, &grid->axes, child[l].axes.slot[a], of_level[l]->place);
    }
    if (is_right) {
        size_t rows = axes_rows(m, &grid->axes);
        uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
        grid->curves = arena_take(c->arena, rows, sizeof *grid->curves);
        for (size_t row = 0; row < rows; row++) {
            axes_levels(m, &grid->axes, row, levels);
            const grid_t *of = &child[levels[slot]];
            grid->curves[row] = of->curves[axes_row(m, &of->axes, levels)];
        }
    }
    return is_right;
}

static bool parse(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const struct {
        const char *key;
        bool (*parse)(hazard_t *, const yaml_node_t *, grid_t *);
    } curves[] = {{"weibull", parse_weibull}, {"gompertz", parse_gompertz}, {"exponential", parse_rate}};

    if (node->kind == YAML_SCALAR) return parse_rate(h, node, grid);
    if (node->kind == YAML_MAPPING) {
        if (!take_clock(h, yaml_get(node, "clock"))) return false;
        if (yaml_get(node, "probability")) return parse_rate(h, node, grid);
        for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
            const char *const keys[] = {curves[i].key, "clock", NULL};
            const yaml_node_t *value = yaml_get(node, curves[i].key);
            if (value) return compile_keys(h->c, node, "a hazard", keys) && curves[i].parse(h, value, grid);
        }
        if (yaml_get(node, "life table")) return parse_life_table(h, node, grid);
        if (yaml_get(node, "periods")) return parse_periods(h, node, grid);
        if (yaml_get(node, "by")) return yaml_get(node, "table") ? parse_table(h, node, grid) : parse_by_level(h, node, grid);
    }
    diag_error(h->c->diag, node->place,
               "write a rate, {probability: P, over: TIME}, {weibull: ...}, {gompertz: ...}, {exponential: RATE}, {by: ..., table: ...}, "
               "{clock: ..., by: ..., periods: ...}, {by: SLOT, LEVEL: HAZARD, ...} or {life table: ...}",
               "the hazard of event `%s` has no form that is known", h->event->name);
    return false;
}

bool compile_hazard(compiler_t *c, const event_t *event, const yaml_node_t *hazard, const yaml_node_t *clock, model_table_t *curve,
                    int32_t *scale)
{
    model_t *m = c->model;
    hazard_t h = {.c = c, .event = event, .scale = MODEL_NONE};
    grid_t grid = {.curves = NULL};
    bool is_right = take_clock(&h, clock);
    is_right &= parse(&h, hazard, &grid);
    if (is_right && h.scale == MODEL_NONE && h.what) {
        diag_error(c->diag, h.changing,
                   "add clock: time (since the start), clock: age, or clock: time in state (since the process entered its state)",
                   "%s changes with time, but event `%s` does not say on which clock", h.what, event->name);
        is_right = false;
    }
    if (is_right) {
        int32_t rows = (int32_t)axes_rows(m, &grid.axes);
        *scale = h.scale == MODEL_NONE ? SCALE_SINCE_START : h.scale;
        *curve = axes_table(m, &grid.axes, 1);
        curve->first = builder_add_curves(m, rows);
        memcpy(m->curves + curve->first, grid.curves, (size_t)rows * sizeof *grid.curves);
    }
    return is_right;
}

/* ---- ratios ---- */

/* {LEVEL: RATIO, ...}: levels not named have ratio 1. */
static bool ratio_of_levels(compiler_t *c, const yaml_pair_t *pair, model_table_t *table)
{
    model_t *m = c->model;
    int32_t slot = compile_find_slot(c, pair->key, who_and_what, pair->place);
    if (slot == MODEL_NONE) return false;
    if (pair->value->kind != YAML_MAPPING) {
        diag_error(c->diag, pair->value->place, "write hazard ratio: {SLOT: {LEVEL: RATIO}}", "the ratios of `%s` are not a mapping", pair->key);
        return false;
    }
    if (!compile_make_table(c, &slot, 1, 1, table)) return false;
    for (int32_t l = 0; l < compile_levels(m, slot); l++) m->reals[table->first + l] = 1;
    bool is_right = true;
    for (size_t i = 0; i < pair->value->count; i++) {
        const yaml_pair_t *of = &pair->value->pairs[i];
        if (compile_is_remark(of->key)) continue;
        int32_t level = compile_level(c, slot, of->key, of->place);
        double ratio;
        if (level == MODEL_NONE || !compile_value(c, of->value, VALUE_RATIO, &ratio)) is_right = false;
        else m->reals[table->first + level] = ratio;
    }
    return is_right;
}

bool compile_ratios(compiler_t *c, const yaml_node_t *node, model_span_t *out)
{
    model_t *m = c->model;
    *out = (model_span_t){0, 0};
    if (!node) return true;
    if (node->kind != YAML_MAPPING || !node->count) {
        diag_error(c->diag, node->place, "write hazard ratio: {SLOT: {LEVEL: RATIO, ...}, ...} or {by: [SLOT], table: FILE.csv}",
                   "`hazard ratio` is not a mapping");
        return false;
    }
    bool is_table = yaml_get(node, "by") != NULL, is_right = true;
    out->first = m->n_ratios;
    for (size_t i = 0; i < (is_table ? 1 : node->count); i++) {
        model_table_t table = {.width = 1};
        if (!is_table && compile_is_remark(node->pairs[i].key)) continue;
        is_right &= is_table ? compile_lookup(c, node, VALUE_RATIO, who_and_what, &table) : ratio_of_levels(c, &node->pairs[i], &table);
        int32_t at = builder_add_ratios(m, 1);
        m->ratios[at] = table;
        out->count++;
    }
    return is_right;
}
