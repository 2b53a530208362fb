/* What a kind of people is worth at a point of time: flows, floors, and who is in which state. Owns nothing. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "expected/lives.h"

static popgx_err_t rate_of(lives_t *r, unsigned char *kind, const model_flow_t *flow, double *rate)
{
    *rate = 0;
    if (!model_holds(r->m, flow->condition, kind_levels(&r->layout, kind))) return POPGX_OK;
    return lives_amount(r, kind, &flow->rate, flow->formula, rate);
}

/* What a kind of people is worth at this point of time, floors included. */
static popgx_err_t count_flows(lives_t *r, unsigned char *kind, int32_t point, double *rates)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = r->m;
    const double weight = m->reals[m->settings.cycle.weights + point] * m->settings.cycle.minutes * *kind_probability(kind);

    double *products = rates + m->n_outcomes, *least = products + m->n_outcomes;
    for (int32_t o = 0; o < m->n_outcomes; o++) rates[o] = 0, products[o] = 1, least[o] = INFINITY;
    for (int32_t f = 0; f < m->n_flows; f++) {
        const int32_t o = m->cells[m->flows[f].cell].outcome;
        const model_outcome_t *outcome = &m->outcomes[o];
        double rate;
        TRY(rate_of(r, kind, &m->flows[f], &rate));
        double factor;
        const bool is_on = kind_factor(&r->layout, kind, &m->flows[f], r->now, &factor) && rate != 0;
        rate *= factor;
        rates[o] += rate;
        if (is_on) products[o] *= rate, least[o] = fmin(least[o], rate);
        lives_cells(r, point)[m->flows[f].cell] += weight * rate * outcome->per_unit * model_discount_factor(m, outcome->flow_discount, outcome->flow_course, r->now);
    }
    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const model_outcome_t *outcome = &m->outcomes[o];
        if (outcome->floor_cell == MODEL_NONE) continue;
        double made = outcome->combine == COMBINE_ADD || rates[o] == 0 ? rates[o] : outcome->combine == COMBINE_MULTIPLY ? products[o] : least[o];
        made = fmin(fmax(made, outcome->floor), outcome->cap);
        lives_cells(r, point)[outcome->floor_cell] += weight * (made - rates[o]) * outcome->per_unit * model_discount_factor(m, outcome->flow_discount, outcome->flow_course, r->now);
    }
out:
    return err;
}

popgx_err_t lives_count_point(lives_t *r, kinds_t *kinds, int32_t point)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = r->m;
    expected_t *e = r->out;
    double *occupancy = expected_levels(e, r->strategy_index, point);
    double *rates = memory_resize(NULL, 3 * (size_t)m->n_outcomes + 1, sizeof *rates), alive = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        TRY(count_flows(r, kind, point, rates));
        for (int32_t s = 0; s < m->n_slots; s++) occupancy[e->first_level[s] + kind_levels(&r->layout, kind)[s]] += *kind_probability(kind);
        alive += *kind_probability(kind);
    }
    occupancy[e->first_level[m->settings.life] + LIFE_DEAD] = fmax(1 - alive, 0);
out:
    free(rates);
    return err;
}
