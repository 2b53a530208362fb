/*
 * Rules of strategies: what is done, if what holds, by what chance, after how long. Reads lists of rules into plans; what triggers them
 * is compile_strategies.c's business. Everything that takes more than one step (waiting for a result, asking for authorisation, the next
 * line of treatment) becomes plain rules here: lists that follow from an action, or from a reminder some time later.
 */
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

enum { MAY_SEE = CONDITION_ATTRIBUTES | CONDITION_PROCESSES | CONDITION_OBSERVATIONS, WAITS_NOT = 0, WAITS = 1 };

/* A list while it is read. */
typedef struct {
    compiler_t *c;
    strategy_plan_t *strategy;
    const char *name;           /* of what triggers it: names its luck, which all strategies share */
    rule_list_t *list;
    size_t n_chances;
} reader_t;

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
        if (step->kind == STEP_BAND && step->to == slot) return expression_is_number_hidden(c, step->from);
        if (step->kind != STEP_MAP) continue;
        if (step->to == slot && compile_is_hidden(c, step->from)) return true; /* steps use earlier ones only: this ends */
        for (int32_t r = 0; r < m->n_readings && step->from == slot; r++)
            if (m->readings[r].called == step->to) return true;
    }
    return false;
}

/* What follows from the true genotype while a drug is taken, for example. */
static bool follows_from_hidden(const compiler_t *c, int32_t slot)
{
    const model_t *m = c->model;
    for (int32_t d = 0; d < m->n_derived; d++)
        if (m->derived[d].slot == slot) return expression_is_hidden(c, m->derived[d].value);
    return compile_is_hidden(c, slot);
}

static bool check_visible(compiler_t *c, const yaml_node_t *when)
{
    const model_t *m = c->model;
    bool is_right = true;
    for (size_t i = 0; when->kind == YAML_MAPPING && i < when->count; i++) {
        const yaml_pair_t *pair = &when->pairs[i];
        int32_t slot = model_find_slot(m, pair->key);
        bool is_asked_of = slot != MODEL_NONE && (m->slots[slot].kind == SLOT_ATTRIBUTE || m->slots[slot].kind == SLOT_DERIVED);
        if (!is_asked_of || !follows_from_hidden(c, slot)) continue;
        diag_error(c->diag, pair->place, diag_format(c->diag, "prescribers see only what a test has shown: order a test and write `observed %s`", pair->key),
                   "a strategy may not know the true `%s`", pair->key);
        is_right = false;
    }
    return is_right;
}

static void read_when(compiler_t *c, const yaml_node_t *when, rule_plan_t *rule)
{
    if (!check_visible(c, when)) return;
    (void)compile_condition_now(c, when, MAY_SEE, &rule->condition, &rule->formula);
    if (rule->formula && expression_is_hidden(c, rule->formula))
        diag_error(c->diag, when->place, "prescribers see only what a test has shown", "a strategy may not know what this condition asks for");
}

/* ---- small things ---- */

static void add_rule(reader_t *r, rule_plan_t rule)
{
    r->list->rules = compile_grow(r->c, r->list->rules, r->list->n, sizeof rule);
    r->list->rules[r->list->n++] = rule;
}

static rule_list_t *list_of(compiler_t *c, rule_plan_t rule)
{
    rule_list_t *list = arena_take(c->arena, 1, sizeof *list);
    list->rules = compile_grow(c, NULL, 0, sizeof rule);
    list->rules[list->n++] = rule;
    return list;
}

static void add_effect(compiler_t *c, rule_plan_t *rule, int32_t slot, int32_t level)
{
    setting_t *set = &rule->set;
    model_effect_t *effects = arena_take(c->arena, set->n_effects + 1, sizeof *effects); /* rules share what they were made of: never grown in place */
    if (set->n_effects) memcpy(effects, set->effects, set->n_effects * sizeof *effects);
    set->effects = effects;
    set->effects[set->n_effects++] = (model_effect_t){slot, level};
}

/* The condition and, beside it, that `slot` has one of these levels. */
static model_span_t condition_with(compiler_t *c, model_span_t condition, int32_t slot, uint64_t levels)
{
    model_t *m = c->model;
    int32_t first = builder_add_terms(m, condition.count + 1);
    memcpy(m->terms + first, m->terms + condition.first, (size_t)condition.count * sizeof *m->terms);
    m->terms[first + condition.count] = (model_term_t){.levels = levels, .slot = slot};
    return (model_span_t){first, condition.count + 1};
}

