/* Models that are right in every part and too much as a whole are refused where they are written, not when they run. */
#include "model_fixture.h"

/* A text that grows; the test reads it once. */
typedef struct {
    char *text;
    size_t size;
    FILE *out;
} text_t;

static void text_init(text_t *t)
{
    t->out = open_memstream(&t->text, &t->size);
    cr_assert(t->out);
}

/* Frees the text. */
static whole_model_t model_of_text(text_t *t)
{
    fclose(t->out);
    whole_model_t w = model_of("m.yaml", t->text, NULL, 0);
    free(t->text);
    return w;
}

#define STRATEGIES "strategies: {usual: {}}\n"

/* ---- events in the same minute ---- */

/* e0 happens on its clock; e1 to e`n` follow, each `branches` times from the one before it. */
static whole_model_t cascade(int n, const char *branches)
{
    text_t t;
    text_init(&t);
    fputs(STRATEGIES "processes:\n  p:\n    events:\n      e0: {hazard: 1 per year, branches: {e1: 1}}\n", t.out);
    for (int i = 1; i < n; i++) {
        fprintf(t.out, "      e%d: {immediate: always, branches: ", i);
        fprintf(t.out, branches, i + 1, i + 1);
        fputs("}\n", t.out);
    }
    fprintf(t.out, "      e%d: {immediate: always}\n", n);
    return model_of_text(&t);
}

Test(limits, a_thousand_events_in_one_minute_are_enough)
{
    whole_model_t most = cascade(999, "{e%d: 1}"), more = cascade(1000, "{e%d: 1}"), far_more = cascade(2000, "{e%d: 1}");

    expect_messages(most.diag, NULL);
    expect_messages(more.diag, "m.yaml:8:7: more than 1000 events can follow `e0` in the same minute: let some of them happen after a delay", NULL);
    expect_messages(far_more.diag, "m.yaml:8:7: more than 1000 events can follow `e0` in the same minute: let some of them happen after a delay", NULL);
    close_model(&most);
    close_model(&more);
    close_model(&far_more);
}

/* Every event is followed by two that are each followed by two: 2^40 of them. */
Test(limits, events_that_double_are_refused)
{
    text_t t;
    text_init(&t);
    fputs(STRATEGIES "processes:\n  p:\n    events:\n      e0: {hazard: 1 per year, branches: {e1: 1}}\n", t.out);
    for (int i = 1; i < 40; i++) {
        fprintf(t.out, "      e%d: {immediate: always, branches: {e%d: 1}}\n", i, i + 1);
        fprintf(t.out, "      again %d: {after: e%d, branches: {e%d: 1}}\n", i, i, i + 1);
    }
    fputs("      e40: {immediate: always}\n", t.out);
    whole_model_t w = model_of_text(&t);
    expect_messages(w.diag, "m.yaml:8:7: more than 1000 events can follow `e0` in the same minute: let some of them happen after a delay", NULL);
    close_model(&w);
}

/* Either of two, and again either of two: 2^60 ways, but nobody goes more than one of them. */
Test(limits, ways_that_part_and_meet_again_are_no_more_events)
{
    text_t t;
    text_init(&t);
    fputs(STRATEGIES "processes:\n  p:\n    events:\n      e0: {hazard: 1 per year, branches: {a1: 0.5, b1: rest}}\n", t.out);
    for (int i = 1; i <= 60; i++)
        for (const char *kind = "ab"; *kind; kind++) {
            fprintf(t.out, "      %c%d: {immediate: always", *kind, i);
            if (i < 60) fprintf(t.out, ", branches: {a%d: 0.5, b%d: rest}", i + 1, i + 1);
            fputs("}\n", t.out);
        }
    whole_model_t w = model_of_text(&t);
    expect_messages(w.diag, NULL);
    cr_assert_eq(w.err, POPGX_OK);
    close_model(&w);
}

Test(limits, a_strategy_that_orders_a_test_again_at_its_result_goes_round)
{
    expect_wrong("people: {x: {a: 1}}\nprocesses: {p: {states: [q]}}\n"
                 "tests: {t: {reads: x}}\n"
                 "strategies:\n"
                 "  s:\n"
                 "    entry: [{order: t}]\n"
                 "    result of t: [{order: t}]\n",
                 "m.yaml:8:3: strategy `s` goes round for ever in one minute: order of t, result of t, order of t: let a test take time: result after: 1 day");
}

/* ---- combinations of levels ---- */

