/* The words of --report. */
#include "cli/report_option.h"

#include <string.h>

#include "model/report.h"

popgx_err_t report_option(const char *text, model_t *model)
{
    static const struct { const char *word; uint32_t kinds; } words[] = {
        {"categories", REPORT_CATEGORIES}, {"events", REPORT_EVENTS}, {"states", REPORT_STATES},
        {"years", REPORT_YEARS}, {"distribution", REPORT_SPREAD}, {"all", REPORT_EVERYTHING},
    };

    for (const char *at = text; at; at = at[strcspn(at, ",")] ? at + strcspn(at, ",") + 1 : NULL) {
        const size_t n = strcspn(at, ",");
        uint32_t kinds = 0;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strlen(words[i].word) == n && strncmp(words[i].word, at, n) == 0) kinds = words[i].kinds;
        if (!kinds) return FAIL(INPUT, "--report: '%.*s' is none of categories, events, states, years, distribution and all", (int)n, at);
        report_ask(model, kinds);
    }
    return POPGX_OK;
}
