/* What a checkpoint (loss.h) needs from the kernel: fires the probe, requests the status and the rules, reads actions_logged. */
#ifndef SNUG_SHIM_RECORDER_KERNEL_H
#define SNUG_SHIM_RECORDER_KERNEL_H

#include "base/err.h"
#include "shim/recorder/stream/loss.h"
#include "shim/recorder/stream/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct kernel {
	struct probe probe;
	int fd; /* for requests and answers */
};

#define KERNEL_INIT { .probe = PROBE_INIT, .fd = -1 }

int kernel_open(struct kernel *k, struct err *err);
void kernel_close(struct kernel *k);

/* For struct loss_means, as are audit_ask_rules and audit_ask_status. If the probe is gone or does not read, a new one
 * replaces it and makes the call: that comes after everything before, too. */
int kernel_fire(struct kernel *k, uint32_t seq);
bool kernel_log_is_on(void);

/* Call this when fd is readable: passes all answers to the loss detector. */
void kernel_read(struct kernel *k, struct loss *loss);

#endif
