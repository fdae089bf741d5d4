/* What is not in the table: what else may refuse a call, what may be missing, where to go on. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"

#include <string.h>

#define LINES_SHOWN 5

static const char whole_list[] = "\nThe whole list, in one start: in audit mode, `snug-audit run --bundle BUNDLE ID`, "
				 "then `snug show KEY` (a pod: the\n"
				 "RuntimeClass of snug-audit); where there is no approved profile yet, `snug-learn` in "
				 "its place. Nothing is lost\n"
				 "there, or it says so.\n";

static bool any_refusal(const struct explain *x)
{
	for (size_t i = 0; i < x->summary.row_count; i++)
		if (summary_is_refusal(x->summary.rows[i].outcome))
			return true;
	return false;
}

/* Where else a refusal may come from, with the next thing to look at. */
static void add_not_by_seccomp(const struct explain *x, struct buf *out)
{
	buf_addf(out, "  - AppArmor or SELinux: journalctl -k | grep -E 'apparmor=\"DENIED\"|avc:'%s\n",
		 x->summary.lsm ? " (there are such lines in this log)" : "");
	buf_adds(out, "  - capabilities: a file that has some of its own cannot be run where the container's bounding "
		      "set lacks them;\n"
		      "    getcap FILE, and \"capabilities\" of the container (capsh --decode=$(awk '/CapBnd/ {print "
		      "$2}' /proc/PID/status))\n"
		      "  - the mount: noexec or nosuid, read-only; findmnt -T FILE -o TARGET,OPTIONS\n"
		      "  - the file: its mode, its owner under a user namespace, the interpreter in its first line; ls "
		      "-ln FILE\n");
}

static void add_other_causes(const struct explain *x, struct buf *out)
{
	buf_adds(out,
		 "  - seccomp without a trace: SCMP_ACT_ERRNO is logged only where the runtime loads the filter with\n"
		 "    SECCOMP_FILTER_FLAG_LOG; runc before 1.2 cannot. One start shows every call: snug-audit, see "
		 "below.\n");
	add_not_by_seccomp(x, out);
}

/* True if a runtime's own words have told which call it is. */
static bool is_known(const struct explain *x)
{
	for (size_t i = 0; i < x->word_count; i++)
		if (explain_word_counts(x, &x->words[i]))
			return true;
	return false;
}

static void add_lsm(const struct explain *x, struct buf *out)
{
	const struct summary *t = &x->summary;

	if (!t->lsm)
		return;
	buf_addf(out, "\nDenied by AppArmor or SELinux, which no seccomp profile fixes: %llu line%s\n", (unsigned long long)t->lsm,
		 t->lsm == 1 ? "" : "s");
	explain_add_samples(&t->lsm_samples, LINES_SHOWN, "  ", out);
}

static void add_not_seccomp(const struct explain *x, struct buf *out)
{
	const struct summary *t = &x->summary;

	explain_add_signs(x, out);
	/* SIGSYS comes from nowhere else. */
	if (is_known(x) || !(t->signs[LOG_SIGN_EPERM] + t->signs[LOG_SIGN_ENOSYS] + t->signs[LOG_SIGN_RUNTIME]))
		return;
	if (t->errors && any_refusal(x))
		buf_adds(out, "The calls above may be why. If it stays so once they are allowed, it is not seccomp; "
			      "look at:\n");
	else if (t->errors && t->row_count)
		buf_adds(out, "The records above are of calls that were let through, so they are not why, unless "
			      "another profile was loaded\n"
			      "then. What may be:\n");
	else if (t->errors)
		buf_adds(out, "No seccomp record goes with it. What may be, in this order:\n");
	if (t->errors)
		add_other_causes(x, out);
}

static void add_losses(const struct explain *x, struct buf *out)
{
	const struct summary *t = &x->summary;

	if (!explain_is_partial(x))
		return;
	buf_adds(out, "\nThe list may be incomplete:\n");
	for (size_t i = 0; i < LOG_LINE_LOSS_COUNT; i++)
		if (t->loss[i]) {
			buf_adds(out, "  - ");
			explain_add_loss(x, (enum log_line_loss)i, out);
			buf_addc(out, '\n');
		}
	if (t->at_rate_limit && !t->loss[LOG_LINE_LOSS_PRINTK])
		buf_adds(out,
			 "  - the kernel prints ten of these lines in 5 s and drops the others; ten came within 5 s\n");
	if (t->unreadable)
		buf_addf(out, "  - %llu record%s torn or cut off; --unreadable shows %s\n",
			 (unsigned long long)t->unreadable, t->unreadable == 1 ? " is" : "s are",
			 t->unreadable == 1 ? "it" : "them");
}

