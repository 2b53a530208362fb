/*
 * /psa: what was drawn and what came of it, one row for each draw. Rows are arrays (by parameter; by strategy and outcome), which
 * readers of HDF5 show as arrays with draws as their first dimension.
 */
#include "store/layout.h"

static popgx_err_t write_rows(h5_file_t *file, const char *path, const double *rows, uint64_t n, const hsize_t *shape, unsigned rank,
                              const char *unit, const char *description)
{
    hid_t type = H5Tarray_create2(H5T_NATIVE_DOUBLE, rank, shape);
    popgx_err_t err = type < 0 ? h5_failed(path, "describing an array") : h5_table(file, path, type, rows, (size_t)n, unit, description);

    if (type >= 0) H5Tclose(type);
    return err;
}

static popgx_err_t write_arrays(h5_file_t *file, const psa_t *psa)
{
    const hsize_t s = (hsize_t)psa->n_strategies, o = (hsize_t)psa->n_outcomes, c = (hsize_t)psa->n_cells, p = (hsize_t)psa->n_parameters;
    const uint64_t n = psa->n_draws;
    popgx_err_t err;

    TRY(write_rows(file, "/psa/parameters", psa->parameters, n, (hsize_t[]){p}, 1, "attribute units", "what was drawn: [draw, parameter]"));
    TRY(write_rows(file, "/psa/outcomes", psa->mean, n, (hsize_t[]){s, o}, 2, "of the outcome", "mean per patient: [draw, strategy, outcome]"));
    TRY(write_rows(file, "/psa/noise", psa->noise, n, (hsize_t[]){s, s, o}, 3, "of the outcome, squared",
                   "Monte Carlo covariance of two strategies' means, given the draw: [draw, strategy, strategy, outcome]"));
    TRY(write_rows(file, "/psa/cost_qaly_noise", psa->cross, n, (hsize_t[]){s, s}, 2, "currency x years",
                   "the same of cost under the first strategy and QALYs under the second: [draw, strategy, strategy]"));
    if (c > 0)
        TRY(write_rows(file, "/psa/cells", psa->cell, n, (hsize_t[]){s, c}, 2, "of the outcome", "mean per patient: [draw, strategy, cell of /results/cells]"));
out:
    return err;
}

/* A row for each draw of each group, group after group. */
static popgx_err_t write_groups(h5_file_t *file, const psa_t *psa)
{
    const hsize_t s = (hsize_t)psa->n_strategies, o = (hsize_t)psa->n_outcomes, c = (hsize_t)psa->n_cells;
    const uint64_t n = psa->n_draws * (uint64_t)psa->n_groups;
    popgx_err_t err;

    if (psa->n_groups == 0) return POPGX_OK;
    TRY(h5_group(file, "/psa/subgroups"));
    TRY(write_rows(file, "/psa/subgroups/people", psa->group_people, n, (hsize_t[]){1}, 1, "patients", "how many of a draw are in the group: row = group * draws + draw"));
    TRY(write_rows(file, "/psa/subgroups/outcomes", psa->group_mean, n, (hsize_t[]){s, o}, 2, "of the outcome",
                   "as /psa/outcomes: row = group * draws + draw, groups in the order of /results/subgroups/people"));
    TRY(write_rows(file, "/psa/subgroups/noise", psa->group_noise, n, (hsize_t[]){s, s, o}, 3, "of the outcome, squared", "as /psa/noise"));
    TRY(write_rows(file, "/psa/subgroups/cost_qaly_noise", psa->group_cross, n, (hsize_t[]){s, s}, 2, "currency x years", "as /psa/cost_qaly_noise"));
    if (c > 0) TRY(write_rows(file, "/psa/subgroups/cells", psa->group_cell, n, (hsize_t[]){s, c}, 2, "of the outcome", "as /psa/cells"));
out:
    return err;
}

popgx_err_t layout_psa(h5_file_t *file, const store_psa_t *stored)
{
    const psa_t *psa = stored->psa;
    popgx_err_t err;

    TRY(h5_group(file, "/psa"));
    TRY(h5_count(file, "/psa", "draws", psa->n_draws));
    TRY(h5_count(file, "/psa", "patients", psa->patients));
    TRY(h5_text(file, "/psa", "design", stored->design));
    if (psa->n_draws < stored->all_draws) {
        TRY(h5_count(file, "/psa", "first_draw", stored->first_draw));
        TRY(h5_count(file, "/psa", "all_draws", stored->all_draws));
    }
    TRY(h5_text(file, "/psa", "checksum", stored->checksum));
    TRY(write_arrays(file, psa));
    TRY(write_groups(file, psa));
    TRY(h5_texts(file, "/psa/parameters", "names", stored->names, psa->n_parameters));
    TRY(h5_texts(file, "/psa/parameters", "units", stored->units, psa->n_parameters));
out:
    return err;
}
