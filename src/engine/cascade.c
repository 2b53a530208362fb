/*
 * Moments happening to groups of people. A cascade goes depth first: a moment's effects, its branches with all that
 * follows from each outcome, then the rules it triggers. The lists of people that branches and rules make live
 * on the engine's stack; a cascade's depth is known to the plan, so the stack never grows while people live.
 */
#include "engine/batch.h"
#include "model/test_luck.h"
#include "rng/keyed.h"

#include <string.h>

static int32_t *lists_take(engine_t *engine, size_t n)
{
    int32_t *list = engine->lists + engine->lists_used;
    engine->lists_used += n;
    INVARIANT(engine->lists_used <= engine->lists_size, "a cascade needs more than %zu list entries", engine->lists_size);
    return list;
}

int32_t keep_alive(const engine_t *engine, int32_t n, const int32_t *people, int32_t *alive)
{
    int32_t n_alive = 0;
    for (int32_t j = 0; j < n; j++) {
        int32_t person = people[j];
        alive[n_alive] = person;
        n_alive += is_alive(engine, person);
    }
    return n_alive;
}

static void record(engine_t *engine, int32_t moment, int32_t n, const int32_t *people)
{
    int32_t *person, *minute;

    trajectory_append(engine->trajectory, moment, n, &person, &minute);
    memcpy(person, people, (size_t)n * sizeof *person);
    engine->kernels->take_ints(n, people, engine->now, minute);
}

/* Levels of a slot have changed for some: so do the packed ones, if clocks read them. Whoever changes levels calls this, but set_state, which
 * gives everybody the same one. */
static void pack_changes(engine_t *engine, int32_t slot, int32_t n, const int32_t *people)
{
    const plan_place_t *place = &engine->plan.places[slot];
    const uint8_t *level = engine->level[slot];
    const uint32_t others = ~(place->mask << place->shift);

    if (!engine->is_packed || place->word == MODEL_NONE) return;
    uint32_t *word = engine->packed + (size_t)place->word * engine->capacity;
    for (int32_t j = 0; j < n; j++) word[people[j]] = (word[people[j]] & others) | (uint32_t)level[people[j]] << place->shift;
}

void run_formula(engine_t *engine, model_formula_t formula, int32_t n, const int32_t *people, double *result)
{
    engine->kernels->take_ints(n, people, engine->now, engine->group.minute);
    program_run(engine->kernels, engine->model, formula, &engine->registers.inputs, n, people, engine->group.minute, result);
}

static void update_registers(engine_t *engine, int32_t moment, int32_t n, const int32_t *people)
{
    const model_span_t follow = engine->registers.follow[moment];

    engine->kernels->take_ints(n, people, engine->now, engine->group.minute);
    registers_update(&engine->registers, moment, n, people, engine->group.minute);
    for (int32_t i = 0; i < follow.count; i++)
        pack_changes(engine, engine->model->derived[engine->registers.list[follow.first + i]].slot, n, people);
}

static void set_state(engine_t *engine, const model_effect_t *effect, int32_t n, const int32_t *people)
{
    const plan_place_t *place = &engine->plan.places[effect->slot];
    const uint8_t level = (uint8_t)effect->level;
    uint8_t *state = own_level(engine, effect->slot);

    if (engine->plan.is_entry_timed[effect->slot - engine->model->settings.n_attributes]) {
        int32_t *entered = entered_column(engine, effect->slot);
        for (int32_t j = 0; j < n; j++) entered[people[j]] = state[people[j]] != level ? engine->now[people[j]] : entered[people[j]];
    }
    for (int32_t j = 0; j < n; j++) state[people[j]] = level;
    if (!engine->is_packed || place->word == MODEL_NONE) return;
    uint32_t *word = engine->packed + (size_t)place->word * engine->capacity;
    const uint32_t others = ~(place->mask << place->shift), packed = (uint32_t)level << place->shift;
    for (int32_t j = 0; j < n; j++) word[people[j]] = (word[people[j]] & others) | packed;
}

/* Applies the moment's effects; true if it killed, which it does to all or nobody. */
static bool take_effect(engine_t *engine, const model_moment_t *moment, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    bool is_deadly = false;

    for (int32_t e = 0; e < moment->effects.count; e++) {
        const model_effect_t *effect = &m->effects[moment->effects.first + e];
        set_state(engine, effect, n, people);
        if (effect->slot == m->settings.life) is_deadly = effect->level == LIFE_DEAD;
    }
    for (int32_t j = 0; is_deadly && j < n; j++) engine->trajectory->end[people[j]] = engine->now[people[j]];
    return is_deadly;
}

