/*
 * The laws of lives: what the engine samples against closed forms, from clocks to trajectories.
 *
 * Each comparison raises a false alarm with probability 1e-6 (Kolmogorov-Smirnov: sqrt(n) D > 2.693, since
 * 2 exp(-2 x^2) = 1e-6; chi-square: its 1 - 1e-6 quantile by Wilson and Hilferty). The seeds are fixed, so one that
 * passes today passes always. With 50,000 people a hazard ratio that is 4 % off is found.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "engine/engine.h"
#include "support/handmade.h"

enum { N = 50000, HORIZON = 100000000 };

typedef struct {
    model_t m;
    hand_people_t people;
    trajectory_t trajectory;
} population_t;

static population_t w;
static double sample[N];

static void begin(int32_t horizon)
{
    hand_begin(&w.m, horizon);
    trajectory_init(&w.trajectory);
}

static void live(uint64_t seed)
{
    engine_t *engine;
    uint64_t n_fired = 0;

    hand_strategy(&w.m, "s");
    if (!w.people.key) w.people = hand_people(&w.m, N, seed, 0);
    cr_assert_eq(engine_new(&w.m, N, &engine), POPGX_OK);
    engine_start(engine, &w.people.view);
    cr_assert_eq(engine_run(engine, 0, &w.trajectory, &n_fired), POPGX_OK);
    engine_free(engine);
}

static void end(void)
{
    hand_people_release(&w.m, &w.people);
    trajectory_release(&w.trajectory);
    model_release(&w.m);
}

/* Calls `visit` for every record, those of one person in their order. */
typedef void (*visitor_t)(void *context, int32_t person, int32_t moment, int32_t minute);

static void each_record(visitor_t visit, void *context)
{
    size_t k = 0;
    for (size_t run = 0; run < w.trajectory.n_runs; run++)
        for (int32_t j = 0; j < w.trajectory.runs[run].count; j++, k++)
            visit(context, w.trajectory.person[k], w.trajectory.runs[run].moment, w.trajectory.minute[k]);
}

/* ---- tests of fit ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether sample[0..n) follows the survival function; what reaches `horizon` only counts as that. Times are rounded to
 * minutes, so the functions are compared half a minute later. */
static void expect_survival(size_t n, double (*survival)(double), double horizon, const char *what)
{
    double greatest = 0;

    qsort(sample, n, sizeof *sample, ascending);
    for (size_t k = 0; k < n && sample[k] < horizon; k++) {
        if (k + 1 < n && sample[k + 1] == sample[k]) continue; /* the last of a minute */
        double difference = fabs((double)(k + 1) / (double)n - (1 - survival(sample[k] + 0.5)));
        if (difference > greatest) greatest = difference;
    }
    cr_assert_lt(sqrt((double)n) * greatest, 2.693, "%s: D = %g for %zu times", what, greatest, n);
}

static void expect_counts(int cells, const double *observed, const double *expected, int free, const char *what)
{
    double chi2 = 0, z = 4.753, v = 2.0 / (9 * free), limit = free * pow(1 - v + z * sqrt(v), 3);

    for (int i = 0; i < cells; i++) {
        cr_assert_gt(expected[i], 5, "%s: cell %d is too thin", what, i);
        chi2 += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
    }
    cr_assert_lt(chi2, limit, "%s: chi-square %g with %d degrees of freedom, limit %g", what, chi2, free, limit);
}

/* ---- one clock ---- */

/* The minute of each person's death. */
static void expect_deaths(double (*survival)(double), const char *what)
{
    for (int i = 0; i < N; i++) sample[i] = w.trajectory.end[i];
    expect_survival(N, survival, w.m.settings.horizon, what);
}

static int32_t death_clock(model_curve_t curve)
{
    int32_t death = hand_setting(&w.m, MOMENT_TIMED, "death", w.m.settings.life, LIFE_DEAD);
    return hand_hazard(&w.m, death, NO_SPAN, curve);
}

