/*
 * Factors that follow age: norms of utility, future costs of other diseases. A table by age and attributes, or a polynomial of the age in whole years;
 * either way they change on birthdays. Owns nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile_events.h"
#include "spec/compile_people.h"
#include "spec/compile_profiles.h"

enum { MOST_COEFFICIENTS = 8 };

/* Whole years from 0 to the last that a row has; -1 after reporting. */
static int32_t read_age(compiler_t *c, const csv_cell_t *cell)
{
    char *end;
    const long age = strtol(cell->text, &end, 10);

    if (*cell->text && !*end && age >= 0 && age < PROFILE_AGES) return (int32_t)age;
    diag_error(c->diag, cell->place, diag_format(c->diag, "whole years from 0 to %d", PROFILE_AGES - 1), "`%.100s` is no age", cell->text);
    return -1;
}

/* Columns `age`, `value` and those of the attributes. A value holds from its age to the next one. */
static bool read_table(compiler_t *c, const yaml_node_t *file, const int32_t *slots, size_t n_slots, double *rows, size_t n_rows)
{
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    if (!csv) return false;
    const int ages = csv_column(csv, "age"), values = csv_column(csv, "value");
    if (ages < 0 || values < 0) {
        diag_error(c->diag, file->place, "a table by age has the columns `age` and `value`, and those that `by` names", "%s has no column `%s`", csv->file, ages < 0 ? "age" : "value");
        return false;
    }
    for (size_t k = 0; k < n_rows * PROFILE_AGES; k++) rows[k] = NAN;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, values);
        const int32_t age = read_age(c, csv_cell(csv, r, ages)), row = compile_table_row(c, csv, r, slots, n_slots);
        if (age < 0 || row == MODEL_NONE) return false;
        double *value = &rows[(size_t)row * PROFILE_AGES + (size_t)age];
        if (!isnan(*value)) diag_error(c->diag, cell->place, "remove one of them", "a second value for age %d", age);
        if (!isnan(*value) || !compile_text_value(c, cell->text, cell->place, VALUE_RATIO, value)) return false;
    }
    for (size_t r = 0; r < n_rows; r++) {
        double *row = rows + r * PROFILE_AGES;
        int32_t first = 0;
        while (first < PROFILE_AGES && isnan(row[first])) first++;
        if (first == PROFILE_AGES) {
            diag_error(c->diag, file->place, "add rows for every level", "%s says nothing of some of the people", csv->file);
            return false;
        }
        for (int32_t age = 0; age < PROFILE_AGES; age++)
            if (isnan(row[age])) row[age] = age < first ? row[first] : row[age - 1];
    }
    return true;
}

/* [c0, c1, c2]: c0 + c1 age + c2 age^2, never below 0. */
static bool read_polynomial(compiler_t *c, const yaml_node_t *node, double *row)
{
    double coefficient[MOST_COEFFICIENTS];

    if (node->kind != YAML_SEQUENCE || node->count == 0 || node->count > MOST_COEFFICIENTS) {
        diag_error(c->diag, node->place, "write [0.95, -0.0003, -0.00003]: of age to the power of 0, 1, 2", "a polynomial is not a list of numbers");
        return false;
    }
    for (size_t k = 0; k < node->count; k++)
        if (!compile_value(c, node->items[k], VALUE_NUMBER, &coefficient[k])) return false;
    for (int32_t age = 0; age < PROFILE_AGES; age++) {
        double value = 0;
        for (size_t k = node->count; k-- > 0;) value = value * age + coefficient[k];
        row[age] = fmax(value, 0);
    }
    return true;
}

static bool read_polynomials(compiler_t *c, const yaml_node_t *node, const int32_t *slots, size_t n_slots, double *rows)
{
    const yaml_node_t *of_level[MODEL_MAX_LEVELS] = {node};
    const int32_t n = n_slots ? compile_levels(c->model, slots[0]) : 1;

    if (n_slots > 1) diag_error(c->diag, node->place, "use a table", "a polynomial differs by one attribute at most");
    if (n_slots > 1 || (n_slots == 1 && (of_level[0] = NULL, !compile_nodes_by_level(c, node, slots[0], of_level, "polynomial")))) return false;
    for (int32_t l = 0; l < n; l++)
        if (!read_polynomial(c, of_level[l], rows + (ptrdiff_t)l * PROFILE_AGES)) return false;
    return true;
}

