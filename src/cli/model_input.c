/* Loading is rank 0's alone, so that thousands of ranks do not read one small file, and libm runs on one processor. */
#include "cli/model_input.h"

#include <stdlib.h>

#include "cli/privacy.h"
#include "cluster/cluster.h"
#include "store/cohort_file.h"

static popgx_err_t open_model(const char *path, const name_list_t *strategies, diagnostics_t *diag, spec_t **spec, model_t *model,
                              spec_report_t *report)
{
    spec_read_hdf5_with(cohort_file_read);
    popgx_err_t err = spec_open(path, strategies->n ? strategies->names : NULL, strategies->n, diag, spec, model, report);
    size_t n = diag_errors(diag);

    diag_print(diag, stderr);
    if (err == POPGX_E_INPUT && n > 0) return FAIL(INPUT, "%s has %zu mistake%s", path, n, n == 1 ? "" : "s");
    return err;
}

popgx_err_t model_input_load(const char *path, const name_list_t *strategies, diagnostics_t *diag, model_t *model,
                             spec_report_t *report)
{
    spec_t *spec = NULL;
    popgx_err_t err = open_model(path, strategies, diag, &spec, model, report);

    spec_close(spec);
    return err;
}

popgx_err_t model_input_send(model_t *model)
{
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;
    popgx_err_t err = POPGX_OK;
    bool is_first = cluster_rank() == 0;

    if (cluster_ranks() == 1) return POPGX_OK;
    if (is_first) err = model_pack(model, &bytes, &n_bytes);
    TRY(cluster_agree(err));
    TRY(cluster_agree(cluster_broadcast(&bytes, &n_bytes)));
    if (!is_first) err = model_unpack(bytes, n_bytes, model);
    TRY(cluster_agree(err));
out:
    free(bytes);
    return err;
}

popgx_err_t model_input_open(const char *path, const name_list_t *strategies, model_input_t *input, model_t *model,
                             spec_report_t *report)
{
    popgx_err_t err = POPGX_OK;

    *input = (model_input_t){0};
    if (cluster_rank() == 0) {
        input->diag = diag_new();
        err = open_model(path, strategies, input->diag, &input->spec, model, report);
    }
    TRY(cluster_agree(err));
    TRY(model_input_send(model));
    privacy_begin(model);
out:
    return err;
}

void model_input_close(model_input_t *input)
{
    spec_close(input->spec);
    if (input->diag) diag_free(input->diag);
    *input = (model_input_t){0};
}

popgx_err_t model_input_share(const char *path, const name_list_t *strategies, model_t *model, spec_report_t *report)
{
    model_input_t input;
    popgx_err_t err = model_input_open(path, strategies, &input, model, report);

    model_input_close(&input);
    return err;
}
