/* People drawn in lots: every uniform keeps its law and is spread evenly over a lot; the errors that come out of it are right. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/lots.h"
#include "model/report.h"
#include "stats/figures.h"
#include "stats/results.h"
#include "support/small_run.h"

enum { SMALL_LOT_BITS = 5 };

/* ---- one number of each of a lot ---- */

static double uniform(uint64_t person, uint64_t purpose, uint64_t occurrence, int32_t lot_bits)
{
    return rng_uniform_in_lot(rng_lot_key(rng_run_key(1, 0), person, lot_bits), purpose, occurrence, lot_bits);
}

Test(lots, the_second_of_a_pair_has_what_is_missing_to_one)
{
    for (uint64_t pair = 0; pair < 100; pair++)
        for (uint64_t occurrence = 0; occurrence < 3; occurrence++)
            cr_assert_eq(uniform(2 * pair, 99, occurrence, 1) + uniform(2 * pair + 1, 99, occurrence, 1), 1.0);
    cr_assert_neq(uniform(0, 99, 0, 1), uniform(2, 99, 0, 1));
    cr_assert_neq(uniform(0, 99, 0, 1), uniform(0, 99, 1, 1));
}

Test(lots, each_stratum_of_a_lattice_has_one_person)
{
    const uint64_t purpose = rng_purpose("event coronary.infarction");

    for (uint64_t lot = 0; lot < 20; lot++)
        for (uint64_t occurrence = 0; occurrence < 3; occurrence++) {
            bool is_taken[32] = {false};
            for (uint64_t place = 0; place < 32; place++) {
                const int stratum = (int)(32 * uniform(32 * lot + place, purpose, occurrence, SMALL_LOT_BITS));
                cr_assert_not(is_taken[stratum], "stratum %d of lot %d", stratum, (int)lot);
                is_taken[stratum] = true;
            }
        }
}

/* Of whoever has the same place in their lot. P(|z| > 4.5) < 1e-5, of a fixed seed. */
Test(lots, each_place_of_a_lot_has_uniform_numbers)
{
    enum { LOTS = 20000, CELLS = 16 };

    for (uint64_t place = 0; place < 32; place += 7) {
        double cells[CELLS] = {0}, chi_square = 0;
        for (uint64_t lot = 0; lot < LOTS; lot++) cells[(int)(CELLS * uniform(32 * lot + place, 12345, 0, SMALL_LOT_BITS))]++;
        for (int c = 0; c < CELLS; c++) chi_square += (cells[c] - LOTS / CELLS) * (cells[c] - LOTS / CELLS) / (LOTS / CELLS);
        cr_assert_lt(fabs(chi_square - (CELLS - 1)) / sqrt(2 * (CELLS - 1)), 4.5, "place %d: chi-square %g", (int)place, chi_square);
    }
}

/* ---- the lattice of a model ---- */

Test(lots, purposes_get_different_steps_and_keep_the_rest)
{
    model_t model = small_model(), before = small_model();

    lots_draw(&model, LOTS_LATTICE);
    cr_assert_eq(lots_size(&model), 1024);
    for (int32_t i = 0; i < model.n_clocks; i++) {
        cr_assert_eq(model.clocks[i].purpose >> LOTS_LATTICE, before.clocks[i].purpose >> LOTS_LATTICE);
        cr_assert(!before.clocks[i].purpose == !model.clocks[i].purpose);
        for (int32_t s = 0; s < model.n_steps && model.clocks[i].purpose; s++)
            cr_assert_neq(model.steps[s].purpose & 1023, model.clocks[i].purpose & 1023);
    }
    model_release(&model);
    model_release(&before);
}

Test(lots, events_that_share_their_luck_go_on_sharing_it)
{
    model_t model = small_model();
    const uint64_t before = model.clocks[0].purpose;

    model.clocks[1].purpose = model.clocks[0].purpose;
    lots_draw(&model, LOTS_LATTICE);
    cr_assert_eq(model.clocks[1].purpose, model.clocks[0].purpose);
    cr_assert_neq(model.clocks[0].purpose, before);
    model_release(&model);
}

Test(lots, have_names)
{
    cr_assert_eq(lots_find("independent"), 0);
    cr_assert_eq(lots_find("antithetic"), 1);
    cr_assert_eq(lots_find("lattice"), LOTS_LATTICE);
    cr_assert_lt(lots_find("latin"), 0);
    cr_assert_str_eq(lots_name(LOTS_LATTICE), "lattice");
}

/* ---- runs ---- */

