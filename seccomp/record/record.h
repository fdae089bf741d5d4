/* The kernel's SECCOMP audit record (kernel/auditsc.c audit_seccomp(), audit_log_task(), kernel/audit.c
 * audit_log_untrustedstring()). One pass, no allocation; strings point into the input.
 *
 *   audit(SEC.MS:SERIAL): auid=U uid=U gid=U ses=U[ subj=LABEL] pid=P comm=C exe=E sig=S arch=X syscall=N compat=0|1 ip=0xX code=0xX
 *
 * comm and exe are "quoted", or bare upper-case hex if they contain a quote, a space or a byte outside 0x21..0x7e; exe is
 * (null) if the kernel has none. subj may contain spaces. The container chooses comm: it never counts as structure, and what
 * follows it is found by position, not by search.
 */
#ifndef SNUG_SECCOMP_RECORD_H
#define SNUG_SECCOMP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_action { /* SECCOMP_RET_ACTION_FULL of code= */
	RECORD_LOG,
	RECORD_ERRNO,
	RECORD_TRAP,
	RECORD_TRACE,
	RECORD_USER_NOTIF,
	RECORD_KILL_THREAD,
	RECORD_KILL_PROCESS,
	RECORD_OTHER,
};

/* A string field as in the record. */
struct record_field {
	const char *p; /* the text between the quotes, or the hex digits; NULL for (null) or ? */
	size_t len;    /* of p */
	bool hex;
};

struct record {
	uint64_t time_ms; /* of the kernel's stamp, milliseconds since the epoch */
	uint64_t serial;
	uint32_t auid, uid, gid, session; /* 4294967295: unset */
	uint32_t pid;                     /* thread group id, initial pid namespace */
	uint32_t arch;                    /* AUDIT_ARCH_* */
	uint32_t nr;                      /* with bit 30 for x32; the kernel prints %d: -1 is 4294967295 */
	uint32_t sig;
	uint32_t compat;
	uint32_t code; /* as printed */
	enum record_action action;
	struct record_field comm, exe, subj; /* subj.p NULL if absent */
	uint64_t ip;
};

/* Reads only the stamp "audit(SEC.MS:SERIAL): " at the beginning of every audit message of any type. Returns its length,
 * including the space, or 0 if there is none. */
size_t record_stamp(const char *text, size_t len, uint64_t *ret_time_ms, uint64_t *ret_serial);

/* Parses the text of one AUDIT_SECCOMP message (netlink payload; a final newline or NUL is allowed). Returns 0, or -EBADMSG if
 * a field is missing, misplaced or out of range; *ret is then undefined. */
int record_parse(const char *text, size_t len, struct record *ret);

/* True if the call took place (LOG); false if it was denied, trapped, traced or killed. */
bool record_is_used(const struct record *r);

/* True for a call by which snugd proves its stream: a logged call with a number that no kernel has, by a process of that
 * name. Whoever imitates it hides only a call without effect. */
#define RECORD_PROBE_COMM  "snugd-probe"
#define RECORD_PROBE_FIRST 1000000000u
#define RECORD_PROBE_LAST  1000999999u
bool record_looks_like_probe(const struct record *r);

/* True if by its names the runtime's own init made the call, before it execs the program: runc's calls itself runc:[2:INIT], crun and
 * others keep their name and have the new root as their program. Any program can take these names: a hint, for people. */
bool record_looks_like_init(const struct record *r);

/* False only if the call was certainly not made by a runtime's init before it executed the program: an init has a name that
 * runtimes have, or that of `runtime` (a path, or NULL), or runs from where no program of a container is (a copy in memory, a
 * mount of its own). */
bool record_may_be_init(const struct record *r, const char *runtime);

enum record_action record_action_of(uint32_t code); /* of code= */
const char *record_action_name(enum record_action a); /* "SCMP_ACT_LOG"; "?" for RECORD_OTHER */

/* Writes the field's bytes, with hex decoded, to out (at most cap) and returns their number. */
size_t record_field_bytes(const struct record_field *f, char *out, size_t cap);

#endif
