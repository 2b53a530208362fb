/*
 * Programs at work: straight-line code (model_program_t) over people's numbers, registers, levels and the time.
 *
 * One evaluator for one person and for a block: the same bits for every group, order and instruction set. What has no value comes out
 * as NaN or infinite, and is refused where it is used.
 */
#ifndef POPGX_MODEL_PROGRAM_H
#define POPGX_MODEL_PROGRAM_H

#include "kernels/kernels.h"
#include "model/model.h"

/** What programs read, as columns by person. A column that no program reads may be NULL. */
typedef struct {
    const uint8_t *const *level;        /* [n_slots] */
    const double *const *number;        /* [n_numbers] */
    const double *const *value;         /* [n_registers] */
} program_inputs_t;

/**
 * result[j] of person[j] at minute[j], for n of them. `formula` is not 0.
 *
 * @param person  NULL: everybody, 0 .. n - 1
 * @param minute  by place; may be NULL if the program does not read it
 */
void program_run(const kernels_t *kernels, const model_t *m, model_formula_t formula, const program_inputs_t *inputs, int32_t n,
                 const int32_t *person, const int32_t *minute, double *result);

/** What a program depends on. */
typedef struct {
    bool *slots;                /* [n_slots] */
    bool *registers;            /* [n_registers] */
    bool *numbers;              /* [n_numbers]; each of the three may be NULL: not asked for */
    bool minute;
} program_reads_t;

/** Marks what `formula` reads; nothing is cleared. */
void program_mark(const model_t *m, model_formula_t formula, program_reads_t *reads);

/** Whether it reads nothing that changes after entry: numbers and attributes only. */
bool program_is_fixed(const model_t *m, model_formula_t formula);

/** Whether the code is whole: indices in their arrays, temporaries written before they are read. */
bool program_check(const model_t *m, const model_program_t *program);
#endif
