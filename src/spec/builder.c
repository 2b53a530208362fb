/*
 * Grows the arrays of a model. The room of an array follows from its length (the next power of two), so a model
 * carries no capacities; arrays that model_unpack made have no room until builder_adopt gives it to them. Never fails: lack of memory aborts.
 *
 * Under the address sanitizer there is no spare room: every growth moves the array, so that a pointer into it that is kept while the model
 * grows is found by the first test or fuzzed input that comes by, and not only by one that happens to cross a power of two.
 */
#include <string.h>

#include "core/memory.h"
#include "spec/compile.h"

#ifdef __has_feature
#define HAS_ADDRESS_SANITIZER __has_feature(address_sanitizer)    /* clang */
#elif defined __SANITIZE_ADDRESS__
#define HAS_ADDRESS_SANITIZER 1                                   /* gcc */
#else
#define HAS_ADDRESS_SANITIZER 0
#endif

enum { LEAST_ROOM = 16 };

static size_t room_for(int32_t n)
{
    size_t room = LEAST_ROOM;

    if (HAS_ADDRESS_SANITIZER) return (size_t)n;
    while (room < (size_t)n) room *= 2;
    return n > 0 ? room : 0;
}

static void *array_grow(void *array, int32_t n, int32_t count, size_t size)
{
    INVARIANT(count >= 0 && count <= INT32_MAX - n, "an array of %d records cannot take %d more", n, count);
    if (room_for(n + count) != room_for(n)) array = memory_resize(array, room_for(n + count), size);
    if (count > 0) memset((char *)array + (size_t)n * size, 0, (size_t)count * size);
    return array;
}

#define X(type, name)                                                                            \
    int32_t builder_add_##name(model_t *model, int32_t count)                                    \
    {                                                                                            \
        int32_t first = model->n_##name;                                                         \
        model->name = array_grow(model->name, first, count, sizeof *model->name);                \
        model->n_##name = first + count;                                                         \
        return first;                                                                            \
    }
MODEL_ARRAYS(X)
#undef X

void builder_adopt(model_t *model)
{
#define X(type, name) \
    if (model->n_##name > 0) model->name = memory_resize(model->name, room_for(model->n_##name), sizeof *model->name);
    MODEL_ARRAYS(X)
#undef X
}

/* Offset 0 is the empty text, so that a name left at zero reads as none. */
model_name_t builder_text(model_t *model, const char *text)
{
    size_t n = strlen(text) + 1;

    INVARIANT(n <= INT32_MAX, "a name of %zu bytes", n);
    if (model->n_text == 0) builder_add_text(model, 1);
    for (int32_t at = 0; at < model->n_text; at += (int32_t)strlen(model->text + at) + 1)
        if (strcmp(model->text + at, text) == 0) return at;
    model_name_t at = builder_add_text(model, (int32_t)n);
    memcpy(model->text + at, text, n);
    return at;
}
