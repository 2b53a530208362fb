/*
 * What changes a hazard: cured shares, sums and differences, lower limits, causes that have events of their own, accelerated time,
 * ratios that wane. All of it works on laws, row by row; nothing here is evaluated per person.
 */
#include <string.h>

#include "spec/compile_hazards.h"

/* ---- what changes a hazard ---- */

/* grid = grid and other, row by row of all that either depends on. */
static bool join_grids(hazard_t *h, grid_t *grid, const grid_t *other, law_kind_t kind, place_t place)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    grid_t joint = {.axes = grid->axes};
    for (size_t a = 0; a < other->axes.n; a++)
        if (!axes_add(c, &joint.axes, other->axes.slot[a], place)) return false;
    size_t rows = axes_rows(m, &joint.axes);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    joint.laws = arena_take(c->arena, rows, sizeof *joint.laws);
    for (size_t row = 0; row < rows; row++) {
        axes_levels(m, &joint.axes, row, levels);
        const law_t *first = grid->laws[axes_row(m, &grid->axes, levels)], *second = other->laws[axes_row(m, &other->axes, levels)];
        joint.laws[row] = law_of_two(c->arena, kind, first, second);
    }
    *grid = joint;
    return true;
}

/* ---- causes that have events of their own ---- */

/* The probability that `name` follows among `branches` of plain numbers; -1 if it is none of them, -2 if that cannot be said. */
static double share_of_branch(compiler_t *c, const yaml_node_t *branches, const char *name)
{
    const yaml_node_t *own = yaml_get(branches, name);
    double share, others = 0;
    if (!own) return -1;
    bool is_rest = own->kind == YAML_SCALAR && !strcmp(own->text, "rest");
    if (!is_rest) return own->kind == YAML_SCALAR && compile_value(c, own, VALUE_PROBABILITY, &share) ? share : -2;
    for (size_t i = 0; i < branches->count; i++) {
        const yaml_node_t *value = branches->pairs[i].value;
        if (value == own || compile_is_remark(branches->pairs[i].key)) continue;
        if (value->kind != YAML_SCALAR || !compile_value(c, value, VALUE_PROBABILITY, &share)) return -2;
        others += share;
    }
    return 1 - others;
}

/* The timed event by whose hazard `event` happens, and with what probability it does then; NULL after reporting. */
static const event_t *source_of(hazard_t *h, const event_t *event, place_t place, double *share)
{
    const struct processes *p = h->c->processes;
    *share = 1;
    if (yaml_get(event->node, "hazard")) return event;
    for (size_t i = 0; i < p->n_events && event->is_immediate; i++) {
        *share = p->events[i].node ? share_of_branch(h->c, yaml_get(p->events[i].node, "branches"), event->name) : -1;
        if (*share >= 0 && yaml_get(p->events[i].node, "hazard")) return &p->events[i];
    }
    diag_error(h->c->diag, place, "write minus: HAZARD, the hazard of the cause in the general population",
               "how often `%s` happens cannot be read off its event", event->name);
    return NULL;
}

/* What `minus: [EVENT, ...]` takes away: the hazards of these events, without their ratios. */
static bool take_away_events(hazard_t *h, const yaml_node_t *list, grid_t *grid)
{
    for (size_t i = 0; i < compile_count(list); i++) {
        const yaml_node_t *item = compile_item(list, i);
        const char *name = compile_name(h->c, item, "the event to leave out");
        const event_t *event = name ? compile_event_named(h->c, name, item->place) : NULL, *source;
        double share;
        if (!event || !(source = source_of(h, event, item->place, &share))) return false;
        if (source == h->event) {
            diag_error(h->c->diag, item->place, "name other events", "the hazard of `%s` cannot be taken from itself", event->name);
            return false;
        }
        hazard_t other = {.c = h->c, .event = source, .scale = MODEL_NONE, .process = MODEL_NONE};
        grid_t cause = {.laws = NULL};
        if (!hazard_take_clock(&other, yaml_get(source->node, "clock")) || !hazard_parse(&other, yaml_get(source->node, "hazard"), &cause)) return false;
        if (other.what && (other.scale != h->scale || (other.scale == SCALE_IN_STATE && other.process != h->process))) {
            diag_error(h->c->diag, item->place, "write minus: HAZARD on the clock of this one", "event `%s` runs on another clock", source->name);
            return false;
        }
        for (size_t row = 0; row < axes_rows(h->c->model, &cause.axes); row++) cause.laws[row] = law_scaled(h->c->arena, cause.laws[row], share);
        if (!join_grids(h, grid, &cause, LAW_DIFFERENCE, item->place)) return false;
    }
    return true;
}

