/* People drawn from a small model built by hand: every kind of step, and that a person is the same in any block. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cohort/cohort.h"
#include "rng/keyed.h"

/* Slots 0 sex (female, male; female 0.3), 1 risk by sex (low, middle, high), 2 phenotype of the gene, 3 group of the
 * phenotype, 4 age band; numbers 0 age (normal, truncated, mean by sex), 1 uniform, 2 lognormal, 3 constant; a gene of 3 alleles. */
static double reals[] = {
    0.3, 1,                                     /*  0: sex */
    0.1, 0.4, 1, 0.5, 0.5, 1,                   /*  2: risk by sex: low .1 middle .3 high .6; men .5 0 .5 */
    60, 10, 50, 90, 70, 5, -INFINITY, INFINITY, /*  8: age by sex */
    2, 4, 0, 0,                                 /* 16: uniform */
    0, 1, 2, 100,                               /* 20: lognormal, truncated to its upper half and more */
    7, 0, 0, 0,                                 /* 24: constant */
    0.2, 0.5, 1,                                /* 28: alleles .2 .3 .5 */
    65, 80,                                     /* 31: cuts of the age band */
};
static int32_t indices[] = {
    0, 1, 1, 1, 2, 2, 1, 2, 2,                  /* 0: phenotype of the 9 diplotypes */
    0, 1, 1,                                    /* 9: group of the 3 phenotypes */
};
static model_axis_t axes[] = {{0, 1}};
static model_slot_t slots[] = {{0, SLOT_ATTRIBUTE, {0, 2}, 0, 1}, {0, SLOT_ATTRIBUTE, {0, 3}, 0, 1}, {0, SLOT_ATTRIBUTE, {0, 3}, 0, 1},
                               {0, SLOT_ATTRIBUTE, {0, 2}, 0, 1}, {0, SLOT_ATTRIBUTE, {0, 3}, 0, 1}};
static model_number_t numbers[4];
static model_gene_t genes[] = {{0, {0, 3}, 2}};
static model_step_t steps[] = {
    {.purpose = 11, .kind = STEP_CATEGORY, .to = 0, .table = {{0, 0}, 0, 2}},
    {.purpose = 12, .kind = STEP_CATEGORY, .to = 1, .table = {{0, 1}, 2, 3}},
    {.purpose = 13, .kind = STEP_NUMBER, .to = 0, .distribution = DISTRIBUTION_NORMAL, .table = {{0, 1}, 8, 4}},
    {.purpose = 14, .kind = STEP_NUMBER, .to = 1, .distribution = DISTRIBUTION_UNIFORM, .table = {{0, 0}, 16, 4}},
    {.purpose = 15, .kind = STEP_NUMBER, .to = 2, .distribution = DISTRIBUTION_LOGNORMAL, .table = {{0, 0}, 20, 4}},
    {.purpose = 16, .kind = STEP_NUMBER, .to = 3, .distribution = DISTRIBUTION_CONSTANT, .table = {{0, 0}, 24, 4}},
    {.purpose = 17, .purpose2 = 18, .kind = STEP_GENE, .to = 0, .table = {{0, 0}, 28, 3}},
    {.kind = STEP_DIPLOTYPE, .to = 2, .from = 0, .first = 0},
    {.kind = STEP_MAP, .to = 3, .from = 2, .first = 9},
    {.kind = STEP_BAND, .to = 4, .from = 0, .table = {{0, 0}, 31, 2}},
};

static model_t small_model(void)
{
    return (model_t){
        .settings = {.n_attributes = 5, .age = 0},
        .reals = reals, .n_reals = sizeof reals / sizeof *reals, .indices = indices, .n_indices = sizeof indices / sizeof *indices,
        .axes = axes, .n_axes = 1, .slots = slots, .n_slots = 5, .numbers = numbers, .n_numbers = 4, .genes = genes, .n_genes = 1,
        .steps = steps, .n_steps = sizeof steps / sizeof *steps};
}

enum { N = 100000 };
static const uint64_t run = 0x1234;

/* Within 5 standard errors: a right share fails for one seed in 1.7 million, and the seed is fixed. */
static void expect_share(const char *what, double count, double of, double p)
{
    cr_expect_lt(fabs(count - of * p), 5 * sqrt(of * p * (1 - p)), "%s: %g of %g, expected %g", what, count, of, of * p);
}

static cohort_view_t fill(const model_t *model, cohort_t **cohort)
{
    cr_assert_eq(cohort_new(model, N, cohort), POPGX_OK);
    return cohort_fill(*cohort, run, 0, N);
}

