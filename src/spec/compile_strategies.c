/*
 * Strategies: what triggers the rules of a prescriber (compile_rules.c reads them). First every strategy of the file is read into plans,
 * so that each is checked and counts for what can be reached; then those that are kept go into the model. Also brings all clocks into
 * their order, since a strategy's dates are the last clocks that a model gets.
 */
#include <stdlib.h>
#include <string.h>

#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

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
        diag_error(c->diag, place, "write a later one, or `entry` for the start", "`%s` is not a time after the start", text);
        return false;
    }
    trigger->kind = TRIGGER_DATE;
    trigger->minutes = (int32_t)(minutes + 0.5);
    if (c->acts_after_points && trigger->minutes % c->model->settings.cycle.minutes == 0) trigger->minutes++;
    if (trigger->minutes >= c->model->settings.horizon)
        diag_warn(c->diag, pair->place, "let it lie before the horizon", "`%s` never comes", pair->key);
    return true;
}

/* ---- moments by name ---- */

typedef struct {
    int32_t moment;
    const char *name;
} named_moment_t;

typedef struct {
    named_moment_t *list;
    size_t n;
} moments_t;

static void add_moment(compiler_t *c, moments_t *moments, int32_t moment, const char *name)
{
    moments->list = compile_grow(c, moments->list, moments->n, sizeof *moments->list);
    moments->list[moments->n++] = (named_moment_t){moment, name};
}

/* "indication of any drug": the events called `indication` of all processes, and those called `indication of ...`. */
static bool read_any(compiler_t *c, const char *key, place_t place, moments_t *moments)
{
    const char *any = strstr(key, " of any ");
    size_t before = moments->n, n = (size_t)(any - key);

    for (size_t i = 0; i < c->processes->n_events; i++) {
        const event_t *event = &c->processes->events[i];
        bool begins = strncmp(event->name, key, n) == 0;
        if (!begins || (event->name[n] && strncmp(event->name + n, " of ", 4) != 0)) continue;
        const char *qualified = diag_format(c->diag, "%s", model_text(c->model, event->qualified)); /* texts of the model move as it grows */
        add_moment(c, moments, event->moment, qualified);
    }
    if (moments->n > before) return true;
    diag_error(c->diag, place, "let several processes have an event of this name, or name events `EVENT of ...`", "no event is called `%.*s`", (int)n, key);
    return false;
}

static bool is_moment(const compiler_t *c, const char *name)
{
    return !strncmp(name, "result of ", strlen("result of ")) || is_event(c, name);
}

static bool report_no_moment(compiler_t *c, const strategy_plan_t *strategy, const char *name, place_t place)
{
    if (compile_is_wrong_event(c, name)) return false;
    size_t n = 0, most = c->processes->n_events + (size_t)c->model->n_tests + 3;
    const char **known = arena_take(c->arena, most, sizeof *known);
    known[n++] = "entry";
    known[n++] = "at TIME";
    known[n++] = "lines";
    for (size_t i = 0; i < c->processes->n_events; i++) known[n++] = c->processes->events[i].name;
    for (int32_t t = 0; t < c->model->n_tests; t++)
        known[n++] = diag_format(c->diag, "result of %s", model_text(c->model, c->model->tests[t].name));
    diag_error(c->diag, place, compile_suggest(c, name, known, n), "strategy `%s` waits for `%s`, which is not a moment", strategy->name, name);
    return false;
}

/* EVENT, PROCESS.EVENT, `result of TEST`, `EVENT of any ...`, or several of these joined by ` or `. */
static bool read_moments(compiler_t *c, const strategy_plan_t *strategy, const char *key, place_t place, moments_t *moments)
{
    const char *or = strstr(key, " or ");

    if (or && !is_event(c, key)) {
        const char *first = arena_text(c->arena, key, (size_t)(or - key));
        place_t second = {place.file, place.line, place.column + (int)(or - key) + 4};
        bool is_right = read_moments(c, strategy, first, place, moments);
        return read_moments(c, strategy, or + 4, second, moments) && is_right;
    }
    if (!is_moment(c, key) && strstr(key, " of any ")) return read_any(c, key, place, moments);
    if (!is_moment(c, key) && !strchr(key, '.')) return report_no_moment(c, strategy, key, place);
    int32_t moment = compile_moment(c, key, place);
    if (moment != MODEL_NONE) add_moment(c, moments, moment, key);
    return moment != MODEL_NONE;
}

/* ---- what is added to the rules of a moment ---- */

