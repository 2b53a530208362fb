/*
 * Strategies: what a prescriber does at which moment. First every strategy of the file is read into plans, so that each
 * is checked and counts for what can be reached; then those that are kept go into the model. Also brings all clocks into
 * their order, since a strategy's dates are the last clocks that a model gets.
 */
#include <stdlib.h>
#include <string.h>

#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

/* ---- what a prescriber can know ---- */

bool compile_is_hidden(const compiler_t *c, int32_t slot)
{
    const model_t *m = c->model;
    if (people_is_tested(c, slot)) return true;
    for (int32_t i = 0; i < m->n_readings; i++)
        if (m->readings[i].called == slot) return true;
    for (int32_t i = 0; i < m->n_steps; i++) {
        const model_step_t *step = &m->steps[i];
        if (step->kind == STEP_DIPLOTYPE && step->to == slot) return true;
        if (step->kind != STEP_MAP) continue;
        if (step->to == slot && compile_is_hidden(c, step->from)) return true; /* steps use earlier ones only: this ends */
        for (int32_t r = 0; r < m->n_readings && step->from == slot; r++)
            if (m->readings[r].called == step->to) return true;
    }
    return false;
}

static bool check_visible(compiler_t *c, const yaml_node_t *when)
{
    const model_t *m = c->model;
    bool is_right = true;
    for (size_t i = 0; when->kind == YAML_MAPPING && i < when->count; i++) {
        const yaml_pair_t *pair = &when->pairs[i];
        int32_t slot = model_find_slot(m, pair->key);
        if (slot == MODEL_NONE || m->slots[slot].kind != SLOT_ATTRIBUTE || !compile_is_hidden(c, slot)) continue;
        diag_error(c->diag, pair->place, diag_format(c->diag, "prescribers see only what a test has shown: order a test and write `observed %s`", pair->key),
                   "a strategy may not know the true `%s`", pair->key);
        is_right = false;
    }
    return is_right;
}

/* ---- reading rules ---- */

static void read_orders(compiler_t *c, const yaml_node_t *node, rule_plan_t *rule)
{
    for (size_t i = 0; i < compile_count(node); i++) {
        const yaml_node_t *item = compile_item(node, i);
        const char *name = compile_name(c, item, "a test to order");
        int32_t test = name ? compile_test(c, name, item->place) : MODEL_NONE;
        if (test == MODEL_NONE) continue;
        rule->orders = compile_grow(c, rule->orders, rule->n_orders, sizeof *rule->orders);
        rule->orders[rule->n_orders++] = test;
    }
}

static void read_actions(compiler_t *c, const yaml_node_t *node, rule_plan_t *rule)
{
    const yaml_node_t *set = yaml_get(node, "set"), *order = yaml_get(node, "order");
    if (!set && (!order || !compile_count(order)))
        diag_error(c->diag, node->place, "write {set: {PROCESS: STATE}} or {order: TEST}", "a rule does nothing");
    if (set) (void)compile_set(c, set, true, &rule->set);
    for (size_t i = 0; i < rule->set.n_updates; i++)
        if (expression_is_hidden(c, rule->set.updates[i].value))
            diag_error(c->diag, set->place, "let it depend on what a test has shown", "a strategy may not know what it sets `%s` by",
                       model_text(c->model, c->model->registers[rule->set.updates[i].target].name));
    if (order) read_orders(c, order, rule);
}

