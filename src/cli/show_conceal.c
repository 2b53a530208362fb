/* Finds the figure that each row of a run's tables of results stands for, by the names in it, and asks results.h whether it may be shown. */
#include "cli/show_conceal.h"

#include <math.h>
#include <string.h>

#include "cli/privacy.h"
#include "stats/conceal.h"
#include "stats/results.h"
#include "store/answer.h"

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static int32_t find_strategy(const model_t *m, const json_t *row)
{
    for (int32_t s = 0; s < m->n_strategies; s++)
        if (strcmp(model_strategy_name(m, s), text_of(row, "strategy")) == 0) return s;
    return MODEL_NONE;
}

/* Each says whether the row may be shown; what is not found may not. */
typedef bool may_show_t(const tally_t *tally, const json_t *row);

static bool is_shown(estimate_t x) { return !isnan(x.mean); }

static bool may_show_cell(const tally_t *tally, const json_t *row)
{
    const model_t *m = tally->model;
    const int32_t s = find_strategy(m, row);

    for (int32_t c = 0; s != MODEL_NONE && c < m->n_cells; c++)
        if (strcmp(model_text(m, m->cells[c].name), text_of(row, "cell")) == 0
            && strcmp(model_text(m, m->outcomes[m->cells[c].outcome].name), text_of(row, "outcome")) == 0)
            return is_shown(results_cell(tally, s, c));
    return false;
}

static bool may_show_event(const tally_t *tally, const json_t *row)
{
    const model_t *m = tally->model;
    const int32_t s = find_strategy(m, row);

    for (int32_t e = 0; s != MODEL_NONE && e < m->n_moments; e++)
        if (strcmp(model_text(m, m->moments[e].name), text_of(row, "event")) == 0 && !is_shown(results_events(tally, s, e))) return false;
    return s != MODEL_NONE;
}

/* The slot and the level that two columns name. */
static bool find_level(const model_t *m, const json_t *row, const char *of, const char *name, int32_t *slot, int32_t *level)
{
    for (*slot = 0; *slot < m->settings.n_attributes + m->settings.n_processes; ++*slot)
        for (*level = 0; *level < m->slots[*slot].level_names.count; ++*level)
            if (strcmp(model_text(m, m->slots[*slot].name), text_of(row, of)) == 0 && strcmp(model_level_name(m, *slot, *level), text_of(row, name)) == 0)
                return true;
    return false;
}

static bool may_show_state(const tally_t *tally, const json_t *row)
{
    const int32_t s = find_strategy(tally->model, row);
    int32_t slot, level;

    return s != MODEL_NONE && find_level(tally->model, row, "process", "state", &slot, &level) && is_shown(results_occupancy(tally, s, slot, level));
}

static bool may_show_share(const tally_t *tally, const json_t *row)
{
    int32_t slot, level;
    return find_level(tally->model, row, "attribute", "level", &slot, &level) && is_shown(results_share(tally, slot, level));
}

/* Of everybody. */
static bool may_show_all(const tally_t *tally, const json_t *row)
{
    (void)row;
    return !tally_is_concealed(tally);
}

static const struct { const char *table; may_show_t *may_show; } tables[] = {
    {"strategies", may_show_all}, {"outcomes", may_show_all}, {"differences", may_show_all}, {"comparisons", may_show_all},
    {"net_monetary_benefit", may_show_all}, {"cells", may_show_cell}, {"events", may_show_event}, {"occupancy", may_show_state}, {"shares", may_show_share},
};

/* Every figure of a row; names stay. */
static void conceal_row(json_t *row)
{
    const char *key;
    json_t *value;

    json_object_foreach(row, key, value) {
        if (json_is_number(value)) json_object_set_new(row, key, json_null());
    }
}

static void conceal_table(const tally_t *tally, json_t *rows, may_show_t *may_show)
{
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row) {
        if (!may_show(tally, row)) conceal_row(row);
    }
}

static void conceal_results(const tally_t *tally, json_t *results)
{
    json_t *kept = json_object();

    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        json_t *rows = json_object_get(results, tables[t].table);
        if (!rows) continue;
        conceal_table(tally, rows, tables[t].may_show);
        json_object_set(kept, tables[t].table, rows);
    }
    json_object_clear(results);
    json_object_update(results, kept);
    json_decref(kept);
}

popgx_err_t show_conceal(const char *path, uint64_t min_cell, json_t *root)
{
    json_t *results = json_object_get(root, "results");
    answer_t answer = {0};
    popgx_err_t err = POPGX_OK;

    if (min_cell == 0 || !results || !json_object_get(json_object_get(root, "run"), "imported_people")) return POPGX_OK;
    TRY(answer_read(path, &answer));
    TRY(tally_conceal(&answer.tally, (double)min_cell));
    conceal_results(&answer.tally, results);
    privacy_json(&answer.tally.disclosure, root);
out:
    answer_release(&answer);
    return err;
}
