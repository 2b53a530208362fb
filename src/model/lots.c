/*
 * Chooses the steps of the lattice, for what people are and what happens to them, one purpose after the other: the step is the one with which the
 * purposes so far have the smallest P_2, the variance of a lattice rule for functions made of steps (Sloan and Joe, Lattice methods for multiple
 * integration, 1994, ch. 4; component by component: Sloan and Reztsov, Math Comput 2002; 71: 263-273). It becomes the low bits of the purpose.
 * What belongs to strategies keeps the low bits of its own name, so that no strategy changes another's numbers.
 */
#include "model/lots.h"

#include <string.h>

#include "kernels/keyed.h"

static const struct { const char *name; int32_t bits; } NAMES[] = {{"independent", 0}, {"antithetic", LOTS_PAIRS}, {"lattice", LOTS_LATTICE}};
enum { N_NAMES = sizeof NAMES / sizeof *NAMES };

int32_t lots_find(const char *name)
{
    for (int i = 0; i < N_NAMES; i++)
        if (strcmp(NAMES[i].name, name) == 0) return NAMES[i].bits;
    return -1;
}

const char *lots_name(int32_t lot_bits)
{
    for (int i = 0; i < N_NAMES; i++)
        if (NAMES[i].bits == lot_bits) return NAMES[i].name;
    return "unknown";
}

enum { MOST_CHOSEN = 64 };

/* The lattice of the purposes so far. */
typedef struct {
    int32_t bits;
    double weight[1 << LOTS_LATTICE];   /* of each place: the product over purposes of 1 + B_2(place * step / size) */
    double wave[1 << LOTS_LATTICE];     /* B_2(k / size), Bernoulli's polynomial x^2 - x + 1/6 */
    uint64_t before[MOST_CHOSEN], after[MOST_CHOSEN]; /* purposes: some are shared, and stay so */
    int32_t n_chosen;
} lattice_t;

static void begin(lattice_t *l, int32_t bits)
{
    const uint32_t size = 1u << bits;

    *l = (lattice_t){.bits = bits};
    for (uint32_t i = 0; i < size; i++) {
        const double x = (double)i / (double)size;
        l->weight[i] = 1;
        l->wave[i] = x * x - x + 1.0 / 6;
    }
}

static double figure_of_merit(const lattice_t *l, uint32_t step)
{
    const uint32_t size = 1u << l->bits;
    double sum = 0;

    for (uint32_t i = 0; i < size; i++) sum += l->weight[i] * l->wave[i * step & (size - 1)];
    return sum;
}

/* A step and its opposite are the same lattice, so half of them are enough. */
static uint32_t best_step(const lattice_t *l)
{
    uint32_t best = 1;
    double least_merit = figure_of_merit(l, best);

    for (uint32_t step = 3; step < 1u << (l->bits - 1); step += 2) {
        const double merit = figure_of_merit(l, step);
        if (merit < least_merit) {
            least_merit = merit;
            best = step;
        }
    }
    return best;
}

/* Many purposes make no weight too large, since only their proportions matter. */
static void multiply_weights(lattice_t *l, uint32_t step)
{
    const uint32_t size = 1u << l->bits;
    double total = 0;

    for (uint32_t i = 0; i < size; i++) {
        l->weight[i] *= 1 + l->wave[i * step & (size - 1)];
        total += l->weight[i];
    }
    for (uint32_t i = 0; i < size; i++) l->weight[i] *= size / total;
}

/* A purpose beyond the first ones keeps its own low bits, which are as good as drawn. */
static void give_step(lattice_t *l, uint64_t *purpose)
{
    if (!*purpose) return;
    for (int32_t i = 0; i < l->n_chosen; i++)
        if (l->before[i] == *purpose) {
            *purpose = l->after[i];
            return;
        }
    if (l->n_chosen == MOST_CHOSEN) return;
    const uint32_t step = best_step(l);
    multiply_weights(l, step);
    l->before[l->n_chosen] = *purpose;
    *purpose = l->after[l->n_chosen++] = (*purpose >> l->bits << l->bits) | step;
}

void lots_draw(model_t *m, int32_t lot_bits)
{
    lattice_t lattice;

    INVARIANT(lot_bits >= 0 && lot_bits <= LOTS_LATTICE && m->settings.lot_bits == 0, "lots of 2^%d people", lot_bits);
    m->settings.lot_bits = lot_bits;
    if (lot_bits <= LOTS_PAIRS) return;
    begin(&lattice, lot_bits);
    for (int32_t i = 0; i < m->n_steps; i++) {
        give_step(&lattice, &m->steps[i].purpose);
        give_step(&lattice, &m->steps[i].purpose2);
    }
    for (int32_t i = 0; i < m->n_clocks; i++) give_step(&lattice, &m->clocks[i].purpose);
    for (int32_t i = 0; i < m->n_branches; i++) give_step(&lattice, &m->branches[i].purpose);
    for (int32_t i = 0; i < m->n_readings; i++) give_step(&lattice, &m->readings[i].purpose);
}