/* `when` starts or continues a chain, `otherwise` ends it. */
static void read_rule(compiler_t *c, const yaml_node_t *node, trigger_plan_t *trigger)
{
    static const char *const keys[] = {"set", "order", "when", "otherwise", NULL}, *const inner[] = {"set", "order", NULL};
    rule_plan_t rule = {.kind = RULE_ALWAYS};
    if (!compile_keys(c, node, "a rule of a strategy", keys)) return;
    const yaml_node_t *when = yaml_get(node, "when"), *otherwise = yaml_get(node, "otherwise");
    bool has_when = false, is_over = false;
    for (size_t i = 0; i < trigger->n_rules; i++) {
        has_when |= trigger->rules[i].kind == RULE_WHEN;
        is_over |= trigger->rules[i].kind == RULE_OTHERWISE;
    }
    if (otherwise && (when || yaml_get(node, "set") || yaml_get(node, "order"))) {
        diag_error(c->diag, otherwise->place, "write it as an item of its own: - {otherwise: {set: ...}}",
                   "`otherwise` stands together with something else");
        return;
    }
    if (otherwise && !has_when)
        diag_error(c->diag, otherwise->place, "put it after rules with `when`", "`otherwise` follows no `when`");
    if ((otherwise || when) && is_over)
        diag_error(c->diag, node->place, "let `otherwise` be the last of its list", "this rule comes after `otherwise` and never applies");
    if (when) {
        rule.kind = RULE_WHEN;
        if (check_visible(c, when))
            (void)compile_condition_now(c, when, CONDITION_ATTRIBUTES | CONDITION_PROCESSES | CONDITION_OBSERVATIONS, &rule.condition,
                                        &rule.formula);
        if (rule.formula && expression_is_hidden(c, rule.formula))
            diag_error(c->diag, when->place, "prescribers see only what a test has shown", "a strategy may not know what this condition asks for");
    }
    if (otherwise) {
        rule.kind = RULE_OTHERWISE;
        if (!compile_keys(c, otherwise, "`otherwise`", inner)) return;
    }
    read_actions(c, otherwise ? otherwise : node, &rule);
    trigger->rules = compile_grow(c, trigger->rules, trigger->n_rules, sizeof rule);
    trigger->rules[trigger->n_rules++] = rule;
}

/* ---- reading triggers ---- */

static bool is_event(const compiler_t *c, const char *name)
{
    for (size_t i = 0; i < c->processes->n_events; i++)
        if (!strcmp(c->processes->events[i].name, name)) return true;
    return false;
}

/* "at 30 days" */
static bool read_date(compiler_t *c, const yaml_pair_t *pair, trigger_plan_t *trigger)
{
    const char *text = pair->key + strlen("at ");
    place_t place = {pair->place.file, pair->place.line, pair->place.column + 3};
    double minutes;
    if (!compile_text_value(c, text, place, VALUE_DURATION, &minutes)) return false;
    if (!(minutes >= 1 && minutes < (double)MODEL_NEVER)) {
        diag_error(c->diag, place, "write a later one, or `entry` for the start", "`%s` is no time after the start", text);
        return false;
    }
    trigger->kind = TRIGGER_DATE;
    trigger->minutes = (int32_t)(minutes + 0.5);
    if (c->acts_after_points && trigger->minutes % c->model->settings.cycle.minutes == 0) trigger->minutes++;
    if (trigger->minutes >= c->model->settings.horizon)
        diag_warn(c->diag, pair->place, "let it lie before the horizon", "`%s` never comes", pair->key);
    return true;
}

static bool read_trigger(compiler_t *c, const strategy_plan_t *strategy, const yaml_pair_t *pair, trigger_plan_t *trigger)
{
    trigger->name = pair->key;
    trigger->moment = MODEL_NONE;
    if (!strcmp(pair->key, "entry")) {
        trigger->kind = TRIGGER_ENTRY;
        return true;
    }
    if (!strncmp(pair->key, "at ", 3)) return read_date(c, pair, trigger);
    bool is_result = !strncmp(pair->key, "result of ", strlen("result of "));
    if (!is_result && !is_event(c, pair->key) && !strchr(pair->key, '.')) {
        if (compile_is_wrong_event(c, pair->key)) return false;
        size_t n = 0, most = c->processes->n_events + (size_t)c->model->n_tests + 2;
        const char **known = arena_take(c->arena, most, sizeof *known);
        known[n++] = "entry";
        known[n++] = "at TIME";
        for (size_t i = 0; i < c->processes->n_events; i++) known[n++] = c->processes->events[i].name;
        for (int32_t t = 0; t < c->model->n_tests; t++)
            known[n++] = diag_format(c->diag, "result of %s", model_text(c->model, c->model->tests[t].name));
        diag_error(c->diag, pair->place, compile_suggest(c, pair->key, known, n), "strategy `%s` waits for `%s`, which is not a moment",
                   strategy->name, pair->key);
        return false;
    }
    trigger->kind = TRIGGER_MOMENT;
    trigger->moment = compile_moment(c, pair->key, pair->place);
    for (size_t i = 0; i < strategy->n_triggers && trigger->moment != MODEL_NONE; i++)
        if (strategy->triggers[i].kind == TRIGGER_MOMENT && strategy->triggers[i].moment == trigger->moment)
            diag_error(c->diag, pair->place, "put the rules in one list", "the moment `%s` stands twice in strategy `%s`", pair->key, strategy->name);
    return trigger->moment != MODEL_NONE;
}