static double exponential_survival(double t) { return exp(-1e-6 * t); }
Test(law, an_exponential_hazard)
{
    begin(3000000); /* 5 % live to the horizon */
    hand_life(&w.m);
    death_clock(hand_exponential(1e-6));
    live(1);
    expect_deaths(exponential_survival, "exponential");
    end();
}

static double weibull_survival(double t) { return exp(-pow(t / 1e6, 2.3)); }
Test(law, a_weibull_hazard)
{
    begin(HORIZON);
    hand_life(&w.m);
    death_clock(hand_weibull(2.3, 1e6));
    live(2);
    expect_deaths(weibull_survival, "Weibull");
    end();
}

static double early_weibull_survival(double t) { return exp(-pow(t / 1e6, 0.4)); }
Test(law, a_weibull_hazard_that_falls)
{
    begin(HORIZON);
    hand_life(&w.m);
    death_clock(hand_weibull(0.4, 1e6));
    live(3);
    expect_deaths(early_weibull_survival, "falling Weibull");
    end();
}

#define SHAPE 2e-7
#define RATE 1e-9
#define AGE 2.1e7
static double aged_gompertz_survival(double t) { return exp(-RATE / SHAPE * exp(SHAPE * AGE) * expm1(SHAPE * t)); }
Test(law, a_gompertz_hazard_on_age_given_survival_to_entry)
{
    begin(HORIZON);
    hand_life(&w.m);
    hand_age(&w.m);
    int32_t clock = death_clock(hand_gompertz(SHAPE, RATE));
    w.m.clocks[clock].scale = SCALE_AGE;
    w.people = hand_people(&w.m, N, 4, 0);
    for (int i = 0; i < N; i++) w.people.number[0][i] = AGE;
    live(4);
    expect_deaths(aged_gompertz_survival, "Gompertz from an age");
    end();
}

static double bounded_gompertz_survival(double t) { return exp(-1e-6 / -1e-6 * expm1(-1e-6 * t)); }
Test(law, a_falling_gompertz_hazard_leaves_some_for_ever)
{
    begin(HORIZON);
    hand_life(&w.m);
    death_clock(hand_gompertz(-1e-6, 1e-6));
    live(5);
    expect_deaths(bounded_gompertz_survival, "falling Gompertz");
    double alive = 0, expected = N * exp(-1);
    for (int i = 0; i < N; i++) alive += w.trajectory.end[i] == HORIZON;
    expect_counts(2, (double[]){alive, N - alive}, (double[]){expected, N - expected}, 1, "survivors");
    end();
}

static double piecewise_survival(double t)
{
    double h = 1e-6 * fmin(t, 3e5);
    if (t > 5e5) h += 4e-6 * (fmin(t, 7e5) - 5e5);
    if (t > 7e5) h += 5e-7 * (t - 7e5);
    return exp(-h);
}
Test(law, a_piecewise_constant_hazard_with_a_gap)
{
    begin(HORIZON);
    hand_life(&w.m);
    model_curve_t curve = hand_piecewise(&w.m, 4, (double[]){0, 3e5, 5e5, 7e5}, (double[]){1e-6, 0, 4e-6, 5e-7});
    death_clock(curve);
    live(6);
    expect_deaths(piecewise_survival, "piecewise");
    end();
}

/* ---- clocks among others ---- */

