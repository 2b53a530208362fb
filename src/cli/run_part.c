/* What a part of a run is called, and what is said about it. Holds no state. */
#include "cli/run_part.h"

#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"

popgx_err_t run_part_parse(const char *text, run_part_t *out)
{
    const char *slash = text ? strchr(text, '/') : NULL;
    char number[32];

    *out = (run_part_t){0};
    if (!text) return POPGX_OK;
    if (slash && (size_t)(slash - text) < sizeof number) {
        snprintf(number, sizeof number, "%.*s", (int)(slash - text), text);
        if (!number_parse(number, &out->number) || !number_parse(slash + 1, &out->of)) out->of = 0;
    }
    if (out->number < 1 || out->number > out->of || out->of > COLUMNS_MOST_PARTS)
        return FAIL(INPUT, "--part '%s': write K/N, such as 3/8 for the third of eight parts (K from 1 to N, N at most %d)", text, COLUMNS_MOST_PARTS);
    if (out->of == 1) *out = (run_part_t){0};
    return POPGX_OK;
}

block_range_t run_part_draws(const run_part_t *part, uint64_t draws)
{
    block_range_t range = part->of > 0 ? block_range_piece(draws, part->of, part->number - 1) : (block_range_t){0, draws};

    range.first++;
    return range;
}

run_part_t run_part_of(const stored_t *stored)
{
    const columns_plan_t *plan = &stored_manifest(stored)->plan;
    return (run_part_t){plan->part, plan->parts};
}

block_range_t run_part_people(const stored_t *stored)
{
    const columns_plan_t *plan = &stored_manifest(stored)->plan;
    const block_range_t blocks = columns_range(plan);
    return (block_range_t){blocks.first * plan->block_people, columns_range_patients(plan, blocks)};
}

popgx_err_t run_part_need_people(const answer_t *answer, const char *path)
{
    if (answer->tally.sums[answer->tally.layout.people] > 0) return POPGX_OK;
    return FAIL(INPUT, "%s: is a part of a run that has draws alone: popgx merge joins the parts", path);
}

void run_part_print(const run_part_t *part, uint64_t first_patient, uint64_t n_patients, block_range_t draws, FILE *out)
{
    fprintf(out, "part %llu of %llu of a run, not the whole of it: ", (unsigned long long)part->number, (unsigned long long)part->of);
    if (n_patients > 0) fprintf(out, "patients %s to %s", number_count(first_patient).text, number_count(first_patient + n_patients - 1).text);
    else fputs("no patients", out);
    if (draws.count > 0) fprintf(out, ", draws %s to %s", number_count(draws.first).text, number_count(draws.first + draws.count - 1).text);
    fputs("; popgx merge joins the parts\n", out);
}

void run_part_print_stored(const answer_t *answer, FILE *out)
{
    const run_part_t part = run_part_of(answer->stored);
    const block_range_t people = run_part_people(answer->stored);

    if (part.of > 0) run_part_print(&part, people.first, people.count, (block_range_t){answer->first_draw, answer->psa.n_draws}, out);
}

json_t *run_part_json(const run_part_t *part, uint64_t first_patient)
{
    return json_pack("{s:I, s:I, s:I}", "part", (json_int_t)part->number, "parts", (json_int_t)part->of, "first_patient", (json_int_t)first_patient);
}
