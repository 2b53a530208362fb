/*
 * Shared by the files that compile what happens to people: processes, hazards, branches, strategies, payoffs and the
 * checks of the whole. Tests use it for values that differ between people.
 */
#ifndef POPGX_SPEC_COMPILE_EVENTS_H
#define POPGX_SPEC_COMPILE_EVENTS_H

#include "spec/compile.h"

/* ---- what is known of processes, events and strategies until the model is complete ---- */

typedef struct {
    const char *name;
    const yaml_node_t *node;    /* NULL: `life` that the file does not mention */
    place_t place;
    place_t *state_places;      /* [levels of the slot] */
    int32_t slot;
    struct transitions *transitions; /* compile_transitions.c; NULL: none */
    int32_t tick, tick_priority; /* the clock of its transitions, or MODEL_NONE */
    bool has_states;            /* false: one nameless state, for a process that is only a heading for its events */
} process_t;

typedef struct {
    const char *name;
    const yaml_node_t *node;
    place_t place;
    model_name_t qualified;     /* "process.event" */
    const process_t *process;
    int32_t moment, clock;      /* clock: MODEL_NONE for immediate events */
    int32_t priority;
    bool is_immediate;
    bool is_followed;           /* immediate: some branch leads to it */
    bool is_transition;         /* of a cycle: named by its two states, without a node */
} event_t;

/** A branch that waits until all of its moment are known, since a moment's branches stand next to each other. */
typedef struct {
    model_branch_t branch;
    int32_t moment;
    const char *attached;       /* name of the event that attached itself by `after`; NULL: the moment's own, which comes first */
} pending_branch_t;

/** What `set` says: processes and quantities. */
typedef struct {
    model_effect_t *effects;
    size_t n_effects;
    model_update_t *updates;
    size_t n_updates;
} setting_t;

typedef struct rule_plan rule_plan_t;

typedef struct {
    rule_plan_t *rules;
    size_t n;
} rule_list_t;

struct rule_plan {
    int32_t kind;               /* model_rule_kind_t */
    model_span_t condition;
    model_formula_t formula;    /* what the time decides of the condition */
    uint64_t purpose;           /* of the chance */
    model_table_t chance;       /* width 0: it is certain */
    bool is_personal;
    setting_t set;
    int32_t *orders;            /* tests */
    size_t n_orders;
    rule_list_t *then;          /* what follows from its action, or NULL */
    rule_list_t *later;         /* what follows `minutes` later, or NULL */
    int32_t minutes;
};

typedef enum { TRIGGER_ENTRY, TRIGGER_DATE, TRIGGER_MOMENT } trigger_kind_t;

typedef struct {
    const char *name;           /* as written */
    trigger_kind_t kind;
    int32_t moment;             /* MOMENT; DATE: once emitted */
    int32_t minutes;            /* DATE */
    rule_list_t list;
    model_span_t emitted;       /* in model->rules */
} trigger_plan_t;

/** A rule that is added to those of a moment (MODEL_NONE: entry), before or after them. */
typedef struct {
    int32_t moment;
    bool is_first;
    rule_plan_t rule;
} rule_hook_t;

/** Rules that a moment of the strategy's own triggers. */
typedef struct {
    int32_t moment;
    model_span_t rules;
} attached_t;

typedef struct {
    const char *name;
    place_t place;
    const yaml_node_t *node;
    trigger_plan_t *triggers;
    size_t n_triggers;
    rule_hook_t *hooks;
    size_t n_hooks;
    attached_t *attached;
    size_t n_attached;
    bool is_kept;
} strategy_plan_t;

struct processes {
    process_t *list;
    size_t n;
    event_t *events;
    size_t n_events;
    pending_branch_t *branches;
    size_t n_branches;
    strategy_plan_t *strategies;
    size_t n_strategies;
    struct history *histories;  /* compile_histories.c */
    size_t n_histories;
    int32_t *late_clocks;       /* which fire after all others of their minute */
    size_t n_late;
};

/* ---- axes: the slots that a grid of values depends on ---- */

enum { AXES_MOST = 8, AXES_MOST_ROWS = 1000000 };

typedef struct {
    int32_t slot[AXES_MOST];
    size_t n;
} axes_t;

/** Adds a slot (once); reports too many at `place`. */
bool axes_add(compiler_t *c, axes_t *axes, int32_t slot, place_t place);
/** `by: SLOT` or `by: [SLOT, ...]`. */
bool axes_parse(compiler_t *c, const yaml_node_t *by, unsigned allowed, axes_t *axes);
size_t axes_rows(const model_t *m, const axes_t *axes);
/** The row of a person; the last slot fastest. */
size_t axes_row(const model_t *m, const axes_t *axes, const uint8_t *levels);
/** The inverse: sets the levels of the axes' slots. */
void axes_levels(const model_t *m, const axes_t *axes, size_t row, uint8_t *levels);
/** "agent ticagrelor, carrier yes": borrowed from the diagnostics. */
const char *axes_words(compiler_t *c, const axes_t *axes, size_t row);
/** The row that line `i` of a table is about; false after reporting, also if another line was about it. is_given [axes_rows]. */
bool axes_take_row(compiler_t *c, const axes_t *axes, const csv_table_t *csv, size_t i, bool *is_given, size_t *row);
/** Reports the first row that no line was about. */
bool axes_all_given(compiler_t *c, const axes_t *axes, const csv_table_t *csv, const bool *is_given, place_t place);
/** A table with these axes; `first` is the caller's to set. */
model_table_t axes_table(model_t *m, const axes_t *axes, int32_t width);