static bool is_list_of_events(hazard_t *h, const yaml_node_t *node)
{
    if (node->kind == YAML_SEQUENCE) return true;
    for (size_t i = 0; i < h->c->processes->n_events && node->kind == YAML_SCALAR; i++)
        if (!strcmp(h->c->processes->events[i].name, node->text)) return true;
    return false;
}

static bool take_away(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    grid_t other = {.laws = NULL};
    if (!node) return true;
    if (is_list_of_events(h, node)) return take_away_events(h, node, grid);
    return hazard_parse(h, node, &other) && join_grids(h, grid, &other, LAW_DIFFERENCE, node->place);
}

static bool combine(hazard_t *h, const yaml_node_t *node, grid_t *grid, law_kind_t kind)
{
    grid_t other = {.laws = NULL};
    return !node || (hazard_parse(h, node, &other) && join_grids(h, grid, &other, kind, node->place));
}

bool hazard_change(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    compiler_t *c = h->c;
    const yaml_node_t *cured = yaml_get(node, "cured"), *latest = yaml_get(node, "at the latest");
    double share, end;
    if (cured) {
        if (!compile_value(c, cured, VALUE_PROBABILITY, &share)) return false;
        for (size_t row = 0; row < axes_rows(c->model, &grid->axes); row++) grid->laws[row] = law_cured(c->arena, grid->laws[row], share);
        hazard_note_changing(h, cured->place, "a hazard with a cured share");
    }
    if (!combine(h, yaml_get(node, "plus"), grid, LAW_SUM) || !take_away(h, yaml_get(node, "minus"), grid) ||
        !combine(h, yaml_get(node, "at least"), grid, LAW_GREATER)) return false;
    if (latest) {
        if (!compile_value(c, latest, VALUE_DURATION, &end)) return false;
        for (size_t row = 0; row < axes_rows(c->model, &grid->axes); row++) grid->laws[row] = law_latest(c->arena, grid->laws[row], end);
        hazard_note_changing(h, latest->place, "a hazard with a latest time");
    }
    return true;
}

/* The slot of bands of age with this name, and the lower limits of all of them; MODEL_NONE after reporting. */
static int32_t bands_of_age(hazard_t *h, const yaml_node_t *node, double *limits)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    int32_t slot = compile_find_slot(c, node->text, CONDITION_ATTRIBUTES, node->place);
    bool is_of_age = false;
    for (int32_t i = 0; i < m->n_steps && slot != MODEL_NONE; i++)
        is_of_age |= m->steps[i].kind == STEP_BAND && m->steps[i].to == slot && m->steps[i].from == m->settings.age;
    if (slot != MODEL_NONE && !is_of_age)
        diag_error(c->diag, node->place, "name an attribute made by {of: age, from: [...]}, or give a time", "`%s` are not bands of age", node->text);
    if (!is_of_age) return MODEL_NONE;
    const yaml_node_t *from = yaml_get(yaml_get(yaml_get(c->root, "people"), node->text), "from"); /* the step has the cuts, but not where the first begins */
    for (size_t i = 0; i < from->count; i++)
        if (!hazard_time_value(h, from->items[i], "from", 1, c->units.minutes_per_year, &limits[i])) return MODEL_NONE;
    return slot;
}

/* `age at entry: 60 years`, or `age at entry: BANDS`, in which people are taken to be in the middle of their band (the last as wide as the one before). */
bool hazard_shift_to_entry(hazard_t *h, const yaml_node_t *node, grid_t *grid)
{
    compiler_t *c = h->c;
    double limits[MODEL_MAX_LEVELS];
    quantity_names_t names = compile_parameter_names(c);
    quantity_t age;
    bool is_slot = node->kind == YAML_SCALAR && model_find_slot(c->model, node->text) != MODEL_NONE;
    if (!is_slot) {
        if (node->kind != YAML_SCALAR || !quantity_parse(node->text, node->place, &c->units, &names, c->diag, &age)) return false;
        if (age.time != 1 || age.money || age.value < 0) {
            diag_error(c->diag, node->place, "write a time, such as 60 years, or name bands of age", "`age at entry` is not an age");
            return false;
        }
    }
    grid_t shifted = {.axes = grid->axes};
    int32_t slot = is_slot ? bands_of_age(h, node, limits) : MODEL_NONE;
    if (is_slot && (slot == MODEL_NONE || !axes_add(c, &shifted.axes, slot, node->place))) return false;
    size_t rows = axes_rows(c->model, &shifted.axes);
    uint8_t *levels = arena_take(c->arena, (size_t)c->model->n_slots, sizeof *levels);
    shifted.laws = arena_take(c->arena, rows, sizeof *shifted.laws);
    for (size_t row = 0; row < rows; row++) {
        axes_levels(c->model, &shifted.axes, row, levels);
        double start = age.value;
        if (is_slot) {
            int32_t l = levels[slot], last = compile_levels(c->model, slot) - 1;
            double from = limits[l], to = l < last ? limits[l + 1] : 2 * from - limits[l - 1]; /* there are two or more */
            start = 0.5 * (from + to);
        }
        shifted.laws[row] = law_shifted(c->arena, grid->laws[axes_row(c->model, &grid->axes, levels)], start);
    }
    *grid = shifted;
    return true;
}

