#include "shim/agent/book.h"

#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/learning/notify.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/syscall/names.h"
#include "shim/agent/unotify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define WHO_MS      1000 /* then a thread's names are read again: it may be renamed, or its number reused */
#define NO_NUMBER   UINT32_MAX
#define LOG_CODE    0x7ffc0000u /* code= in the record of a call that took place */

static uint32_t number_of(const struct arch *arch, const char *name)
{
	uint32_t nr;

	return syscall_number(arch, name, &nr) < 0 ? NO_NUMBER : nr;
}

void book_init(struct book *b, struct agent_runs *runs)
{
	char name[SYSCALL_NAME_MAX];

	*b = (struct book){.runs = runs};
	b->host_count = arch_host(b->host);
	for (size_t i = 0; i < b->host_count; i++) {
		uint32_t base = arch_number_base(b->host[i]);

		b->execve[i] = number_of(b->host[i], "execve");
		b->execveat[i] = number_of(b->host[i], "execveat");
		b->clone3[i] = number_of(b->host[i], "clone3");
		b->seccomp[i] = number_of(b->host[i], "seccomp");
		b->prctl[i] = number_of(b->host[i], "prctl");
		for (uint32_t nr = 0; nr < BOOK_NUMBERS; nr++)
			b->forms[i][nr] = syscall_name(b->host[i], base + nr, name) ? (int8_t)argument_by_name(name) : -1;
	}
}

/* The process is waiting for its answer, so /proc is about this process. */
static uint16_t read_comm(uint32_t tid, char ret[16])
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, ret, 16);
	close(fd);
	if (n > 0 && ret[n - 1] == '\n')
		n--;
	return n > 0 ? (uint16_t)n : 0;
}

static struct book_who *who_of(struct book *b, uint32_t tid, uint64_t now_ms)
{
	struct book_who *w = &b->who[tid % BOOK_WHO];
	char path[64];
	ssize_t n;

	if (w->tid == tid && now_ms - w->at_ms < WHO_MS)
		return w;
	w->tid = tid;
	w->at_ms = now_ms;
	w->comm_len = read_comm(tid, w->comm);
	snprintf(path, sizeof(path), "/proc/%u/exe", tid);
	n = readlink(path, w->exe, sizeof(w->exe));
	w->exe_len = n > 0 ? (uint16_t)n : 0;
	return w;
}

static struct record make_record(const struct book_who *w, const struct seccomp_notif *n)
{
	return (struct record){
		.time_ms = text_now_ms(),
		.auid = UINT32_MAX,
		.session = UINT32_MAX,
		.pid = n->pid,
		.arch = n->data.arch,
		.nr = (uint32_t)n->data.nr,
		.code = LOG_CODE,
		.action = RECORD_LOG,
		.comm = {w->comm_len ? w->comm : NULL, w->comm_len, false},
		.exe = {w->exe_len ? w->exe : NULL, w->exe_len, false},
	};
}

/* The index of the call's ABI among the host's; -1 if it is another one. */
static int host_row(const struct book *b, const struct seccomp_notif *n)
{
	const struct arch *arch = arch_of_record(n->data.arch, (uint32_t)n->data.nr);

	for (size_t i = 0; i < b->host_count; i++)
		if (b->host[i] == arch)
			return (int)i;
	return -1;
}

/* True if the evidence need not be told about the arguments each time. */
static bool is_plain(const struct book *b, int row, const struct seccomp_notif *n)
{
	uint32_t index = (uint32_t)n->data.nr - (row < 0 ? 0 : arch_number_base(b->host[row]));
	const struct argument *a;

	if (row < 0 || index >= BOOK_NUMBERS)
		return false;
	if (b->forms[row][index] < 0)
		return true;
	a = argument_get(b->forms[row][index]);
	return a->kind == ARGUMENT_VALUES && argument_is_harmless(a, n->data.args[a->index]);
}

static bool is_exec(const struct book *b, int row, uint32_t nr)
{
	return row >= 0 && (nr == b->execve[row] || nr == b->execveat[row]);
}

static enum evidence_phase phase_of(struct listener *l, uint32_t tid)
{
	if (!l->has_init) {
		l->has_init = true;
		l->init = tid;
	}
	if (l->execd)
		return l->phase;
	return tid == l->init ? EVIDENCE_RUNTIME : EVIDENCE_HOOK;
}

/* What a canary's filter lets pass unseen, its runtime may have called: the floor has it, but for a Go scheduler's calls, which a
 * static set has. */
