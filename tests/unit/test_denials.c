/* Denials as journal entries: a socket of the test's own stands for journald's. */
#include "shim/daemon/journal.h"
#include "tests/unit/runs_fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

static void open_journal(struct fixture *f, int *ret_fd)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/journal", f->state_dir);
	*ret_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(*ret_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	f->runs->denials.journal = strdup(addr.sun_path);
}

static void close_journal(struct fixture *f, int fd)
{
	unlink(f->runs->denials.journal);
	free((void *)(uintptr_t)f->runs->denials.journal);
	close(fd);
}

/* The next entry; "" if there is none. */
static const char *entry(int fd, char text[4096])
{
	ssize_t n = recv(fd, text, 4095, 0);

	text[n < 0 ? 0 : n] = 0;
	return text;
}

static void refuse(struct fixture *f, uint32_t session, const char *name)
{
	call_as(f, session, OTHER, ARCH_X86_64, name, RECORD_ERRNO);
}

static void one_entry(void **state)
{
	struct fixture *f = *state;
	char text[4096];
	int fd = -1;

	open_journal(f, &fd);
	begin_as(f, 1, "web-1", "web", EVIDENCE_ENFORCE);
	refuse(f, 1, "mkdir");
	refuse(f, 1, "chmod");
	refuse(f, 1, "mkdir");
	assert_string_equal(entry(fd, text), "");
	denials_tell(&f->runs->denials);
	assert_string_equal(entry(fd, text),
			    "MESSAGE=container web-1, key web: denied mkdir, chmod by web (/bin/web), 3 times\n"
			    "MESSAGE_ID=" DENIALS_MESSAGE_ID
			    "\nPRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=snugd\n"
			    "SNUG_KEY=web\nSNUG_CONTAINER=web-1\nSNUG_MODE=enforce\nSNUG_ACTION=denied\nSNUG_COUNT=3\n"
			    "SNUG_SYSCALL=mkdir\nSNUG_SYSCALL=chmod\nSNUG_COMM=web\nSNUG_EXE=/bin/web\n");
	/* Told once. */
	denials_tell(&f->runs->denials);
	assert_string_equal(entry(fd, text), "");
	close_journal(f, fd);
}

/* What is used is no denial; what audit logs is outside the profile; a canary is denied calls on purpose. */
static void which(void **state)
{
	struct fixture *f = *state;
	const struct run_request canary = {.space = STATE_FLOOR,
					   .mode = EVIDENCE_ENFORCE,
					   .session = 3,
					   .id = "c",
					   .root = ROOT,
					   .key = "runc-1/0123456789abcdef",
					   .runtime = "",
					   .runtime_id = "",
					   .baseline = "",
					   .kernel = ""};
	struct err err = {0};
	char text[4096];
	int fd = -1;

	open_journal(f, &fd);
	begin(f, 1, "learnt");
	begin_as(f, 2, "a", "audited", EVIDENCE_AUDIT);
	assert_int_equal(runs_begin(f->runs, &canary, 1, &err), 0);
	call(f, 1, OTHER, "read");
	refuse(f, 3, "mkdir");
	denials_tell(&f->runs->denials);
	assert_string_equal(entry(fd, text), "");
	call(f, 2, OTHER, "read");
	denials_tell(&f->runs->denials);
	assert_non_null(
		strstr(entry(fd, text), "key audited: outside the approved profile: read by web (/bin/web), 1 time\n"));
	assert_non_null(strstr(text, "SNUG_MODE=audit\nSNUG_ACTION=audited\n"));
	/* What a learning container's baseline refuses. */
	refuse(f, 1, "io_uring_setup");
	denials_tell(&f->runs->denials);
	assert_non_null(strstr(entry(fd, text), "SNUG_MODE=learn\nSNUG_ACTION=denied\n"));
	close_journal(f, fd);
}

/* However many calls, containers and keys: one entry per key, at most DENIALS_KEYS, DENIALS_CALLS names each. */
static void flood(void **state)
{
	static const char *const names[] = {"read",  "write", "open", "close", "stat",
					    "fstat", "lstat", "poll", "lseek", "mmap"};
	struct fixture *f = *state;
	char text[4096], key[16];
	unsigned entries = 0;
	int fd = -1;

	open_journal(f, &fd);
	for (uint32_t i = 0; i < DENIALS_KEYS + 5; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		begin_as(f, 100 + i, key, key, EVIDENCE_ENFORCE);
		refuse(f, 100 + i, "mkdir");
	}
	begin_as(f, 1, "a", "k0", EVIDENCE_ENFORCE);
	for (int i = 0; i < 1000; i++)
		refuse(f, 1, names[i % 10]);
	assert_int_equal(f->runs->denials.count, DENIALS_KEYS);
	/* A full socket: what does not fit is dropped, and nothing waits. */
	denials_tell(&f->runs->denials);
	assert_int_equal(f->runs->denials.count, 0);
	assert_non_null(strstr(entry(fd, text), "denied mkdir, read, write, open, close, stat, fstat, lstat and others "
						"by web (/bin/web), 1001 times\n"));
	while (*entry(fd, text))
		entries++;
	assert_in_range(entries, 1, DENIALS_KEYS - 1);
	close_journal(f, fd);
}

/* A program's name is the container's choice: it makes no field and no line. */
static void hostile_names(void **state)
{
	struct fixture *f = *state;
	struct record r = {.session = 1,
			   .pid = OTHER,
			   .arch = arch_get(ARCH_X86_64)->audit,
			   .nr = 83,
			   .action = RECORD_ERRNO,
			   .time_ms = 1,
			   .serial = 1,
			   .comm = {.p = "610A534E55475F4B45593D78", .len = 24, .hex = true}, /* "a\nSNUG_KEY=x" */
			   .exe = {.p = NULL}};
	char text[4096];
	int fd = -1;

	open_journal(f, &fd);
	begin_as(f, 1, "web-1", "web", EVIDENCE_ENFORCE);
	runs_record(f->runs, &r, NULL, 2);
	r.arch = 0x12345;
	r.nr = 77;
	runs_record(f->runs, &r, NULL, 2);
	denials_tell(&f->runs->denials);
	assert_non_null(strstr(entry(fd, text), "\nSNUG_COMM=a\\x0aSNUG_KEY=x\nSNUG_EXE=\n"));
	assert_null(strstr(text, "\nSNUG_KEY=x"));
	assert_non_null(strstr(text, "SNUG_SYSCALL=mkdir\nSNUG_SYSCALL=syscall_77\n"));
	close_journal(f, fd);
}

/* The form of a value with a newline: its length, little-endian, and then its bytes. */
static void lines(void **state)
{
	cleanup_buf struct buf b = {0};

	journal_add(&b, "A", "x=y");
	journal_add(&b, "B", "1\n2");
	assert_int_equal(b.len, 6 + 2 + 8 + 4);
	assert_memory_equal(b.data, "A=x=y\nB\n\3\0\0\0\0\0\0\0001\n2\n", b.len);
}

static void no_journal(void **state)
{
	struct fixture *f = *state;
	cleanup_buf struct buf b = {0};

	buf_adds(&b, "A=b\n");
	assert_int_equal(journal_send("/nonexistent/socket", &b), -ENOENT);
	f->runs->denials.journal = "/nonexistent/socket";
	begin_as(f, 1, "web-1", "web", EVIDENCE_ENFORCE);
	refuse(f, 1, "mkdir");
	denials_tell(&f->runs->denials);
	assert_int_equal(f->runs->denials.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {with_runs(one_entry),     with_runs(which), with_runs(flood),
					   with_runs(hostile_names), with_runs(lines), with_runs(no_journal)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
