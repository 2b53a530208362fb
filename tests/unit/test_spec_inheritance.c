/*
 * Genes of which not everybody has two independent copies: X-linked, mitochondrial, linked with others, there more than
 * twice or not at all; and tests that cannot tell which chromosome a variant is on. Frequencies are computed exactly from
 * the compiled steps, and compared with sums made by hand from the tables.
 */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "cohort/cohort.h"
#include "rng/keyed.h"
#include "spec_fixture.h"

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", name);
}

/* The exact frequency of a level of `name` in row `row` of its gene (ancestry first, then sex). */
static double frequency_in(const model_t *m, const char *name, const char *level, int32_t row)
{
    int32_t slot = slot_of(m, name), wanted = level_of(m, slot, level);
    const model_step_t *phenotype = step_of(m, STEP_DIPLOTYPE, slot), *gene = step_of(m, STEP_GENE, phenotype->from);
    int32_t n = gene->table.width;
    const double *first = m->reals + gene->table.first + row * n, *second = first + gene->first;
    double sum = 0;

    cr_assert_neq(wanted, MODEL_NONE, "%s has no level %s", name, level);
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = 0; b < n; b++)
            if (m->indices[phenotype->first + a * n + b] == wanted)
                sum += (first[a] - (a ? first[a - 1] : 0)) * (second[b] - (b ? second[b - 1] : 0));
    return sum;
}

/* ---- X-linked ---- */

/* jobs/data/allele_frequency.csv, European: class IV alleles 0.995248624 with the remainder, class II or III 0.004658596, class I
 * 0.000047671, uncertain 0.000045109. Males have the frequencies of alleles, females those of pairs. */
Test(spec_inheritance, g6pd_follows_from_one_allele_in_males_and_two_in_females)
{
    loaded_t loaded = load_good("people: {ancestry: {European: 0.5, East Asian: rest}, sex: {female: 0.5, male: rest}}\ngenes: {G6PD: cpic}");
    const model_t *m = &loaded.model;
    double normal = 0.00054859073 + 0.000009038323 + 0.000054038475 + (1 - 0.005363042991), uncertain = 0.000045109253;
    double severe = 0.00001025599 + 0.000027188444 + 0.000010226099, deficient = 1 - normal - uncertain - severe;
    enum { FEMALE, MALE };          /* rows: European female, European male, ... */

    cr_expect_float_eq(frequency_in(m, "G6PD", "Normal", MALE), normal, 1e-12);
    cr_expect_float_eq(frequency_in(m, "G6PD", "Deficient", MALE), deficient, 1e-12);
    cr_expect_float_eq(frequency_in(m, "G6PD", "Deficient with CNSHA", MALE), severe, 1e-12);
    cr_expect_float_eq(frequency_in(m, "G6PD", "Variable", MALE), 0, 0, "no male is variable");
    cr_expect_float_eq(frequency_in(m, "G6PD", "Normal", FEMALE), normal * normal, 1e-12);
    cr_expect_float_eq(frequency_in(m, "G6PD", "Variable", FEMALE), 2 * normal * (deficient + severe), 1e-12);
    cr_expect_float_eq(frequency_in(m, "G6PD", "Deficient", FEMALE), deficient * (deficient + 2 * severe), 1e-12);
    unload(&loaded);
}

