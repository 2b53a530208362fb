/* Replays registers and derived slots for a block of people. Owns their columns; which derived slots a moment can change is worked out once. */
#include "model/registers.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

bool registers_is_read(const model_t *m, model_formula_t formula, const bool *slots, const bool *registers)
{
    if (!formula) return false;
    const model_span_t code = m->programs[formula - 1].code;

    for (int32_t i = 0; i < code.count; i++) {
        const model_code_t *step = &m->code[code.first + i];
        if (step->kind == CODE_REGISTER && registers[step->index]) return true;
        if (step->kind != CODE_TABLE) continue;
        const model_span_t axes = m->tables[step->index].axes;
        for (int32_t a = 0; a < axes.count; a++)
            if (slots[m->axes[axes.first + a].slot]) return true;
    }
    return false;
}

void registers_mark_changes(const model_t *m, int32_t index, bool *slots, bool *registers)
{
    const model_moment_t *moment = &m->moments[index];

    for (int32_t e = 0; e < moment->effects.count; e++) slots[m->effects[moment->effects.first + e].slot] = true;
    for (int32_t u = 0; u < moment->updates.count; u++) registers[m->updates[moment->updates.first + u].target] = true;
    for (int32_t d = 0; d < m->n_derived; d++)
        if (registers_is_read(m, m->derived[d].value, slots, registers)) slots[m->derived[d].slot] = true;
}

static popgx_err_t find_follows(registers_t *r)
{
    const model_t *m = r->model;
    bool *slots = memory_resize(NULL, (size_t)m->n_slots + (size_t)m->n_registers + 1, sizeof *slots), *changed = slots + m->n_slots;
    int32_t used = 0;

    r->follow = calloc((size_t)m->n_moments + 1, sizeof *r->follow);
    r->list = calloc((size_t)m->n_moments * (size_t)m->n_derived + 1, sizeof *r->list);
    for (int32_t i = 0; r->follow && r->list && i < m->n_moments; i++) {
        memset(slots, 0, (size_t)m->n_slots + (size_t)m->n_registers);
        registers_mark_changes(m, i, slots, changed);
        r->follow[i].first = used;
        for (int32_t d = 0; d < m->n_derived; d++)
            if (slots[m->derived[d].slot]) r->list[used++] = d;
        r->follow[i].count = used - r->follow[i].first;
    }
    free(slots);
    return r->follow && r->list ? POPGX_OK : FAIL(NOMEM, "no memory for %d moments", m->n_moments);
}

popgx_err_t registers_init(registers_t *r, const model_t *m, size_t capacity)
{
    const size_t n_values = (size_t)m->n_registers, n_derived = (size_t)m->n_derived;

    *r = (registers_t){.model = m, .kernels = kernels()};
    r->memory = malloc((n_values + 1) * capacity * sizeof(double) + n_derived * capacity + 1);
    r->value = calloc(n_values + 1, sizeof *r->value);
    r->derived = calloc(n_derived + 1, sizeof *r->derived);
    if (!r->memory || !r->value || !r->derived)
        return FAIL(NOMEM, "no memory for %d quantities of %zu people", m->n_registers, capacity);
    r->result = r->memory;
    for (size_t k = 0; k < n_values; k++) r->value[k] = r->result + (k + 1) * capacity;
    for (size_t d = 0; d < n_derived; d++) r->derived[d] = (uint8_t *)(r->result + (n_values + 1) * capacity) + d * capacity;
    return find_follows(r);
}

void registers_release(registers_t *r)
{
    free(r->memory);
    free(r->value);
    free(r->derived);
    free(r->follow);
    free(r->list);
    *r = (registers_t){0};
}

static void derive(registers_t *r, int32_t index, int32_t n, const int32_t *person)
{
    const model_derived_t *derived = &r->model->derived[index];
    const double *cuts = r->model->reals + derived->cuts.first;
    uint8_t *level = r->derived[index];

    program_run(r->kernels, r->model, derived->value, &r->inputs, n, person, NULL, r->result);
    for (int32_t j = 0; j < n; j++) {
        int32_t its_level = 0;
        for (int32_t c = 0; c < derived->cuts.count; c++) its_level += cuts[c] <= r->result[j];
        level[person ? person[j] : j] = (uint8_t)its_level;
    }
}

void registers_begin(registers_t *r, const uint8_t *const *level, const double *const *number, int32_t n)
{
    const model_t *m = r->model;

    r->inputs = (program_inputs_t){.level = level, .number = number, .value = (const double *const *)r->value};
    for (int32_t k = 0; k < m->n_registers; k++) {
        if (m->registers[k].start) program_run(r->kernels, m, m->registers[k].start, &r->inputs, n, NULL, NULL, r->value[k]);
        else memset(r->value[k], 0, (size_t)n * sizeof *r->value[k]);
    }
    for (int32_t d = 0; d < m->n_derived; d++) derive(r, d, n, NULL);
}

void registers_update(registers_t *r, int32_t moment, int32_t n, const int32_t *person, const int32_t *minute)
{
    const model_span_t updates = r->model->moments[moment].updates, follow = r->follow[moment];

    for (int32_t u = 0; u < updates.count; u++) {
        const model_update_t *update = &r->model->updates[updates.first + u];
        program_run(r->kernels, r->model, update->value, &r->inputs, n, person, minute, r->result);
        for (int32_t j = 0; j < n; j++) r->value[update->target][person[j]] = r->result[j];
    }
    for (int32_t f = 0; f < follow.count; f++) derive(r, r->list[follow.first + f], n, person);
}
