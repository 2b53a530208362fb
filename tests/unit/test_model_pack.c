/* Models as bytes and back, and what is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "spec/compile.h"

/* life (alive, dead), one attribute, one event "death" with a constant hazard that depends on the attribute, one strategy. */
static model_t small_model(void)
{
    model_t m = {0};
    model_name_t names[] = {builder_text(&m, "sex"), builder_text(&m, "female"), builder_text(&m, "male"),
                            builder_text(&m, "life"), builder_text(&m, "alive"), builder_text(&m, "dead")};

    builder_add_name_list(&m, 4);
    memcpy(m.name_list, (model_name_t[]){names[1], names[2], names[4], names[5]}, 4 * sizeof *names);
    builder_add_slots(&m, 2);
    m.slots[0] = (model_slot_t){.name = names[0], .kind = SLOT_ATTRIBUTE, .level_names = {0, 2}};
    m.slots[1] = (model_slot_t){.name = names[3], .kind = SLOT_PROCESS, .level_names = {2, 2}};
    m.settings = (model_settings_t){.title = builder_text(&m, "small"), .horizon = 525960, .life = 1, .n_attributes = 1, .n_processes = 1,
                                    .age = MODEL_NONE, .minutes_per_year = 525960, .cost = MODEL_NONE, .qaly = MODEL_NONE,
                                    .life_years = MODEL_NONE, .life_years_undiscounted = MODEL_NONE};
    builder_add_axes(&m, 1);
    m.axes[0] = (model_axis_t){.slot = 0, .stride = 1};
    builder_add_reals(&m, 4);
    m.reals[0] = 0.48;
    m.reals[1] = 1;
    builder_add_steps(&m, 1);
    m.steps[0] = (model_step_t){.purpose = 7, .kind = STEP_CATEGORY, .to = 0, .table = {.first = 0, .width = 2}};
    builder_add_curves(&m, 2);
    m.curves[0] = (model_curve_t){.a = 1e-6, .kind = CURVE_EXPONENTIAL};
    m.curves[1] = (model_curve_t){.a = 2e-6, .kind = CURVE_EXPONENTIAL};
    builder_add_effects(&m, 1);
    m.effects[0] = (model_effect_t){.slot = 1, .level = LIFE_DEAD};
    builder_add_moments(&m, 1);
    m.moments[0] = (model_moment_t){.name = builder_text(&m, "death"), .kind = MOMENT_TIMED, .effects = {0, 1}, .test = MODEL_NONE, .strategy = MODEL_NONE};
    builder_add_clocks(&m, 1);
    m.clocks[0] = (model_clock_t){.purpose = 8, .kind = CLOCK_HAZARD, .process = 1, .curve = {.axes = {0, 1}, .width = 1}, .most = 1};
    builder_add_indices(&m, 1);
    builder_add_rule_lists(&m, 1);
    builder_add_strategies(&m, 1);
    m.strategies[0] = (model_strategy_t){.name = builder_text(&m, "usual care"), .clocks = {0, 1}};
    return m;
}

