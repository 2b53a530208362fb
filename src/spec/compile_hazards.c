/*
 * Hazards: from the forms in which a paper gives them to curves in minutes, one for every combination of levels of the slots
 * it depends on. A form gives laws (spec/law.h); keys beside it change them; nothing is a curve before all is said. Evaluates
 * nothing per person.
 */
#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_expressions.h"
#include "spec/compile_hazards.h"
#include "spec/compile_people.h"

/* ---- the clock ---- */

static bool need_for_clock(compiler_t *c, bool is_there, place_t place, const char *right, const char *wrong)
{
    if (!is_there) diag_error(c->diag, place, right, "%s", wrong);
    return is_there;
}

static const char clock_words[] = "write time (since the start), age, time in state, calendar time, {since: EVENT} or {in: [STATE, ...]}";

/* What `clock` says: the scale, and whose entries are time 0. */
static bool parse_scale(compiler_t *c, const event_t *event, const yaml_node_t *node, int32_t *scale, int32_t *process)
{
    static const char *const words[] = {"time", "age", "time in state", "calendar time"};
    *process = event->process->slot;
    if (node->kind == YAML_MAPPING) {
        *scale = SCALE_IN_STATE;
        *process = compile_history_slot(c, event->process, node);
        return *process != MODEL_NONE; /* what is wrong with it has been said */
    }
    int32_t i = 0;
    while (i < 4 && (node->kind != YAML_SCALAR || strcmp(node->text, words[i]))) i++;
    *scale = i;
    switch (i) {
    case SCALE_SINCE_START: return true;
    case SCALE_AGE: return people_need_age(c, node->place, "the clock is age");
    case SCALE_IN_STATE:
        return need_for_clock(c, event->process->has_states, node->place, "write clock: time, or give the process `states`",
                              diag_format(c->diag, "the clock is time in state, but process `%s` has no states", event->process->name));
    case SCALE_CALENDAR:
        return need_for_clock(c, c->model->settings.calendar != MODEL_NONE, node->place, "give `people` an `entry date`, such as 2025.5 years",
                              "the clock is calendar time, but people have no date of entry");
    default: return need_for_clock(c, false, node->place, clock_words, "unknown `clock`");
    }
}

bool hazard_take_scale(hazard_t *h, int32_t scale, place_t place)
{
    if (h->scale != MODEL_NONE && h->scale != scale) {
        diag_error(h->c->diag, place, "let all parts of one hazard run on the same clock; `age at entry` puts a hazard by age on the time since the start",
                   "two clocks are stated for event `%s`", h->event->name);
        return false;
    }
    h->scale = scale;
    return true;
}

bool hazard_take_clock(hazard_t *h, const yaml_node_t *node)
{
    int32_t scale, process, none = MODEL_NONE;
    if (!node) return true;
    if (!parse_scale(h->c, h->event, node, &scale, &process)) return false;
    bool is_other = h->scale == SCALE_IN_STATE && scale == SCALE_IN_STATE && process != h->process;
    if (!hazard_take_scale(h, is_other ? none : scale, node->place)) return false;
    h->process = process;
    return true;
}

void hazard_note_changing(hazard_t *h, place_t place, const char *what)
{
    h->changing = place;
    h->what = what;
}

/* ---- for all forms ---- */

static const char *const changes[] = {"clock", "age at entry", "cured", "plus", "minus", "at least", "at the latest"};
enum { CHANGES = sizeof changes / sizeof *changes };

bool hazard_keys(hazard_t *h, const yaml_node_t *node, const char *what, const char *const *known)
{
    const char *keys[CHANGES + 8];
    size_t n = 0;
    for (; known[n]; n++) keys[n] = known[n];
    memcpy(keys + n, changes, sizeof changes);
    keys[n + CHANGES] = NULL;
    return compile_keys(h->c, node, what, keys);
}

const law_t *hazard_constant(const hazard_t *h, double rate_per_minute) { return law_new(h->c->arena, LAW_EXPONENTIAL, rate_per_minute, 0, 0); }

void hazard_make_single(const hazard_t *h, grid_t *grid, const law_t *law)
{
    grid->laws = arena_take(h->c->arena, 1, sizeof *grid->laws);
    grid->laws[0] = law;
}

