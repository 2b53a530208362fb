/* Numbers by slots and time: see the header. Everything lives in the compiler's arena; runs while a model is compiled. */
#include "spec/compile_grids.h"
#include "spec/compile_people.h"

#include <stdlib.h>
#include <string.h>

static const char *const time_names[] = {[TIME_CYCLE] = "cycle", [TIME_AGE] = "age", [TIME_IN_STATE] = "cycles in state"};

enum { TIMES = 3, LARGEST_TIME = 200000 };

/* ---- dimensions ---- */

bool dimensions_add(compiler_t *c, dimensions_t *by, dimension_t dimension, place_t place)
{
    dimension_t *found = NULL;

    for (size_t i = 0; i < by->n; i++)
        if (by->dimension[i].kind == dimension.kind && by->dimension[i].slot == dimension.slot) found = &by->dimension[i];
    if (found && found->count == 0) {
        *found = dimension;
    } else if (found) {
        int32_t first = found->first < dimension.first ? found->first : dimension.first;
        int32_t end = found->first + found->count, other = dimension.first + dimension.count;
        found->count = (end > other ? end : other) - first;
        found->first = first;
    } else if (by->n < GRID_MOST) {
        by->dimension[by->n++] = dimension;
    }
    if ((found || by->n <= GRID_MOST) && dimensions_rows(by) <= GRID_MOST_ROWS) return true;
    diag_error(c->diag, place, "let it depend on fewer things, or group their levels", "this depends on too many things at once");
    return false;
}

size_t dimensions_rows(const dimensions_t *by)
{
    size_t rows = 1;
    for (size_t i = 0; i < by->n; i++) rows *= (size_t)by->dimension[i].count;
    return rows;
}

void dimensions_values(const dimensions_t *by, size_t row, int32_t *values)
{
    for (size_t i = by->n; i-- > 0;) {
        values[i] = by->dimension[i].first + (int32_t)(row % (size_t)by->dimension[i].count);
        row /= (size_t)by->dimension[i].count;
    }
}

static size_t clamped(const dimension_t *dimension, int32_t value)
{
    int32_t at = value - dimension->first;
    return (size_t)(at < 0 ? 0 : at < dimension->count ? at : dimension->count - 1);
}

double grid_value(const grid_values_t *grid, const dimensions_t *by, const int32_t *values)
{
    size_t row = 0;
    for (size_t i = 0; i < grid->by.n; i++) {
        const dimension_t *own = &grid->by.dimension[i];
        size_t k = 0;
        while (by->dimension[k].kind != own->kind || by->dimension[k].slot != own->slot) k++;
        row = row * (size_t)own->count + clamped(own, values[k]);
    }
    return grid->value[row];
}

const char *dimension_name(const compiler_t *c, const dimension_t *dimension)
{
    return dimension->kind == DIMENSION_SLOT ? model_text(c->model, c->model->slots[dimension->slot].name) : time_names[dimension->kind];
}

const char *dimensions_words(compiler_t *c, const dimensions_t *by, const int32_t *values)
{
    const char *words = "";
    for (size_t i = 0; i < by->n; i++) {
        const dimension_t *d = &by->dimension[i];
        const char *comma = i ? ", " : "";
        words = d->kind == DIMENSION_SLOT ? diag_format(c->diag, "%s%s%s %s", words, comma, dimension_name(c, d), model_level_name(c->model, d->slot, values[i]))
                                          : diag_format(c->diag, "%s%s%s %d", words, comma, dimension_name(c, d), values[i]);
    }
    return by->n ? words : "everybody";
}

/* ---- names ---- */

/* Which time the name means, or MODEL_NONE; what the model calls so comes first. */
static int32_t time_named(const compiler_t *c, const char *name)
{
    if (model_find_slot(c->model, name) != MODEL_NONE) return MODEL_NONE;
    for (int32_t k = 0; k < TIMES; k++)
        if (!strcmp(name, time_names[k])) return k;
    return MODEL_NONE;
}

static bool add_name(compiler_t *c, const process_t *process, const yaml_node_t *item, dimensions_t *out)
{
    const char *name = compile_name(c, item, "what `by` names");
    int32_t time = name ? time_named(c, name) : MODEL_NONE;
    dimension_t dimension = {.kind = time, .slot = time == TIME_IN_STATE ? process->slot : 0};

    if (!name) return false;
    if (time == TIME_AGE && !people_need_age(c, item->place, "a probability depends on age")) return false;
    if (time == MODEL_NONE) {
        int32_t slot = compile_find_slot(c, name, CONDITION_ATTRIBUTES | CONDITION_PROCESSES, item->place);
        if (slot == MODEL_NONE) return false;
        dimension = (dimension_t){.kind = DIMENSION_SLOT, .slot = slot, .count = compile_levels(c->model, slot)};
    }
    for (size_t i = 0; i < out->n; i++)
        if (out->dimension[i].kind == dimension.kind && out->dimension[i].slot == dimension.slot) {
            diag_error(c->diag, item->place, "name it once", "`%s` stands twice in `by`", name);
            return false;
        }
    if (out->n < GRID_MOST) {
        out->dimension[out->n++] = dimension;
        return true;
    }
    diag_error(c->diag, item->place, "let it depend on fewer things", "more than %d names in `by`", GRID_MOST);
    return false;
}

