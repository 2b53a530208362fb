/* Stories for machines. Times are in minutes since entry, as stored; ages and the like in the model's own units. */
#include "cli/json.h"
#include "cli/story.h"

static json_t *attributes_json(const protagonist_t *who)
{
    const model_t *m = who->model;
    json_t *attributes = json_object();

    for (int32_t s = 0; s < m->settings.n_attributes; s++)
        if (m->slots[s].is_reported)
            json_object_set_new(attributes, model_text(m, m->slots[s].name),
                                json_string(model_level_name(m, s, who->people.level[s][0])));
    return attributes;
}

static json_t *numbers_json(const protagonist_t *who)
{
    const model_t *m = who->model;
    json_t *numbers = json_object();

    for (int32_t i = 0; i < m->n_numbers; i++)
        if (!m->numbers[i].is_hidden)
            json_object_set_new(numbers, model_text(m, m->numbers[i].name),
                            json_pack("{s:o, s:s}", "value", json_number(who->people.number[i][0] / m->numbers[i].per_unit),
                                      "unit", model_text(m, m->numbers[i].unit)));
    return numbers;
}

static json_t *genes_json(const protagonist_t *who)
{
    const model_t *m = who->model;
    json_t *genes = json_object();

    for (int32_t g = 0; g < m->n_genes; g++) {
        model_span_t alleles = m->genes[g].allele_names;
        int32_t diplotype = who->people.diplotype[g][0];
        const char *first = model_text(m, m->name_list[alleles.first + diplotype / alleles.count]);
        const char *second = model_text(m, m->name_list[alleles.first + diplotype % alleles.count]);
        json_object_set_new(genes, model_text(m, m->genes[g].name), json_pack("[s, s]", first, second));
    }
    return genes;
}

/* What a test shows of a person is fixed at entry, unless its errors are drawn anew. */
static bool is_fixed(const model_reading_t *reading) { return !reading->drawn.width && reading->map == MODEL_NONE && reading->called != MODEL_NONE; }

static json_t *tests_json(const protagonist_t *who)
{
    const model_t *m = who->model;
    json_t *tests = json_object();

    for (int32_t t = 0; t < m->n_tests; t++) {
        json_t *calls = json_object();
        for (int32_t i = 0; i < m->tests[t].readings.count; i++) {
            const model_reading_t *reading = &m->readings[m->tests[t].readings.first + i];
            if (!is_fixed(reading)) continue;
            json_object_set_new(calls, model_text(m, m->slots[reading->observation].name),
                                json_string(model_level_name(m, reading->observation, 1 + who->people.level[reading->called][0])));
        }
        json_object_set_new(tests, model_text(m, m->tests[t].name), calls);
    }
    return tests;
}

/* ---- entries ---- */

static json_t *branch_json(const model_t *m, const story_entry_t *entry)
{
    int32_t outcome = m->indices[m->branches[entry->index].outcomes + entry->chosen];
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "kind", "branch", "minute", entry->minute, "uniform",
                     json_number(entry->uniform), "from", json_number(entry->low), "to", json_number(entry->high), "outcome",
                     outcome == MODEL_NONE ? json_null() : json_string(model_text(m, m->moments[outcome].name)));
}

static json_t *clock_json(const model_t *m, const story_entry_t *entry)
{
    const model_clock_t *clock = &m->clocks[entry->index];
    bool is_hazard = clock->kind == CLOCK_HAZARD, is_due = entry->clock.due != MODEL_NEVER;

    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "kind", entry->kind == ENTRY_AIMED ? "clock aimed" : "clock stopped",
                     "minute", entry->minute, "clock", model_text(m, m->moments[clock->moment].name), "threshold",
                     is_hazard ? json_number(entry->clock.threshold) : json_null(), "ratio",
                     is_hazard ? json_number(entry->clock.ratio) : json_null(), "due_minute",
                     is_due ? json_integer(entry->clock.due) : json_null());
}

static json_t *bill_json(const model_t *m, const story_entry_t *entry)
{
    const model_cell_t *cell = &m->cells[entry->index];
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:o}", "kind", "bill", "minute", entry->minute, "outcome",
                     model_text(m, m->outcomes[cell->outcome].name), "item", model_text(m, cell->name), "why", entry->why,
                     "from_minute", entry->from, "to_minute", entry->to, "amount", json_number(entry->amount));
}

static json_t *entry_json(const model_t *m, const story_entry_t *entry)
{
    switch (entry->kind) {
    case ENTRY_MOMENT:
        return json_pack("{s:s, s:i, s:s, s:i}", "kind", "moment", "minute", entry->minute, "name",
                         model_text(m, m->moments[entry->index].name), "occurrence", entry->occurrence);
    case ENTRY_CHANGE:
        return json_pack("{s:s, s:i, s:s, s:s, s:s}", "kind", "change", "minute", entry->minute, "name",
                         model_text(m, m->slots[entry->index].name), "from", model_level_name(m, entry->index, entry->from),
                         "to", model_level_name(m, entry->index, entry->to));
    case ENTRY_BRANCH: return branch_json(m, entry);
    case ENTRY_TEST:
        return json_pack("{s:s, s:i, s:s, s:o, s:b}", "kind", "test", "minute", entry->minute, "name",
                         model_text(m, m->tests[entry->index].name), "uniform", json_number(entry->uniform), "is_read",
                         entry->chosen);
    case ENTRY_AIMED:
    case ENTRY_STOPPED: return clock_json(m, entry);
    case ENTRY_BILL: return bill_json(m, entry);
    }
    BUG("entry of kind %d", (int)entry->kind);
}

static json_t *totals_json(const model_t *m, const story_t *story)
{
    json_t *totals = json_object();
    for (int32_t o = 0; o < m->n_outcomes; o++)
        json_object_set_new(totals, model_text(m, m->outcomes[o].name), json_number(story->outcomes[o]));
    return totals;
}

static json_t *items_json(const model_t *m, const story_t *story, int32_t outcome)
{
    json_t *items = json_object();
    model_span_t cells = outcome == MODEL_NONE ? (model_span_t){0} : m->outcomes[outcome].cells;
    for (int32_t c = cells.first; c < cells.first + cells.count; c++)
        json_object_set_new(items, model_text(m, m->cells[c].name), json_number(story->cells[c]));
    return items;
}

static json_t *one_story_json(const model_t *m, const story_t *story)
{
    json_t *entries = json_array();
    for (size_t i = 0; i < story->n; i++) json_array_append_new(entries, entry_json(m, &story->entries[i]));
    return json_pack("{s:s, s:i, s:b, s:I, s:o, s:o, s:o, s:o}", "name", model_strategy_name(m, story->strategy),
                     "end_minute", story->end, "is_dead", story->is_dead, "timed_events", (json_int_t)story->n_fired, "outcomes",
                     totals_json(m, story), "costs", items_json(m, story, m->settings.cost), "qaly_items",
                     items_json(m, story, m->settings.qaly), "story", entries);
}

json_t *story_json(const protagonist_t *who, const story_t *stories, size_t n)
{
    json_t *strategies = json_array();

    for (size_t s = 0; s < n; s++) json_array_append_new(strategies, one_story_json(who->model, &stories[s]));
    json_t *person = json_pack("{s:o, s:o, s:o, s:o}", "attributes", attributes_json(who), "numbers", numbers_json(who), "genes",
                               genes_json(who), "tests_would_show", tests_json(who));
    return json_pack("{s:I, s:I, s:o, s:o}", "patient", (json_int_t)who->patient, "seed", (json_int_t)who->seed, "person", person,
                     "strategies", strategies);
}