bool hazard_unit(hazard_t *h, const yaml_node_t *in, double *minutes)
{
    quantity_t q;
    *minutes = h->c->units.minutes_per_year;
    if (!in) return true;
    const char *text = compile_name(h->c, in, "the unit of time");
    if (!text || !quantity_parse_unit(text, in->place, &h->c->units, h->c->diag, &q)) return false;
    *minutes = q.value;
    if (q.time == 1 && !q.money) return true;
    diag_error(h->c->diag, in->place, "write in: months, for example", "`%s` is not a unit of time", text);
    return false;
}

bool hazard_time_value(hazard_t *h, const yaml_node_t *node, const char *what, int time, double unit, double *out)
{
    compiler_t *c = h->c;
    quantity_t q;
    if (node->kind != YAML_SCALAR) {
        diag_error(c->diag, node->place, "write a number", "`%s` is not a number", what);
        return false;
    }
    quantity_names_t names = compile_parameter_names(c);
    if (!quantity_parse(node->text, node->place, &c->units, &names, c->diag, &q)) return false;
    if (q.money || (q.time && q.time != time)) {
        diag_error(c->diag, node->place, time > 0 ? "write a time, or a bare number of years" : "write a value per time, or a bare number per year",
                   "`%s` is %s", what, quantity_dimension(q.time, q.money));
        return false;
    }
    *out = q.time ? q.value : q.value * pow(unit, time);
    return true;
}

const yaml_node_t *hazard_need(hazard_t *h, const yaml_node_t *node, const char *key, const char *right)
{
    const yaml_node_t *value = yaml_get(node, key);
    if (!value) diag_error(h->c->diag, node->place, right, "`%s` is missing", key);
    return value;
}

static bool parse_rate(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"probability", "over", NULL};
    bool is_probability = yaml_get(node, "probability") != NULL;
    double rate;
    if (is_probability && !hazard_keys(h, node, "a hazard", keys)) return false;
    if (!(is_probability ? compile_probability_over(h->c, node, &rate) : compile_value(h->c, node, VALUE_RATE, &rate))) return false;
    hazard_make_single(h, grid, hazard_constant(h, rate));
    return true;
}

/* ---- nesting ---- */

/* {by: SLOT, LEVEL: HAZARD, ...} */
static bool parse_by_level(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    const yaml_node_t *by = yaml_get(node, "by");
    axes_t own = {.n = 0};
    if (!axes_parse(c, by, HAZARD_AXES, &own)) return false;
    if (own.n != 1) {
        diag_error(c->diag, by->place, "name one and nest the others, or use a table", "several things in `by` need a `table`");
        return false;
    }
    int32_t slot = own.slot[0], n = compile_levels(m, slot);
    const yaml_node_t *of_level[MODEL_MAX_LEVELS] = {NULL};
    grid_t child[MODEL_MAX_LEVELS] = {{.laws = NULL}};
    bool is_right = compile_nodes_by_level(c, node, slot, of_level, "hazard");
    grid->axes = own;
    for (int32_t l = 0; l < n && is_right; l++) {
        is_right = hazard_parse(h, of_level[l], &child[l]);
        for (size_t a = 0; a < child[l].axes.n && is_right; a++) is_right = axes_add(c, &grid->axes, child[l].axes.slot[a], of_level[l]->place);
    }
    if (is_right) {
        size_t rows = axes_rows(m, &grid->axes);
        uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
        grid->laws = arena_take(c->arena, rows, sizeof *grid->laws);
        for (size_t row = 0; row < rows; row++) {
            axes_levels(m, &grid->axes, row, levels);
            const grid_t *of = &child[levels[slot]];
            grid->laws[row] = of->laws[axes_row(m, &of->axes, levels)];
        }
    }
    return is_right;
}

/* ---- alternatives ---- */

