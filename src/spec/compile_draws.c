/*
 * How people are drawn together: numbers that are correlated (a Gaussian copula), and people from a file, one row a person. Both are
 * steps like any other: correlated standard normals are programs over independent ones, and a column of the file is looked up by the row that a
 * person is.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "kernels/arithmetic.h"
#include "rng/keyed.h"
#include "spec/compile_distributions.h"
#include "spec/compile_expressions.h"
#include "spec/compile_people.h"

enum { MOST_MEMBERS = 16, MOST_ROWS = 1 << 20, MOST_TOLD = 20 };

/* Attributes with a common luck. */
typedef struct people_group {
    const char *names[MOST_MEMBERS];
    size_t n;
    double root[MOST_MEMBERS * MOST_MEMBERS];   /* lower triangle of the correlations */
    int32_t luck[MOST_MEMBERS];                 /* numbers: independent standard normals; MODEL_NONE: not yet */
    struct people_group *next;
} group_of_people_t;

int32_t people_hidden_number(compiler_t *c, const char *name)
{
    model_name_t text = builder_text(c->model, name), unit = builder_text(c->model, "");
    int32_t n = builder_add_numbers(c->model, 1);
    c->model->numbers[n] = (model_number_t){.name = text, .unit = unit, .per_unit = 1, .is_hidden = 1};
    return n;
}

/* ---- correlated ---- */

static bool read_correlation(compiler_t *c, const yaml_node_t *node, double *out)
{
    if (!compile_value(c, node, VALUE_NUMBER, out)) return false;
    if (*out >= -1 && *out <= 1) return true;
    diag_error(c->diag, node->place, "a correlation is between -1 and 1", "`%s` is not a correlation", node->text);
    return false;
}

/* One number for two, or for each of the attributes but the first its correlations with those before it. */
static bool read_correlations(compiler_t *c, const yaml_node_t *node, group_of_people_t *group)
{
    size_t n = group->n;
    double *matrix = group->root;

    for (size_t i = 0; i < n; i++) matrix[i * n + i] = 1;
    if (n == 2 && node->kind == YAML_SCALAR) return read_correlation(c, node, &matrix[2]) && ((matrix[1] = matrix[2]), true);
    bool is_good = node->kind == YAML_SEQUENCE && node->count == n - 1;
    for (size_t i = 1; is_good && i < n; i++) {
        const yaml_node_t *row = node->items[i - 1];
        is_good = compile_count(row) == i;
        for (size_t k = 0; is_good && k < i; k++) {
            if (!read_correlation(c, compile_item(row, k), &matrix[i * n + k])) return false;
            matrix[k * n + i] = matrix[i * n + k];
        }
    }
    if (!is_good)
        diag_error(c->diag, node->place, "write for each attribute but the first its correlations with those before it: [0.4, [0.2, 0.1]]",
                   "these are not the correlations of %zu attributes", n);
    return is_good;
}

static bool is_taken(const struct people *people, const char *name)
{
    for (const group_of_people_t *group = people->correlated; group; group = group->next)
        for (size_t i = 0; i < group->n; i++)
            if (strcmp(group->names[i], name) == 0) return true;
    return false;
}

static void read_group(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"of", "correlations", NULL};
    struct people *people = people_of(c);
    const yaml_node_t *of = yaml_get(node, "of"), *correlations = yaml_get(node, "correlations");
    group_of_people_t *group = arena_take(c->arena, 1, sizeof *group);

    if (!compile_keys(c, node, "an entry of `correlated`", keys)) return;
    if (!of || !correlations || compile_count(of) < 2 || compile_count(of) > MOST_MEMBERS) {
        diag_error(c->diag, node->place, "write {of: [age, pressure], correlations: 0.4}", "`correlated` needs `of`, with 2 to %d attributes, and `correlations`",
                   MOST_MEMBERS);
        return;
    }
    for (size_t i = 0; i < compile_count(of); i++) {
        const char *name = compile_name(c, compile_item(of, i), "an attribute");
        bool is_known = false;
        for (size_t a = 0; name && a < people->n_attributes; a++) is_known |= strcmp(people->attributes[a].name, name) == 0;
        if (!name || !is_known || is_taken(people, name)) {
            if (name) diag_error(c->diag, compile_item(of, i)->place, is_known ? "put them all into one entry" : "name numbers of `people` with distributions",
                                 is_known ? "`%s` is correlated twice" : "there is no attribute `%s`", name);
            return;
        }
        group->luck[group->n] = MODEL_NONE;
        group->names[group->n++] = name;
    }
    if (!read_correlations(c, correlations, group)) return;
    if (!matrix_root(group->root, group->n)) {
        diag_error(c->diag, correlations->place, "make some of them smaller", "no numbers can be correlated like this");
        return;
    }
    group->next = people->correlated;
    people->correlated = group;
}