/* Adds to the rows what time says: at[j] of people[j]. */
static void add_times(const engine_t *engine, model_span_t times, int32_t n, const int32_t *people, int32_t *at)
{
    const model_t *m = engine->model;

    for (int32_t t = 0; t < times.count; t++) {
        const model_time_axis_t *axis = &m->time_axes[times.first + t];
        const double *age = axis->kind == TIME_AGE ? engine->people.number[m->settings.age] : NULL;
        const int32_t *entered = axis->kind == TIME_IN_STATE ? entered_column(engine, axis->process) : NULL;
        for (int32_t j = 0; j < n; j++) {
            int32_t i = people[j];
            at[j] += model_time_row(m, axis, engine->now[i], age ? age[i] : 0, entered ? entered[i] : 0);
        }
    }
}

/* The first number of a person's row of a table. */
static const double *row_of(const engine_t *engine, const model_table_t *table, int32_t person)
{
    const model_axis_t *axes = engine->model->axes + table->axes.first;
    int32_t at = 0;

    for (int32_t a = 0; a < table->axes.count; a++) at += engine->level[axes[a].slot][person] * axes[a].stride;
    return engine->model->reals + table->first + table->width * at;
}

static double luck(const engine_t *engine, int32_t person, uint64_t purpose, uint64_t occurrence)
{
    return rng_uniform_in_lot(engine->people.key[person], purpose, occurrence, engine->model->settings.lot_bits);
}

static void choose_by_table(engine_t *engine, const model_branch_t *branch, const int32_t *occurrence, int32_t n, const int32_t *people,
                            int32_t *chosen)
{
    const int32_t width = branch->table.width;

    memset(chosen, 0, (size_t)n * sizeof *chosen); /* first what time adds to the row, then the outcome */
    add_times(engine, branch->times, n, people, chosen);
    for (int32_t j = 0; j < n; j++) {
        const int32_t i = people[j];
        const double *row = row_of(engine, &branch->table, i) + width * chosen[j];
        chosen[j] = outcome_at(row, width, luck(engine, i, branch->purpose, (uint64_t)occurrence[i]));
    }
}

/* The probability of each outcome but the last is a program; they are added up one by one. */
static void choose_by_formulas(engine_t *engine, const model_branch_t *branch, const int32_t *occurrence, int32_t n, const int32_t *people,
                               int32_t *chosen)
{
    double *p = engine->group.value, *cumulative = engine->group.sum, *u = engine->group.chance;

    for (int32_t j = 0; j < n; j++) {
        u[j] = luck(engine, people[j], branch->purpose, (uint64_t)occurrence[people[j]]);
        chosen[j] = 0;
        cumulative[j] = 0;
    }
    for (int32_t k = 0; k < branch->table.width - 1; k++) {
        run_formula(engine, branch->formulas + k, n, people, p);
        for (int32_t j = 0; j < n; j++) {
            cumulative[j] += p[j];
            chosen[j] += u[j] >= cumulative[j];
            if (!(p[j] >= -PROBABILITY_SLACK && cumulative[j] <= PROBABILITY_MOST))
                engine_flaw(&engine->flaw, "probability beside those before it", branch->formulas + k, (size_t)people[j],
                            engine->now[people[j]], p[j]);
        }
    }
}

/* Chooses each person's outcome and lets it happen, outcome by outcome. `occurrence` is a column. */
static void branch(engine_t *engine, const model_branch_t *branch, const int32_t *occurrence, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    size_t mark = engine->lists_used;
    int32_t *chosen = lists_take(engine, (size_t)n), *group = lists_take(engine, (size_t)n);

    (branch->formulas ? choose_by_formulas : choose_by_table)(engine, branch, occurrence, n, people, chosen);
    for (int32_t k = 0; k < branch->table.width; k++) {
        int32_t outcome = m->indices[branch->outcomes + k], n_group = 0;
        if (outcome == MODEL_NONE) continue;
        for (int32_t j = 0; j < n; j++) {
            group[n_group] = people[j];
            n_group += chosen[j] == k;
        }
        if (n_group == 0) continue;
        if (m->moments[outcome].kind == MOMENT_TIMED) engine->n_fired += (uint64_t)n_group;
        cascade_moment(engine, outcome, n_group, group);
    }
    engine->lists_used = mark;
}