/* {choose: PARAMETER, among: [{weight: W, hazard: HAZARD}, ...]}: the parameter, between 0 and 1, falls into the share of one of them. */
static bool parse_choice(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    static const char *const keys[] = {"choose", "among", NULL}, *const inner[] = {"weight", "hazard", NULL};
    compiler_t *c = h->c;
    const yaml_node_t *choose = yaml_get(node, "choose"), *among = yaml_get(node, "among");
    double where, sum = 0;
    if (!hazard_keys(h, node, "a choice of hazards", keys)) return false;
    if (!among || among->kind != YAML_SEQUENCE || among->count < 2) {
        diag_error(c->diag, (among ? among : node)->place, "write among: [{weight: 0.6, hazard: ...}, {weight: 0.4, hazard: ...}]", "there is nothing to choose among");
        return false;
    }
    if (!compile_value(c, choose, VALUE_PROBABILITY, &where)) return false;
    const yaml_node_t *chosen = NULL;
    for (size_t i = 0; i < among->count; i++) { /* all are read, so that a mistake shows before a draw chooses it */
        const yaml_node_t *item = among->items[i];
        hazard_t other = *h;
        grid_t unused = {.laws = NULL};
        double weight;
        if (!compile_keys(c, item, "an alternative", inner) || !hazard_need(h, item, "weight", "write {weight: 0.6, hazard: ...}") ||
            !hazard_need(h, item, "hazard", "write {weight: 0.6, hazard: ...}") || !compile_value(c, yaml_get(item, "weight"), VALUE_PROBABILITY, &weight) ||
            !hazard_parse(&other, yaml_get(item, "hazard"), &unused)) return false;
        sum += weight;
        if (!chosen && where < sum) chosen = yaml_get(item, "hazard");
    }
    if (fabs(sum - 1) > 1e-6) {
        diag_error(c->diag, among->place, "let them sum to 1", "the weights sum to %.9g", sum);
        return false;
    }
    if (!chosen) chosen = yaml_get(among->items[among->count - 1], "hazard");
    return hazard_parse(h, chosen, grid);
}

/* ---- all forms ---- */

static bool parse_form(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    bool is_right;
    if (!hazard_take_clock(h, yaml_get(node, "clock"))) return false;
    if (yaml_get(node, "probability")) return parse_rate(h, node, grid);
    if (hazard_parse_family(h, node, grid, &is_right)) return is_right;
    if (yaml_get(node, "choose")) return parse_choice(h, node, grid);
    if (yaml_get(node, "life table")) return hazard_parse_life_table(h, node, grid);
    if (yaml_get(node, "survival table")) return hazard_parse_survival_table(h, node, grid);
    if (yaml_get(node, "periods")) return hazard_parse_periods(h, node, grid);
    if (yaml_get(node, "by")) return yaml_get(node, "table") ? hazard_parse_table(h, node, grid) : parse_by_level(h, node, grid);
    diag_error(h->c->diag, node->place,
               diag_format(h->c->diag, "write a rate, {probability: P, over: TIME}, {FAMILY: ...} with one of %s, {by: ..., table: ...}, {clock: ..., by: ..., "
               "periods: ...}, {by: SLOT, LEVEL: HAZARD, ...}, {life table: ...} or {survival table: ...}", hazard_families),
               "the hazard of event `%s` has no form that is known", h->event->name);
    return false;
}

bool hazard_parse(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    const yaml_node_t *age = yaml_get(node, "age at entry");
    if (node->kind == YAML_SCALAR) return parse_rate(h, node, grid);
    if (!age) return parse_form(h, node, grid) && hazard_change(h, node, grid);
    hazard_t inner = *h; /* its form runs on age, and what comes of it on the time since the start */
    inner.scale = MODEL_NONE;
    if (!parse_form(&inner, node, grid)) return false;
    if (inner.scale != SCALE_AGE) {
        diag_error(h->c->diag, age->place, "leave it out", "`age at entry` stands beside a hazard that does not run on age");
        return false;
    }
    hazard_note_changing(h, node->place, "a hazard by age at entry");
    return hazard_take_scale(h, SCALE_SINCE_START, age->place) && hazard_shift_to_entry(h, age, grid) && hazard_change(h, node, grid);
}

/* ---- the whole hazard ---- */

/* The laws become curves. */
static bool emit_curves(hazard_t *h, const grid_t *grid, const double *speeds, const yaml_node_t *hazard, int32_t first)
{
    compiler_t *c = h->c;
    double falls_at;
    for (size_t row = 0; row < axes_rows(c->model, &grid->axes); row++) {
        model_curve_t curve;
        if (!law_curve(c->arena, grid->laws[row], c->model, &curve, &falls_at)) {
            diag_error(c->diag, h->what ? h->changing : hazard->place, "check gamma and knots, or the parameters and the unit they are in",
                       "the hazard of event `%s` is negative or no number at %.6g years", h->event->name, falls_at / c->units.minutes_per_year);
            return false;
        }
        curve.speed = speeds ? speeds[row] : 1;
        c->model->curves[first + (int32_t)row] = curve;
    }
    return true;
}

