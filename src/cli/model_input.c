/* Loading is rank 0's alone, so that thousands of ranks do not read one small file, and libm runs on one processor. */
#include "cli/model_input.h"

#include <stdlib.h>

#include "cluster/cluster.h"

popgx_err_t model_input_load(const char *path, const name_list_t *strategies, diagnostics_t *diag, model_t *model,
                             spec_report_t *report)
{
    popgx_err_t err = spec_load(path, strategies->n ? strategies->names : NULL, strategies->n, diag, model, report);
    size_t n = diag_errors(diag);

    diag_print(diag, stderr);
    if (err == POPGX_E_INPUT && n > 0) return FAIL(INPUT, "%s has %zu mistake%s", path, n, n == 1 ? "" : "s");
    return err;
}

static popgx_err_t load_alone(const char *path, const name_list_t *strategies, model_t *model, spec_report_t *report)
{
    diagnostics_t *diag = diag_new();
    popgx_err_t err = model_input_load(path, strategies, diag, model, report);
    diag_free(diag);
    return err;
}

popgx_err_t model_input_share(const char *path, const name_list_t *strategies, model_t *model, spec_report_t *report)
{
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;
    popgx_err_t err = POPGX_OK;
    bool is_first = cluster_rank() == 0;

    if (is_first) {
        err = load_alone(path, strategies, model, report);
        if (!err && cluster_ranks() > 1) err = model_pack(model, &bytes, &n_bytes);
    }
    TRY(cluster_agree(err));
    if (cluster_ranks() > 1) {
        TRY(cluster_agree(cluster_broadcast(&bytes, &n_bytes)));
        if (!is_first) err = model_unpack(bytes, n_bytes, model);
        TRY(cluster_agree(err));
    }
out:
    free(bytes);
    return err;
}
