/*
 * Cells of outcomes, and what payers pay and resources cost: the amounts of an item are posted once more, to that outcome, when all others are filled, since the
 * cells of an outcome stand together. Owns nothing.
 */
#include "spec/compile_bills.h"

#include <string.h>

int32_t payoff_cell(compiler_t *c, int32_t outcome, const char *name)
{
    model_t *m = c->model;
    model_span_t *cells = &m->outcomes[outcome].cells;
    for (int32_t i = cells->first; i < cells->first + cells->count; i++)
        if (!strcmp(model_text(m, m->cells[i].name), name)) return i;
    model_name_t text = builder_text(m, name);
    int32_t cell = builder_add_cells(m, 1);
    INVARIANT(!cells->count || cells->first + cells->count == cell, "cells of outcome %d are apart", outcome);
    m->cells[cell] = (model_cell_t){text, outcome};
    if (!cells->count++) cells->first = cell;
    return cell;
}

const char *compile_payer_outcome(compiler_t *c, const char *payer) { return diag_format(c->diag, "cost paid by %s", payer); }

int32_t bill_outcome(const compiler_t *c, const char *name)
{
    const model_t *m = c->model;

    for (int32_t o = c->named_outcomes.first + c->named_outcomes.count; o < m->n_outcomes; o++)
        if (!strcmp(model_text(m, m->outcomes[o].name), name)) return o;
    return MODEL_NONE;
}

void bill_add_outcome(compiler_t *c, const char *name)
{
    model_t *m = c->model;

    if (bill_outcome(c, name) != MODEL_NONE) return;
    model_outcome_t outcome = m->outcomes[m->settings.cost];
    outcome.name = builder_text(m, name);
    outcome.cells = (model_span_t){0};
    const int32_t at = builder_add_outcomes(m, 1);
    m->outcomes[at] = outcome;
}

bill_t bill_open(const model_t *m) { return (bill_t){{m->n_lumps, 0}, {m->n_flows, 0}, {m->n_spells, 0}, {m->n_variations, 0}, MODEL_NONE}; }

void bill_add(compiler_t *c, bills_t *bills, bill_t bill, int32_t part)
{
    const model_t *m = c->model;

    if (part == MODEL_NONE) return;
    bill.part = part;
    bill.lumps.count = m->n_lumps - bill.lumps.first;
    bill.flows.count = m->n_flows - bill.flows.first;
    bill.spells.count = m->n_spells - bill.spells.first;
    bill.variations.count = m->n_variations - bill.variations.first;
    bills->list = compile_grow(c, bills->list, bills->n, sizeof *bills->list);
    bills->list[bills->n++] = bill;
}

/* The category of what was added since bill_open, or NULL if nothing was. */
static const char *category_of(const model_t *m, const bill_t *bill)
{
    if (m->n_lumps > bill->lumps.first) return model_text(m, m->cells[m->lumps[bill->lumps.first].cell].name);
    if (m->n_flows > bill->flows.first) return model_text(m, m->cells[m->flows[bill->flows.first].cell].name);
    return m->n_spells > bill->spells.first ? model_text(m, m->cells[m->spells[bill->spells.first].cell].name) : NULL;
}

void bill_close(compiler_t *c, bills_t *bills, bill_t bill, const yaml_node_t *node)
{
    const yaml_node_t *payer = yaml_get(node, "payer");
    const char *name = payer ? compile_name(c, payer, "the payer") : NULL, *category = category_of(c->model, &bill);
    const model_span_t perspectives = c->model->settings.perspectives;

    if (name) bill_add(c, bills, bill, bill_outcome(c, compile_payer_outcome(c, name)));
    for (int32_t o = perspectives.first; category && o < perspectives.first + perspectives.count; o++)
        if (compile_perspective_counts(c, o, name, category)) bill_add(c, bills, bill, o);
}

/* The cell of that outcome with the category of a cell of the costs. */
static int32_t part_cell(compiler_t *c, const bill_t *bill, int32_t cell)
{
    return payoff_cell(c, bill->part, model_text(c->model, c->model->cells[cell].name));
}

/* The same amounts once more, as part of another outcome: those that vary with the same luck, but with a count of their own of what was drawn. */
static void copy_bill(compiler_t *c, const bill_t *bill)
{
    model_t *m = c->model;
    const int32_t varied = builder_add_variations(m, bill->variations.count), moved = varied - bill->variations.first;
    for (int32_t i = 0; i < bill->variations.count; i++) m->variations[varied + i] = m->variations[bill->variations.first + i];
    for (int32_t i = bill->lumps.first; i < bill->lumps.first + bill->lumps.count; i++) {
        int32_t cell = part_cell(c, bill, m->lumps[i].cell), at = builder_add_lumps(m, 1);
        m->lumps[at] = m->lumps[i];
        m->lumps[at].cell = cell;
        if (m->lumps[at].variation) m->lumps[at].variation += moved;
    }
    for (int32_t i = bill->flows.first; i < bill->flows.first + bill->flows.count; i++) {
        int32_t cell = part_cell(c, bill, m->flows[i].cell), at = builder_add_flows(m, 1);
        m->flows[at] = m->flows[i];
        m->flows[at].cell = cell;
    }
    for (int32_t i = bill->spells.first; i < bill->spells.first + bill->spells.count; i++) {
        int32_t cell = part_cell(c, bill, m->spells[i].cell), at = builder_add_spells(m, 1);
        m->spells[at] = m->spells[i];
        m->spells[at].cell = cell;
        if (m->spells[at].variation) m->spells[at].variation += moved;
    }
}

/* One outcome after the other, since the cells of an outcome stand together. */
void bills_copy(compiler_t *c, const bills_t *bills)
{
    for (int32_t o = 0; o < c->model->n_outcomes; o++)
        for (size_t i = 0; i < bills->n; i++)
            if (bills->list[i].part == o) copy_bill(c, &bills->list[i]);
}
