/*
 * Everybody at entry: the steps by which a person is drawn, each followed into all its outcomes. Only what the model reads later is
 * worked out, and what no later step reads is forgotten at once, so that alleles, for example, leave nothing but phenotypes.
 */
#include <stdlib.h>

#include "core/memory.h"
#include "expected/expected.h"
#include "expected/kinds.h"

/* What of a person is read. */
typedef struct {
    const model_t *m;
    bool *slots, *numbers, *genes;
} needs_t;

static void need_table(needs_t *needs, const model_table_t *table)
{
    for (int32_t a = 0; a < table->axes.count; a++) needs->slots[needs->m->axes[table->axes.first + a].slot] = true;
}

static void need_terms(needs_t *needs, model_span_t terms)
{
    for (int32_t i = 0; i < terms.count; i++) needs->slots[needs->m->terms[terms.first + i].slot] = true;
}

static void need_formula(needs_t *needs, model_formula_t formula)
{
    program_reads_t reads = {.slots = needs->slots, .numbers = needs->numbers};
    if (formula) program_mark(needs->m, formula, &reads);
}

static void need_branch(needs_t *needs, const model_branch_t *branch)
{
    need_table(needs, &branch->table);
    for (int32_t k = 0; branch->formulas && k < branch->table.width - 1; k++) need_formula(needs, branch->formulas + k);
    for (int32_t t = 0; t < branch->times.count; t++)
        if (needs->m->time_axes[branch->times.first + t].kind == TIME_AGE) needs->numbers[needs->m->settings.age] = true;
}

void people_mark_needed(const model_t *m, bool *slots, bool *numbers)
{
    needs_t needs = {.m = m, .slots = slots, .numbers = numbers};

    for (int32_t i = 0; i < m->n_branches; i++) need_branch(&needs, &m->branches[i]);
    for (int32_t i = 0; i < m->n_readings; i++) {
        need_table(&needs, &m->readings[i].drawn);
        if (m->readings[i].called != MODEL_NONE) slots[m->readings[i].called] = true;
    }
    for (int32_t i = 0; i < m->n_tests; i++)
        if (m->tests[i].access != MODEL_NONE) slots[m->tests[i].access] = true;
    for (int32_t i = 0; i < m->n_rules; i++) {
        need_terms(&needs, m->rules[i].condition);
        need_table(&needs, &m->rules[i].chance);
        need_formula(&needs, m->rules[i].formula);
    }
    for (int32_t i = 0; i < m->n_registers; i++) need_formula(&needs, m->registers[i].start);
    for (int32_t i = 0; i < m->n_updates; i++) need_formula(&needs, m->updates[i].value);
    for (int32_t i = 0; i < m->n_derived; i++) need_formula(&needs, m->derived[i].value);
    for (int32_t i = 0; i < m->n_lumps; i++) {
        need_table(&needs, &m->lumps[i].amount);
        need_formula(&needs, m->lumps[i].formula);
        if (m->lumps[i].variation) need_table(&needs, &m->variations[m->lumps[i].variation - 1].table);
    }
    for (int32_t i = 0; i < m->n_flows; i++) {
        need_terms(&needs, m->flows[i].condition);
        need_table(&needs, &m->flows[i].rate);
        need_formula(&needs, m->flows[i].formula);
        if (!m->flows[i].profile) continue;
        need_table(&needs, &m->profiles[m->flows[i].profile - 1].table);
        if (m->profiles[m->flows[i].profile - 1].kind == PROFILE_AGE) numbers[m->settings.age] = true;
    }
}

static bool is_needed(const needs_t *needs, const model_step_t *step)
{
    switch (step->kind) {
    case STEP_GENE:
    case STEP_SECOND: return needs->genes[step->to];
    case STEP_NUMBER:
    case STEP_FORMULA:
    case STEP_ROW:
    case STEP_CELL: return needs->numbers[step->to];
    default: return needs->slots[step->to];
    }
}

/* What the step itself reads. */
static void need_inputs(needs_t *needs, const model_step_t *step)
{
    switch (step->kind) {
    case STEP_DIPLOTYPE: needs->genes[step->from] = true; break;
    case STEP_MAP: needs->slots[step->from] = true; break;
    case STEP_BAND:
    case STEP_CELL:
    case STEP_CELL_LEVEL: needs->numbers[step->from] = true; break;
    case STEP_FORMULA: need_formula(needs, step->formula); break;
    default: need_table(needs, &step->table);
    }
}

