/*
 * The slow and obvious engine: one person, one firing after the other, every clock looked at after each.
 *
 * It is the definition of what a model means (engine.h states it in words): the batch engine must give the same
 * records. So it keeps no index of who depends on what, groups nobody, and recomputes everything each time. Only the
 * arithmetic of a hazard clock is shared (model/hazard.h), because there the bits themselves are the definition.
 */
#include "engine/engine.h"

#include <stdlib.h>

#include "model/test_luck.h"
#include "rng/keyed.h"

struct reference {
    const model_t *model;
    uint8_t *level;             /* [n_slots]: the person's level of every slot, now */
    int32_t *entered;           /* [n_slots]: the minute in which each process entered its state */
    hazard_clock_t *clock;      /* [n_clocks]; of a clock that is no hazard only `due` and `origin` mean something */
    int32_t *fired;             /* [n_clocks]: how often */
    int32_t *happened;          /* [n_moments]: how often */
    int32_t *analyses;          /* [n_tests]: how many are done */
    int32_t *repeats;           /* [n_tests]: how often the analysis that was ordered last was repeated */
    registers_t registers;      /* of one person */
    const uint8_t **levels;     /* [n_slots]: columns of one: into `level`, or the registers' own */
    const double **numbers;     /* [n_numbers] */
    engine_flaw_t flaw;
};

/* One life while it is lived: whose it is, what time it is, and who is told. */
typedef struct {
    const model_t *m;
    reference_t *r;
    const model_strategy_t *strategy;
    size_t person;
    uint64_t key;
    double age, calendar;
    int32_t now;
    trajectory_t *trajectory;
    uint64_t *n_fired;
    reference_observer_t observer;
    void *context;
} life_t;

/* ---- telling ---- */

static void tell(const life_t *life, reference_news_t news)
{
    news.minute = life->now;
    if (life->observer) life->observer(life->context, &news);
}

static void tell_clock(const life_t *life, int32_t c)
{
    const hazard_clock_t *clock = &life->r->clock[c];
    tell(life, (reference_news_t){.what = clock->due != MODEL_NEVER || clock->ratio > 0 ? TOLD_CLOCK_AIMED : TOLD_CLOCK_STOPPED,
                                  .index = c, .clock = clock, .occurrence = life->r->fired[c]});
}

/* ---- moments ---- */

static void happen(life_t *life, int32_t moment);

static bool is_dead(const life_t *life) { return life->r->level[life->m->settings.life] == LIFE_DEAD; }

static void record(life_t *life, int32_t moment)
{
    int32_t *person, *minute;
    trajectory_append(life->trajectory, moment, 1, &person, &minute);
    *person = (int32_t)life->person;
    *minute = life->now;
}

/* Setting a process to the state it is in is no entry. */
static void set_process(life_t *life, model_effect_t effect)
{
    if (life->r->level[effect.slot] == effect.level) return;
    life->r->level[effect.slot] = (uint8_t)effect.level;
    life->r->entered[effect.slot] = life->now;
}

/* What time adds to the row of a branch. */
static int32_t time_row(const life_t *life, model_span_t times)
{
    int32_t row = 0;

    for (int32_t i = 0; i < times.count; i++) {
        const model_time_axis_t *axis = &life->m->time_axes[times.first + i];
        int32_t entered = axis->kind == TIME_IN_STATE ? life->r->entered[axis->process] : 0;
        row += model_time_row(life->m, axis, life->now, life->age, entered);
    }
    return row;
}

static double formula_now(const life_t *life, model_formula_t formula)
{
    double value;
    program_run(life->r->registers.kernels, life->m, formula, &life->r->registers.inputs, 1, NULL, &life->now, &value);
    return value;
}

static void report(life_t *life, const char *what, model_formula_t formula, double value)
{
    engine_flaw(&life->r->flaw, what, formula, life->person, life->now, value);
}