/* Shares within 4 standard errors: a right program fails for one seed in 4,000; the seed is fixed. */
Test(spec_inheritance, males_carry_one_allele_and_females_two)
{
    enum { N = 100000 };
    loaded_t loaded = load_good("people: {ancestry: {African American/Afro-Caribbean: 1}, sex: {female: 0.5, male: rest}}\ngenes: {G6PD: cpic}");
    const model_t *m = &loaded.model;
    int32_t sex = slot_of(m, "sex"), slot = slot_of(m, "G6PD"), n = m->genes[0].allele_names.count;
    double deficient[2] = {0}, of[2] = {0};
    cohort_t *cohort;

    cr_assert_eq(cohort_new(m, N, &cohort), POPGX_OK);
    cohort_view_t view = cohort_fill(cohort, rng_run_key(3, 0), 0, N);
    for (size_t i = 0; i < N; i++) {
        bool is_male = view.level[sex][i] == 1;
        cr_assert_eq(view.diplotype[0][i] % n == n - 1, is_male, "person %zu", i);
        cr_assert_neq(view.diplotype[0][i] / n, n - 1, "everybody has a first allele");
        of[is_male]++;
        deficient[is_male] += view.level[slot][i] == level_of(m, slot, "Deficient");
    }
    for (int32_t s = 0; s < 2; s++) {
        double p = frequency_in(m, "G6PD", "Deficient", s);
        cr_expect_leq(fabs(deficient[s] - of[s] * p), 4 * sqrt(of[s] * p * (1 - p)), "sex %d: %g of %g", s, deficient[s], of[s]);
    }
    cohort_free(cohort);
    unload(&loaded);
}

Test(spec_inheritance, who_has_one_copy_must_be_known)
{
    expect_mistake("genes: {G6PD: {cpic: European}}", "G6PD is X-linked, and these people have no `sex`");
    expect_mistake("people: {sex: {women: 0.5, men: rest}}\ngenes: {G6PD: {cpic: European}}", "`sex` has no level `male`");
    expect_mistake("people: {sex: {female: 0.5, male: rest}}\ngenes: {TPMT: {cpic: European, males: {sex: male}}}", "TPMT is autosomal");
    expect_mistake("genes: {TPMT: {cpic: European, inheritance: maternal}}", "not a kind of inheritance");
    loaded_t loaded = load_good("people: {gender: {woman: 0.5, man: rest}}\ngenes: {G6PD: {cpic: European, males: {gender: man}}}");
    unload(&loaded);
    expect_mistake("people: {sex: {female: 0.5, male: rest}}\ngenes: {ABCG2: {cpic: European, inheritance: X-linked}}", "no phenotype rule of ABCG2 covers people with one copy");
}

/* ---- mitochondrial ---- */

/* European: 1095T>C 0.00057115, 1494C>T 0.00034900234, 1555A>G 0.0011348277. */
Test(spec_inheritance, mitochondria_come_from_the_mother_alone)
{
    loaded_t loaded = load_good("genes: {MT-RNR1: {cpic: European}}");
    const model_t *m = &loaded.model;

    cr_expect_float_eq(frequency_in(m, "MT-RNR1", "increased risk of aminoglycoside-induced hearing loss", 0),
                       0.00057115 + 0.00034900234 + 0.0011348277, 1e-12);
    unload(&loaded);
}

/* ---- copies ---- */

#define COPIES "genes: {G: {alleles: copies_f.csv, functions: copies_a.csv, rules: copies_r.csv}}\n"

static void copy_tables(void)
{
    put("copies_f.csv", "allele,frequency\n*1,0.5\n*2,0.2\n*5,0.1\n*1x2,0.1\n*2xN,0.1\n");
    put("copies_a.csv", "allele,function,activity_value,copies\n*1,Normal function,1,\n*2,Decreased function,0.5,\n*5,No function,0,0\n");
    put("copies_r.csv", "rule,phenotype\n\"activity_score in {0, 0.5, 1, 1.5, 2}\",usual\n\"activity_score in {>=1, >=1.5, >=2, >=3}\",fast\n"
                        "\"activity_score in {2.5, 3, 4}\",fast\n");
}

static void remove_copy_tables(void)
{
    unlink("copies_f.csv");
    unlink("copies_a.csv");
    unlink("copies_r.csv");
}