static double changed_survival(double t) /* twice the hazard on [4e5, 9e5), none until 1.2e6 */
{
    double h = 0, from[] = {0, 4e5, 9e5, 1.2e6}, to[] = {4e5, 9e5, 1.2e6, INFINITY}, ratio[] = {1, 2, 0, 0.5};
    for (int k = 0; k < 4; k++)
        if (t > from[k]) h += ratio[k] * (pow(fmin(t, to[k]) / 1e6, 1.5) - pow(from[k] / 1e6, 1.5));
    return exp(-h);
}
Test(law, a_hazard_ratio_that_changes_with_a_drug)
{
    begin(HORIZON);
    hand_life(&w.m);
    int32_t drug = hand_process(&w.m, "drug", 4);
    int32_t clock = death_clock(hand_weibull(1.5, 1e6));
    hand_ratio(&w.m, clock, hand_by(&w.m, drug, (double[]){1, 2, 0, 0.5}));
    const int32_t minutes[] = {400000, 500000, 300000};
    for (int32_t k = 0; k < 3; k++) {
        int32_t change = hand_setting(&w.m, MOMENT_TIMED, "change", drug, k + 1);
        hand_delay(&w.m, change, TERMS(&w.m, IS(drug, k)), minutes[k]);
    }
    live(7);
    expect_deaths(changed_survival, "changing ratio");
    end();
}

typedef struct {
    int32_t a, b;
    double n[20]; /* cause x decile of the time of the first event */
} causes_t;

static void count_cause(void *context, int32_t person, int32_t moment, int32_t minute)
{
    causes_t *causes = context;
    (void)person;
    int decile = (int)(10 * (1 - exp(-4e-6 * minute)));
    if (moment == causes->a) causes->n[decile]++;
    if (moment == causes->b) causes->n[10 + decile]++;
}

Test(law, competing_risks_share_deaths_by_their_hazards_at_every_time)
{
    begin(HORIZON);
    int32_t life = hand_life(&w.m);
    causes_t causes = {.a = hand_setting(&w.m, MOMENT_TIMED, "cause a", life, LIFE_DEAD),
                       .b = hand_setting(&w.m, MOMENT_TIMED, "cause b", life, LIFE_DEAD)};
    hand_hazard(&w.m, causes.a, NO_SPAN, hand_exponential(1e-6));
    hand_hazard(&w.m, causes.b, NO_SPAN, hand_exponential(3e-6));
    live(8);
    double expected[20];
    for (int k = 0; k < 20; k++) expected[k] = N * 0.1 * (k < 10 ? 0.25 : 0.75);
    each_record(count_cause, &causes);
    expect_counts(20, causes.n, expected, 19, "causes by time");
    end();
}

typedef struct {
    int32_t moment;
    int32_t *n;
} counter_t;

static void count_moment(void *context, int32_t person, int32_t moment, int32_t minute)
{
    counter_t *counter = context;
    (void)minute;
    counter->n[person] += moment == counter->moment;
}

Test(law, a_repeating_exponential_event_is_a_poisson_process)
{
    static int32_t n[N];
    begin(2000000);
    hand_life(&w.m);
    int32_t event = hand_moment(&w.m, MOMENT_TIMED, "event");
    hand_hazard(&w.m, event, NO_SPAN, hand_exponential(1.5e-6)); /* 3 expected */
    live(9);
    counter_t counter = {event, n};
    each_record(count_moment, &counter);
    double observed[11] = {0}, expected[11], left = N, p = exp(-3);
    for (int i = 0; i < N; i++) observed[n[i] < 10 ? n[i] : 10]++;
    for (int k = 0; k < 10; k++, p *= 3.0 / k) {
        expected[k] = N * p;
        left -= N * p;
    }
    expected[10] = left;
    expect_counts(11, observed, expected, 10, "Poisson");
    end();
}

typedef struct {
    int32_t on;
    bool *is_on;
} state_t;

static void follow_state(void *context, int32_t person, int32_t moment, int32_t minute)
{
    state_t *state = context;
    (void)minute;
    state->is_on[person] = moment == state->on;
}

