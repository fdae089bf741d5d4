#include "shim/recorder/attribution/unattributed.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FORKS_PER_MS 100 /* per CPU, more than any CPU can do */

static uint64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int64_t offset_now(void)
{
	return (int64_t)(clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME));
}

/* The kernel assigns pids in turn (kernel/pid.c idr_alloc_cyclic()): it reuses one only after all others. */
static bool is_cycle_long(void)
{
	char text[32];
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (file_read_small("/proc/sys/kernel/pid_max", text, sizeof(text)) <= 0)
		return false;
	return strtol(text, NULL, 10) >= 2 * UNATTRIBUTED_SLACK_MS * FORKS_PER_MS * (cpus > 0 ? cpus : 1024);
}

void unattributed_init(struct unattributed *s)
{
	*s = (struct unattributed){.cycle_is_long = is_cycle_long()};
	unattributed_tick(s);
}

void unattributed_tick(struct unattributed *s)
{
	s->offset[1] = s->offset[0];
	s->offset[0] = offset_now();
	s->offset_count += s->offset_count < 2;
}

/* Computes when the record was made, in milliseconds since boot; false if the wall clock, which records use, was set recently. */
static bool record_time(const struct unattributed *s, const struct record *rec, uint64_t *ret_ms)
{
	int64_t offset = offset_now();

	for (unsigned i = 0; i < s->offset_count; i++)
		if (llabs(offset - s->offset[i]) > UNATTRIBUTED_STEP_MS)
			return false;
	*ret_ms = rec->time_ms - (uint64_t)offset;
	return true;
}

static uint32_t *session_slot(struct unattributed *s, uint32_t session)
{
	return &s->sessions[(session * 2654435761u) >> 16 & (UNATTRIBUTED_SESSIONS - 1)];
}

bool unattributed_is_known(const struct unattributed *s, uint32_t session)
{
	return session && *session_slot((struct unattributed *)(uintptr_t)s, session) == session;
}

void unattributed_remember(struct unattributed *s, uint32_t session)
{
	/* Without a session, there is only the process. */
	if (session != UINT32_MAX)
		*session_slot(s, session) = session;
}

void unattributed_forget_session(struct unattributed *s, uint32_t session)
{
	if (unattributed_is_known(s, session))
		*session_slot(s, session) = 0;
}

bool unattributed_is_same(uint64_t start, long hz, uint64_t alive_ms, uint64_t record_ms, bool cycle_is_long)
{
	uint64_t began_ms = start * 1000 / (uint64_t)hz, slack = cycle_is_long ? UNATTRIBUTED_SLACK_MS : 0;

	/* If a pid may be reused that soon, the process must have begun earlier by more than the clocks' granularity. */
	if (!cycle_is_long)
		began_ms += UNATTRIBUTED_SLACK_MS;
	return began_ms <= record_ms + slack && record_ms <= alive_ms + slack;
}

bool unattributed_leave_open(struct unattributed *s, uint32_t session, uint64_t now_ms)
{
	unsigned room = UNATTRIBUTED_OPEN;

	for (unsigned i = 0; i < UNATTRIBUTED_OPEN; i++) {
		if (s->open[i].session == session)
			return true;
		if (!s->open[i].session)
			room = i;
	}
	if (room == UNATTRIBUTED_OPEN || !session || session == UINT32_MAX)
		return false;
	s->open[room].session = session;
	s->open[room].since_ms = now_ms;
	s->open_count++;
	return true;
}

void unattributed_close(struct unattributed *s, uint32_t session)
{
	for (unsigned i = 0; s->open_count && i < UNATTRIBUTED_OPEN; i++)
		if (s->open[i].session == session && session) {
			s->open[i].session = 0;
			s->open_count--;
		}
}

bool unattributed_take_overdue(struct unattributed *s, uint64_t now_ms, uint32_t *ret)
{
	for (unsigned i = 0; s->open_count && i < UNATTRIBUTED_OPEN; i++)
		if (s->open[i].session && now_ms - s->open[i].since_ms >= UNATTRIBUTED_OPEN_MS) {
			*ret = s->open[i].session;
			s->open[i].session = 0;
			s->open_count--;
			return true;
		}
	return false;
}

bool unattributed_is_maker(const struct unattributed *s, const struct record *rec)
{
	uint64_t made_ms = 0, alive_ms = clock_ms(CLOCK_BOOTTIME);
	struct proc_stat st;

	return record_time(s, rec, &made_ms) && proc_read_stat((pid_t)rec->pid, &st) == 0 && !st.dead &&
	       unattributed_is_same(st.start, sysconf(_SC_CLK_TCK), alive_ms, made_ms, s->cycle_is_long);
}

static struct unattributed_call *proc_slot(struct unattributed *s, uint32_t pid)
{
	return &s->procs[pid & (UNATTRIBUTED_PROCS - 1)];
}

int unattributed_look(struct unattributed *s, const struct record *rec, bool anew, char cgroup[PROC_CGROUP_MAX], void **ret_owner)
{
	struct unattributed_call *p = proc_slot(s, rec->pid);
	uint64_t made_ms = 0, alive_ms;
	long hz = sysconf(_SC_CLK_TCK);
	struct proc_stat st;

	if (!record_time(s, rec, &made_ms))
		return -ESRCH;
	if (!anew && p->pid == rec->pid && unattributed_is_same(p->start, hz, p->alive_ms, made_ms, s->cycle_is_long)) {
		*ret_owner = p->owner;
		return 1;
	}
	alive_ms = clock_ms(CLOCK_BOOTTIME);
	/* If the process had ended since, its pid would be gone or show a later start. */
	if (proc_read_cgroup((pid_t)rec->pid, cgroup, &st) < 0)
		return -ESRCH;
	if (!unattributed_is_same(st.start, hz, alive_ms, made_ms, s->cycle_is_long))
		return -ESRCH;
	if (!anew && p->pid == rec->pid && p->start == st.start) {
		p->alive_ms = alive_ms;
		*ret_owner = p->owner;
		return 1;
	}
	/* A process that has ended but was not reaped may show another cgroup than it was in. */
	if (st.dead)
		return -ESRCH;
	s->looked = (struct unattributed_call){.pid = rec->pid, .start = st.start, .alive_ms = alive_ms};
	return 0;
}

void unattributed_own(struct unattributed *s, void *owner)
{
	s->looked.owner = owner;
	*proc_slot(s, s->looked.pid) = s->looked;
}

void unattributed_forget_procs(struct unattributed *s)
{
	memset(s->procs, 0, sizeof(s->procs));
}

bool unattributed_is_within(const char *inner, const char *outer)
{
	while (*outer) {
		size_t out = strcspn(outer, "\n"), in = strcspn(inner, "\n");

		if (in < out || memcmp(inner, outer, out) != 0)
			return false;
		/* "/a" contains "/a/b", not "/ab"; "/" contains everything. */
		if (in > out && inner[out] != '/' && outer[out - 1] != '/')
			return false;
		outer += out + (outer[out] == '\n');
		inner += in + (inner[in] == '\n');
	}
	return true;
}
