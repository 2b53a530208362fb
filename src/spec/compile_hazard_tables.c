/*
 * Hazards from tables: rates by people, by periods, and survival as it was observed. Owns nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile_hazards.h"

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

bool hazard_find_rate(hazard_t *h, const csv_table_t *csv, place_t place, rate_column_t *out)
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

bool hazard_read_rate(hazard_t *h, const csv_cell_t *cell, rate_column_t from, double minutes, double *rate)
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
bool hazard_parse_table(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"by", "table", "over", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *file = yaml_get(node, "table"), *over = yaml_get(node, "over");
    if (!hazard_keys(h, node, "a hazard with a table", keys) || !axes_parse(c, yaml_get(node, "by"), HAZARD_AXES, &grid->axes)) return false;
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    rate_column_t column = {-1, RATE_PER_DAY};
    double minutes = 0;
    if (!csv || !hazard_find_rate(h, csv, file->place, &column) || (over && !compile_value(c, over, VALUE_DURATION, &minutes))) return false;
    if ((column.unit == RATE_PROBABILITY) != (over != NULL)) {
        diag_error(c->diag, over ? over->place : file->place, over ? "leave `over` out" : "add `over`, for example over: 1 year",
                   over ? "rates are not over a time" : "the probabilities of table `%s` are over an unknown time", csv->file);
        return false;
    }
    size_t rows = axes_rows(c->model, &grid->axes), row;
    bool *is_given = arena_take(c->arena, rows, sizeof *is_given), is_right = true;
    grid->laws = arena_take(c->arena, rows, sizeof *grid->laws);
    for (size_t i = 0; i < csv->n_rows; i++) {
        double rate;
        bool is_read = axes_take_row(c, &grid->axes, csv, i, is_given, &row) &&
                       hazard_read_rate(h, csv_cell(csv, i, column.column), column, minutes, &rate);
        if (is_read) grid->laws[row] = hazard_constant(h, rate);
        is_right &= is_read;
    }
    return is_right && axes_all_given(c, &grid->axes, csv, is_given, file->place);
}

/* The periods of one row, which are sorted and begin at 0. */
static const law_t *law_of_periods(arena_t *arena, const period_t *periods, int n)
{
    double *starts = arena_take(arena, 2 * (size_t)n, sizeof *starts), *rates = starts + n;
    for (int k = 0; k < n; k++) {
        starts[k] = periods[k].from;
        rates[k] = periods[k].rate;
    }
    return law_piecewise(arena, n, starts, rates);
}