static void read_strategy(compiler_t *c, strategy_plan_t *strategy)
{
    const yaml_node_t *node = strategy->node;
    if (node->kind == YAML_SCALAR && !node->text[0]) return; /* does nothing */
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write STRATEGY: {entry: [...], EVENT: [...]}, or {} for one that does nothing",
                   "strategy `%s` is not a mapping", strategy->name);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        trigger_plan_t trigger = {.name = NULL};
        if (compile_is_remark(pair->key)) continue;
        bool is_right = read_trigger(c, strategy, pair, &trigger);
        if (pair->value->kind != YAML_SEQUENCE) {
            diag_error(c->diag, pair->value->place, "write a list of rules: [{set: {PROCESS: STATE}}, ...]", "the rules of `%s` are not a list", pair->key);
            continue;
        }
        for (size_t r = 0; r < pair->value->count; r++) read_rule(c, pair->value->items[r], &trigger);
        if (!is_right) continue;
        strategy->triggers = compile_grow(c, strategy->triggers, strategy->n_triggers, sizeof trigger);
        strategy->triggers[strategy->n_triggers++] = trigger;
    }
}

static bool is_kept(const compiler_t *c, const char *name)
{
    for (size_t i = 0; c->strategies && i < c->n_strategies; i++)
        if (!strcmp(c->strategies[i], name)) return true;
    return !c->strategies;
}

static void check_kept(compiler_t *c)
{
    const struct processes *p = c->processes;
    const char **known = arena_take(c->arena, p->n_strategies, sizeof *known);
    for (size_t i = 0; i < p->n_strategies; i++) known[i] = p->strategies[i].name;
    for (size_t k = 0; c->strategies && k < c->n_strategies; k++) {
        bool is_known = false;
        for (size_t i = 0; i < p->n_strategies; i++) is_known |= !strcmp(known[i], c->strategies[k]);
        if (!is_known)
            diag_error(c->diag, (place_t){c->path, 0, 0}, compile_suggest(c, c->strategies[k], known, p->n_strategies),
                       "the model has no strategy `%s`", c->strategies[k]);
    }
}

/* ---- into the model ---- */

static int32_t emit_action(compiler_t *c, const strategy_plan_t *strategy, int32_t index, const char *trigger, size_t number,
                           const rule_plan_t *rule)
{
    model_t *m = c->model;
    if (!rule->set.n_effects && !rule->set.n_updates) return MODEL_NONE;
    model_name_t name = builder_text(m, diag_format(c->diag, "%s: %s %zu", strategy->name, trigger, number));
    int32_t moment = builder_add_moments(m, 1);
    m->moments[moment] = (model_moment_t){.name = name, .kind = MOMENT_ACTION, .test = MODEL_NONE, .strategy = index};
    compile_emit_setting(c, moment, &rule->set);
    return moment;
}

static model_span_t emit_rules(compiler_t *c, const strategy_plan_t *strategy, int32_t index, const trigger_plan_t *trigger)
{
    model_t *m = c->model;
    model_span_t span = {builder_add_rules(m, (int32_t)trigger->n_rules), (int32_t)trigger->n_rules};
    for (size_t i = 0; i < trigger->n_rules; i++) {
        const rule_plan_t *rule = &trigger->rules[i];
        int32_t moment = emit_action(c, strategy, index, trigger->name, i + 1, rule);
        model_span_t orders = {builder_add_indices(m, (int32_t)rule->n_orders), (int32_t)rule->n_orders};
        if (rule->n_orders) memcpy(m->indices + orders.first, rule->orders, rule->n_orders * sizeof *rule->orders);
        m->rules[span.first + (int32_t)i] = (model_rule_t){.kind = rule->kind, .condition = rule->condition, .formula = rule->formula, .moment = moment,
                                                              .orders = orders};
    }
    return span;
}