static const char *level_for(const model_t *m, const char *slot_name, const char *first, const char *second)
{
    int32_t slot = slot_of(m, slot_name);
    const model_step_t *step = step_of(m, STEP_DIPLOTYPE, slot);
    model_span_t names = m->genes[step->from].allele_names;
    int32_t a = 0, b = 0;
    while (a < names.count && strcmp(model_text(m, m->name_list[names.first + a]), first) != 0) a++;
    while (b < names.count && strcmp(model_text(m, m->name_list[names.first + b]), second) != 0) b++;
    cr_assert(a < names.count && b < names.count, "%s/%s", first, second);
    return model_level_name(m, slot, m->indices[step->first + a * names.count + b]);
}

/* *1x2 is worth 2, *2xN at least 1: with *1, the scores 3 and >= 2. */
Test(spec_inheritance, copies_multiply_the_activity_of_an_allele)
{
    copy_tables();
    loaded_t loaded = load_good(COPIES);
    cr_expect_str_eq(level_for(&loaded.model, "G", "*1", "*1x2"), "fast");
    cr_expect_str_eq(level_for(&loaded.model, "G", "*5", "*1x2"), "usual");
    cr_expect_str_eq(level_for(&loaded.model, "G", "*1", "*2xN"), "fast");
    cr_expect_str_eq(level_for(&loaded.model, "G", "*1", "*1"), "usual");
    unload(&loaded);
    remove_copy_tables();
}

/* CYP2D6: *1x2 counts 2, *5 nothing. */
Test(spec_inheritance, duplications_and_the_deletion_of_cyp2d6_count_in_its_score)
{
    loaded_t loaded = load_good("genes: {CYP2D6: {cpic: European}}\ntests: {array: {detects: {CYP2D6: [\"*2\", \"*4\", \"*41\"]}},"
                                " full: {detects: {CYP2D6: [\"*4\", \"*41\", \"*5\", \"*1x2\"]}}}");
    const model_t *m = &loaded.model;
    cr_expect_str_eq(level_for(m, "CYP2D6", "*1", "*1x2"), "Ultrarapid Metabolizer");
    cr_expect_str_eq(level_for(m, "CYP2D6", "*5", "*4"), "Poor Metabolizer");
    cr_expect_str_eq(level_for(m, "CYP2D6", "*5", "*1"), "Intermediate Metabolizer");
    cr_expect_str_eq(level_for(m, "called array CYP2D6", "*1", "*1x2"), "Normal Metabolizer", "copies are not counted");
    cr_expect_str_eq(level_for(m, "called array CYP2D6", "*5", "*4"), "Poor Metabolizer", "*4 alone looks like *4/*4");
    cr_expect_str_eq(level_for(m, "called array CYP2D6", "*5", "*1"), "Normal Metabolizer", "*1 alone looks like *1/*1");
    cr_expect_str_eq(level_for(m, "called array CYP2D6", "*4x2", "*41"), "Intermediate Metabolizer", "*4x2 is read as *4");
    cr_expect_str_eq(level_for(m, "called full CYP2D6", "*1", "*1x2"), "Ultrarapid Metabolizer");
    cr_expect_str_eq(level_for(m, "called full CYP2D6", "*5", "*1"), "Intermediate Metabolizer");
    unload(&loaded);
}

/* ---- HLA ---- */

/* Carriers have at least one copy: 1 - (1 - f)^2. Frequencies: jobs/data/allele_frequency.csv. */
Test(spec_inheritance, carriers_of_hla_alleles_have_at_least_one_copy)
{
    loaded_t loaded = load_good("people: {ancestry: {European: 0.5, East Asian: rest}}\ngenes: {HLA-B: cpic}");
    const model_t *m = &loaded.model;
    const model_step_t *gene = step_of(m, STEP_GENE, 0);
    enum { EUROPEAN, EAST_ASIAN };

    for (int32_t row = 0; row < 2; row++) {
        const double *cumulative = m->reals + gene->table.first + row * gene->table.width;
        for (int32_t a = 0; a < gene->table.width; a++) {
            const char *allele = model_text(m, m->name_list[m->genes[0].allele_names.first + a]);
            char slot[32];
            if (allele[0] != '*') continue;
            snprintf(slot, sizeof slot, "HLA-B%s", allele);
            double f = cumulative[a] - (a ? cumulative[a - 1] : 0);
            if (model_find_slot(m, slot) != MODEL_NONE) cr_expect_float_eq(frequency_in(m, slot, "positive", row), 1 - (1 - f) * (1 - f), 1e-12, "%s", slot);
        }
    }
    cr_expect_gt(frequency_in(m, "HLA-B*57:01", "positive", EUROPEAN), frequency_in(m, "HLA-B*57:01", "positive", EAST_ASIAN));
    cr_expect_gt(frequency_in(m, "HLA-B*15:02", "positive", EAST_ASIAN), frequency_in(m, "HLA-B*15:02", "positive", EUROPEAN));
    unload(&loaded);
}

