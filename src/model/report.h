/* What a model asks to keep besides what every run keeps (settings.report), put in place with its usual choices. */
#ifndef POPGX_MODEL_REPORT_H
#define POPGX_MODEL_REPORT_H

#include "model/model.h"

/**
 * Asks for more. Years are those since entry unless calendar years were asked for before; states are looked at every year (a tenth of the horizon,
 * if that is shorter than two years; ten years, if it is longer than 120) and at the horizon, unless times were given before.
 */
void report_ask(model_t *model, uint32_t kinds);

/** Asks for calendar years from `first` to `last`. False: there are too many, or none, or people have no date at entry. */
bool report_ask_calendar(model_t *model, int32_t first, int32_t last);

/** Asks for states at these minutes, ascending; false: there are too many, or one is beyond the horizon, or they do not ascend. */
bool report_ask_states(model_t *model, const int32_t *minutes, size_t n);
#endif