bool grid_names(compiler_t *c, const process_t *process, const yaml_node_t *by, dimensions_t *out)
{
    *out = (dimensions_t){.n = 0};
    for (size_t i = 0; by && i < compile_count(by); i++)
        if (!add_name(c, process, compile_item(by, i), out)) return false;
    return true;
}

/* The value of a dimension that a text stands for, or MODEL_NONE after reporting. */
static int32_t text_value(compiler_t *c, const dimension_t *dimension, const char *text, place_t place)
{
    char *end;
    if (dimension->kind == DIMENSION_SLOT) return compile_level(c, dimension->slot, text, place);
    long value = strtol(text, &end, 10);
    if (end != text && !*end && value >= (dimension->kind != TIME_AGE) && value <= LARGEST_TIME) return (int32_t)value;
    diag_error(c->diag, place, dimension->kind == TIME_AGE ? "write whole years" : "cycles are whole numbers, counted from 1", "`%.100s` is no `%s`", text,
               time_names[dimension->kind]);
    return MODEL_NONE;
}

/* ---- values in the model file ---- */

typedef struct {
    compiler_t *c;
    value_kind_t kind;
    grid_values_t *grid;
    bool *is_given;
} reader_t;

static bool is_key(const char *key) { return !strcmp(key, "by") || !strcmp(key, "otherwise") || compile_is_remark(key); }

/* LEVEL, 12, or "4 to 6" of a time. */
static bool key_range(compiler_t *c, const dimension_t *dimension, const yaml_pair_t *pair, int32_t *low, int32_t *high)
{
    const char *to = dimension->kind == DIMENSION_SLOT ? NULL : strstr(pair->key, " to ");
    const char *first = to ? diag_format(c->diag, "%.*s", (int)(to - pair->key), pair->key) : pair->key;

    *low = text_value(c, dimension, first, pair->place);
    *high = *low != MODEL_NONE && to ? text_value(c, dimension, to + strlen(" to "), pair->place) : *low;
    if (*high != MODEL_NONE && *high < *low) diag_error(c->diag, pair->place, "write the smaller one first", "`%s` is not a range", pair->key);
    return *low != MODEL_NONE && *high >= *low;
}

/* Widens the ranges of time by what the keys say; `otherwise` reaches beyond them on both sides. */
static bool find_ranges(compiler_t *c, const yaml_node_t *node, dimensions_t *by, size_t depth)
{
    dimension_t *dimension = &by->dimension[depth];
    bool is_right = true;

    if (depth == by->n || node->kind != YAML_MAPPING) return true;
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        int32_t low, high;
        if (strcmp(pair->key, "otherwise") != 0 && is_key(pair->key)) continue;
        is_right &= find_ranges(c, pair->value, by, depth + 1);
        if (is_key(pair->key)) continue;
        if (!key_range(c, dimension, pair, &low, &high)) return false;
        if (dimension->kind == DIMENSION_SLOT) continue;
        const bool is_open = yaml_get(node, "otherwise") != NULL, has_lower = is_open && low > (dimension->kind != TIME_AGE);
        dimension_t wider = {dimension->kind, dimension->slot, low - has_lower, high - low + 1 + has_lower + is_open};
        if (!dimensions_add(c, by, wider, pair->place)) return false;
    }
    if (is_right && dimension->count <= 0) {
        diag_error(c->diag, node->place, "write {by: cycle, 1: 0.1, 2 to 5: 0.2, otherwise: 0.3}, for example", "no values by `%s`", dimension_name(c, dimension));
        return false;
    }
    return is_right;
}

static bool read_levels(const reader_t *r, const yaml_node_t *node, size_t depth, size_t first, size_t n);

/* What stands at one value of a dimension, for the `n` rows from `first`: a mapping over the next one, or one number for all. */
static bool read_below(const reader_t *r, const yaml_node_t *node, size_t depth, size_t first, size_t n)
{
    double value = 0;

    if (depth < r->grid->by.n && node->kind == YAML_MAPPING) return read_levels(r, node, depth, first, n);
    if (!compile_value(r->c, node, r->kind, &value)) return false;
    for (size_t k = first; k < first + n; k++) {
        r->is_given[k] = true;
        r->grid->value[k] = value;
    }
    return true;
}

static bool read_levels(const reader_t *r, const yaml_node_t *node, size_t depth, size_t first, size_t n)
{
    const dimension_t *dimension = &r->grid->by.dimension[depth];
    const yaml_node_t *otherwise = yaml_get(node, "otherwise");
    const size_t below = n / (size_t)dimension->count;
    bool is_right = true;

    for (int32_t v = 0; otherwise && is_right && v < dimension->count; v++)
        is_right = read_below(r, otherwise, depth + 1, first + (size_t)v * below, below);
    for (size_t i = 0; i < node->count && is_right; i++) {
        int32_t low, high;
        if (is_key(node->pairs[i].key)) continue;
        is_right = key_range(r->c, dimension, &node->pairs[i], &low, &high);
        for (int32_t v = low; is_right && v <= high; v++)
            is_right = read_below(r, node->pairs[i].value, depth + 1, first + (size_t)(v - dimension->first) * below, below);
    }
    return is_right;
}

