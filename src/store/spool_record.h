/* The layout of a record, shared by the writer and the reader of spools: a header, then columns, widest numbers first. */
#ifndef POPGX_STORE_SPOOL_RECORD_H
#define POPGX_STORE_SPOOL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "store/spool.h"

#define RECORD_MAGIC 0x31304c4f4f505350ull /* "PSPOOL01" */

typedef struct {
    uint64_t magic, first_id;
    uint64_t n, n_events;       /* people, events */
    uint64_t n_bytes;           /* after the header; a multiple of 8 */
    uint64_t hash;              /* XXH3-64 of them */
    int64_t strategy;
} record_header_t;

/** As spool_block_t, for writing. `padding` is where the columns end. */
typedef struct {
    uint64_t *patient;
    double *number;
    int32_t *count, *minute;
    uint16_t *diplotype;
    uint8_t *moment, *died, *level, *padding;
} record_columns_t;

/** Finds the columns in `body` (8-byte aligned; NULL: only their size is wanted) and returns the bytes they take. */
static inline size_t record_layout(const model_t *model, const record_header_t *header, unsigned char *body,
                                   record_columns_t *columns)
{
    size_t n = header->n, events = header->n_events, at = 0;
    size_t people = header->strategy == 0 ? n : 0; /* columns of people are there once */

#define COLUMN(name, count) \
    (columns->name = body ? (void *)(body + at) : NULL, at += sizeof *columns->name * (count))
    COLUMN(patient, people);
    COLUMN(number, people * (size_t)model->n_numbers);
    COLUMN(count, n);
    COLUMN(minute, events);
    COLUMN(diplotype, people * (size_t)model->n_genes);
    COLUMN(moment, events * spool_moment_bytes(model));
    COLUMN(died, n);
    COLUMN(level, people * (size_t)model->settings.n_attributes);
    COLUMN(padding, 0);
#undef COLUMN
    return (at + 7) & ~(size_t)7;
}
#endif
