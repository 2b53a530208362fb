/* Processes and events in plain words for `popgx check`: what was understood, with the defaults spelled out. Changes nothing. */
#include <math.h>

#include "model/hazard.h"
#include "spec/compile_events.h"

int32_t compile_table_rows(const model_t *m, const model_table_t *table)
{
    int32_t rows = 1;
    for (int32_t a = 0; a < table->axes.count; a++) rows *= compile_levels(m, m->axes[table->axes.first + a].slot);
    return rows;
}

void compile_describe_condition(compiler_t *c, model_span_t condition)
{
    const model_t *m = c->model;
    for (int32_t i = 0; i < condition.count; i++) {
        const model_term_t *term = &m->terms[condition.first + i];
        fprintf(c->summary, "%s%s", i ? ", " : "", model_text(m, m->slots[term->slot].name));
        for (int32_t l = 0, n = 0; l < compile_levels(m, term->slot); l++)
            if (term->levels >> l & 1) fprintf(c->summary, "%s %s", n++ ? " or" : "", model_level_name(m, term->slot, l));
    }
}

static void describe_axes(compiler_t *c, const model_table_t *table)
{
    const model_t *m = c->model;
    for (int32_t a = 0; a < table->axes.count; a++)
        fprintf(c->summary, "%s %s", a ? "," : " by", model_text(m, m->slots[m->axes[table->axes.first + a].slot].name));
}

static void describe_range(compiler_t *c, double low, double high, const char *unit)
{
    fprintf(c->summary, "%.6g", low);
    if (high > low) fprintf(c->summary, " to %.6g", high);
    fprintf(c->summary, "%s", unit);
}

void compile_describe_table(compiler_t *c, const model_table_t *table, double factor, const char *unit)
{
    const model_t *m = c->model;
    double low = INFINITY, high = -INFINITY;
    for (int32_t r = 0; r < compile_table_rows(m, table); r++) {
        low = fmin(low, factor * m->reals[table->first + r]);
        high = fmax(high, factor * m->reals[table->first + r]);
    }
    describe_range(c, low, high, unit);
    describe_axes(c, table);
}

/* ---- clocks ---- */

static void describe_curve(compiler_t *c, const model_curve_t *curve)
{
    double year = c->units.minutes_per_year;
    switch (curve->kind) {
    case CURVE_WEIBULL:
        fprintf(c->summary, "Weibull hazard, shape %.6g, scale %.6g years", curve->a, exp(curve->c) / year);
        break;
    case CURVE_GOMPERTZ:
        fprintf(c->summary, "Gompertz hazard, shape %.6g per year, rate %.6g per year", curve->a * year, curve->a * curve->b * year);
        break;
    case CURVE_LOGLOGISTIC:
        fprintf(c->summary, "log-logistic hazard, shape %.6g, scale %.6g years", curve->a, exp(curve->c) / year);
        break;
    case CURVE_TABULATED: {
        double half = hazard_solve(c->model, curve, M_LN2);
        fprintf(c->summary, "hazard from a table of %d pieces, with which ", curve->pieces);
        if (half < SURVIVAL_FAR) fprintf(c->summary, "half have had the event after %.6g years", half / year);
        else fprintf(c->summary, "less than half ever have the event");
        break;
    }
    case CURVE_PIECEWISE:
        fprintf(c->summary, "hazard constant in each of %d periods (the last one's rate is held after day %.6g)", curve->pieces,
                c->model->reals[curve->first + curve->pieces - 1] / 1440);
        break;
    default: fprintf(c->summary, "constant hazard %.6g per year", curve->a * year);
    }
}

/* Several curves: what they have in common. */
static void describe_curves(compiler_t *c, const model_table_t *table)
{
    const model_t *m = c->model;
    const model_curve_t *curves = &m->curves[table->first];
    bool is_constant = true, is_periods = true;
    double year = c->units.minutes_per_year, low = INFINITY, high = -INFINITY;
    for (int32_t r = 0; r < compile_table_rows(m, table); r++) {
        is_constant &= curves[r].kind == CURVE_EXPONENTIAL;
        is_periods &= curves[r].kind == CURVE_PIECEWISE;
        low = fmin(low, curves[r].a);
        high = fmax(high, curves[r].a);
    }
    if (!table->axes.count) {
        describe_curve(c, curves);
        return;
    }
    fprintf(c->summary, is_periods ? "hazard constant in each period" : is_constant ? "constant hazard " : "a hazard of its own");
    if (is_constant) describe_range(c, low * year, high * year, " per year");
    describe_axes(c, table);
    if (is_periods) fprintf(c->summary, " (the last period's rate is held)");
}

static bool changes_with_time(const model_t *m, const model_table_t *table)
{
    for (int32_t r = 0; r < compile_table_rows(m, table); r++)
        if (m->curves[table->first + r].kind != CURVE_EXPONENTIAL) return true;
    return false;
}

