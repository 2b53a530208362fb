/* What a strategy does to everybody at entry: the first rules that nothing decides, and no further. */
#include <criterion/criterion.h>

#include "model/entry.h"
#include "support/handmade.h"

enum { MOMENTS = 3 };

static model_t m;
static int32_t strategy, drug, moment[MOMENTS];
static model_rule_t *rule;

/* Three rules at entry that all set the drug. */
static void set_up(void)
{
    hand_begin(&m, 1000);
    const int32_t life = hand_life(&m);
    drug = hand_process(&m, "drug", 3);
    for (int k = 0; k < MOMENTS; k++) {
        moment[k] = hand_setting(&m, MOMENT_ACTION, "action", drug, 1 + k % 2);
        m.moments[moment[k]].strategy = 0;
    }
    cr_assert_eq(life, 0);
    strategy = hand_strategy(&m, "strategy");
    m.strategies[strategy].entry = RULES(&m, {.kind = RULE_ALWAYS, .moment = moment[0]}, {.kind = RULE_ALWAYS, .moment = moment[1]},
                                         {.kind = RULE_ALWAYS, .moment = moment[2]});
    rule = m.rules + m.strategies[strategy].entry.first;
}

static void tear_down(void) { model_release(&m); }

TestSuite(model_entry, .init = set_up, .fini = tear_down);

static int32_t count(void) { return model_count_at_entry(&m, strategy); }

Test(model_entry, rules_that_ask_for_nothing_are_everybodys_in_their_order)
{
    cr_assert_eq(count(), 3);
    for (int32_t k = 0; k < MOMENTS; k++) cr_expect_eq(model_at_entry(&m, strategy, k), moment[k]);
    m.strategies[strategy].entry.count = 0;
    cr_expect_eq(count(), 0);
}

Test(model_entry, what_asks_for_something_ends_it)
{
    const model_span_t condition = TERMS(&m, IS(drug, 1));

    rule[1].condition = condition;
    cr_expect_eq(count(), 1, "a condition");
    rule[1] = (model_rule_t){.kind = RULE_ALWAYS, .moment = moment[1], .chance = {.width = 1}};
    cr_expect_eq(count(), 1, "a chance");
    rule[1] = (model_rule_t){.kind = RULE_ALWAYS, .moment = moment[1], .formula = 1};
    cr_expect_eq(count(), 1, "a formula");
    rule[1] = (model_rule_t){.kind = RULE_OTHERWISE, .moment = moment[1]};
    cr_expect_eq(count(), 1, "a chain");
    rule[1] = (model_rule_t){.kind = RULE_ALWAYS, .moment = MODEL_NONE};
    cr_expect_eq(count(), 1, "nothing");
}

Test(model_entry, what_may_lead_to_more_is_the_last_one)
{
    rule[1].orders = (model_span_t){0, 1};
    cr_expect_eq(count(), 2, "an order");
    rule[1].orders = NO_SPAN;
    hand_on(&m, strategy, moment[0], (model_span_t){0, 1});
    cr_expect_eq(count(), 1, "rules that follow");
    m.moments[moment[0]].branches.count = 1;
    cr_expect_eq(count(), 0, "branches, of which the first may be before the action is over for all");
}

Test(model_entry, what_kills_or_happens_elsewhere_too_is_not_everybodys_at_entry_alone)
{
    m.effects[m.moments[moment[1]].effects.first].slot = m.settings.life;
    cr_expect_eq(count(), 1, "death");
    m.effects[m.moments[moment[1]].effects.first].slot = drug;
    rule[2].moment = moment[1];
    cr_expect_eq(count(), 1, "a second rule that does the same");
    rule[2].moment = moment[2];
    m.moments[moment[1]].kind = MOMENT_TIMED;
    cr_expect_eq(count(), 1, "an event with a clock");
}
