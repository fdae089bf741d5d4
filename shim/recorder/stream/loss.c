#include "shim/recorder/stream/loss.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

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

/* Without the count, we cannot say that nothing was lost; a rule that we have not read may drop anything. */
static void no_answer(struct loss *l)
{
	loss_stamp(l, REASON_KERNEL_LOST);
	l->info_back = l->rules_back = true;
}

static int fire(struct loss *l)
{
	return l->means.fire(l->means.arg, (uint32_t)(++l->shots % LOSS_PROBE_CYCLE));
}

static void begin(struct loss *l, uint64_t now_ms)
{
	l->running = l->wanted;
	l->probe_back = l->info_back = l->rules_back = l->second = false;
	l->bad = 0;
	l->started_ms = l->progress_ms = now_ms;
	l->arrivals = l->serials.arrivals;
	check_log_is_on(l);
	/* Before the probe: if the probe does not come back, a rule may be the reason. */
	if (l->means.ask_rules(l->means.arg, (uint32_t)l->running) < 0)
		no_answer(l);
	if (fire(l) < 0) {
		loss_stamp(l, REASON_BARRIER);
		l->probe_back = l->info_back = l->rules_back = true;
		l->probe_serial = (uint32_t)l->serials.next;
		l->probe_back_ms = l->stepped_ms = now_ms;
		l->grace_ms = 0;
	}
	l->shot = l->shots;
}

