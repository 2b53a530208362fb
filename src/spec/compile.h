/*
 * Shared by the compile_*.c files: what is known while a model file becomes a model_t.
 *
 * Order of work: as the parts stand below. Each part reports its own mistakes and goes on, so that one run of
 * `popgx check` shows them all; nothing is compiled from a part that was wrong.
 */
#ifndef POPGX_SPEC_COMPILE_H
#define POPGX_SPEC_COMPILE_H

#include "core/err.h"
#include "core/memory.h"
#include "model/model.h"
#include "spec/csv.h"
#include "spec/diag.h"
#include "spec/draws.h"
#include "spec/quantity.h"
#include "spec/spec.h"
#include "spec/yaml.h"

typedef struct compiler compiler_t;

/* ---- building the arrays: every builder_add_NAME appends `count` records and returns the index of the first ---- */

/** Grows model->NAME by `count` zeroed records. Lack of memory aborts with a message: models are small. */
#define X(type, name) int32_t builder_add_##name(model_t *model, int32_t count);
MODEL_ARRAYS(X)
#undef X

/** Makes a model that model_unpack made ready to grow. */
void builder_adopt(model_t *model);

/** Offset of a copy of `text`; equal texts share one. */
model_name_t builder_text(model_t *model, const char *text);

/* ---- the compiler ---- */

struct compiler {
    arena_t *arena;                 /* for whatever the parts keep until the model is done */
    model_t *model;
    diagnostics_t *diag;
    const yaml_node_t *root;
    const char *path;               /* of the model file: tables resolve relative to its folder */
    units_t units;
    spec_report_t *report;
    struct tables *tables;          /* compile_files.c: newest first, the last of them may be another compiler's: */
    struct tables *shared_tables;   /* read only, so that a model is compiled for many draws and its files are read once */
    const struct quantile_rows *quantile_rows; /* compile_rows.c: likewise */
    struct included *included;      /* compose.c: the files that the model includes */
    struct parameters *parameters;  /* compile_parameters.h */
    struct people *people;          /* compile_people.c: genes, groups, what tests call */
    struct births *births;          /* compile_births.c: dates of birth, if a life table needs them */
    struct expressions *expressions; /* compile_quantities.c: quantities, definitions, counts */
    struct processes *processes;    /* compile_processes.c: events by name */
    struct resources *resources;    /* compile_resources.c: unit prices */
    model_span_t named_outcomes;    /* compile_settings.c: those that `payoffs` names; behind them stand parts of the costs (compile_bills.h) */
    const char *const *strategies;  /* keep only these; NULL: all */
    size_t n_strategies;
    bool acts_after_points;         /* cycles: what a strategy does at a point of time comes after that point has been counted */
    FILE *summary;                  /* what was understood is written here */
    const yaml_node_t *scenario;    /* its parameters take the place of those in sheets; NULL: none */
    const spec_change_t *changes;   /* [n_changes] */
    size_t n_changes;
    const draws_t *draws;           /* of the parameters, for draw `draw`; draw 0: the base case, for which it may be NULL */
    uint64_t draw;
};

/* The parts, in the order in which spec.c calls them. */
void compile_waning(compiler_t *c);     /* ratios that wane on a time of their own: written out as events (compile_waning.c) */
void compile_survival_model(compiler_t *c); /* survival model: written out as a process (compile_survival.c) */
void compile_settings(compiler_t *c);       /* popgx, title, source, horizon, year, currency, thresholds, discount -> outcomes */
void compile_cycle(compiler_t *c, const yaml_node_t *cycle); /* cycle -> settings, weights of points of time; called by the settings */
void compile_parameters(compiler_t *c);     /* parameters */
void compile_people(compiler_t *c);         /* people, genes, groups: attribute slots and steps */
void compile_births(compiler_t *c);         /* hidden attributes that tell dates of birth apart, if a life table follows the calendar */
void compile_report(compiler_t *c);         /* report -> settings.report */
void compile_calls(compiler_t *c);          /* tests: hidden attribute slots with what each test calls */
void compile_states(compiler_t *c);         /* processes: their slots and states (life first); sets settings.life */
void compile_observations(compiler_t *c);   /* tests: observation slots, tests, order and result moments and clocks */
void compile_quantities(compiler_t *c);     /* quantities: their registers and start values, the slots of those with levels */
void compile_conversion(compiler_t *c);     /* phenoconversion: derived slots of effective phenotypes */
void compile_events(compiler_t *c);         /* processes: events -> moments, clocks, branches, effects */
void compile_strategies(compiler_t *c);     /* strategies -> rules, dates, clock lists; sorts all clocks by priority, kind, name */
void compile_history_effects(compiler_t *c); /* lets moments set the hidden processes of clocks (compile_histories.c), now that they have their effects */
void compile_payoffs(compiler_t *c);        /* payoffs, and what tests cost -> cells of cost and qaly, lumps, flows, spells */
void compile_perspectives(compiler_t *c);   /* perspectives: whether what they name is there; their outcomes are filled by the payoffs */
void compile_updates(compiler_t *c);        /* what changes registers, once everybody has said what needs counting */
void compile_subgroups(compiler_t *c);      /* subgroups -> groupings */
void compile_checks(compiler_t *c);         /* unreachable states, cyclic immediate events, unused parameters (warning), colliding purposes */

