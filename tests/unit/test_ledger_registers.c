/* Payoffs that depend on what happened before: the ledger replays registers from the records alone. */
#include <criterion/criterion.h>
#include <math.h>

#include "ledger/ledger.h"
#include "support/handmade.h"

enum { HORIZON = 1000 };

/*
 * An infusion adds the dose to what was given so far. It costs 2 a unit of the dose; the drug flows at 1 a minute for each unit given so far;
 * below 120 in all there is a cost of 3 a minute; an infusion brings on a spell of 10 minutes at the minute's own number.
 */
static model_t infusions(double age)
{
    static const double cuts[] = {120};
    model_t m;

    hand_begin(&m, HORIZON);
    hand_age(&m);
    hand_life(&m);
    int32_t dose = hand_register(&m, "dose", age > 0 ? PROGRAM(&m, NUMBER(0, 0)) : PROGRAM(&m, C(0, 50))), given = hand_register(&m, "given", 0);
    int32_t level = hand_derived(&m, "given", PROGRAM(&m, REGISTER(0, given)), cuts, 1);
    int32_t infusion = hand_moment(&m, MOMENT_TIMED, "infusion"), halving = hand_moment(&m, MOMENT_TIMED, "halving");
    hand_update(&m, infusion, given, PROGRAM(&m, REGISTER(0, given), REGISTER(1, dose), DO(0, ARITHMETIC_ADD)));
    hand_update(&m, halving, dose, PROGRAM(&m, REGISTER(0, dose), C(1, 0.5), DO(0, ARITHMETIC_MULTIPLY)));

    int32_t zero = REALS(&m, 0), three = REALS(&m, 3);
    builder_add_outcomes(&m, 1);
    model_name_t name = builder_text(&m, "cost");
    m.outcomes[0] = (model_outcome_t){.name = name, .unit = name, .per_unit = 1, .grid_bits = 20, .coarse_bits = 4, .floor = -INFINITY, .cap = INFINITY,
                                      .floor_cell = MODEL_NONE, .cells = {0, 4}};
    builder_add_cells(&m, 4);
    for (int32_t i = 0; i < 4; i++) m.cells[i].name = name;
    model_table_t none = {.first = zero, .width = 1}, some = {.first = three, .width = 1};
    builder_add_lumps(&m, 1);
    m.lumps[0] = (model_lump_t){.moment = infusion, .cell = 0, .amount = none,
                                .formula = PROGRAM(&m, REGISTER(0, dose), C(1, 2), DO(0, ARITHMETIC_MULTIPLY))};
    builder_add_flows(&m, 2);
    m.flows[0] = (model_flow_t){.cell = 1, .rate = none, .formula = PROGRAM(&m, REGISTER(0, given))};
    m.flows[1] = (model_flow_t){.cell = 2, .rate = some, .condition = TERMS(&m, IS(level, 0))};
    builder_add_spells(&m, 1);
    m.spells[0] = (model_spell_t){.moment = infusion, .cell = 3, .minutes = 10, .rate = none, .formula = PROGRAM(&m, MINUTE(0))};
    return m;
}

static void record(trajectory_t *t, int32_t moment, int32_t at)
{
    int32_t *person, *minute;
    trajectory_append(t, moment, 1, &person, &minute);
    *person = 0;
    *minute = at;
}

/* Infusions at 100, 300 and (halved at 400) 500. */
static void bill_of(model_t *m, double age, double *cost)
{
    trajectory_t t;
    ledger_t *ledger;
    ledger_bill_t bill;
    hand_people_t people = hand_people(m, 1, 1, 1);

    model_verify(m);
    people.number[0][0] = age;
    trajectory_init(&t);
    cr_assert_eq(trajectory_reset(&t, 1, HORIZON), POPGX_OK);
    record(&t, 0, 100);
    record(&t, 0, 300);
    record(&t, 1, 400);
    record(&t, 0, 500);
    cr_assert_eq(ledger_new(m, 5, &ledger), POPGX_OK);
    cr_assert_eq(ledger_post(ledger, &people.view, &t, &bill), POPGX_OK, "%s", popgx_err_detail());
    for (int c = 0; c < 4; c++) cost[c] = (double)bill.cell[c][0] / (1 << 20);
    ledger_free(ledger);
    trajectory_release(&t);
    hand_people_release(m, &people);
}

Test(ledger_registers, amounts_and_rates_go_by_what_happened_before)
{
    model_t m = infusions(0);
    double cost[4];

    bill_of(&m, 0, cost);
    cr_assert_eq(cost[0], 2 * (50 + 50 + 25));
    cr_assert_eq(cost[1], 200 * 50 + 200 * 100 + 500 * 125);
    cr_assert_eq(cost[2], 500 * 3, "125 units are reached at minute 500");
    cr_assert_eq(cost[3], 10 * (100 + 300 + 500));
    model_release(&m);
}

Test(ledger_registers, may_start_with_what_people_are)
{
    model_t m = infusions(1);
    double cost[4];

    bill_of(&m, 80, cost);
    cr_assert_eq(cost[0], 2 * (80 + 80 + 40));
    cr_assert_eq(cost[2], 300 * 3);
    model_release(&m);
}

Test(ledger_registers, what_has_no_value_is_refused_with_its_person)
{
    model_t m = infusions(0);
    trajectory_t t;
    ledger_t *ledger;
    ledger_bill_t bill;
    hand_people_t people = hand_people(&m, 1, 1, 7);

    m.lumps[0].formula = PROGRAM(&m, C(0, -1), DO(0, ARITHMETIC_LN));
    trajectory_init(&t);
    cr_assert_eq(trajectory_reset(&t, 1, HORIZON), POPGX_OK);
    record(&t, 0, 100);
    cr_assert_eq(ledger_new(&m, 1, &ledger), POPGX_OK);
    cr_assert_eq(ledger_post(ledger, &people.view, &t, &bill), POPGX_E_RANGE);
    cr_assert(strstr(popgx_err_detail(), "person 7, minute 100"), "%s", popgx_err_detail());
    ledger_free(ledger);
    trajectory_release(&t);
    hand_people_release(&m, &people);
    model_release(&m);
}