uint64_t loss_checkpoint(struct loss *l, uint64_t now_ms)
{
	/* The checkpoint in flight began before this call. One more that waits behind it serves all who ask meanwhile. */
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

static void first_back(struct loss *l, uint32_t serial, uint64_t now_ms)
{
	l->probe_back = true;
	l->probe_serial = serial;
	l->probe_back_ms = l->stepped_ms = now_ms;
	l->grace_ms = 0;
	/* Requested after the probe came back: the count now includes everything lost before the probe. */
	if (l->means.ask_status(l->means.arg, (uint32_t)l->running) < 0)
		no_answer(l);
}

/* Everything that was in the queue when this probe was fired has been read. */
static void second_back(struct loss *l, uint32_t serial, uint64_t now_ms)
{
	l->second = false;
	if (!l->probe_back) {
		loss_stamp(l, REASON_BARRIER);
		first_back(l, serial, now_ms);
	} else if (l->grace_ms >= LOSS_GRACE_MS && !serials_complete_below(&l->serials, l->probe_serial)) {
		loss_stamp(l, REASON_SERIAL_GAP);
		serials_skip_to(&l->serials, l->probe_serial);
	}
}

void loss_see_probe(struct loss *l, uint32_t seq, uint32_t serial, uint64_t now_ms)
{
	/* A probe that comes back after we gave it up must not be taken for a later one: its number differs. */
	if (!l->running)
		return;
	if (!l->probe_back && seq == (uint32_t)(l->shot % LOSS_PROBE_CYCLE))
		first_back(l, serial, now_ms);
	else if (l->second && seq == (uint32_t)(l->shots % LOSS_PROBE_CYCLE))
		second_back(l, serial, now_ms);
}

/* Finds a word behind `from`; NULL if there is none, or from is NULL. Returns where the text goes on. */
static const char *behind(const char *from, const char *end, const char *word)
{
	const char *at = from ? memmem(from, (size_t)(end - from), word, strlen(word)) : NULL;

	return at ? at + strlen(word) : NULL;
}

/* A list of names with commas between them, up to a space. */
static bool lists_log(const char *at, const char *end)
{
	while (at < end && *at != ' ') {
		const char *word = at;

		while (at < end && *at != ' ' && *at != ',')
			at++;
		if (at - word == 3 && memcmp(word, "log", 3) == 0)
			return true;
		at += at < end && *at == ',';
	}
	return false;
}

/* What changed and was changed back between two checkpoints: " op=seccomp-logging actions=A,... old-actions=B,... res=1"
 * (kernel/auditsc.c audit_seccomp_actions_logged()), " op=remove_rule key=... list=5 res=1" (kernel/auditfilter.c
 * audit_log_rule_change()). The kernel says so only while audit is enabled. */
static void see_change_back(struct loss *l, const char *text, const char *end)
{
	const char *now = behind(behind(text, end, " op=seccomp-logging"), end, " actions="), *was = behind(now, end, " old-actions=");
	const char *list = behind(behind(text, end, " op=remove_rule"), end, " list=");

	if (now && was && !(lists_log(now, end) && lists_log(was, end)))
		loss_stamp(l, REASON_LOG_OFF);
	if (list && list < end && *list == '0' + AUDIT_FILTER_EXCLUDE && (list + 1 == end || list[1] == ' '))
		loss_stamp(l, REASON_EXCLUDED);
}

/* " op=set lost=0 old=7 ...": the count was 7 before. */
void loss_see_config(struct loss *l, const char *text, size_t len)
{
	static const char old[] = " old=";
	const char *end = text + len, *at = behind(text, end, " op=set lost=");
	char number[16] = "";
	uint32_t was;

	see_change_back(l, text, end);
	at = at ? memmem(at, (size_t)(end - at), old, sizeof(old) - 1) : NULL;
	if (!at)
		return;
	at += sizeof(old) - 1;
	memcpy(number, at, (size_t)(end - at) < sizeof(number) ? (size_t)(end - at) : sizeof(number) - 1);
	was = (uint32_t)strtoul(number, NULL, 10);
	if (was || (l->info_known && l->info.lost))
		loss_stamp(l, REASON_KERNEL_LOST);
	l->info.lost = 0;
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
	/* The answer to a request that was given up long ago says nothing about now. */
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

static bool is_whole(const struct loss *l)
{
	return is_answered(l) && serials_complete_below(&l->serials, l->probe_serial);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When to give up waiting. Messages that arrive show that the stream moves, and what we wait for may still be in it. */
static uint64_t gives_up_at(const struct loss *l)
{
	bool waits_for_stream = !l->probe_back || is_answered(l);
	uint64_t since = waits_for_stream ? l->progress_ms : l->probe_back_ms;

	return earlier(since + LOSS_PROBE_TIMEOUT_MS, l->started_ms + LOSS_LIMIT_MS);
}

/* When a second probe is due: after the grace period, or if the first one is late although the stream moves. */
static uint64_t second_due_at(const struct loss *l)
{
	if (l->second)
		return UINT64_MAX;
	if (!l->probe_back)
		return l->started_ms + LOSS_PROBE_TIMEOUT_MS;
	return is_answered(l) ? l->stepped_ms + earlier(LOSS_GRACE_MS - l->grace_ms, LOSS_GRACE_STEP_MS) : UINT64_MAX;
}

/* True if a second probe is to be fired now. */
static bool second_is_due(struct loss *l, uint64_t now_ms)
{
	if (!l->probe_back || l->second)
		return now_ms >= second_due_at(l);
	l->grace_ms += earlier(earlier(now_ms - l->stepped_ms, LOSS_GRACE_STEP_MS), LOSS_GRACE_MS - l->grace_ms);
	l->stepped_ms = now_ms;
	return is_answered(l) && l->grace_ms == LOSS_GRACE_MS;
}

static void give_up(struct loss *l, uint64_t now_ms)
{
	loss_stamp(l, REASON_BARRIER);
	/* The next checkpoint would miss these serials too, and blame runs that began after the loss. */
	if (l->probe_back && !serials_complete_below(&l->serials, l->probe_serial)) {
		loss_stamp(l, REASON_SERIAL_GAP);
		serials_skip_to(&l->serials, l->probe_serial);
	}
	finish(l, now_ms);
}

void loss_step(struct loss *l, uint64_t now_ms)
{
	if (!l->running)
		return;
	if (is_whole(l)) {
		finish(l, now_ms);
		return;
	}
	if (l->arrivals != l->serials.arrivals) {
		l->arrivals = l->serials.arrivals;
		l->progress_ms = now_ms;
	}
	if (now_ms >= gives_up_at(l)) {
		give_up(l, now_ms);
	} else if (second_is_due(l, now_ms)) {
		l->second = fire(l) == 0;
		if (!l->second)
			give_up(l, now_ms);
	}
}

uint64_t loss_deadline(const struct loss *l)
{
	return l->running ? earlier(gives_up_at(l), second_due_at(l)) : UINT64_MAX;
}
