/*
 * Any bytes as a model file: they are refused with a message or become a model that passes its own check. The tables that a
 * model names are looked for in the working folder, which the runner leaves empty but for a few.
 */
#include <stdio.h>
#include <stdlib.h>

#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes)
{
    diagnostics_t *diag = diag_new();
    model_t model = {0};
    spec_report_t report = {0};
    unsigned char *packed = NULL;
    size_t n_packed = 0;

    popgx_err_t err = spec_load_text("model.yaml", (const char *)bytes, n_bytes, NULL, 0, diag, &model, &report);
    if (err == POPGX_E_INPUT && diag_errors(diag) == 0) abort(); /* refused without a reason */
    if (!err && diag_errors(diag) > 0) abort();                  /* accepted with mistakes */
    if (!err && (model_check(&model) || model_pack(&model, &packed, &n_packed))) abort();
    for (size_t i = 0; i < diag_errors(diag) + diag_warnings(diag); i++)
        if (!diag_text(diag, i)) abort();
    free(packed);
    model_release(&model);
    spec_report_release(&report);
    diag_free(diag);
    return 0;
}
