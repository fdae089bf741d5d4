/* What test_loss.c lets a checkpoint see: every answer is the test's. */
#ifndef SNUG_TESTS_UNIT_LOSS_WORLD_H
#define SNUG_TESTS_UNIT_LOSS_WORLD_H

#include "shim/recorder/stream/loss.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A world whose every answer the test gives. */
struct world {
	struct loss loss;
	reason_set stamped;
	bool log_on, probe_dead, deaf;
	uint32_t fired, asked;
	uint64_t now_ms;
};

static void stamp(void *arg, enum reason reason)
{
	struct world *w = arg;

	w->stamped |= (reason_set)1 << reason;
}

static int fire(void *arg, uint32_t seq)
{
	struct world *w = arg;

	w->fired = seq;
	return w->probe_dead ? -EPIPE : 0;
}

static int ask(void *arg, uint32_t seq)
{
	struct world *w = arg;

	w->asked = seq;
	return w->deaf ? -EPERM : 0;
}

static bool log_is_on(void *arg)
{
	return ((struct world *)arg)->log_on;
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	const struct loss_means means = {
		.stamp = stamp, .fire = fire, .ask_rules = ask, .ask_status = ask, .log_is_on = log_is_on, .arg = w};

	loss_init(&w->loss, &means);
	w->log_on = true;
	w->now_ms = 1000;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	test_free(*state);
	return 0;
}

static void answer(struct world *w, enum audit_answer_kind kind, uint32_t lost)
{
	const struct audit_answer a = {.kind = kind, .seq = w->asked, .info = {.lost = lost}};

	loss_see_answer(&w->loss, 0, &a);
}

static void step(struct world *w, uint64_t ms)
{
	w->now_ms += ms;
	loss_step(&w->loss, w->now_ms);
}

static void probe_back(struct world *w, uint32_t serial)
{
	loss_see_serial(&w->loss, serial);
	loss_see_probe(&w->loss, w->fired, serial, w->now_ms);
}

/* A checkpoint whose probe has this serial, and whose questions are answered. */
static uint64_t answered(struct world *w, uint32_t serial, uint32_t lost)
{
	uint64_t want = loss_checkpoint(&w->loss, w->now_ms);

	answer(w, AUDIT_ANSWER_RULES_END, 0);
	probe_back(w, serial);
	answer(w, AUDIT_ANSWER_INFO, lost);
	return want;
}

#endif