/* ---- linked ---- */

static void linked_tables(void)
{
    put("linked.csv", "haplotype,frequency,first,second\nTA,0.5,T,A\nTG,0.1,T,G\nCA,0,C,A\nCG,0.4,C,G\n");
}

#define LINKED "genes:\n  first: {haplotypes: linked.csv, rules: genotypes, reference: T}\n" \
               "  second: {haplotypes: linked.csv, rules: genotypes, reference: A}\n"

/* T 0.6 and C 0.4; A 0.5 and G 0.5; and C never without G: were they independent, 0.16 x 0.25 would be C/C with A/A. */
Test(spec_inheritance, linked_sites_come_from_the_same_haplotypes)
{
    enum { N = 20000 };
    linked_tables();
    loaded_t loaded = load_good(LINKED);
    const model_t *m = &loaded.model;
    int32_t first = slot_of(m, "first"), second = slot_of(m, "second"), cc = level_of(m, first, "C/C"), gg = level_of(m, second, "G/G");
    cohort_t *cohort;

    cr_expect_eq(m->n_genes, 1, "one pair of haplotypes");
    cr_expect_float_eq(frequency_in(m, "first", "C/C", 0), 0.16, 1e-12);
    cr_expect_float_eq(frequency_in(m, "first", "T/C", 0), 0.48, 1e-12);
    cr_expect_float_eq(frequency_in(m, "second", "G/G", 0), 0.25, 1e-12);
    cr_assert_eq(cohort_new(m, N, &cohort), POPGX_OK);
    cohort_view_t view = cohort_fill(cohort, rng_run_key(1, 0), 0, N);
    for (size_t i = 0; i < N; i++)
        cr_assert(view.level[first][i] != cc || view.level[second][i] == gg, "person %zu has C without G", i);
    cohort_free(cohort);
    unload(&loaded);
    unlink("linked.csv");
}

Test(spec_inheritance, tables_of_haplotypes_are_checked)
{
    linked_tables();
    expect_mistake("genes: {first: {haplotypes: linked.csv, rules: genotypes}}", "no reference allele of first");
    expect_mistake("genes: {third: {haplotypes: linked.csv, rules: genotypes, reference: T}}", "the table has no column `third`");
    expect_mistake("genes: {first: {haplotypes: linked.csv, alleles: cpic, rules: genotypes, reference: T}}", "`alleles` and `haplotypes`");
    expect_mistake("people: {sex: {female: 0.5, male: rest}}\ngenes:\n  first: {haplotypes: linked.csv, rules: genotypes, reference: T}\n"
                   "  second: {haplotypes: linked.csv, rules: genotypes, reference: A, inheritance: X-linked}", "inherited in another way");
    put("linked.csv", "haplotype,biogeographic_group,frequency,first\nX,a,1,T\nX,b,1,C\n");
    expect_mistake("people: {ancestry: {a: 0.5, b: rest}}\ngenes: {first: {haplotypes: linked.csv, rules: genotypes, reference: T}}", "two alleles of first");
    unlink("linked.csv");
}

/* ---- phase ---- */