static void update_registers(life_t *life, int32_t moment)
{
    const int32_t first = life->m->n_slots - life->m->n_derived, nobody_else = 0;

    registers_update(&life->r->registers, moment, 1, &nobody_else, &life->now);
    for (int32_t d = 0; d < life->m->n_derived; d++) life->r->level[first + d] = life->r->registers.derived[d][0];
}

/* The probability of each outcome but the last is a program; they are added up one by one. */
static int32_t choose_by_formulas(life_t *life, const model_branch_t *branch, double u, reference_news_t *news)
{
    int32_t outcome = 0;
    double cumulative = 0;

    news->high = 1;
    for (int32_t k = 0; k < branch->table.width - 1; k++) {
        double p = formula_now(life, branch->formulas + k);
        cumulative += p;
        if (!(p >= -PROBABILITY_SLACK && cumulative <= PROBABILITY_MOST)) report(life, "probability beside those before it", branch->formulas + k, p);
        outcome += u >= cumulative;
        if (u >= cumulative) news->low = cumulative;
        else news->high = cumulative < news->high ? cumulative : news->high;
    }
    return outcome;
}

static double luck(const life_t *life, uint64_t purpose, uint64_t occurrence)
{
    return rng_uniform_in_lot(life->key, purpose, occurrence, life->m->settings.lot_bits);
}

static int32_t choose_by_table(life_t *life, const model_branch_t *branch, double u, reference_news_t *news)
{
    const double *cumulative = life->m->reals + model_row_first(life->m, &branch->table, life->r->level)
                               + branch->table.width * time_row(life, branch->times);
    int32_t outcome = 0;

    while (outcome < branch->table.width - 1 && u >= cumulative[outcome]) outcome++;
    news->low = outcome ? cumulative[outcome - 1] : 0;
    news->high = cumulative[outcome];
    return outcome;
}

static void take_branch(life_t *life, int32_t b, int32_t occurrence)
{
    const model_branch_t *branch = &life->m->branches[b];
    double u = luck(life, branch->purpose, (uint64_t)occurrence);
    reference_news_t news = {.what = TOLD_BRANCH, .index = b, .occurrence = occurrence, .uniform = u};
    int32_t outcome = news.chosen = (branch->formulas ? choose_by_formulas : choose_by_table)(life, branch, u, &news);

    tell(life, news);
    int32_t moment = life->m->indices[branch->outcomes + outcome];
    if (moment == MODEL_NONE) return;
    if (life->m->moments[moment].kind == MOMENT_TIMED) ++*life->n_fired;
    happen(life, moment);
}

static int32_t level_read(const life_t *life, const model_reading_t *reading, int32_t occurrence)
{
    const model_t *m = life->m;
    int32_t level = reading->called == MODEL_NONE ? 0 : life->r->level[reading->called];

    if (reading->drawn.width)
        return outcome_at(m->reals + model_row_first(m, &reading->drawn, life->r->level), reading->drawn.width,
                          luck(life, reading->purpose, (uint64_t)occurrence));
    return reading->map == MODEL_NONE ? level : m->indices[reading->map + level - 1];
}

static bool fails(const life_t *life, const model_test_t *test, int32_t occurrence)
{
    const double failure = test->failures.width ? life->m->reals[model_row_first(life->m, &test->failures, life->r->level)] : test->failure;
    return test_fails(life->m, test, failure, life->key, occurrence);
}

/* A test that fails leaves the observations as they were. */
static void read_result(life_t *life, int32_t t)
{
    const model_test_t *test = &life->m->tests[t];
    int32_t occurrence = life->r->analyses[t]++;
    bool is_read = !fails(life, test, occurrence);

    tell(life, (reference_news_t){.what = TOLD_TEST, .index = t, .occurrence = occurrence, .chosen = is_read,
                                  .uniform = luck(life, test->failure_purpose, test->fails_alike ? 0 : (uint64_t)occurrence)});
    for (int32_t i = 0; is_read && i < test->readings.count; i++) {
        const model_reading_t *reading = &life->m->readings[test->readings.first + i];
        life->r->level[reading->observation] = (uint8_t)(1 + level_read(life, reading, occurrence));
        tell(life, (reference_news_t){.what = TOLD_READING, .index = reading->observation, .chosen = life->r->level[reading->observation]});
    }
}

