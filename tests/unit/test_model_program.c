/* Programs: each operation against numbers worked out by hand, the same bits everywhere, and what is no program refused. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/registers.h"
#include "support/handmade.h"

enum { PEOPLE = 203 };

/* One number attribute, one attribute of 3 levels, one register. */
typedef struct {
    model_t m;
    double number[PEOPLE], value[PEOPLE];
    uint8_t level[PEOPLE];
    const double *numbers[1], *values[1];
    const uint8_t *levels[1];
    program_inputs_t inputs;
} world_t;

static world_t w;

static void setup(void)
{
    hand_begin(&w.m, 1000);
    hand_age(&w.m);
    hand_attribute(&w.m, "group", 3);
    hand_register(&w.m, "dose", 0);
    for (int i = 0; i < PEOPLE; i++) {
        w.number[i] = 0.37 * i + 0.01;
        w.value[i] = 50 - 0.5 * i;
        w.level[i] = (uint8_t)(i % 3);
    }
    w.numbers[0] = w.number;
    w.values[0] = w.value;
    w.levels[0] = w.level;
    w.inputs = (program_inputs_t){.level = w.levels, .number = w.numbers, .value = w.values};
}

static void teardown(void) { model_release(&w.m); }

TestSuite(program, .init = setup, .fini = teardown);

static bool is_whole(model_formula_t formula) { return program_check(&w.m, &w.m.programs[formula - 1]); }

static double of_person(model_formula_t formula, int32_t person, int32_t minute)
{
    double x;
    cr_assert(is_whole(formula));
    program_run(kernels(), &w.m, formula, &w.inputs, 1, &person, &minute, &x);
    return x;
}

static double of_two(arithmetic_t operation, double x, double y)
{
    return of_person(PROGRAM(&w.m, C(0, x), C(1, y), DO(0, operation)), 0, 0);
}

static double of_one(arithmetic_t operation, double x) { return of_person(PROGRAM(&w.m, C(0, x), DO(0, operation)), 0, 0); }

Test(program, adds_and_multiplies)
{
    cr_assert_eq(of_two(ARITHMETIC_ADD, 2, 3), 5);
    cr_assert_eq(of_two(ARITHMETIC_SUBTRACT, 2, 3), -1);
    cr_assert_eq(of_two(ARITHMETIC_MULTIPLY, 2, 3), 6);
    cr_assert_eq(of_two(ARITHMETIC_DIVIDE, 3, 2), 1.5);
    cr_assert_eq(of_two(ARITHMETIC_MIN, 2, 3), 2);
    cr_assert_eq(of_two(ARITHMETIC_MAX, 2, 3), 3);
    cr_assert_eq(of_one(ARITHMETIC_NEGATE, 2), -2);
}

Test(program, compares_and_chooses)
{
    cr_assert_eq(of_two(ARITHMETIC_LESS, 2, 3), 1);
    cr_assert_eq(of_two(ARITHMETIC_LESS, 3, 3), 0);
    cr_assert_eq(of_two(ARITHMETIC_AT_MOST, 3, 3), 1);
    cr_assert_eq(of_two(ARITHMETIC_EQUAL, 3, 3), 1);
    cr_assert_eq(of_two(ARITHMETIC_AND, 1, 0), 0);
    cr_assert_eq(of_two(ARITHMETIC_AND, 1, 2), 1);
    cr_assert_eq(of_two(ARITHMETIC_OR, 0, -1), 1);
    cr_assert_eq(of_one(ARITHMETIC_NOT, 0), 1);
    cr_assert_eq(of_one(ARITHMETIC_NOT, 0.5), 0);
    cr_assert_eq(of_person(PROGRAM(&w.m, C(0, 1), C(1, 7), C(2, 8), DO(0, ARITHMETIC_SELECT)), 0, 0), 7);
    cr_assert_eq(of_person(PROGRAM(&w.m, C(0, 0), C(1, 7), C(2, 8), DO(0, ARITHMETIC_SELECT)), 0, 0), 8);
}

Test(program, knows_logarithms_and_powers)
{
    cr_assert_float_eq(of_one(ARITHMETIC_LN, 2), 0.69314718055994531, 1e-14);
    cr_assert_float_eq(of_one(ARITHMETIC_EXP, 1), 2.7182818284590452, 1e-14);
    cr_assert_eq(of_one(ARITHMETIC_SQRT, 2), 1.4142135623730951);
    cr_assert_float_eq(of_two(ARITHMETIC_POWER, 2, 0.5), 1.4142135623730951, 1e-13);
    cr_assert_eq(of_two(ARITHMETIC_POWER, 0, 2.5), 0);
    cr_assert_eq(of_two(ARITHMETIC_POWER, 0, 0), 1);
    cr_assert_eq(of_person(PROGRAM(&w.m, C(0, -3), {.kind = CODE_ARITHMETIC + ARITHMETIC_WHOLE_POWER, .index = 3}), 0, 0), -27);
    cr_assert_eq(of_person(PROGRAM(&w.m, C(0, 2), {.kind = CODE_ARITHMETIC + ARITHMETIC_WHOLE_POWER, .index = -2}), 0, 0), 0.25);
}

Test(program, what_has_no_value_is_not_a_number)
{
    cr_assert(isnan(of_one(ARITHMETIC_LN, 0)));
    cr_assert(isnan(of_one(ARITHMETIC_LN, -1)));
    cr_assert(isnan(of_one(ARITHMETIC_SQRT, -1)));
    cr_assert(isnan(of_two(ARITHMETIC_POWER, -2, 0.5)));
    cr_assert(isinf(of_two(ARITHMETIC_DIVIDE, 1, 0)));
}

