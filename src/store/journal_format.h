/* What the writer and the reader of journals share. */
#ifndef POPGX_STORE_JOURNAL_FORMAT_H
#define POPGX_STORE_JOURNAL_FORMAT_H

#include "store/journal.h"

#define JOURNAL_MAGIC 0x31304c4e4a584750ull /* "PGXJNL01" in memory */
#define RECORD_MAGIC 0x3130434552584750ull  /* "PGXREC01" in memory */

enum { RECORD_ALIGNMENT = 8, SUM_MOST_BYTES = 19 /* of 128 bits, 7 in a byte */ };

static inline size_t padded_bytes(size_t n) { return (n + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT; }

uint64_t journal_header_hash(const journal_header_t *header);

/** @param body  [header->body_bytes] */
XXH128_hash_t journal_record_hash(const record_header_t *header, const unsigned char *body);
#endif