void strategy_hook(compiler_t *c, strategy_plan_t *strategy, int32_t moment, bool is_first, rule_plan_t rule)
{
    strategy->hooks = compile_grow(c, strategy->hooks, strategy->n_hooks, sizeof *strategy->hooks);
    strategy->hooks[strategy->n_hooks++] = (rule_hook_t){moment, is_first, rule};
}

static void add_trigger(compiler_t *c, strategy_plan_t *strategy, trigger_plan_t trigger)
{
    strategy->triggers = compile_grow(c, strategy->triggers, strategy->n_triggers, sizeof trigger);
    strategy->triggers[strategy->n_triggers++] = trigger;
}

/* The trigger of a moment (MODEL_NONE: entry), made if there is none. */
static trigger_plan_t *trigger_of(compiler_t *c, strategy_plan_t *strategy, int32_t moment)
{
    const trigger_kind_t kind = moment == MODEL_NONE ? TRIGGER_ENTRY : TRIGGER_MOMENT;
    for (size_t i = 0; i < strategy->n_triggers; i++)
        if (strategy->triggers[i].kind == kind && strategy->triggers[i].moment == moment) return &strategy->triggers[i];
    const char *name = kind == TRIGGER_ENTRY ? "entry" : diag_format(c->diag, "%s", model_text(c->model, c->model->moments[moment].name));
    add_trigger(c, strategy, (trigger_plan_t){.name = name, .kind = kind, .moment = moment});
    return &strategy->triggers[strategy->n_triggers - 1];
}

/* Lists may be shared by several triggers: each gets its own before it is added to. */
static void apply_hooks(compiler_t *c, strategy_plan_t *strategy)
{
    for (size_t h = 0; h < strategy->n_hooks; h++) {
        const rule_hook_t *hook = &strategy->hooks[h];
        rule_list_t *list = &trigger_of(c, strategy, hook->moment)->list;
        rule_plan_t *rules = arena_take(c->arena, list->n + 1, sizeof *rules);
        if (list->n) memcpy(rules + hook->is_first, list->rules, list->n * sizeof *rules);
        rules[hook->is_first ? 0 : list->n] = hook->rule;
        *list = (rule_list_t){rules, list->n + 1};
    }
}

/* ---- lines of treatment ---- */

/* {PROCESS: [STATE, ...], start: EVENT, next: EVENT or [EVENT, ...]}: at `start` the first state, at each of `next` the one that follows. */
static void read_lines(compiler_t *c, strategy_plan_t *strategy, const yaml_node_t *node)
{
    const yaml_node_t *start = yaml_get(node, "start"), *next = yaml_get(node, "next");
    const yaml_pair_t *of = NULL;
    int32_t slot, levels[MODEL_MAX_LEVELS];
    moments_t starts = {.n = 0}, nexts = {.n = 0};
    rule_list_t steps = {.n = 0};

    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (pair->value == start || pair->value == next || compile_is_remark(pair->key)) continue;
        if (of) diag_error(c->diag, pair->place, "treat it in rules of its own", "`lines` has a second process");
        of = pair;
    }
    if (!of || !next) {
        diag_error(c->diag, node->place, "write lines: {PROCESS: [FIRST, SECOND, ...], start: EVENT, next: EVENT}", "it is not said %s",
                   of ? "what leads to the next line" : "what the lines are");
        return;
    }
    const yaml_node_t only = {.kind = YAML_MAPPING, .place = of->place, .text = "", .count = 1, .pairs = of};
    size_t n = compile_sequence(c, &only, &slot, levels);
    if (n == 0) return;
    bool is_entry = !start || (start->kind == YAML_SCALAR && !strcmp(start->text, "entry"));
    for (size_t i = 0; !is_entry && i < compile_count(start); i++) {
        const char *name = compile_name(c, compile_item(start, i), "the start");
        if (!name || !read_moments(c, strategy, name, compile_item(start, i)->place, &starts)) return;
    }
    for (size_t i = 0; i < compile_count(next); i++) {
        const char *name = compile_name(c, compile_item(next, i), "what leads to the next line");
        if (!name || !read_moments(c, strategy, name, compile_item(next, i)->place, &nexts)) return;
    }
    compile_steps(c, &steps, slot, levels, n);
    for (size_t k = 0; k < nexts.n; k++)
        for (size_t i = steps.n; i-- > 0;) strategy_hook(c, strategy, nexts.list[k].moment, true, steps.rules[i]); /* each goes before the last */
    rule_plan_t begin = {.kind = RULE_ALWAYS, .set = {.effects = arena_take(c->arena, 1, sizeof(model_effect_t)), .n_effects = 1}};
    begin.set.effects[0] = (model_effect_t){slot, levels[0]};
    if (is_entry) strategy_hook(c, strategy, MODEL_NONE, true, begin);
    for (size_t k = 0; k < starts.n; k++) strategy_hook(c, strategy, starts.list[k].moment, true, begin);
}