static void await_result(life_t *life, int32_t t)
{
    const model_test_t *test = &life->m->tests[t];
    int32_t wait = test->turnaround;

    if (test->wait.width) wait = test_wait(life->m, test, life->m->reals + model_row_first(life->m, &test->wait, life->r->level), life->key, life->r->analyses[t]);
    int64_t due = (int64_t)life->now + wait;
    life->r->clock[test->clock].due = due < MODEL_NEVER ? (int32_t)due : MODEL_NEVER;
    tell_clock(life, test->clock);
}

/* An analysis is done. One that has failed may be made again; then there is no result yet. */
static void conclude(life_t *life, int32_t t)
{
    const model_test_t *test = &life->m->tests[t];

    while (life->r->repeats[t] < test->repeats && fails(life, test, life->r->analyses[t])) {
        life->r->repeats[t]++;
        life->r->analyses[t]++;
        happen(life, test->repeat);
        if (is_dead(life)) return;
        if (test->turnaround == 0) continue;
        await_result(life, t);
        return;
    }
    life->r->repeats[t] = 0;
    happen(life, test->result);
}

static void order_test(life_t *life, int32_t t)
{
    const model_test_t *test = &life->m->tests[t];
    bool is_immediate = test->turnaround == 0;

    if (test->access != MODEL_NONE && life->r->level[test->access] == 0) return;
    if (!is_immediate && life->r->clock[test->clock].due != MODEL_NEVER) return; /* a result is pending */
    happen(life, test->order);
    if (is_dead(life)) return;
    if (is_immediate) conclude(life, t);
    else await_result(life, t);
}

static void carry_out(life_t *life, const model_rule_t *rule)
{
    if (rule->moment != MODEL_NONE) happen(life, rule->moment);
    for (int32_t i = 0; i < rule->orders.count && !is_dead(life); i++)
        order_test(life, life->m->indices[rule->orders.first + i]);
    if (!rule->reminder || is_dead(life)) return;
    int64_t due = (int64_t)life->now + life->m->clocks[rule->reminder - 1].minutes;
    life->r->clock[rule->reminder - 1].due = due < MODEL_NEVER ? (int32_t)due : MODEL_NEVER;
    tell_clock(life, rule->reminder - 1);
}

static bool is_true(life_t *life, model_formula_t formula)
{
    double value = formula_now(life, formula);
    if (value != value) report(life, "truth", formula, value);
    return value != 0;
}

static bool is_acted_on(const life_t *life, const model_rule_t *rule, int32_t occurrence)
{
    if (!rule->chance.width) return true;
    return luck(life, rule->purpose, rule->is_personal ? 0 : (uint64_t)occurrence)
           < life->m->reals[model_row_first(life->m, &rule->chance, life->r->level)];
}

/* `occurrence`: how often what triggers them happened before. */
static void follow_rules(life_t *life, model_span_t rules, int32_t occurrence)
{
    bool is_decided = false; /* a RULE_WHEN was carried out */

    for (int32_t i = 0; i < rules.count && !is_dead(life); i++) {
        const model_rule_t *rule = &life->m->rules[rules.first + i];
        if (rule->kind != RULE_ALWAYS && is_decided) continue;
        if (!model_holds(life->m, rule->condition, life->r->level)) continue;
        if (rule->formula && !is_true(life, rule->formula)) continue;
        if (!is_acted_on(life, rule, occurrence)) continue;
        if (rule->kind == RULE_WHEN) is_decided = true;
        carry_out(life, rule);
    }
}