bool profile_table(compiler_t *c, const yaml_node_t *by, int32_t width, profile_by_t *out)
{
    const size_t n = by ? compile_count(by) : 0;

    out->n_slots = 0;
    if (n > sizeof out->slots / sizeof *out->slots) {
        diag_error(c->diag, by->place, "name at most 4 attributes", "a factor that changes with time differs by too many attributes");
        return false;
    }
    for (size_t k = 0; k < n; k++) {
        const yaml_node_t *item = compile_item(by, k);
        const char *name = compile_name(c, item, "what `by` names");
        if (!name || (out->slots[k] = compile_find_slot(c, name, CONDITION_ATTRIBUTES, item->place)) == MODEL_NONE) return false;
    }
    out->n_slots = n;
    if (!compile_make_table(c, out->slots, n, width, &out->table)) return false;
    out->n_rows = (size_t)compile_table_rows(c->model, &out->table);
    out->rows = arena_take(c->arena, out->n_rows * (size_t)width, sizeof *out->rows);
    return true;
}

static bool are_same(const double *a, const double *b, size_t n) { return memcmp(a, b, n * sizeof *a) == 0; }

/* Whether profile `p` says the same as one with these rows: payoffs that share a profile are weighed together. */
static bool is_known(const model_t *m, const model_profile_t *p, const profile_by_t *by, const model_profile_t *profile)
{
    const model_table_t *a = &p->table, *b = &by->table;

    if (p->kind != profile->kind || p->slot != profile->slot || p->levels != profile->levels || p->starts.count != profile->starts.count) return false;
    if (a->width != b->width || a->axes.count != b->axes.count || !are_same(m->reals + p->cuts.first, m->reals + profile->cuts.first, (size_t)a->width)) return false;
    for (int32_t i = 0; i < p->starts.count; i++)
        if (m->indices[p->starts.first + i] != m->indices[profile->starts.first + i]) return false;
    for (int32_t i = 0; i < a->axes.count; i++)
        if (m->axes[a->axes.first + i].slot != m->axes[b->axes.first + i].slot) return false;
    return are_same(m->reals + a->first, by->rows, by->n_rows * (size_t)a->width);
}

int32_t profile_add(compiler_t *c, const profile_by_t *by, const int32_t *minutes, model_profile_t profile)
{
    model_t *m = c->model;
    const int32_t width = by->table.width, cuts = builder_add_reals(m, width);

    for (int32_t k = 0; k < width; k++) m->reals[cuts + k] = minutes ? minutes[k] : k * m->settings.minutes_per_year;
    memcpy(m->reals + by->table.first, by->rows, by->n_rows * (size_t)width * sizeof *by->rows);
    profile.table = by->table;
    profile.cuts = (model_span_t){cuts, width};
    for (int32_t p = 0; p < m->n_profiles; p++)
        if (is_known(m, &m->profiles[p], by, &profile)) return 1 + p;
    const int32_t at = builder_add_profiles(m, 1);
    m->profiles[at] = profile;
    return 1 + at;
}

int32_t profile_by_age(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"table", "polynomial", "by", NULL};
    const yaml_node_t *file = yaml_get(node, "table"), *polynomial = yaml_get(node, "polynomial");
    profile_by_t by;

    if (!compile_keys(c, node, "`by age`", keys)) return 0;
    if (!file == !polynomial) {
        diag_error(c->diag, node->place, "write {table: norms.csv, by: sex} or {polynomial: [0.95, -0.0003]}", "`by age` does not say how it follows age");
        return 0;
    }
    if (!people_need_age(c, node->place, "the amount goes by age")) return 0;
    if (!profile_table(c, yaml_get(node, "by"), PROFILE_AGES, &by)) return 0;
    if (file ? !read_table(c, file, by.slots, by.n_slots, by.rows, by.n_rows) : !read_polynomials(c, polynomial, by.slots, by.n_slots, by.rows)) return 0;
    return profile_add(c, &by, NULL, (model_profile_t){.kind = PROFILE_AGE});
}