/* The laws of all that the event says, and how fast their time runs. */
static bool parse_all(hazard_t *h, grid_t *grid, acceleration_t *acceleration)
{
    const yaml_node_t *node = h->event->node, *factor = yaml_get(node, "acceleration factor"), *times = yaml_get(node, "time ratio");
    bool is_right = hazard_take_clock(h, yaml_get(node, "clock"));
    is_right &= hazard_parse(h, yaml_get(node, "hazard"), grid);
    if (!is_right || !hazard_wane_all(h, yaml_get(node, "hazard ratio"), grid)) return false;
    if (factor && times) {
        diag_error(h->c->diag, times->place, "give one of them: a time ratio is one by an acceleration factor",
                   "event `%s` has a time ratio and an acceleration factor", h->event->name);
        return false;
    }
    return !(factor || times) || hazard_accelerate(h, factor ? factor : times, times != NULL, grid, acceleration);
}

bool compile_hazard(compiler_t *c, const event_t *event, model_clock_t *clock)
{
    model_t *m = c->model;
    hazard_t h = {.c = c, .event = event, .scale = MODEL_NONE, .process = MODEL_NONE};
    grid_t grid = {.laws = NULL};
    acceleration_t acceleration = {.speeds = NULL};
    bool is_right = parse_all(&h, &grid, &acceleration);
    is_right &= compile_ratios(c, yaml_get(event->node, "hazard ratio"), &clock->ratios, &clock->formula);
    const yaml_node_t *least = yaml_get(event->node, "at least");
    if (is_right && least) is_right = hazard_hold_above(&h, least, &acceleration, clock, &grid);
    if (is_right && h.scale == MODEL_NONE && h.what) {
        diag_error(c->diag, h.changing,
                   "add clock: time (since the start), clock: age, or clock: time in state (since the process entered its state)",
                   "%s changes with time, but event `%s` does not say on which clock", h.what, event->name);
        is_right = false;
    }
    if (!is_right) return false;
    clock->scale = h.scale == MODEL_NONE ? SCALE_SINCE_START : h.scale;
    clock->counts_exposure = acceleration.is_exposure;
    if (clock->scale == SCALE_IN_STATE && h.process != event->process->slot) { /* a history: it runs when that has begun */
        clock->process = h.process;
        clock->enabled = compile_and(m, clock->enabled, (model_term_t){.slot = h.process, .levels = 2});
    }
    clock->curve = axes_table(m, &grid.axes, 1);
    clock->curve.first = builder_add_curves(m, (int32_t)axes_rows(m, &grid.axes));
    return emit_curves(&h, &grid, acceleration.speeds, yaml_get(event->node, "hazard"), clock->curve.first);
}

/* ---- ratios ---- */

/* {LEVEL: RATIO, ...}: levels not named have ratio 1. */
static bool ratio_of_levels(compiler_t *c, const yaml_pair_t *pair, model_table_t *table)
{
    model_t *m = c->model;
    int32_t slot = compile_find_slot(c, pair->key, HAZARD_AXES, pair->place);
    if (slot == MODEL_NONE) return false;
    if (pair->value->kind != YAML_MAPPING) {
        diag_error(c->diag, pair->value->place, "write hazard ratio: {SLOT: {LEVEL: RATIO}}", "the ratios of `%s` are not a mapping", pair->key);
        return false;
    }
    if (!compile_make_table(c, &slot, 1, 1, table)) return false;
    for (int32_t l = 0; l < compile_levels(m, slot); l++) m->reals[table->first + l] = 1;
    bool is_right = true;
    for (size_t i = 0; i < pair->value->count; i++) {
        const yaml_pair_t *of = &pair->value->pairs[i];
        if (compile_is_remark(of->key)) continue;
        int32_t level = compile_level(c, slot, of->key, of->place);
        double ratio;
        if (level == MODEL_NONE || !compile_value(c, of->value, VALUE_RATIO, &ratio)) is_right = false;
        else m->reals[table->first + level] = ratio;
    }
    return is_right;
}

