#include "shim/recorder/counter/counter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The program, compiled by clang. */
static const unsigned char object[] = {
#include "counter-object.inc"
};

/* In the order of attaching: no call is counted before its phase can be known. */
static const char *const names[] = {"on_fork", "on_exit", "on_exec", "on_sys_enter"};
#define PROGRAMS ARRAY_SIZE(names)

struct counter {
	struct bpf_object *object;
	struct bpf_program *program[PROGRAMS];
	struct bpf_link *link[PROGRAMS]; /* all or none */
	int sessions, probe;                     /* maps */
	size_t armed;
};

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void detach(struct counter *c)
{
	for (size_t i = PROGRAMS; i-- > 0;) {
		bpf_link__destroy(c->link[i]);
		c->link[i] = NULL;
	}
}

static int attach(struct counter *c)
{
	for (size_t i = 0; i < PROGRAMS; i++) {
		c->link[i] = bpf_program__attach(c->program[i]);
		if (!c->link[i]) {
			int r = -errno;

			detach(c);
			return r;
		}
	}
	return 0;
}

static bool is_attached(const struct counter *c)
{
	return c->link[PROGRAMS - 1] != NULL;
}

static int load(struct counter *c)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "snug_counter");
	int r;

	libbpf_set_print(be_silent);
	c->object = bpf_object__open_mem(object, sizeof(object), &options);
	if (!c->object)
		return -errno;
	r = bpf_object__load(c->object);
	if (r < 0)
		return r;
	for (size_t i = 0; i < PROGRAMS; i++) {
		c->program[i] = bpf_object__find_program_by_name(c->object, names[i]);
		if (!c->program[i])
			return -ENOENT;
	}
	c->sessions = bpf_object__find_map_fd_by_name(c->object, "sessions");
	c->probe = bpf_object__find_map_fd_by_name(c->object, "probe");
	return c->sessions >= 0 && c->probe >= 0 ? 0 : -ENOENT;
}

/* Attaches it once, so that nothing relies on it where this kernel cannot run it. */
static int try(struct counter *c)
{
	int r = attach(c);
	bool counts = r == 0 && counter_counts(c);

	detach(c);
	return r == 0 && !counts ? -EIO : r;
}

int counter_open(struct counter **ret, struct err *err)
{
	struct counter *c = calloc(1, sizeof(*c));
	int r;

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
	bpf_object__close(c->object);
	free(c);
}

int counter_arm(struct counter *c, uint32_t session, uint32_t filters)
{
	struct counter_entry entry = {.filters = filters, .tasks = 1};
	int r = 0;

	if (bpf_map_update_elem(c->sessions, &session, &entry, BPF_NOEXIST) < 0)
		return errno == E2BIG ? -ENOSPC : -errno;
	if (!is_attached(c))
		r = attach(c);
	if (r < 0) {
		bpf_map_delete_elem(c->sessions, &session);
		return r;
	}
	c->armed++;
	return 0;
}

int counter_read(const struct counter *c, uint32_t session, struct counter_entry *ret)
{
	return bpf_map_lookup_elem(c->sessions, &session, ret) < 0 ? -errno : 0;
}

void counter_disarm(struct counter *c, uint32_t session)
{
	if (bpf_map_delete_elem(c->sessions, &session) < 0 || !c->armed)
		return;
	if (--c->armed == 0)
		detach(c);
}

bool counter_counts(const struct counter *c)
{
	struct counter_probe p = {.pid = (uint32_t)getpid()};
	uint32_t zero = 0;

	if (!is_attached(c) || bpf_map_update_elem(c->probe, &zero, &p, BPF_ANY) < 0)
		return false;
	(void)syscall(SYS_getppid);
	if (bpf_map_lookup_elem(c->probe, &zero, &p) < 0)
		return false;
	return p.seen > 0;
}