/* ---- what acts on the whole hazard ---- */

/* Makes the grid depend on one more slot: every law is that of the row it had. */
static bool widen(hazard_t *h, grid_t *grid, int32_t slot, place_t place)
{
    compiler_t *c = h->c;
    grid_t wide = {.axes = grid->axes};
    if (!axes_add(c, &wide.axes, slot, place)) return false;
    size_t rows = axes_rows(c->model, &wide.axes);
    uint8_t *levels = arena_take(c->arena, (size_t)c->model->n_slots, sizeof *levels);
    wide.laws = arena_take(c->arena, rows, sizeof *wide.laws);
    for (size_t row = 0; row < rows; row++) {
        axes_levels(c->model, &wide.axes, row, levels);
        wide.laws[row] = grid->laws[axes_row(c->model, &grid->axes, levels)];
    }
    *grid = wide;
    return true;
}

bool hazard_wanes(const yaml_pair_t *pair) { return yaml_get(pair->value, "waning") != NULL; }

/* The first `waning` in any form of ratios; NULL: nothing wanes. */
static const yaml_node_t *find_waning(const yaml_node_t *ratios)
{
    const yaml_node_t *found = NULL;
    for (size_t i = 0; ratios->kind == YAML_SEQUENCE && !found && i < ratios->count; i++) found = find_waning(ratios->items[i]);
    for (size_t i = 0; ratios->kind == YAML_MAPPING && !found && i < ratios->count; i++) found = yaml_get(ratios->pairs[i].value, "waning");
    return found;
}

/* `acceleration factor:` or `time ratio:`, with the forms of `hazard ratio`. */
bool hazard_accelerate(hazard_t *h, const yaml_node_t *node, bool is_ratio_of_times, grid_t *grid, acceleration_t *acceleration)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    model_span_t tables;
    model_formula_t formula;
    const yaml_node_t *waning = find_waning(node);
    if (waning) {
        diag_error(c->diag, waning->place, "let a hazard ratio wane, or give factors for states that follow each other", "an acceleration factor cannot wane");
        return false;
    }
    if (!compile_ratios(c, node, &tables, &formula)) return false;
    if (formula) {
        diag_error(c->diag, node->place, "give factors by levels; make bands of numbers", "time cannot be accelerated by an expression");
        return false;
    }
    for (int32_t t = 0; t < tables.count; t++) {
        const model_span_t axes = m->ratios[tables.first + t].axes;
        for (int32_t a = 0; a < axes.count; a++) {
            int32_t slot = m->axes[axes.first + a].slot;
            if (!widen(h, grid, slot, node->place)) return false;
            acceleration->is_exposure |= m->slots[slot].kind != SLOT_ATTRIBUTE;
        }
    }
    size_t rows = axes_rows(m, &grid->axes);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    acceleration->speeds = arena_take(c->arena, rows, sizeof *acceleration->speeds);
    for (size_t row = 0; row < rows; row++) {
        double factor = 1;
        axes_levels(m, &grid->axes, row, levels);
        for (int32_t t = 0; t < tables.count; t++) factor *= m->reals[model_row_first(m, &m->ratios[tables.first + t], levels)];
        if (!(factor > 0)) {
            diag_error(c->diag, node->place, "it must be above 0", "time that runs 0 times as fast");
            return false;
        }
        acceleration->speeds[row] = is_ratio_of_times ? 1 / factor : factor;
        grid->laws[row] = law_accelerated(c->arena, grid->laws[row], acceleration->speeds[row]);
    }
    return true;
}

