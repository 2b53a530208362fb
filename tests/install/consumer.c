/* The smallest program that embeds popgx: tests/install/check builds it against an installed popgx. */
#include <popgx/err.h>
#include <stdio.h>

int main(void)
{
    puts(popgx_err_text(POPGX_OK));
    return 0;
}
