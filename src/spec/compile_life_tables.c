/*
 * Life tables: hazards by age, for one calendar year or along the calendar as well. Each line holds from its age to the next and, if the
 * table follows the calendar, from its year to the next; what lies outside has the line at the end. Along one date of birth (compile_births.c) both
 * together are one law of age, to which all that changes hazards applies.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile_hazards.h"
#include "spec/compile_people.h"

/* Per minute: nobody outlives a line that says so. */
#define CERTAIN_RATE 1e3

/* A constant hazard from an age on, in minutes, in the calendar years from `year` (also in minutes) to that of the next line. */
typedef struct {
    size_t row;             /* of `by` */
    double year, age, rate;
    bool is_certain;        /* a probability of 1: `rate` is not known */
    place_t place;
} line_t;

/* What the table says to be, before its lines are read. */
typedef struct {
    const csv_table_t *csv;
    int age, year;          /* columns; -1: none */
    rate_column_t rate;
    const yaml_node_t *of_year; /* take the lines of this year only, or NULL */
    bool is_calendar;
    double ratio;           /* smr */
} life_table_t;

bool life_table_follows_calendar(const yaml_node_t *node)
{
    const yaml_node_t *year = yaml_get(node, "year");
    return yaml_get(node, "life table") && year && year->kind == YAML_SCALAR && !strcmp(year->text, "calendar time");
}

/* ---- columns ---- */

/* `annual_rate`, else `qx`, else what any table of hazards has. */
static bool find_rate(hazard_t *h, const csv_table_t *csv, place_t place, rate_column_t *out)
{
    int annual = csv_column(csv, "annual_rate"), qx = csv_column(csv, "qx");
    *out = annual >= 0 ? (rate_column_t){annual, RATE_PER_YEAR} : (rate_column_t){qx, RATE_PROBABILITY};
    return out->column >= 0 || hazard_find_rate(h, csv, place, out);
}

static bool find_columns(hazard_t *h, const yaml_node_t *file, const yaml_node_t *year, life_table_t *table)
{
    compiler_t *c = h->c;
    const csv_table_t *csv = table->csv;

    table->age = csv_column(csv, "age");
    table->year = csv_column(csv, "year");
    if (!people_need_age(c, file->place, diag_format(c->diag, "life table `%s` goes by age", csv->file))) return false;
    if (table->age < 0) {
        diag_error(c->diag, file->place, "a life table has the columns age and annual_rate (or qx)", "a column is missing from `%s`", csv->file);
        return false;
    }
    if (!find_rate(h, csv, file->place, &table->rate)) return false;
    if (year && table->year < 0) {
        diag_error(c->diag, year->place, "leave `year` out", "life table `%s` has no column `year`", csv->file);
        return false;
    }
    if (!table->is_calendar || c->model->settings.calendar != MODEL_NONE) return true;
    diag_error(c->diag, year->place, "give `people` an `entry date`, such as 2025.5 years, or name one year of the table",
               "life table `%s` follows the calendar, but people have no date of entry", csv->file);
    return false;
}

/* ---- lines ---- */

static int by_row_year_and_age(const void *a, const void *b)
{
    const line_t *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    if (x->year != y->year) return x->year < y->year ? -1 : 1;
    return (x->age > y->age) - (x->age < y->age);
}

/* The hazard of a line; a probability of 1 has none. */
static bool read_hazard(hazard_t *h, const life_table_t *table, size_t i, line_t *line)
{
    const csv_cell_t *cell = csv_cell(table->csv, i, table->rate.column);
    double p = 0;
    if (table->rate.unit == RATE_PROBABILITY && !compile_text_value(h->c, cell->text, cell->place, VALUE_PROBABILITY, &p)) return false;
    line->is_certain = p >= 1;
    if (line->is_certain) return true;
    bool is_right = hazard_read_rate(h, cell, table->rate, h->c->units.minutes_per_year, &line->rate);
    line->rate *= table->ratio;
    return is_right;
}

