#include "shim/recorder/counter/counter.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The program, compiled by clang. */
static const unsigned char object[] = {
#include "counter-object.inc"
};

/* In the order of attaching: no call is counted before its phase can be known. The last one costs each call of the host something, so
 * it is attached only while it is needed; the others would cost a start more than they cost a fork. */
static const char *const names[] = {"on_fork", "on_exit", "on_exec", "on_vsyscall", "on_sys_enter"};
#define PROGRAMS ARRAY_SIZE(names)
#define VSYSCALL 3 /* not on every machine, and not in every kernel */
#define CALLS    (PROGRAMS - 1)
#define MAPS_MAX ((size_t)1 << 20)

struct counter {
	struct bpf_object *object;
	struct bpf_program *program[PROGRAMS]; /* NULL: nothing to count here */
	struct bpf_link *link[PROGRAMS];       /* that of the last one only while it is needed */
	uint32_t link_id[PROGRAMS];
	int sessions; /* map */
	struct counter_shared *shared;
	size_t armed;
	uint64_t expected_ms; /* of the newest counter_expect() that no session followed yet; 0: none */
};

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void detach_one(struct counter *c, size_t i)
{
	bpf_link__destroy(c->link[i]);
	c->link[i] = NULL;
}

static void detach(struct counter *c)
{
	for (size_t i = PROGRAMS; i-- > 0;)
		detach_one(c, i);
}

/* Its number, which tells whether the descriptor is still that link. */
static int link_id(const struct bpf_link *link, uint32_t *ret)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) < 0)
		return -errno;
	*ret = info.id;
	return 0;
}

static int attach_one(struct counter *c, size_t i)
{
	int r;

	if (!c->program[i])
		return 0;
	c->link[i] = bpf_program__attach(c->program[i]);
	r = c->link[i] ? link_id(c->link[i], &c->link_id[i]) : -errno;
	if (r < 0)
		detach_one(c, i);
	return r;
}

static bool is_attached(const struct counter *c)
{
	return c->link[CALLS] != NULL;
}

/* Only closing its link detaches a program. */
static bool are_attached(const struct counter *c, size_t programs)
{
	for (size_t i = 0; i < programs; i++) {
		uint32_t id = 0;

		if (c->program[i] && (!c->link[i] || link_id(c->link[i], &id) < 0 || id != c->link_id[i]))
			return false;
	}
	return true;
}

/* The kernel skips a program while another run of it is unfinished on the same processor (kernel/trace/bpf_trace.c
 * __bpf_trace_run()): each time may be a call that was not counted. True also if the kernel does not say. */
static bool has_skipped(const struct counter *c)
{
	for (size_t i = 0; i < PROGRAMS; i++) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (c->program[i] && (bpf_obj_get_info_by_fd(bpf_program__fd(c->program[i]), &info, &size) < 0 || info.recursion_misses))
			return true;
	}
	return false;
}

/* The page is there in every 64-bit process, or in none. If we cannot know, the kernel may have it. */
static bool kernel_has_vsyscalls(void)
{
	cleanup_buf struct buf maps = {0};

	return file_read_at(AT_FDCWD, "/proc/self/maps", MAPS_MAX, &maps, NULL) < 0 || strstr(maps.data, "[vsyscall]");
}

static int load(struct counter *c)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "snug_counter");
	struct bpf_program *vsyscall;
	void *map;
	int shared, r;

	libbpf_set_print(be_silent);
	c->object = bpf_object__open_mem(object, sizeof(object), &options);
	if (!c->object)
		return -errno;
	vsyscall = bpf_object__find_program_by_name(c->object, names[VSYSCALL]);
	if (vsyscall && !kernel_has_vsyscalls()) {
		bpf_program__set_autoload(vsyscall, false);
		vsyscall = NULL;
	}
	r = bpf_object__load(c->object);
	if (r < 0)
		return r;
	for (size_t i = 0; i < PROGRAMS; i++) {
		c->program[i] = i == VSYSCALL ? vsyscall : bpf_object__find_program_by_name(c->object, names[i]);
		if (!c->program[i] && i != VSYSCALL)
			return -ENOENT;
	}
	c->sessions = bpf_object__find_map_fd_by_name(c->object, "sessions");
	shared = bpf_object__find_map_fd_by_name(c->object, "shared");
	if (c->sessions < 0 || shared < 0)
		return -ENOENT;
	map = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (map == MAP_FAILED)
		return -errno;
	c->shared = map;
	c->shared->generation = 1;
	return 0;
}

