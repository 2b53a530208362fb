/* The evaluator of programs. Works in pieces of a few dozen people, so that all temporaries stay in the first cache. Owns nothing. */
#include "model/program.h"

#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"

enum { PIECE = 64 };

/* The people in hand: places `from` .. `from` + n - 1 of the caller's lists. */
typedef struct {
    const model_t *m;
    const program_inputs_t *inputs;
    const int32_t *person, *minute;
    int32_t from, n;
} piece_t;

static int32_t person_of(const piece_t *piece, int32_t j) { return piece->person ? piece->person[piece->from + j] : piece->from + j; }

static void gather(const piece_t *piece, const double *restrict column, double *restrict x)
{
    for (int32_t j = 0; j < piece->n; j++) x[j] = column[person_of(piece, j)];
}

static void look_up(const piece_t *piece, const model_table_t *table, double *restrict x)
{
    const model_t *m = piece->m;
    int32_t row[PIECE];

    for (int32_t j = 0; j < piece->n; j++) row[j] = table->first;
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        const uint8_t *level = piece->inputs->level[axis->slot];
        for (int32_t j = 0; j < piece->n; j++) row[j] += level[person_of(piece, j)] * axis->stride;
    }
    for (int32_t j = 0; j < piece->n; j++) x[j] = m->reals[row[j]];
}

/* A function in steps (CODE_STEPS) of one number; what is no number stays so. */
static double step_of(const double *steps, double x)
{
    const double *cuts = steps + STEPS_HEAD, period = steps[1];
    const int32_t n = (int32_t)steps[0];
    double added = 0;
    int32_t below = 0;

    if (!isfinite(x)) return x - x + ARITHMETIC_NAN;
    if (period > 0 && n > 0 && x > cuts[n - 1]) {
        const double beyond = (x - cuts[n - 1]) / period, whole = beyond < 1e9 ? (double)((int64_t)beyond + 1) : ARITHMETIC_NAN;
        x -= whole * period;
        added = whole * steps[2];
    }
    for (int32_t left = n; left > 0;) {
        const int32_t half = left / 2;
        if (cuts[below + half] < x) below += half + 1, left -= half + 1;
        else left = half;
    }
    return added + cuts[n + below];
}

static void take_step(const kernels_t *kernels, const piece_t *piece, const model_code_t *code, double (*temporary)[PIECE])
{
    double *x = temporary[code->to];

    switch (code->kind) {
    case CODE_CONSTANT:
        for (int32_t j = 0; j < piece->n; j++) x[j] = code->constant;
        break;
    case CODE_NUMBER: gather(piece, piece->inputs->number[code->index], x); break;
    case CODE_REGISTER: gather(piece, piece->inputs->value[code->index], x); break;
    case CODE_TABLE: look_up(piece, &piece->m->tables[code->index], x); break;
    case CODE_MINUTE:
        for (int32_t j = 0; j < piece->n; j++) x[j] = piece->minute[piece->from + j];
        break;
    case CODE_STEPS:
        for (int32_t j = 0; j < piece->n; j++) x[j] = step_of(piece->m->reals + code->index, x[j]);
        break;
    default:
        kernels->arithmetic(code->kind - CODE_ARITHMETIC, code->index, piece->n, x, temporary[code->to + 1], temporary[code->to + 2]);
        break;
    }
}

void program_run(const kernels_t *kernels, const model_t *m, model_formula_t formula, const program_inputs_t *inputs, int32_t n,
                 const int32_t *person, const int32_t *minute, double *result)
{
    const model_program_t *program = &m->programs[formula - 1];
    double temporary[PROGRAM_MOST_TEMPORARIES + 2][PIECE];

    for (int32_t from = 0; from < n; from += PIECE) {
        const piece_t piece = {.m = m, .inputs = inputs, .person = person, .minute = minute, .from = from,
                               .n = n - from < PIECE ? n - from : PIECE};
        for (int32_t i = 0; i < program->code.count; i++) take_step(kernels, &piece, &m->code[program->code.first + i], temporary);
        memcpy(result + from, temporary[0], (size_t)piece.n * sizeof *result);
    }
}

