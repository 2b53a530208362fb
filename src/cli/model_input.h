/* A model file on the command line: loaded by rank 0, its mistakes printed, sent to all ranks. */
#ifndef POPGX_CLI_MODEL_INPUT_H
#define POPGX_CLI_MODEL_INPUT_H

#include "cli/options.h"
#include "core/err.h"
#include "model/model.h"
#include "spec/diag.h"
#include "spec/spec.h"

/**
 * Loads the model at `path` on this rank and prints what `diag` collected on standard error.
 *
 * @param strategies  keep only these; an empty list keeps all
 * @param[out] model, report  to be released by the caller, also after a failure
 * @retval POPGX_E_INPUT  the message counts the mistakes that were printed
 */
MUST_USE popgx_err_t model_input_load(const char *path, const name_list_t *strategies, diagnostics_t *diag, model_t *model,
                                      spec_report_t *report);

/** What rank 0 keeps of a model's files, to compile it again for draws of its parameters; empty on other ranks. */
typedef struct {
    diagnostics_t *diag;
    spec_t *spec;
} model_input_t;

/** Collective. As model_input_share, and keeps the files until model_input_close, which is allowed after a failure. `strategies` outlives it. */
MUST_USE popgx_err_t model_input_open(const char *path, const name_list_t *strategies, model_input_t *input, model_t *model,
                                      spec_report_t *report);
void model_input_close(model_input_t *input);

/** Collective. Rank 0's model to all others, where it is to be empty before. */
MUST_USE popgx_err_t model_input_send(model_t *model);

/** Collective. As model_input_load on rank 0, whose model the other ranks receive; `report` stays empty on them. */
MUST_USE popgx_err_t model_input_share(const char *path, const name_list_t *strategies, model_t *model, spec_report_t *report);
#endif