static bool has_when(const rule_list_t *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->rules[i].kind == RULE_WHEN) return true;
    return false;
}

static bool is_over(const rule_list_t *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->rules[i].kind == RULE_OTHERWISE) return true;
    return false;
}

/* ---- actions ---- */

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
    if (!set && !yaml_get(node, "next") && (!order || !compile_count(order)))
        diag_error(c->diag, node->place, "write {set: {PROCESS: STATE}} or {order: TEST}", "a rule does nothing");
    if (set) (void)compile_set(c, set, true, &rule->set);
    for (size_t i = 0; i < rule->set.n_updates; i++)
        if (expression_is_hidden(c, rule->set.updates[i].value))
            diag_error(c->diag, set->place, "let it depend on what a test has shown", "a strategy may not know what it sets `%s` by",
                       model_text(c->model, c->model->registers[rule->set.updates[i].target].name));
    if (order) read_orders(c, order, rule);
}

/* PROCESS (its states in their order), or {PROCESS: [STATE, STATE, ...]} -> levels [at most MODEL_MAX_LEVELS]; 0 after reporting. */
size_t compile_sequence(compiler_t *c, const yaml_node_t *node, int32_t *slot, int32_t *levels)
{
    bool is_list = node->kind == YAML_MAPPING && node->count == 1 && node->pairs[0].value->kind == YAML_SEQUENCE;
    const char *name = is_list ? node->pairs[0].key : node->kind == YAML_SCALAR ? node->text : NULL;
    size_t n = 0;

    if (!name) {
        diag_error(c->diag, node->place, "write {PROCESS: [STATE, STATE, ...]}", "this is not a sequence of states");
        return 0;
    }
    *slot = compile_find_slot(c, name, CONDITION_PROCESSES, is_list ? node->pairs[0].place : node->place);
    if (*slot == MODEL_NONE) return 0;
    if (*slot == c->model->settings.life) {
        diag_error(c->diag, node->place, "let it start a treatment whose events do", "a strategy may not set `life`");
        return 0;
    }
    if (!is_list)
        for (n = 0; n < (size_t)compile_levels(c->model, *slot); n++) levels[n] = (int32_t)n;
    for (size_t i = 0; is_list && i < node->pairs[0].value->count; i++) {
        const yaml_node_t *item = node->pairs[0].value->items[i];
        const char *state = compile_name(c, item, "a state");
        int32_t level = state ? compile_level(c, *slot, state, item->place) : MODEL_NONE;
        if (level == MODEL_NONE) return 0;
        for (size_t k = 0; k < n; k++)
            if (levels[k] == level) {
                diag_error(c->diag, item->place, "name each state once: it must be clear which comes next", "`%s` stands twice in the sequence", state);
                return 0;
            }
        levels[n++] = level;
    }
    if (n < 2) diag_error(c->diag, node->place, "name at least two states", "nothing comes next");
    return n < 2 ? 0 : n;
}

/*
 * A rule that moves a process to the next of a sequence of states: one rule for each step. The later steps come first, so that nobody takes
 * two of them. Of a chain the last rule is for those who have no step to take: the chain ends for them, too.
 */
static void add_steps(reader_t *r, rule_plan_t rule, int32_t slot, const int32_t *levels, size_t n)
{
    uint64_t moving = 0, all = compile_levels(r->c->model, slot) == 64 ? ~0ull : (1ull << compile_levels(r->c->model, slot)) - 1;

    for (size_t k = 0; k + 1 < n; k++) moving |= 1ull << levels[k];
    rule_plan_t staying = rule;
    staying.condition = condition_with(r->c, rule.condition, slot, all & ~moving);
    if (rule.kind != RULE_WHEN && (rule.set.n_effects || rule.set.n_updates || rule.n_orders)) add_rule(r, staying);
    for (size_t k = n - 1; k-- > 0;) {
        rule_plan_t step = rule;
        step.condition = condition_with(r->c, rule.condition, slot, 1ull << levels[k]);
        add_effect(r->c, &step, slot, levels[k + 1]);
        add_rule(r, step);
    }
    if (rule.kind == RULE_WHEN) add_rule(r, staying);
}