Test(law, two_exponential_transitions_are_a_markov_chain)
{
    static bool is_on[N];
    begin(700000);
    hand_life(&w.m);
    int32_t x = hand_process(&w.m, "x", 2);
    int32_t on = hand_setting(&w.m, MOMENT_TIMED, "begin", x, 1), off = hand_setting(&w.m, MOMENT_TIMED, "end", x, 0);
    hand_hazard(&w.m, on, TERMS(&w.m, IS(x, 0)), hand_exponential(1e-6));
    hand_hazard(&w.m, off, TERMS(&w.m, IS(x, 1)), hand_exponential(4e-6));
    live(10);
    state_t state = {on, is_on};
    each_record(follow_state, &state);
    double n_on = 0, expected = N * 0.2 * (1 - exp(-5e-6 * 700000)); /* a / (a + b) (1 - e^-(a + b) t) */
    for (int i = 0; i < N; i++) n_on += is_on[i];
    expect_counts(2, (double[]){n_on, N - n_on}, (double[]){expected, N - expected}, 1, "state at the horizon");
    end();
}

/* Two ways out of a state: time in state and constant. Whichever went first, the other's threshold has been burned, and the
 * second spell must have the law of the first all the same: what is left of an exponential is an exponential. */
typedef struct {
    int32_t back;
    int32_t *spell, *since;
    size_t n;
} spells_t;

static void collect_second_spell(void *context, int32_t person, int32_t moment, int32_t minute)
{
    spells_t *spells = context;
    if (moment == spells->back) {
        spells->spell[person]++;
        spells->since[person] = minute;
    } else if (spells->spell[person] == 1) {
        sample[spells->n++] = minute - spells->since[person];
        spells->spell[person] = 9; /* taken */
    }
}

static double two_ways_survival(double t) { return exp(-pow(t / 1e6, 1.8) - 7e-7 * t); }

Test(law, a_threshold_burned_in_an_earlier_spell_leaves_the_law_of_the_next)
{
    static int32_t spell[N], since[N];
    begin(HORIZON);
    hand_life(&w.m);
    int32_t x = hand_process(&w.m, "x", 2);
    int32_t slow = hand_setting(&w.m, MOMENT_TIMED, "slow way", x, 1), quick = hand_setting(&w.m, MOMENT_TIMED, "other way", x, 1);
    int32_t back = hand_setting(&w.m, MOMENT_TIMED, "back", x, 0);
    int32_t clock = hand_hazard(&w.m, slow, TERMS(&w.m, IS(x, 0)), hand_weibull(1.8, 1e6));
    w.m.clocks[clock].scale = SCALE_IN_STATE;
    w.m.clocks[clock].process = x;
    hand_hazard(&w.m, quick, TERMS(&w.m, IS(x, 0)), hand_exponential(7e-7));
    clock = hand_delay(&w.m, back, TERMS(&w.m, IS(x, 1)), 1000);
    w.m.clocks[clock].most = 2;
    live(11);
    spells_t spells = {back, spell, since, 0};
    each_record(collect_second_spell, &spells);
    cr_assert_eq(spells.n, N, "everybody has a second spell");
    expect_survival(spells.n, two_ways_survival, HORIZON, "second spell");
    end();
}

static void count_by_moment(void *context, int32_t person, int32_t moment, int32_t minute)
{
    double *n = context;
    (void)person, (void)minute;
    n[moment]++;
}

Test(law, a_branch_takes_each_outcome_with_its_probability)
{
    begin(100);
    hand_life(&w.m);
    int32_t toss = hand_moment(&w.m, MOMENT_TIMED, "toss"), outcomes = w.m.n_indices;
    for (int k = 0; k < 3; k++) hand_index(&w.m, hand_moment(&w.m, MOMENT_IMMEDIATE, "outcome"));
    hand_branch(&w.m, toss, "branch", (model_table_t){.first = REALS(&w.m, 0.08, 0.63, 1), .width = 3}, outcomes);
    int32_t clock = hand_delay(&w.m, toss, NO_SPAN, 10);
    w.m.clocks[clock].most = 4; /* occurrences are independent too */
    live(12);
    double n[8] = {0};
    each_record(count_by_moment, n);
    cr_assert_eq(n[toss], 4 * N);
    expect_counts(3, n + toss + 1, (double[]){0.08 * 4 * N, 0.55 * 4 * N, 0.37 * 4 * N}, 2, "branch");
    end();
}
