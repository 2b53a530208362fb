/*
 * `resources`: {bed day: 500 USD, visit: {price: 40 USD, price year: 2019}} or {table: prices.csv}; and `price year` with `price index`, by
 * which prices of other years become those of the model's year. Owns nothing.
 */
#include "spec/compile_resources.h"

#include <string.h>

struct resources {
    resource_t *list;
    size_t n;
};

/* ---- prices of other years ---- */

/* A year and its index. */
typedef struct {
    double value;
    bool is_there;
} index_t;

static bool read_year(compiler_t *c, const yaml_node_t *node, const char **year)
{
    *year = compile_name(c, node, "the price year");
    if (!*year || (strspn(*year, "0123456789") == strlen(*year) && strlen(*year) == 4)) return *year != NULL;
    diag_error(c->diag, node->place, "write a year such as 2024", "`%.100s` is not a price year", *year);
    return false;
}

/* {table: cpi.csv}, with columns `year` and `index`. */
static bool index_of_table(compiler_t *c, const yaml_node_t *file, const char *year, index_t *out)
{
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    if (!csv) return false;
    const int years = csv_column(csv, "year"), values = csv_column(csv, "index");
    if (years < 0 || values < 0) {
        diag_error(c->diag, file->place, "a table of a price index has the columns `year` and `index`", "%s has no column `%s`", csv->file, years < 0 ? "year" : "index");
        return false;
    }
    for (size_t r = 0; r < csv->n_rows && !out->is_there; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, values);
        if (strcmp(csv_cell(csv, r, years)->text, year)) continue;
        if (!compile_text_value(c, cell->text, cell->place, VALUE_NUMBER, &out->value)) return false;
        out->is_there = true;
    }
    return true;
}

/* The index of a year; reports at `place` if there is none. */
static bool index_of(compiler_t *c, const char *year, place_t place, double *out)
{
    const yaml_node_t *indices = yaml_get(c->root, "price index"), *file = yaml_get(indices, "table"), *given = yaml_get(indices, year);
    index_t found = {0};

    if (!indices || indices->kind != YAML_MAPPING) {
        diag_error(c->diag, indices ? indices->place : place, "add price index: {table: cpi.csv}, or {2011: 224.9, 2024: 313.7}", "there is no index of prices by year");
        return false;
    }
    if (file ? !index_of_table(c, file, year, &found) : given && !compile_value(c, given, VALUE_NUMBER, &found.value)) return false;
    if ((found.is_there || given) && found.value > 0) {
        *out = found.value;
        return true;
    }
    diag_error(c->diag, place, "add the year to `price index`", found.is_there || given ? "the price index of %s is not above 0" : "there is no price index of %s", year);
    return false;
}

bool price_factor(compiler_t *c, const yaml_node_t *node, double *factor)
{
    const yaml_node_t *base = yaml_get(c->root, "price year");
    const char *from, *to;
    double was, is;

    *factor = 1;
    if (!node) return true;
    if (!base) {
        diag_error(c->diag, node->place, "add `price year: 2024`, say, to the model", "a price is of another year, and the model does not say of which its prices are");
        return false;
    }
    if (!read_year(c, node, &from) || !read_year(c, base, &to)) return false;
    if (!index_of(c, from, node->place, &was) || !index_of(c, to, base->place, &is)) return false;
    *factor = is / was;
    fprintf(c->summary, "  prices of %s times %.6g are those of %s\n", from, *factor, to);
    return true;
}

/* ---- resources ---- */

const char *resource_outcome(compiler_t *c, const char *name) { return diag_format(c->diag, "cost of %s", name); }

static void add(compiler_t *c, struct resources *all, const char *name, double price, place_t place)
{
    for (size_t i = 0; i < all->n; i++)
        if (!strcmp(all->list[i].name, name)) diag_error(c->diag, place, "give each once", "the resource `%s` has two prices", name);
    all->list = compile_grow(c, all->list, all->n, sizeof *all->list);
    all->list[all->n++] = (resource_t){name, price};
}

static bool read_price(compiler_t *c, const yaml_node_t *node, const char *name, double *price)
{
    static const char *const keys[] = {"price", "price year", NULL};
    const yaml_node_t *value = node->kind == YAML_MAPPING ? yaml_get(node, "price") : node;
    double factor;

    if (node->kind == YAML_MAPPING && !compile_keys(c, node, "a resource", keys)) return false;
    if (!value) diag_error(c->diag, node->place, "write {price: 500 USD}", "the resource `%s` has no price", name);
    if (!value || !compile_value(c, value, VALUE_MONEY, price) || !price_factor(c, yaml_get(node, "price year"), &factor)) return false;
    *price *= factor;
    return true;
}

/* Columns `resource` and `price`, and perhaps `price year`; others are not read. */
static void read_table(compiler_t *c, struct resources *all, const yaml_node_t *file)
{
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    if (!csv) return;
    const int names = csv_column(csv, "resource"), prices = csv_column(csv, "price"), years = csv_column(csv, "price year");
    if (names < 0 || prices < 0) {
        diag_error(c->diag, file->place, "a table of resources has the columns `resource` and `price`", "%s has no column `%s`", csv->file, names < 0 ? "resource" : "price");
        return;
    }
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, prices), *year = years < 0 ? NULL : csv_cell(csv, r, years);
        const yaml_node_t of_year = {.kind = YAML_SCALAR, .text = year ? year->text : "", .place = year ? year->place : cell->place};
        double price, factor;
        if (!compile_text_value(c, cell->text, cell->place, VALUE_MONEY, &price)) continue;
        if (!price_factor(c, year && *year->text ? &of_year : NULL, &factor)) continue;
        add(c, all, csv_cell(csv, r, names)->text, price * factor, csv_cell(csv, r, names)->place);
    }
}

const resource_t *resources_of(compiler_t *c, size_t *n)
{
    const yaml_node_t *node = yaml_get(c->root, "resources");

    if (!c->resources) {
        c->resources = arena_take(c->arena, 1, sizeof *c->resources);
        if (node && node->kind != YAML_MAPPING)
            diag_error(c->diag, node->place, "write resources: {bed day: 500 USD}, or {table: prices.csv}", "`resources` is not a mapping");
        for (size_t i = 0; node && node->kind == YAML_MAPPING && i < node->count; i++) {
            const yaml_pair_t *pair = &node->pairs[i];
            double price;
            if (compile_is_remark(pair->key)) continue;
            if (!strcmp(pair->key, "table")) read_table(c, c->resources, pair->value);
            else if (read_price(c, pair->value, pair->key, &price)) add(c, c->resources, pair->key, price, pair->place);
        }
    }
    *n = c->resources->n;
    return c->resources->list;
}

const resource_t *resource_find(compiler_t *c, const char *name, place_t place)
{
    size_t n;
    const resource_t *all = resources_of(c, &n);
    const char **names = arena_take(c->arena, n + 1, sizeof *names);

    for (size_t i = 0; i < n; i++) {
        names[i] = all[i].name;
        if (!strcmp(all[i].name, name)) return &all[i];
    }
    diag_error(c->diag, place, n ? compile_suggest(c, name, names, n) : "add resources: {bed day: 500 USD}", "there is no resource `%s`", name);
    return NULL;
}