void compile_steps(compiler_t *c, rule_list_t *list, int32_t slot, const int32_t *levels, size_t n)
{
    reader_t r = {.c = c, .list = list};
    add_steps(&r, (rule_plan_t){.kind = RULE_ALWAYS}, slot, levels, n);
}

/* Puts the rule, with `next: ...` of its actions if there is one. */
static void add_actions(reader_t *r, const yaml_node_t *actions, rule_plan_t rule)
{
    const yaml_node_t *next = yaml_get(actions, "next");
    int32_t slot, levels[MODEL_MAX_LEVELS];

    read_actions(r->c, actions, &rule);
    size_t n = next ? compile_sequence(r->c, next, &slot, levels) : 0;
    if (next && n > 0) add_steps(r, rule, slot, levels, n);
    else add_rule(r, rule);
}

/* ---- chance ---- */

static bool check_visible_table(compiler_t *c, const yaml_node_t *node, const model_table_t *table)
{
    for (int32_t a = 0; a < table->axes.count; a++) {
        int32_t slot = c->model->axes[table->axes.first + a].slot;
        if ((c->model->slots[slot].kind != SLOT_ATTRIBUTE && c->model->slots[slot].kind != SLOT_DERIVED) || !follows_from_hidden(c, slot)) continue;
        diag_error(c->diag, node->place, "let it depend on what a test has shown", "a strategy may not know the true `%s`", model_text(c->model, c->model->slots[slot].name));
        return false;
    }
    return true;
}

/* Gives the rule luck of its own: the n-th of its list, in all strategies. */
static void name_luck(reader_t *r, rule_plan_t *rule)
{
    rule->purpose = rng_purpose(diag_format(r->c->diag, "rule at %s, %zu", r->name, ++r->n_chances));
}

/* `with probability: P`, or {per: person, value: P}; P may differ between people. */
static bool read_chance(reader_t *r, const yaml_node_t *node, rule_plan_t *rule)
{
    static const char *const keys[] = {"per", "value", NULL};
    const yaml_node_t *per = yaml_get(node, "per"), *value = per ? yaml_get(node, "value") : node;
    compiler_t *c = r->c;

    if (per && !compile_keys(c, node, "a probability", keys)) return false;
    rule->is_personal = per && per->kind == YAML_SCALAR && !strcmp(per->text, "person");
    if (per && !rule->is_personal && (per->kind != YAML_SCALAR || strcmp(per->text, "occasion"))) {
        diag_error(c->diag, per->place, "write `per: person` (drawn once) or `per: occasion` (drawn each time)", "a probability is per person or per occasion");
        return false;
    }
    if (!value) {
        diag_error(c->diag, node->place, "write {per: person, value: 80 %}", "the probability is missing");
        return false;
    }
    if (!compile_lookup(c, value, VALUE_PROBABILITY, MAY_SEE, &rule->chance) || !check_visible_table(c, value, &rule->chance)) return false;
    name_luck(r, rule);
    return true;
}

/* ---- authorisation ---- */

/*
 * {takes: TIME, denied: P, if denied: {set: ..., order: ...}}: what the rule does happens when it is granted. The decision is a rule of its
 * own, some time later, that is carried out unless it is denied.
 */
