#include "shim/cli/key/build.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/machine.h"
#include "shim/cli/common/word.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/common/save.h"

#include "base/text.h"
#include "seccomp/write/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_FORMAT, OPT_ERRNO, OPT_FLOOR, OPT_MACHINE, OPT_OUTPUT, OPT_FORCE, OPT_WITHOUT };

static const struct cli_option OPTIONS[] = {
	[OPT_FORMAT] = {"format", 'f', "FORM",
			"oci (default), docker, spo, spo-v1beta1, systemd or libseccomp-c: see above"},
	[OPT_ERRNO] = {"errno", 0, "enosys|eperm",
		       "the errno of a refused call; with enosys (default) libraries fall back to older calls"},
	[OPT_FLOOR] = {"floor", 0, "RUNTIME,...",
		       "also allow what these runtimes need: paths, names (runc,crun) or releases (runc-1.3.6)"},
	[OPT_MACHINE] = {"machine", 0, "NAME", "only for this machine (aarch64, x86_64, s390x ...), of all that the evidence is from"},
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, not to standard output"},
	[OPT_FORCE] = {"force", 0, NULL, "print a profile even if the evidence is incomplete"},
	[OPT_WITHOUT] = {"without", 0, "exec|terminal", "leave out what only execs used, or only execs with a terminal"},
};

static int parse_format(const char *name, enum policy_format *ret, struct err *err)
{
	*ret = POLICY_OCI;
	return name ? policy_output_by_name(name, ret, err) : 0;
}

/* People call a profile by the last part of its key; but a SeccompProfile, which is cluster-scoped, is named after the
 * whole key, whatever file the evidence is in. */
static const char *short_name(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash && slash[1] ? slash + 1 : key;
}

static int refuse(const struct build *b, const char *key, struct err *err)
{
	cleanup_buf struct buf why = {0};

	/* The reasons are those of other machines, if any. */
	if (b->machine && !b->verdict.reasons)
		err_set(err, EAGAIN, "no complete run of %s was on %s; --force prints the profile anyway", key, b->machine->name);
	else {
		build_add_verdict(&b->verdict, &why);
		err_set(err, EAGAIN, "the evidence of %s is %s; --force prints the profile anyway", key,
			buf_failed(&why) ? "not complete" : why.data);
	}
	return CLI_INCOMPLETE;
}

static int write_form(const struct build *b, enum policy_format format, const char *key, struct buf *out,
		      struct err *err)
{
	cleanup_buf struct buf lost = {0};
	bool whole = format == POLICY_SPO || format == POLICY_SPO_V1BETA1;
	int r = build_write(b, format, whole ? evidence_key(b->evidence) : short_name(key), out, &lost, err);

	for (const char *p = r == 0 && lost.data ? lost.data : ""; *p;) {
		size_t len = strcspn(p, "\n");

		fprintf(stderr, "snug: %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
	return r;
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_build struct build b = {0};
	cleanup_buf struct buf text = {0};
	const char *key = args->operand[0];
	enum policy_format format = POLICY_OCI;
	const struct arch *machine = NULL;
	uint32_t errno_ret = 0;
	int r = build_parse_errno(args->value[OPT_ERRNO], &errno_ret, err);

	if (r == 0)
		r = parse_format(args->value[OPT_FORMAT], &format, err);
	if (r == 0)
		r = args->value[OPT_MACHINE] ? machine_named(args->value[OPT_MACHINE], &machine, err) : 0;
	if (r == 0)
		r = build_load(cli, key, NULL, &b, err);
	if (r == 0 && machine)
		r = build_for_machine(&b, machine, key, err);
	if (r == 0)
		r = build_add_runtimes(cli, &b, key, args->value[OPT_FLOOR], err);
	if (r == 0)
		r = build_parse_without(args->value[OPT_WITHOUT], &b.without, err);
	if (r == 0)
		r = build_profile(&b, errno_ret, err);
	if (r < 0)
		return r;
	if (!b.verdict.complete && !args->value[OPT_FORCE])
		return refuse(&b, key, err);
	build_report(&b, key);
	r = write_form(&b, format, key, &text, err);
	if (r < 0)
		return r;
	return save_or_print(cli, args->value[OPT_OUTPUT], &text, args->operand, word_is_file(args->operand[0]), err);
}

const struct cli_command cmd_profile = {
	.name = "profile",
	.operands = "KEY|FILE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "prints the profile made from the evidence of a key",
	.details = "The profile allows the calls that containers of KEY made, those that their runtime needs to start\n"
		   "them (its floor, once sampled) and a few that every program needs. It refuses all others.\n"
		   "Incomplete evidence gives no profile (exit status 3): it might lack a call. Before it is printed,\n"
		   "the profile is read back, compiled and tested on every call.\n"
		   "Formats:\n"
		   "  oci      containerd, CRI-O, a Kubernetes localhost profile; also Docker and Podman\n"
		   "  docker   docker and podman run --security-opt seccomp=FILE\n"
		   "  spo      a SeccompProfile for security-profiles-operator (v1: cluster-scoped), annotated with "
		   "how many\n"
		   "           complete runs showed each call; spo-v1beta1: for the operator before 1.0\n"
		   "  systemd  a drop-in for a unit; it and standard error name what systemd cannot express\n"
		   "  libseccomp-c  C code for a program that confines itself with libseccomp\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.exits = "0: good. 2: bad usage or input. 3: refused, the evidence is incomplete",
	.run = run,
};
