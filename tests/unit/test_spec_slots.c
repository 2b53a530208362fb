/* Slots, conditions, and values that depend on levels. */
#include <unistd.h>

#include "unit/compiler_fixture.h"

enum { ANY = CONDITION_ATTRIBUTES | CONDITION_PROCESSES | CONDITION_OBSERVATIONS };

static const place_t HERE = {"m.yaml", 1, 1};

/* carrier (attribute), life and agent (processes), observed carrier (observation): slots 0 to 3 */
static void add_slots(compiler_t *c)
{
    cr_assert_eq(compile_add_slot(c, "carrier", SLOT_ATTRIBUTE, (const char *[]){"carrier", "non-carrier"}, 2, HERE), 0);
    cr_assert_eq(compile_add_slot(c, "life", SLOT_PROCESS, (const char *[]){"alive", "dead"}, 2, HERE), 1);
    cr_assert_eq(compile_add_slot(c, "agent", SLOT_PROCESS, (const char *[]){"clopidogrel", "ticagrelor", "prasugrel"}, 3, HERE), 2);
    cr_assert_eq(compile_add_slot(c, "observed carrier", SLOT_OBSERVATION, (const char *[]){"unknown", "carrier", "non-carrier"}, 3, HERE), 3);
}

Test(slots, slots_are_counted_by_kind_and_named)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "x: 1");

    add_slots(c);
    cr_assert_eq(f.model.settings.n_attributes, 1);
    cr_assert_eq(f.model.settings.n_processes, 2);
    cr_assert_eq(f.model.settings.n_observations, 1);
    cr_assert_str_eq(model_level_name(&f.model, 2, 1), "ticagrelor");
    cr_assert_eq(f.model.name_list[0], f.model.name_list[f.model.slots[3].level_names.first + 1]);  /* equal texts share one */
    cr_assert_eq(model_find_slot(&f.model, "agent"), 2);
    cr_assert_eq(model_find_slot(&f.model, "drug"), MODEL_NONE);
    fixture_close(&f);
}

Test(slots, slots_that_cannot_be_are_reported)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "x: 1");
    const char *levels[65];
    char names[65][16];

    add_slots(c);
    for (int i = 0; i < 65; i++) snprintf(names[i], sizeof names[i], "l%d", i), levels[i] = names[i];
    cr_assert_eq(compile_add_slot(c, "agent", SLOT_PROCESS, levels, 2, (place_t){"m.yaml", 2, 1}), MODEL_NONE);
    cr_assert_eq(compile_add_slot(c, "big", SLOT_PROCESS, levels, 65, (place_t){"m.yaml", 3, 1}), MODEL_NONE);
    cr_assert_eq(compile_add_slot(c, "none", SLOT_PROCESS, levels, 0, (place_t){"m.yaml", 4, 1}), MODEL_NONE);
    levels[1] = levels[0];
    cr_assert_eq(compile_add_slot(c, "twice", SLOT_PROCESS, levels, 2, (place_t){"m.yaml", 5, 1}), MODEL_NONE);
    expect_messages(c->diag, "m.yaml:2:1: there are two things called `agent`: give one of them another name",
                    "m.yaml:3:1: `big` has 65 levels: at least 1 and at most 64 are possible",
                    "m.yaml:4:1: `none` has 0 levels: at least 1 and at most 64 are possible",
                    "m.yaml:5:1: `twice` has the level `l0` twice: name each level once", NULL);
    fixture_close(&f);
}

Test(slots, a_condition_is_a_set_of_levels_for_each_slot)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "while: {agent: [clopidogrel, prasugrel], life: alive}\nalways: {}\n");
    model_span_t terms;

    add_slots(c);
    cr_assert(compile_condition(c, yaml_get(c->root, "while"), ANY, &terms));
    cr_assert_eq(terms.count, 2);
    cr_assert_eq(f.model.terms[terms.first].slot, 2);
    cr_assert_eq(f.model.terms[terms.first].levels, 5);      /* levels 0 and 2 */
    cr_assert_eq(f.model.terms[terms.first + 1].slot, 1);
    cr_assert_eq(f.model.terms[terms.first + 1].levels, 1);
    cr_assert(compile_condition(c, yaml_get(c->root, "always"), ANY, &terms));
    cr_assert_eq(terms.count, 0);
    cr_assert(compile_condition(c, NULL, ANY, &terms));
    cr_assert_eq(terms.count, 0);
    expect_messages(c->diag, NULL);
    fixture_close(&f);
}

