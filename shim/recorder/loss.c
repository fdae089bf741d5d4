#include "shim/recorder/loss.h"

#include "base/cleanup.h"

#include <errno.h>
#include <unistd.h>

int loss_start(struct loss *l, const struct loss_events *events, struct err *err)
{
	int r;

	l->events = *events;
	l->probe = (struct probe)PROBE_INIT;
	l->status_fd = -1;
	r = probe_start(&l->probe, err);
	if (r < 0)
		return r;
	l->status_fd = audit_open_status(err);
	return l->status_fd < 0 ? l->status_fd : 0;
}

void loss_stop(struct loss *l)
{
	probe_stop(&l->probe);
	if (l->status_fd >= 0)
		close(steal_fd(&l->status_fd));
}

static void stamp(struct loss *l, enum reason reason)
{
	l->bad |= (reason_set)1 << reason;
	l->events.stamp(l->events.arg, reason);
}

static void check_log_is_on(struct loss *l)
{
	bool on = false;

	if (audit_log_is_on(&on) < 0 || !on)
		stamp(l, REASON_LOG_OFF);
}

static void begin(struct loss *l, uint64_t now_ms)
{
	l->running = l->wanted;
	l->probe_back = l->status_back = false;
	l->bad = 0;
	l->started_ms = now_ms;
	check_log_is_on(l);
	if (probe_fire(&l->probe, l->running) < 0) {
		probe_stop(&l->probe);
		(void)probe_start(&l->probe, NULL);
		stamp(l, REASON_BARRIER);
		l->probe_back = l->status_back = true;
		l->probe_serial = (uint32_t)l->serials.next;
		l->probe_back_ms = now_ms;
	}
}

uint64_t loss_checkpoint(struct loss *l, uint64_t now_ms)
{
	/* The one in flight began before this call; a further one that waits behind it serves all who ask meanwhile. */
	if (!l->running || l->wanted == l->running)
		l->wanted++;
	if (!l->running)
		begin(l, now_ms);
	return l->wanted;
}

void loss_see_serial(struct loss *l, uint32_t serial)
{
	if (!serials_see(&l->serials, serial))
		stamp(l, REASON_SERIAL_GAP);
}

bool loss_see_record(struct loss *l, const struct record *r, uint64_t now_ms)
{
	uint32_t seq;

	if (!probe_matches(&l->probe, r, &seq))
		return false;
	if (!l->running || l->probe_back || seq != (uint32_t)(l->running % PROBE_CYCLE))
		return true;
	l->probe_back = true;
	l->probe_serial = (uint32_t)r->serial;
	l->probe_back_ms = now_ms;
	/* Asked for behind the probe: what was lost before the probe is in the count by now. */
	if (audit_ask_status(l->status_fd) < 0) {
		stamp(l, REASON_KERNEL_LOST);
		l->status_back = true;
	}
	return true;
}

void loss_see_status(struct loss *l)
{
	struct audit_info info;
	int r = audit_read_status(l->status_fd, &info);

	if (r == -EAGAIN)
		return;
	if (r < 0) {
		/* Not to know the count is not to know that it stood still. */
		stamp(l, REASON_KERNEL_LOST);
		l->status_back = true;
		return;
	}
	if (l->info_known && info.lost != l->info.lost)
		stamp(l, REASON_KERNEL_LOST);
	l->info = info;
	l->info_known = true;
	l->status_back = true;
}

static void finish(struct loss *l, uint64_t now_ms)
{
	check_log_is_on(l);
	l->passed = l->running;
	l->passed_ms = now_ms;
	l->found = l->bad;
	l->running = 0;
	if (l->wanted > l->passed)
		begin(l, now_ms);
}

static void give_up(struct loss *l, uint64_t now_ms)
{
	stamp(l, REASON_BARRIER);
	/* A record that comes later must not be taken for the next probe's: its number differs. */
	finish(l, now_ms);
}

void loss_step(struct loss *l, uint64_t now_ms)
{
	if (!l->running)
		return;
	if (now_ms - l->started_ms >= LOSS_PROBE_TIMEOUT_MS) {
		give_up(l, now_ms);
		return;
	}
	if (!l->probe_back || !l->status_back)
		return;
	if (!serials_complete_below(&l->serials, l->probe_serial)) {
		if (now_ms - l->probe_back_ms < LOSS_GRACE_MS)
			return;
		stamp(l, REASON_SERIAL_GAP);
		serials_skip_to(&l->serials, l->probe_serial);
	}
	finish(l, now_ms);
}

uint64_t loss_deadline(const struct loss *l)
{
	uint64_t at;

	if (!l->running)
		return UINT64_MAX;
	at = l->started_ms + LOSS_PROBE_TIMEOUT_MS;
	if (l->probe_back && l->status_back && l->probe_back_ms + LOSS_GRACE_MS < at)
		at = l->probe_back_ms + LOSS_GRACE_MS;
	return at;
}
