/* Phenotype rules in every form in which they are published, and what panels call. */
#include <criterion/criterion.h>

#include "genetics/phenotype.h"

static phenotype_rule_t rule(const char *text)
{
    phenotype_rule_t r;
    cr_assert(phenotype_rule_parse(text, &r), "%s", text);
    return r;
}

static allele_t with_function(const char *function) { return (allele_t){"*2", function, {0}, false}; }

static allele_t with_activity(const char *activity)
{
    allele_t a = {"*2", "", {0}, false};
    cr_assert(activity_parse(activity, &a.activity), "%s", activity);
    return a;
}

static allele_t named(const char *name) { return (allele_t){name, "", {0}, false}; }

static bool matches(const char *text, allele_t a, allele_t b)
{
    phenotype_rule_t r = rule(text);
    return phenotype_rule_matches(&r, &a, &b);
}

Test(genetics_phenotype, a_pair_of_functions_matches_in_either_order)
{
    const char *text = "No function + Normal function";
    cr_expect(matches(text, with_function("No function"), with_function("Normal function")));
    cr_expect(matches(text, with_function("Normal function"), with_function("No function")));
    cr_expect_not(matches(text, with_function("Normal function"), with_function("Normal function")));
    cr_expect_not(matches(text, with_function("No function"), with_function("")));
}

Test(genetics_phenotype, an_activity_score_is_the_sum_of_two_activity_values)
{
    cr_expect(matches("activity_score=1.5", with_activity("1.0"), with_activity("0.5")));
    cr_expect_not(matches("activity_score=1.5", with_activity("1.0"), with_activity("0.25")));
    cr_expect(matches("activity_score=0.0", with_activity("0.0"), with_activity("0")));
    cr_expect_not(matches("activity_score=0.0", with_activity("0.0"), with_activity("")));
}

Test(genetics_phenotype, a_set_of_scores_matches_any_of_them)
{
    const char *text = "activity_score in {0.25, 0.5, 0.75, 1.0}";
    cr_expect(matches(text, with_activity("0.25"), with_activity("0.5")));
    cr_expect(matches(text, with_activity("0.0"), with_activity("1.0")));
    cr_expect_not(matches(text, with_activity("0.0"), with_activity("0.0")));
    cr_expect_not(matches(text, with_activity("1.0"), with_activity("0.25")));
}

Test(genetics_phenotype, a_score_of_at_least_matches_lower_bounds_only)
{
    const char *text = "activity_score in {2.5, 4.0, \u22653.0, >=3.25}";
    cr_expect(matches(text, with_activity("\u22653.0"), with_activity("0.25")));
    cr_expect(matches(text, with_activity(">=3.0"), with_activity(">=3.0")));
    cr_expect(matches(text, with_activity("3.0"), with_activity("0.5")), "3.5 is at least 3.25");
    cr_expect_not(matches("activity_score in {4.0, 3.0}", with_activity(">=3.0"), with_activity("1.0")));
    cr_expect_not(matches("activity_score in {>=4.0}", with_activity(">=3.0"), with_activity("0.5")), "could be 3.5");
}

Test(genetics_phenotype, an_unknown_activity_makes_the_score_unknown)
{
    cr_expect(matches("activity_score in {n/a}", with_activity(""), with_activity("1.0")));
    cr_expect(matches("activity_score in {n/a}", with_activity("n/a"), with_activity("n/a")));
    cr_expect_not(matches("activity_score in {n/a}", with_activity("1.0"), with_activity("1.0")));
}

Test(genetics_phenotype, copies_of_an_allele_are_counted)
{
    cr_expect(matches(">=1 copy of *57:01", named("*57:01"), named("other")));
    cr_expect(matches(">=1 copy of *57:01", named("*57:01"), named("*57:01")));
    cr_expect_not(matches(">=1 copy of *57:01", named("*57:011"), named("other")));
    cr_expect(matches("0 copies of *57:01", named("other"), named("*58:01")));
    cr_expect_not(matches("1 copy of *57:01", named("*57:01"), named("*57:01")));
    cr_expect(matches("2 copies of *57:01", named("*57:01"), named("*57:01")));
}

Test(genetics_phenotype, what_is_no_rule_is_refused)
{
    static const char *const wrong[] = {"", "No function", "activity_score", "activity_score=", "activity_score=x",
                                        "activity_score in {1.0", "activity_score in {}", "activity_score=1.0 2.0",
                                        "3 copies of *2", ">=1 copies", " + Normal function", "1 copy of "};
    phenotype_rule_t r;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) cr_expect_not(phenotype_rule_parse(wrong[k], &r), "'%s'", wrong[k]);
    activity_t a;
    cr_expect_not(activity_parse("1.0x", &a));
    cr_expect_not(activity_parse("-1", &a));
}

Test(genetics_phenotype, the_first_rule_that_matches_decides)
{
    const phenotype_rule_t rules[] = {rule("No function + No function"), rule("No function + Normal function")};
    allele_t none = with_function("No function"), normal = with_function("Normal function");
    cr_expect_eq(phenotype_rule_of(rules, 2, &none, &none), 0);
    cr_expect_eq(phenotype_rule_of(rules, 2, &normal, &none), 1);
    cr_expect_eq(phenotype_rule_of(rules, 2, &normal, &normal), -1);
}

Test(genetics_phenotype, a_rule_of_the_only_allele_is_for_people_with_one_copy)
{
    allele_t deficient = {.name = "Asahi", .function = "III/Deficient"}, normal = {.name = "B", .function = "IV/Normal"};
    phenotype_rule_t rule;

    cr_assert(phenotype_rule_parse("only III/Deficient", &rule));
    cr_expect(phenotype_rule_matches(&rule, &deficient, NULL));
    cr_expect_not(phenotype_rule_matches(&rule, &normal, NULL));
    cr_expect_not(phenotype_rule_matches(&rule, &deficient, &deficient), "two copies are not the only one");
    cr_assert(phenotype_rule_parse("III/Deficient + III/Deficient", &rule));
    cr_expect_not(phenotype_rule_matches(&rule, &deficient, NULL), "one copy is not two");
    cr_assert(phenotype_rule_parse(">=1 copy of Asahi", &rule));
    cr_expect(phenotype_rule_matches(&rule, &deficient, NULL));
    cr_expect_not(phenotype_rule_parse("only ", &rule));
}

Test(genetics_phenotype, the_score_of_one_copy_is_its_activity)
{
    allele_t half = {.activity = {500, true, false}};
    phenotype_rule_t rule;

    cr_assert(phenotype_rule_parse("activity_score=0.5", &rule));
    cr_expect(phenotype_rule_matches(&rule, &half, NULL));
    cr_expect_not(phenotype_rule_matches(&rule, &half, &half));
}

Test(genetics_phenotype, a_name_says_which_allele_is_there_more_than_once)
{
    cr_expect_eq(allele_base("*2x2"), 2);
    cr_expect_eq(allele_base("*10xN"), 3);
    cr_expect_eq(allele_base("*1x\u22653"), 2);
    cr_expect_eq(allele_base("*1x>=3"), 2);
    cr_expect_eq(allele_base("*2"), 0);
    cr_expect_eq(allele_base("Mexico"), 0);
    cr_expect_eq(allele_base("x2"), 0);
}
