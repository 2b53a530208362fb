/*
 * What a dose costs: {dose: 5 mg/kg, vials: [50 mg, 200 mg], price: {50 mg: 30 USD, 200 mg: 100 USD}, wastage: true}.
 */
#ifndef POPGX_SPEC_COMPILE_DOSES_H
#define POPGX_SPEC_COMPILE_DOSES_H

#include "spec/compile_amounts.h"

/** The cost of the dose that `item` describes, an expression over people; *words says how it was understood. */
bool dose_read(compiler_t *c, const yaml_node_t *item, unsigned may, amount_t *out, const char **words);
#endif
