/*
 * A model as bytes and back. The layout is that of this build (native records behind their sizes): it travels between
 * ranks of one run and into its own files, and anything else is refused. Never trusts the bytes it unpacks.
 */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PACK_MAGIC "popgxmdl"
enum { PACK_VERSION = 4, PACK_ALIGNMENT = 8 };

/* Ahead of the settings; one of these per array stands ahead of its records. */
typedef struct {
    char magic[8];
    uint32_t version, settings_size;
    uint64_t n_bytes;           /* of the whole */
} pack_header_t;

typedef struct {
    uint32_t record_size;
    int32_t count;
} pack_array_t;

void model_release(model_t *model)
{
#define X(type, name) free(model->name);
    MODEL_ARRAYS(X)
#undef X
    *model = (model_t){0};
}

static size_t padded(size_t n) { return (n + PACK_ALIGNMENT - 1) / PACK_ALIGNMENT * PACK_ALIGNMENT; }

static unsigned char *put(unsigned char *at, const void *bytes, size_t n)
{
    if (n > 0) memcpy(at, bytes, n);
    return at + padded(n);
}

popgx_err_t model_pack(const model_t *model, unsigned char **bytes, size_t *n_bytes)
{
    size_t n = sizeof(pack_header_t) + padded(sizeof model->settings);
#define X(type, name) n += sizeof(pack_array_t) + padded((size_t)model->n_##name * sizeof *model->name);
    MODEL_ARRAYS(X)
#undef X
    unsigned char *packed = calloc(n, 1), *at = packed;
    if (!packed) return FAIL(NOMEM, "no memory for a packed model of %zu bytes", n);

    pack_header_t header = {.version = PACK_VERSION, .settings_size = sizeof model->settings, .n_bytes = n};
    memcpy(header.magic, PACK_MAGIC, sizeof header.magic);
    at = put(at, &header, sizeof header);
    at = put(at, &model->settings, sizeof model->settings);
#define X(type, name)                                                                                    \
    at = put(at, &(pack_array_t){sizeof *model->name, model->n_##name}, sizeof(pack_array_t));           \
    at = put(at, model->name, (size_t)model->n_##name * sizeof *model->name);
    MODEL_ARRAYS(X)
#undef X
    *bytes = packed;
    *n_bytes = n;
    return POPGX_OK;
}

/* Takes one array off the bytes; NULL with *count = 0 if it is empty. */
static popgx_err_t unpack_array(const unsigned char **at, const unsigned char *end, size_t size, void **array, int32_t *count)
{
    pack_array_t head;

    if ((size_t)(end - *at) < sizeof head) return FAIL(INPUT, "a packed model ends too early");
    memcpy(&head, *at, sizeof head);
    *at += sizeof head;
    size_t left = (size_t)(end - *at);
    if (head.record_size != size || head.count < 0) return FAIL(INPUT, "a packed model has other records than this version of popgx");
    if ((size_t)head.count > left / size || padded((size_t)head.count * size) > left) return FAIL(INPUT, "a packed model ends too early");
    if (head.count == 0) return POPGX_OK;
    *array = malloc((size_t)head.count * size);
    if (!*array) return FAIL(NOMEM, "no memory for a model of %d records of %zu bytes", head.count, size);
    memcpy(*array, *at, (size_t)head.count * size);
    *count = head.count;
    *at += padded((size_t)head.count * size);
    return POPGX_OK;
}

popgx_err_t model_unpack(const unsigned char *bytes, size_t n_bytes, model_t *model)
{
    popgx_err_t err = POPGX_OK;
    pack_header_t header;
    const unsigned char *end = bytes + n_bytes, *at = bytes + sizeof header + padded(sizeof model->settings);

    *model = (model_t){0};
    if (n_bytes < sizeof header + padded(sizeof model->settings)) return FAIL(INPUT, "these %zu bytes are not a packed model", n_bytes);
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, PACK_MAGIC, sizeof header.magic) != 0) return FAIL(INPUT, "these bytes are not a packed model");
    if (header.version != PACK_VERSION || header.settings_size != sizeof model->settings)
        return FAIL(INPUT, "a packed model of version %u; this popgx reads version %d", header.version, PACK_VERSION);
    if (header.n_bytes != n_bytes) return FAIL(INPUT, "a packed model of %zu bytes should have %llu", n_bytes, (unsigned long long)header.n_bytes);
    memcpy(&model->settings, bytes + sizeof header, sizeof model->settings);
#define X(type, name)                                                                    \
    {                                                                                    \
        void *array = NULL;                                                              \
        TRY(unpack_array(&at, end, sizeof(type), &array, &model->n_##name));             \
        model->name = array;                                                             \
    }
    MODEL_ARRAYS(X)
#undef X
    if (at != end) TRY(FAIL(INPUT, "a packed model is followed by %zu bytes too many", (size_t)(end - at)));
    TRY(model_check(model));
out:
    if (err) model_release(model);
    return err;
}

int32_t model_find_strategy(const model_t *m, const char *name)
{
    for (int32_t s = 0; s < m->n_strategies; s++)
        if (strcmp(model_strategy_name(m, s), name) == 0) return s;
    return MODEL_NONE;
}

int32_t model_find_slot(const model_t *m, const char *name)
{
    for (int32_t s = 0; s < m->n_slots; s++)
        if (strcmp(model_text(m, m->slots[s].name), name) == 0) return s;
    return MODEL_NONE;
}

int32_t model_find_level(const model_t *m, int32_t slot, const char *name)
{
    for (int32_t l = 0; l < m->slots[slot].level_names.count; l++)
        if (strcmp(model_level_name(m, slot, l), name) == 0) return l;
    return MODEL_NONE;
}

void model_mark_inputs(const model_t *m, const model_clock_t *clock, bool *is_read)
{
    for (int32_t i = 0; i < clock->enabled.count; i++) is_read[m->terms[clock->enabled.first + i].slot] = true;
    for (int32_t i = 0; i < clock->ratios.count; i++) {
        const model_span_t axes = m->ratios[clock->ratios.first + i].axes;
        for (int32_t a = 0; a < axes.count; a++) is_read[m->axes[axes.first + a].slot] = true;
    }
    for (int32_t a = 0; clock->kind == CLOCK_HAZARD && a < clock->curve.axes.count; a++)
        is_read[m->axes[clock->curve.axes.first + a].slot] = true;
}

double model_discount_at(const model_t *m, model_span_t course, int32_t minute)
{
    const model_discount_t *piece = m->discounts + course.first, *end = piece + course.count;

    while (piece + 1 < end && piece[1].from <= minute) piece++;
    const double u = (double)minute - piece->from;
    return piece->base + piece->slope * u + piece->factor * exp(-piece->per_minute * u);
}

double model_discount_factor(const model_t *m, double per_minute, model_span_t course, int32_t minute)
{
    return course.count ? model_discount_at(m, course, minute) : exp(-per_minute * minute);
}