Test(slots, mistakes_in_a_condition_are_all_reported)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml",
        "a: {agnet: clopidogrel,\n"
        " carrier: carrier,\n"
        " agent: [clopidogerl, x, [y]],\n"
        " observed carrier: {z: 1},\n"
        " life: [alive, alive]}\n"
        "b: text\n"
        "c: {colour: red}\n");
    model_span_t terms;

    add_slots(c);
    cr_assert_not(compile_condition(c, yaml_get(c->root, "a"), CONDITION_PROCESSES | CONDITION_OBSERVATIONS, &terms));
    cr_assert_not(compile_condition(c, yaml_get(c->root, "b"), ANY, &terms));
    cr_assert_not(compile_condition(c, yaml_get(c->root, "c"), CONDITION_PROCESSES, &terms));
    expect_messages(c->diag,
        "m.yaml:1:5: nothing is called `agnet`: did you mean `agent`?",
        "m.yaml:2:2: `carrier` cannot be asked for here: did you mean `observed carrier`?",
        "m.yaml:3:10: `agent` has no level `clopidogerl`: did you mean `clopidogrel`?",
        "m.yaml:3:23: `agent` has no level `x`: it has clopidogrel, ticagrelor, prasugrel",
        "m.yaml:3:26: a level is not a single word or text: write the name of a level",
        "m.yaml:4:20: a level or a list of levels is missing: write `slot: level` or `slot: [level, level]`",
        "m.yaml:5:16: warning: the level `alive` is in the list twice: remove one of them",
        "m.yaml:6:4: a condition is not a mapping: write it like {process: state, attribute: [level, level]}",
        "m.yaml:7:5: nothing is called `colour`: only processes can stand here", NULL);
    fixture_close(&f);
}

static double cell(const model_t *m, const model_table_t *table, uint8_t carrier, uint8_t agent)
{
    return m->reals[model_row_first(m, table, (uint8_t[]){carrier, 0, agent, 0})];
}

Test(slots, a_lookup_is_one_value_or_one_for_each_level)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml",
        "one: 0.8\n"
        "by agent: {by: agent, prasugrel: 0.7, otherwise: 1}\n"
        "nested: {by: [carrier, agent], carrier: {clopidogrel: 2, ticagrelor: 3, prasugrel: 4}, non-carrier: {otherwise: 1, prasugrel: 0.5}}\n"
        "swapped: {by: [agent, carrier], clopidogrel: {carrier: 2, non-carrier: 1}, otherwise: {carrier: 7, otherwise: 8}}\n"
        "short: {by: [carrier, agent], carrier: {prasugrel: 4, otherwise: 3}, non-carrier: 1}\n");
    model_table_t table;

    add_slots(c);
    cr_assert(compile_lookup(c, yaml_get(c->root, "one"), VALUE_RATIO, ANY, &table));
    cr_assert_eq(table.axes.count, 0);
    cr_assert_eq(cell(&f.model, &table, 1, 2), 0.8);

    cr_assert(compile_lookup(c, yaml_get(c->root, "by agent"), VALUE_RATIO, ANY, &table));
    cr_assert_eq(cell(&f.model, &table, 0, 0), 1);
    cr_assert_eq(cell(&f.model, &table, 0, 1), 1);
    cr_assert_eq(cell(&f.model, &table, 0, 2), 0.7);

    cr_assert(compile_lookup(c, yaml_get(c->root, "nested"), VALUE_RATIO, ANY, &table));
    for (uint8_t agent = 0; agent < 3; agent++) cr_assert_eq(cell(&f.model, &table, 0, agent), 2 + agent);
    cr_assert_eq(cell(&f.model, &table, 1, 0), 1);
    cr_assert_eq(cell(&f.model, &table, 1, 2), 0.5);

    cr_assert(compile_lookup(c, yaml_get(c->root, "swapped"), VALUE_RATIO, ANY, &table));
    cr_assert_eq(cell(&f.model, &table, 0, 0), 2);
    cr_assert_eq(cell(&f.model, &table, 1, 0), 1);
    cr_assert_eq(cell(&f.model, &table, 0, 2), 7);
    cr_assert_eq(cell(&f.model, &table, 1, 1), 8);

    cr_assert(compile_lookup(c, yaml_get(c->root, "short"), VALUE_RATIO, ANY, &table));
    for (uint8_t agent = 0; agent < 3; agent++) {           /* a value instead of a mapping holds for all that is left */
        cr_assert_eq(cell(&f.model, &table, 0, agent), agent == 2 ? 4 : 3);
        cr_assert_eq(cell(&f.model, &table, 1, agent), 1);
    }
    expect_messages(c->diag, NULL);
    fixture_close(&f);
}