/* How many analyses of the test are done: as many as results, unless it repeats those that fail. */
static int32_t *analyses_of(engine_t *engine, int32_t t)
{
    const int32_t own = engine->plan.repeating[t];
    return own == MODEL_NONE ? engine->count + (size_t)engine->model->tests[t].result * engine->capacity
                             : engine->analyses + 2 * (size_t)own * engine->capacity;
}

static void read_one(engine_t *engine, const model_reading_t *reading, const int32_t *analyses, int32_t n, const int32_t *people)
{
    const uint8_t *called = reading->called == MODEL_NONE ? NULL : engine->level[reading->called];
    const int32_t *map = engine->model->indices + reading->map;
    uint8_t *observation = own_level(engine, reading->observation);

    if (reading->drawn.width)
        for (int32_t j = 0; j < n; j++) {
            double u = luck(engine, people[j], reading->purpose, (uint64_t)analyses[people[j]]);
            observation[people[j]] = (uint8_t)(1 + outcome_at(row_of(engine, &reading->drawn, people[j]), reading->drawn.width, u));
        }
    else if (!called)
        for (int32_t j = 0; j < n; j++) observation[people[j]] = 1;
    else if (reading->map != MODEL_NONE)
        for (int32_t j = 0; j < n; j++) observation[people[j]] = (uint8_t)(1 + map[called[people[j]] - 1]);
    else
        for (int32_t j = 0; j < n; j++) observation[people[j]] = (uint8_t)(1 + called[people[j]]);
}

static bool fails(const engine_t *engine, const model_test_t *test, int32_t person, int32_t occurrence)
{
    const double failure = test->failures.width ? *row_of(engine, &test->failures, person) : test->failure;
    return test_fails(engine->model, test, failure, engine->people.key[person], occurrence);
}

/* Makes known what the test shows, for those whose test does not fail. */
static void read_result(engine_t *engine, int32_t t, int32_t n, const int32_t *people)
{
    const model_test_t *test = &engine->model->tests[t];
    size_t mark = engine->lists_used;
    int32_t *told = lists_take(engine, (size_t)n), n_told = 0, *analyses = analyses_of(engine, t);

    for (int32_t j = 0; j < n; j++) {
        told[n_told] = people[j];
        n_told += !fails(engine, test, people[j], analyses[people[j]]);
    }
    for (int32_t r = 0; r < test->readings.count; r++) {
        const model_reading_t *reading = &engine->model->readings[test->readings.first + r];
        read_one(engine, reading, analyses, n_told, told);
        pack_changes(engine, reading->observation, n_told, told);
    }
    if (test->repeats)
        for (int32_t j = 0; j < n; j++) analyses[people[j]]++;
    engine->lists_used = mark;
}

void cascade_moment(engine_t *engine, int32_t index, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    const model_moment_t *moment = &m->moments[index];
    size_t mark = engine->lists_used;
    int32_t *occurrence = engine->count + (size_t)index * engine->capacity;
    model_span_t rules = m->rule_lists[m->strategies[engine->strategy].rules_of + index];

    if (model_is_recorded(moment->kind)) record(engine, index, n, people);
    if (take_effect(engine, moment, n, people)) return;
    if (registers_are_touched(&engine->registers, index)) update_registers(engine, index, n, people);
    if (moment->kind == MOMENT_RESULT) read_result(engine, moment->test, n, people);
    if (moment->branches.count > 0) {
        int32_t *alive = lists_take(engine, (size_t)n);
        memcpy(alive, people, (size_t)n * sizeof *alive);
        people = alive;
        for (int32_t b = 0; b < moment->branches.count && n > 0; b++) {
            branch(engine, &m->branches[moment->branches.first + b], occurrence, n, alive);
            n = keep_alive(engine, n, alive, alive);
        }
    }
    if (engine->plan.is_counted[index])
        for (int32_t j = 0; j < n; j++) occurrence[people[j]]++;
    if (rules.count > 0 && n > 0) cascade_rules(engine, rules, engine->plan.is_counted[index] ? occurrence : NULL, n, people);
    engine->lists_used = mark;
}

