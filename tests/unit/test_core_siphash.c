/* Known answers of SipHash-2-4: the paper's appendix A, and the first of the authors' vectors. */
#include <criterion/criterion.h>

#include "core/siphash.h"

Test(siphash, gives_the_published_answers)
{
    unsigned char key[SIPHASH_KEY_BYTES], bytes[15];

    for (int i = 0; i < 16; i++) key[i] = (unsigned char)i;
    for (int i = 0; i < 15; i++) bytes[i] = (unsigned char)i;
    cr_expect_eq(siphash(key, bytes, 15), 0xa129ca6149be45e5ull);
    cr_expect_eq(siphash(key, bytes, 0), 0x726fdb47dd0e0e31ull);
    cr_expect_eq(siphash(key, bytes, 8), 0x93f5f5799a932462ull);
    key[0] = 1;
    cr_expect_neq(siphash(key, bytes, 15), 0xa129ca6149be45e5ull);
}
