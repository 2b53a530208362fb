/*
 * What is written for each parameter, in the section `parameters` and the sheets that it names. Nothing is evaluated here. Settings may
 * ask before compile_parameters is called: collecting happens at the first question, by when the length of a year and the
 * currency are known.
 */
#include <stdlib.h>
#include <string.h>

#include "spec/compile_parameters.h"

static bool check_name(compiler_t *c, const char *name, place_t place)
{
    size_t n = strlen(name);
    const char *right = "names consist of letters, digits, blanks, _ . and -, and start with a letter";

    for (size_t i = 0; i < n; i++) {
        if (quantity_is_word(name[i]) || name[i] == ' ' || name[i] == '-') continue;
        diag_error(c->diag, place, right, "the parameter `%s` has a `%c` in its name", name, name[i]);
        return false;
    }
    if (n == 0 || strchr("0123456789 -_.'", name[0]) || strchr(" -", name[n - 1])) {
        diag_error(c->diag, place, right, "`%s` cannot be the name of a parameter", name);
        return false;
    }
    if (quantity_is_reserved(name, &c->units) || strcmp(name, "rest") == 0 || strcmp(name, "otherwise") == 0) {
        diag_error(c->diag, place, "choose another name", "`%s` means something else in expressions", name);
        return false;
    }
    return true;
}

parameter_t *parameter_find(const struct parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->n; i++)
        if (strcmp(parameters->all[i].name, name) == 0) return &parameters->all[i];
    return NULL;
}

static void add_parameter(compiler_t *c, const char *name, place_t place, written_t written)
{
    struct parameters *parameters = c->parameters;

    if (!check_name(c, name, place)) return;
    const parameter_t *first = parameter_find(parameters, name);
    if (first) {
        diag_error(c->diag, place, diag_format(c->diag, "the first is at %s:%d", first->place.file, first->place.line),
                   "the parameter `%s` is given twice", name);
        return;
    }
    parameters->all[parameters->n++] = (parameter_t){.name = name, .place = place, .written = written};
}

/* The text of a scalar at `key`, or absent. */
static csv_cell_t scalar_at(compiler_t *c, const yaml_node_t *node, const char *key, bool *is_good)
{
    const yaml_node_t *value = yaml_get(node, key);

    if (!value) return (csv_cell_t){0};
    if (value->kind == YAML_SCALAR) return (csv_cell_t){.text = value->text, .place = value->place};
    diag_error(c->diag, value->place, "write a number or an expression", "`%s` is not a single value", key);
    *is_good = false;
    return (csv_cell_t){0};
}

static bool read_range(compiler_t *c, const yaml_node_t *range, written_t *written)
{
    if (!range) return true;
    if (range->kind != YAML_SEQUENCE || range->count != 2 || range->items[0]->kind != YAML_SCALAR || range->items[1]->kind != YAML_SCALAR) {
        diag_error(c->diag, range->place, "write `range: [LOW, HIGH]`", "a range is not a list of two values");
        return false;
    }
    written->low = (csv_cell_t){.text = range->items[0]->text, .place = range->items[0]->place};
    written->high = (csv_cell_t){.text = range->items[1]->text, .place = range->items[1]->place};
    return true;
}

/* Exactly one of the three ways to give a value. */
static bool check_ways(compiler_t *c, const yaml_node_t *node, const char *name)
{
    int ways = !!yaml_get(node, "value") + !!yaml_get(node, "rate") + (yaml_get(node, "probability") || yaml_get(node, "over"));

    if (ways == 1 && !yaml_get(node, "probability") == !yaml_get(node, "over")) return true;
    if (ways == 1)
        diag_error(c->diag, node->place, "write {probability: 0.25, over: 1 year}", "the parameter `%s` has no `%s`", name,
                   yaml_get(node, "over") ? "probability" : "over");
    else
        diag_error(c->diag, node->place, "give one of `value`, `rate`, or `probability` with `over`",
                   ways ? "the parameter `%s` has two values" : "the parameter `%s` has no value", name);
    return false;
}

static void read_pair(compiler_t *c, const yaml_pair_t *pair)
{
    static const char *const known[] = {"value", "unit", "range", "distribution", "probability", "over", "rate", NULL};
    const yaml_node_t *node = pair->value;
    written_t written = {0};

    if (node->kind == YAML_SCALAR) {
        written.value = (csv_cell_t){.text = node->text, .place = node->place};
        add_parameter(c, pair->key, pair->place, written);
        return;
    }
    bool is_good = compile_keys(c, node, diag_format(c->diag, "the parameter `%s`", pair->key), known);
    if (node->kind != YAML_MAPPING) return;
    if (!check_ways(c, node, pair->key) || !read_range(c, yaml_get(node, "range"), &written)) is_good = false;
    written.is_rate = yaml_get(node, "rate") != NULL;
    written.value = scalar_at(c, node, written.is_rate ? "rate" : "value", &is_good);
    written.unit = scalar_at(c, node, "unit", &is_good);
    written.probability = scalar_at(c, node, "probability", &is_good);
    written.over = scalar_at(c, node, "over", &is_good);
    scalar_at(c, node, "source", &is_good);
    scalar_at(c, node, "note", &is_good);
    written.distribution = yaml_get(node, "distribution");
    if (!is_good) written = (written_t){0};     /* known by name, so that its users are not told that it is missing */
    add_parameter(c, pair->key, pair->place, written);
}

/* The cell of a column that a sheet may lack; absent if it is empty. */
static csv_cell_t cell_at(const csv_table_t *csv, size_t row, const char *name)
{
    int column = csv_column(csv, name);

    return column >= 0 && *csv_cell(csv, row, column)->text ? *csv_cell(csv, row, column) : (csv_cell_t){0};
}