/* When the result of what was ordered now will come. */
static void await_result(engine_t *engine, int32_t t, int32_t n, const int32_t *people)
{
    const model_test_t *test = &engine->model->tests[t];
    const int32_t *analyses = analyses_of(engine, t);
    int32_t *due = engine->clock[test->clock].due;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], wait = test->turnaround;
        if (test->wait.width) wait = test_wait(engine->model, test, row_of(engine, &test->wait, i), engine->people.key[i], analyses[i]);
        due[engine->place[i]] = minutes_after(engine->now[i], wait);
    }
}

/* Of those whose analysis is done: who has a result goes to the front of `done`, who has it made again to that of `again`. Returns how many have one. */
static int32_t part(engine_t *engine, int32_t t, int32_t n, const int32_t *people, int32_t *done, int32_t *again)
{
    const model_test_t *test = &engine->model->tests[t];
    int32_t *analyses = analyses_of(engine, t), *repeats = analyses + engine->capacity, n_done = 0, n_again = 0;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        bool is_again = repeats[i] < test->repeats && fails(engine, test, i, analyses[i]);
        done[n_done] = i;
        again[n_again] = i;
        n_done += !is_again;
        n_again += is_again;
        analyses[i] += is_again;
        repeats[i] = is_again ? repeats[i] + 1 : 0;
    }
    return n_done;
}

/* An analysis is done. One that has failed may be made again; then there is no result yet. */
void cascade_result(engine_t *engine, int32_t t, int32_t n, const int32_t *people)
{
    const model_test_t *test = &engine->model->tests[t];
    size_t mark = engine->lists_used;

    if (!test->repeats) {
        cascade_moment(engine, test->result, n, people);
        return;
    }
    int32_t *left = lists_take(engine, (size_t)n), *done = lists_take(engine, (size_t)n), *again = lists_take(engine, (size_t)n);
    for (memcpy(left, people, (size_t)n * sizeof *left); n > 0;) {
        int32_t n_done = part(engine, t, n, left, done, again), n_again = n - n_done;
        if (n_done > 0) cascade_moment(engine, test->result, n_done, done);
        if (n_again > 0) cascade_moment(engine, test->repeat, n_again, again);
        n = keep_alive(engine, n_again, again, left);
        if (test->turnaround == 0) continue;
        await_result(engine, t, n, left);
        break;
    }
    engine->lists_used = mark;
}

/* Orders a test whose result is part of the same moment: it needs no clock, and is never pending. */
static void order_at_once(engine_t *engine, int32_t t, int32_t n, const int32_t *people)
{
    size_t mark = engine->lists_used;
    int32_t *alive = lists_take(engine, (size_t)n);

    cascade_moment(engine, engine->model->tests[t].order, n, people);
    n = keep_alive(engine, n, people, alive);
    if (n > 0) cascade_result(engine, t, n, alive);
    engine->lists_used = mark;
}

/* Orders a test for those who do not wait for its result already. */
static void order_and_wait(engine_t *engine, int32_t t, int32_t n, const int32_t *people)
{
    const model_test_t *test = &engine->model->tests[t];
    size_t mark = engine->lists_used;
    int32_t *group = lists_take(engine, (size_t)n), n_group = 0;
    const int32_t *due = engine->clock[test->clock].due, *place = engine->place;

    for (int32_t j = 0; j < n; j++) {
        group[n_group] = people[j];
        n_group += due[place[people[j]]] == MODEL_NEVER;
    }
    if (n_group > 0) cascade_moment(engine, test->order, n_group, group);
    n_group = keep_alive(engine, n_group, group, group);
    await_result(engine, t, n_group, group);
    engine->lists_used = mark;
}

/* Those of the group to whom the test is available order it. */
static void order(engine_t *engine, int32_t t, int32_t n, const int32_t *people)
{
    const model_test_t *test = &engine->model->tests[t];
    size_t mark = engine->lists_used;

    if (test->access != MODEL_NONE) {
        const uint8_t *access = engine->level[test->access];
        int32_t *able = lists_take(engine, (size_t)n), n_able = 0;
        for (int32_t j = 0; j < n; j++) {
            able[n_able] = people[j];
            n_able += access[people[j]] != 0;
        }
        people = able;
        n = n_able;
    }
    if (n > 0) (test->turnaround == 0 ? order_at_once : order_and_wait)(engine, t, n, people);
    engine->lists_used = mark;
}

