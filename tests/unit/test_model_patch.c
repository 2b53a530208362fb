/* Models as differences from another. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model/patch.h"

enum { BYTES = 80 };

static void expect_round_trip(const unsigned char *base, size_t n_base, const unsigned char *bytes, size_t n, size_t n_patch)
{
    unsigned char *patch, *back;
    size_t n_made, n_back;

    cr_assert_eq(patch_make(base, n_base, bytes, n, &patch, &n_made), POPGX_OK);
    cr_expect_eq(n_made, n_patch, "%zu bytes", n_made);
    cr_assert_eq(patch_apply(base, n_base, patch, n_made, &back, &n_back), POPGX_OK);
    cr_expect(n_back == n && memcmp(back, bytes, n) == 0);
    free(patch);
    free(back);
}

Test(patch, what_differs_is_kept_and_nothing_else)
{
    unsigned char base[BYTES] = {1, 2, 3}, bytes[BYTES];

    memcpy(bytes, base, BYTES);
    expect_round_trip(base, BYTES, bytes, BYTES, 8);            /* no runs */
    bytes[0] = 9;
    bytes[79] = 7;
    expect_round_trip(base, BYTES, bytes, BYTES, 8 * 5);        /* two runs of one word */
    memset(bytes + 8, 5, 40);
    expect_round_trip(base, BYTES, bytes, BYTES, 8 * 10);       /* words 0 to 5 are one run now */
    for (int i = 0; i < BYTES; i += 16) bytes[i] ^= 0xff;
    expect_round_trip(base, BYTES, bytes, BYTES, 8 * 12);       /* words 0 to 6, 8 and 9 */
    expect_round_trip(base, BYTES, bytes, BYTES - 8, BYTES);    /* another size: the whole, behind one word */
}

Test(patch, bytes_that_are_no_patch_are_refused)
{
    unsigned char base[BYTES] = {0}, bytes[BYTES] = {[8] = 1, [40] = 2}, *patch, *back;
    size_t n, n_back;

    cr_assert_eq(patch_make(base, BYTES, bytes, BYTES, &patch, &n), POPGX_OK);
    cr_expect_eq(patch_apply(base, BYTES, patch, n - 8, &back, &n_back), POPGX_E_INPUT);
    cr_expect_eq(patch_apply(base, 16, patch, n, &back, &n_back), POPGX_E_INPUT);
    cr_expect_eq(patch_apply(base, BYTES, patch, 0, &back, &n_back), POPGX_E_INPUT);
    patch[0] = 77;
    cr_expect_eq(patch_apply(base, BYTES, patch, n, &back, &n_back), POPGX_E_INPUT);
    free(patch);
}
