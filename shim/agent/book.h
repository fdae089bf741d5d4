/* Adds notified calls to the evidence. */
#ifndef SNUG_SHIM_AGENT_BOOK_H
#define SNUG_SHIM_AGENT_BOOK_H

#include "seccomp/syscall/arch.h"
#include "shim/agent/agent_runs.h"

#include <linux/seccomp.h>
#include <stdint.h>

#define BOOK_WHO     256  /* cached names of threads */
#define BOOK_NUMBERS 1024 /* numbers per ABI of the host for which the form is looked up in advance */

struct book_who {
	uint32_t tid; /* 0: empty */
	uint64_t at_ms;
	uint16_t comm_len, exe_len; /* 0: unknown */
	char comm[16], exe[256];
};

struct book {
	struct agent_runs *runs; /* borrowed */
	struct book_who who[BOOK_WHO];
	const struct arch *host[4];
	size_t host_count;
	int8_t forms[4][BOOK_NUMBERS]; /* indexes in the argument table; -1: none */
	uint32_t execve[4], execveat[4], clone3[4], seccomp[4], prctl[4];
};

void book_init(struct book *b, struct agent_runs *runs);

/* Adds the call to the listener's run, if it has one. Call this before answering: then no call that continued is missing. */
void book_call(struct book *b, struct listener *l, const struct seccomp_notif *n, uint64_t now_ms);

#endif