/* ---- steps ---- */

static void take_category(const model_t *m, const model_step_t *step, unsigned char *kind, kinds_t *out)
{
    const kind_layout_t *l = out->layout;
    const double *row = m->reals + model_row_first(m, &step->table, kind_levels(l, kind));

    for (int32_t k = 0; k < step->table.width; k++) {
        unsigned char *added = kinds_add(out, kind, row_part(row, k));
        if (added) kind_levels(l, added)[step->to] = (uint8_t)k;
    }
}

static void take_row(const model_t *m, const model_step_t *step, unsigned char *kind, kinds_t *out)
{
    const kind_layout_t *l = out->layout;
    const double *row = m->reals + step->table.first;

    for (int32_t k = 0; k < step->table.width; k++) {
        unsigned char *added = kinds_add(out, kind, row_part(row, k));
        if (added) kind_numbers(l, added)[step->to] = k;
    }
}

static void take_gene(const model_t *m, const model_step_t *step, unsigned char *kind, kinds_t *out)
{
    const kind_layout_t *l = out->layout;
    const double *first = m->reals + model_row_first(m, &step->table, kind_levels(l, kind)), *second = first + step->first;

    for (int32_t i = 0; i < step->table.width; i++)
        for (int32_t k = 0; k < step->table.width; k++) {
            unsigned char *added = kinds_add(out, kind, row_part(first, i) * row_part(second, k));
            if (added) kind_diplotypes(l, added)[step->to] = (uint16_t)(i * step->table.width + k);
        }
}

static void take_second(const model_t *m, const model_step_t *step, unsigned char *kind, kinds_t *out)
{
    const kind_layout_t *l = out->layout;
    const double *row = m->reals + model_row_first(m, &step->table, kind_levels(l, kind));
    const int32_t n = step->table.width, first = kind_diplotypes(l, kind)[step->to] / n * n;

    for (int32_t k = 0; k < n; k++) {
        unsigned char *added = kinds_add(out, kind, row_part(row, k));
        if (added) kind_diplotypes(l, added)[step->to] = (uint16_t)(first + k);
    }
}

/* A step without luck changes the kind as it stands. */
static popgx_err_t change(const model_t *m, const model_step_t *step, one_person_t *one, unsigned char *kind)
{
    const kind_layout_t *l = one->layout;
    const double *cuts = m->reals + step->table.first;
    uint8_t *level = kind_levels(l, kind);
    double *number = kind_numbers(l, kind);

    switch (step->kind) {
    case STEP_NUMBER:
        if (step->distribution != DISTRIBUTION_CONSTANT)
            return FAIL(INPUT, "expected values need kinds of people, but `%s` has a distribution: give it one value, or let nothing depend on it, or "
                        "simulate", model_text(m, m->numbers[step->to].name));
        number[step->to] = m->reals[model_row_first(m, &step->table, level)];
        break;
    case STEP_FORMULA:
        one_person_load(one, kind);
        number[step->to] = one_person_formula(one, step->formula, 0);
        break;
    case STEP_CELL: number[step->to] = m->reals[step->first + (int32_t)number[step->from]]; break;
    case STEP_CELL_LEVEL: level[step->to] = (uint8_t)m->indices[step->first + (int32_t)number[step->from]]; break;
    case STEP_DIPLOTYPE: level[step->to] = (uint8_t)m->indices[step->first + kind_diplotypes(l, kind)[step->from]]; break;
    case STEP_MAP: level[step->to] = (uint8_t)m->indices[step->first + level[step->from]]; break;
    case STEP_BAND:
        level[step->to] = 0;
        for (int32_t k = 0; k < step->table.width; k++) level[step->to] = (uint8_t)(level[step->to] + (cuts[k] <= number[step->from]));
        break;
    default: BUG("step %d has no outcomes", step->kind);
    }
    return POPGX_OK;
}

