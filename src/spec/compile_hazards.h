/*
 * Shared by the files that compile hazards: compile_hazards.c (the forms and how they are put together), compile_families.c
 * (parametric families), compile_hazard_tables.c (tables) and their like. Nobody else includes it.
 */
#ifndef POPGX_SPEC_COMPILE_HAZARDS_H
#define POPGX_SPEC_COMPILE_HAZARDS_H

#include "spec/compile_events.h"
#include "spec/law.h"

enum { HAZARD_AXES = CONDITION_ATTRIBUTES | CONDITION_PROCESSES }; /* what a hazard may depend on */

/** Laws by the levels of slots. */
typedef struct {
    axes_t axes;
    const law_t **laws;     /* [axes_rows] */
} grid_t;

/** One `hazard:` being compiled, with all that is nested in it. */
typedef struct {
    compiler_t *c;
    const event_t *event;
    int32_t scale;          /* MODEL_NONE: not stated yet */
    int32_t process;        /* IN_STATE: slot of the process whose entries are time 0 */
    place_t changing;       /* of a form whose hazard changes with time, so that the clock matters; line 0: none */
    const char *what;       /* that form in words */
} hazard_t;

/** Any form of a hazard. */
bool hazard_parse(hazard_t *h, const yaml_node_t *node, grid_t *grid);

/** The hazard runs on this clock; false after reporting if another was stated. */
bool hazard_take_scale(hazard_t *h, int32_t scale, place_t place);
/** The same for what `clock` says; NULL says nothing. */
bool hazard_take_clock(hazard_t *h, const yaml_node_t *clock);
/** Remembers that this form changes with time. */
void hazard_note_changing(hazard_t *h, place_t place, const char *what);
/** The mapping has only these keys (NULL-terminated), `clock` and those that change a hazard (`cured`, `plus`...). */
bool hazard_keys(hazard_t *h, const yaml_node_t *node, const char *what, const char *const *known);
void hazard_make_single(const hazard_t *h, grid_t *grid, const law_t *law);
const law_t *hazard_constant(const hazard_t *h, double rate_per_minute);
/** The value of a key, or NULL after reporting that it is missing, with what would be `right`. */
const yaml_node_t *hazard_need(hazard_t *h, const yaml_node_t *node, const char *key, const char *right);

/** Minutes in `in: months`, the unit of bare numbers in a form; a year if there is none. */
bool hazard_unit(hazard_t *h, const yaml_node_t *in, double *minutes);
/** A number whose dimension is time^`time`; a bare one counts in `unit` minutes. */
bool hazard_time_value(hazard_t *h, const yaml_node_t *node, const char *what, int time, double unit, double *out);

/** Whether `node` names a family (compile_families.c); then its law goes to `grid` and `is_right` says whether it was right. */
bool hazard_parse_family(hazard_t *h, const yaml_node_t *node, grid_t *grid, bool *is_right);
/** The names of the families for a message. */
extern const char hazard_families[];

/* ---- what changes a hazard (compile_hazard_changes.c) ---- */

/** How fast time runs in each row of a grid. */
typedef struct {
    double *speeds;         /* [axes_rows]; NULL: as it does */
    bool is_exposure;       /* that can change while the clock runs */
} acceleration_t;

/** The keys beside a form: `cured`, `plus`, `minus`, `at least`, `at the latest`. */
bool hazard_change(hazard_t *h, const yaml_node_t *node, grid_t *grid);
/** `age at entry: 60 years`, or bands of age: a hazard by age on the time since the start. */
bool hazard_shift_to_entry(hazard_t *h, const yaml_node_t *node, grid_t *grid);
/** `acceleration factor:` or `time ratio:`, with the forms of `hazard ratio`. */
bool hazard_accelerate(hazard_t *h, const yaml_node_t *node, bool is_ratio_of_times, grid_t *grid, acceleration_t *acceleration);
/** `at least:` beside the effects: whatever they do, the hazard is not below this one. Ratios become part of the laws. */
bool hazard_hold_above(hazard_t *h, const yaml_node_t *least, acceleration_t *acceleration, model_clock_t *clock, grid_t *grid);
/** Those of `hazard ratio:` that wane become part of the laws. */
bool hazard_wane_all(hazard_t *h, const yaml_node_t *ratios, grid_t *grid);
bool hazard_wanes(const yaml_pair_t *pair);

/* ---- tables of hazards (compile_hazard_tables.c) ---- */

typedef enum { RATE_PER_DAY, RATE_PER_YEAR, RATE_PROBABILITY } rate_unit_t;

/** A column of a table and what its numbers are. */
typedef struct {
    int column;
    rate_unit_t unit;
} rate_column_t;

/** The only one of the columns `rate_per_day`, `rate_per_year` (or `annual_rate`) and `probability` that the table has; false after reporting. */
bool hazard_find_rate(hazard_t *h, const csv_table_t *csv, place_t place, rate_column_t *out);
/** The rate per minute in a cell; a probability is over `minutes`. */
bool hazard_read_rate(hazard_t *h, const csv_cell_t *cell, rate_column_t from, double minutes, double *rate);

bool hazard_parse_table(hazard_t *h, const yaml_node_t *node, grid_t *grid);          /* {by: ..., table: FILE, over: TIME} */
bool hazard_parse_periods(hazard_t *h, const yaml_node_t *node, grid_t *grid);        /* {by: ..., periods: {table: FILE}} */
bool hazard_parse_survival_table(hazard_t *h, const yaml_node_t *node, grid_t *grid); /* {survival table: FILE, by: ...} */

/* ---- life tables (compile_life_tables.c), and the dates of birth that those by calendar year need (compile_births.c) ---- */

bool hazard_parse_life_table(hazard_t *h, const yaml_node_t *node, grid_t *grid); /* {life table: FILE, by: ..., year: ...} */
/** Whether the life table follows the calendar: `year: calendar time`. */
bool life_table_follows_calendar(const yaml_node_t *node);

/** Where age and calendar time run together, a person is known by a date of birth; dates that cannot be told apart are one band. */
typedef struct births {
    double *born;           /* [n]: the date in minutes of the calendar that stands for each band */
    size_t n;
    int32_t slots[2];       /* hidden attributes whose levels tell the bands: [0] * 64 + [1], or [0] alone */
    size_t n_slots;         /* 0: everybody was born on the same date */
} births_t;

/** The bands of dates of birth, or NULL if people lack an `age` or an `entry date`. Made by compile_births if a life table follows the calendar. */
const births_t *compile_births_of(const compiler_t *c);
/** The band of a person with these levels. */
size_t births_band(const births_t *births, const uint8_t *levels);
#endif
