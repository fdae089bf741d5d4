/* Shared by combine.c, which goes through the calls, answers.c (what inputs answer), rules.c (writes) and prove.c. */
#ifndef SNUG_SECCOMP_COMBINE_PRIVATE_H
#define SNUG_SECCOMP_COMBINE_PRIVATE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/combine/combine.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct combine {
	enum combine_kind kind;
	const struct policy *const *in;
	struct filter **filter; /* one per input */
	uint32_t *answers; /* room for one per input */
	size_t count;
	const struct arch *machine;
	struct policy *out;
	const char **names; /* in any input's rules: sorted, unique */
	size_t name_count;
	struct buf *remarks; /* may be NULL */
	struct err *err;
};

/* A call, and the ABI on which it is evaluated. */
struct combine_call {
	const char *name;
	const struct arch *arch; /* NULL: libseccomp does not know the name anywhere; only the text can be read */
	uint32_t nr;
};

/* Chooses the ABI: the machine's native one, else the first one of the result that has the call. */
void combine_find_call(const struct combine *c, const char *name, struct combine_call *ret);

/* True if the rule matters for the call in input i: it names it, applies on the machine, and does not answer as the default
 * does. */
bool combine_speaks(const struct combine *c, size_t i, const struct policy_rule *rule, const char *name);

/* What input i answers (SECCOMP_RET_*); if it does not list the ABI, what its text says. */
int combine_ask(const struct combine *c, size_t i, const struct combine_call *call, const uint64_t args[POLICY_ARGS_MAX],
		uint32_t *ret);

/* What the result should answer. *ret_lost (may be NULL): the input that hands the call over although the result does not; else
 * count. */
int combine_answer(const struct combine *c, const struct combine_call *call, const uint64_t args[POLICY_ARGS_MAX], uint32_t *ret,
		   size_t *ret_lost);
uint32_t combine_default(const struct combine *c);

bool combine_hands_over(uint32_t answer);

/* The answer as in a profile. */
struct policy_answer combine_policy_answer(uint32_t answer);

/* The arguments of a call, divided into cells, and the answer for each. */
struct combine_grid;
int combine_grid_new(const struct combine *c, const struct combine_call *call, struct combine_grid **ret);
void combine_grid_free(struct combine_grid *g); /* NULL is allowed */
DEFINE_CLEANUP(combine_grid, struct combine_grid *, combine_grid_free)
#define cleanup_grid cleanup_with(combine_grid_cleanup)

/* True if the arguments do not matter; *ret_answer then. */
bool combine_grid_is_plain(const struct combine_grid *g, uint32_t *ret_answer);

/* The first input that hands over a part of it that the result does not; else the number of inputs. */
size_t combine_grid_lost(const struct combine_grid *g);

/* Adds rules to the result for everything that is not the default's. */
int combine_grid_write(const struct combine *c, const struct combine_grid *g);

/* Turns all names in the inputs' rules into rules of the result. */
int combine_rules(struct combine *c);
void combine_done(struct combine *c);

/* Proves that the result answers as it should, on all its ABIs. */
int combine_prove(const struct combine *c);

#endif