/* ---- strategies ---- */

static void add_written(compiler_t *c, strategy_plan_t *strategy, const yaml_pair_t *pair, trigger_plan_t trigger)
{
    for (size_t i = 0; i < strategy->n_triggers && trigger.kind == TRIGGER_MOMENT; i++)
        if (strategy->triggers[i].kind == TRIGGER_MOMENT && strategy->triggers[i].moment == trigger.moment)
            diag_error(c->diag, pair->place, "put the rules in one list", "the moment `%s` stands twice in strategy `%s`", trigger.name, strategy->name);
    add_trigger(c, strategy, trigger);
}

/* "30 days after EVENT": its rules follow from a reminder that the event arms. False if the key is none. */
static bool read_reminder(compiler_t *c, strategy_plan_t *strategy, const yaml_pair_t *pair)
{
    const char *after = strstr(pair->key, " after ");
    moments_t moments = {.n = 0};
    rule_plan_t rule = {.kind = RULE_ALWAYS};
    double minutes;

    if (!after || pair->key[0] < '0' || pair->key[0] > '9') return false;
    place_t place = {pair->place.file, pair->place.line, pair->place.column + (int)(after - pair->key) + 7};
    rule.later = arena_take(c->arena, 1, sizeof *rule.later);
    compile_rules(c, strategy, pair, rule.later);
    if (!compile_text_value(c, arena_text(c->arena, pair->key, (size_t)(after - pair->key)), pair->place, VALUE_DURATION, &minutes)) return true;
    if (!(minutes < (double)MODEL_NEVER)) diag_error(c->diag, pair->place, "write a shorter one", "`%s` never comes", pair->key);
    else rule.minutes = minutes < 1 ? 1 : (int32_t)(minutes + 0.5);
    if (!read_moments(c, strategy, after + 7, place, &moments)) return true;
    for (size_t k = 0; k < moments.n; k++) strategy_hook(c, strategy, moments.list[k].moment, false, rule);
    return true;
}

