/*
 * Factors that follow the time since something: the costs of the first month, of the first year, of those after; what is left of a loss after a
 * year. The time is that since an event, or since somebody came into some states of a process. Owns nothing.
 */
#include <string.h>

#include "spec/compile_events.h"
#include "spec/compile_profiles.h"

enum { MOST_STEPS = 1000 };

static const char right[] = "write by time: {since: diagnosis, steps: {0 months: 3, 1 month: 1}}, for example";

/* ---- since when ---- */

/* EVENT, or a list of events. */
static bool read_events(compiler_t *c, const yaml_node_t *since, model_profile_t *out)
{
    const size_t n = compile_count(since);
    bool is_right = n > 0;

    out->kind = PROFILE_EVENT;
    out->starts = (model_span_t){builder_add_indices(c->model, (int32_t)n), (int32_t)n};
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(since, i);
        const char *name = compile_name(c, item, "an event");
        const int32_t moment = name ? compile_moment(c, name, item->place) : MODEL_NONE;
        c->model->indices[out->starts.first + (int32_t)i] = moment == MODEL_NONE ? 0 : moment;
        is_right &= moment != MODEL_NONE;
    }
    if (n == 0) diag_error(c->diag, since->place, "name an event", "`since` names none");
    return is_right;
}

/* {PROCESS: STATE} or {PROCESS: [STATE, STATE]}. */
static bool read_states(compiler_t *c, const yaml_node_t *since, model_profile_t *out)
{
    out->kind = PROFILE_STATES;
    if (since->count != 1) {
        diag_error(c->diag, since->place, "write since: {illness: [ill, worse]}", "`since` names %zu processes", since->count);
        return false;
    }
    out->slot = compile_find_slot(c, since->pairs[0].key, CONDITION_PROCESSES, since->pairs[0].place);
    if (out->slot == MODEL_NONE || !compile_level_set(c, since->pairs[0].value, out->slot, "a state", &out->levels)) return false;
    if (!out->levels) diag_error(c->diag, since->pairs[0].value->place, "name a state", "`since` names none");
    return out->levels != 0;
}

/* ---- steps ---- */

static bool is_after(compiler_t *c, const char *words, place_t place, const int32_t *minutes, size_t k)
{
    if (k == 0 ? minutes[k] == 0 : minutes[k] > minutes[k - 1]) return true;
    diag_error(c->diag, place, k ? "write the times in ascending order" : "begin with `0 days`",
               k ? "`%.100s` is not after the time before it" : "the first step begins at `%.100s`, and nothing is said of the time before", words);
    return false;
}

/* "3 months" in minutes. */
static bool read_time(compiler_t *c, const char *text, place_t place, int32_t *out)
{
    quantity_t time;

    if (!compile_expression(c, text, place, &time)) return false;
    if (!time.code && !time.money && time.time == 1 && time.value >= 0 && time.value < (double)MODEL_NEVER) {
        *out = (int32_t)(time.value + 0.5);
        return true;
    }
    diag_error(c->diag, place, right, "`%.100s` is no time at which a step could begin", text);
    return false;
}

/* {0 days: 3, 1 month: 1}: of everybody. */
static bool read_steps(compiler_t *c, const yaml_node_t *node, const yaml_node_t *by, int32_t *minutes, profile_by_t *out)
{
    const size_t n = node->kind == YAML_MAPPING ? node->count : 0;
    double value[MOST_STEPS];
    size_t k = 0;

    if (n == 0 || n > MOST_STEPS || by) {
        diag_error(c->diag, node->place, by ? "use a table" : right, by ? "`steps` are the same for everybody" : "`steps` are 1 to %d times, each with its factor", MOST_STEPS);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (compile_is_remark(pair->key)) continue;
        if (!read_time(c, pair->key, pair->place, &minutes[k]) || !is_after(c, pair->key, pair->place, minutes, k) ||
            !compile_value(c, pair->value, VALUE_NUMBER, &value[k])) return false;
        k++;
    }
    if (k == 0 || !profile_table(c, NULL, (int32_t)k, out)) return false;
    memcpy(out->rows, value, k * sizeof *value);
    return true;
}

