/* The numbers of the audit records: which of them have not arrived. Pure; no system calls.
 *
 * The kernel takes a record's serial when it begins it and queues it when it ends it, so that records arrive a little out of
 * order, and several records of one event carry the same serial. Serials are 32 bits and wrap (kernel/audit.c audit_serial()).
 */
#ifndef SNUG_SHIM_RECORDER_SERIALS_H
#define SNUG_SHIM_RECORDER_SERIALS_H

#include <stdbool.h>
#include <stdint.h>

#define SERIALS_WINDOW 65536u /* how far ahead of a missing serial others may arrive */

struct serials {
	bool started;
	uint64_t arrivals;                  /* ever */
	uint64_t next;                      /* the lowest that has not arrived, widened to 64 bits */
	uint64_t seen[SERIALS_WINDOW / 64]; /* bit of (serial % window): arrived, for those above next */
};

/* Takes note of an arrival; the first one of all sets where counting begins. Returns false if the window overflowed: records are missing for
 * good, and next has moved up. */
bool serials_see(struct serials *s, uint32_t serial);

/* True if every serial below this one has arrived. */
bool serials_complete_below(const struct serials *s, uint32_t serial);

/* Gives up on what is missing below this one. */
void serials_skip_to(struct serials *s, uint32_t serial);

#endif
