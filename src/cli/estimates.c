/* Puts estimates into tables and JSON. Owns nothing. */
#include "cli/estimates.h"

#include <math.h>

#include "cli/json.h"
#include "cli/numbers.h"

enum { EXACT_DECIMALS = 4 };

void table_end(text_table_t *table, FILE *out)
{
    text_table_print(table, out);
    text_table_free(table);
}

void estimate_columns(text_table_t *table, const char *title)
{
    text_table_column(table, ALIGN_RIGHT, "%s", title);
    text_table_column(table, ALIGN_RIGHT, "(SE)");
}

void estimate_put(text_table_t *table, estimate_t x, int decimals)
{
    if (isnan(x.mean)) {
        text_table_cell(table, DISCLOSURE_HIDDEN);
        text_table_cell(table, "%s", "");
        return;
    }
    if (x.mean == 0 && x.se == 0) {
        text_table_cell(table, "0");
        text_table_cell(table, "%s", "");
        return;
    }
    if (decimals < 0) decimals = fabs(x.mean) >= 1000 ? MONEY_DECIMALS : EXACT_DECIMALS;
    text_table_cell(table, "%s", number_grouped(x.mean, decimals).text);
    text_table_cell(table, "(%s)", number_grouped(x.se, decimals).text);
}

void estimate_put_own(text_table_t *table, estimate_t x, int most) { estimate_put(table, x, x.se > 0 ? number_decimals(x.se, most) : most); }

json_t *estimate_json(estimate_t x) { return json_pack("{s:o, s:o}", "mean", json_number(x.mean), "se", json_number(x.se)); }