Test(slots, a_lookup_without_all_its_levels_is_reported)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml",
        "a: {by: agent, prasugrel: 0.7}\n"
        "b: {by: [carrier, agent], carrier: {otherwise: 1}, non-carrier: {clopidogrel: 2, prasugrel: 1}}\n"
        "c: {by: agent, warfarin: 1, otherwise: 1}\n"
        "d: {by: [agent, agent], otherwise: {otherwise: 1}}\n"
        "e: {by: {agent: 1}}\n"
        "f: {by: [carrier, agent], otherwise: [1]}\n"
        "g: {by: agent, otherwise: -1}\n");
    model_table_t table;

    add_slots(c);
    for (char key[2] = "a"; key[0] <= 'g'; key[0]++) cr_assert_not(compile_lookup(c, yaml_get(c->root, key), VALUE_RATIO, ANY, &table), "%s", key);
    expect_messages(c->diag,
        "m.yaml:1:4: no value for clopidogrel (and 1 more): give it, or add `otherwise: VALUE`",
        "m.yaml:2:4: no value for non-carrier, ticagrelor: give it, or add `otherwise: VALUE`",
        "m.yaml:3:16: `agent` has no level `warfarin`: it has clopidogrel, ticagrelor, prasugrel",
        "m.yaml:4:17: `agent` is in the list twice: name it once",
        "m.yaml:5:9: `by` does not say what the value depends on: write `by: NAME` or `by: [NAME, NAME]`",
        "m.yaml:6:38: no values by `agent`: write {LEVEL: VALUE, ...}",
        "m.yaml:7:27: `-1` is negative: a ratio is at least 0", NULL);
    fixture_close(&f);
}

/* ---- tables in files ---- */

static char folder[] = "/tmp/popgx_slots_XXXXXX";
static char table_path[100], model_path[100];

static void remove_table(void)
{
    unlink(table_path);
    rmdir(folder);
}

static compiler_t *open_table(compiler_fixture_t *f, const char *yaml, const char *table)
{
    cr_assert(mkdtemp(folder));
    snprintf(table_path, sizeof table_path, "%s/t.csv", folder);
    snprintf(model_path, sizeof model_path, "%s/m.yaml", folder);
    FILE *file = fopen(table_path, "w");
    fputs(table, file);
    fclose(file);
    compiler_t *c = fixture_open(f, model_path, yaml);
    add_slots(c);
    return c;
}

Test(slots, a_lookup_can_come_from_a_file, .fini = remove_table)
{
    compiler_fixture_t f;
    compiler_t *c = open_table(&f, "x: {by: [agent, carrier], table: t.csv, column: hr}\n",
        "carrier,agent,hr,note\n"
        "carrier,clopidogrel,1.5,\nnon-carrier,clopidogrel,1,\ncarrier,ticagrelor,0.8,\nnon-carrier,ticagrelor,0.9,\n"
        "carrier,prasugrel,80 %,\nnon-carrier,prasugrel,3/4,\n");
    model_table_t table;

    cr_assert(compile_lookup(c, yaml_get(c->root, "x"), VALUE_RATIO, ANY, &table), "%s", diag_text(c->diag, 0));
    cr_assert_eq(cell(&f.model, &table, 0, 0), 1.5);
    cr_assert_eq(cell(&f.model, &table, 1, 1), 0.9);
    cr_assert_eq(cell(&f.model, &table, 0, 2), 0.8);
    cr_assert_eq(cell(&f.model, &table, 1, 2), 0.75);
    cr_assert_eq(compile_table_row(c, compile_table_file(c, "t.csv", c->root->place), 3, (int32_t[]){2, 0}, 2), 3);  /* ticagrelor (1) * 2 + non-carrier (1) */
    cr_assert_eq(f.report.n_sources, 1, "a table is read once");
    fixture_close(&f);
}

