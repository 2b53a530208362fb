/* Lists of kinds of people, and one person as the programs want them. Owns the records. */
#include "expected/kinds.h"

#include <stdlib.h>

#include "core/memory.h"

static size_t take(size_t *at, size_t count, size_t size)
{
    size_t here = (*at + size - 1) / size * size;
    *at = here + count * size;
    return here;
}

kind_layout_t kind_layout(const model_t *model)
{
    kind_layout_t l = {.model = model};
    size_t at = sizeof(double);

    l.number = take(&at, (size_t)model->n_numbers, sizeof(double));
    l.value = take(&at, (size_t)model->n_registers, sizeof(double));
    l.due = take(&at, (size_t)model->n_clocks, sizeof(int32_t));
    l.entered = take(&at, (size_t)model->settings.n_processes, sizeof(int32_t));
    l.origin = take(&at, (size_t)model->n_profiles, sizeof(int32_t));
    l.diplotype = take(&at, (size_t)model->n_genes, sizeof(uint16_t));
    l.level = take(&at, (size_t)model->n_slots, 1);
    l.size = take(&at, 0, sizeof(double));
    return l;
}

kinds_t kinds_new(const kind_layout_t *layout) { return (kinds_t){.layout = layout}; }

void kinds_release(kinds_t *kinds)
{
    free(kinds->records);
    *kinds = (kinds_t){.layout = kinds->layout};
}

static void reserve(kinds_t *kinds, size_t more)
{
    if (kinds->n + more <= kinds->capacity) return;
    kinds->capacity = 2 * (kinds->n + more);
    kinds->records = memory_resize(kinds->records, kinds->capacity, kinds->layout->size);
}

unsigned char *kinds_add(kinds_t *kinds, const unsigned char *kind, double p)
{
    const size_t size = kinds->layout->size;

    if (!(p > 0)) return NULL;
    reserve(kinds, 1);
    unsigned char *added = memcpy(kind_at(kinds, kinds->n++), kind, size);
    *kind_probability(added) *= p;
    return added;
}

void kinds_join(kinds_t *to, kinds_t *from)
{
    reserve(to, from->n);
    if (from->n) memcpy(kind_at(to, to->n), from->records, from->n * from->layout->size);
    to->n += from->n;
    kinds_release(from);
}

void kinds_choose(kinds_t *kinds, const bool *is_meant, kinds_t *chosen)
{
    size_t n = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        if (is_meant[i]) (void)kinds_add(chosen, kind_at(kinds, i), 1);
        else memmove(kind_at(kinds, n++), kind_at(kinds, i), kinds->layout->size);
    }
    kinds->n = n;
}

static int by_kind(const void *a, const void *b, void *size)
{
    return memcmp((const unsigned char *)a + sizeof(double), (const unsigned char *)b + sizeof(double), *(size_t *)size - sizeof(double));
}

/* Of those that are alike the probabilities come in any order: the smallest is added first. */
static int by_kind_and_probability(const void *a, const void *b, void *size)
{
    int order = by_kind(a, b, size);
    const double x = *(const double *)a, y = *(const double *)b;
    return order ? order : (x > y) - (x < y);
}

void kinds_merge(kinds_t *kinds)
{
    size_t size = kinds->layout->size, n = 0;

    if (kinds->n < 2) return;
    qsort_r(kinds->records, kinds->n, size, by_kind_and_probability, &size);
    for (size_t i = 1; i < kinds->n; i++) {
        if (by_kind(kind_at(kinds, n), kind_at(kinds, i), &size) == 0) *kind_probability(kind_at(kinds, n)) += *kind_probability(kind_at(kinds, i));
        else memmove(kind_at(kinds, ++n), kind_at(kinds, i), size);
    }
    kinds->n = n + 1;
}

/* ---- one person ---- */

popgx_err_t one_person_init(one_person_t *one, const kind_layout_t *layout)
{
    const model_t *m = layout->model;
    const int32_t first_derived = m->n_slots - m->n_derived;

    *one = (one_person_t){.layout = layout};
    one->level = memory_resize(NULL, (size_t)m->n_slots + 1, 1);
    one->number = memory_resize(NULL, (size_t)m->n_numbers + 1, sizeof *one->number);
    one->levels = memory_resize(NULL, (size_t)m->n_slots + 1, sizeof *one->levels);
    one->numbers = memory_resize(NULL, (size_t)m->n_numbers + 1, sizeof *one->numbers);
    popgx_err_t err = registers_init(&one->registers, m, 1);
    if (err) return err;
    for (int32_t k = 0; k < m->n_numbers; k++) one->numbers[k] = &one->number[k];
    for (int32_t s = 0; s < m->n_slots; s++) one->levels[s] = s < first_derived ? &one->level[s] : one->registers.derived[s - first_derived];
    one->registers.inputs = (program_inputs_t){.level = one->levels, .number = one->numbers, .value = (const double *const *)one->registers.value};
    return POPGX_OK;
}

void one_person_release(one_person_t *one)
{
    registers_release(&one->registers);
    free(one->level);
    free(one->number);
    free(one->levels);
    free(one->numbers);
}

void one_person_load(one_person_t *one, unsigned char *kind)
{
    const kind_layout_t *l = one->layout;
    const model_t *m = l->model;
    const int32_t first_derived = m->n_slots - m->n_derived;

    memcpy(one->level, kind_levels(l, kind), (size_t)m->n_slots);
    for (int32_t k = 0; k < m->n_numbers; k++) one->number[k] = kind_numbers(l, kind)[k];
    for (int32_t k = 0; k < m->n_registers; k++) one->registers.value[k][0] = kind_values(l, kind)[k];
    for (int32_t d = 0; d < m->n_derived; d++) one->registers.derived[d][0] = one->level[first_derived + d];
}

void one_person_store(const one_person_t *one, unsigned char *kind)
{
    const kind_layout_t *l = one->layout;
    const model_t *m = l->model;
    uint8_t *derived = kind_levels(l, kind) + m->n_slots - m->n_derived;

    for (int32_t k = 0; k < m->n_registers; k++) kind_values(l, kind)[k] = one->registers.value[k][0];
    for (int32_t d = 0; d < m->n_derived; d++) derived[d] = one->registers.derived[d][0];
}

void one_person_begin(one_person_t *one, unsigned char *kind)
{
    one_person_load(one, kind);
    registers_begin(&one->registers, one->levels, one->numbers, 1);
    one_person_store(one, kind);
    kind_enter_times(one->layout, kind);
}

double one_person_formula(const one_person_t *one, model_formula_t formula, int32_t minute)
{
    double value;
    program_run(one->registers.kernels, one->layout->model, formula, &one->registers.inputs, 1, NULL, &minute, &value);
    return value;
}