static bool read_line(hazard_t *h, const life_table_t *table, size_t i, const axes_t *by, line_t *line)
{
    compiler_t *c = h->c;
    const csv_cell_t *age = csv_cell(table->csv, i, table->age), *year = table->year >= 0 ? csv_cell(table->csv, i, table->year) : NULL;
    int32_t row = compile_table_row(c, table->csv, i, by->slot, by->n);

    *line = (line_t){.row = (size_t)row, .place = age->place};
    if (row == MODEL_NONE || !compile_text_value(c, age->text, age->place, VALUE_RATIO, &line->age) || !read_hazard(h, table, i, line)) return false;
    if (table->is_calendar && !compile_text_value(c, year->text, year->place, VALUE_RATIO, &line->year)) return false;
    line->age *= c->units.minutes_per_year;
    line->year *= c->units.minutes_per_year;
    return true;
}

/* Whether lines of the same row and year begin at age 0 and are of different ages; what is certain must stand in the last of them. */
static bool check_lines(hazard_t *h, const life_table_t *table, const axes_t *by, const line_t *lines, size_t n)
{
    compiler_t *c = h->c;
    for (size_t i = 0; i < n; i++) {
        const line_t *line = &lines[i], *before = i && line[-1].row == line->row && line[-1].year == line->year ? line - 1 : NULL;
        if (before ? line->age <= before->age : line->age != 0) {
            bool has_years = table->year >= 0 && !table->of_year && !table->is_calendar;
            diag_error(c->diag, line->place,
                       has_years ? "write `year: 2014` for the lines of one year, or `year: calendar time` to follow the calendar"
                                 : "let the first begin at age 0 and every other where the one before it ends",
                       "the lines of %s leave a gap or overlap here", axes_words(c, by, line->row));
            return false;
        }
        if (!before || !before->is_certain) continue;
        diag_error(c->diag, before->place, "leave out the lines after it", "nobody reaches the ages after a probability of 1");
        return false;
    }
    return true;
}

/* A certain death: the hazard of the line before goes on for the last year of age, and nobody is left at its end. */
static size_t end_certain_lines(hazard_t *h, line_t *lines, size_t n, line_t *out)
{
    size_t n_out = 0;
    for (size_t i = 0; i < n; i++) {
        bool has_before = i && lines[i - 1].row == lines[i].row && lines[i - 1].year == lines[i].year;
        out[n_out] = lines[i];
        if (lines[i].is_certain) {
            out[n_out].rate = has_before ? lines[i - 1].rate : 0;
            out[++n_out] = lines[i];
            out[n_out].rate = CERTAIN_RATE;
            out[n_out].age += h->c->units.minutes_per_year;
        }
        n_out++;
    }
    return n_out;
}

/* ---- laws ---- */

/* The last of lines [n] of one year that begins at or before `age`. */
static size_t line_at(const line_t *lines, size_t n, double age)
{
    size_t i = 0;
    while (i + 1 < n && lines[i + 1].age <= age) i++;
    return i;
}

static size_t lines_of_year(const line_t *lines, size_t n)
{
    size_t k = 1;
    while (k < n && lines[k].year == lines[0].year) k++;
    return k;
}

/* Along the lines of one row, of somebody born at `born`: from birthday to birthday, and from one calendar year to the next. */
static const law_t *law_along(arena_t *arena, const line_t *lines, size_t n, double born)
{
    double *starts = arena_take(arena, 4 * n + 2, sizeof *starts), *rates = starts + 2 * n + 1, age = 0;
    size_t in_year = lines_of_year(lines, n);
    int pieces = 0;

    while (n > in_year && lines[in_year].year <= born) { /* years that had ended before */
        lines += in_year;
        n -= in_year;
        in_year = lines_of_year(lines, n);
    }
    for (;;) {
        size_t i = line_at(lines, in_year, age);
        double birthday = i + 1 < in_year ? lines[i + 1].age : INFINITY, new_year = n > in_year ? lines[in_year].year - born : INFINITY;
        if (pieces == 0 || rates[pieces - 1] != lines[i].rate) {
            starts[pieces] = age;
            rates[pieces++] = lines[i].rate;
        }
        age = fmin(birthday, new_year);
        if (!isfinite(age) || age >= LAW_FOREVER) return law_piecewise(arena, pieces, starts, rates);
        if (new_year > age) continue;
        lines += in_year;
        n -= in_year;
        in_year = lines_of_year(lines, n);
    }
}

