/* What is refused is what has no right error yet: numbers of people by group (a ratio of two sums), quantiles, shares of people. */
#include "cli/people_option.h"

#include "model/lots.h"

enum { FEWEST_LOTS = 20 };

popgx_err_t people_option(const char *text, model_t *model)
{
    const int32_t lot_bits = text ? lots_find(text) : 0;

    if (lot_bits < 0) return FAIL(INPUT, "--people '%s': there are independent, antithetic and lattice", text);
    lots_draw(model, lot_bits);
    return people_check(model);
}

popgx_err_t people_check(const model_t *model)
{
    const char *name = lots_name(model->settings.lot_bits);

    if (model->settings.lot_bits == 0) return POPGX_OK;
    if (model->n_groupings > 0)
        return FAIL(INPUT, "--people %s: the errors of subgroups would not be right: leave out --people, or --by and the subgroups of the model", name);
    if (model->settings.report.kinds & REPORT_SPREAD)
        return FAIL(INPUT, "--people %s: the errors of distributions would not be right: leave out --people, or ask for a --report without distribution", name);
    return POPGX_OK;
}

popgx_err_t people_in_whole_lots(const model_t *model, uint64_t patients, uint64_t *whole)
{
    const uint64_t size = lots_size(model), lots = (patients - 1) / size + 1;

    *whole = lots * size;
    if (model->settings.lot_bits == 0 || lots >= FEWEST_LOTS) return POPGX_OK;
    return FAIL(INPUT, "--people %s: %llu people are %llu lots of %llu, too few to know an error from: ask for %llu people at least, or leave --people out",
                lots_name(model->settings.lot_bits), (unsigned long long)patients, (unsigned long long)lots, (unsigned long long)size,
                (unsigned long long)(FEWEST_LOTS * size));
}
