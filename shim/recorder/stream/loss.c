#include "shim/recorder/stream/loss.h"

#include <errno.h>

void loss_init(struct loss *l, const struct loss_means *means)
{
	*l = (struct loss){.means = *means};
}

void loss_stamp(struct loss *l, enum reason reason)
{
	l->bad |= (reason_set)1 << reason;
	l->means.stamp(l->means.arg, reason);
}

static void check_log_is_on(struct loss *l)
{
	if (!l->means.log_is_on(l->means.arg))
		loss_stamp(l, REASON_LOG_OFF);
}

/* Not to know the count is not to know that it stood still, and an unread rule may drop anything. */
static void no_answer(struct loss *l)
{
	loss_stamp(l, REASON_KERNEL_LOST);
	l->info_back = l->rules_back = true;
}

static void begin(struct loss *l, uint64_t now_ms)
{
	l->running = l->wanted;
	l->probe_back = l->info_back = l->rules_back = false;
	l->bad = 0;
	l->started_ms = now_ms;
	check_log_is_on(l);
	/* Before the probe: where it does not come back, a rule may be why. */
	if (l->means.ask_rules(l->means.arg, (uint32_t)l->running) < 0)
		no_answer(l);
	if (l->means.fire(l->means.arg, (uint32_t)(l->running % LOSS_PROBE_CYCLE)) < 0) {
		loss_stamp(l, REASON_BARRIER);
		l->probe_back = l->info_back = l->rules_back = true;
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
		loss_stamp(l, REASON_SERIAL_GAP);
}

void loss_see_probe(struct loss *l, uint32_t seq, uint32_t serial, uint64_t now_ms)
{
	/* One that comes after it was given up must not be taken for the next one's: its number differs. */
	if (!l->running || l->probe_back || seq != (uint32_t)(l->running % LOSS_PROBE_CYCLE))
		return;
	l->probe_back = true;
	l->probe_serial = serial;
	l->probe_back_ms = now_ms;
	/* Asked for behind the probe: what was lost before the probe is in the count by now. */
	if (l->means.ask_status(l->means.arg, (uint32_t)l->running) < 0)
		no_answer(l);
}

static void see_info(struct loss *l, const struct audit_info *info)
{
	if (l->info_known && info->lost != l->info.lost)
		loss_stamp(l, REASON_KERNEL_LOST);
	l->info = *info;
	l->info_known = true;
	l->info_back = true;
}

void loss_see_answer(struct loss *l, int status, const struct audit_answer *a)
{
	if (status == -EAGAIN)
		return;
	if (status < 0) {
		no_answer(l);
		return;
	}
	/* The answer to a question that was given up long ago tells nothing about now. */
	if (!l->running || a->seq != (uint32_t)l->running)
		return;
	switch (a->kind) {
	case AUDIT_ANSWER_INFO:
		see_info(l, &a->info);
		break;
	case AUDIT_ANSWER_EXCLUDES:
		loss_stamp(l, REASON_EXCLUDED);
		break;
	case AUDIT_ANSWER_RULES_END:
		l->rules_back = true;
		break;
	case AUDIT_ANSWER_OTHER:
		break;
	}
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

static bool is_answered(const struct loss *l)
{
	return l->probe_back && l->info_back && l->rules_back;
}

void loss_step(struct loss *l, uint64_t now_ms)
{
	if (!l->running)
		return;
	if (is_answered(l) && serials_complete_below(&l->serials, l->probe_serial)) {
		finish(l, now_ms);
		return;
	}
	if (now_ms - l->started_ms >= LOSS_PROBE_TIMEOUT_MS) {
		loss_stamp(l, REASON_BARRIER);
		/* What is missing now would be missed by the next one too, and count against runs that began after it. */
		if (l->probe_back)
			serials_skip_to(&l->serials, l->probe_serial);
		finish(l, now_ms);
		return;
	}
	if (!is_answered(l) || now_ms - l->probe_back_ms < LOSS_GRACE_MS)
		return;
	loss_stamp(l, REASON_SERIAL_GAP);
	serials_skip_to(&l->serials, l->probe_serial);
	finish(l, now_ms);
}

uint64_t loss_deadline(const struct loss *l)
{
	uint64_t at;

	if (!l->running)
		return UINT64_MAX;
	at = l->started_ms + LOSS_PROBE_TIMEOUT_MS;
	if (is_answered(l) && l->probe_back_ms + LOSS_GRACE_MS < at)
		at = l->probe_back_ms + LOSS_GRACE_MS;
	return at;
}