/* The moment and the clock of `at TIME`. */
static void emit_date(compiler_t *c, const strategy_plan_t *strategy, int32_t index, trigger_plan_t *trigger)
{
    model_t *m = c->model;
    model_name_t name = builder_text(m, diag_format(c->diag, "%s: %s", strategy->name, trigger->name));
    trigger->moment = builder_add_moments(m, 1);
    m->moments[trigger->moment] = (model_moment_t){.name = name, .kind = MOMENT_DATE, .test = MODEL_NONE, .strategy = index};
    int32_t clock = builder_add_clocks(m, 1);
    m->clocks[clock] = (model_clock_t){.kind = CLOCK_DATE, .moment = trigger->moment, .process = MODEL_NONE, .minutes = trigger->minutes,
                                       .most = 1, .test = MODEL_NONE, .strategy = index};
}

static void emit_strategy(compiler_t *c, strategy_plan_t *strategy, int32_t index)
{
    c->model->strategies[index].name = builder_text(c->model, strategy->name);
    for (size_t i = 0; i < strategy->n_triggers; i++)
        if (strategy->triggers[i].kind == TRIGGER_DATE) emit_date(c, strategy, index, &strategy->triggers[i]);
    for (size_t i = 0; i < strategy->n_triggers; i++) {
        trigger_plan_t *trigger = &strategy->triggers[i];
        trigger->emitted = emit_rules(c, strategy, index, trigger);
        if (trigger->kind == TRIGGER_ENTRY) c->model->strategies[index].entry = trigger->emitted;
    }
}

/* One span for each moment: only when all moments are there. */
static void emit_rule_lists(compiler_t *c, const strategy_plan_t *strategy, int32_t index)
{
    model_t *m = c->model;
    int32_t first = builder_add_rule_lists(m, m->n_moments);
    m->strategies[index].rules_of = first;
    for (size_t i = 0; i < strategy->n_triggers; i++) {
        const trigger_plan_t *trigger = &strategy->triggers[i];
        if (trigger->kind != TRIGGER_ENTRY) m->rule_lists[first + trigger->moment] = trigger->emitted;
    }
}

/* ---- clocks ---- */

typedef struct {
    model_clock_t clock;
    const char *name;
    int32_t priority, was;      /* was: its index before sorting */
} sorted_clock_t;

static int by_rank(const void *a, const void *b)
{
    const sorted_clock_t *x = a, *y = b;
    if (x->priority != y->priority) return x->priority < y->priority ? -1 : 1;
    if (x->clock.kind != y->clock.kind) return x->clock.kind < y->clock.kind ? -1 : 1;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->was > y->was) - (x->was < y->was);
}

static void sort_clocks(compiler_t *c)
{
    model_t *m = c->model;
    struct processes *p = c->processes;
    size_t n = (size_t)m->n_clocks;
    sorted_clock_t *sorted = arena_take(c->arena, n, sizeof *sorted);
    int32_t *now = arena_take(c->arena, n, sizeof *now);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (sorted_clock_t){m->clocks[i], model_text(m, m->moments[m->clocks[i].moment].name), 0, (int32_t)i};
    for (size_t i = 0; i < p->n_events; i++)
        if (p->events[i].clock != MODEL_NONE) sorted[p->events[i].clock].priority = p->events[i].priority;
    for (size_t i = 0; i < p->n; i++)
        if (p->list[i].tick != MODEL_NONE) sorted[p->list[i].tick].priority = p->list[i].tick_priority;
    for (size_t i = 0; i < p->n_late; i++) sorted[p->late_clocks[i]].priority = INT32_MAX;
    qsort(sorted, n, sizeof *sorted, by_rank);
    for (size_t i = 0; i < n; i++) {
        m->clocks[i] = sorted[i].clock;
        now[sorted[i].was] = (int32_t)i;
    }
    for (size_t i = 0; i < p->n_events; i++)
        if (p->events[i].clock != MODEL_NONE) p->events[i].clock = now[p->events[i].clock];
    for (int32_t t = 0; t < m->n_tests; t++) m->tests[t].clock = now[m->tests[t].clock];
}

static bool orders_test(const strategy_plan_t *strategy, int32_t test)
{
    for (size_t i = 0; i < strategy->n_triggers; i++)
        for (size_t r = 0; r < strategy->triggers[i].n_rules; r++)
            for (size_t k = 0; k < strategy->triggers[i].rules[r].n_orders; k++)
                if (strategy->triggers[i].rules[r].orders[k] == test) return true;
    return false;
}