static void read_trigger(compiler_t *c, strategy_plan_t *strategy, const yaml_pair_t *pair)
{
    trigger_plan_t trigger = {.name = pair->key, .moment = MODEL_NONE};
    moments_t moments = {.n = 0};
    bool is_right = true;

    if (!is_event(c, pair->key) && !strcmp(pair->key, "lines")) {
        read_lines(c, strategy, pair->value);
        return;
    }
    if (!is_event(c, pair->key) && read_reminder(c, strategy, pair)) return;
    if (!strcmp(pair->key, "entry")) trigger.kind = TRIGGER_ENTRY;
    else if (!strncmp(pair->key, "at ", 3)) is_right = read_date(c, pair, &trigger);
    else {
        trigger.kind = TRIGGER_MOMENT;
        is_right = read_moments(c, strategy, pair->key, pair->place, &moments);
    }
    compile_rules(c, strategy, pair, &trigger.list);
    if (!is_right) return;
    if (trigger.kind != TRIGGER_MOMENT) add_written(c, strategy, pair, trigger);
    for (size_t k = 0; k < moments.n; k++) {
        trigger.moment = moments.list[k].moment;
        trigger.name = moments.list[k].name;
        add_written(c, strategy, pair, trigger);
    }
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
    for (size_t i = 0; i < node->count; i++)
        if (!compile_is_remark(node->pairs[i].key)) read_trigger(c, strategy, &node->pairs[i]);
    apply_hooks(c, strategy);
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

static model_span_t emit_rules(compiler_t *c, strategy_plan_t *strategy, int32_t index, const char *name, const rule_list_t *list);

/* The rules that a moment of the strategy's own triggers, once all moments are there. */
static void attach(compiler_t *c, strategy_plan_t *strategy, int32_t moment, model_span_t rules)
{
    strategy->attached = compile_grow(c, strategy->attached, strategy->n_attached, sizeof *strategy->attached);
    strategy->attached[strategy->n_attached++] = (attached_t){moment, rules};
}

static int32_t emit_moment(compiler_t *c, int32_t index, model_moment_kind_t kind, const char *text)
{
    model_t *m = c->model;
    model_name_t name = builder_text(m, text);
    int32_t moment = builder_add_moments(m, 1);
    m->moments[moment] = (model_moment_t){.name = name, .kind = (int32_t)kind, .test = MODEL_NONE, .strategy = index};
    return moment;
}

/* What a rule does, if it does something, with the rules that follow from it. */
static int32_t emit_action(compiler_t *c, strategy_plan_t *strategy, int32_t index, const char *name, const rule_plan_t *rule)
{
    if (!rule->set.n_effects && !rule->set.n_updates && !rule->then) return MODEL_NONE;
    int32_t moment = emit_moment(c, index, MOMENT_ACTION, diag_format(c->diag, "%s: %s", strategy->name, name));
    compile_emit_setting(c, moment, &rule->set);
    if (rule->then) attach(c, strategy, moment, emit_rules(c, strategy, index, diag_format(c->diag, "%s, then", name), rule->then));
    return moment;
}

static int32_t emit_clock(compiler_t *c, model_clock_kind_t kind, int32_t moment, int32_t minutes, int32_t index)
{
    model_t *m = c->model;
    int32_t clock = builder_add_clocks(m, 1);
    m->clocks[clock] = (model_clock_t){.kind = (int32_t)kind, .moment = moment, .process = MODEL_NONE, .minutes = minutes,
                                       .most = kind == CLOCK_DATE ? 1 : MODEL_NEVER, .test = MODEL_NONE, .strategy = index};
    return clock;
}

/* The reminder of a rule, as model_rule_t counts it. */
static int32_t emit_reminder(compiler_t *c, strategy_plan_t *strategy, int32_t index, const char *name, const rule_plan_t *rule)
{
    if (!rule->later) return 0;
    int32_t moment = emit_moment(c, index, MOMENT_DATE, diag_format(c->diag, "%s: %s, later", strategy->name, name));
    attach(c, strategy, moment, emit_rules(c, strategy, index, diag_format(c->diag, "%s, later", name), rule->later));
    return 1 + emit_clock(c, CLOCK_REMINDER, moment, rule->minutes, index);
}

static model_span_t emit_rules(compiler_t *c, strategy_plan_t *strategy, int32_t index, const char *name, const rule_list_t *list)
{
    model_t *m = c->model;
    model_span_t span = {builder_add_rules(m, (int32_t)list->n), (int32_t)list->n};
    for (size_t i = 0; i < list->n; i++) {
        const rule_plan_t *rule = &list->rules[i];
        const char *numbered = diag_format(c->diag, "%s %zu", name, i + 1);
        int32_t moment = emit_action(c, strategy, index, numbered, rule), reminder = emit_reminder(c, strategy, index, numbered, rule);
        model_span_t orders = {builder_add_indices(m, (int32_t)rule->n_orders), (int32_t)rule->n_orders};
        if (rule->n_orders) memcpy(m->indices + orders.first, rule->orders, rule->n_orders * sizeof *rule->orders);
        m->rules[span.first + (int32_t)i] = (model_rule_t){.purpose = rule->purpose, .chance = rule->chance, .is_personal = rule->is_personal,
                                                           .kind = rule->kind, .condition = rule->condition, .formula = rule->formula,
                                                           .moment = moment, .orders = orders, .reminder = reminder};
    }
    return span;
}

static void emit_strategy(compiler_t *c, strategy_plan_t *strategy, int32_t index)
{
    c->model->strategies[index].name = builder_text(c->model, strategy->name);
    for (size_t i = 0; i < strategy->n_triggers; i++) {
        trigger_plan_t *trigger = &strategy->triggers[i];
        if (trigger->kind != TRIGGER_DATE) continue;
        trigger->moment = emit_moment(c, index, MOMENT_DATE, diag_format(c->diag, "%s: %s", strategy->name, trigger->name));
        (void)emit_clock(c, CLOCK_DATE, trigger->moment, trigger->minutes, index);
    }
    for (size_t i = 0; i < strategy->n_triggers; i++) {
        trigger_plan_t *trigger = &strategy->triggers[i];
        trigger->emitted = emit_rules(c, strategy, index, trigger->name, &trigger->list);
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
    for (size_t i = 0; i < strategy->n_attached; i++) m->rule_lists[first + strategy->attached[i].moment] = strategy->attached[i].rules;
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
    for (int32_t i = 0; i < m->n_rules; i++)
        if (m->rules[i].reminder) m->rules[i].reminder = 1 + now[m->rules[i].reminder - 1];
}

typedef struct {
    int32_t test;
    bool is_ordered;
} ordered_t;

static void look_for_order(void *context, const rule_plan_t *rule)
{
    ordered_t *ordered = context;
    for (size_t k = 0; k < rule->n_orders; k++) ordered->is_ordered |= rule->orders[k] == ordered->test;
}

static bool orders_test(const strategy_plan_t *strategy, int32_t test)
{
    ordered_t ordered = {test, false};
    for (size_t i = 0; i < strategy->n_triggers; i++) rules_each(&strategy->triggers[i].list, look_for_order, &ordered);
    return ordered.is_ordered;
}

/* The clocks that can run: all hazards and delays, results of the tests it orders, its own dates and reminders. */
static void list_clocks(compiler_t *c, const strategy_plan_t *strategy, int32_t index)
{
    model_t *m = c->model;
    model_span_t list = {m->n_indices, 0};
    for (int32_t i = 0; i < m->n_clocks; i++) {
        const model_clock_t *clock = &m->clocks[i];
        if ((clock->kind == CLOCK_DATE || clock->kind == CLOCK_REMINDER) && clock->strategy != index) continue;
        if (clock->kind == CLOCK_RESULT && !orders_test(strategy, clock->test)) continue;
        int32_t at = builder_add_indices(m, 1);
        m->indices[at] = i;
        list.count++;
    }
    m->strategies[index].clocks = list;
}

/* ---- all of them ---- */

static void describe_list(compiler_t *c, const char *name, const rule_list_t *list, int depth);

static void describe_doings(compiler_t *c, const rule_plan_t *rule)
{
    const model_t *m = c->model;
    size_t n = 0;
    for (size_t e = 0; e < rule->set.n_effects; e++) {
        if (!m->slots[rule->set.effects[e].slot].is_reported) continue; /* helpers */
        fprintf(c->summary, "%s%s becomes %s", n++ ? ", " : "", model_text(m, m->slots[rule->set.effects[e].slot].name),
                model_level_name(m, rule->set.effects[e].slot, rule->set.effects[e].level));
    }
    for (size_t u = 0; u < rule->set.n_updates; u++)
        fprintf(c->summary, "%s%s becomes %s", n++ ? ", " : "", model_text(m, m->registers[rule->set.updates[u].target].name),
                model_text(m, m->programs[rule->set.updates[u].value - 1].text));
    for (size_t k = 0; k < rule->n_orders; k++) fprintf(c->summary, "%sorder %s", n++ ? ", " : "", model_text(m, m->tests[rule->orders[k]].name));
    if (n == 0 && !rule->then && !rule->later) fputs("nothing more is done", c->summary);
}

static void describe_rule(compiler_t *c, const char *name, const rule_plan_t *rule, int depth)
{
    static const char *const kinds[] = {"", "if ", "otherwise "};
    const bool is_asked = rule->kind == RULE_WHEN || rule->condition.count > 0 || rule->formula;
    fprintf(c->summary, "%*s%s: %s", 4 + 2 * depth, "", name, is_asked ? "if " : kinds[rule->kind]);
    if (is_asked) {
        compile_describe_condition(c, rule->condition);
        fprintf(c->summary, "%s: ", !rule->formula ? "" : rule->condition.count ? ", and what is asked of numbers" : "what is asked of numbers holds");
    }
    if (rule->chance.width) {
        fputs("with probability ", c->summary);
        compile_describe_table(c, &rule->chance, 1, "");
        fprintf(c->summary, " (drawn once %s): ", rule->is_personal ? "per person" : "each time");
    }
    describe_doings(c, rule);
    if (rule->later) fprintf(c->summary, "; %g days later, counted from the last time:", rule->minutes / 1440.0);
    else if (rule->then) fputs("; then:", c->summary);
    fputc('\n', c->summary);
    if (rule->then) describe_list(c, name, rule->then, depth + 1);
    if (rule->later) describe_list(c, name, rule->later, depth + 1);
}

static void describe_list(compiler_t *c, const char *name, const rule_list_t *list, int depth)
{
    for (size_t r = 0; r < list->n; r++) describe_rule(c, name, &list->rules[r], depth);
}

static void describe_strategy(compiler_t *c, const strategy_plan_t *strategy)
{
    size_t n_rules = 0;
    for (size_t i = 0; i < strategy->n_triggers; i++) n_rules += strategy->triggers[i].list.n;
    fprintf(c->summary, "  %s%s\n", strategy->name, n_rules ? "" : ": does nothing");
    for (size_t i = 0; i < strategy->n_triggers; i++) describe_list(c, strategy->triggers[i].name, &strategy->triggers[i].list, 0);
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
