/* Replays recorded audit records through what snugd does with a datagram, from the receive buffer to the evidence, for COUNT containers at once.
 *
 *   replay RECORDS COUNT ROUNDS SLICE
 *
 * RECORDS holds the texts of the SECCOMP records of real containers, one a line. The containers, each with an audit session and a key of its own, get
 * them in turn, SLICE at a time; the serials and the times rise. Prints records, nanoseconds and records a second of the calls alone: the next batch is
 * written outside of what is measured. */
#include "base/cleanup.h"
#include "base/file.h"
#include "shim/recorder/attribution/intake.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH     4096 /* datagrams; about 1.2 MB, as much as a receive buffer holds of them at a time */
#define DATAGRAM  512
#define LINES_MAX 4096
#define SESSION   1000000u
#define SERIAL    1000000000u /* ten digits, so that the next one fits in its place */
#define SECONDS   1800000000u
#define A_MS      256 /* records in a millisecond: about what the kernel can write */

struct line {
	const char *between, *behind; /* before them the time and the serial, then the session, then the pid */
	size_t between_len, behind_len;
	const char *tail; /* from behind the pid on */
};

struct replay {
	struct line lines[LINES_MAX];
	size_t count, next_line;
	unsigned containers, next_container, slice, in_slice;
	uint32_t serial;
	char (*batch)[DATAGRAM];
	size_t len[BATCH];
};

static void fail(const char *what)
{
	fprintf(stderr, "replay: %s\n", what);
	exit(1);
}

/* Cuts "audit(S.MS:" SERIAL "): ... ses=" SESSION " ... pid=" PID " ...". */
static struct line cut(char *text)
{
	char *rest = strstr(text, "): "), *ses = strstr(text, " ses="), *pid = strstr(text, " pid=");

	if (!rest || !ses || !pid)
		fail("a line that is no SECCOMP record");
	return (struct line){.between = rest,
			     .between_len = (size_t)(ses + 5 - rest), .behind = ses + 5 + strcspn(ses + 5, " "),
			     .behind_len = (size_t)(pid + 5 - (ses + 5 + strcspn(ses + 5, " "))), .tail = pid + 5 + strcspn(pid + 5, " ")};
}

static void write_datagram(struct replay *r, size_t i)
{
	const struct line *l = &r->lines[r->next_line];
	struct nlmsghdr h = {.nlmsg_type = AUDIT_SECCOMP};
	uint32_t ms = (r->serial - SERIAL) / A_MS;
	int n = snprintf(r->batch[i] + NLMSG_HDRLEN, DATAGRAM - NLMSG_HDRLEN, "audit(%u.%03u:%u%.*s%u%.*s%d%s", SECONDS + ms / 1000, ms % 1000, r->serial++,
			 (int)l->between_len, l->between, SESSION + r->next_container, (int)l->behind_len, l->behind, (int)getpid(), l->tail);

	if (n < 0 || (size_t)n >= DATAGRAM - NLMSG_HDRLEN)
		fail("a record is too long");
	r->len[i] = NLMSG_HDRLEN + (size_t)n;
	h.nlmsg_len = (uint32_t)r->len[i];
	memcpy(r->batch[i], &h, sizeof(h));
	r->next_line = (r->next_line + 1) % r->count;
	if (++r->in_slice < r->slice)
		return;
	r->in_slice = 0;
	r->next_container = (r->next_container + 1) % r->containers;
}

/* What is measured; callgrind collects in here alone. */
__attribute__((noinline, noclone)) static void take_batch(struct intake *in, const struct replay *r)
{
	for (size_t i = 0; i < BATCH; i++)
		intake_datagram(in, r->batch[i], r->len[i]);
	intake_flush(in);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	/* Of this thread alone: what else the machine does is not measured. */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void on_stamp(void *arg, enum reason reason)
{
	fprintf(stderr, "replay: stamped: %s\n", reason_code(reason));
	exit(1);
}

static void begin_runs(struct runs *runs, unsigned count)
{
	char id[32];
	struct run_request q = {.mode = EVIDENCE_LEARN, .id = id, .root = "/run/runc", .key = id, .runtime = "/usr/sbin/runc",
				.runtime_id = "runc-1", .runtime_version = "", .baseline = "drop", .kernel = "", .pid = getpid()};
	struct err err = {0};

	for (unsigned i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "c%u", i);
		q.session = SESSION + i;
		if (runs_begin(runs, &q, 1, &err) < 0)
			fail(err.msg);
	}
}

static void read_lines(struct replay *r, const char *path, struct buf *text)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *save = NULL;

	if (fd < 0 || file_read_fd(fd, 1u << 24, path, text, NULL) < 0)
		fail("the records cannot be read");
	for (char *line = strtok_r(text->data, "\n", &save); line && r->count < LINES_MAX; line = strtok_r(NULL, "\n", &save))
		r->lines[r->count++] = cut(line);
	if (!r->count)
		fail("no records");
}

int main(int argc, char **argv)
{
	static struct runs runs;
	static struct loss loss;
	static struct replay r = {.serial = SERIAL};
	const struct loss_means means = {.stamp = on_stamp};
	const struct probe probe = PROBE_INIT;
	char dir[] = "/tmp/snug-replay-XXXXXX";
	struct store store = {.state_dir = mkdtemp(dir)};
	struct intake in = {.loss = &loss, .runs = &runs, .probe = &probe, .now_ms = 1};
	cleanup_buf struct buf text = {0};
	uint64_t spent = 0;
	long rounds;

	if (argc != 5 || (rounds = atol(argv[3])) < 1 || atol(argv[2]) < 1 || atol(argv[4]) < 1)
		fail("usage: replay RECORDS COUNT ROUNDS SLICE");
	r.containers = (unsigned)atol(argv[2]);
	r.slice = (unsigned)atol(argv[4]);
	r.batch = calloc(BATCH, DATAGRAM);
	if (!r.batch)
		fail("out of memory");
	read_lines(&r, argv[1], &text);
	loss_init(&loss, &means);
	runs_init(&runs, &store);
	begin_runs(&runs, r.containers);
	for (long i = 0; i < rounds; i++) {
		uint64_t before;

		for (size_t k = 0; k < BATCH; k++)
			write_datagram(&r, k);
		before = cpu_ns();
		take_batch(&in, &r);
		/* The first tenth fills the evidence and the caches. */
		spent += i >= rounds / 10 ? cpu_ns() - before : 0;
	}
	printf("%ld %llu %.0f\n", (rounds - rounds / 10) * BATCH, (unsigned long long)spent,
	       (double)(rounds - rounds / 10) * BATCH * 1e9 / (double)spent);
	rmdir(dir);
	return 0;
}
