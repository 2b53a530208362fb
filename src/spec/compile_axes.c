/*
 * Small things that the compilers of the parts share: growing arrays, names, and the axes along which a grid of values
 * varies. Owns nothing.
 */
#include <math.h>
#include <string.h>

#include "spec/compile_events.h"

enum { MOST_LISTED = 12 }; /* names in a message that lists them */

void *compile_grow(compiler_t *c, void *array, size_t count, size_t size)
{
    if (count & (count - 1)) return array; /* there is room up to the next power of two */
    void *memory = arena_take(c->arena, count ? 2 * count : 1, size);
    if (count) memcpy(memory, array, count * size);
    return memory;
}

const char *compile_suggest(compiler_t *c, const char *name, const char *const *known, size_t n)
{
    const char *nearest = diag_nearest(name, known, n);
    if (nearest) return diag_format(c->diag, "did you mean `%s`?", nearest);
    const char *all = NULL;
    size_t listed = 0;
    for (size_t i = 0; i < n; i++) {
        if (!known[i]) continue;
        if (listed++ == MOST_LISTED) return diag_format(c->diag, "%s, ...", all);
        all = all ? diag_format(c->diag, "%s, %s", all, known[i]) : diag_format(c->diag, "known: %s", known[i]);
    }
    return all ? all : "there is none";
}

bool compile_keys(compiler_t *c, const yaml_node_t *node, const char *what, const char *const *known)
{
    size_t n = 0;
    while (known[n]) n++;
    const char **all = arena_take(c->arena, n + 3, sizeof *all);
    if (n > 0) memcpy(all, known, n * sizeof *all);
    all[n] = "source";
    all[n + 1] = "note";
    all[n + 2] = NULL;
    return yaml_check_keys(node, what, all, c->diag);
}

bool compile_is_remark(const char *key) { return !strcmp(key, "source") || !strcmp(key, "note"); }

size_t compile_count(const yaml_node_t *node) { return node->kind == YAML_SEQUENCE ? node->count : 1; }

const yaml_node_t *compile_item(const yaml_node_t *node, size_t i)
{
    return node->kind == YAML_SEQUENCE ? node->items[i] : node;
}

const char *compile_name(compiler_t *c, const yaml_node_t *node, const char *what)
{
    if (node->kind == YAML_SCALAR && node->text[0]) return node->text;
    diag_error(c->diag, node->place, "write a name", "%s is missing or is not a name", what);
    return NULL;
}

bool compile_nodes_by_level(compiler_t *c, const yaml_node_t *node, int32_t slot, const yaml_node_t **of_level, const char *what)
{
    static const char *const others[] = {"by", "otherwise", "clock"};
    int32_t n = compile_levels(c->model, slot);
    bool is_right = true;
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        bool is_other = compile_is_remark(pair->key);
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) is_other |= !strcmp(pair->key, others[k]);
        int32_t level = is_other ? MODEL_NONE : compile_level(c, slot, pair->key, pair->place);
        if (level != MODEL_NONE) of_level[level] = pair->value;
        else is_right &= is_other;
    }
    for (int32_t l = 0; l < n && is_right; l++) {
        if (!of_level[l]) of_level[l] = yaml_get(node, "otherwise");
        if (of_level[l]) continue;
        diag_error(c->diag, node->place, "name every level, or add `otherwise`", "no %s for `%s`", what,
                   model_level_name(c->model, slot, l));
        is_right = false;
    }
    return is_right;
}

int32_t compile_levels(const model_t *m, int32_t slot) { return m->slots[slot].level_names.count; }

bool compile_cumulate(const double *p, size_t n, double tolerance, double *cumulative)
{
    double total = 0, sum = 0;
    size_t last = 0;

    for (size_t k = 0; k < n; k++) {
        total += p[k];
        if (p[k] > 0) last = k;
    }
    if (!(fabs(total - 1.0) <= tolerance)) return false;
    for (size_t k = 0; k < n; k++) {
        sum += p[k] / total;
        cumulative[k] = k < last && sum < 1.0 ? sum : 1.0; /* what comes after the last possible outcome never happens */
    }
    return true;
}

/* ---- axes ---- */