/* One rule, for the people to whom it applies: its moment, then the tests it orders, then the reminder that it arms. */
static void carry_out(engine_t *engine, const model_rule_t *rule, int32_t n, const int32_t *people)
{
    size_t mark = engine->lists_used;
    int32_t *group = lists_take(engine, (size_t)n);

    if (rule->moment != MODEL_NONE) cascade_moment(engine, rule->moment, n, people);
    for (int32_t o = 0; o < rule->orders.count; o++) {
        int32_t n_alive = keep_alive(engine, n, people, group);
        if (n_alive > 0) order(engine, engine->model->indices[rule->orders.first + o], n_alive, group);
    }
    if (rule->reminder) {
        const int32_t k = rule->reminder - 1, n_alive = keep_alive(engine, n, people, group);
        for (int32_t j = 0; j < n_alive; j++)
            engine->clock[k].due[engine->place[group[j]]] = minutes_after(engine->now[group[j]], engine->model->clocks[k].minutes);
    }
    engine->lists_used = mark;
}

static void ask_formula(engine_t *engine, model_formula_t formula, int32_t n, const int32_t *people, uint8_t *applies)
{
    double *value = engine->group.value;

    run_formula(engine, formula, n, people, value);
    for (int32_t j = 0; j < n; j++) {
        if (applies[j] && value[j] != value[j]) engine_flaw(&engine->flaw, "truth", formula, (size_t)people[j], engine->now[people[j]], value[j]);
        applies[j] = applies[j] & (uint8_t)(value[j] != 0);
    }
}

/* applies[j]: 1 for the living of whom the rule's condition holds and whose chain is not done with, else 0. */
static void find_whom(engine_t *engine, const model_rule_t *rule, const uint8_t *is_chain_done, int32_t n, const int32_t *people,
                      uint8_t *applies)
{
    const uint8_t *life = engine->level[engine->model->settings.life];
    const bool is_chained = rule->kind != RULE_ALWAYS;

    for (int32_t j = 0; j < n; j++) applies[j] = life[people[j]] == LIFE_ALIVE && !(is_chained && is_chain_done[j]);
    for (int32_t i = 0; i < rule->condition.count; i++) {
        const model_term_t term = engine->model->terms[rule->condition.first + i];
        const uint8_t *level = engine->level[term.slot];
        for (int32_t j = 0; j < n; j++) applies[j] = applies[j] & (uint8_t)(term.levels >> level[people[j]] & 1);
    }
    if (rule->formula) ask_formula(engine, rule->formula, n, people, applies);
}

/* Leaves those who act on the rule. `happened`: as in cascade_rules. */
static void ask_chance(const engine_t *engine, const model_rule_t *rule, const int32_t *happened, int32_t n, const int32_t *people, uint8_t *applies)
{
    for (int32_t j = 0; j < n; j++) {
        if (!applies[j]) continue;
        uint64_t occasion = rule->is_personal || !happened ? 0 : (uint64_t)(happened[people[j]] - 1);
        applies[j] = luck(engine, people[j], rule->purpose, occasion) < *row_of(engine, &rule->chance, people[j]);
    }
}

void cascade_rules(engine_t *engine, model_span_t rules, const int32_t *happened, int32_t n, const int32_t *people)
{
    size_t mark = engine->lists_used;
    int32_t *group = lists_take(engine, (size_t)n);
    uint8_t *is_chain_done = (uint8_t *)lists_take(engine, (size_t)n), *applies = (uint8_t *)lists_take(engine, (size_t)n);

    memset(is_chain_done, 0, (size_t)n);
    for (int32_t r = 0; r < rules.count; r++) {
        const model_rule_t *rule = &engine->model->rules[rules.first + r];
        int32_t n_group = 0;
        find_whom(engine, rule, is_chain_done, n, people, applies);
        if (rule->chance.width) ask_chance(engine, rule, happened, n, people, applies);
        for (int32_t j = 0; j < n; j++) {
            group[n_group] = people[j];
            n_group += applies[j];
            if (rule->kind == RULE_WHEN) is_chain_done[j] |= applies[j];
        }
        if (n_group > 0) carry_out(engine, rule, n_group, group);
    }
    engine->lists_used = mark;
}