/* ---- values (compile_values.c) ---- */

/** What a value is for: decides its dimension, its range and the words of a complaint. */
typedef enum {
    VALUE_NUMBER,       /* plain */
    VALUE_PROBABILITY,  /* plain, [0, 1] */
    VALUE_DURATION,     /* time > 0 */
    VALUE_RATE,         /* per time >= 0 */
    VALUE_MONEY,
    VALUE_MONEY_RATE,   /* money per time */
    VALUE_RATIO,        /* plain, >= 0 */
    VALUE_THRESHOLD,    /* plain, >= 0: currency per QALY */
} value_kind_t;

/**
 * The number that a scalar (or, for VALUE_RATE, also {probability: P, over: TIME}) stands for. Times come in minutes,
 * rates per minute. On a mistake it is reported and false returned.
 */
bool compile_value(compiler_t *c, const yaml_node_t *node, value_kind_t kind, double *out);

/** The rate per minute that {probability: P, over: TIME} stands for; other keys are ignored. */
bool compile_probability_over(compiler_t *c, const yaml_node_t *node, double *out);

/** As compile_value, for a text from a CSV cell. */
bool compile_text_value(compiler_t *c, const char *text, place_t place, value_kind_t kind, double *out);

/** As compile_value with VALUE_DURATION, rounded to whole minutes; `least` is the smallest that is allowed (0 or 1). */
bool compile_minutes(compiler_t *c, const yaml_node_t *node, int32_t least, int32_t *out);

/** Rate of an event of probability p over `minutes`: -ln(1 - p) / minutes. */
double rate_of_probability(double p, double minutes);

/** The length of the longest name of a parameter that `text` starts with, or 0. */
size_t compile_parameter_length(compiler_t *c, const char *text);
/** The parameters as the names of an expression, for quantity_parse. */
quantity_names_t compile_parameter_names(compiler_t *c);
/** Whether the model has a parameter of this name; if not, reports it with the nearest one at `place`. */
bool compile_has_parameter(compiler_t *c, const char *name, place_t place, diagnostics_t *diag);

/* ---- values that differ between people (compile_expressions.c) ---- */

/** quantity_parse with all that an expression may name: parameters, attributes, slots compared with levels, quantities, definitions, counts, times. */
bool compile_expression(compiler_t *c, const char *text, place_t place, quantity_t *out);

enum { MAY_READ_HISTORY = 1, MAY_READ_TIME = 2, MAY_READ_OBSERVATIONS = 4 };

/** Whether `code` (may be NULL) reads no more than attributes and what `may` allows; reports what it reads besides. */
bool compile_may_read(compiler_t *c, const expression_t *code, unsigned may, const char *text, place_t place);

/** The program of an expression; 0 after reporting that it is too large. `text`: what the model file says, for messages. */
model_formula_t compile_formula(compiler_t *c, const expression_t *code, const char *text, place_t place);

const expression_t *compile_constant(compiler_t *c, double value);
/** a and b joined by an operation of two (arithmetic_t). */
const expression_t *compile_combine(compiler_t *c, int32_t operation, const expression_t *a, const expression_t *b);

/** As compile_value, but it may depend on people: then *code is set, and *out is 0. Its range is not known. (compile_values.c) */
bool compile_value_code(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, double *out, const expression_t **code);
bool compile_minutes_code(compiler_t *c, const yaml_node_t *node, int32_t least, unsigned may, int32_t *out, const expression_t **code);
bool compile_text_code(compiler_t *c, const char *text, place_t place, value_kind_t kind, unsigned may, double *out, const expression_t **code);

