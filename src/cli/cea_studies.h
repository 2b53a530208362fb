/* `popgx cea --evsi`: studies that somebody might do, at several sizes: what they are worth, what they cost, and the best size. */
#ifndef POPGX_CLI_CEA_STUDIES_H
#define POPGX_CLI_CEA_STUDIES_H

#include <jansson.h>

#include "cli/cea_report.h"
#include "stats/evsi.h"

enum { STUDY_MOST_MEASURES = 8 };

struct cea_study {
    char *name;                 /* as it was asked for */
    study_measure_t measures[STUDY_MOST_MEASURES];
    size_t n_measures;
    size_t which[STUDY_MOST_MEASURES * STUDY_MOST_FACTORS], n_which; /* parameters that it informs */
    evsi_t *values;             /* [n_sizes] */
    size_t best;                /* size with the highest net benefit of sampling, if there is a population; n_sizes: none is worth its cost */
};

/** Reckons what `request->studies` asks for. @retval POPGX_E_INPUT  it cannot be understood, or draws do not fit it */
MUST_USE popgx_err_t cea_studies_make(cea_report_t *report, const voi_t *voi);
void cea_studies_release(cea_report_t *report);

void cea_studies_text(const cea_report_t *report, FILE *out);
json_t *cea_studies_json(const cea_report_t *report);
#endif