/* ---- cycles ---- */

/** Registers the moments of a process's `transitions` by the names of their states, before events are compiled. (compile_transitions.c) */
void compile_register_transitions(compiler_t *c, process_t *process);
/** `transitions` and their ratios -> the tick of each process and its branch. */
void compile_transitions(compiler_t *c);
bool compile_priority(compiler_t *c, const yaml_node_t *node, int32_t *out);
/** Adds an event that the file names by its place in a table, not by a key. */
event_t *compile_add_event(compiler_t *c, const process_t *process, const char *name, const yaml_node_t *node, place_t place);

/* ---- parts ---- */

/** `hazard:`, `clock:` and what acts on them of a timed event -> curves, ratios and the scale of its clock; `enabled` is already there. */
bool compile_hazard(compiler_t *c, const event_t *event, model_clock_t *clock);
/** `hazard ratio:` (may be NULL) -> ratios, and the product of those that are expressions (0: there are none). */
bool compile_ratios(compiler_t *c, const yaml_node_t *node, model_span_t *out, model_formula_t *formula);
/** A condition with one more term. */
model_span_t compile_and(model_t *m, model_span_t condition, model_term_t term);

/* ---- clocks that begin with what has happened (compile_histories.c) ---- */

/** Hidden processes for every `clock: {since: EVENT}` and `clock: {in: [STATE, ...]}`. Called when the processes are known. */
void compile_histories(compiler_t *c);
/** The hidden process of such a clock, or MODEL_NONE if it was wrong. */
int32_t compile_history_slot(compiler_t *c, const process_t *process, const yaml_node_t *clock);
/** "therapy taking, observed carrier yes or no", to the summary. */
void compile_describe_condition(compiler_t *c, model_span_t condition);
/** "0.1 to 0.4 per year by drug, carrier": the numbers of a table of width 1 times `factor`, to the summary. */
void compile_describe_table(compiler_t *c, const model_table_t *table, double factor, const char *unit);
/** What processes and events are, with defaults spelled out, to the summary. Needs branches and effects. */
void compile_describe_processes(compiler_t *c);
int32_t compile_table_rows(const model_t *m, const model_table_t *table);

/** `branches:` of an event. */
void compile_branches(compiler_t *c, event_t *event, const yaml_node_t *node);
/** `after: EVENT` of an immediate event. */
void compile_attachment(compiler_t *c, event_t *event);
/** Gives every moment its branches. */
void compile_emit_branches(compiler_t *c);

/** The event of this name (or "process.event"), or NULL after reporting. */
event_t *compile_event_named(compiler_t *c, const char *name, place_t place);

/** Refuses events that others follow in the same minute for ever, or too many of them. (compile_cascades.c; called by compile_checks) */
void compile_cascades(compiler_t *c);

/** As compile_is_wrong, for an event ("event" or "process.event"). */
bool compile_is_wrong_event(const compiler_t *c, const char *name);

/** `set: {PROCESS: STATE, QUANTITY: VALUE}` -> appended to `set`; `by_strategy` forbids what only events may do. */
bool compile_set(compiler_t *c, const yaml_node_t *node, bool by_strategy, setting_t *set);
model_span_t compile_emit_effects(model_t *m, const model_effect_t *effects, size_t n);
/** Gives a moment its effects, and its updates in their turn. */
void compile_emit_setting(compiler_t *c, int32_t moment, const setting_t *set);

/* ---- rules of strategies (compile_rules.c) ---- */

/** The list of rules under a trigger of the strategy. */
void compile_rules(compiler_t *c, strategy_plan_t *strategy, const yaml_pair_t *pair, rule_list_t *list);
/** PROCESS, or {PROCESS: [STATE, ...]} -> levels [at most MODEL_MAX_LEVELS] in their order; 0 after reporting. */
size_t compile_sequence(compiler_t *c, const yaml_node_t *node, int32_t *slot, int32_t *levels);
/** Rules that move a process to the next of these levels. */
void compile_steps(compiler_t *c, rule_list_t *list, int32_t slot, const int32_t *levels, size_t n);
/** The hidden processes of rules that wait; called when processes get their slots. */
void compile_waiting(compiler_t *c);
/** Adds a rule to those of a moment (MODEL_NONE: entry) when the strategy has been read. (compile_strategies.c) */
void strategy_hook(compiler_t *c, strategy_plan_t *strategy, int32_t moment, bool is_first, rule_plan_t rule);
/** Visits every rule, and those that follow from it. */
void rules_each(const rule_list_t *list, void (*visit)(void *context, const rule_plan_t *rule), void *context);
#endif
