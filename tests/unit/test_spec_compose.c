/* One model from several texts: blocks copied for each item, included files, and what overrides what. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "spec/compose.h"
#include "spec_fixture.h"

#define DRUGS                                                                                                   \
    "blocks:\n"                                                                                                 \
    "  drug:\n"                                                                                                 \
    "    processes:\n"                                                                                          \
    "      <drug>: {states: [none, taking], events: {start of <drug>: {from: none, to: taking, delay: <when>}}}\n" \
    "    payoffs: {cost: [{event: start of <drug>, amount: <price>, category: <drug>}]}\n"

#define PAIR "for each: {drug: {aspirin: {when: 1 day, price: 2 USD}, statin: {when: 2 days, price: 5 USD}}, use: drug}\n"

Test(spec_compose, a_block_is_copied_for_each_item)
{
    loaded_t loaded = load_good(DRUGS PAIR);
    const model_t *m = &loaded.model;

    cr_expect_eq(level_of(m, slot_of(m, "aspirin"), "taking"), 1);
    cr_expect_eq(level_of(m, slot_of(m, "statin"), "taking"), 1);
    cr_assert_eq(m->n_clocks, 2);
    cr_expect_eq(m->clocks[0].minutes + m->clocks[1].minutes, 3 * 1440);
    cr_assert_eq(m->n_lumps, 2);
    cr_expect_eq(m->reals[m->lumps[0].amount.first] + m->reals[m->lumps[1].amount.first], 7.0);
    unload(&loaded);
}

Test(spec_compose, the_model_has_the_last_word_over_a_copy)
{
    loaded_t loaded = load_good(DRUGS PAIR "processes: {statin: {events: {start of statin: {delay: 9 days}}}}\n");
    cr_expect_eq(loaded.model.clocks[0].minutes + loaded.model.clocks[1].minutes, 10 * 1440);
    unload(&loaded);
}

Test(spec_compose, lists_of_entries_of_copies_and_model_are_put_behind_each_other)
{
    loaded_t loaded = load_good(DRUGS PAIR "payoffs: {cost: [{while: {aspirin: taking}, rate: 1 USD per day, category: pills}]}\n");
    cr_expect_eq(loaded.model.n_lumps, 2);
    cr_expect_eq(loaded.model.n_flows, 1 + 2, "the cost, and the two kinds of life years");
    unload(&loaded);
}

Test(spec_compose, a_value_in_brackets_alone_may_be_more_than_a_text)
{
    loaded_t loaded = load_good("blocks: {panel: {people: {<name>: <shares>}}}\n"
                                "for each: {name: {one: {shares: {a: 0.5, b: 0.2, c: rest}}, two: {shares: {a: 0.5, b: rest}}}, use: panel}\n");
    const model_t *m = &loaded.model;
    cr_expect_eq(m->slots[slot_of(m, "one")].level_names.count, 3);
    cr_expect_eq(m->slots[slot_of(m, "two")].level_names.count, 2);
    unload(&loaded);
}

Test(spec_compose, mistakes_are_told_where_they_were_written)
{
    expect_mistake("blocks: {d: {processes: {<dug>: {states: [a, b]}}}}\nfor each: {drug: [x], use: d}\n", "did you mean `drug`?");
    expect_mistake("for each: {drug: [x], use: drug}\n", "there is no block `drug`");
    expect_mistake("blocks: {d: {}}\nfor each: {drug: x, use: d}\n", "`for each` has no list of items");
    expect_mistake("blocks: {d: {}}\nfor each: {drug: [x], gene: [y], use: d}\n", "a second variable, `gene`");
    expect_mistake("blocks: {d: {parameters: {price: <price>}}}\nfor each: {drug: {a: {price: 1}, b: {price: 2}}, use: d}\n",
                   "two copies of the block give `price` differently");
    expect_mistake("include: nowhere.yaml\n", "cannot read `nowhere.yaml`");
}

/* Writes a file into a fresh folder, which becomes the working folder. */
static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void enter_fresh_folder(char folder[32])
{
    strcpy(folder, "/tmp/compose-XXXXXX");
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

Test(spec_compose, included_files_come_first_and_tables_lie_beside_the_file_that_names_them)
{
    char folder[32];
    enter_fresh_folder(folder);
    cr_assert_eq(system("mkdir parts"), 0);
    write_file("parts/prices.yaml", "parameters: {file: prices.csv, visit: 3 USD}\n");
    write_file("parts/prices.csv", "name,value\ndrug,4 USD\n");
    loaded_t loaded = load_good("include: [parts/prices.yaml]\nparameters: {visit: 7 USD}\n"
                                "processes: {p: {states: [a, b], events: {e: {from: a, to: b, delay: 1 day}}}}\n"
                                "payoffs: {cost: [{event: e, amount: visit + drug}]}\n");
    cr_expect_eq(loaded.model.reals[loaded.model.lumps[0].amount.first], 11.0);
    cr_expect_eq(loaded.report.n_sources, 3);
    unload(&loaded);
    cr_assert_eq(chdir("/"), 0);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

Test(spec_compose, a_pipe_is_not_waited_for, .timeout = 10)
{
    char folder[32];
    enter_fresh_folder(folder);
    cr_assert_eq(mkfifo("a.yaml", 0600), 0);
    expect_mistake("include: a.yaml\n", "not a plain file");
    cr_assert_eq(unlink("a.yaml") | chdir("/") | rmdir(folder), 0);
}

Test(spec_compose, a_file_that_includes_itself_is_a_mistake)
{
    char folder[32];
    enter_fresh_folder(folder);
    write_file("a.yaml", "include: b.yaml\n");
    write_file("b.yaml", "include: a.yaml\n");
    expect_mistake("include: a.yaml\n", "`a.yaml` is included already");
    cr_assert_eq(unlink("a.yaml") | unlink("b.yaml") | chdir("/") | rmdir(folder), 0);
}