/* ---- values in a table ---- */

static const csv_cell_t *cell_of(compiler_t *c, const csv_table_t *csv, size_t row, const char *name)
{
    int column = csv_column(csv, name);
    if (column >= 0) return csv_cell(csv, row, column);
    diag_error(c->diag, csv->header[0].place, diag_format(c->diag, "add a column `%s`", name), "the table has no column `%s`", name);
    return NULL;
}

bool grid_table_ranges(compiler_t *c, const csv_table_t *csv, dimensions_t *by)
{
    for (size_t i = 0; i < by->n; i++)
        for (size_t r = 0; r < csv->n_rows; r++) {
            const csv_cell_t *cell = cell_of(c, csv, r, dimension_name(c, &by->dimension[i]));
            int32_t value = cell ? text_value(c, &by->dimension[i], cell->text, cell->place) : MODEL_NONE;
            if (value == MODEL_NONE) return false;
            if (!dimensions_add(c, by, (dimension_t){by->dimension[i].kind, by->dimension[i].slot, value, 1}, cell->place)) return false;
        }
    if (csv->n_rows) return true;
    diag_error(c->diag, (place_t){csv->file, 1, 1}, "add lines", "the table has no lines");
    return false;
}

bool grid_table_row(compiler_t *c, const csv_table_t *csv, size_t r, const dimensions_t *by, size_t *row)
{
    *row = 0;
    for (size_t i = 0; i < by->n; i++) {
        const csv_cell_t *cell = cell_of(c, csv, r, dimension_name(c, &by->dimension[i]));
        int32_t value = text_value(c, &by->dimension[i], cell->text, cell->place);
        if (value == MODEL_NONE) return false;
        *row = *row * (size_t)by->dimension[i].count + (size_t)(value - by->dimension[i].first);
    }
    return true;
}

static bool read_table(const reader_t *r, const yaml_node_t *node, const csv_table_t *csv)
{
    compiler_t *c = r->c;
    const yaml_node_t *column = yaml_get(node, "column"), *unit = yaml_get(node, "unit");
    const char *name = column ? compile_name(c, column, "the column") : "value";

    for (size_t i = 0; name && i < csv->n_rows; i++) {
        const csv_cell_t *cell = cell_of(c, csv, i, name);
        size_t row;
        if (!cell || !grid_table_row(c, csv, i, &r->grid->by, &row)) return false;
        const char *text = unit && unit->kind == YAML_SCALAR ? diag_format(c->diag, "%s %s", cell->text, unit->text) : cell->text;
        if (!compile_text_value(c, text, cell->place, r->kind, &r->grid->value[row])) return false;
        if (r->is_given[row]) {
            diag_error(c->diag, cell->place, "keep one of the lines", "this is given twice");
            return false;
        }
        r->is_given[row] = true;
    }
    return name;
}

/* ---- all forms ---- */

bool grid_all_given(compiler_t *c, const dimensions_t *by, const bool *is_given, const char *where, place_t place)
{
    int32_t values[GRID_MOST];
    for (size_t row = 0; row < dimensions_rows(by); row++) {
        if (is_given[row]) continue;
        dimensions_values(by, row, values);
        diag_error(c->diag, place, "every combination needs its number; `otherwise` gives the rest one", "%s says nothing about %s", where,
                   dimensions_words(c, by, values));
        return false;
    }
    return true;
}

bool grid_parse(compiler_t *c, const process_t *process, const yaml_node_t *node, value_kind_t kind, grid_values_t *out)
{
    static const char *const keys[] = {"by", "table", "column", "unit", NULL};
    const yaml_node_t *by = yaml_get(node, "by"), *file = yaml_get(node, "table");
    const csv_table_t *csv = NULL;

    if (!grid_names(c, process, by, &out->by)) return false;
    if (by && file) {
        const char *name = compile_name(c, file, "the table");
        if (!compile_keys(c, node, "a value from a table", keys) || !name) return false;
        csv = compile_table_file(c, name, file->place);
        if (!csv || !grid_table_ranges(c, csv, &out->by)) return false;
    } else if (by && !find_ranges(c, node, &out->by, 0)) {
        return false;
    }
    size_t rows = dimensions_rows(&out->by);
    out->value = arena_take(c->arena, rows, sizeof *out->value);
    reader_t reader = {.c = c, .kind = kind, .grid = out, .is_given = arena_take(c->arena, rows, sizeof(bool))};
    if (!by) return compile_value(c, node, kind, out->value);
    if (csv ? !read_table(&reader, node, csv) : !read_levels(&reader, node, 0, 0, rows)) return false;
    return grid_all_given(c, &out->by, reader.is_given, csv ? csv->file : "this", node->place);
}
