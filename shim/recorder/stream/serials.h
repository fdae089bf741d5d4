/* The serial numbers of audit records: which have not arrived. Pure.
 *
 * The kernel assigns a serial when it begins a record and queues the record when it is finished, so records arrive slightly out
 * of order; several records of one event have the same serial. Serials are 32 bits and wrap (kernel/audit.c audit_serial()).
 */
#ifndef SNUG_SHIM_RECORDER_SERIALS_H
#define SNUG_SHIM_RECORDER_SERIALS_H

#include <stdbool.h>
#include <stdint.h>

#define SERIALS_WINDOW 65536u /* how far others may be ahead of a missing serial */

struct serials {
	bool started;
	uint64_t arrivals;                  /* ever */
	uint64_t next;                      /* the lowest that has not arrived, widened to 64 bits */
	uint64_t seen[SERIALS_WINDOW / 64]; /* bit of (serial % window): arrived, for those above next */
};

/* Notes an arrival; the very first one is where counting begins. Returns false if the window overflowed: records are lost, and
 * next has moved on. */
bool serials_see(struct serials *s, uint32_t serial);

/* True if every serial below this one has arrived. */
bool serials_complete_below(const struct serials *s, uint32_t serial);

/* Gives up on everything missing below this serial. */
void serials_skip_to(struct serials *s, uint32_t serial);

#endif