static popgx_err_t carry_out(const model_t *m, const model_step_t *step, one_person_t *one, kinds_t *kinds)
{
    popgx_err_t err = POPGX_OK;

    if (step->kind != STEP_CATEGORY && step->kind != STEP_GENE && step->kind != STEP_SECOND && step->kind != STEP_ROW) {
        for (size_t i = 0; i < kinds->n; i++) TRY(change(m, step, one, kind_at(kinds, i)));
        return POPGX_OK;
    }
    kinds_t out = kinds_new(kinds->layout);
    for (size_t i = 0; i < kinds->n && out.n <= EXPECTED_MOST_KINDS; i++) {
        if (step->kind == STEP_GENE) take_gene(m, step, kind_at(kinds, i), &out);
        else if (step->kind == STEP_SECOND) take_second(m, step, kind_at(kinds, i), &out);
        else if (step->kind == STEP_ROW) take_row(m, step, kind_at(kinds, i), &out);
        else take_category(m, step, kind_at(kinds, i), &out);
    }
    kinds_release(kinds);
    *kinds = out;
    if (kinds->n > EXPECTED_MOST_KINDS)
        return FAIL(RANGE, "more than %d kinds of people at entry: let payoffs, probabilities and rules depend on fewer attributes, or simulate",
                    EXPECTED_MOST_KINDS);
out:
    return err;
}

/* Sets to 0 what nobody reads any more. */
static void forget(const needs_t *needs, kinds_t *kinds)
{
    const kind_layout_t *l = kinds->layout;
    const model_t *m = needs->m;

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        for (int32_t s = 0; s < m->settings.n_attributes; s++)
            if (!needs->slots[s]) kind_levels(l, kind)[s] = 0;
        for (int32_t k = 0; k < m->n_numbers; k++)
            if (!needs->numbers[k]) kind_numbers(l, kind)[k] = 0;
        for (int32_t g = 0; g < m->n_genes; g++)
            if (!needs->genes[g]) kind_diplotypes(l, kind)[g] = 0;
    }
    kinds_merge(kinds);
}

static bool *copy(const bool *from, int32_t n)
{
    bool *to = memory_resize(NULL, (size_t)n + 1, sizeof *to);
    if (n) memcpy(to, from, (size_t)n * sizeof *to);
    return to;
}

/* needs[s]: what is read after step s, by later steps that are needed and by the model. */
static void find_needs(const model_t *m, const bool *slots, const bool *numbers, needs_t *needs)
{
    bool *genes = memory_resize(NULL, (size_t)m->n_genes + 1, sizeof *genes);

    memset(genes, 0, ((size_t)m->n_genes + 1) * sizeof *genes);
    needs[m->n_steps] = (needs_t){m, copy(slots, m->n_slots), copy(numbers, m->n_numbers), genes};
    for (int32_t s = m->n_steps; s-- > 0;) {
        const needs_t *after = &needs[s + 1];
        needs[s] = (needs_t){m, copy(after->slots, m->n_slots), copy(after->numbers, m->n_numbers), copy(after->genes, m->n_genes)};
        if (is_needed(after, &m->steps[s])) need_inputs(&needs[s], &m->steps[s]);
    }
}

popgx_err_t people_make(const model_t *m, const bool *slots, const bool *numbers, one_person_t *one, kinds_t *out)
{
    popgx_err_t err = POPGX_OK;
    const kind_layout_t *l = out->layout;
    needs_t *needs = memory_resize(NULL, (size_t)m->n_steps + 1, sizeof *needs);
    unsigned char *everybody = memory_resize(NULL, l->size, 1);

    memset(everybody, 0, l->size);
    *kind_probability(everybody) = 1;
    for (int32_t s = m->settings.n_attributes; s < m->n_slots; s++) kind_levels(l, everybody)[s] = (uint8_t)m->slots[s].initial;
    for (int32_t c = 0; c < m->n_clocks; c++) kind_due(l, everybody)[c] = m->clocks[c].kind == CLOCK_RESULT ? MODEL_NEVER : 0;
    find_needs(m, slots, numbers, needs);
    kinds_add(out, everybody, 1);
    for (int32_t s = 0; s < m->n_steps && !err; s++) {
        if (!is_needed(&needs[s + 1], &m->steps[s])) continue;
        err = carry_out(m, &m->steps[s], one, out);
        forget(&needs[s + 1], out);
    }
    for (size_t i = 0; i < out->n; i++) one_person_begin(one, kind_at(out, i));
    for (int32_t s = 0; s <= m->n_steps; s++) {
        free(needs[s].slots);
        free(needs[s].numbers);
        free(needs[s].genes);
    }
    free(needs);
    free(everybody);
    return err;
}
