/* Refusals that a log reports in words, where the profile is that it names, and where else to look. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"

#include <string.h>

#define LINES_SHOWN 3

/* The first few lines of safe text. */
void explain_add_samples(const struct buf *samples, size_t max, const char *indent, struct buf *out)
{
	const char *p = samples->data;

	for (size_t i = 0; i < max && p && *p; i++) {
		size_t len = strcspn(p, "\n");

		buf_addf(out, "%s%.*s\n", indent, (int)len, p);
		p += len + (p[len] == '\n');
	}
}

void explain_add_signs(const struct explain *x, struct buf *out)
{
	static const struct {
		const char *what, *why;
	} signs[] = {
		[LOG_SIGN_EPERM] =
			{"\"operation not permitted\" (EPERM)",
			 "the default errno of a profile; file modes, capabilities and security modules give it too"},
		[LOG_SIGN_ENOSYS] = {"\"function not implemented\" (ENOSYS)",
				     "the errno of a profile with \"defaultErrnoRet\": 38, as snug writes them; or the "
				     "kernel is too old"},
		[LOG_SIGN_SIGSYS] = {"ended by SIGSYS (signal 31, exit status 159)",
				     "a seccomp filter killed it; the record is in that machine's log: journalctl -k | "
				     "snug explain"},
		[LOG_SIGN_ABORT] = {"a Go program aborted (SIGABRT)", "its stack trace may name the refused call"},
		[LOG_SIGN_SANDBOX] = {"a browser's own sandbox refused a call", "no container profile changes that"},
		[LOG_SIGN_THREAD] = {"a thread could not be started",
				     "glibc 2.34 and later call clone3, and give up where a profile answers EPERM instead of ENOSYS; "
				     "a limit of processes does it too"},
		[LOG_SIGN_RUNTIME] = {"the runtime could not start the container", NULL},
	};
	const struct summary *t = &x->summary;

	_Static_assert(ARRAY_SIZE(signs) == LOG_SIGN_COUNT, "words for each sign");
	if (!t->errors)
		return;
	buf_addf(out, "\nOther lines in the log that report a refusal: %llu\n", (unsigned long long)t->errors);
	for (size_t i = 0; i < LOG_SIGN_COUNT; i++) {
		if (!t->signs[i])
			continue;
		buf_addf(out, "  %s: %llu line%s\n", signs[i].what, (unsigned long long)t->signs[i], t->signs[i] == 1 ? "" : "s");
		explain_add_samples(&t->sign_samples[i], LINES_SHOWN, "      ", out);
		if (signs[i].why)
			buf_addf(out, "    %s.\n", signs[i].why);
	}
}

/* True if a shell takes the path unquoted. */
static bool is_plain(const char *path, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/@%+:=,-";

	return len && strspn(path, plain) >= len;
}

void explain_add_profiles(const struct explain *x, struct buf *out)
{
	const char *p = x->summary.profiles.data;
	bool first = true;

	if (x->profile)
		return;
	for (; p && *p; p += strcspn(p, "\n") + 1) {
		size_t len = strcspn(p, "\n");

		if (!is_plain(p, len))
			continue;
		if (first)
			buf_adds(out, "\nNext, on the node where it ran:\n");
		first = false;
		buf_addf(out, "  snug check %s%.*s\n", *p == '/' ? "" : "/var/lib/kubelet/seccomp/", (int)len, p);
	}
	if (!first)
		buf_adds(out, "This checks the profile named in the log, and lists the calls that the runtime needs "
			      "and it refuses.\n");
}

bool explain_is_empty(const struct explain *x)
{
	const struct summary *t = &x->summary;
	uint64_t lost = 0;

	for (size_t i = 0; i < LOG_LINE_LOSS_COUNT; i++)
		lost += t->loss[i];
	return !x->key && !x->live && !t->records && !t->errors && !t->lsm && !t->unreadable && !t->profile_count && !lost;
}

void explain_add_empty(const struct explain *x, struct buf *out)
{
	if (!explain_is_empty(x))
		return;
	buf_adds(
		out,
		"\n"
		"Nothing was recognised. snug looks for seccomp records from the kernel, auditd, ausearch and the\n"
		"journal; lines from security-profiles-operator, CRI-O, auditbeat, falco, strace, Inspektor Gadget,\n"
		"laurel and osquery that name a call;\n"
		"\"operation not permitted\", \"function not implemented\", \"bad system call\", SIGSYS, exit status "
		"159; and\n"
		"error messages of runc and crun.\n"
		"Where else to look, on the machine where it ran:\n"
		"  journalctl -k -b | snug explain                     (dmesg | snug explain without systemd)\n"
		"  snug explain /var/log/audit/audit.log               where auditd runs\n"
		"  journalctl -b -u containerd -u crio -u docker -u kubelet | snug explain\n"
		"  kubectl describe pod POD | snug explain             and kubectl logs --previous POD\n");
}