/* The times of the table, ascending, each once. */
static bool find_times(compiler_t *c, const csv_table_t *csv, int column, int32_t *minutes, size_t *n)
{
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, column);
        int32_t minute;
        size_t k = 0;
        if (!read_time(c, cell->text, cell->place, &minute)) return false;
        while (k < *n && minutes[k] < minute) k++;
        if (k < *n && minutes[k] == minute) continue;
        if (*n == MOST_STEPS) {
            diag_error(c->diag, cell->place, "leave some out", "the table has more than %d times", MOST_STEPS);
            return false;
        }
        memmove(minutes + k + 1, minutes + k, (*n - k) * sizeof *minutes);
        minutes[k] = minute;
        ++*n;
    }
    return true;
}

/* Every line is a step of one row. What a row does not say of a step is what its step before says. */
static bool fill_rows(compiler_t *c, const csv_table_t *csv, int times, int values, const int32_t *minutes, const profile_by_t *by)
{
    const size_t n = (size_t)by->table.width;
    bool *is_given = arena_take(c->arena, by->n_rows * n, sizeof *is_given);

    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, values);
        const int32_t row = compile_table_row(c, csv, r, by->slots, by->n_slots);
        int32_t minute;
        size_t k = 0;
        if (row == MODEL_NONE || !read_time(c, csv_cell(csv, r, times)->text, csv_cell(csv, r, times)->place, &minute)) return false;
        while (minutes[k] != minute) k++;
        const size_t at = (size_t)row * n + k;
        if (is_given[at]) diag_error(c->diag, cell->place, "remove one of them", "a second value for the same time");
        if (is_given[at] || !compile_text_value(c, cell->text, cell->place, VALUE_NUMBER, &by->rows[at])) return false;
        is_given[at] = true;
    }
    for (size_t row = 0; row < by->n_rows; row++)
        for (size_t k = 0; k < n; k++) {
            if (is_given[row * n + k]) continue;
            if (k > 0) by->rows[row * n + k] = by->rows[row * n + k - 1];
            else diag_error(c->diag, (place_t){csv->file, 1, 1}, "every level has a line from `0 days` on", "%s says nothing of the first step of some of the people", csv->file);
            if (k == 0) return false;
        }
    return true;
}

static bool read_table(compiler_t *c, const yaml_node_t *file, const yaml_node_t *by_node, int32_t *minutes, profile_by_t *out)
{
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    size_t n = 0;
    if (!csv) return false;
    const int times = csv_column(csv, "time"), values = csv_column(csv, "value");

    if (times < 0 || values < 0) {
        diag_error(c->diag, file->place, "a table by time has the columns `time` (as `3 months`) and `value`, and those that `by` names", "%s has no column `%s`", csv->file,
                   times < 0 ? "time" : "value");
        return false;
    }
    if (csv->n_rows == 0) diag_error(c->diag, file->place, "add its lines", "%s is empty", csv->file);
    return csv->n_rows > 0 && find_times(c, csv, times, minutes, &n) && is_after(c, csv_cell(csv, 0, times)->text, file->place, minutes, 0) &&
           profile_table(c, by_node, (int32_t)n, out) && fill_rows(c, csv, times, values, minutes, out);
}

int32_t profile_by_time(compiler_t *c, const yaml_node_t *node)
{
    static const char *const keys[] = {"since", "steps", "table", "by", NULL};
    const yaml_node_t *since = yaml_get(node, "since"), *steps = yaml_get(node, "steps"), *file = yaml_get(node, "table"), *by = yaml_get(node, "by");
    model_profile_t profile = {.kind = PROFILE_EVENT};
    int32_t minutes[MOST_STEPS];
    profile_by_t rows;

    if (!compile_keys(c, node, "`by time`", keys)) return 0;
    if (!since || !steps == !file) {
        diag_error(c->diag, node->place, right, since ? "`by time` has either `steps` or a `table`" : "`by time` does not say since when");
        return 0;
    }
    if (!(since->kind == YAML_MAPPING ? read_states : read_events)(c, since, &profile)) return 0;
    if (!(steps ? read_steps(c, steps, by, minutes, &rows) : read_table(c, file, by, minutes, &rows))) return 0;
    return profile_add(c, &rows, minutes, profile);
}
