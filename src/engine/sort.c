/* Sorting people by the curve that their clock follows: two passes of counting, 11 bits at a time. Allocates nothing. */
#include "engine/situation.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static void pass(const situation_t *situations, bool by_was, int32_t least, int shift, const kernel_changes_t *from, kernel_changes_t *to)
{
    const int32_t *situation = by_was ? from->was : from->is;
    int32_t place[DIGITS + 1];

    memset(place, 0, sizeof place);
    for (int32_t j = 0; j < from->n; j++) place[((situations[situation[j]].curve - least) >> shift & (DIGITS - 1)) + 1]++;
    for (int32_t d = 0; d < DIGITS; d++) place[d + 1] += place[d];
    for (int32_t j = 0; j < from->n; j++) {
        const int32_t at = place[(situations[situation[j]].curve - least) >> shift & (DIGITS - 1)]++;
        to->person[at] = from->person[j];
        to->was[at] = from->was[j];
        to->is[at] = from->is[j];
    }
    to->n = from->n;
}

void sort_by_curve(const situation_t *situations, bool by_was, kernel_changes_t *changes, kernel_changes_t *scratch)
{
    const int32_t *situation = by_was ? changes->was : changes->is;
    int32_t least = INT32_MAX;

    for (int32_t j = 0; j < changes->n; j++) least = situations[situation[j]].curve < least ? situations[situation[j]].curve : least;
    pass(situations, by_was, least, 0, changes, scratch);
    pass(situations, by_was, least, DIGIT_BITS, scratch, changes);
}