void program_mark(const model_t *m, model_formula_t formula, program_reads_t *reads)
{
    if (!formula) return;
    const model_span_t code = m->programs[formula - 1].code;

    for (int32_t i = 0; i < code.count; i++) {
        const model_code_t *step = &m->code[code.first + i];
        if (step->kind == CODE_NUMBER && reads->numbers) reads->numbers[step->index] = true;
        if (step->kind == CODE_REGISTER && reads->registers) reads->registers[step->index] = true;
        if (step->kind == CODE_MINUTE) reads->minute = true;
        if (step->kind != CODE_TABLE || !reads->slots) continue;
        const model_span_t axes = m->tables[step->index].axes;
        for (int32_t a = 0; a < axes.count; a++) reads->slots[m->axes[axes.first + a].slot] = true;
    }
}

bool program_is_fixed(const model_t *m, model_formula_t formula)
{
    const model_span_t code = m->programs[formula - 1].code;

    for (int32_t i = 0; i < code.count; i++) {
        const model_code_t *step = &m->code[code.first + i];
        if (step->kind == CODE_REGISTER || step->kind == CODE_MINUTE) return false;
        if (step->kind != CODE_TABLE) continue;
        const model_span_t axes = m->tables[step->index].axes;
        for (int32_t a = 0; a < axes.count; a++)
            if (m->slots[m->axes[axes.first + a].slot].kind != SLOT_ATTRIBUTE) return false;
    }
    return true;
}

/* How many operands, from `to` on. */
static int32_t operands_of(int32_t kind)
{
    if (kind < CODE_ARITHMETIC) return kind == CODE_STEPS;
    if (kind < CODE_ARITHMETIC + ARITHMETIC_ADD) return 1;
    return kind < CODE_ARITHMETIC + ARITHMETIC_SELECT ? 2 : 3;
}

static bool are_steps(const model_t *m, int32_t at)
{
    if (at < 0 || at > m->n_reals - STEPS_HEAD - 1) return false;
    const double *steps = m->reals + at;
    if (!(steps[0] >= 0 && steps[0] <= m->n_reals) || !(steps[1] >= 0) || !isfinite(steps[1]) || !isfinite(steps[2])) return false;
    const int32_t n = (int32_t)steps[0];
    if (2 * (int64_t)n + 1 > m->n_reals - at - STEPS_HEAD) return false;
    for (int32_t k = 0; k < 2 * n + 1; k++)
        if (!isfinite(steps[STEPS_HEAD + k]) || (k > 0 && k < n && steps[STEPS_HEAD + k] <= steps[STEPS_HEAD + k - 1])) return false;
    return true;
}

static bool is_index_good(const model_t *m, const model_code_t *step)
{
    switch (step->kind) {
    case CODE_CONSTANT: return isfinite(step->constant);
    case CODE_NUMBER: return step->index >= 0 && step->index < m->n_numbers;
    case CODE_REGISTER: return step->index >= 0 && step->index < m->n_registers;
    case CODE_TABLE: return step->index >= 0 && step->index < m->n_tables;
    case CODE_STEPS: return are_steps(m, step->index);
    case CODE_ARITHMETIC + ARITHMETIC_WHOLE_POWER: return step->index >= -ARITHMETIC_LARGEST_POWER && step->index <= ARITHMETIC_LARGEST_POWER;
    default: return true;
    }
}

bool program_check(const model_t *m, const model_program_t *program)
{
    uint64_t written = 0;

    if (program->code.count < 1 || program->code.first < 0 || program->code.first > m->n_code - program->code.count) return false;
    for (int32_t i = 0; i < program->code.count; i++) {
        const model_code_t *step = &m->code[program->code.first + i];
        if (step->kind < 0 || step->kind >= CODE_ARITHMETIC + ARITHMETIC_OPERATIONS || !is_index_good(m, step)) return false;
        if (step->to < 0 || step->to >= PROGRAM_MOST_TEMPORARIES) return false;
        for (int32_t k = 0; k < operands_of(step->kind); k++)
            if (step->to + k >= PROGRAM_MOST_TEMPORARIES || !(written >> (step->to + k) & 1)) return false;
        written |= 1ull << step->to;
    }
    return written & 1;
}