static void add_authorised(reader_t *r, const yaml_node_t *actions, const yaml_node_t *node, rule_plan_t rule)
{
    static const char *const keys[] = {"takes", "denied", "if denied", NULL}, *const inner[] = {"set", "order", "next", NULL};
    const yaml_node_t *takes = yaml_get(node, "takes"), *denied = yaml_get(node, "denied"), *if_denied = yaml_get(node, "if denied");
    compiler_t *c = r->c;
    rule_list_t *decision = arena_take(c->arena, 1, sizeof *decision);
    reader_t later = {.c = c, .strategy = r->strategy, .list = decision, .name = diag_format(c->diag, "%s, authorisation %zu", r->name, ++r->n_chances)};
    rule_plan_t granted = {.kind = RULE_WHEN};

    if (!compile_keys(c, node, "an authorisation", keys)) return;
    if (!takes && !denied) diag_error(c->diag, node->place, "write {takes: 5 days, denied: 10 %}", "it is not said how long the authorisation takes, or how often it is denied");
    if (takes && !compile_minutes(c, takes, 0, &rule.minutes)) return;
    if (if_denied && !denied) diag_error(c->diag, if_denied->place, "add `denied: PROBABILITY`", "the authorisation is never denied");
    if (denied) {
        model_table_t *p = &granted.chance;
        if (!compile_lookup(c, denied, VALUE_PROBABILITY, MAY_SEE, p) || !check_visible_table(c, denied, p)) return;
        for (int32_t k = p->first; k < c->model->n_reals; k++) c->model->reals[k] = 1 - c->model->reals[k]; /* the table was added last */
        name_luck(&later, &granted);
    }
    add_actions(&later, actions, granted);
    if (if_denied && compile_keys(c, if_denied, "what follows a denial", inner)) add_actions(&later, if_denied, (rule_plan_t){.kind = RULE_OTHERWISE});
    *(rule.minutes > 0 ? &rule.later : &rule.then) = decision;
    add_rule(r, rule);
}

/* ---- waiting ---- */

static const char *waiting_name(compiler_t *c, const char *strategy, const char *trigger, size_t item)
{
    return diag_format(c->diag, "waiting %s: %s %zu", strategy, trigger, item + 1);
}

/* A hidden process for every rule that waits: no, or yes. Called when processes get their slots. */
void compile_waiting(compiler_t *c)
{
    static const char *const levels[] = {"no", "yes"};
    const yaml_node_t *strategies = yaml_get(c->root, "strategies");

    for (size_t s = 0; strategies && strategies->kind == YAML_MAPPING && s < strategies->count; s++) {
        const yaml_node_t *triggers = strategies->pairs[s].value;
        for (size_t t = 0; triggers->kind == YAML_MAPPING && t < triggers->count; t++)
            for (size_t i = 0; triggers->pairs[t].value->kind == YAML_SEQUENCE && i < triggers->pairs[t].value->count; i++) {
                const yaml_node_t *item = triggers->pairs[t].value->items[i];
                if (!yaml_get(item, "wait")) continue;
                int32_t slot = compile_add_slot(c, waiting_name(c, strategies->pairs[s].key, triggers->pairs[t].key, i), SLOT_PROCESS, levels, 2, item->place);
                if (slot != MODEL_NONE) c->model->slots[slot].is_reported = 0;
            }
    }
}

static void read_list(reader_t *r, const yaml_node_t *node, const char *trigger, size_t from);

/*
 * {order: TEST, wait: result, for at most: TIME}: the rules after it wait until the result comes, or that long. They become what follows
 * from an action `go on`, which is taken by whichever comes first, since it ends the waiting; at once by those who cannot have the test.
 */
static void read_waiting(reader_t *r, const yaml_node_t *node, const char *trigger, size_t i)
{
    static const char *const keys[] = {"when", "with probability", "set", "order", "wait", "for at most", NULL};
    const yaml_node_t *item = node->items[i], *wait = yaml_get(item, "wait"), *most = yaml_get(item, "for at most");
    const yaml_node_t *when = yaml_get(item, "when"), *chance = yaml_get(item, "with probability");
    compiler_t *c = r->c;
    int32_t slot = model_find_slot(c->model, waiting_name(c, r->strategy->name, trigger, i));
    rule_list_t *rest = arena_take(c->arena, 1, sizeof *rest);
    reader_t after = {.c = c, .strategy = r->strategy, .list = rest, .name = diag_format(c->diag, "%s, after waiting", r->name)};
    rule_plan_t rule = {.kind = when || chance ? RULE_WHEN : RULE_ALWAYS};

    if (!compile_keys(c, item, "a rule that waits", keys) || slot == MODEL_NONE) return;
    if (wait->kind != YAML_SCALAR || strcmp(wait->text, "result")) diag_error(c->diag, wait->place, "write `wait: result`", "this is nothing to wait for");
    if (rule.kind == RULE_WHEN && has_when(r->list))
        diag_error(c->diag, item->place, "let it be the first rule with `when` of its list", "a rule that waits comes after others with `when`");
    if (when) read_when(c, when, &rule);
    if (chance) (void)read_chance(r, chance, &rule);
    read_actions(c, item, &rule);
    if (rule.n_orders != 1) diag_error(c->diag, item->place, "order one test", "a rule that waits orders %zu tests", rule.n_orders);
    if (most) (void)compile_minutes(c, most, 1, &rule.minutes);
    read_list(&after, node, trigger, i + 1);
    if (rest->n == 0) diag_error(c->diag, item->place, "put the rules that wait after it", "nothing waits for the result");
    if (rule.n_orders != 1) return;
    add_effect(c, &rule, slot, WAITS);
    const int32_t access = c->model->tests[rule.orders[0]].access;
    rule_plan_t go_on = {.kind = RULE_ALWAYS, .condition = condition_with(c, (model_span_t){0}, slot, 1ull << WAITS), .then = rest};
    add_effect(c, &go_on, slot, WAITS_NOT);
    if (most) rule.later = list_of(c, go_on);
    strategy_hook(c, r->strategy, c->model->tests[rule.orders[0]].result, false, go_on);
    add_rule(r, rule);
    if (access != MODEL_NONE) {
        go_on.condition = condition_with(c, go_on.condition, access, 1);
        add_rule(r, go_on);
    }
    if (rule.kind == RULE_WHEN) add_rule(r, (rule_plan_t){.kind = RULE_OTHERWISE, .then = rest});
}

