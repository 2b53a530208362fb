/**
 * popgx for programs that embed it: load a model, simulate it, read the results.
 *
 *     popgx_model_t *model;
 *     popgx_results_t *results;
 *     popgx_settings_t settings = POPGX_SETTINGS_DEFAULT;
 *     popgx_estimate_t cost;
 *
 *     if (popgx_model_load("model.yaml", print_line, stderr, &model) || popgx_run(model, &settings, &results)
 *         || popgx_results_outcome(results, "test", "cost", &cost))
 *         fprintf(stderr, "%s\n", popgx_err_detail());
 *
 * A run uses the threads of the calling process. Runs over many ranks and files of results are the program's, `popgx run`.
 * Functions may be called from any thread; different threads may use the same model at the same time. Names are those of the
 * model file, in UTF-8. What a getter returns is borrowed and lives as long as the object it came from.
 */
#ifndef POPGX_POPGX_H
#define POPGX_POPGX_H

#include <stddef.h>
#include <stdint.h>

#include "popgx/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the library, for example "0.1.0". */
const char *popgx_version(void);

/* ---- models ---- */

typedef struct popgx_model popgx_model_t; /* owner; immutable once loaded */

/** Receives one mistake or warning in a model file: `file:line:column: what is wrong: what would be right`, without newline. */
typedef void (*popgx_listener_t)(void *context, const char *text);

/**
 * Reads the model file at `path` and the tables it names.
 *
 * @param listener  called for every mistake and warning, sorted by place; may be NULL
 * @param[out] out  the caller frees it with popgx_model_free; NULL after a failure
 * @retval POPGX_E_INPUT  the model has mistakes, which `listener` is told, or cannot be read
 */
popgx_err_t popgx_model_load(const char *path, popgx_listener_t listener, void *context, popgx_model_t **out);

/** Frees `model`; NULL is allowed. */
void popgx_model_free(popgx_model_t *model);

size_t popgx_model_strategies(const popgx_model_t *model);
/** Name of strategy `i`, in the order of the file. NULL if there is no such strategy. */
const char *popgx_model_strategy(const popgx_model_t *model, size_t i);

size_t popgx_model_outcomes(const popgx_model_t *model);
/** Name of outcome `i`: "cost", "qaly", "life_years", "life_years_undiscounted". NULL if there is no such outcome. */
const char *popgx_model_outcome(const popgx_model_t *model, size_t i);

/* ---- runs ---- */

typedef struct {
    uint64_t patients;  /* how many people live under every strategy, >= 1; at least 2 for standard errors */
    uint64_t seed;      /* same seed, same people, same luck */
    int threads;        /* >= 1, or 0: as many as OpenMP would use */
} popgx_settings_t;

#define POPGX_SETTINGS_DEFAULT {100000, 1, 0}

typedef struct popgx_results popgx_results_t; /* owner */

/**
 * Simulates. The results are the same bits for any number of threads.
 *
 * @param model     must outlive the results
 * @param[out] out  the caller frees it with popgx_results_free; NULL after a failure
 * @retval POPGX_E_RANGE  a setting is wrong, or an amount of somebody is too large; popgx_err_detail() says which
 */
popgx_err_t popgx_run(const popgx_model_t *model, const popgx_settings_t *settings, popgx_results_t **out);

/** Frees `results`; NULL is allowed. */
void popgx_results_free(popgx_results_t *results);

/** A mean per patient and its Monte Carlo standard error (0 if there is only one patient). */
typedef struct {
    double mean, se;
} popgx_estimate_t;

/** The outcome under a strategy. @retval POPGX_E_INPUT there is no strategy or no outcome of this name. */
popgx_err_t popgx_results_outcome(const popgx_results_t *results, const char *strategy, const char *outcome, popgx_estimate_t *out);

/** Strategy less comparator, person by person. @retval POPGX_E_INPUT there is no strategy or no outcome of this name. */
popgx_err_t popgx_results_difference(const popgx_results_t *results, const char *strategy, const char *comparator,
                                     const char *outcome, popgx_estimate_t *out);

/**
 * Incremental cost-effectiveness ratio of strategy against comparator, with its standard error by the delta method;
 * NaN if the QALYs do not differ. @retval POPGX_E_INPUT there is no strategy of this name.
 */
popgx_err_t popgx_results_icer(const popgx_results_t *results, const char *strategy, const char *comparator, popgx_estimate_t *out);

/** 32 hexadecimal digits over everything the run counted: the same for any number of threads, and as `popgx run` prints. */
const char *popgx_results_checksum(const popgx_results_t *results);

#ifdef __cplusplus
}
#endif
#endif