Test(cohort_fill, categories_have_their_shares_by_the_levels_of_others)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    double count[2][3] = {{0}};

    for (size_t i = 0; i < N; i++) count[view.level[0][i]][view.level[1][i]]++;
    double women = count[0][0] + count[0][1] + count[0][2];
    expect_share("women", women, N, 0.3);
    expect_share("women, low", count[0][0], women, 0.1);
    expect_share("women, middle", count[0][1], women, 0.3);
    expect_share("men, low", count[1][0], N - women, 0.5);
    cr_expect_eq(count[1][1], 0, "an outcome of probability 0 never happens");
    cohort_free(cohort);
}

Test(cohort_fill, truncated_normals_stay_inside_and_have_their_quantiles)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    double women = 0, below = 0, men = 0, sum = 0;

    for (size_t i = 0; i < N; i++) {
        double age = view.number[0][i];
        if (view.level[0][i] == 0) {
            cr_assert(age >= 50 && age <= 90);
            women++;
            below += age < 60;
        } else {
            men++;
            sum += age;
        }
    }
    /* (Phi(0) - Phi(-1)) / (Phi(3) - Phi(-1)) = 0.3413447461 / 0.8399948481 */
    expect_share("women below the mean of the whole normal", below, women, 0.3413447461 / 0.8399948481);
    cr_expect_float_eq(sum / men, 70, 5 * 5 / sqrt(men));
    cohort_free(cohort);
}

Test(cohort_fill, a_lognormal_cut_in_its_upper_tail_stays_inside_and_has_its_median)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    double below = 0;

    /* Phi(ln 2) = 0.7558914, Phi(ln 100) = 0.9999979: the middle of the two is Phi(1.164774), and e^1.164774 = 3.205197 */
    for (size_t i = 0; i < N; i++) {
        cr_assert(view.number[2][i] >= 2 && view.number[2][i] <= 100);
        below += view.number[2][i] < 3.205197;
    }
    expect_share("below the median", below, N, 0.5);
    cohort_free(cohort);
}

Test(cohort_fill, uniforms_and_constants_are_what_they_say)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    double below = 0;

    for (size_t i = 0; i < N; i++) {
        cr_assert(view.number[1][i] > 2 && view.number[1][i] < 4);
        cr_assert_eq(view.number[3][i], 7);
        below += view.number[1][i] < 2.5;
    }
    expect_share("in the first quarter", below, N, 0.25);
    cohort_free(cohort);
}

Test(cohort_fill, two_alleles_are_drawn_independently_and_give_phenotype_and_group)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    static const double p[] = {0.2, 0.3, 0.5};
    double count[9] = {0};

    for (size_t i = 0; i < N; i++) {
        count[view.diplotype[0][i]]++;
        cr_assert_eq(view.level[2][i], indices[view.diplotype[0][i]]);
        cr_assert_eq(view.level[3][i], indices[9 + view.level[2][i]]);
    }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) expect_share("diplotype", count[3 * a + b], N, p[a] * p[b]);
    cohort_free(cohort);
}

Test(cohort_fill, bands_are_closed_below)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    for (size_t i = 0; i < N; i++) {
        double age = view.number[0][i];
        cr_assert_eq(view.level[4][i], (age >= 65) + (age >= 80));
    }
    cohort_free(cohort);
}

Test(cohort_fill, a_person_is_the_same_in_any_block)
{
    model_t model = small_model();
    cohort_t *cohort, *other;
    cohort_view_t view = fill(&model, &cohort);

    cr_assert_eq(cohort_new(&model, 100, &other), POPGX_OK);
    cohort_view_t block = cohort_fill(other, run, 777, 100);
    cr_expect_eq(block.first_id, 777);
    for (size_t i = 0; i < block.n; i++) {
        cr_expect_eq(block.key[i], view.key[777 + i]);
        for (int a = 0; a < 5; a++) cr_expect_eq(block.level[a][i], view.level[a][777 + i]);
        for (int a = 0; a < 4; a++) cr_expect_eq(bits_of(block.number[a][i]), bits_of(view.number[a][777 + i]));
        cr_expect_eq(block.diplotype[0][i], view.diplotype[0][777 + i]);
    }
    cohort_free(cohort);
    cohort_free(other);
}

/* The step's promise in model.h: outcome k if u < cumulative probability k, with the person's own uniform. */
Test(cohort_fill, the_uniform_of_the_purpose_decides)
{
    model_t model = small_model();
    cohort_t *cohort;
    cohort_view_t view = fill(&model, &cohort);
    for (size_t i = 0; i < 1000; i++) {
        double u = rng_uniform(rng_person_key(run, i), 11, 0);
        cr_assert_eq(view.level[0][i], u < 0.3 ? 0 : 1);
    }
    cohort_free(cohort);
}