static void add_nothing(const struct explain *x, struct buf *out)
{
	if (x->summary.row_count || x->summary.errors)
		return;
	if (!x->key)
		buf_adds(out, "If a container is being denied something all the same: a denial by SCMP_ACT_ERRNO is "
			      "logged only where the\n"
			      "runtime loads the filter with SECCOMP_FILTER_FLAG_LOG, which runc before 1.2 cannot.\n");
}

static bool is_pod(const struct explain *x)
{
	return text_starts(x->key, "k8s/");
}

/* The one start that shows all that a profile lacks. snug-audit refuses a key without an approved profile. */
static void add_one_start(const struct explain *x, struct buf *out)
{
	const char *mode = x->approved ? "audit" : "learn";

	if (x->approved)
		buf_adds(out, "One start in audit mode, which denies nothing, finds all that the profile lacks:\n");
	else
		buf_adds(out, "No profile of it is approved. One learning run, which denies nothing, finds all that it calls:\n");
	if (is_pod(x))
		buf_addf(out, "  start the pod once with the RuntimeClass of snug-%s, then: ", mode);
	else
		buf_addf(out, "  snug-%s run --bundle BUNDLE ID; ", mode);
	if (x->approved)
		buf_addf(out, "snug explain --key %s\n", x->key);
	else
		buf_addf(out, "snug show %s\n", x->key);
	if (!x->approved)
		buf_addf(out, "Against a profile of your own: snug explain --key %s --profile PROFILE\n", x->key);
}

/* What the recorder could see of this key at all. */
static void add_key(const struct explain *x, struct buf *out)
{
	if (x->mute) {
		buf_addf(out,
			 "\n%s refuses a filter with SECCOMP_FILTER_FLAG_LOG (runc takes it from 1.2, crun does): a denial by\n"
			 "SCMP_ACT_ERRNO leaves no trace in the kernel under it, so the evidence can hold none.\n",
			 x->runtime);
		add_one_start(x, out);
		return;
	}
	if (x->errno_unlogged)
		buf_adds(out, "\nThis kernel is told not to log denials with an errno: kernel.seccomp.actions_logged lacks \"errno\". "
			      "Put it there\n(sysctl -w, with the words that it has now) and start the container again.\n");
	if (!x->enforced) {
		buf_addf(out,
			 "\nNo enforced run of %s was recorded; `snug show %s` tells which runs were. They are recorded from the second\n"
			 "start on with a runtime of which that is new, where \"log_denials\" is not switched off in the configuration, and\n"
			 "where snugd could be reached: else the system log has a line of snug's that says why.\n",
			 x->key, x->key);
		add_one_start(x, out);
	} else if (!x->summary.row_count && !x->errno_unlogged) {
		buf_adds(out, "\nEnforced runs were recorded, and nothing was denied to them that the evidence still holds. What fails then is\n"
			      "not seccomp. Look at:\n");
		add_not_by_seccomp(x, out);
	}
}

void explain_advice(const struct explain *x, bool unreadable, struct buf *out)
{
	add_not_seccomp(x, out);
	add_lsm(x, out);
	explain_add_empty(x, out);
	add_losses(x, out);
	add_nothing(x, out);
	if (!x->key && (x->summary.errors || !x->summary.row_count || explain_is_partial(x)))
		buf_adds(out, whole_list);
	if (x->key && !x->live)
		add_key(x, out);
	if (unreadable && x->summary.unreadable) {
		buf_addf(out, "\nUnreadable: %llu, the first %d\n", (unsigned long long)x->summary.unreadable,
			 SUMMARY_SAMPLES_MAX);
		explain_add_samples(&x->summary.unreadable_samples, SUMMARY_SAMPLES_MAX, "  ", out);
	}
}