static void happen(life_t *life, int32_t index)
{
    const model_t *m = life->m;
    const model_moment_t *moment = &m->moments[index];
    int32_t occurrence = life->r->happened[index]++;

    tell(life, (reference_news_t){.what = TOLD_MOMENT, .index = index, .occurrence = occurrence});
    if (model_is_recorded(moment->kind)) record(life, index);
    if (moment->kind == MOMENT_RESULT) read_result(life, moment->test);
    for (int32_t i = 0; i < moment->effects.count; i++) set_process(life, m->effects[moment->effects.first + i]);
    update_registers(life, index);
    for (int32_t i = 0; i < moment->branches.count && !is_dead(life); i++)
        take_branch(life, moment->branches.first + i, occurrence);
    if (!is_dead(life)) follow_rules(life, m->rule_lists[life->strategy->rules_of + index], occurrence);
}

/* ---- clocks ---- */

static double origin_now(const life_t *life, const model_clock_t *clock)
{
    switch (clock->scale) {
    case SCALE_AGE: return -life->age;
    case SCALE_CALENDAR: return -life->calendar;
    case SCALE_IN_STATE: return life->r->entered[clock->process];
    default: return 0;
    }
}

static bool is_enabled(const life_t *life, int32_t c)
{
    const model_clock_t *clock = &life->m->clocks[c];
    return life->r->fired[c] < clock->most && model_holds(life->m, clock->enabled, life->r->level);
}

/* The product of the hazard ratios in the order in which they are listed, the formula last; 0 if the clock does not run. */
static double ratio_now(life_t *life, int32_t c)
{
    const model_t *m = life->m;
    const model_clock_t *clock = &m->clocks[c];
    double ratio = 1;

    if (!is_enabled(life, c)) return 0;
    for (int32_t i = 0; i < clock->ratios.count; i++)
        ratio *= m->reals[model_row_first(m, &m->ratios[clock->ratios.first + i], life->r->level)];
    if (!clock->formula || !(ratio > 0)) return ratio;
    double factor = formula_now(life, clock->formula);
    if (!(factor >= 0 && factor <= RATIO_MOST)) report(life, "hazard ratio", clock->formula, factor);
    return ratio * factor;
}

static void draw_threshold(life_t *life, int32_t c)
{
    life->r->clock[c].threshold = rng_exponential_in_lot(life->key, life->m->clocks[c].purpose, (uint64_t)life->r->fired[c], life->m->settings.lot_bits);
}

/* Time 0 of a clock that counts exposure: before it starts, and while it is stopped, its time runs as time does. */
static double exposed_origin(const life_t *life, const hazard_clock_t *clock, double base, double speed)
{
    bool is_new = clock->speed == 0 || base != clock->base;
    return hazard_exposed_origin(is_new ? base : clock->origin, life->now, is_new ? 1 : clock->speed, speed);
}

static void look_at_hazard(life_t *life, int32_t c, bool has_fired)
{
    const model_t *m = life->m;
    hazard_clock_t *clock = &life->r->clock[c];
    double ratio = ratio_now(life, c), base = origin_now(life, &m->clocks[c]), speed = 1;
    int32_t curve = model_row_first(m, &m->clocks[c].curve, life->r->level);
    bool ran = clock->ratio > 0;

    if (has_fired) draw_threshold(life, c);
    else if (ratio == clock->ratio && curve == clock->curve && base == clock->base) return;
    else if (ran) hazard_burn(m, clock, life->now);

    if (has_fired || !ran) clock->earliest = life->now + 1;
    if (m->clocks[c].counts_exposure && ratio > 0) speed = m->curves[curve].speed;
    clock->origin = m->clocks[c].counts_exposure ? exposed_origin(life, clock, base, speed) : base;
    clock->base = base;
    clock->speed = speed;
    clock->ratio = ratio;
    clock->curve = curve;
    clock->due = MODEL_NEVER;
    if (ratio > 0) hazard_aim(m, clock, life->now);
    if (ran || ratio > 0) tell_clock(life, c);
}

/* Where a change starts a delay anew: its time origin, or the date that its formula says. */
static double delay_origin(const life_t *life, const model_clock_t *clock)
{
    return clock->scale == SCALE_DATE ? formula_now(life, clock->formula) : origin_now(life, clock);
}

