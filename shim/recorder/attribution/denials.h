/* Tells the operator which calls containers were denied, as they happen: one journal entry per key and second. Without
 * journald it goes to syslog. */
#ifndef SNUG_SHIM_RECORDER_DENIALS_H
#define SNUG_SHIM_RECORDER_DENIALS_H

#include "base/buf.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/record/record.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stdint.h>

#define DENIALS_KEYS  32 /* entries per second, whatever the containers do; the evidence has all denials */
#define DENIALS_CALLS 8  /* different calls that one entry names */

/* `journalctl MESSAGE_ID=...` finds all of them. */
#define DENIALS_MESSAGE_ID "e4b8c887b243441da01db7efe73a1bd2"

struct denials {
	const char *journal; /* the socket; borrowed */
	unsigned count;
	struct denials_of_key {
		char *key, *container; /* owned */
		enum evidence_mode mode;
		bool denied; /* any call of it: else all were only logged, as audit does */
		uint64_t total;
		struct {
			const struct arch *arch;
			uint32_t nr;
		} calls[DENIALS_CALLS];
		unsigned call_count;
		bool more;            /* there were more different calls */
		struct buf comm, exe; /* of the first; safe text */
	} pending[DENIALS_KEYS];
};

/* Notes one call that was denied or, with `denied` false, only logged. arch: NULL if unknown. */
void denials_see(struct denials *d, const char *key, const char *container, enum evidence_mode mode, bool denied,
		 const struct arch *arch, const struct record *rec);

/* Tells what was noted; call this once a second. A journal that does not keep up misses entries: the recorder does not
 * wait. */
void denials_tell(struct denials *d);

void denials_done(struct denials *d);

#endif
