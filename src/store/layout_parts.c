/* /parts: where the parts of a merged run came from, so that each can still be told and run again. */
#include "store/layout.h"
#include "store/table.h"

popgx_err_t layout_parts(h5_file_t *file, const columns_plan_t *plan, const piece_t *pieces, size_t n)
{
    static const table_field_t fields[] = {
        {"file", FIELD_TEXT, "that was merged"},
        {"run_id", FIELD_COPY, "its own"},
        {"created", FIELD_TEXT, "when it was complete, UTC"},
        {"command", FIELD_TEXT, "that made it"},
        {"first_patient", FIELD_COUNT, "number of its first patient"},
        {"patients", FIELD_COUNT, "how many it simulated in the base case"},
        {"first_draw", FIELD_COUNT, "number of its first draw, from 1; 0: it has none"},
        {"draws", FIELD_COUNT, "how many"},
        {0},
    };
    table_t *table = table_new(fields);
    char id[2 * JOURNAL_RUN_ID_BYTES + 1];

    for (size_t i = 0; i < n; i++) {
        const piece_t *piece = &pieces[i];
        manifest_run_id_text(piece->run_id, id);
        table_text(table, piece->path);
        table_copy(table, id);
        table_text(table, piece->created);
        table_text(table, piece->command);
        table_count(table, piece->blocks.first * plan->block_people);
        table_count(table, columns_range_patients(plan, piece->blocks));
        table_count(table, piece->draws.first);
        table_count(table, piece->draws.count);
    }
    return table_finish(table, file, "/parts", "", "the parts that this run was merged from, in the order of patients");
}