static int32_t delay_due(life_t *life, const model_clock_t *clock, double origin, bool has_fired)
{
    const bool is_date = clock->scale == SCALE_DATE;
    const int64_t due = (int64_t)life->now + delay_minutes(clock, has_fired);

    if (!clock->formula) return due < MODEL_NEVER ? (int32_t)due : MODEL_NEVER;
    double value = is_date ? origin : formula_now(life, clock->formula);
    if (!(is_date ? value == value : value >= 0)) report(life, "time", clock->formula, value);
    return delay_minute(life->now, is_date ? value - life->now : value);
}

/* A delay that has fired is stopped (due is MODEL_NEVER), so one that is still enabled starts again here. */
static void look_at_delay(life_t *life, int32_t c, bool has_fired)
{
    hazard_clock_t *clock = &life->r->clock[c];
    bool is_running = is_enabled(life, c), ran = clock->due != MODEL_NEVER;
    double origin = is_running ? delay_origin(life, &life->m->clocks[c]) : clock->origin;

    if (!is_running) {
        clock->due = MODEL_NEVER;
        if (ran || has_fired) tell_clock(life, c);
    } else if (!ran || origin != clock->origin) {
        clock->due = delay_due(life, &life->m->clocks[c], origin, has_fired);
        tell_clock(life, c);
    }
    clock->origin = origin;
}

/* The end of the next cycle. */
static void look_at_tick(life_t *life, int32_t c)
{
    hazard_clock_t *clock = &life->r->clock[c];
    const model_clock_t *tick = &life->m->clocks[c];

    if (clock->due == MODEL_NEVER && life->r->fired[c] < tick->most) clock->due = life->now + tick->minutes;
}

/* Dates are set at entry and results by ordering: nothing that happens changes them. */
static void look_at_clocks(life_t *life, int32_t just_fired)
{
    model_span_t clocks = life->strategy->clocks;

    for (int32_t i = 0; i < clocks.count; i++) {
        int32_t c = life->m->indices[clocks.first + i];
        if (life->m->clocks[c].kind == CLOCK_HAZARD) look_at_hazard(life, c, c == just_fired);
        if (life->m->clocks[c].kind == CLOCK_DELAY) look_at_delay(life, c, c == just_fired);
        if (life->m->clocks[c].kind == CLOCK_TICK) look_at_tick(life, c);
    }
}

/* The clock that is due first, the lowest index among equals; MODEL_NONE if none is due before the horizon. */
static int32_t next_clock(const life_t *life)
{
    model_span_t clocks = life->strategy->clocks;
    int32_t first = MODEL_NONE, due = life->m->settings.horizon;

    for (int32_t i = 0; i < clocks.count; i++) {
        int32_t c = life->m->indices[clocks.first + i];
        if (life->r->clock[c].due < due) {
            first = c;
            due = life->r->clock[c].due;
        }
    }
    return first;
}

/* ---- a life ---- */

static void be_born(life_t *life, const cohort_view_t *people)
{
    const model_t *m = life->m;
    reference_t *r = life->r;
    const int32_t first_derived = m->n_slots - m->n_derived;

    for (int32_t s = 0; s < m->n_slots; s++) {
        r->level[s] = s < m->settings.n_attributes ? people->level[s][life->person] : (uint8_t)m->slots[s].initial;
        r->entered[s] = 0;
    }
    for (int32_t k = 0; k < m->n_numbers; k++) r->numbers[k] = people->number[k] + life->person;
    registers_begin(&r->registers, r->levels, r->numbers, 1);
    for (int32_t d = 0; d < m->n_derived; d++) r->level[first_derived + d] = r->registers.derived[d][0];
    for (int32_t i = 0; i < m->n_moments; i++) r->happened[i] = 0;
    for (int32_t t = 0; t < m->n_tests; t++) r->analyses[t] = r->repeats[t] = 0;
    for (int32_t c = 0; c < m->n_clocks; c++) {
        r->fired[c] = 0;
        r->clock[c] = (hazard_clock_t){.curve = MODEL_NONE, .due = MODEL_NEVER};
        if (m->clocks[c].kind == CLOCK_HAZARD) draw_threshold(life, c);
        if (m->clocks[c].kind == CLOCK_DATE) r->clock[c].due = m->clocks[c].minutes;
    }
}

