/*
 * From a model file and its tables to a compiled model, reporting every mistake on the way.
 */
#ifndef POPGX_SPEC_SPEC_H
#define POPGX_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "model/model.h"
#include "spec/csv.h"
#include "spec/diag.h"
#include "spec/draws.h"

/** A file that was read: the model file first, then its tables, each once. */
typedef struct {
    char *path;             /* as the model names it (the model file: as the user does; a table of `cpic`: its file name) */
    char *bytes;            /* followed by a NUL */
    size_t n_bytes;
    bool is_withheld;       /* people of a cohort: `bytes` say so and give the file's hash */
} spec_source_t;

/** A parameter with a distribution. */
typedef struct {
    char *name;
    char *unit;             /* in which the number is, as the model writes it; "" if it is plain */
    double number;          /* its value, or what was drawn */
} spec_uncertain_t;

/** A parameter that somebody may want to change; numbers are in `unit`, or probabilities if it is written as one. */
typedef struct {
    char *name;
    char *unit;             /* as the model writes it; "" if it is plain, or in minutes where an expression has no unit */
    double number;
    double low, high;       /* its range, else the central 95 % of its distribution, else NaN */
} spec_parameter_t;

typedef struct {
    spec_source_t *sources;
    size_t n_sources;
    spec_uncertain_t *uncertain;    /* in the order of the model */
    size_t n_uncertain;
    spec_parameter_t *parameters;   /* all, in the order of the model */
    size_t n_parameters;
    char *summary;          /* what was understood, in plain words with the defaults spelled out: for `popgx check` */
} spec_report_t;

void spec_report_release(spec_report_t *report);

/** Reads a table of a file in another format than CSV from its bytes; as csv_parse. @param object  what within the file; NULL: the whole */
typedef popgx_err_t (*spec_table_reader_t)(const char *file, const char *object, const char *bytes, size_t n_bytes, diagnostics_t *diag, csv_table_t *out);

/** Once, before any model is read: who reads tables in HDF5, which this module knows nothing of. Without it they are a mistake. */
void spec_read_hdf5_with(spec_table_reader_t reader);

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

/* ---- one model, many draws of its parameters ---- */

typedef struct spec spec_t; /* a model file and its tables, read once */

/**
 * As spec_load, and keeps what was read for spec_compile_draw. `path`, `strategies` and `diag` must outlive it; the
 * caller ends it with spec_close.
 */
MUST_USE popgx_err_t spec_open(const char *path, const char *const *strategies, size_t n_strategies, diagnostics_t *diag,
                               spec_t **out, model_t *model, spec_report_t *report);
MUST_USE popgx_err_t spec_open_text(const char *path, const char *bytes, size_t n_bytes, const char *const *strategies,
                                    size_t n_strategies, diagnostics_t *diag, spec_t **out, model_t *model, spec_report_t *report);
/** NULL is allowed. */
void spec_close(spec_t *spec);

/**
 * Compiles the model with its parameters as drawn. Many threads may do so at once, each with a `diag` of its own.
 *
 * @param[out] numbers  as in spec_report_t.uncertain, what was drawn
 * @retval POPGX_E_INPUT  the drawn values make no model: `diag` says why
 */
MUST_USE popgx_err_t spec_compile_draw(const spec_t *spec, const draws_t *draws, uint64_t draw, diagnostics_t *diag, model_t *model,
                                       double *numbers);

/* ---- one model, what if ---- */

/** The parameter `name` is `number`, in the unit of spec_parameter_t. */
typedef struct {
    const char *name;
    double number;
} spec_change_t;

/**
 * Compiles the model as it would be after a scenario and some changes of parameters, with the files that spec_open read.
 *
 * @param scenario     path of a file with sections that take the place of the model's by name; NULL: none
 * @param[out] report  may be NULL; else the caller releases it
 * @retval POPGX_E_INPUT  what is changed does not exist, or makes no model: `diag` says why
 */
MUST_USE popgx_err_t spec_compile_variant(const spec_t *spec, const char *scenario, const spec_change_t *changes, size_t n_changes,
                                          diagnostics_t *diag, model_t *model, spec_report_t *report);
#endif
