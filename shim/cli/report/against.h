/* The other side of `snug report --against`: a profile, and if it is a key's, what is known about that key. */
#ifndef SNUG_SHIM_CLI_REPORT_AGAINST_H
#define SNUG_SHIM_CLI_REPORT_AGAINST_H

#include "shim/cli/diff/diff.h"
#include "shim/cli/report/report.h"

struct against {
	struct buf name, what; /* what the user called it, and what it is: "the approved profile of web" */
	struct diff diff;      /* A is the page's own profile, B the other */
	bool has_evidence;     /* it is a key with evidence */
	struct evidence_verdict verdict;
	struct confidence confidence;
};

/* Reads what the word names, as `snug diff` does, and compares. *ret must be empty; free it with against_done(), also
 * after an error. Returns 0 or a negative errno. */
int against_make(struct cli *cli, const struct report *r, const char *word, struct against *ret, struct err *err);
void against_done(struct against *a);
#define cleanup_against cleanup_with(against_done)

#endif
