#include "shim/recorder/stream/kernel.h"

#include "base/cleanup.h"
#include "shim/recorder/stream/audit.h"

#include <errno.h>
#include <unistd.h>

_Static_assert(LOSS_PROBE_CYCLE == PROBE_CYCLE, "the probe can name every checkpoint");

int kernel_open(struct kernel *k, struct err *err)
{
	int r = probe_start(&k->probe, err);

	if (r < 0)
		return r;
	k->fd = audit_open_status(err);
	return k->fd < 0 ? k->fd : 0;
}

void kernel_close(struct kernel *k)
{
	probe_stop(&k->probe);
	if (k->fd >= 0)
		close(steal_fd(&k->fd));
}

int kernel_fire(struct kernel *k, uint32_t seq)
{
	int r = probe_fire(&k->probe, seq);

	if (r == 0)
		return 0;
	probe_stop(&k->probe);
	r = probe_start(&k->probe, NULL);
	return r < 0 ? r : probe_fire(&k->probe, seq);
}

bool kernel_log_is_on(void)
{
	bool on = false;

	return audit_log_is_on(&on) == 0 && on;
}

void kernel_read(struct kernel *k, struct loss *loss)
{
	int r;

	do {
		struct audit_answer a = {.kind = AUDIT_ANSWER_OTHER};

		r = audit_read_answer(k->fd, &a);
		loss_see_answer(loss, r, &a);
	} while (r == 0);
}