void people_check_correlated(compiler_t *c, const yaml_node_t *node)
{
    const yaml_node_t *list = yaml_get(node, "correlated");
    for (size_t i = 0; list && i < compile_count(list); i++) read_group(c, compile_item(list, i));
}

/* The independent standard normal of member k, drawn with the purpose that its attribute would have alone. */
static int32_t luck_of(compiler_t *c, group_of_people_t *group, size_t k)
{
    model_table_t table;
    if (group->luck[k] != MODEL_NONE || !compile_make_table(c, NULL, 0, 4, &table)) return group->luck[k];
    const double row[4] = {0, 1, -INFINITY, INFINITY};
    memcpy(c->model->reals + table.first, row, sizeof row);
    group->luck[k] = people_hidden_number(c, diag_format(c->diag, "luck of %s", group->names[k]));
    people_step(c, (model_step_t){.purpose = rng_purpose(diag_format(c->diag, "attribute %s", group->names[k])), .kind = STEP_NUMBER,
                                  .to = group->luck[k], .distribution = DISTRIBUTION_NORMAL, .table = table});
    return group->luck[k];
}

bool people_normal_of(compiler_t *c, const attribute_t *attribute, int32_t *normal)
{
    *normal = MODEL_NONE;
    for (group_of_people_t *group = people_of(c)->correlated; group; group = group->next)
        for (size_t i = 0; i < group->n; i++) {
            if (strcmp(group->names[i], attribute->name) != 0) continue;
            const expression_t *sum = NULL;
            for (size_t k = 0; k <= i; k++) {
                const expression_t *luck = expression_make(c, CODE_NUMBER, luck_of(c, group, k), 0, NULL, NULL, NULL);
                const expression_t *part = compile_combine(c, ARITHMETIC_MULTIPLY, compile_constant(c, group->root[i * group->n + k]), luck);
                sum = sum ? compile_combine(c, ARITHMETIC_ADD, sum, part) : part;
            }
            model_formula_t formula = compile_formula(c, sum, "correlated", attribute->place);
            *normal = people_hidden_number(c, diag_format(c->diag, "standing of %s", attribute->name));
            people_step(c, (model_step_t){.kind = STEP_FORMULA, .to = *normal, .formula = formula});
            fprintf(c->summary, "  %s is correlated: its place among people is drawn with those of others (Gaussian copula)\n", attribute->name);
            return formula != 0;
        }
    return true;
}

/* ---- people from a file ---- */

static const yaml_node_t *file_of(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(yaml_get(c->root, "people"), "file");
    return node;
}

void people_open_file(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"table", "object", "columns", "weight", "id", NULL};
    struct people *people = people_of(c);
    const yaml_node_t *file = yaml_get(node, "file"), *table = yaml_get(file, "table"), *columns = yaml_get(file, "columns");

    people->row = MODEL_NONE;
    if (!file || !compile_keys(c, file, "`file` of people", keys)) return;
    if (!table || table->kind != YAML_SCALAR || !columns || columns->kind != YAML_MAPPING) {
        diag_error(c->diag, file->place, "write file: {table: cohort.csv, columns: {age: years, sex: levels, pressure: number}}",
                   "`file` needs a `table`, and `columns` with what is in each");
        return;
    }
    const yaml_node_t *object = yaml_get(file, "object");
    const char *name = object ? compile_name(c, object, "the object of the HDF5 file") : NULL;
    if (object && !name) return;
    people->file = compile_table_object(c, table->text, name, table->place);
    compile_withhold(c->report, table->text);
    if (!people_check_columns(c, file)) people->file = NULL;
    if (!people->file || people->file->n_rows <= MOST_ROWS) return;
    diag_error(c->diag, table->place, "draw a sample of it", "a file of %zu people: at most %d can be read", people->file->n_rows, MOST_ROWS);
    people->file = NULL;
}