static bool has_axis(const axes_t *axes, int32_t slot)
{
    for (size_t i = 0; i < axes->n; i++)
        if (axes->slot[i] == slot) return true;
    return false;
}

bool axes_add(compiler_t *c, axes_t *axes, int32_t slot, place_t place)
{
    if (has_axis(axes, slot)) return true;
    if (axes->n < AXES_MOST) {
        axes->slot[axes->n++] = slot;
        if (axes_rows(c->model, axes) <= AXES_MOST_ROWS) return true;
    }
    diag_error(c->diag, place, "let it depend on fewer things, or group their levels", "this depends on too many things at once");
    return false;
}

bool axes_parse(compiler_t *c, const yaml_node_t *by, unsigned allowed, axes_t *axes)
{
    for (size_t i = 0; i < compile_count(by); i++) {
        const yaml_node_t *item = compile_item(by, i);
        const char *name = compile_name(c, item, "what `by` names");
        if (!name) return false;
        int32_t slot = compile_find_slot(c, name, allowed, item->place);
        if (slot == MODEL_NONE) return false;
        if (has_axis(axes, slot)) {
            diag_error(c->diag, item->place, "name it once", "`%s` stands twice in `by`", name);
            return false;
        }
        if (!axes_add(c, axes, slot, item->place)) return false;
    }
    return true;
}

size_t axes_rows(const model_t *m, const axes_t *axes)
{
    size_t rows = 1;
    for (size_t i = 0; i < axes->n; i++) rows *= (size_t)compile_levels(m, axes->slot[i]);
    return rows;
}

size_t axes_row(const model_t *m, const axes_t *axes, const uint8_t *levels)
{
    size_t row = 0;
    for (size_t i = 0; i < axes->n; i++) row = row * (size_t)compile_levels(m, axes->slot[i]) + levels[axes->slot[i]];
    return row;
}

void axes_levels(const model_t *m, const axes_t *axes, size_t row, uint8_t *levels)
{
    for (size_t i = axes->n; i-- > 0;) {
        size_t n = (size_t)compile_levels(m, axes->slot[i]);
        levels[axes->slot[i]] = (uint8_t)(row % n);
        row /= n;
    }
}

const char *axes_words(compiler_t *c, const axes_t *axes, size_t row)
{
    const model_t *m = c->model;
    const char *words = "everybody";
    for (size_t i = axes->n; i-- > 0;) {
        size_t n = (size_t)compile_levels(m, axes->slot[i]);
        const char *slot = model_text(m, m->slots[axes->slot[i]].name);
        const char *level = model_level_name(m, axes->slot[i], (int32_t)(row % n));
        words = i + 1 == axes->n ? diag_format(c->diag, "%s %s", slot, level) : diag_format(c->diag, "%s %s, %s", slot, level, words);
        row /= n;
    }
    return words;
}

model_table_t axes_table(model_t *m, const axes_t *axes, int32_t width)
{
    model_table_t table = {.axes = {builder_add_axes(m, (int32_t)axes->n), (int32_t)axes->n}, .first = 0, .width = width};
    int32_t stride = 1;
    for (size_t i = axes->n; i-- > 0;) {
        m->axes[table.axes.first + (int32_t)i] = (model_axis_t){axes->slot[i], stride};
        stride *= compile_levels(m, axes->slot[i]);
    }
    return table;
}

bool axes_take_row(compiler_t *c, const axes_t *axes, const csv_table_t *csv, size_t i, bool *is_given, size_t *row)
{
    int32_t at = compile_table_row(c, csv, i, axes->slot, axes->n);
    if (at == MODEL_NONE) return false;
    *row = (size_t)at;
    if (is_given[at]) {
        diag_error(c->diag, csv_cell(csv, i, 0)->place, "keep one of the lines", "%s is given twice", axes_words(c, axes, *row));
        return false;
    }
    return is_given[at] = true;
}

bool axes_all_given(compiler_t *c, const axes_t *axes, const csv_table_t *csv, const bool *is_given, place_t place)
{
    for (size_t row = 0; row < axes_rows(c->model, axes); row++) {
        if (is_given[row]) continue;
        diag_error(c->diag, place, "every combination needs its line", "table `%s` says nothing about %s", csv->file, axes_words(c, axes, row));
        return false;
    }
    return true;
}