/* The laws of every combination of `by` and date of birth. */
static bool make_laws(hazard_t *h, const life_table_t *table, const line_t *lines, size_t n, const axes_t *by, place_t place, grid_t *grid)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    const births_t *births = table->is_calendar ? compile_births_of(c) : NULL;
    size_t n_by = axes_rows(m, by), *first = arena_take(c->arena, n_by + 1, sizeof *first), *count = arena_take(c->arena, n_by, sizeof *count);
    bool *is_given = arena_take(c->arena, n_by, sizeof *is_given);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);

    for (size_t i = n; i-- > 0;) {
        first[lines[i].row] = i;
        count[lines[i].row]++;
        is_given[lines[i].row] = true;
    }
    if (!axes_all_given(c, by, table->csv, is_given, place)) return false;
    grid->axes = *by;
    for (size_t s = 0; births && s < births->n_slots; s++)
        if (!axes_add(c, &grid->axes, births->slots[s], place)) return false;
    size_t rows = axes_rows(m, &grid->axes);
    grid->laws = arena_take(c->arena, rows, sizeof *grid->laws);
    for (size_t row = 0; row < rows; row++) {
        axes_levels(m, &grid->axes, row, levels);
        size_t of = axes_row(m, by, levels);
        grid->laws[row] = law_along(c->arena, lines + first[of], count[of], births ? births->born[births_band(births, levels)] : 0);
    }
    return true;
}

static bool is_wanted(const life_table_t *table, size_t i)
{
    return !table->of_year || !strcmp(csv_cell(table->csv, i, table->year)->text, table->of_year->text);
}

/* {life table: FILE, by: [SLOT, ...], year: 2014 | calendar time, smr: 1.8}: on the clock age. */
bool hazard_parse_life_table(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"life table", "by", "year", "smr", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *by = yaml_get(node, "by"), *file = yaml_get(node, "life table"), *year = yaml_get(node, "year"), *smr = yaml_get(node, "smr");
    life_table_t table = {.ratio = 1, .is_calendar = life_table_follows_calendar(node)};
    axes_t axes = {.n = 0};
    if (!hazard_keys(h, node, "a life table", keys) || (by && !axes_parse(c, by, HAZARD_AXES, &axes))) return false;
    if ((smr && !compile_value(c, smr, VALUE_RATIO, &table.ratio)) || (year && !compile_name(c, year, "the year"))) return false;
    const char *name = compile_name(c, file, "the life table");
    table.of_year = table.is_calendar ? NULL : year;
    table.csv = name ? compile_table_file(c, name, file->place) : NULL;
    if (!table.csv || !hazard_take_scale(h, SCALE_AGE, file->place) || !find_columns(h, file, year, &table)) return false;
    line_t *lines = arena_take(c->arena, table.csv->n_rows, sizeof *lines), *all = arena_take(c->arena, 2 * table.csv->n_rows, sizeof *all);
    size_t n = 0;
    bool is_right = true;
    for (size_t i = 0; i < table.csv->n_rows; i++)
        if (is_wanted(&table, i)) is_right &= read_line(h, &table, i, &axes, &lines[n++]);
    if (!is_right) return false;
    if (n == 0) {
        diag_error(c->diag, year ? year->place : file->place, "name a year of the table", "life table `%s` has no such lines", table.csv->file);
        return false;
    }
    qsort(lines, n, sizeof *lines, by_row_year_and_age);
    if (!check_lines(h, &table, &axes, lines, n)) return false;
    n = end_certain_lines(h, lines, n, all);
    if (table.is_calendar && !c->births) return false; /* what is wrong with people's ages or dates has been said */
    return make_laws(h, &table, all, n, &axes, file->place, grid);
}