/* ---- rules and lists ---- */

/* `when` starts or continues a chain, `otherwise` ends it. */
static void read_rule(reader_t *r, const yaml_node_t *node)
{
    static const char *const keys[] = {"set", "order", "next", "when", "otherwise", "with probability", "authorisation", NULL};
    static const char *const inner[] = {"set", "order", "next", "authorisation", NULL};
    compiler_t *c = r->c;
    rule_plan_t rule = {.kind = RULE_ALWAYS};
    if (!compile_keys(c, node, "a rule of a strategy", keys)) return;
    const yaml_node_t *when = yaml_get(node, "when"), *otherwise = yaml_get(node, "otherwise"), *chance = yaml_get(node, "with probability");
    if (otherwise && node->count > 1) {
        diag_error(c->diag, otherwise->place, "write it as an item of its own: - {otherwise: {set: ...}}",
                   "`otherwise` stands together with something else");
        return;
    }
    if (otherwise && !has_when(r->list))
        diag_error(c->diag, otherwise->place, "put it after rules with `when`", "`otherwise` follows no `when`");
    if ((otherwise || when) && is_over(r->list))
        diag_error(c->diag, node->place, "let `otherwise` be the last of its list", "this rule comes after `otherwise` and never applies");
    if (when) {
        rule.kind = RULE_WHEN;
        read_when(c, when, &rule);
    }
    if (otherwise) {
        rule.kind = RULE_OTHERWISE;
        if (!compile_keys(c, otherwise, "`otherwise`", inner)) return;
    }
    if (chance && !read_chance(r, chance, &rule)) return;
    const yaml_node_t *actions = otherwise ? otherwise : node, *authorisation = yaml_get(actions, "authorisation");
    if (authorisation) add_authorised(r, actions, authorisation, rule);
    else add_actions(r, actions, rule);
}

static void read_list(reader_t *r, const yaml_node_t *node, const char *trigger, size_t from)
{
    for (size_t i = from; i < node->count; i++) {
        if (yaml_get(node->items[i], "wait")) {
            read_waiting(r, node, trigger, i);  /* and all that comes after it */
            return;
        }
        read_rule(r, node->items[i]);
    }
}

void compile_rules(compiler_t *c, strategy_plan_t *strategy, const yaml_pair_t *pair, rule_list_t *list)
{
    reader_t r = {.c = c, .strategy = strategy, .name = pair->key, .list = list};
    if (pair->value->kind == YAML_SEQUENCE) read_list(&r, pair->value, pair->key, 0);
    else diag_error(c->diag, pair->value->place, "write a list of rules: [{set: {PROCESS: STATE}}, ...]", "the rules of `%s` are not a list", pair->key);
}

void rules_each(const rule_list_t *list, void (*visit)(void *context, const rule_plan_t *rule), void *context)
{
    for (size_t i = 0; list && i < list->n; i++) {
        visit(context, &list->rules[i]);
        rules_each(list->rules[i].then, visit, context);
        rules_each(list->rules[i].later, visit, context);
    }
}
