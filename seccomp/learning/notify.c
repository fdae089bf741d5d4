#include "seccomp/learning/notify.h"

#include "base/text.h"
#include "seccomp/evidence/evidence_private.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/learning/section_private.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ACTION_NOTIFY "SCMP_ACT_NOTIFY"
#define NUMBERS       1024 /* tried per ABI, from its first number on */

/* If a signal interrupted one of these while it waits for its answer, it would return, and run into the code after it. All are
 * in always.csv. */
static const char *const never[] = {"exit", "exit_group", "rt_sigreturn", "sigreturn", "restart_syscall"};

/* After runc's init has loaded the filter and before its write hands over the listener, its Go scheduler may make these
 * (floor-go.csv says why); it would wait forever for an answer that cannot come yet. */
static const char *const go_needs[] = {"futex", "sched_yield", "nanosleep", "getpid", "gettid", "tgkill", "madvise", "munmap"};
static const char *const go_forms[] = {"mmap"};

struct making {
	const struct notify_wish *wish;
	struct names allowed; /* with any arguments, for whatever reason */
	struct names assumed; /* those among them that a profile does not allow anyway */
	struct names notified;
	uint64_t forms; /* that are allowed, or answered with ENOSYS */
};

static void making_done(struct making *m)
{
	names_done(&m->allowed);
	names_done(&m->assumed);
	names_done(&m->notified);
}

static int assume(struct making *m, const char *name)
{
	int r;

	if (names_have(&m->allowed, name))
		return 0;
	r = names_add(&m->allowed, name);
	return r < 0 ? r : names_add(&m->assumed, name);
}

/* Of a call whose arguments decide, only the harmless form is allowed. Calls that mark the boundary between runtime and
 * workload, and calls that could hide others, are never hot. */
static int add_hot(struct making *m, const char *name)
{
	int place = argument_by_name(name);

	if (set_is_always_logged(name))
		return 0;
	if (place < 0)
		return assume(m, name);
	if (argument_get(place)->kind == ARGUMENT_VALUES)
		m->forms |= (uint64_t)1 << place;
	return 0;
}

/* Answers with ENOSYS what no filter can decide, unless that failed before. */
static void add_experiments(struct making *m, const struct evidence *ev)
{
	const struct argument *table;
	size_t n = arguments(&table);

	for (size_t i = 0; i < n && m->wish->experiments; i++)
		if (table[i].kind == ARGUMENT_ENOSYS && unlogged_form_of(ev, (int)i, NULL) != UNLOGGED_WIDE)
			m->forms |= (uint64_t)1 << i;
}

static int choose_allowed(struct making *m)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(never) && r == 0; i++)
		r = names_add(&m->allowed, never[i]);
	if (r == 0)
		r = assume(m, "write");
	for (size_t i = 0; i < ARRAY_SIZE(go_needs) && r == 0 && m->wish->go; i++)
		r = assume(m, go_needs[i]);
	for (size_t i = 0; i < ARRAY_SIZE(go_forms) && m->wish->go; i++)
		m->forms |= (uint64_t)1 << argument_by_name(go_forms[i]);
	for (size_t i = 0; i < m->wish->hot_count && r == 0; i++)
		r = add_hot(m, m->wish->hot[i]);
	return r;
}

bool notify_is_scheduler(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(go_needs); i++)
		if (text_streq(name, go_needs[i]))
			return true;
	return false;
}

static int notify_name(struct making *m, const char *name)
{
	int place = argument_by_name(name);

	if (names_have(&m->allowed, name) || (place >= 0 && m->forms >> place & 1))
		return 0;
	return names_add(&m->notified, name);
}

/* Every name that this libseccomp, or the list of newer calls, has for a number of the host's ABIs. The runtime's libseccomp
 * may know fewer: the others get the default action. */
static int choose_notified(struct making *m)
{
	const struct arch *host[4];
	size_t count = arch_host(host);
	char name[SYSCALL_NAME_MAX];
	int r = 0;

	for (size_t i = 0; i < count; i++)
		for (uint32_t nr = 0; nr < NUMBERS && r == 0; nr++)
			if (syscall_name(host[i], (nr + arch_number_base(host[i])) | (host[i]->id == ARCH_X32 ? ARCH_X32_BIT : 0), name))
				r = notify_name(m, name);
	return r;
}

static void write_section(const struct making *m, struct buf *out)
{
	const struct arch *host[4];
	size_t count = arch_host(host);
	bool comma = false;
	struct json_writer w;

	buf_addf(out, "{\"defaultAction\":\"" ACTION_ERRNO "\",\"defaultErrnoRet\":%d,\"architectures\":[", ENOSYS);
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s\"%s\"", i ? "," : "", host[i]->oci);
	buf_adds(out, "],\"listenerPath\":");
	json_write_begin(&w, out, false);
	json_write_string(&w, NULL, m->wish->listener_path);
	buf_adds(out, ",\"listenerMetadata\":");
	json_write_begin(&w, out, false);
	json_write_string(&w, NULL, m->wish->metadata);
	buf_adds(out, ",\"syscalls\":[");
	learning_write_names(&m->allowed, ACTION_ALLOW, &comma, out);
	learning_write_names(&m->notified, ACTION_NOTIFY, &comma, out);
	for (int i = 0; i < ARGUMENTS_MAX; i++) {
		if (!(m->forms >> i & 1))
			continue;
		learning_write_form(argument_get(i), true, ACTION_ALLOW, &comma, out);
		learning_write_form(argument_get(i), false, ACTION_NOTIFY, &comma, out);
	}
	buf_adds(out, "]}");
}

static void write_unlogged(const struct evidence *ev, const struct making *m, struct buf *out)
{
	struct json_writer w;
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, evidence_unlogged_digest(ev, 0));
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_u64(&w, "upto", 0);
	json_write_string(&w, "digest", digest);
	json_write_u64(&w, "count", 0);
	json_write_array(&w, "forms");
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		if (m->forms >> i & 1)
			json_write_string(&w, NULL, argument_get(i)->text);
	json_write_end_array(&w);
	json_write_array(&w, "assumed");
	for (size_t i = 0; i < m->assumed.count; i++)
		json_write_string(&w, NULL, m->assumed.v[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
}

int notify_section_make(const struct evidence *ev, const struct notify_wish *wish, struct buf *out, struct buf *out_unlogged, struct err *err)
{
	cleanup_with(making_done) struct making m = {.wish = wish};
	int r = choose_allowed(&m);

	add_experiments(&m, ev);
	if (r == 0)
		r = choose_notified(&m);
	if (r == 0) {
		write_section(&m, out);
		write_unlogged(ev, &m, out_unlogged);
	}
	return r < 0 || buf_failed(out) || buf_failed(out_unlogged) ? err_set(err, ENOMEM, "out of memory") : 0;
}
