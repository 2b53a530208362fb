/* The public interface, used as a program would that knows nothing but include/popgx/popgx.h. */
#include "popgx/popgx.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing here is left to chance: two years are 730.5 days, so the costs are 730.50 and 2191.50 USD, the QALYs
 * 2 x 0.5 and 2 x 0.75, and the ICER is 1461 / 0.5. */
static const char certain[] =
    "popgx: 1\n"
    "title: Everything is certain\n"
    "horizon: 2 years\n"
    "discount: {annual: 0 %}\n"
    "currency: USD\n"
    "people: {age: 50 years}\n"
    "processes:\n"
    "  drug: {states: [cheap, dear]}\n"
    "strategies:\n"
    "  cheap: {entry: [{set: {drug: cheap}}]}\n"
    "  dear: {entry: [{set: {drug: dear}}]}\n"
    "payoffs:\n"
    "  cost:\n"
    "    - {while: {drug: cheap}, rate: 1 USD per day, category: drug}\n"
    "    - {while: {drug: dear}, rate: 3 USD per day, category: drug}\n"
    "  qaly:\n"
    "    combine: additive\n"
    "    items:\n"
    "      - {while: {life: alive}, utility: 0.5}\n"
    "      - {while: {drug: dear}, utility: 0.25}\n";

/* A file that is gone when the test ends. */
static const char *file_of(const char *text)
{
    static char path[] = "/tmp/popgx_api_XXXXXX";
    int file = mkstemp(path);

    cr_assert(file >= 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    return path;
}

static popgx_model_t *load(const char *text)
{
    popgx_model_t *model;
    const char *path = file_of(text);
    popgx_err_t err = popgx_model_load(path, NULL, NULL, &model);

    unlink(path);
    cr_assert_eq(err, POPGX_OK, "%s", popgx_err_detail());
    return model;
}

static popgx_results_t *run(const popgx_model_t *model, popgx_settings_t settings)
{
    popgx_results_t *results;

    cr_assert_eq(popgx_run(model, &settings, &results), POPGX_OK, "%s", popgx_err_detail());
    return results;
}

Test(api, a_model_names_its_strategies_and_outcomes)
{
    popgx_model_t *model = load(certain);

    cr_assert_eq(popgx_model_strategies(model), 2);
    cr_assert_str_eq(popgx_model_strategy(model, 0), "cheap");
    cr_assert_str_eq(popgx_model_strategy(model, 1), "dear");
    cr_assert_null(popgx_model_strategy(model, 2));
    cr_assert(popgx_model_outcomes(model) >= 2);
    cr_assert_null(popgx_model_outcome(model, popgx_model_outcomes(model)));
    popgx_model_free(model);
}

Test(api, results_are_those_worked_out_by_hand)
{
    popgx_model_t *model = load(certain);
    popgx_results_t *results = run(model, (popgx_settings_t){100, 1, 1});
    popgx_estimate_t x;

    cr_assert_eq(popgx_results_outcome(results, "cheap", "cost", &x), POPGX_OK);
    cr_assert_float_eq(x.mean, 730.5, 1e-5);
    cr_assert_float_eq(x.se, 0, 1e-9);
    cr_assert_eq(popgx_results_outcome(results, "dear", "qaly", &x), POPGX_OK);
    cr_assert_float_eq(x.mean, 1.5, 1e-8);
    cr_assert_eq(popgx_results_difference(results, "dear", "cheap", "cost", &x), POPGX_OK);
    cr_assert_float_eq(x.mean, 1461, 1e-5);
    cr_assert_eq(popgx_results_icer(results, "dear", "cheap", &x), POPGX_OK);
    cr_assert_float_eq(x.mean, 2922, 1e-3);
    popgx_results_free(results);
    popgx_model_free(model);
}

Test(api, the_checksum_does_not_depend_on_threads_but_on_the_seed)
{
    popgx_model_t *model;
    popgx_err_t err = popgx_model_load(POPGX_SOURCE_ROOT "/docs/examples/first.yaml", NULL, NULL, &model);
    cr_assert_eq(err, POPGX_OK, "%s", popgx_err_detail());
    popgx_results_t *one = run(model, (popgx_settings_t){9000, 1, 1}), *two = run(model, (popgx_settings_t){9000, 1, 2});
    popgx_results_t *other = run(model, (popgx_settings_t){9000, 2, 1});

    cr_assert_eq(strlen(popgx_results_checksum(one)), 32);
    cr_assert_str_eq(popgx_results_checksum(one), popgx_results_checksum(two));
    cr_assert_str_neq(popgx_results_checksum(one), popgx_results_checksum(other));
    popgx_results_free(one);
    popgx_results_free(two);
    popgx_results_free(other);
    popgx_model_free(model);
}

static void count(void *context, const char *text)
{
    int *heard = context;
    *heard += strstr(text, "populaton") != NULL;
}

Test(api, every_mistake_of_a_model_is_told_and_nothing_is_returned)
{
    popgx_model_t *model = (popgx_model_t *)1;
    int heard = 0;
    const char *path = file_of("popgx: 1\npopulaton: {age: 50 years}\n");
    popgx_err_t err = popgx_model_load(path, count, &heard, &model);

    unlink(path);
    cr_assert_eq(err, POPGX_E_INPUT);
    cr_assert_eq(heard, 1);
    cr_assert_null(model);
    cr_assert(strlen(popgx_err_detail()) > 0);
}

Test(api, a_file_that_is_not_there_is_an_error_with_its_name)
{
    popgx_model_t *model;

    cr_assert_neq(popgx_model_load("/nowhere/model.yaml", NULL, NULL, &model), POPGX_OK);
    cr_assert_null(model);
    cr_assert_not_null(strstr(popgx_err_detail(), "/nowhere/model.yaml"));
}

Test(api, wrong_settings_and_unknown_names_are_refused)
{
    popgx_model_t *model = load(certain);
    popgx_results_t *results;
    popgx_estimate_t x;

    cr_assert_eq(popgx_run(model, &(popgx_settings_t){0, 1, 1}, &results), POPGX_E_RANGE);
    cr_assert_null(results);
    cr_assert_eq(popgx_run(model, &(popgx_settings_t){10, 1, -1}, &results), POPGX_E_RANGE);
    results = run(model, (popgx_settings_t)POPGX_SETTINGS_DEFAULT);
    cr_assert_eq(popgx_results_outcome(results, "free", "cost", &x), POPGX_E_INPUT);
    cr_assert_not_null(strstr(popgx_err_detail(), "free"));
    cr_assert_eq(popgx_results_outcome(results, "dear", "joy", &x), POPGX_E_INPUT);
    cr_assert_eq(popgx_results_icer(results, "dear", "free", &x), POPGX_E_INPUT);
    popgx_results_free(results);
    popgx_model_free(model);
}

Test(api, nothing_can_be_freed)
{
    popgx_model_free(NULL);
    popgx_results_free(NULL);
}
