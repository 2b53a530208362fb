/*
 * Parts of a run: `--part 3/8` is the third of eight shares of its people and of its draws, for job arrays. Whoever prints the results
 * of one says that they are not the whole.
 */
#ifndef POPGX_CLI_RUN_PART_H
#define POPGX_CLI_RUN_PART_H

#include <jansson.h>
#include <stdio.h>

#include "cluster/cluster.h"
#include "store/answer.h"
#include "store/stored.h"

typedef struct {
    uint64_t number, of;        /* 3 of 8; of 0: the whole run */
} run_part_t;

/** "3/8"; NULL and "1/1" are the whole run. */
MUST_USE popgx_err_t run_part_parse(const char *text, run_part_t *out);

/** The draws of a part, from 1 on. */
block_range_t run_part_draws(const run_part_t *part, uint64_t draws);

/** Of a stored run; and its patients: the first one, and how many. */
run_part_t run_part_of(const stored_t *stored);
block_range_t run_part_people(const stored_t *stored);

/** For commands about the people of a run. @retval POPGX_E_INPUT  it is a part that has draws alone */
MUST_USE popgx_err_t run_part_need_people(const answer_t *answer, const char *path);

/** A line that says which part it is, of which patients (counted from 0) and draws (count 0: none). */
void run_part_print(const run_part_t *part, uint64_t first_patient, uint64_t n_patients, block_range_t draws, FILE *out);

/** The same of a stored run; nothing if it is whole. */
void run_part_print_stored(const answer_t *answer, FILE *out);

/** {"part", "parts", "first_patient"} */
json_t *run_part_json(const run_part_t *part, uint64_t first_patient);
#endif