/* Makes a call that it must see. */
static bool sees_call(const struct counter *c)
{
	__atomic_store_n(&c->shared->probe_seen, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&c->shared->probe_pid, (uint32_t)getpid(), __ATOMIC_SEQ_CST);
	(void)syscall(SYS_getppid);
	__atomic_store_n(&c->shared->probe_pid, 0, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&c->shared->probe_seen, __ATOMIC_SEQ_CST) > 0;
}

/* Attaches all of it once, so that nothing relies on it where this kernel cannot run it. */
static int try(struct counter *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < PROGRAMS; i++)
		r = attach_one(c, i);
	if (r == 0 && !sees_call(c))
		r = -EIO;
	detach_one(c, CALLS);
	return r;
}

/* Since Linux 7.2 a program on sys_enter can be preempted. Until it goes on, the calls of all others on that processor are skipped: on a
 * busy one, thousands. has_skipped() finds any other kernel that does so. */
static bool skips_calls(void)
{
	struct utsname host;
	unsigned major = 0, minor = 0;

	return uname(&host) < 0 || sscanf(host.release, "%u.%u", &major, &minor) != 2 || major > 7 || (major == 7 && minor >= 2);
}

int counter_open(struct counter **ret, struct err *err)
{
	struct counter *c;
	int r;

	if (skips_calls())
		return err_set(err, EOPNOTSUPP, "since Linux 7.2 the kernel may interrupt the counter of calls, which then misses some");
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(err, ENOMEM, "out of memory");
	r = load(c);
	if (r == 0)
		r = try(c);
	/* Loading reads the kernel's type information, which takes megabytes. */
	malloc_trim(0);
	if (r < 0) {
		counter_close(c);
		return err_sys(err, r, "this kernel does not run the counter of calls (BPF with type information)");
	}
	*ret = c;
	return 0;
}

void counter_close(struct counter *c)
{
	if (!c)
		return;
	detach(c);
	if (c->shared)
		munmap(c->shared, sizeof(*c->shared));
	bpf_object__close(c->object);
	free(c);
}

bool counter_is_ready(const struct counter *c)
{
	return are_attached(c, CALLS) && !has_skipped(c);
}

/* Whatever was settled no longer is. */
static void renew(struct counter *c)
{
	__atomic_fetch_add(&c->shared->generation, 1, __ATOMIC_SEQ_CST);
}

static void set_sessions(struct counter *c, size_t sessions)
{
	__atomic_store_n(&c->shared->sessions, (uint32_t)sessions, __ATOMIC_SEQ_CST);
}

static int insert(struct counter *c, uint32_t session, const struct counter_entry *entry)
{
	int r = 0;

	if (bpf_map_update_elem(c->sessions, &session, entry, BPF_NOEXIST) < 0)
		return errno == E2BIG ? -ENOSPC : -errno;
	if (!is_attached(c))
		r = attach_one(c, CALLS);
	if (r < 0)
		bpf_map_delete_elem(c->sessions, &session);
	return r;
}

int counter_arm(struct counter *c, uint32_t session, uint32_t filters)
{
	struct counter_entry entry = {.filters = filters, .tasks = 1};
	int r;

	/* Before its entry is there, so that nothing is settled by one of the sessions alone. */
	set_sessions(c, c->armed + 1);
	r = insert(c, session, &entry);
	if (r < 0) {
		set_sessions(c, c->armed);
		return r;
	}
	renew(c);
	c->armed++;
	c->expected_ms = 0;
	return 0;
}

void counter_expect(struct counter *c, uint64_t now_ms)
{
	if (c->armed)
		return;
	if (!is_attached(c) && attach_one(c, CALLS) < 0)
		return;
	c->expected_ms = now_ms;
}

uint64_t counter_deadline(const struct counter *c)
{
	return c->expected_ms ? c->expected_ms + COUNTER_EXPECT_MS : UINT64_MAX;
}

void counter_step(struct counter *c, uint64_t now_ms)
{
	if (now_ms < counter_deadline(c))
		return;
	c->expected_ms = 0;
	detach_one(c, CALLS);
}

int counter_read(const struct counter *c, uint32_t session, struct counter_entry *ret)
{
	return bpf_map_lookup_elem(c->sessions, &session, ret) < 0 ? -errno : 0;
}

void counter_disarm(struct counter *c, uint32_t session)
{
	if (bpf_map_delete_elem(c->sessions, &session) < 0 || !c->armed)
		return;
	/* In this order: who still has the entry has read the old generation, and with it that there are more. */
	renew(c);
	set_sessions(c, --c->armed);
	if (c->armed == 0)
		detach_one(c, CALLS);
}

bool counter_counts(const struct counter *c)
{
	return is_attached(c) && are_attached(c, PROGRAMS) && sees_call(c) && !has_skipped(c);
}
