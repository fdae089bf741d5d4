/* From a key to its profile: the evidence, the runtimes of its learning runs with their floors, and the result. */
#ifndef SNUG_SHIM_CLI_BUILD_H
#define SNUG_SHIM_CLI_BUILD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "oci/runtime.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/policy.h"
#include "seccomp/profile/profile.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/floor/floor.h"

#include <stdbool.h>
#include <stdint.h>

#define BUILD_RUNTIMES_MAX 16 /* the newest ones are kept */

/* A runtime file that starts the key's containers. */
struct build_runtime {
	char id[OCI_RUNTIME_ID_MAX];
	char *path;
	bool go;
	bool present;           /* the file at `path` is still this one */
	struct floor floor;
};

struct build {
	struct evidence *evidence;
	struct evidence_verdict verdict;
	struct build_runtime runtimes[BUILD_RUNTIMES_MAX];
	size_t runtime_count;
	const struct arch *machine; /* whose profile to build, see build_for_machine(); NULL: that of every machine in the evidence */
	struct profile *profile;
	struct profile_call *left_out; /* owned; dangerous calls that the runtimes try but can do without */
	size_t left_out_count;
	unsigned without;  /* as in struct profile_inputs; to be set before build_profile() */
	struct buf unnamed; /* lines "arch nr" of calls without a name */
	struct buf oci;     /* the profile's text */
};

/* Loads the key's evidence into *ret, after a sync with the recorder, with the runtimes of its learning runs, the files that are
 * at their paths now, and the one at runtime_path (absolute; may be NULL). *ret must be empty; free it with build_done, also
 * after an error. Returns 0 or a negative errno, as do the functions below. */
int build_load(const struct cli *cli, const char *key, const char *runtime_path, struct build *ret, struct err *err);

/* Loads the floors again, after a sampling. */
int build_load_floors(const struct cli *cli, struct build *b, struct err *err);

/* Builds the profile for one machine, whose native ABI this is, from the calls of the ABIs that run there. The verdict is not
 * complete unless a complete learning run was on such a machine. -ENODATA if the evidence has no call of it. */
int build_for_machine(struct build *b, const struct arch *machine, const char *key, struct err *err);

/* Adds another runtime that will start the containers: a path or name (oci_runtime_open_or_find()) whose floor for such
 * containers was sampled (-ENOENT says how to), or a release of the catalogue. */
int build_add_runtime(const struct cli *cli, struct build *b, const char *key, const char *runtime, struct err *err);

/* The same for a comma-separated list; NULL adds none. */
int build_add_runtimes(const struct cli *cli, struct build *b, const char *key, const char *list, struct err *err);

/* The digest that identifies a profile's text for people: that of sha256sum(1) over the oci form. */
void build_digest(const struct build *b, char ret[SHA256_HEX_MAX]);

/* -ESTALE if the text does not have this digest, of which 12 digits are enough, with or without a leading "sha256:". */
int build_check_digest(const struct buf *text, const char *digest, struct err *err);

/* Builds the profile and its text; errno_ret: what it answers to other calls. */
int build_profile(struct build *b, uint32_t errno_ret, struct err *err);

/* Appends the built profile in a form, after proving it (seccomp/profile/proof.h) against the evidence and the floors: a wrong
 * one is not handed out. lost: lines about what the form cannot express. */
int build_write(const struct build *b, enum policy_format format, const char *name, struct buf *out, struct buf *lost,
		struct err *err);

void build_done(struct build *b);
#define cleanup_build cleanup_with(build_done)

/* "enosys" or "eperm" (NULL: "enosys") as a number. */
int build_parse_errno(const char *name, uint32_t *ret, struct err *err);

/* Reads --without: what only execs did ("exec"), or only execs with a terminal ("terminal"), is left out. NULL: nothing. */
int build_parse_without(const char *name, unsigned *ret, struct err *err);

/* Appends the verdict in words: "complete", or "not complete: " and each reason. */
void build_add_verdict(const struct evidence_verdict *v, struct buf *out);

/* Reports on stderr what the profile is based on and what is missing; `key` is for the advice. */
void build_report(const struct build *b, const char *key);

/* True if --without left the call out. */
bool build_is_without(const struct build *b, const char *name);

/* Appends why the profile has this rule, in words: "the program uses it (nginx)". */
void build_add_origin(const struct build *b, const struct profile_rule *rule, struct buf *out);

#endif