/* TPMT: 3A has both variants, 3B and 3C one each: 1 with 3A, and 3B with 3C, look the same without phase. */
#define TPMT "genes: {TPMT: {cpic: European, sites: tpmt.csv}}\n"

static void tpmt_sites(void)
{
    char text[4096] = "allele,c.238,c.460,c.719,else\n*2,1,0,0,0\n*3A,0,1,1,0\n*3B,0,1,0,0\n*3C,0,0,1,0\n";
    loaded_t loaded = load_good("genes: {TPMT: {cpic: European}}");
    const model_t *m = &loaded.model;

    for (int32_t a = 0; a < m->genes[0].allele_names.count; a++) {
        const char *name = model_text(m, m->name_list[m->genes[0].allele_names.first + a]);
        if (strcmp(name, "*2") && strcmp(name, "*3A") && strcmp(name, "*3B") && strcmp(name, "*3C") && strcmp(name, "*1"))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s,0,0,0,1\n", name);
    }
    unload(&loaded);
    put("tpmt.csv", text);
}

Test(spec_inheritance, without_phase_pairs_that_look_the_same_are_called_the_likeliest)
{
    tpmt_sites();
    loaded_t loaded = load_good(TPMT "tests: {\n"
                                " array: {detects: {TPMT: {sites: [c.238, c.460, c.719]}}},\n"
                                " phased: {detects: {TPMT: {sites: [c.238, c.460, c.719], phase: known}}},\n"
                                " careful: {detects: {TPMT: {sites: [c.238, c.460, c.719], ambiguous: Indeterminate}}},\n"
                                " narrow: {detects: {TPMT: {sites: [c.460]}}}}");
    const model_t *m = &loaded.model;
    cr_expect_str_eq(level_for(m, "TPMT", "*3B", "*3C"), "Poor Metabolizer");
    cr_expect_str_eq(level_for(m, "called array TPMT", "*3B", "*3C"), "Intermediate Metabolizer", "called *1/*3A");
    cr_expect_str_eq(level_for(m, "called array TPMT", "*1", "*3A"), "Intermediate Metabolizer");
    cr_expect_str_eq(level_for(m, "called phased TPMT", "*3B", "*3C"), "Poor Metabolizer");
    cr_expect_str_eq(level_for(m, "called careful TPMT", "*1", "*3A"), "Indeterminate", "it might be *3B/*3C");
    cr_expect_str_eq(level_for(m, "called careful TPMT", "*1", "*3C"), "Intermediate Metabolizer", "nothing else looks like this");
    cr_expect_str_eq(level_for(m, "called careful TPMT", "*3A", "*3A"), "Poor Metabolizer");
    cr_expect_str_eq(level_for(m, "called narrow TPMT", "*3C", "*3C"), "Normal Metabolizer", "its variant is not looked at");
    unload(&loaded);
    unlink("tpmt.csv");
}

Test(spec_inheritance, sites_are_checked)
{
    tpmt_sites();
    expect_mistake("genes: {TPMT: {cpic: European}}\ntests: {t: {detects: {TPMT: {sites: [c.238]}}}}", "add `sites: FILE.csv` to the gene TPMT");
    expect_mistake(TPMT "tests: {t: {detects: {TPMT: {sites: [c.239]}}}}", "did you mean `c.238`?");
    expect_mistake(TPMT "tests: {t: {detects: {TPMT: {sites: [c.238], phase: maybe}}}}", "this is not a phase");
    expect_mistake(TPMT "tests: {t: {detects: {TPMT: {sites: [c.238], phase: known, ambiguous: Indeterminate}}}}", "no result is ambiguous");
    expect_mistake(TPMT "tests: {t: {detects: {TPMT: {sites: [c.238], ambiguous: Unclear}}}}", "TPMT has no phenotype `Unclear`");
    put("tpmt.csv", "allele,a\n*2,1\n");
    expect_mistake(TPMT "tests: {t: {detects: {TPMT: {sites: [a]}}}}", "does not say which variants");
    unlink("tpmt.csv");
}