static void add_unseen(struct book *b, const struct listener *l, const struct record *exec, uint64_t now_ms)
{
	struct evidence *ev = l->run->key->evidence;
	const struct evidence_run *er = evidence_run(ev, l->run->no);
	const struct arch *arch = arch_of_record(exec->arch, exec->nr);

	for (size_t i = 0; er && arch && i < er->unlogged.assumed.count; i++) {
		const char *name = er->unlogged.assumed.v[i];
		struct record r = *exec;

		if (!notify_is_scheduler(name) && syscall_number(arch, name, &r.nr) == 0)
			store_touch(b->runs->store, l->run->key,
				    evidence_add(ev, l->run->no, EVIDENCE_RUNTIME, EVIDENCE_USED, &r) != 0, now_ms);
	}
}

/* A signal that interrupts a call before its answer makes the kernel restart it, and notify it again: Go's runtime sends itself many.
 * The same execve, from the same instruction, is still the runtime's. */
static bool is_boundary_again(const struct listener *l, const struct seccomp_notif *n)
{
	return l->execd && n->pid == l->init && memcmp(&n->data, &l->boundary, sizeof(n->data)) == 0;
}

static void see_exec(struct book *b, struct listener *l, const struct seccomp_notif *n, const struct record *exec, uint64_t now_ms)
{
	if (exec->pid != l->init || l->execd)
		return;
	l->execd = true;
	l->boundary = n->data;
	if (!l->is_exec)
		l->run->execd = true;
	if (l->run->key->space == STATE_FLOOR)
		add_unseen(b, l, exec, now_ms);
}

/* The kernel allows one listener per chain of filters, and that is ours: the program does not get its own. */
static bool wants_listener(const struct book *b, int row, const struct seccomp_notif *n)
{
	return row >= 0 && (uint32_t)n->data.nr == b->seccomp[row] && (uint32_t)n->data.args[0] == SECCOMP_SET_MODE_FILTER &&
	       n->data.args[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

static void add(struct book *b, struct listener *l, enum evidence_phase phase, const struct record *r, const struct seccomp_notif *n, bool plain,
		uint64_t now_ms)
{
	struct evidence *ev = l->run->key->evidence;
	uint64_t args[6];
	int rc;

	/* A run that has ended has freed its counts. */
	if (l->run->ended)
		l->counts = NULL;
	if (plain && phase == EVIDENCE_WORKLOAD && l->counts && evidence_count(l->counts, r, NULL)) {
		store_touch(b->runs->store, l->run->key, false, now_ms);
		return;
	}
	memcpy(args, n->data.args, sizeof(args));
	rc = evidence_add_call(ev, l->run->no, phase, EVIDENCE_USED, r, args);
	l->counts = evidence_counts(ev, l->run->no);
	store_touch(b->runs->store, l->run->key, rc != 0, now_ms);
}

/* Whoever asks clone3 for namespaces asks clone for them where clone3 is answered with ENOSYS. */
static void see_clone3(struct book *b, struct listener *l, const struct seccomp_notif *n, uint64_t now_ms)
{
	const struct argument *clone = argument_get(argument_by_name("clone"));
	uint64_t flags = 0; /* the first member of struct clone_args */
	bool known = unotify_read(l->fd, n, n->data.args[0], &flags, sizeof(flags)) == 0;

	if ((!known || !argument_is_harmless(clone, flags)) &&
	    unlogged_beyond(l->run->key->evidence, l->run->no, clone->name, known))
		store_touch(b->runs->store, l->run->key, true, now_ms);
}

void book_call(struct book *b, struct listener *l, const struct seccomp_notif *n, uint64_t now_ms)
{
	int row = host_row(b, n);
	uint32_t nr = (uint32_t)n->data.nr;
	struct book_who *w;
	enum evidence_phase phase;
	struct record r;

	if (!l->run)
		return;
	w = who_of(b, n->pid, now_ms);
	r = make_record(w, n);
	phase = is_boundary_again(l, n) ? EVIDENCE_RUNTIME : phase_of(l, n->pid);
	add(b, l, phase, &r, n, is_plain(b, row, n), now_ms);
	if (row >= 0 && nr == b->clone3[row] && evidence_is_program(phase))
		see_clone3(b, l, n, now_ms);
	if (wants_listener(b, row, n) && phase != EVIDENCE_RUNTIME)
		agent_runs_stamp(b->runs, l->run, REASON_OWN_LISTENER, now_ms);
	/* From now on the process may have another name. */
	if (is_exec(b, row, nr)) {
		see_exec(b, l, n, &r, now_ms);
		w->tid = 0;
	} else if (row >= 0 && nr == b->prctl[row] && (uint32_t)n->data.args[0] == PR_SET_NAME) {
		w->tid = 0;
	}
}
