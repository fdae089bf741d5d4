#include "seccomp/record/record.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#define COMM_MAX 15 /* bytes (TASK_COMM_LEN) */

struct cursor {
	const char *p, *end;
};

/* Skips a literal; false if the text does not begin with it. */
#define EAT(c, literal) eat((c), (literal), sizeof(literal) - 1)

static inline bool eat(struct cursor *c, const char *literal, size_t len)
{
	if ((size_t)(c->end - c->p) < len || memcmp(c->p, literal, len) != 0)
		return false;
	c->p += len;
	return true;
}

/* Reads at most 15 digits, so the value cannot overflow. */
static inline bool decimal(struct cursor *c, uint64_t max, uint64_t *ret)
{
	const char *p = c->p;
	uint64_t v = 0;
	for (; p < c->end && p - c->p < 15; p++) {
		unsigned digit = (unsigned char)*p - (unsigned)'0';
		if (digit > 9)
			break;
		v = v * 10 + digit;
	}
	if (p == c->p || v > max)
		return false;
	c->p = p;
	*ret = v;
	return true;
}

static inline bool decimal32(struct cursor *c, uint32_t *ret)
{
	uint64_t v;
	if (!decimal(c, UINT32_MAX, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* The call's number: an int in the kernel, negative if a tracer or the program set it so. */
static inline bool number(struct cursor *c, uint32_t *ret)
{
	uint64_t v;
	bool negative = EAT(c, "-");
	if (!decimal(c, negative ? (uint64_t)INT32_MAX + 1 : INT32_MAX, &v))
		return false;
	*ret = negative ? (uint32_t)(0 - v) : (uint32_t)v;
	return true;
}

static inline bool hexadecimal(struct cursor *c, int max_digits, uint64_t *ret)
{
	const char *p = c->p;
	uint64_t v = 0;
	for (; p < c->end && p - c->p < max_digits; p++) {
		unsigned char digit = (unsigned char)*p;
		if (digit >= '0' && digit <= '9')
			v = v << 4 | (digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			v = v << 4 | (digit - 'a' + 10u);
		else
			break;
	}
	if (p == c->p)
		return false;
	c->p = p;
	*ret = v;
	return true;
}

static inline bool hexadecimal32(struct cursor *c, uint32_t *ret)
{
	uint64_t v;
	if (!hexadecimal(c, 8, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static inline int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads what audit_log_untrustedstring() writes: quoted text of 0x21..0x7e without a quote, or pairs of hex digits. Neither can
 * contain a space, a quote or a newline, whatever name the program chose. */
static inline bool untrusted(struct cursor *c, struct record_field *ret)
{
	bool hex = !EAT(c, "\"");
	const char *start = c->p, *p = start;
	if (hex)
		while (p < c->end && nibble(*p) >= 0)
			p++;
	else
		while (p < c->end && (unsigned char)(*p - 0x21) <= 0x7e - 0x21 && *p != '"')
			p++;
	*ret = (struct record_field){.p = start, .len = (size_t)(p - start), .hex = hex};
	c->p = p;
	return hex ? ret->len > 0 && ret->len % 2 == 0 : EAT(c, "\"");
}

static inline bool stamp(struct cursor *c, uint64_t *ret_time_ms, uint64_t *ret_serial)
{
	uint64_t sec, ms, serial;
	if (!EAT(c, "audit(") || !decimal(c, UINT64_MAX, &sec) || !EAT(c, "."))
		return false;
	const char *fraction = c->p;
	if (!decimal(c, 999, &ms) || c->p - fraction != 3 || !EAT(c, ":"))
		return false;
	if (!decimal(c, UINT32_MAX, &serial) || !EAT(c, "): "))
		return false;
	*ret_time_ms = sec * 1000 + ms;
	*ret_serial = serial;
	return true;
}

enum record_action record_action_of(uint32_t code)
{
	switch (code & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_LOG:
		return RECORD_LOG;
	case SECCOMP_RET_ERRNO:
		return RECORD_ERRNO;
	case SECCOMP_RET_TRAP:
		return RECORD_TRAP;
	case SECCOMP_RET_TRACE:
		return RECORD_TRACE;
	case SECCOMP_RET_USER_NOTIF:
		return RECORD_USER_NOTIF;
	case SECCOMP_RET_KILL_THREAD:
		return RECORD_KILL_THREAD;
	case SECCOMP_RET_KILL_PROCESS:
		return RECORD_KILL_PROCESS;
	default:
		return RECORD_OTHER;
	}
}

/* Reads everything after the label, from the space before pid= to the end of the record. */
static bool tail(struct cursor c, struct record *r)
{
	if (!EAT(&c, " pid=") || !decimal32(&c, &r->pid) || !EAT(&c, " comm=") || !untrusted(&c, &r->comm))
		return false;
	if (!EAT(&c, " exe="))
		return false;
	if (EAT(&c, "(null)"))
		r->exe = (struct record_field){0};
	else if (!untrusted(&c, &r->exe))
		return false;
	if (!EAT(&c, " sig=") || !decimal32(&c, &r->sig) || !EAT(&c, " arch=") || !hexadecimal32(&c, &r->arch))
		return false;
	if (!EAT(&c, " syscall=") || !number(&c, &r->nr) || !EAT(&c, " compat=") || !decimal32(&c, &r->compat))
		return false;
	if (r->compat > 1 || !EAT(&c, " ip=0x") || !hexadecimal(&c, 16, &r->ip))
		return false;
	if (!EAT(&c, " code=0x") || !hexadecimal32(&c, &r->code))
		return false;
	r->action = record_action_of(r->code);
	return c.p == c.end;
}

/* A label may be any text, even " pid=1 comm=..." and a whole tail. At most one split fits, so the first that fits is right:
 * the true tail begins with " pid=". A tail that began earlier would have to contain that text, but a tail has spaces only
 * before its field names, and pid= is the first of them. A failed attempt ends at the first field that does not fit, so no byte
 * is read more often than a tail has fields. */
static bool label_and_tail(struct cursor c, struct record *r)
{
	for (const char *p = c.p; (p = memchr(p, ' ', (size_t)(c.end - p))); p++) {
		if (!tail((struct cursor){p, c.end}, r))
			continue;
		r->subj = (struct record_field){.p = c.p, .len = (size_t)(p - c.p)};
		/* With several security modules, the labels are in a separate record. */
		if (r->subj.len == 1 && *c.p == '?')
			r->subj = (struct record_field){0};
		return true;
	}
	return false;
}

size_t record_stamp(const char *text, size_t len, uint64_t *ret_time_ms, uint64_t *ret_serial)
{
	struct cursor c = {text, text + len};
	return stamp(&c, ret_time_ms, ret_serial) ? (size_t)(c.p - text) : 0;
}

int record_parse(const char *text, size_t len, struct record *ret)
{
	while (len > 0 && text[len - 1] == '\0')
		len--;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	struct cursor c = {text, text + len};
	if (!stamp(&c, &ret->time_ms, &ret->serial))
		return -EBADMSG;
	if (!EAT(&c, "auid=") || !decimal32(&c, &ret->auid) || !EAT(&c, " uid=") || !decimal32(&c, &ret->uid))
		return -EBADMSG;
	if (!EAT(&c, " gid=") || !decimal32(&c, &ret->gid) || !EAT(&c, " ses=") || !decimal32(&c, &ret->session))
		return -EBADMSG;
	if (EAT(&c, " subj="))
		return label_and_tail(c, ret) ? 0 : -EBADMSG;
	ret->subj = (struct record_field){0};
	return tail(c, ret) ? 0 : -EBADMSG;
}

bool record_is_used(const struct record *r)
{
	return r->action == RECORD_LOG;
}

const char *record_action_name(enum record_action a)
{
	static const char *const names[] = {
		[RECORD_LOG] = "SCMP_ACT_LOG",
		[RECORD_ERRNO] = "SCMP_ACT_ERRNO",
		[RECORD_TRAP] = "SCMP_ACT_TRAP",
		[RECORD_TRACE] = "SCMP_ACT_TRACE",
		[RECORD_USER_NOTIF] = "SCMP_ACT_NOTIFY",
		[RECORD_KILL_THREAD] = "SCMP_ACT_KILL_THREAD",
		[RECORD_KILL_PROCESS] = "SCMP_ACT_KILL_PROCESS",
		[RECORD_OTHER] = "?",
	};
	_Static_assert(ARRAY_SIZE(names) == RECORD_OTHER + 1, "one name per action");
	return names[a];
}

size_t record_field_bytes(const struct record_field *f, char *out, size_t cap)
{
	if (!f->p)
		return 0;
	size_t len = f->hex ? f->len / 2 : f->len;
	if (len > cap)
		len = cap;
	for (size_t i = 0; i < len; i++)
		out[i] = f->hex ? (char)(nibble(f->p[2 * i]) * 16 + nibble(f->p[2 * i + 1])) : f->p[i];
	return len;
}

static bool is_bytes(const char *p, size_t len, const char *what)
{
	return len == strlen(what) && memcmp(p, what, len) == 0;
}

bool record_looks_like_probe(const struct record *r)
{
	return record_is_used(r) && r->nr >= RECORD_PROBE_FIRST && r->nr <= RECORD_PROBE_LAST && !r->comm.hex && r->comm.p &&
	       is_bytes(r->comm.p, r->comm.len, RECORD_PROBE_COMM);
}

static bool begins_with(const char *p, size_t len, const char *what)
{
	return len >= strlen(what) && memcmp(p, what, strlen(what)) == 0;
}

static bool is_runtimes_name(const char *p, size_t len)
{
	static const char *const runtimes[] = {"crun", "runc", "youki", "runsc", "krun", "crun-krun", "libcrun"};

	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++)
		if (is_bytes(p, len, runtimes[i]))
			return true;
	return false;
}

bool record_looks_like_init(const struct record *r)
{
	char comm[64], exe[2];
	size_t comm_len = record_field_bytes(&r->comm, comm, sizeof(comm));
	size_t exe_len = record_field_bytes(&r->exe, exe, sizeof(exe));

	return begins_with(comm, comm_len, "runc:[") || (is_bytes(exe, exe_len, "/") && is_runtimes_name(comm, comm_len));
}

/* Before 6.14 the kernel names a process executed by descriptor after its number (fs/exec.c). */
static bool is_number(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && p[i] >= '0' && p[i] <= '9')
		i++;
	return i == len;
}

bool record_may_be_init(const struct record *r, const char *runtime)
{
	char comm[COMM_MAX + 1], exe[4096];
	size_t comm_len = record_field_bytes(&r->comm, comm, sizeof(comm));
	size_t exe_len = record_field_bytes(&r->exe, exe, sizeof(exe)), at = exe_len;
	const char *name = runtime ? strrchr(runtime, '/') : NULL;
	size_t name_len;

	name = name ? name + 1 : "";
	name_len = strlen(name);
	if (begins_with(comm, comm_len, "runc:[") || is_runtimes_name(comm, comm_len) || is_number(comm, comm_len) ||
	    is_bytes(comm, comm_len, "exe"))
		return true;
	if (exe_len < 2 || exe[0] != '/' || exe_len == sizeof(exe) || begins_with(exe, exe_len, "/memfd:") ||
	    memmem(exe, exe_len, " (deleted)", 10))
		return true;
	while (exe[at - 1] != '/')
		at--;
	if (is_runtimes_name(exe + at, exe_len - at) || is_bytes(exe + at, exe_len - at, name))
		return true;
	return is_bytes(comm, comm_len, name) || (name_len > COMM_MAX && comm_len == COMM_MAX && memcmp(comm, name, COMM_MAX) == 0);
}
