/*
 * `perspectives`: whose costs a decision looks at. Each is an outcome of its own that counts the items of the costs again whose payer or category it
 * names, so that it is compared, drawn and kept by year like any other.
 */
#include <string.h>

#include "spec/compile_bills.h"

static const yaml_node_t *section(const compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "perspectives");
    return node && node->kind == YAML_MAPPING ? node : NULL;
}

void compile_perspective_outcomes(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "perspectives");
    model_t *m = c->model;

    m->settings.perspectives = (model_span_t){m->n_outcomes, 0};
    if (node && node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write {payer: {costs: [health plan]}, societal: {costs: all}}", "`perspectives` is not a mapping");
        return;
    }
    for (size_t i = 0; node && i < node->count; i++) {
        if (compile_is_remark(node->pairs[i].key)) continue;
        bill_add_outcome(c, diag_format(c->diag, "cost, %s perspective", node->pairs[i].key));
        m->settings.perspectives.count++;
    }
}

static bool is_all(const yaml_node_t *costs) { return costs->kind == YAML_SCALAR && strcmp(costs->text, "all") == 0; }

bool compile_perspective_counts(const compiler_t *c, int32_t outcome, const char *payer, const char *category)
{
    const yaml_node_t *node = section(c);
    int32_t at = c->model->settings.perspectives.first;

    for (size_t i = 0; node && i < node->count; i++) {
        const yaml_node_t *costs = yaml_get(node->pairs[i].value, "costs");
        if (compile_is_remark(node->pairs[i].key) || at++ != outcome) continue;
        if (!costs) return false;
        if (is_all(costs)) return true;
        for (size_t k = 0; k < compile_count(costs); k++) {
            const yaml_node_t *item = compile_item(costs, k);
            if (item->kind == YAML_SCALAR && ((payer && strcmp(item->text, payer) == 0) || strcmp(item->text, category) == 0)) return true;
        }
        return false;
    }
    return false;
}

/* The payers' outcomes and the categories of the costs, as a perspective may name them. */
static const char *const *known_names(compiler_t *c, size_t *n)
{
    const model_t *m = c->model;
    const model_span_t cells = m->outcomes[m->settings.cost].cells;
    const char *paid = compile_payer_outcome(c, ""), **names = arena_take(c->arena, (size_t)(m->n_outcomes + cells.count) + 1, sizeof *names);

    *n = 0;
    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const char *name = model_text(m, m->outcomes[o].name);
        if (strncmp(name, paid, strlen(paid)) == 0) names[(*n)++] = name + strlen(paid);
    }
    for (int32_t k = cells.first; k < cells.first + cells.count; k++) names[(*n)++] = model_text(m, m->cells[k].name);
    return names;
}

void compile_perspectives(compiler_t *c)
{
    static const char *const keys[] = {"costs", NULL};
    const yaml_node_t *node = section(c);
    size_t n = 0;
    const char *const *names = node ? known_names(c, &n) : NULL;

    for (size_t i = 0; node && i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (compile_is_remark(pair->key) || !compile_keys(c, pair->value, "a perspective", keys)) continue;
        const yaml_node_t *costs = yaml_get(pair->value, "costs");
        if (!costs) diag_error(c->diag, pair->place, "write costs: [payers and categories], or costs: all", "the perspective `%s` counts nothing", pair->key);
        if (!costs) continue;
        fprintf(c->summary, "perspective %s: %s\n", pair->key, is_all(costs) ? "all costs" : "the costs of these payers and categories:");
        for (size_t k = 0; !is_all(costs) && k < compile_count(costs); k++) {
            const yaml_node_t *item = compile_item(costs, k);
            const char *name = compile_name(c, item, "a payer or a category");
            size_t found = 0;
            while (name && found < n && strcmp(names[found], name)) found++;
            if (name && found == n) diag_error(c->diag, item->place, compile_suggest(c, name, names, n), "no cost has the payer or the category `%s`", name);
            else if (name) fprintf(c->summary, "  %s\n", name);
        }
    }
}
