/* What is hidden of people from a file, worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "stats/disclosure.h"

static const disclosure_t rule = {.minimum = 11, .people = 1000, .imported = 1000};

/* Standard error of the mean of `k` ones among n people. */
static double se_of_share(double k, double n) { return sqrt(k / n * (1 - k / n) / (n - 1)); }

Test(disclosure, a_share_is_about_as_many_people_as_it_counts)
{
    cr_expect_float_eq(disclosure_people(&rule, 0.01, se_of_share(10, 1000)), 10, 1e-9);
    cr_expect_float_eq(disclosure_people(&rule, 1, 0), 1000, 1e-9);
    cr_expect_eq(disclosure_people(&rule, 0, 0), 0);
}

/* 5 people with an amount of 200 each: mean 1, sum of squares 200,000. With amounts that differ it is fewer, never more. */
Test(disclosure, an_amount_is_about_those_who_have_it)
{
    cr_expect_float_eq(disclosure_people(&rule, 1, sqrt((200000 - 1000.0) / (1000 * 999.0))), 5, 1e-9);
    cr_expect_lt(disclosure_people(&rule, 1, sqrt((1000.0 * 1000 - 1000) / (1000 * 999.0))), 2, "almost all of it is one person's");
}

/* 100,000 simulated people are rows of a file of 200: 3 % of them stand for 6. */
Test(disclosure, people_who_are_simulated_again_and_again_count_once)
{
    const disclosure_t many = {.minimum = 11, .people = 1e5, .imported = 200};
    const double people = disclosure_imported(&many, disclosure_people(&many, 0.03, se_of_share(3000, 1e5)));

    cr_expect_float_eq(people, 6, 1e-9);
    cr_expect(disclosure_is_small(&many, people));
    cr_expect_float_eq(disclosure_imported(&rule, 10), 10, 0, "a larger file changes nothing");
}

Test(disclosure, ten_are_too_few_eleven_and_none_are_not)
{
    cr_expect(disclosure_is_small(&rule, 10));
    cr_expect(disclosure_is_small(&rule, 0.02));
    cr_expect(!disclosure_is_small(&rule, 11 - 1e-9), "a count that comes from a mean is rounded");
    cr_expect(!disclosure_is_small(&rule, 0));
    cr_expect(!disclosure_is_small(&(disclosure_t){.minimum = 0, .people = 1000, .imported = 1000}, 3), "lifted");
    cr_expect(!disclosure_is_small(&(disclosure_t){.minimum = 11, .people = 1000}, 3), "nobody was imported");
}

static void expect_hidden(size_t n, const double *people, const char *expected)
{
    bool hidden[16] = {false};
    char found[17] = "";

    disclosure_partition(&rule, n, people, hidden);
    for (size_t i = 0; i < n; i++) found[i] = hidden[i] ? 'x' : '.';
    cr_expect_str_eq(found, expected);
}

Test(disclosure, what_subtraction_would_tell_is_hidden_too)
{
    expect_hidden(3, (const double[]){500, 300, 200}, "...");
    expect_hidden(3, (const double[]){700, 5, 295}, ".xx");
    expect_hidden(4, (const double[]){700, 5, 8, 287}, ".xx.");
    expect_hidden(4, (const double[]){700, 2, 3, 295}, ".xxx");     /* the two together are 5 people */
    expect_hidden(4, (const double[]){700, 5, 0, 295}, ".x.x");     /* a figure about nobody hides nothing */
    expect_hidden(3, (const double[]){5, 0, 0}, "xxx");             /* unless there is no other */
    expect_hidden(1, (const double[]){5}, "x");
}

/* 4 in the middle: 30 beside it, 80 below that, and the fourth corner, 70, which closes both lines. */
Test(disclosure, a_table_with_margins_hides_a_rectangle)
{
    static const double people[9] = {100, 40, 60, 30, 4, 90, 80, 70, 50};
    bool hidden[9] = {false};

    disclosure_table(&rule, 3, 3, people, hidden);
    for (int i = 0; i < 9; i++) cr_expect_eq(hidden[i], i == 3 || i == 4 || i == 6 || i == 7, "%d", i);
}

Test(disclosure, no_line_of_a_table_shows_all_but_one)
{
    double people[30];
    unsigned luck = 1;

    for (int round = 0; round < 200; round++) {
        bool hidden[30] = {false};
        for (int i = 0; i < 30; i++) people[i] = (luck = luck * 1664525u + 1013904223u) >> 27;
        disclosure_table(&rule, 5, 6, people, hidden);
        for (int r = 0; r < 5; r++) {
            int n = 0;
            for (int c = 0; c < 6; c++) n += hidden[6 * r + c];
            cr_expect_neq(n, 1);
        }
        for (int c = 0; c < 6; c++) {
            int n = 0;
            for (int r = 0; r < 5; r++) n += hidden[6 * r + c];
            cr_expect_neq(n, 1);
        }
    }
}

Test(disclosure, nothing_is_hidden_of_people_who_were_drawn)
{
    bool hidden[2] = {false};

    disclosure_partition(&(disclosure_t){.minimum = 11, .people = 1000}, 2, (const double[]){3, 997}, hidden);
    cr_expect(!hidden[0] && !hidden[1]);
}

Test(disclosure, the_rule_is_told_with_its_number)
{
    char text[512];
    cr_expect(strstr(disclosure_sentence(&rule, text, sizeof text), "about 1 to 10 people"));
}