void people_add_columns(compiler_t *c, const yaml_node_t *node)
{
    struct people *people = people_of(c);
    const yaml_node_t *columns = yaml_get(yaml_get(node, "file"), "columns");

    for (size_t i = 0; people->file && i < columns->count; i++) {
        const yaml_pair_t *pair = &columns->pairs[i];
        if (compile_is_remark(pair->key)) continue;
        if (csv_column(people->file, pair->key) < 0) {
            diag_error(c->diag, pair->place, "name a column of the file", "%s has no column `%s`", people->file->file, pair->key);
            continue;
        }
        people->attributes[people->n_attributes++] = (attribute_t){.name = pair->key, .node = pair->value, .place = pair->place,
                                                                   .slot = MODEL_NONE, .number = MODEL_NONE};
    }
}

bool people_is_column(compiler_t *c, const attribute_t *attribute)
{
    const yaml_node_t *columns = yaml_get(file_of(c), "columns");
    return people_of(c)->file && yaml_get(columns, attribute->name) == attribute->node;
}

/* A plain number at least `low`, in column `column` of row r. */
static bool read_cell(compiler_t *c, const csv_table_t *csv, size_t r, int column, double low, double *out)
{
    const csv_cell_t *cell = csv_cell(csv, r, column);

    if (!compile_text_value(c, cell->text, cell->place, VALUE_NUMBER, out)) return false;
    if (*out >= low) return true;
    diag_error(c->diag, cell->place, "it must be at least 0", "`%s` of this person is %s", csv->header[column].text, cell->text);
    return false;
}

/* Whether column after column goes on being read: mistakes of its rows are told one by one, but not all of a file in another format. */
static bool may_tell_more(const compiler_t *c, size_t before) { return diag_errors(c->diag) < before + MOST_TOLD; }

/* The number that says which row a person is, drawn by the weights. */
static int32_t row_of_person(compiler_t *c)
{
    struct people *people = people_of(c);
    const csv_table_t *csv = people->file;
    const yaml_node_t *weight = yaml_get(file_of(c), "weight");
    model_table_t table;

    if (people->row != MODEL_NONE) return people->row;
    int column = weight && weight->kind == YAML_SCALAR ? csv_column(csv, weight->text) : -1;
    if (weight && column < 0) {
        diag_error(c->diag, weight->place, "name the column of weights", "%s has no such column", csv->file);
        return MODEL_NONE;
    }
    double *share = arena_take(c->arena, csv->n_rows + 1, sizeof *share), total = 0, most = 0;
    const size_t before = diag_errors(c->diag);
    for (size_t r = 0; r < csv->n_rows && may_tell_more(c, before); r++) {
        share[r] = 1;
        if (column >= 0 && !read_cell(c, csv, r, column, 0, &share[r])) share[r] = 1;
        total += share[r];
        most = fmax(most, share[r]);
    }
    if (!(total > 0)) {
        diag_error(c->diag, file_of(c)->place, "give the file rows with weights above 0", "%s has nobody", csv->file);
        return MODEL_NONE;
    }
    c->model->settings.imported = total / most; /* a share s of the simulated people is at least s x this many rows */
    for (size_t r = 0; r < csv->n_rows; r++) share[r] = diag_errors(c->diag) > before ? 1.0 / (double)csv->n_rows : share[r] / total;
    if (!compile_make_table(c, NULL, 0, (int32_t)csv->n_rows, &table)) return MODEL_NONE;
    INVARIANT(compile_cumulate(share, csv->n_rows, 1e-6, c->model->reals + table.first), "weights of %s were not checked", csv->file);
    people->row = people_hidden_number(c, "row of the file");
    people_step(c, (model_step_t){.purpose = rng_purpose("attribute row of the file"), .kind = STEP_ROW, .to = people->row, .table = table});
    fprintf(c->summary, "  %zu people from %s%s\n", csv->n_rows, csv->file, column >= 0 ? ", drawn by their weights" : "");
    return people->row;
}

/* A level that was not seen before. */
static void add_level(compiler_t *c, const attribute_t *attribute, const csv_cell_t *cell, const char **names, size_t *n)
{
    for (size_t k = 0; k < *n; k++)
        if (strcasecmp(names[k], cell->text) == 0)
            diag_warn(c->diag, cell->place, "write them alike, if they are", "`%s` has the levels `%s` and `%s`", attribute->name, names[k], cell->text);
    names[(*n)++] = cell->text;
}

