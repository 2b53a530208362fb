/* Numbers as people write and read them. */
#include <criterion/criterion.h>
#include <math.h>

#include "cli/numbers.h"

static void expect_number(const char *text, uint64_t expected)
{
    uint64_t got = 77;
    cr_expect(number_parse(text, &got), "%s is a number", text);
    cr_expect_eq(got, expected, "%s is %llu, not %llu", text, (unsigned long long)expected, (unsigned long long)got);
}

static void expect_refused(const char *text)
{
    uint64_t got;
    cr_expect_not(number_parse(text, &got), "'%s' is no whole number", text);
}

Test(numbers, whole_numbers_are_read_as_people_write_them)
{
    expect_number("0", 0);
    expect_number("250000", 250000);
    expect_number("10_000", 10000);
    expect_number("1e6", 1000000);
    expect_number("2.5e5", 250000);
    expect_number("1E+3", 1000);
    expect_number("250k", 250000);
    expect_number("10M", 10000000);
    expect_number("0.33G", 330000000);
    expect_number("1.0", 1);
    expect_number("8e9", 8000000000ull);
}

Test(numbers, whole_numbers_are_exact_up_to_64_bits)
{
    expect_number("18446744073709551615", UINT64_MAX);
    expect_refused("18446744073709551616");
    expect_refused("18446744073709551615k");
    expect_refused("1e30");
    expect_number("0e30", 0);
}

Test(numbers, anything_else_is_refused)
{
    const char *const wrong[] = {"", "-1", "+1", "abc", "1.5", "1e", "1e-3", "10x", "10kk", "_10", "10_", "1__0", "1_", ".5", "1.",
                                 "1 000", " 1", "1 ", "0x10", "nan", "inf", "1e99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) expect_refused(wrong[i]);
}

Test(numbers, thousands_are_separated_by_commas)
{
    cr_expect_str_eq(number_grouped(1234567.891, 2).text, "1,234,567.89");
    cr_expect_str_eq(number_grouped(-1234.5, 1).text, "-1,234.5");
    cr_expect_str_eq(number_grouped(999.999, 2).text, "1,000.00");
    cr_expect_str_eq(number_grouped(12, 0).text, "12");
    cr_expect_str_eq(number_grouped(123456, 0).text, "123,456");
    cr_expect_str_eq(number_grouped(-100, 0).text, "-100");
    cr_expect_str_eq(number_grouped(0.1234, 4).text, "0.1234");
    cr_expect_str_eq(number_count(1000000).text, "1,000,000");
    cr_expect_str_eq(number_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

Test(numbers, a_real_number_is_finite_and_nothing_follows_it)
{
    double x;

    cr_expect(number_parse_real("-2.5e3", &x) && x == -2500);
    for (const char *const *text = (const char *const[]){"", "x", "1x", "1 2", "inf", "nan", "1e999", NULL}; *text; text++)
        cr_expect_not(number_parse_real(*text, &x), "'%s'", *text);
}

Test(numbers, nothing_is_never_negative_and_what_is_no_number_says_so)
{
    cr_expect_str_eq(number_grouped(-0.001, 2).text, "0.00");
    cr_expect_str_eq(number_grouped(NAN, 2).text, "n/a");
    cr_expect_str_eq(number_grouped(INFINITY, 2).text, "inf");
    cr_expect_str_eq(number_grouped(-INFINITY, 2).text, "-inf");
    cr_expect_str_eq(number_grouped(1e300, 2).text, "1e+300");
}

Test(numbers, decimals_show_two_digits_of_the_standard_error)
{
    cr_expect_eq(number_decimals(0.0123, 6), 3);    /* 0.012 */
    cr_expect_eq(number_decimals(1.23, 6), 1);      /* 1.2 */
    cr_expect_eq(number_decimals(123, 6), 0);
    cr_expect_eq(number_decimals(1e-9, 6), 6);
    cr_expect_eq(number_decimals(0, 2), 2);
    cr_expect_eq(number_decimals(NAN, 2), 2);
}

Test(numbers, sizes_have_binary_units)
{
    cr_expect_str_eq(number_bytes(1023).text, "1023 bytes");
    cr_expect_str_eq(number_bytes(1536).text, "1.5 KiB");
    cr_expect_str_eq(number_bytes(300ull << 20).text, "300 MiB");
}
