/* Looks at the rules at entry alone. Never looks at people. */
#include "model/entry.h"

/* Whether the rule is carried out for everybody who is alive, and nothing is left to chance. */
static bool is_for_all(const model_t *m, const model_rule_t *rule)
{
    if (rule->kind != RULE_ALWAYS || rule->moment == MODEL_NONE) return false;
    return rule->condition.count == 0 && rule->chance.width == 0 && !rule->formula && m->moments[rule->moment].branches.count == 0;
}

/* Whether what the rule does happens by no other rule, and so once. */
static bool is_its_own(const model_t *m, int32_t strategy, const model_rule_t *rule)
{
    const model_moment_t *moment = &m->moments[rule->moment];
    int32_t n = 0;

    for (int32_t r = 0; r < m->n_rules; r++) n += m->rules[r].moment == rule->moment;
    return moment->kind == MOMENT_ACTION && moment->strategy == strategy && n == 1;
}

static bool may_kill(const model_t *m, const model_moment_t *moment)
{
    for (int32_t e = 0; e < moment->effects.count; e++)
        if (m->effects[moment->effects.first + e].slot == m->settings.life) return true;
    return false;
}

/* Whether more than the moment itself happens, maybe not to everybody. */
static bool has_consequences(const model_t *m, const model_strategy_t *strategy, const model_rule_t *rule)
{
    return rule->orders.count > 0 || m->rule_lists[strategy->rules_of + rule->moment].count > 0;
}

int32_t model_count_at_entry(const model_t *m, int32_t s)
{
    const model_strategy_t *strategy = &m->strategies[s];

    for (int32_t k = 0; k < strategy->entry.count; k++) {
        const model_rule_t *rule = &m->rules[strategy->entry.first + k];
        if (!is_for_all(m, rule) || !is_its_own(m, s, rule) || may_kill(m, &m->moments[rule->moment])) return k;
        if (has_consequences(m, strategy, rule)) return k + 1;
    }
    return strategy->entry.count;
}
