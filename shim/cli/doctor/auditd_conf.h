/* What auditd does with a flood of records, from its configuration (auditd.conf(5)). Pure. */
#ifndef SNUG_SHIM_CLI_AUDITD_CONF_H
#define SNUG_SHIM_CLI_AUDITD_CONF_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct auditd_conf {
	struct buf halting; /* "name = value" of each setting that can halt the node, with commas; empty: none */
	uint64_t max_log_file, num_logs; /* MB a file, and files; 0: not set */
	uint64_t queue;                  /* q_depth, events for plugins; 0: not set */
	bool rotates;                    /* a full file pushes the oldest one out */
	bool suspends;                   /* a full file ends the trail */
	bool lossy;                      /* disp_qos of auditd 2: events for plugins may be lost */
};

/* Reads it and cuts `text` up. The caller calls auditd_conf_done(). */
void auditd_conf_read(char *text, struct auditd_conf *ret);
void auditd_conf_done(struct auditd_conf *c);

/* How much the trail holds, in MB, before records are lost from it; UINT64_MAX: the disk is the limit. */
uint64_t auditd_conf_trail_mb(const struct auditd_conf *c);

/* Appends what becomes of a learning run that logs every call, if its records can push others out of the trail, or be
 * lost. True if so; *fix then gets what to change. */
bool auditd_conf_loses(const struct auditd_conf *c, struct buf *found, struct buf *fix);

#endif
