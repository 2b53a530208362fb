/*
 * Registers of a block of people and the derived slots that follow from them, kept up to date moment by moment: the one piece of code that the
 * engines and the ledger share, so that what the ledger replays is what happened.
 */
#ifndef POPGX_MODEL_REGISTERS_H
#define POPGX_MODEL_REGISTERS_H

#include "model/program.h"

typedef struct {
    const model_t *model;
    const kernels_t *kernels;
    program_inputs_t inputs;    /* for programs over the block: registers_begin sets it */
    double **value;             /* [n_registers]: columns */
    uint8_t **derived;          /* [n_derived]: columns of levels, for the owner's own list of columns */
    double *result;             /* [capacity] */
    model_span_t *follow;       /* [n_moments]: in `list`, the derived slots that a moment can change */
    int32_t *list;
    void *memory;
} registers_t;

/** Room for `capacity` people of `model`, which must outlive it. registers_release frees it, also after a failure. */
MUST_USE popgx_err_t registers_init(registers_t *registers, const model_t *model, size_t capacity);
void registers_release(registers_t *registers);

/**
 * n people as they enter: registers and derived slots as they start.
 *
 * @param level   [n_slots]: columns by person, kept until the next call; those of derived slots are registers->derived
 * @param number  [n_numbers]
 */
void registers_begin(registers_t *registers, const uint8_t *const *level, const double *const *number, int32_t n);

/** After the effects of `moment` for person[j] at minute[j], n of them: its updates, then the derived slots that follow. */
void registers_update(registers_t *registers, int32_t moment, int32_t n, const int32_t *person, const int32_t *minute);

/** Whether registers_update would do anything. */
static inline bool registers_are_touched(const registers_t *registers, int32_t moment)
{
    return registers->model->moments[moment].updates.count > 0 || registers->follow[moment].count > 0;
}

/** Marks what `moment` itself can change: slots [n_slots] (by its effects, and those derived), registers [n_registers]; nothing is cleared. */
void registers_mark_changes(const model_t *m, int32_t moment, bool *slots, bool *registers);

/** Whether one of the marked slots or registers is read by `formula`. */
bool registers_is_read(const model_t *m, model_formula_t formula, const bool *slots, const bool *registers);
#endif