bool hazard_hold_above(hazard_t *h, const yaml_node_t *node, acceleration_t *acceleration, model_clock_t *clock, grid_t *grid)
{
    compiler_t *c = h->c;
    const model_t *m = c->model;
    grid_t least = {.laws = NULL};
    if (clock->formula || acceleration->is_exposure) {
        diag_error(c->diag, node->place, clock->formula ? "give ratios by levels; make bands of numbers"
                   : "give a hazard for each state, {by: PROCESS, STATE: {..., at least: ...}}",
                   clock->formula ? "a hazard that is held above another one has a ratio that is an expression"
                   : "a hazard that is held above another one runs at speeds that change");
        return false;
    }
    for (int32_t t = 0; t < clock->ratios.count; t++) {
        const model_span_t axes = m->ratios[clock->ratios.first + t].axes;
        for (int32_t a = 0; a < axes.count; a++)
            if (!widen(h, grid, m->axes[axes.first + a].slot, node->place)) return false;
    }
    size_t rows = axes_rows(m, &grid->axes);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    for (size_t row = 0; row < rows; row++) {
        double ratio = 1;
        axes_levels(m, &grid->axes, row, levels);
        for (int32_t t = 0; t < clock->ratios.count; t++) ratio *= m->reals[model_row_first(m, &m->ratios[clock->ratios.first + t], levels)];
        grid->laws[row] = law_scaled(c->arena, grid->laws[row], ratio);
    }
    clock->ratios.count = 0;    /* they are in the laws now */
    acceleration->speeds = NULL; /* and so is how fast time runs, which nothing changes */
    return hazard_parse(h, node, &least) && join_grids(h, grid, &least, LAW_GREATER, node->place);
}

/* h times a ratio that goes from `ratio` to `toward`: the last by itself, and what it is until then on top. */
static const law_t *waned(hazard_t *h, const law_t *law, double ratio, double toward, double from, double to)
{
    if (toward == 1) return law_waning(h->c->arena, law, ratio, from, to);
    return law_scaled(h->c->arena, law_waning(h->c->arena, law, ratio / toward, from, to), toward);
}

/* {LEVEL: RATIO, ..., waning: {from: TIME, to: TIME, toward: RATIO}}: ratios that go to 1, or another, on the clock's own time, and so belong to the curves. */
static bool wane(hazard_t *h, const yaml_pair_t *pair, grid_t *grid)
{
    static const char *const keys[] = {"from", "to", "toward", NULL}, right[] = "write waning: {from: 2 years, to: 5 years}";
    compiler_t *c = h->c;
    const yaml_node_t *waning = yaml_get(pair->value, "waning"), *from_node = yaml_get(waning, "from"), *to_node = yaml_get(waning, "to");
    const yaml_node_t *toward_node = yaml_get(waning, "toward");
    double from = 0, to = 0, toward = 1;
    int32_t slot = compile_find_slot(c, pair->key, HAZARD_AXES, pair->place);
    if (slot == MODEL_NONE || !compile_keys(c, waning, "`waning`", keys) || !hazard_need(h, waning, "from", right) || !hazard_need(h, waning, "to", right) ||
        !hazard_time_value(h, from_node, "from", 1, c->units.minutes_per_year, &from) ||
        !hazard_time_value(h, to_node, "to", 1, c->units.minutes_per_year, &to) ||
        (toward_node && !compile_value(c, toward_node, VALUE_RATIO, &toward)) || !widen(h, grid, slot, pair->place)) return false;
    if (!(toward > 0)) {
        diag_error(c->diag, toward_node->place, "it must be above 0", "a ratio that wanes toward 0");
        return false;
    }
    if (!(from >= 0 && to > from)) {
        diag_error(c->diag, waning->place, right, "a ratio that wanes before it begins to");
        return false;
    }
    hazard_note_changing(h, waning->place, "a ratio that wanes");
    uint8_t *levels = arena_take(c->arena, (size_t)c->model->n_slots, sizeof *levels);
    for (size_t i = 0; i < pair->value->count; i++) {
        const yaml_pair_t *of = &pair->value->pairs[i];
        if (compile_is_remark(of->key) || !strcmp(of->key, "waning")) continue;
        int32_t level = compile_level(c, slot, of->key, of->place);
        double ratio;
        if (level == MODEL_NONE || !compile_value(c, of->value, VALUE_RATIO, &ratio)) return false;
        for (size_t row = 0; row < axes_rows(c->model, &grid->axes); row++) {
            axes_levels(c->model, &grid->axes, row, levels);
            if (levels[slot] == level) grid->laws[row] = waned(h, grid->laws[row], ratio, toward, from, to);
        }
    }
    return true;
}

bool hazard_wane_all(hazard_t *h, const yaml_node_t *ratios, grid_t *grid)
{
    for (size_t i = 0; ratios && ratios->kind == YAML_SEQUENCE && i < ratios->count; i++)
        if (!hazard_wane_all(h, ratios->items[i], grid)) return false;
    for (size_t i = 0; ratios && ratios->kind == YAML_MAPPING && !yaml_get(ratios, "by") && i < ratios->count; i++)
        if (hazard_wanes(&ratios->pairs[i]) && !wane(h, &ratios->pairs[i], grid)) return false;
    return true;
}