/* ---- files (compile_files.c) ---- */

/** The path of a file called `name` in the file of `place` (the model's if that is not known): relative to that file's folder. Owned by `diag`. */
const char *compile_path_beside(compiler_t *c, const char *name, place_t place);
/** As file_read, of a plain file only: a pipe could keep the reader waiting for ever. */
MUST_USE popgx_err_t compile_read_plain(const char *path, size_t most, char **bytes, size_t *n_bytes);

/**
 * Reads a table named in the model: relative to the file that names it. Each file is read once and kept as a source.
 * Reports a missing or unreadable file at `place`.
 *
 * @return NULL after a mistake; otherwise owned by the compiler
 */
const csv_table_t *compile_table_file(compiler_t *c, const char *name, place_t place);
/** The same for one of several tables of an HDF5 file: a group, or a dataset. */
const csv_table_t *compile_table_object(compiler_t *c, const char *name, const char *object, place_t place);
/** The same for a table of the data folder (spec_data_folder), e.g. "allele_frequency.csv". */
const csv_table_t *compile_data_file(compiler_t *c, const char *name, place_t place);

/** Keeps a file as a source; `bytes` becomes the report's. */
void compile_add_source(spec_report_t *report, const char *path, char *bytes, size_t n_bytes);
/** The source that the model calls `name` is not to be kept with a run: a note with its hash takes its place. */
void compile_withhold(spec_report_t *report, const char *name);

/** Keeps what is uncertain, or was drawn, for whoever asks. */
void compile_add_uncertain(spec_report_t *report, const char *name, const char *unit, double number);
/** Keeps what a parameter is, for whoever wants to change it. */
void compile_add_parameter(spec_report_t *report, const char *name, const char *unit, double number, double low, double high);

/** Frees the tables that this compiler has read. Called by spec.c when all parts are done. */
void compile_release_files(compiler_t *c);

/* ---- slots, conditions, tables (compile_slots.c) ---- */

/** Adds a slot. Reports names used twice and more than MODEL_MAX_LEVELS levels; returns MODEL_NONE then. */
int32_t compile_add_slot(compiler_t *c, const char *name, model_slot_kind_t kind, const char *const *levels, size_t n_levels,
                         place_t place);

/** Index of the level, or MODEL_NONE after reporting it with the nearest one. */
int32_t compile_level(compiler_t *c, int32_t slot, const char *level, place_t place);

/** The levels named by a scalar or a sequence, as a set; false after reporting the first that is none. `what` is meant by them, for messages. */
bool compile_level_set(compiler_t *c, const yaml_node_t *node, int32_t slot, const char *what, uint64_t *levels);

enum { CONDITION_ATTRIBUTES = 1, CONDITION_PROCESSES = 2, CONDITION_OBSERVATIONS = 4 };

/**
 * {slot: level, slot: [level, level], ...} -> terms, one per slot. `allowed` is a set of CONDITION_*.
 * Slots go by name: "agent", "carrier", "observed carrier". NULL and an empty mapping give an empty span (always true).
 */
bool compile_condition(compiler_t *c, const yaml_node_t *node, unsigned allowed, model_span_t *out);

/** The same where it is asked at one moment only, so that it may depend on the time: then *formula is true besides, else it is 0. */
bool compile_condition_now(compiler_t *c, const yaml_node_t *node, unsigned allowed, model_span_t *out, model_formula_t *formula);

/** The slot of this name if its kind is allowed, else MODEL_NONE after reporting (that or, for compile_is_wrong, its own mistake). */
int32_t compile_find_slot(compiler_t *c, const char *name, unsigned allowed, place_t place);

/**
 * True of the name of a thing that the model file describes, but wrongly, so that it has no slot. That has been reported;
 * to tell everybody who uses the name that nothing is called so would only hide it.
 */
bool compile_is_wrong(const compiler_t *c, const char *name, unsigned allowed);

/**
 * One row of values for every combination of levels of `slots`; axes get strides, table->first rows of zeros in reals.
 * Rows are in the order of the levels, the last slot fastest: row = (l0 * n1 + l1) * n2 + l2.
 */
