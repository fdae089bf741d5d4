/* What a profile in OCI form, anybody's, answers to a call: libseccomp compiles it as a runtime would, bpf_run()
 * decides.
 *
 * Read as people have it: the plain form of runtime-spec config-linux.md, Docker's own (archMap, includes, excludes:
 * decided for its default capabilities and the arch of the call, any kernel), or a whole config.json. A log tells no
 * arguments. So each profile is compiled twice for each arch: once with every rule on arguments taken against the call,
 * once in its favour; where the two differ it is up to the arguments.
 */
#ifndef SNUG_SECCOMP_JUDGE_H
#define SNUG_SECCOMP_JUDGE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "seccomp/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JUDGE_TEXT_MAX (8u << 20)

enum judge_verdict {
	JUDGE_ALLOWS,     /* or logs and allows */
	JUDGE_DENIES,     /* an errno, a signal or death, by default */
	JUDGE_REFUSES,    /* the same by a rule that names the call: somebody meant it */
	JUDGE_DEPENDS,    /* allowed for some arguments */
	JUDGE_HANDS_OVER, /* to a tracer or an agent */
	JUDGE_NO_ARCH,    /* the profile does not list the ABI: the process is killed */
};

const char *
judge_verdict_name(enum judge_verdict v); /* "allowed" "denied" "refused" "depends" "handed over" "no architecture" */

struct judge; /* opaque */

/* Reads a profile. What runtimes could read differently (base/json_members.h), an unknown action or operator and the
 * like are errors with name, path and line. */
int judge_new(const char *text, size_t len, const char *name, struct judge **ret, struct err *err);
void judge_free(struct judge *j); /* NULL is allowed */
DEFINE_CLEANUP(judge, struct judge *, judge_free)
#define cleanup_judge cleanup_with(judge_cleanup)

int judge_call(struct judge *j, const struct arch *arch, uint32_t nr, enum judge_verdict *ret, struct err *err);

/* The document and the object within it that holds defaultAction; both belong to the judge. */
const struct json_doc *judge_doc(const struct judge *j, const struct json **ret_section);

/* True if a rule says nothing but which calls are allowed: no arguments, no conditions. */
bool judge_is_plain_allow(const struct json *rule);

#endif