/* Sorts the periods and makes the law of every row; each row's must begin at 0 and follow on each other. */
static bool join_periods(hazard_t *h, const csv_table_t *csv, period_t *periods, size_t n, grid_t *grid, place_t place)
{
    compiler_t *c = h->c;
    size_t rows = axes_rows(c->model, &grid->axes);
    bool *is_given = arena_take(c->arena, rows, sizeof *is_given);
    qsort(periods, n, sizeof *periods, by_row_and_start);
    grid->laws = arena_take(c->arena, rows, sizeof *grid->laws);
    for (size_t first = 0, k; first < n; first = k) {
        size_t row = periods[first].row;
        double expected = 0;
        for (k = first; k < n && periods[k].row == row; k++) {
            if (periods[k].from != expected) {
                diag_error(c->diag, periods[k].place, "let the first begin at 0 and every other where the one before it ends",
                           "the periods of %s leave a gap or overlap here", axes_words(c, &grid->axes, row));
                return false;
            }
            expected = periods[k].to;
        }
        is_given[row] = true;
        grid->laws[row] = law_of_periods(c->arena, periods + first, (int)(k - first));
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
    return hazard_read_rate(h, csv_cell(csv, i, column.column), column, out->to - out->from, &out->rate);
}

/* {clock: ..., by: [SLOT, ...], periods: {table: FILE}} */
bool hazard_parse_periods(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"by", "periods", NULL}, *const inner[] = {"table", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *by = yaml_get(node, "by"), *periods_node = yaml_get(node, "periods");
    if (!hazard_keys(h, node, "a hazard by periods", keys) || !compile_keys(c, periods_node, "`periods`", inner)) return false;
    if (by && !axes_parse(c, by, HAZARD_AXES, &grid->axes)) return false;
    const yaml_node_t *file = hazard_need(h, periods_node, "table", "write periods: {table: FILE.csv}");
    const char *name = file ? compile_name(c, file, "the table") : NULL;
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    int from, to;
    double minutes;
    rate_column_t column = {-1, RATE_PER_DAY};
    if (!csv || !find_period_columns(h, csv, file->place, &from, &to, &minutes) || !hazard_find_rate(h, csv, file->place, &column)) return false;
    hazard_note_changing(h, node->place, "a hazard by periods");
    period_t *periods = arena_take(c->arena, csv->n_rows, sizeof *periods);
    bool is_right = true;
    for (size_t i = 0; i < csv->n_rows; i++) is_right &= read_period(h, csv, i, &grid->axes, from, to, minutes, column, &periods[i]);
    is_right = is_right && join_periods(h, csv, periods, csv->n_rows, grid, file->place);
    return is_right;
}

/* ---- survival as it was observed ---- */

/* A time and what has happened until then: H, or INFINITY where nobody is left. */
typedef struct {
    size_t row;
    double time, integral;
    place_t place;
} survivors_t;

static int by_row_and_time(const void *a, const void *b)
{
    const survivors_t *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

typedef struct {
    bool is_steps;      /* survival falls at the times of the table, not between */
    bool is_held;       /* after the last time its last hazard goes on */
} reading_t;

static bool parse_reading(hazard_t *h, const yaml_node_t *node, reading_t *reading)
{
    const yaml_node_t *between = yaml_get(node, "between"), *beyond = yaml_get(node, "beyond");
    const char *how = between ? compile_name(h->c, between, "`between`") : "constant hazard", *then = beyond ? compile_name(h->c, beyond, "`beyond`") : "held";
    if (!how || !then) return false;
    reading->is_steps = !strcmp(how, "steps");
    reading->is_held = !strcmp(then, "held");
    if (!reading->is_steps && strcmp(how, "constant hazard")) {
        diag_error(h->c->diag, between->place, "write constant hazard (the default), or steps: events only at the times of the table", "`between` is wrong");
        return false;
    }
    if (!reading->is_held && strcmp(then, "none")) {
        diag_error(h->c->diag, beyond->place, "write held (the default: the last hazard goes on), or none: no events after the last time", "`beyond` is wrong");
        return false;
    }
    return true;
}

/* The law of the lines of one row, sorted and without one at time 0. A step is a minute wide, around its time. */
static const law_t *law_of_survivors(arena_t *arena, const survivors_t *lines, int n, reading_t reading)
{
    double *starts = arena_take(arena, 4 * (size_t)n + 2, sizeof *starts), *rates = starts + 2 * n + 1, before = 0, at = 0, rate = 0;
    int pieces = 0;

    for (int k = 0; k < n && isfinite(lines[k].integral); k++) {
        double rise = lines[k].integral - before, width = lines[k].time - at;
        rate = rise / width;
        starts[pieces] = reading.is_steps && k ? at + 0.5 : at;
        rates[pieces++] = reading.is_steps ? 0 : rate;
        if (reading.is_steps) {
            starts[pieces] = lines[k].time - 0.5;
            rates[pieces++] = rise;
        }
        before = lines[k].integral;
        at = lines[k].time;
    }
    starts[pieces] = reading.is_steps && pieces ? at + 0.5 : at;
    rates[pieces++] = reading.is_held ? rate : 0;
    const law_t *law = law_piecewise(arena, pieces, starts, rates);
    return isfinite(lines[n - 1].integral) ? law : law_latest(arena, law, lines[n - 1].time);
}

static bool read_survivors(hazard_t *h, const csv_table_t *csv, size_t i, const axes_t *axes, const int *columns, double unit, survivors_t *out)
{
    compiler_t *c = h->c;
    bool is_survival = columns[1] >= 0;
    const csv_cell_t *time = csv_cell(csv, i, columns[0]), *cell = csv_cell(csv, i, columns[is_survival ? 1 : 2]);
    int32_t row = compile_table_row(c, csv, i, axes->slot, axes->n);
    double value;
    if (row == MODEL_NONE || !compile_text_value(c, time->text, time->place, VALUE_RATIO, &out->time) ||
        !compile_text_value(c, cell->text, cell->place, is_survival ? VALUE_PROBABILITY : VALUE_RATIO, &value)) return false;
    out->row = (size_t)row;
    out->place = cell->place;
    out->time *= unit;
    out->integral = is_survival ? fabs(log(value)) : value;
    return true;
}

/* Checks the lines of one row and makes its law; the first of them may be at time 0, where nothing has happened. */
static const law_t *join_survivors(hazard_t *h, const survivors_t *lines, int n, reading_t reading)
{
    double time = 0, integral = 0;
    for (int k = 0; k < n; k++) {
        bool is_start = k == 0 && lines[0].time == 0;
        const char *wrong = is_start ? lines[0].integral != 0 ? "not everybody is there at time 0" : NULL
                            : lines[k].time < time + 1       ? "two times are less than a minute apart"
                            : lines[k].integral < integral || !isfinite(integral) ? "survival rises"
                                                                                  : NULL;
        if (wrong) {
            diag_error(h->c->diag, lines[k].place, "survival begins at 1 at time 0, and falls, line by line", "%s", wrong);
            return NULL;
        }
        time = lines[k].time;
        integral = lines[k].integral;
    }
    int first = lines[0].time == 0;
    if (n == first) {
        diag_error(h->c->diag, lines[0].place, "add lines with later times", "the survival table says nothing after time 0");
        return NULL;
    }
    return law_of_survivors(h->c->arena, lines + first, n - first, reading);
}

/* {survival table: FILE, by: [SLOT, ...], in: months, between: steps, beyond: none}: columns time, and survival or cumulative_hazard. */
bool hazard_parse_survival_table(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"survival table", "by", "in", "between", "beyond", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *by = yaml_get(node, "by"), *file = yaml_get(node, "survival table");
    reading_t reading;
    double unit;
    if (!hazard_keys(h, node, "a survival table", keys) || (by && !axes_parse(c, by, HAZARD_AXES, &grid->axes)) || !parse_reading(h, node, &reading) ||
        !hazard_unit(h, yaml_get(node, "in"), &unit)) return false;
    const char *name = compile_name(c, file, "the survival table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    if (!csv) return false;
    int columns[] = {csv_column(csv, "time"), csv_column(csv, "survival"), csv_column(csv, "cumulative_hazard")};
    if (columns[0] < 0 || (columns[1] < 0) == (columns[2] < 0) || !csv->n_rows) {
        diag_error(c->diag, file->place, "it has the columns time and one of survival and cumulative_hazard", "table `%s` does not say who survives", csv->file);
        return false;
    }
    size_t rows = axes_rows(c->model, &grid->axes), n = csv->n_rows;
    survivors_t *lines = arena_take(c->arena, n, sizeof *lines);
    bool is_right = true, *is_given = arena_take(c->arena, rows, sizeof *is_given);
    for (size_t i = 0; i < n; i++) is_right &= read_survivors(h, csv, i, &grid->axes, columns, unit, &lines[i]);
    grid->laws = arena_take(c->arena, rows, sizeof *grid->laws);
    if (is_right) qsort(lines, n, sizeof *lines, by_row_and_time);
    for (size_t first = 0, k; first < n && is_right; first = k) {
        size_t row = lines[first].row;
        for (k = first; k < n && lines[k].row == row;) k++;
        is_given[row] = true;
        grid->laws[row] = join_survivors(h, lines + first, (int)(k - first), reading);
        is_right = grid->laws[row] != NULL;
    }
    hazard_note_changing(h, node->place, "a survival table");
    return is_right && axes_all_given(c, &grid->axes, csv, is_given, file->place);
}