/* An event whose hazard depends on `n` processes of four states each. */
static whole_model_t dependent(int n)
{
    text_t t;
    text_init(&t);
    fputs("processes:\n  p:\n    events:\n      happens: {hazard: 1 per year, hazard ratio: {", t.out);
    for (int i = 0; i < n; i++) fprintf(t.out, "%sq%d: {b: 2}", i ? ", " : "", i);
    fputs("}}\n", t.out);
    for (int i = 0; i < n; i++) fprintf(t.out, "  q%d: {states: [a, b, c, d]}\n", i);
    fputs("strategies: {usual: {entry: [", t.out);
    for (int i = 0; i < 3 * n; i++) fprintf(t.out, "%s{set: {q%d: %c}}", i ? ", " : "", i / 3, 'b' + i % 3);
    fputs("]}}\n", t.out);
    return model_of_text(&t);
}

Test(limits, an_event_may_tell_a_million_combinations_of_levels_apart_and_no_more)
{
    whole_model_t most = dependent(10), more = dependent(11); /* 4^10 = 2^20 */

    expect_messages(most.diag, NULL);
    expect_messages(more.diag, "m.yaml:7:7: event `happens` depends on more than 1048576 combinations of levels: "
                    "let fewer attributes and processes act on it, or group their levels", NULL);
    close_model(&most);
    close_model(&more);
}

/* ---- amounts ---- */

Test(limits, money_and_utilities_out_of_all_proportion_are_refused)
{
    expect_wrong(STRATEGIES
                 "people: {sex: {f: 0.5, m: rest}}\n"
                 "processes: {p: {events: {e: {hazard: 1 per year}}}}\n"
                 "tests: {t: {reads: sex, cost: 4e7 USD}}\n"
                 "payoffs:\n"
                 "  cost:\n"
                 "    - {event: e, amount: 33554432 USD}\n"    /* 2^25 */
                 "    - {event: e, amount: 33554431 USD}\n"
                 "    - {event: e, amount: {by: sex, f: 1 USD, m: -1e30 USD}, spread: 1 day}\n"
                 "    - {while: {life: alive}, rate: 1e9 USD per hour}\n"
                 "  qaly:\n"
                 "    floor: -1e300\n"
                 "    items:\n"
                 "      - {while: {life: alive}, utility: -1001}\n"
                 "      - {event: e, utility: 1e308, for: 1 day}\n",
                 "m.yaml:7:31: 4e+07 USD is more than a person may cost (3.36e+07): if it is meant, add `largest cost per person: 4e+08 USD`",
                 "m.yaml:10:26: 3.35544e+07 USD is more than a person may cost (3.36e+07): if it is meant, add `largest cost per person: 3e+08 USD`",
                 "m.yaml:12:26: 1e+30 USD is more than a person may cost (3.36e+07): write a smaller one, or count in a larger unit",
                 "m.yaml:13:36: 2.4e+10 USD a day is more than a person may cost (3.36e+07): if it is meant, add `largest cost per person: 2e+11 USD`",
                 "m.yaml:15:12: the floor of utilities is -1e+300: full health is 1, and death is 0",
                 "m.yaml:17:41: the utility of `life alive` is 1001: full health is 1, and a loss is at most a few times that",
                 "m.yaml:18:29: the utility of `e` is 1e+308: full health is 1, and a loss is at most a few times that");
}

/* ---- haste ---- */

#define HASTE(event) STRATEGIES "processes:\n  p:\n    states: [a, b]\n    events:\n      back: {from: b, to: a, delay: 1 day}\n      go: " event "\n"
#define AGAIN "m.yaml:10:7: warning: `go` can happen again at once: within a minute with probability "
#define MEANT ": times are whole minutes: see whether that is meant, or limit it with `repeats`"

static void expect_warning(const char *text, const char *warning)
{
    whole_model_t w = right_model(text);
    expect_messages(w.diag, warning, NULL);
    close_model(&w);
}

Test(limits, an_event_that_happens_again_within_minutes_is_pointed_out)
{
    expect_warning(HASTE("{from: a, to: b, hazard: 1 per minute}"), AGAIN "0.63" MEANT);             /* 1 - e^-1 */
    expect_warning(HASTE("{from: a, to: b, hazard: {weibull: {shape: 0.01, scale: 1 year}}, clock: time in state}"),
                   AGAIN "0.58" MEANT);                                                                  /* 1 - exp(-525960^-0.01) = 0.584 */
    expect_warning(HASTE("{from: a, to: b, hazard: {weibull: {shape: 0.01, scale: 1 year}}, clock: time}"), NULL);
    expect_warning(HASTE("{from: a, to: b, hazard: {weibull: {shape: 0.5, scale: 1 year}}, clock: time in state}"), NULL);
    expect_warning(HASTE("{from: a, to: b, hazard: 1 per minute, repeats: once}"), NULL);
    expect_warning(HASTE("{from: a, to: b, hazard: 1 per day}"), NULL);
    expect_warning(HASTE("{from: a, to: life.dead, hazard: 1 per minute}\n      turn: {from: a, to: b, hazard: 1 per day}"), NULL);
    expect_warning(STRATEGIES "processes: {p: {states: [a, b], events: {go: {from: a, to: b, hazard: 1 per minute}}}}", NULL);
}
