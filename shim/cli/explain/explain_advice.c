/* What the table does not show: what else may refuse a call, what may be missing, what to do next. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"
#include "oci/key.h"

#include <string.h>

#define LINES_SHOWN 5

static const char whole_list[] =
	"\n"
	"To get the whole list in one start: `snug-audit run --bundle BUNDLE ID` (Docker, Podman: --runtime\n"
	"snug-audit; a pod: RuntimeClass snug-audit), then `snug explain --key KEY`. Without an approved\n"
	"profile, use `snug-learn` and `snug show` instead. Neither loses a call without saying so.\n";

static bool any_refusal(const struct explain *x)
{
	for (size_t i = 0; i < x->summary.row_count; i++)
		if (summary_is_refusal(x->summary.rows[i].outcome))
			return true;
	return false;
}

/* Other causes of a refusal, and where to look. */
static void add_not_by_seccomp(const struct explain *x, struct buf *out)
{
	buf_addf(out, "  - AppArmor or SELinux: journalctl -k | grep -E 'apparmor=\"DENIED\"|avc:'%s\n",
		 x->summary.lsm ? " (this log has such lines)" : "");
	buf_adds(out, "  - capabilities: a file with file capabilities cannot run if the container's bounding set "
		      "lacks them;\n"
		      "    getcap FILE, and \"capabilities\" of the container (capsh --decode=$(awk '/CapBnd/ {print "
		      "$2}' /proc/PID/status))\n"
		      "  - the mount: noexec, nosuid or read-only; findmnt -T FILE -o TARGET,OPTIONS\n"
		      "  - the file: its mode, its owner in the user namespace, its #! interpreter; ls -ln FILE\n");
}

static void add_other_causes(const struct explain *x, struct buf *out)
{
	bool failed = x->summary.signs[LOG_SIGN_RUNTIME];

	if (failed)
		buf_adds(out, "  - the runtime's own calls, which the profile must allow, too: snug check PROFILE, on the node, names\n"
			      "    those that it lacks\n");
	buf_adds(out, "  - seccomp, unlogged: SCMP_ACT_ERRNO is logged only if the runtime loads the filter with\n"
		      "    SECCOMP_FILTER_FLAG_LOG, which runc before 1.2 cannot. One start with snug-audit shows "
		      "every call, see below.\n");
	add_not_by_seccomp(x, out);
	if (failed)
		buf_adds(out, "  - memory: what is over its limit is killed; journalctl -k | grep -i oom\n");
}

/* True if a runtime's error message has already named the call. */
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
	buf_addf(out, "\nDenied by AppArmor or SELinux, which no seccomp profile can fix: %llu line%s\n",
		 (unsigned long long)t->lsm, t->lsm == 1 ? "" : "s");
	explain_add_samples(&t->lsm_samples, LINES_SHOWN, "  ", out);
}

static void add_not_seccomp(const struct explain *x, struct buf *out)
{
	const struct summary *t = &x->summary;

	explain_add_signs(x, out);
	/* Only seccomp sends SIGSYS. */
	if (is_known(x) || !(t->signs[LOG_SIGN_EPERM] + t->signs[LOG_SIGN_ENOSYS] + t->signs[LOG_SIGN_RUNTIME]))
		return;
	if (t->errors && any_refusal(x))
		buf_adds(out, "The calls above may be the cause. If it still fails once they are allowed, it is not "
			      "seccomp; check:\n");
	else if (t->errors && t->row_count)
		buf_adds(out, "The calls above were allowed, so they are not the cause, unless another profile was "
			      "loaded at the\n"
			      "time. Possible causes:\n");
	else if (t->errors)
		buf_adds(out, "There is no seccomp record for it. Possible causes, most likely first:\n");
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
		buf_adds(out, "  - ten of these lines came within 5 s; the kernel drops any more\n");
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
		buf_adds(out, "If a container is still denied something: SCMP_ACT_ERRNO is logged only if the runtime "
			      "loads the\n"
			      "filter with SECCOMP_FILTER_FLAG_LOG, which runc before 1.2 cannot.\n");
}

static bool is_pod(const struct explain *x)
{
	return text_starts(x->key, "k8s/");
}

/* The one start that shows everything that a profile lacks. snug-audit refuses a key without an approved profile, and one that
 * comes from a program's name alone. */
static void add_one_start(const struct explain *x, struct buf *out)
{
	bool audit = x->approved && !text_starts(x->key, "program/");
	const char *mode = audit ? "audit" : "learn";
	const char *denies = is_pod(x) ? "no more than RuntimeDefault" : "nothing";

	if (oci_key_is_for_ephemeral(x->key)) {
		buf_adds(out, "It is the key of kubectl debug's containers, which are never recorded.\n");
		return;
	}
	if (audit)
		buf_addf(out, "One start in audit mode, which denies %s, finds everything that the profile lacks:\n", denies);
	else
		buf_addf(out, "%sOne learning run, which denies %s, finds all its calls:\n",
			 x->approved ? "" : "It has no approved profile. ", denies);
	if (is_pod(x))
		buf_addf(out, "  start the pod once with RuntimeClass snug-%s, then: ", mode);
	else
		buf_addf(out, "  snug-%s run --bundle BUNDLE ID; ", mode);
	if (x->approved)
		buf_addf(out, "snug explain --key %s\n", x->key);
	else
		buf_addf(out, "snug show %s\n", x->key);
	if (!is_pod(x))
		buf_addf(out, "  (Docker and Podman: --runtime snug-%s)\n", mode);
	if (!x->approved)
		buf_addf(out, "To compare with your own profile: snug explain --key %s --profile PROFILE\n", x->key);
}

/* What the recorder was able to see of this key. */
static void add_key(const struct explain *x, struct buf *out)
{
	if (x->mute) {
		buf_addf(out,
			 "\n"
			 "%s cannot load a filter with SECCOMP_FILTER_FLAG_LOG (runc from 1.2 and crun can), so the "
			 "kernel\n"
			 "logs no denial by SCMP_ACT_ERRNO and the evidence has none.\n",
			 x->runtime);
		add_one_start(x, out);
		return;
	}
	if (x->errno_unlogged)
		buf_adds(out, "\n"
			      "This kernel does not log denials with an errno: kernel.seccomp.actions_logged lacks "
			      "\"errno\". Add it\n"
			      "(sysctl -w, keep the other words) and start the container again.\n");
	if (!x->enforced) {
		buf_addf(out,
			 "\n"
			 "No enforced run of %s was recorded; `snug show %s` lists the recorded runs. With a new "
			 "runtime,\n"
			 "recording begins at the second start. It needs \"log_denials\" (on by default) and a "
			 "reachable snugd;\n"
			 "otherwise snug says why in the system log.\n",
			 x->key, x->key);
		add_one_start(x, out);
	} else if (!x->summary.row_count && !x->errno_unlogged) {
		buf_adds(out, "\n"
			      "Enforced runs were recorded, and the evidence holds no denial. So the failure is not "
			      "seccomp. Check:\n");
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