static const char *const COLUMNS[] = {"name", "value", "unit", "source", "low", "high", "distribution"};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

static bool check_columns(compiler_t *c, const csv_table_t *csv)
{
    bool is_good = true;

    for (int k = 0; k < 2; k++) {
        if (csv_column(csv, COLUMNS[k]) >= 0) continue;
        diag_error(c->diag, csv->header[0].place, "its columns are name, value and, if wanted, unit, source, low, high, distribution",
                   "the sheet has no column `%s`", COLUMNS[k]);
        is_good = false;
    }
    for (size_t i = 0; i < csv->n_columns; i++) {
        const char *nearest = diag_nearest(csv->header[i].text, COLUMNS, N_COLUMNS);
        if (nearest && csv_column(csv, nearest) < 0)
            diag_warn(c->diag, csv->header[i].place, diag_format(c->diag, "did you mean `%s`?", nearest), "the column `%s` is not used", csv->header[i].text);
    }
    return is_good;
}

static void read_sheet(compiler_t *c, const csv_table_t *csv)
{
    struct parameters *parameters = c->parameters;

    if (!check_columns(c, csv)) return;
    parameter_t *all = arena_take(c->arena, parameters->n + csv->n_rows, sizeof *all);
    if (parameters->n) memcpy(all, parameters->all, parameters->n * sizeof *all);
    parameters->all = all;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *name = csv_cell(csv, r, csv_column(csv, "name"));
        written_t written = {.value = *csv_cell(csv, r, csv_column(csv, "value")), .unit = cell_at(csv, r, "unit"),
                             .low = cell_at(csv, r, "low"), .high = cell_at(csv, r, "high"), .distribution_text = cell_at(csv, r, "distribution")};
        if (!written.low.text != !written.high.text && written.value.text) {
            diag_error(c->diag, name->place, "fill in `low` and `high`, or neither", "the parameter `%s` has half a range", name->text);
            written = (written_t){0};
        }
        if (yaml_get(yaml_get(c->scenario, "parameters"), name->text)) continue; /* what a scenario gives has taken its place */
        add_parameter(c, name->text, name->place, written);
    }
}

/* `file: inputs.csv` or `file: [a.csv, b.csv]` */
static void read_files(compiler_t *c, const yaml_node_t *file)
{
    size_t n = file->kind == YAML_SEQUENCE ? file->count : 1;

    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = file->kind == YAML_SEQUENCE ? file->items[i] : file;
        const csv_table_t *csv = compile_table_file(c, item->text, item->place);
        if (csv) read_sheet(c, csv);
    }
}

/* Correlations need distributions to correlate; any other joint distribution is the only one of its members. */
static void join(compiler_t *c, const joint_t *joint, size_t k)
{
    parameter_t *parameter = parameter_find(c->parameters, joint->of[k]);
    const char *nearest = parameter ? NULL : parameter_nearest(c, joint->of[k]);
    bool is_correlated = joint->kind == JOINT_CORRELATED;

    if (!parameter)
        diag_error(c->diag, joint->places[k], nearest ? diag_format(c->diag, "did you mean `%s`?", nearest) : "define it under `parameters`, with its value",
                   "there is no parameter `%s`", joint->of[k]);
    else if (parameter->joint)
        diag_error(c->diag, joint->places[k], "name it in one joint distribution", "`%s` is in two joint distributions", joint->of[k]);
    else if (is_correlated != parameter_has_distribution(parameter))
        diag_error(c->diag, joint->places[k], is_correlated ? "give the parameter a `distribution`" : "leave one of them out",
                   is_correlated ? "`%s` has no distribution to correlate" : "`%s` has a distribution of its own", joint->of[k]);
    else {
        parameter->joint = joint;
        parameter->place_in_joint = k;
    }
}

static void read_joints(compiler_t *c, const yaml_node_t *list)
{
    for (size_t i = 0; i < compile_count(list); i++) {
        const joint_t *joint = compile_joint(c, compile_item(list, i));
        for (size_t k = 0; joint && k < joint->n; k++) join(c, joint, k);
    }
}

struct parameters *parameters_of(compiler_t *c)
{
    const yaml_node_t *section = yaml_get(c->root, "parameters");

    if (c->parameters) return c->parameters;
    c->parameters = arena_take(c->arena, 1, sizeof *c->parameters);
    if (!section) return c->parameters;
    if (section->kind != YAML_MAPPING) {
        if (section->kind != YAML_SCALAR || *section->text)
            diag_error(c->diag, section->place, "write `NAME: VALUE` pairs", "`parameters` is not a mapping");
        return c->parameters;
    }
    c->parameters->all = arena_take(c->arena, section->count, sizeof *c->parameters->all);
    for (size_t i = 0; i < section->count; i++)
        if (strcmp(section->pairs[i].key, "file") != 0 && strcmp(section->pairs[i].key, "joint") != 0) read_pair(c, &section->pairs[i]);
    if (yaml_get(section, "file")) read_files(c, yaml_get(section, "file"));
    if (yaml_get(section, "joint")) read_joints(c, yaml_get(section, "joint"));
    return c->parameters;
}

const char *parameter_nearest(void *context, const char *name)
{
    const struct parameters *parameters = parameters_of(context);
    const char **known = memory_resize(NULL, parameters->n, sizeof *known);

    for (size_t i = 0; i < parameters->n; i++) known[i] = parameters->all[i].name;
    const char *nearest = diag_nearest(name, known, parameters->n);
    free(known);
    return nearest;
}
