/* What `popgx cea` says beyond costs and QALYs of the whole: perspectives, severity, equal value of life years, weights. */
#ifndef POPGX_CLI_CEA_VALUE_H
#define POPGX_CLI_CEA_VALUE_H

#include "cli/cea_report.h"

/** Reads what was asked for. @retval POPGX_E_INPUT  a number, a strategy or an outcome is none */
MUST_USE popgx_err_t cea_value_make(cea_report_t *report);

void cea_value_text(const cea_report_t *report, FILE *out);
void cea_value_json(const cea_report_t *report, json_t *out);
#endif