/* The clocks that can run: all hazards and delays, results of the tests it orders, its own dates. */
static void list_clocks(compiler_t *c, const strategy_plan_t *strategy, int32_t index)
{
    model_t *m = c->model;
    model_span_t list = {m->n_indices, 0};
    for (int32_t i = 0; i < m->n_clocks; i++) {
        const model_clock_t *clock = &m->clocks[i];
        if (clock->kind == CLOCK_DATE && clock->strategy != index) continue;
        if (clock->kind == CLOCK_RESULT && !orders_test(strategy, clock->test)) continue;
        int32_t at = builder_add_indices(m, 1);
        m->indices[at] = i;
        list.count++;
    }
    m->strategies[index].clocks = list;
}

/* ---- all of them ---- */

static void describe_strategy(compiler_t *c, const strategy_plan_t *strategy)
{
    static const char *const kinds[] = {"", "if ", "otherwise "};
    const model_t *m = c->model;
    size_t n_rules = 0;
    for (size_t i = 0; i < strategy->n_triggers; i++) n_rules += strategy->triggers[i].n_rules;
    fprintf(c->summary, "  %s%s\n", strategy->name, n_rules ? "" : ": does nothing");
    for (size_t i = 0; i < strategy->n_triggers; i++) {
        const trigger_plan_t *trigger = &strategy->triggers[i];
        for (size_t r = 0; r < trigger->n_rules; r++) {
            const rule_plan_t *rule = &trigger->rules[r];
            fprintf(c->summary, "    %s: %s", trigger->name, kinds[rule->kind]);
            if (rule->kind == RULE_WHEN) {
                compile_describe_condition(c, rule->condition);
                fprintf(c->summary, "%s: ", !rule->formula ? "" : rule->condition.count ? ", and what is asked of numbers" : "what is asked of numbers holds");
            }
            for (size_t e = 0; e < rule->set.n_effects; e++)
                fprintf(c->summary, "%s%s becomes %s", e ? ", " : "", model_text(m, m->slots[rule->set.effects[e].slot].name),
                        model_level_name(m, rule->set.effects[e].slot, rule->set.effects[e].level));
            for (size_t u = 0; u < rule->set.n_updates; u++)
                fprintf(c->summary, "%s%s becomes %s", u || rule->set.n_effects ? ", " : "",
                        model_text(m, m->registers[rule->set.updates[u].target].name),
                        model_text(m, m->programs[rule->set.updates[u].value - 1].text));
            for (size_t k = 0; k < rule->n_orders; k++)
                fprintf(c->summary, "%sorder %s", k || rule->set.n_effects || rule->set.n_updates ? ", " : "", model_text(m, m->tests[rule->orders[k]].name));
            fprintf(c->summary, "\n");
        }
    }
}

static void read_strategies(compiler_t *c)
{
    struct processes *p = c->processes;
    const yaml_node_t *node = yaml_get(c->root, "strategies");
    if (!node || node->kind != YAML_MAPPING || !node->count) {
        diag_error(c->diag, node ? node->place : (place_t){c->path, 0, 0}, "write strategies: {NAME: {EVENT: [{set: {PROCESS: STATE}}]}}",
                   "the model has no strategies");
        return;
    }
    p->strategies = arena_take(c->arena, node->count, sizeof *p->strategies);
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        strategy_plan_t *strategy = &p->strategies[p->n_strategies++];
        *strategy = (strategy_plan_t){.name = pair->key, .place = pair->place, .node = pair->value, .is_kept = is_kept(c, pair->key)};
        read_strategy(c, strategy);
    }
}

void compile_strategies(compiler_t *c)
{
    struct processes *p = c->processes;
    size_t before = diag_errors(c->diag), n = 0;
    read_strategies(c);
    check_kept(c);
    if (diag_errors(c->diag) > before) return;
    strategy_plan_t **kept = arena_take(c->arena, p->n_strategies, sizeof *kept);
    for (size_t i = 0; i < p->n_strategies; i++)
        if (p->strategies[i].is_kept) kept[n++] = &p->strategies[i];
    (void)builder_add_strategies(c->model, (int32_t)n);
    fprintf(c->summary, "strategies\n");
    for (size_t i = 0; i < n; i++) {
        emit_strategy(c, kept[i], (int32_t)i);
        describe_strategy(c, kept[i]);
    }
    for (size_t i = 0; i < n; i++) emit_rule_lists(c, kept[i], (int32_t)i);
    sort_clocks(c);
    for (size_t i = 0; i < n; i++) list_clocks(c, kept[i], (int32_t)i);
}