static tally_t run(const model_t *model, run_settings_t with)
{
    tally_t tally;
    run_report_t report;

    cr_assert_eq(tally_init(&tally, model, 4096), POPGX_OK);
    cr_assert_eq(run_simulate(model, &with, &tally, &report), POPGX_OK, "%s", popgx_err_detail());
    return tally;
}

Test(lots, the_checksum_depends_on_neither_threads_nor_blocks_nor_their_order)
{
    model_t model = small_model();
    char expected[33], text[33];

    lots_draw(&model, SMALL_LOT_BITS);
    tally_t plain = run(&model, (run_settings_t){.patients = 3200, .seed = 7, .threads = 1});
    tally_checksum(&plain, expected);
    for (int way = 0; way < 4; way++) {
        tally_t other = run(&model, (run_settings_t){.patients = 3200, .seed = 7, .threads = 1 + way % 2, .block_people = way < 2 ? 97 : 512, .reverse_blocks = way % 2});
        tally_checksum(&other, text);
        cr_assert_str_eq(text, expected, "way %d", way);
        tally_release(&other);
    }
    tally_release(&plain);
    model_release(&model);
}

enum { SEEDS = 200, MOST_ESTIMATES = 512 };

/* Whatever a run estimates of small_model: of the second strategy, and against the first. */
static int estimates_of(const tally_t *tally, estimate_t *out)
{
    const model_t *m = tally->model;
    int n = 0;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        out[n++] = results_outcome(tally, 1, o);
        out[n++] = results_difference(tally, 1, 0, o);
    }
    out[n++] = results_nmb_difference(tally, 1, 0, 30000);
    for (int32_t c = 0; c < m->n_cells; c++) out[n++] = results_cell(tally, 1, c);
    for (int32_t e = 0; e < m->n_moments; e++) out[n++] = results_events(tally, 1, e);
    for (int32_t l = 0; l < 2; l++) {
        out[n++] = results_occupancy(tally, 1, LIFE, l);
        out[n++] = results_occupancy(tally, 1, HEALTH, l);
        out[n++] = results_share(tally, CARRIER, l);
    }
    for (int32_t f = 0; f < figures_count(m); f++) out[n++] = figure_difference(tally, 1, 0, f);
    cr_assert_leq(n, MOST_ESTIMATES);
    return n;
}

/* The spread of means over seeds is the error that they state (a ratio of the two has an error of 5 %), and their mean is that of `truth` people. */
static void errors_are_right(int32_t lot_bits, uint64_t patients)
{
    model_t model = small_model(), alone = small_model();
    const uint32_t report = REPORT_EVERYTHING & ~(uint32_t)REPORT_SPREAD;
    estimate_t x[MOST_ESTIMATES], truth[MOST_ESTIMATES];
    double sum[MOST_ESTIMATES] = {0}, squares[MOST_ESTIMATES] = {0}, variance[MOST_ESTIMATES] = {0};
    int n = 0;

    report_ask(&model, report);
    report_ask(&alone, report);
    lots_draw(&model, lot_bits);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        tally_t tally = run(&model, (run_settings_t){.patients = patients, .seed = seed, .threads = 1});
        n = estimates_of(&tally, x);
        for (int i = 0; i < n; i++) {
            sum[i] += x[i].mean;
            squares[i] += x[i].mean * x[i].mean;
            variance[i] += x[i].se * x[i].se / SEEDS;
        }
        tally_release(&tally);
    }
    tally_t many = run(&alone, (run_settings_t){.patients = 100000, .seed = SEEDS + 1, .threads = 2});
    estimates_of(&many, truth);
    for (int i = 0; i < n; i++) {
        const double mean = sum[i] / SEEDS, sd = sqrt(fmax(squares[i] / SEEDS - mean * mean, 0) * SEEDS / (SEEDS - 1.0)), se = sqrt(variance[i]);
        if (truth[i].se == 0) continue;
        cr_expect(fabs(mean - truth[i].mean) < 4.5 * hypot(truth[i].se, se / sqrt(SEEDS)), "estimate %d of lots of %d: %g, and independently %g", i,
                  1 << lot_bits, mean, truth[i].mean);
        cr_expect(sd > 0.8 * se && sd < 1.2 * se, "estimate %d of lots of %d: spread %g, stated error %g", i, 1 << lot_bits, sd, se);
    }
    tally_release(&many);
    model_release(&model);
    model_release(&alone);
}

Test(lots, errors_of_pairs_are_the_spread_over_seeds) { errors_are_right(LOTS_PAIRS, 800); }
Test(lots, errors_of_lattices_are_the_spread_over_seeds) { errors_are_right(SMALL_LOT_BITS, 30 << SMALL_LOT_BITS); }
