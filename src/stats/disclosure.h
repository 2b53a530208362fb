/*
 * What may be shown of people who were imported from a file (`people: file`): nothing about fewer than a minimum of them, and nothing that
 * tells such a figure by subtraction. The one place that decides; pure. Stored files hold everything, and are their owner's alone.
 *
 * How to use it for a table of your own: take the rule from disclosure_of (conceal.h). For a figure of what happens to people take
 * disclosure_people(mean, se) or the number of people simulated; for a group by who people are at entry (attributes, subgroups)
 * disclosure_imported(people simulated). Give figures that add up to one that is shown to disclosure_partition together, and tables whose margins are
 * shown to disclosure_table; what is hidden is printed as DISCLOSURE_HIDDEN, null in JSON, empty in CSV, NaN in between; say disclosure_sentence once.
 * If disclosure_is_off nothing has to be done. results.h does all of this for its own figures after tally_conceal (conceal.h).
 *
 * Cells: Centers for Medicare & Medicaid Services, cell size suppression policy: no cell of 1 to 10 people, nor figures from which it follows; a 0 may be
 * shown. Complementary suppression as in Willenborg and de Waal, Elements of Statistical Disclosure Control (2001), chapter 1.
 */
#ifndef POPGX_STATS_DISCLOSURE_H
#define POPGX_STATS_DISCLOSURE_H

#include <stdbool.h>
#include <stddef.h>

/** People that a figure must be about unless the model or the user says otherwise. */
#define DISCLOSURE_MINIMUM 11.0

/** What tables print in place of a figure. */
#define DISCLOSURE_HIDDEN "hidden"

typedef struct {
    double minimum;             /* people that a figure must be about; 0: everything is shown */
    double people;              /* who were simulated */
    double imported;            /* people of the file; 0: nobody was imported, everything is shown */
} disclosure_t;

static inline bool disclosure_is_off(const disclosure_t *rule) { return !(rule->minimum > 0 && rule->imported > 0); }

/**
 * `people` simulated as people of the file: as many if the file is the larger one, else their share of it. A person of the file is
 * simulated many times if more people are simulated than it has, and must not be recognised for that.
 */
double disclosure_imported(const disclosure_t *rule, double people);

/**
 * How many people a mean per simulated person is about, at least: with n amounts x, of which some are 0,
 * (sum x)^2 / (sum x^2) is the number of those that are not if they are alike, and less if they differ (Cauchy and Schwarz). 0 for nobody.
 */
double disclosure_people(const disclosure_t *rule, double mean, double se);

/** Whether so many people are too few to be shown: more than none, fewer than the minimum. */
bool disclosure_is_small(const disclosure_t *rule, double people);

/**
 * Figures that add up to one that is shown. Hides those about too few people, and, if there are any, the next larger ones until at least two
 * are hidden that are about the minimum together.
 *
 * @param people  [n], by disclosure_people or disclosure_imported
 * @param hidden  [n]: what is true stays so
 */
void disclosure_partition(const disclosure_t *rule, size_t n, const double *people, bool *hidden);

/** The same for a table, row-major, that is shown with the sums of its rows and of its columns. */
void disclosure_table(const disclosure_t *rule, size_t n_rows, size_t n_columns, const double *people, bool *hidden);

/** The rule in words, for whoever reads the figures. @return `text` */
const char *disclosure_sentence(const disclosure_t *rule, char *text, size_t size);
#endif
