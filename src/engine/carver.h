/* Columns out of one allocation: laid out twice, first without memory to learn how much it takes. */
#ifndef POPGX_ENGINE_CARVER_H
#define POPGX_ENGINE_CARVER_H

#include <stddef.h>

typedef struct {
    char *memory;               /* NULL: only count */
    size_t used;
} carver_t;

/* The next `count` elements of `size` bytes, aligned to 64 bytes; NULL while only counting. */
static inline void *carve(carver_t *carver, size_t count, size_t size)
{
    void *piece = carver->memory ? carver->memory + carver->used : NULL;
    carver->used += (count * size + 63) & ~(size_t)63;
    return piece;
}
#endif