Test(slots, a_file_without_all_combinations_is_reported, .fini = remove_table)
{
    compiler_fixture_t f;
    char expected[5][300];
    compiler_t *c = open_table(&f,
        "x: {by: agent, table: t.csv}\n"
        "y: {by: agent, table: t.csv, column: hr}\n"
        "z: {by: carrier, table: t.csv}\n"
        "w: {by: agent, table: t.csv, colunm: value}\n",
        "agent,value\nclopidogrel,1\nclopidogrel,2\nwarfarin,1\nprasugrel,1\n");
    model_table_t table;

    cr_assert_not(compile_lookup(c, yaml_get(c->root, "x"), VALUE_RATIO, ANY, &table));
    snprintf(expected[0], 300, "%s:3:1: a second row for clopidogrel: remove one of them", table_path);
    snprintf(expected[1], 300, "%s:4:1: `agent` has no level `warfarin`: it has clopidogrel, ticagrelor, prasugrel", table_path);
    expect_messages(c->diag, expected[0], expected[1], NULL);
    cr_assert_not(compile_lookup(c, yaml_get(c->root, "y"), VALUE_RATIO, ANY, &table));
    cr_assert_not(compile_lookup(c, yaml_get(c->root, "z"), VALUE_RATIO, ANY, &table));
    cr_assert_not(compile_lookup(c, yaml_get(c->root, "w"), VALUE_RATIO, ANY, &table));
    snprintf(expected[2], 300, "%s:2:38: %s has no column `hr`: name it with `column: NAME`", model_path, table_path);
    snprintf(expected[3], 300, "%s:1:1: the table has no column `carrier`: add a column `carrier`", table_path);
    snprintf(expected[4], 300, "%s:4:30: a value from a table has no key `colunm`: did you mean `column`?", model_path);
    expect_messages(c->diag, expected[2], expected[4], expected[3], expected[0], expected[1], NULL);
    fixture_close(&f);
}

Test(slots, a_missing_combination_is_reported_at_the_files_name, .fini = remove_table)
{
    compiler_fixture_t f;
    char expected[300];
    compiler_t *c = open_table(&f, "x: {by: [agent, carrier], table: t.csv}\n",
        "agent,carrier,value\nclopidogrel,carrier,1\nclopidogrel,non-carrier,1\nprasugrel,carrier,1\nticagrelor,carrier,1\nticagrelor,non-carrier,1\n");
    model_table_t table;

    cr_assert_not(compile_lookup(c, yaml_get(c->root, "x"), VALUE_RATIO, ANY, &table));
    snprintf(expected, sizeof expected, "%s:1:34: no value for prasugrel, non-carrier: add a row to %s", model_path, table_path);
    expect_messages(c->diag, expected, NULL);
    fixture_close(&f);
}

Test(slots, a_table_that_would_be_too_large_is_refused)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "x: 1");
    const char *levels[64];
    char names[64][16];
    int32_t slots[4];
    model_table_t table;

    for (int i = 0; i < 64; i++) snprintf(names[i], sizeof names[i], "%d", i), levels[i] = names[i];
    for (int s = 0; s < 4; s++) slots[s] = compile_add_slot(c, names[s], SLOT_ATTRIBUTE, levels, 64, HERE);
    cr_assert(compile_make_table(c, slots, 3, 1, &table));        /* 262,144 numbers */
    cr_assert_not(compile_make_table(c, slots, 4, 1, &table));
    cr_assert_not(compile_make_table(c, slots, 3, 64, &table));
    expect_messages(c->diag, "m.yaml: a table by `0` and others would have more than 1048576 numbers: "
                             "let it depend on fewer things, or on things with fewer levels", NULL);
    fixture_close(&f);
}

Test(slots, names_that_mean_something_else_beside_levels_are_refused)
{
    static const char *const reserved[] = {"by", "otherwise", "source", "note", "clock", "table", "column"};

    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        compiler_fixture_t f;
        compiler_t *c = fixture_open(&f, "m.yaml", "x: 1");
        const char *const levels[] = {"fine", reserved[i]};
        char level[128], name[128];
        snprintf(level, sizeof level, "m.yaml:2:1: `%s` cannot be the name of a level of `drug`: it means something else: choose another name",
                 reserved[i]);
        snprintf(name, sizeof name, "m.yaml:3:1: `%s` cannot be the name of an attribute or a process: it means something else: choose another name",
                 reserved[i]);
        cr_assert_eq(compile_add_slot(c, "drug", SLOT_PROCESS, levels, 2, (place_t){"m.yaml", 2, 1}), MODEL_NONE);
        cr_assert_eq(compile_add_slot(c, reserved[i], SLOT_PROCESS, levels, 1, (place_t){"m.yaml", 3, 1}), MODEL_NONE);
        expect_messages(c->diag, level, name, NULL);
        fixture_close(&f);
    }
}