Test(model, what_is_packed_comes_back)
{
    model_t m = small_model(), back;
    unsigned char *bytes, *again;
    size_t n, n_again;

    model_verify(&m);
    cr_assert_eq(model_pack(&m, &bytes, &n), POPGX_OK);
    cr_assert_eq(model_unpack(bytes, n, &back), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_eq(model_find_strategy(&back, "usual care"), 0);
    cr_assert_eq(model_find_strategy(&back, "unusual care"), MODEL_NONE);
    cr_assert_eq(model_find_slot(&back, "life"), 1);
    cr_assert_str_eq(model_level_name(&back, 0, 1), "male");
    cr_assert_eq(back.curves[1].a, 2e-6);
    cr_assert_eq(model_pack(&back, &again, &n_again), POPGX_OK);
    cr_assert_eq(n, n_again);
    cr_assert_eq(memcmp(bytes, again, n), 0, "equal models have equal bytes");
    free(bytes);
    free(again);
    model_release(&m);
    model_release(&back);
}

Test(model, an_empty_model_can_be_released_and_packed)
{
    model_t m = {0}, back;
    unsigned char *bytes;
    size_t n;

    model_release(&m);
    cr_assert_eq(model_pack(&m, &bytes, &n), POPGX_OK);
    cr_assert_eq(model_unpack(bytes, n, &back), POPGX_OK, "%s", popgx_err_detail());
    model_release(&back);
    free(bytes);
}

Test(model, bytes_that_are_cut_anywhere_are_refused)
{
    model_t m = small_model(), back;
    unsigned char *bytes;
    size_t n;

    cr_assert_eq(model_pack(&m, &bytes, &n), POPGX_OK);
    for (size_t cut = 0; cut < n; cut++) {
        unsigned char *copy = malloc(cut ? cut : 1);    /* its own block, so that a read beyond the end is seen */
        memcpy(copy, bytes, cut);
        if (cut >= 24) memcpy(copy + 16, &cut, sizeof cut);     /* the length in the header agrees, so that the arrays are tried */
        cr_assert_eq(model_unpack(copy, cut, &back), POPGX_E_INPUT, "cut at %zu of %zu", cut, n);
        cr_assert_null(back.slots);
        free(copy);
    }
    free(bytes);
    model_release(&m);
}

Test(model, bytes_that_are_changed_are_refused_or_make_a_whole_model)
{
    model_t m = small_model(), back;
    unsigned char *bytes;
    size_t n, refused = 0;

    cr_assert_eq(model_pack(&m, &bytes, &n), POPGX_OK);
    for (size_t i = 0; i < n; i++)
        for (int change = 0; change < 3; change++) {
            unsigned char was = bytes[i];
            bytes[i] = change == 0 ? 0xFF : change == 1 ? 0x80 : (unsigned char)(was + 1);
            if (model_unpack(bytes, n, &back) == POPGX_OK) model_release(&back);
            else refused++;
            bytes[i] = was;
        }
    cr_assert_gt(refused, n, "%zu of %zu changes refused", refused, 3 * n);
    free(bytes);
    model_release(&m);
}

#define EXPECT_FLAW(change, words)                                                          \
    do {                                                                                    \
        model_t m = small_model();                                                          \
        change;                                                                             \
        cr_assert_eq(model_check(&m), POPGX_E_INPUT, #change);                              \
        cr_assert(strstr(popgx_err_detail(), words), "%s", popgx_err_detail());             \
        model_release(&m);                                                                  \
    } while (0)

Test(model, a_flaw_is_found_in_the_record_that_has_it)
{
    EXPECT_FLAW(m.reals[1] = 0.9, "step 0");                     /* not cumulative to 1 */
    EXPECT_FLAW(m.reals[0] = -0.1, "step 0");
    EXPECT_FLAW(m.steps[0].to = 1, "step 0");                    /* a process is no attribute */
    EXPECT_FLAW(m.steps[0].kind = 77, "step 0");
    EXPECT_FLAW(m.curves[1].a = -1, "curve 1");
    EXPECT_FLAW(m.clocks[0].moment = 1, "clock 0");
    EXPECT_FLAW(m.clocks[0].curve.first = 1, "clock 0");         /* row 1 would be curve 2 */
    EXPECT_FLAW(m.axes[0].slot = 2, "clock 0");
    EXPECT_FLAW(m.effects[0].level = 2, "effect 0");
    EXPECT_FLAW(m.moments[0].name = m.n_text, "moment 0");
    EXPECT_FLAW(m.strategies[0].clocks.count = 2, "strategy 0");
    EXPECT_FLAW(m.strategies[0].rules_of = 1, "strategy 0");
    EXPECT_FLAW(m.slots[1].kind = SLOT_ATTRIBUTE, "slot 1");
    EXPECT_FLAW(m.text[m.n_text - 1] = 'x', "text");
    EXPECT_FLAW(m.settings.life = 0, "setting");
}