Test(program, reads_the_person_and_the_time)
{
    int32_t by_group = REALS(&w.m, 10, 20, 30);
    model_table_t table = {.axes = {builder_add_axes(&w.m, 1), 1}, .first = by_group, .width = 1};
    w.m.axes[table.axes.first] = (model_axis_t){.slot = 0, .stride = 1};
    builder_add_tables(&w.m, 1);
    w.m.tables[0] = table;
    cr_assert_eq(of_person(PROGRAM(&w.m, LOOK_UP(0, 0)), 5, 0), 30);
    cr_assert_eq(of_person(PROGRAM(&w.m, NUMBER(0, 0)), 100, 0), 37.01);
    cr_assert_eq(of_person(PROGRAM(&w.m, REGISTER(0, 0)), 10, 0), 45);
    cr_assert_eq(of_person(PROGRAM(&w.m, MINUTE(0)), 10, 77), 77);
}

/* e^(0.01 dose) + ln(age)^1.7 for everybody: alone, together, in another order, on every instruction set. */
Test(program, gives_the_same_bits_alone_and_in_company)
{
    model_formula_t f = PROGRAM(&w.m, REGISTER(0, 0), C(1, 0.01), DO(0, ARITHMETIC_MULTIPLY), DO(0, ARITHMETIC_EXP), NUMBER(1, 0), C(2, 1.7),
                                DO(1, ARITHMETIC_POWER), DO(1, ARITHMETIC_LN), DO(0, ARITHMETIC_ADD));
    double all[PEOPLE], backwards[PEOPLE];
    int32_t person[PEOPLE];

    for (int32_t i = 0; i < PEOPLE; i++) person[i] = PEOPLE - 1 - i;
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        program_run(*k, &w.m, f, &w.inputs, PEOPLE, NULL, NULL, all);
        program_run(*k, &w.m, f, &w.inputs, PEOPLE, person, NULL, backwards);
        for (int32_t i = 0; i < PEOPLE; i++) {
            cr_assert_eq(all[i], of_person(f, i, 0), "%s: person %d", (*k)->isa, i);
            cr_assert_eq(backwards[PEOPLE - 1 - i], all[i], "%s: person %d", (*k)->isa, i);
        }
    }
}

Test(program, what_reads_before_it_writes_is_none)
{
    cr_assert_not(is_whole(PROGRAM(&w.m, C(0, 1), DO(0, ARITHMETIC_ADD))));
    cr_assert_not(is_whole(PROGRAM(&w.m, C(1, 1))));
    cr_assert_not(is_whole(PROGRAM(&w.m, REGISTER(0, 1))));
    cr_assert_not(is_whole(PROGRAM(&w.m, C(0, NAN))));
    cr_assert_not(is_whole(PROGRAM(&w.m, C(PROGRAM_MOST_TEMPORARIES, 1))));
}

Test(program, is_fixed_if_it_reads_what_never_changes)
{
    cr_assert(program_is_fixed(&w.m, PROGRAM(&w.m, NUMBER(0, 0))));
    cr_assert_not(program_is_fixed(&w.m, PROGRAM(&w.m, REGISTER(0, 0))));
    cr_assert_not(program_is_fixed(&w.m, PROGRAM(&w.m, MINUTE(0))));
}

/* A dose starts at 100 and falls by a fifth each time; its level falls with it below 90 and below 60. */
Test(registers, are_updated_in_order_and_their_slots_follow)
{
    model_t m;
    registers_t registers;
    const int32_t people[] = {0, 2}, minutes[] = {10, 20};
    static const double cuts[] = {60, 90};

    hand_begin(&m, 1000);
    hand_life(&m);
    int32_t dose = hand_register(&m, "dose", PROGRAM(&m, C(0, 100))), last = hand_register(&m, "time of fall", 0);
    int32_t slot = hand_derived(&m, "dose", PROGRAM(&m, REGISTER(0, dose)), cuts, 2), fall = hand_moment(&m, MOMENT_TIMED, "fall");
    hand_update(&m, fall, dose, PROGRAM(&m, REGISTER(0, dose), C(1, 0.8), DO(0, ARITHMETIC_MULTIPLY)));
    hand_update(&m, fall, last, PROGRAM(&m, MINUTE(0), REGISTER(1, dose), DO(0, ARITHMETIC_ADD)));
    cr_assert_eq(registers_init(&registers, &m, 3), POPGX_OK);
    const uint8_t *levels[] = {(const uint8_t[]){0, 0, 0}, registers.derived[0]};
    registers_begin(&registers, levels, NULL, 3);
    cr_assert_eq(levels[slot][1], 2);
    cr_assert(registers_are_touched(&registers, fall));
    registers_update(&registers, fall, 2, people, minutes);
    cr_assert_eq(registers.value[dose][0], 80);
    cr_assert_eq(registers.value[dose][1], 100);
    cr_assert_eq(registers.value[last][2], 100, "20 and the new dose, not the old one");
    cr_assert_eq(levels[slot][0], 1);
    cr_assert_eq(levels[slot][1], 2);
    for (int i = 0; i < 2; i++) registers_update(&registers, fall, 1, people, minutes);
    cr_assert_eq(levels[slot][0], 0, "51.2 is below 60");
    registers_release(&registers);
    model_release(&m);
}
