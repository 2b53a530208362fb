/* The control variates of a stored run: from the uniform numbers that its draws were made of, which are known again from its seed. */
#ifndef POPGX_CLI_CEA_CONTROLS_H
#define POPGX_CLI_CEA_CONTROLS_H

#include "cli/cea_report.h"

/** Fills `controls` and `even` of a report whose answer has draws. cea_controls_release frees them, also after a failure. */
MUST_USE popgx_err_t cea_controls_make(cea_report_t *report);
void cea_controls_release(cea_report_t *report);
#endif
