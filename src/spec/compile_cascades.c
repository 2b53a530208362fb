/*
 * What can happen within one minute: follows every event to all that happens with it, by branches, rules and tests
 * without turnaround. That must end, and soon, since the engine keeps lists of people for every step of it. Looks at the
 * structure only. Runs when the model is complete.
 */
#include "spec/compile_events.h"

/* Steps from an event to the last that follows from it, and events that can happen to one person on the way. */
enum { MOST_MOMENTS = 1000 };

typedef enum { ENDS, GOES_ROUND, IS_TOO_LONG } outcome_t;

typedef struct {
    compiler_t *c;
    int32_t strategy;       /* MODEL_NONE: branches only */
    enum { UNSEEN, ON_PATH, DONE } *state;
    int32_t *moments;       /* of moments that are DONE: how many can happen, itself included */
    int32_t *path;
    size_t n_path;
} cascade_t;

static outcome_t follow(cascade_t *cascade, int32_t moment, int32_t *n);

/* Of each branch one outcome happens. */
static outcome_t follow_branches(cascade_t *cascade, const model_moment_t *moment, int32_t *n)
{
    const model_t *m = cascade->c->model;
    for (int32_t b = 0; b < moment->branches.count; b++) {
        const model_branch_t *branch = &m->branches[moment->branches.first + b];
        int32_t most = 0;
        for (int32_t k = 0; k < branch->table.width; k++) {
            int32_t of_outcome = 0;
            outcome_t outcome = follow(cascade, m->indices[branch->outcomes + k], &of_outcome);
            if (outcome != ENDS) return outcome;
            if (of_outcome > most) most = of_outcome;
        }
        *n += most;
    }
    return ENDS;
}

/* Rules act and order tests; the result of one without turnaround belongs to the same minute. */
static outcome_t follow_rules(cascade_t *cascade, int32_t moment, int32_t *n)
{
    const model_t *m = cascade->c->model;
    const model_moment_t *of = &m->moments[moment];
    outcome_t outcome = ENDS;
    if (cascade->strategy == MODEL_NONE) return ENDS;
    if (of->kind == MOMENT_ORDER && m->tests[of->test].turnaround == 0) {
        const model_test_t *test = &m->tests[of->test];
        if (moment == test->order && test->repeat != MODEL_NONE) outcome = follow(cascade, test->repeat, n);
        return outcome == ENDS ? follow(cascade, test->result, n) : outcome;
    }
    model_span_t rules = m->rule_lists[m->strategies[cascade->strategy].rules_of + moment];
    for (int32_t r = 0; r < rules.count && outcome == ENDS; r++) {
        const model_rule_t *rule = &m->rules[rules.first + r];
        outcome = follow(cascade, rule->moment, n);
        for (int32_t k = 0; k < rule->orders.count && outcome == ENDS; k++)
            outcome = follow(cascade, m->tests[m->indices[rule->orders.first + k]].order, n);
    }
    return outcome;
}

/* Adds to *n what can happen from this moment on. What does not end stays at the end of the path. */
static outcome_t follow(cascade_t *cascade, int32_t moment, int32_t *n)
{
    int32_t here = 1;
    outcome_t outcome;
    if (moment == MODEL_NONE) return ENDS;
    if (cascade->state[moment] != DONE) {
        cascade->path[cascade->n_path++] = moment;
        if (cascade->state[moment] == ON_PATH) return GOES_ROUND;
        if (cascade->n_path > MOST_MOMENTS) return IS_TOO_LONG;
        cascade->state[moment] = ON_PATH;
        outcome = follow_branches(cascade, &cascade->c->model->moments[moment], &here);
        if (outcome == ENDS) outcome = follow_rules(cascade, moment, &here);
        if (outcome == ENDS && here > MOST_MOMENTS) outcome = IS_TOO_LONG;
        if (outcome != ENDS) return outcome;
        cascade->state[moment] = DONE;
        cascade->moments[moment] = here;
        cascade->n_path--;
    }
    *n += cascade->moments[moment];
    return ENDS;
}

/* "a, b, a": the circle at the end of the path. */
static const char *circle_words(const cascade_t *cascade)
{
    const model_t *m = cascade->c->model;
    size_t first = cascade->n_path - 1;
    do first--;
    while (cascade->path[first] != cascade->path[cascade->n_path - 1]);
    const char *words = model_text(m, m->moments[cascade->path[first]].name);
    for (size_t i = first + 1; i < cascade->n_path; i++)
        words = diag_format(cascade->c->diag, "%s, %s", words, model_text(m, m->moments[cascade->path[i]].name));
    return words;
}

static place_t moment_place(const compiler_t *c, int32_t moment)
{
    for (size_t i = 0; i < c->processes->n_events; i++)
        if (c->processes->events[i].moment == moment) return c->processes->events[i].place;
    return (place_t){c->path, 0, 0};
}

/* `plan`: of the strategy, or NULL: branches only. */
static void report(const cascade_t *cascade, const strategy_plan_t *plan, outcome_t outcome)
{
    compiler_t *c = cascade->c;
    const model_t *m = c->model;
    if (outcome == IS_TOO_LONG)
        diag_error(c->diag, plan ? plan->place : moment_place(c, cascade->path[0]), "let some of them happen after a delay",
                   "more than %d events can follow `%s` in the same minute", MOST_MOMENTS, model_text(m, m->moments[cascade->path[0]].name));
    else if (plan)
        diag_error(c->diag, plan->place, "let a test take time: result after: 1 day", "strategy `%s` goes round for ever in one minute: %s",
                   plan->name, circle_words(cascade));
    else
        diag_error(c->diag, moment_place(c, cascade->path[cascade->n_path - 1]), "let one of them happen after a delay",
                   "immediate events follow each other for ever: %s", circle_words(cascade));
}

static bool check_strategy(compiler_t *c, int32_t strategy, const strategy_plan_t *plan)
{
    size_t n = (size_t)c->model->n_moments;
    cascade_t cascade = {.c = c, .strategy = strategy, .state = arena_take(c->arena, n, sizeof *cascade.state),
                         .moments = arena_take(c->arena, n, sizeof *cascade.moments),
                         .path = arena_take(c->arena, n + 1, sizeof *cascade.path)};
    for (int32_t i = 0; i < c->model->n_moments; i++) {
        int32_t ignored = 0;
        outcome_t outcome = follow(&cascade, i, &ignored);
        if (outcome == ENDS) continue;
        report(&cascade, plan, outcome);
        return false;
    }
    return true;
}

void compile_cascades(compiler_t *c)
{
    const struct processes *p = c->processes;
    int32_t index = 0;
    if (!check_strategy(c, MODEL_NONE, NULL)) return;
    for (size_t s = 0; s < p->n_strategies; s++)
        if (p->strategies[s].is_kept) (void)check_strategy(c, index++, &p->strategies[s]);
}
