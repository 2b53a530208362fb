/* From persons to runs: whoever follows a person through the runs finds what the columns say, however many events people have. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "store/strand.h"
#include "support/payoff_model.h"

enum { PEOPLE = 7, MOST_EVENTS = 6000, HORIZON = 100000 };

static const uint32_t few[PEOPLE] = {3, 0, 1, 40, 2, 0, 5}, many[PEOPLE] = {3, 0, MOST_EVENTS, 1, 0, 4000, 2};

static uint8_t died[PEOPLE], moment[2 * MOST_EVENTS];
static int32_t minute[2 * MOST_EVENTS];

static strand_columns_t columns_of(const uint32_t *count, int32_t first_moment)
{
    strand_columns_t columns = {.n_people = PEOPLE, .count = count, .died = died, .minute = minute, .moment = moment, .moment_bytes = 1};

    for (int p = 0; p < PEOPLE; p++)
        for (uint32_t k = 0; k < count[p]; k++, columns.n_events++) {
            minute[columns.n_events] = (int32_t)(k * 7 + (uint32_t)p);
            moment[columns.n_events] = (uint8_t)(first_moment + (int32_t)((k * k + (uint32_t)p) % 3));
        }
    memset(died, 0, sizeof died);
    died[3] = 1;
    return columns;
}

static model_t model_of_three(int32_t *first_moment)
{
    model_t m = payoff_model(HORIZON);

    *first_moment = add_moment(&m, "a", DRUG, STANDARD);
    add_moment(&m, "b", DRUG, STANDARD);
    add_moment(&m, "c", DRUG, STANDARD);
    add_strategy(&m, "without");
    add_strategy(&m, "with");
    return m;
}

/* Two moments of everybody at entry of the second strategy. Returns the first. */
static int32_t add_entry(model_t *m)
{
    const int32_t first = add_moment(m, "at entry", DRUG, STANDARD), rule = builder_add_rules(m, 2);

    add_moment(m, "then", DRUG, ALTERNATE);
    for (int32_t k = 0; k < 2; k++) {
        m->moments[first + k].kind = MOMENT_ACTION;
        m->moments[first + k].strategy = 1;
        m->rules[rule + k] = (model_rule_t){.kind = RULE_ALWAYS, .moment = first + k};
    }
    m->strategies[1].entry = (model_span_t){rule, 2};
    m->strategies[1].rules_of = builder_add_rule_lists(m, m->n_moments);
    return first;
}

/* People in two groups under either strategy; `next` is each one's next event. */
static void follow(const uint32_t *count, int32_t strategy)
{
    int32_t first_moment;
    model_t m = model_of_three(&first_moment);
    const int32_t at_entry = add_entry(&m);
    const strand_columns_t columns = columns_of(count, first_moment);
    strand_t strand = {0};
    strand_sorter_t *sorter;
    trajectory_t out;
    const char *wrong;
    size_t next[PEOPLE], at = 0;

    for (int p = 0; p < PEOPLE; at += count[p++]) next[p] = at;
    trajectory_init(&out);
    cr_assert_eq(strand_sorter_new(&m, PEOPLE, &sorter), POPGX_OK);
    cr_assert_eq(strand_begin(&strand, &m, strategy, &columns, &wrong), POPGX_OK);
    cr_assert_null(wrong, "%s", wrong);
    for (int first = 0, n = 4; first < PEOPLE; first += n, n = PEOPLE - 4) {
        cr_assert_eq(trajectory_reset(&out, (size_t)n, HORIZON), POPGX_OK);
        cr_assert_eq(strand_take(&strand, sorter, (size_t)n, &out, &wrong), POPGX_OK);
        cr_assert_null(wrong, "%s", wrong);
        const int32_t *person = out.person, *when = out.minute;
        size_t r = 0;
        for (; strategy == 1 && r < 2; r++) {
            cr_assert(out.runs[r].moment == at_entry + (int32_t)r && out.runs[r].count == n, "run %zu", r);
            for (int32_t i = 0; i < n; i++) cr_assert(*person++ == i && *when++ == 0);
        }
        for (; r < out.n_runs; r++)
            for (int32_t k = 0; k < out.runs[r].count; k++, person++, when++) {
                const size_t e = next[first + *person]++;
                cr_assert(*when == minute[e] && out.runs[r].moment == moment[e], "event %zu", e);
                cr_assert(k == 0 || person[-1] < *person, "nobody is in a run twice");
            }
        for (int i = 0; i < n; i++) cr_assert_eq(out.end[i], first + i == 3 ? minute[next[3] - 1] : HORIZON);
    }
    for (int p = 0, after = 0; p < PEOPLE; p++) cr_assert_eq(next[p], (size_t)(after += (int)count[p]), "person %d", p);
    strand_release(&strand);
    strand_sorter_free(sorter);
    trajectory_release(&out);
    model_release(&m);
}

Test(store_strand, people_with_few_events_keep_their_order) { follow(few, 0); }

Test(store_strand, what_everybody_has_at_entry_comes_first) { follow(few, 1); }

Test(store_strand, people_with_thousands_of_events_keep_their_order) { follow(many, 1); }

static const char *look(const strand_columns_t *columns)
{
    int32_t first_moment;
    model_t m = model_of_three(&first_moment);
    strand_t strand = {0};
    const char *wrong;

    cr_assert_eq(strand_begin(&strand, &m, 0, columns, &wrong), POPGX_OK);
    strand_release(&strand);
    model_release(&m);
    return wrong ? wrong : "nothing";
}

Test(store_strand, what_cannot_be_is_said)
{
    uint32_t more[PEOPLE];
    int32_t first_moment;
    model_t m = model_of_three(&first_moment);
    strand_columns_t columns = columns_of(few, first_moment);

    cr_assert_str_eq(look(&columns), "nothing");
    minute[10] = minute[9] - 1;
    cr_assert_str_eq(look(&columns), "minutes that go back, or beyond the horizon");
    columns = columns_of(few, first_moment);
    minute[columns.n_events - 1] = HORIZON;
    cr_assert_str_eq(look(&columns), "minutes that go back, or beyond the horizon");
    columns = columns_of(few, first_moment);
    moment[5] = (uint8_t)m.n_moments;
    cr_assert_str_eq(look(&columns), "an event that the model does not have");
    columns = columns_of(few, first_moment);
    died[1] = 1;
    cr_assert_str_eq(look(&columns), "a death without an event");
    columns = columns_of(few, first_moment);
    memcpy(more, few, sizeof more);
    more[6]++;
    columns.count = more;
    cr_assert_str_eq(look(&columns), "more events of people than events");
    more[6] -= 2;
    cr_assert_str_eq(look(&columns), "events of nobody");
    model_release(&m);
}