bool compile_make_table(compiler_t *c, const int32_t *slots, size_t n_slots, int32_t width, model_table_t *table);

/**
 * A value that may depend on slots, in any of the forms
 *   VALUE
 *   {by: SLOT, LEVEL: VALUE, ...}  (a level left out has `otherwise`, if given)
 *   {by: [SLOT, SLOT], LEVEL: {LEVEL: VALUE, ...}, ...}
 *   {by: [SLOT, ...], table: FILE.csv}  (columns: the slots, and `column`, or `value` if NULL)
 * -> a table of width 1 in reals. Every combination must be given exactly once.
 */
bool compile_lookup(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned allowed, model_table_t *table);

/**
 * The same for values that may be expressions over people and their history (`may`: MAY_READ_*). If one is, *code is the whole value and the table
 * one row of 0; else *code is NULL.
 */
bool compile_lookup_code(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned allowed, unsigned may, model_table_t *table,
                         const expression_t **code);

/**
 * For the rows of a CSV whose columns name slots: the row (in the order of compile_make_table) that CSV row `row` stands for,
 * or MODEL_NONE after reporting.
 */
int32_t compile_table_row(compiler_t *c, const csv_table_t *csv, size_t row, const int32_t *slots, size_t n_slots);

/* ---- small helpers (compile_axes.c) ---- */

/** Makes room in the arena for one more element of `size` bytes after `count` of them, zeroed; the old array is given up. */
void *compile_grow(compiler_t *c, void *array, size_t count, size_t size);

/** What would be right for an unknown name: the nearest known one, else those that are known (at most a dozen). */
const char *compile_suggest(compiler_t *c, const char *name, const char *const *known, size_t n);

/** The mapping has only these keys (NULL-terminated) and is a mapping; `source` and `note` are always allowed. */
bool compile_keys(compiler_t *c, const yaml_node_t *node, const char *what, const char *const *known);

/** True of `source` and `note`, which say where a number is from and may stand in every mapping. */
bool compile_is_remark(const char *key);

/** A sequence's items, or the node itself as the only one. */
size_t compile_count(const yaml_node_t *node);
const yaml_node_t *compile_item(const yaml_node_t *node, size_t i);

/** Text of a scalar, or NULL after reporting that `what` must be a name. */
const char *compile_name(compiler_t *c, const yaml_node_t *node, const char *what);

/** What {by: SLOT, LEVEL: ..., otherwise: ...} gives for each level [levels of the slot]; a level without anything is reported. */
bool compile_nodes_by_level(compiler_t *c, const yaml_node_t *node, int32_t slot, const yaml_node_t **of_level, const char *what);

int32_t compile_levels(const model_t *m, int32_t slot);

/** Sums to 1 within `tolerance`? Then cumulative probabilities, the last possible outcome ending at exactly 1. */
bool compile_cumulate(const double *p, size_t n, double tolerance, double *cumulative);

/* ---- between parts ---- */

/** Name of the outcome that holds what `payer` pays. (compile_bills.c) */
const char *compile_payer_outcome(compiler_t *c, const char *payer);

/** Adds an outcome for every perspective, called by the settings; and whether that outcome counts an item of the costs. (compile_perspectives.c) */
void compile_perspective_outcomes(compiler_t *c);
bool compile_perspective_counts(const compiler_t *c, int32_t outcome, const char *payer, const char *category);

/** Whether some test shows the attribute. (compile_tests.c) */
bool people_is_tested(const compiler_t *c, int32_t slot);

/** Whether some test was wrong, so that it may show less than it should. (compile_tests.c) */
bool people_has_wrong_tests(const compiler_t *c);

/**
 * True of an attribute that a prescriber cannot see: a genotype, a phenotype or a group made of them, and whatever a test
 * reads. Found from the steps and readings of the model, so nobody needs to mark anything. (compile_strategies.c)
 */
bool compile_is_hidden(const compiler_t *c, int32_t slot);

/** Warns of every parameter that no value used, unless there are errors. (compile_parameters.c; called by compile_checks) */
void compile_unused_parameters(compiler_t *c);

/** Index of the moment of this name, or MODEL_NONE after reporting it with the nearest one. */
int32_t compile_moment(compiler_t *c, const char *name, place_t place);
/** Index of the test of this name, or MODEL_NONE after reporting. */
int32_t compile_test(compiler_t *c, const char *name, place_t place);
#endif
