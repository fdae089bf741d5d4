/* What a checkpoint asks of the kernel (loss.h): the probe is fired, the status and the rules are asked for, actions_logged is read. */
#ifndef SNUG_SHIM_RECORDER_KERNEL_H
#define SNUG_SHIM_RECORDER_KERNEL_H

#include "base/err.h"
#include "shim/recorder/stream/loss.h"
#include "shim/recorder/stream/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct kernel {
	struct probe probe;
	int fd; /* of requests and answers */
};

#define KERNEL_INIT { .probe = PROBE_INIT, .fd = -1 }

int kernel_open(struct kernel *k, struct err *err);
void kernel_close(struct kernel *k);

/* For struct loss_means, as audit_ask_rules and audit_ask_status are. A probe that is gone is started again, and this time counts as failed. */
int kernel_fire(struct kernel *k, uint32_t seq);
bool kernel_log_is_on(void);

/* fd is readable: hands all answers to the judge. */
void kernel_read(struct kernel *k, struct loss *loss);

#endif