static void describe_clock(compiler_t *c, const model_clock_t *clock)
{
    static const char *const scales[] = {"time since the start", "age", "time in state", "calendar time"};
    const model_t *m = c->model;
    if (clock->kind == CLOCK_DELAY && clock->first) {
        fprintf(c->summary, "every %.6g days, first ", clock->minutes / 1440.0);
        if (clock->first == 1) fprintf(c->summary, "as soon as it is possible");
        else fprintf(c->summary, "%.6g days after it becomes possible", clock->first / 1440.0);
    } else if (clock->kind == CLOCK_DELAY) fprintf(c->summary, "%.6g days after it becomes possible", clock->minutes / 1440.0);
    else describe_curves(c, &clock->curve);
    if (clock->kind == CLOCK_HAZARD && changes_with_time(m, &clock->curve)) {
        const model_slot_t *process = &m->slots[clock->process];
        bool is_history = clock->scale == SCALE_IN_STATE && !process->is_reported;
        fprintf(c->summary, "; clock: %s", is_history ? model_text(m, process->name) : scales[clock->scale]);
    }
    if (clock->counts_exposure) fprintf(c->summary, "; its time is accelerated");
    for (int32_t i = 0; i < clock->ratios.count; i++) {
        fprintf(c->summary, "; ratio ");
        compile_describe_table(c, &m->ratios[clock->ratios.first + i], 1, "");
    }
    fprintf(c->summary, "; %s", clock->enabled.count ? "while " : "in any state");
    compile_describe_condition(c, clock->enabled);
    if (clock->most == MODEL_NEVER) fprintf(c->summary, "; any number of times");
    else fprintf(c->summary, "; at most %d time%s", clock->most, clock->most == 1 ? "" : "s");
}

/* ---- what follows ---- */

/* Probability of outcome k in each row, lowest to highest. */
static void describe_outcome(compiler_t *c, const model_branch_t *branch, int32_t k)
{
    const model_t *m = c->model;
    int32_t outcome = m->indices[branch->outcomes + k];
    double low = INFINITY, high = -INFINITY;
    fprintf(c->summary, "%s%s ", k ? " or " : "", outcome == MODEL_NONE ? "nothing" : model_text(m, m->moments[outcome].name));
    if (branch->formulas) {
        fprintf(c->summary, k == branch->table.width - 1 ? "otherwise" : "with a probability that an expression gives");
        return;
    }
    for (int32_t r = 0; r < compile_table_rows(m, &branch->table); r++) {
        const double *row = m->reals + branch->table.first + r * branch->table.width;
        double p = row[k] - (k ? row[k - 1] : 0);
        low = fmin(low, 100 * p);
        high = fmax(high, 100 * p);
    }
    describe_range(c, low, high, " %");
}

static void describe_consequences(compiler_t *c, const model_moment_t *moment)
{
    const model_t *m = c->model;
    for (int32_t e = 0; e < moment->effects.count; e++) {
        const model_effect_t *effect = &m->effects[moment->effects.first + e];
        fprintf(c->summary, "%s %s becomes %s", e ? "," : ";", model_text(m, m->slots[effect->slot].name),
                model_level_name(m, effect->slot, effect->level));
    }
    for (int32_t b = 0; b < moment->branches.count; b++) {
        const model_branch_t *branch = &m->branches[moment->branches.first + b];
        fprintf(c->summary, "; then ");
        for (int32_t k = 0; k < branch->table.width; k++) describe_outcome(c, branch, k);
        describe_axes(c, &branch->table);
    }
}

static void describe_process(compiler_t *c, const process_t *process)
{
    const model_t *m = c->model;
    if (process->slot == MODEL_NONE || !process->has_states) return;
    fprintf(c->summary, "  %s:", process->name);
    for (int32_t l = 0; l < compile_levels(m, process->slot); l++)
        fprintf(c->summary, "%s %s%s", l ? "," : "", model_level_name(m, process->slot, l),
                l == m->slots[process->slot].initial ? " (at entry)" : "");
    fprintf(c->summary, "\n");
}

void compile_describe_processes(compiler_t *c)
{
    const struct processes *p = c->processes;
    const model_t *m = c->model;
    fprintf(c->summary, "processes and their states\n");
    for (size_t i = 0; i < p->n; i++) describe_process(c, &p->list[i]);
    fprintf(c->summary, "events (in the same minute the lowest priority goes first, 0 unless given, then the name)\n");
    for (size_t i = 0; i < p->n_events; i++) {
        const event_t *event = &p->events[i];
        if (event->is_transition && !m->moments[event->moment].branches.count) continue; /* the transitions say it all */
        fprintf(c->summary, "  %s: ", model_text(m, event->qualified));
        if (event->is_transition) fprintf(c->summary, "a transition");
        else if (event->clock == MODEL_NONE) fprintf(c->summary, "at once");
        else describe_clock(c, &m->clocks[event->clock]);
        if (event->priority) fprintf(c->summary, "; priority %d", event->priority);
        describe_consequences(c, &m->moments[event->moment]);
        fprintf(c->summary, "\n");
    }
}