/* The clock is stopped before its moment happens: a result that has arrived is no longer pending, and its rules may
 * order the test again. */
static void fire(life_t *life, int32_t c)
{
    const model_clock_t *clock = &life->m->clocks[c];

    life->now = life->r->clock[c].due;
    life->r->fired[c]++;
    if (clock->kind != CLOCK_HAZARD) life->r->clock[c].due = MODEL_NEVER;
    if (life->m->moments[clock->moment].kind == MOMENT_TIMED) ++*life->n_fired;
    if (clock->kind == CLOCK_RESULT) conclude(life, clock->test);
    else happen(life, clock->moment);
}

popgx_err_t reference_run(reference_t *reference, const cohort_view_t *people, size_t i, int32_t strategy,
                   trajectory_t *trajectory, uint64_t *n_fired, reference_observer_t observer, void *context)
{
    const model_t *m = reference->model;
    int32_t c = MODEL_NONE;
    life_t life = {
        .m = m, .r = reference, .strategy = &m->strategies[strategy], .person = i, .key = people->key[i],
        .age = m->settings.age == MODEL_NONE ? 0 : people->number[m->settings.age][i],
        .calendar = m->settings.calendar == MODEL_NONE ? 0 : people->number[m->settings.calendar][i],
        .trajectory = trajectory, .n_fired = n_fired, .observer = observer, .context = context,
    };

    reference->flaw = (engine_flaw_t){0};
    be_born(&life, people);
    follow_rules(&life, life.strategy->entry, 0);
    while (!is_dead(&life) && !trajectory->is_full && !reference->flaw.what) {
        look_at_clocks(&life, c);
        c = next_clock(&life);
        if (c == MODEL_NONE) break;
        fire(&life, c);
    }
    trajectory->end[i] = is_dead(&life) ? life.now : m->settings.horizon;
    return engine_flaw_check(&reference->flaw, m, people);
}

popgx_err_t reference_new(const model_t *model, reference_t **out)
{
    popgx_err_t err = POPGX_OK;
    reference_t *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r) {
        r->model = model;
        r->level = calloc((size_t)model->n_slots + 1, sizeof *r->level);
        r->entered = calloc((size_t)model->n_slots + 1, sizeof *r->entered);
        r->clock = calloc((size_t)model->n_clocks + 1, sizeof *r->clock);
        r->fired = calloc((size_t)model->n_clocks + 1, sizeof *r->fired);
        r->happened = calloc((size_t)model->n_moments + 1, sizeof *r->happened);
        r->analyses = calloc((size_t)model->n_tests + 1, sizeof *r->analyses);
        r->repeats = calloc((size_t)model->n_tests + 1, sizeof *r->repeats);
        r->levels = calloc((size_t)model->n_slots + 1, sizeof *r->levels);
        r->numbers = calloc((size_t)model->n_numbers + 1, sizeof *r->numbers);
    }
    if (!r || !r->level || !r->entered || !r->clock || !r->fired || !r->happened || !r->analyses || !r->repeats || !r->levels || !r->numbers)
        TRY(FAIL(NOMEM, "no memory for the story of one person of a model with %d clocks", model->n_clocks));
    TRY(registers_init(&r->registers, model, 1));
    for (int32_t s = 0; s < model->n_slots; s++) r->levels[s] = r->level + s;
    for (int32_t d = 0; d < model->n_derived; d++) r->levels[model->n_slots - model->n_derived + d] = r->registers.derived[d];
    *out = r;
    r = NULL;
out:
    reference_free(r);
    return err;
}

void reference_free(reference_t *reference)
{
    if (!reference) return;
    free(reference->level);
    free(reference->entered);
    free(reference->clock);
    free(reference->fired);
    free(reference->happened);
    free(reference->analyses);
    free(reference->repeats);
    free(reference->levels);
    free(reference->numbers);
    registers_release(&reference->registers);
    free(reference);
}