/* COLUMN: levels */
static bool add_levels(compiler_t *c, attribute_t *attribute, int32_t row, int column)
{
    const csv_table_t *csv = people_of(c)->file;
    const char *names[MODEL_MAX_LEVELS];
    size_t n = 0;
    int32_t first = builder_add_indices(c->model, (int32_t)csv->n_rows);
    const size_t before = diag_errors(c->diag);

    for (size_t r = 0; r < csv->n_rows && may_tell_more(c, before); r++) {
        const csv_cell_t *cell = csv_cell(csv, r, column);
        size_t l = 0;
        while (l < n && strcmp(names[l], cell->text) != 0) l++;
        if (l == MODEL_MAX_LEVELS) {
            diag_error(c->diag, cell->place, "is it a number? write its unit, or `number`", "`%s` has more than 64 levels", attribute->name);
            return false;
        }
        if (!*cell->text) diag_error(c->diag, cell->place, "fill it in, or take the person out", "`%s` of this person is missing", attribute->name);
        if (!*cell->text) continue;
        if (l == n) add_level(c, attribute, cell, names, &n);
        c->model->indices[first + (int32_t)r] = (int32_t)l;
    }
    if (n == 0) return false;
    attribute->slot = compile_add_slot(c, attribute->name, SLOT_ATTRIBUTE, names, n, attribute->place);
    if (attribute->slot == MODEL_NONE) return false;
    people_step(c, (model_step_t){.kind = STEP_CELL_LEVEL, .to = attribute->slot, .from = row, .first = first});
    fprintf(c->summary, "  %s: %s\n", attribute->name, people_join(c, names, n));
    return true;
}

/* COLUMN: number, or a unit of time that its cells are in. */
static bool add_numbers(compiler_t *c, attribute_t *attribute, int32_t row, int column)
{
    const csv_table_t *csv = people_of(c)->file;
    const bool is_plain = strcmp(attribute->node->text, "number") == 0, is_age = strcmp(attribute->name, "age") == 0;
    const bool is_date = strcmp(attribute->name, "entry date") == 0;
    quantity_t unit = {.value = 1};

    if (!is_plain && !quantity_parse_unit(attribute->node->text, attribute->node->place, &c->units, c->diag, &unit)) return false;
    if (unit.money != 0 || unit.time != !is_plain || ((is_age || is_date) && is_plain)) {
        diag_error(c->diag, attribute->node->place, "write `levels`, `number`, or a unit of time such as `years`", "`%s` is not what a column of people can hold",
                   attribute->node->text);
        return false;
    }
    int32_t first = builder_add_reals(c->model, (int32_t)csv->n_rows);
    const size_t before = diag_errors(c->diag);
    attribute->least = INFINITY;
    for (size_t r = 0; r < csv->n_rows && may_tell_more(c, before); r++) {
        double value;
        if (!read_cell(c, csv, r, column, is_age || is_date ? 0 : -INFINITY, &value)) continue;
        c->model->reals[first + (int32_t)r] = value * unit.value;
        attribute->least = fmin(attribute->least, value * unit.value);
    }
    model_name_t name = builder_text(c->model, attribute->name), text = builder_text(c->model, is_plain ? "" : attribute->node->text);
    attribute->number = builder_add_numbers(c->model, 1);
    c->model->numbers[attribute->number] = (model_number_t){.name = name, .unit = text, .per_unit = unit.value};
    attribute->is_time = !is_plain;
    people_step(c, (model_step_t){.kind = STEP_CELL, .to = attribute->number, .from = row, .first = first});
    if (is_age) c->model->settings.age = attribute->number;
    if (is_date) c->model->settings.calendar = attribute->number;
    fprintf(c->summary, "  %s: %s\n", attribute->name, is_plain ? "a number" : attribute->node->text);
    return true;
}

bool compile_column(compiler_t *c, attribute_t *attribute)
{
    const char *what = compile_name(c, attribute->node, "what the column holds");
    int32_t row = what ? row_of_person(c) : MODEL_NONE;

    if (row == MODEL_NONE) return false;
    int column = csv_column(people_of(c)->file, attribute->name);
    return strcmp(what, "levels") == 0 ? add_levels(c, attribute, row, column) : add_numbers(c, attribute, row, column);
}
