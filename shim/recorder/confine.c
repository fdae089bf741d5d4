#include "shim/recorder/confine.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"
#include "shim/common/hidepid.h"
#include "shim/common/session.h"
#include "shim/recorder/stream/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* static const struct set_always table_calls[], generated from syscalls.csv */
#include "syscalls.inc"

#define FILTER_MAX 1024

static bool reads_processes(const struct config *config)
{
	uint32_t session;

	/* With hidepid, a process that may not trace another does not see it. Pid 1 has more capabilities than we keep. */
	return session_of(1, &session) == 0 && hidepid_sees_all();
}

static bool writes_dir(const char *dir)
{
	cleanup_fd int fd = file_open_dirs(dir, NULL);

	return fd >= 0 && faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

static bool writes_state(const struct config *config)
{
	return writes_dir(config->state_dir) && writes_dir(config->run_dir);
}

static const struct {
	cap_value_t cap;
	bool (*works_without)(const struct config *config); /* NULL: always kept */
} keep[] = {
	{CAP_AUDIT_CONTROL, NULL},
	{CAP_SYS_PTRACE, reads_processes},
	{CAP_DAC_OVERRIDE, writes_state},
};

static int keep_one(cap_t caps, cap_value_t cap, bool permitted_too)
{
	if (permitted_too && cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_SET) < 0)
		return -errno;
	return cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0 ? -errno : 0;
}

static bool is_permitted(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_PERMITTED, &value) == 0 && value == CAP_SET;
}

/* Adds to `caps` whatever does not work with only the capabilities that are always kept. What we lack ourselves is missed where it is needed, with
 * a sentence about that. */
static int add_needed(cap_t caps, const struct config *config)
{
	cap_t trial = cap_get_proc();
	int r = trial && cap_clear_flag(trial, CAP_EFFECTIVE) == 0 ? 0 : -errno;

	for (size_t i = 0; i < ARRAY_SIZE(keep) && r == 0; i++)
		if (!keep[i].works_without)
			r = keep_one(trial, keep[i].cap, false);
	if (r == 0 && cap_set_proc(trial) < 0)
		r = -errno;
	for (size_t i = 0; i < ARRAY_SIZE(keep) && r == 0; i++)
		if (!keep[i].works_without || (!keep[i].works_without(config) && is_permitted(trial, keep[i].cap)))
			r = keep_one(caps, keep[i].cap, true);
	cap_free(trial);
	return r;
}

int confine_capabilities(const struct config *config, struct err *err)
{
	cap_t caps = cap_init();
	int r = caps ? 0 : -errno;

	/* Needs CAP_SETPCAP; whoever started us without it has already reduced the bounding set. */
	for (cap_value_t c = 0; CAP_IS_SUPPORTED(c); c++)
		(void)cap_drop_bound(c);
	(void)cap_reset_ambient();
	if (r == 0)
		r = add_needed(caps, config);
	if (r == 0 && cap_set_proc(caps) < 0)
		r = -errno;
	cap_free(caps);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	return r < 0 ? err_sys(err, r, "cannot drop capabilities") : 0;
}

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short len;
};

static void add(struct filter *f, struct sock_filter one)
{
	if (f->len < FILTER_MAX)
		f->code[f->len++] = one;
}

static void allow(struct filter *f, const struct arch *arch, const char *name)
{
	uint32_t nr;

	/* The always-set contains calls of other architectures too. */
	if (syscall_number(arch, name, &nr) < 0)
		return;
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1));
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

/* An older libc or kernel makes the older call. */
static void allow_with_siblings(struct filter *f, const struct arch *arch, const char *name)
{
	const struct set_sibling *siblings;
	size_t n = set_siblings(&siblings);

	allow(f, arch, name);
	for (size_t i = 0; i < n; i++)
		if (text_streq(siblings[i].modern, name))
			allow(f, arch, siblings[i].older);
}

static void make_filter(struct filter *f, const struct arch *arch)
{
	const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	const struct set_always *always;
	size_t n = set_always(&always);

	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch->audit, 1, 0));
	add(f, refuse);
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	/* The probe is our child. Its numbers, which no kernel uses, must reach its own filter, which logs them. */
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PROBE_FIRST_NR, 0, 2));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PROBE_FIRST_NR + PROBE_CYCLE, 1, 0));
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	for (size_t i = 0; i < ARRAY_SIZE(table_calls); i++)
		allow_with_siblings(f, arch, table_calls[i].name);
	for (size_t i = 0; i < n; i++)
		allow(f, arch, always[i].name);
	add(f, refuse);
}

int confine_calls(struct err *err)
{
	const struct arch *arches[4];
	struct filter f = {.len = 0};
	struct sock_fprog prog = {.filter = f.code};
	long r;

	if (arch_host(arches) == 0)
		return err_set(err, ENOSYS, "cannot confine the recorder: unknown architecture");
	make_filter(&f, arches[0]);
	if (f.len == FILTER_MAX)
		return err_set(err, E2BIG, "the recorder's own filter is too long");
	prog.len = f.len;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &prog);
	return r != 0 ? err_sys(err, r < 0 ? errno : EBUSY, "cannot load the recorder's own seccomp filter") : 0;
}