/* NUMBER: {per: 10 years, ratio: 1.3, from: 60 years}: 1.3 for each 10 years above 60, 1 / 1.3 for each below. */
static bool ratio_of_number(compiler_t *c, const yaml_pair_t *pair, const expression_t **code)
{
    static const char *const keys[] = {"per", "ratio", "from", NULL};
    const yaml_node_t *per = yaml_get(pair->value, "per"), *ratio = yaml_get(pair->value, "ratio"), *from = yaml_get(pair->value, "from");

    if (!compile_keys(c, pair->value, diag_format(c->diag, "the ratio of `%s`", pair->key), keys)) return false;
    if (!per || !ratio || !from || per->kind != YAML_SCALAR || ratio->kind != YAML_SCALAR || from->kind != YAML_SCALAR) {
        diag_error(c->diag, pair->value->place, "write {per: 10 years, ratio: 1.3, from: 60 years}: the ratio is 1 at `from`",
                   "the ratio of the number `%s` needs `per`, `ratio` and `from`", pair->key);
        return false;
    }
    double value;
    const char *whole = diag_format(c->diag, "(%s) ^ ((%s - (%s)) / (%s))", ratio->text, pair->key, from->text, per->text);
    return compile_text_code(c, whole, pair->value->place, VALUE_RATIO, MAY_READ_HISTORY, &value, code);
}

static void add_ratio(compiler_t *c, model_span_t *ratios, model_table_t table)
{
    int32_t at = builder_add_ratios(c->model, 1);
    if (!ratios->count++) ratios->first = at;
    c->model->ratios[at] = table;
}

/* One ratio: a table, or an expression that is multiplied to *code. */
static bool take_ratio(compiler_t *c, bool is_good, model_span_t *ratios, const model_table_t *table, const expression_t *own,
                       const expression_t **code)
{
    if (!is_good) return false;
    if (own) *code = *code ? compile_combine(c, ARITHMETIC_MULTIPLY, *code, own) : own;
    else add_ratio(c, ratios, *table);
    return true;
}

/* An expression, {by: ...}, or {SLOT: {LEVEL: RATIO}, NUMBER: {per: ...}, ...}. */
static bool read_ratios(compiler_t *c, const yaml_node_t *node, model_span_t *ratios, const expression_t **code)
{
    bool is_right = true;

    if (node->kind == YAML_SCALAR || yaml_get(node, "by")) {
        model_table_t table;
        const expression_t *own = NULL;
        bool is_good = compile_lookup_code(c, node, VALUE_RATIO, HAZARD_AXES, MAY_READ_HISTORY, &table, &own);
        return take_ratio(c, is_good, ratios, &table, own, code);
    }
    if (node->kind != YAML_MAPPING || !node->count) {
        diag_error(c->diag, node->place, "write hazard ratio: {SLOT: {LEVEL: RATIO, ...}, ...}, {by: [SLOT], table: FILE.csv} or an expression",
                   "`hazard ratio` is not a mapping");
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        model_table_t table = {.width = 1};
        const expression_t *own = NULL;
        if (compile_is_remark(pair->key) || hazard_wanes(pair)) continue; /* what wanes is in the curves */
        bool is_number = expression_is_number(c, pair->key) && (model_find_slot(c->model, pair->key) == MODEL_NONE || yaml_get(pair->value, "per"));
        bool is_good = is_number ? ratio_of_number(c, pair, &own) : ratio_of_levels(c, pair, &table);
        is_right &= take_ratio(c, is_good, ratios, &table, own, code);
    }
    return is_right;
}

bool compile_ratios(compiler_t *c, const yaml_node_t *node, model_span_t *out, model_formula_t *formula)
{
    const expression_t *code = NULL;
    bool is_right = true;

    *out = (model_span_t){0, 0};
    *formula = 0;
    if (!node) return true;
    size_t n = node->kind == YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < n; i++) is_right &= read_ratios(c, node->kind == YAML_SEQUENCE ? node->items[i] : node, out, &code);
    if (is_right && code) *formula = compile_formula(c, code, node->kind == YAML_SCALAR ? node->text : "hazard ratio", node->place);
    return is_right && (!code || *formula);
}
