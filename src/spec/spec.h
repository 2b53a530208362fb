/*
 * From a model file and its tables to a compiled model, reporting every mistake on the way.
 */
#ifndef POPGX_SPEC_SPEC_H
#define POPGX_SPEC_SPEC_H

#include <stddef.h>

#include "core/err.h"
#include "model/model.h"
#include "spec/diag.h"

/** A file that was read: the model file first, then its tables, each once. */
typedef struct {
    char *path;             /* as the model names it (the model file: as the user does; a table of `cpic`: its file name) */
    char *bytes;            /* followed by a NUL */
    size_t n_bytes;
} spec_source_t;

typedef struct {
    spec_source_t *sources;
    size_t n_sources;
    char *summary;          /* what was understood, in plain words with the defaults spelled out: for `popgx check` */
} spec_report_t;

void spec_report_release(spec_report_t *report);

/** Where the tables of `cpic` are: $POPGX_DATA if set, else the folder given when popgx was built. */
const char *spec_data_folder(void);

/**
 * Reads and compiles the model at `path`. Not collective: rank 0 does it and sends the packed model.
 *
 * @param strategies  keep only these (NULL: all); an unknown name is an error
 * @param[out] model      after a mistake: empty
 * @param[out] report     after a mistake: empty
 * @retval POPGX_E_INPUT  `diag` says why
 */
MUST_USE popgx_err_t spec_load(const char *path, const char *const *strategies, size_t n_strategies, diagnostics_t *diag,
                               model_t *model, spec_report_t *report);

/** The same for a model whose bytes are at hand; `path` names it in messages, and its folder holds the tables. */
MUST_USE popgx_err_t spec_load_text(const char *path, const char *bytes, size_t n_bytes, const char *const *strategies,
                                    size_t n_strategies, diagnostics_t *diag, model_t *model, spec_report_t *report);
#endif
