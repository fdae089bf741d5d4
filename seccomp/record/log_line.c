#include "seccomp/record/log_line.h"

#include "seccomp/record/log_encoding.h"
#include "seccomp/record/log_form.h"
#include "seccomp/record/log_scan.h"
#include "seccomp/record/log_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW     (512u << 10) /* bytes of the log in memory */
#define PIECE_MAX  (24u << 10)  /* longer lines are read in pieces around each hit */
#define RECORD_MAX (9u << 10)   /* an audit record (kernel/audit.c MAX_AUDIT_MESSAGE_LENGTH 8970) */
#define AROUND     256u         /* bytes read before and after a hit in such a line */
#define MARKER     16u          /* bytes: a marker begins at most this far before the hit in it */
#define CLOCK_WITHIN 40u        /* the time is in these first bytes of a line */
#define LEVELS     6            /* of JSON within JSON: a log line may itself have been logged */
#define TRIES      8            /* candidates for the end of a record: a label may contain what looks like one */

struct log_line_reader {
	log_line_fn *fn;
	void *arg;
	struct log_scan scan;
	struct log_encoding encoding;
	enum { NO_DUMP, ABORT_DUMP, SIGSYS_DUMP } dump; /* the lines of a Go program's dump follow */
	size_t len, plain_len; /* bytes in the window; of these, bytes decoded already */
	char window[WINDOW];
	char line[PIECE_MAX];  /* the current line or piece, cleaned */
	char plain[PIECE_MAX]; /* the record in it, unescaped */
};

int log_line_new(log_line_fn *fn, void *arg, struct log_line_reader **ret, struct err *err)
{
	struct log_line_reader *l = malloc(sizeof(*l));

	if (!l)
		return err_set(err, ENOMEM, "out of memory");
	l->fn = fn;
	l->arg = arg;
	l->len = l->plain_len = 0;
	l->dump = NO_DUMP;
	log_encoding_begin(&l->encoding);
	log_scan_init(&l->scan);
	*ret = l;
	return 0;
}

void log_line_free(struct log_line_reader *l)
{
	free(l);
}

static const char *earlier(const char *a, const char *b)
{
	return !a || (b && b < a) ? b : a;
}

/* The number in a JSON member of the line, or in a field of `journalctl -o export`; 0 if there is none. */
static uint64_t member(struct text line, const char *name)
{
	const char *at = text_find(line, name, strlen(name));

	return at ? text_number(text_from(line, at + strlen(name))) : 0;
}

/* Returns where the record ends whose " code=0x" is at `p`: the kernel prints lower-case digits. */
static size_t record_end(struct text t, const char *p)
{
	size_t i = (size_t)(p - t.p) + sizeof(" code=0x") - 1;

	while (i < t.len && ((t.p[i] >= '0' && t.p[i] <= '9') || (t.p[i] >= 'a' && t.p[i] <= 'f')))
		i++;
	return i;
}

/* Reads a record at the beginning of t, whatever follows it. Returns its length, or 0. */
static size_t parse_plain(struct text t, struct record *ret)
{
	struct text rest = t;

	for (int i = 0; i < TRIES; i++) {
		const char *code = FIND(rest, " code=0x");
		size_t end = code ? record_end(t, code) : 0;

		if (!code)
			break;
		if (record_parse(t.p, end, ret) == 0)
			return end;
		rest = text_from(t, code + 1);
	}
	return 0;
}

/* The same, but unescapes JSON. */
static bool parse_escaped(struct log_line_reader *l, struct text t, struct record *ret)
{
	size_t len = t.len < sizeof(l->plain) ? t.len : sizeof(l->plain), before;

	memcpy(l->plain, t.p, len);
	for (int depth = 0; depth < LEVELS; depth++) {
		before = len;
		len = log_form_unescape(l->plain, len);
		if (parse_plain((struct text){l->plain, len}, ret))
			return true;
		if (len == before)
			break;
	}
	return false;
}

/* The format of `ausearch -i`. */
static bool parse_interpreted(struct log_line_reader *l, struct text t, struct record *ret)
{
	cleanup_buf struct buf b = {0};

	if (!log_form_interpreted(t.p, t.len, &b) || b.len > sizeof(l->plain))
		return false;
	memcpy(l->plain, b.data, b.len);
	return record_parse(l->plain, b.len, ret) == 0;
}

/* "timestamp":"1704110401.002" */
static uint64_t seconds_member(struct text line)
{
	static const char name[] = "\"timestamp\"";
	const char *at = FIND(line, "\"timestamp\""), *dot;
	struct text value = at ? text_from(line, at + sizeof(name) - 1) : (struct text){0};

	dot = at ? memchr(value.p, '.', value.len) : NULL;
	return dot ? text_number((struct text){value.p, (size_t)(dot - value.p)}) * 1000 + text_number(text_from(value, dot)) : 0;
}

/* journald's own copy, and go-audit's: the stamp is elsewhere on the line, or missing. */
static bool parse_unstamped(struct log_line_reader *l, struct text line, struct text t, struct record *ret)
{
	static const char stamp[] = "audit(0.000:0): ";
	uint64_t usec = member(line, "\"_SOURCE_REALTIME_TIMESTAMP\"");
	size_t len = t.len;

	if (!usec)
		usec = member(line, "\"__REALTIME_TIMESTAMP\"");
	if (len > sizeof(l->plain) - sizeof(stamp))
		len = sizeof(l->plain) - sizeof(stamp);
	memcpy(l->plain, stamp, sizeof(stamp) - 1);
	memcpy(l->plain + sizeof(stamp) - 1, t.p, len);
	len += sizeof(stamp) - 1;
	for (int depth = 0; depth < LEVELS; depth++) {
		if (parse_plain((struct text){l->plain, len}, ret)) {
			ret->time_ms = usec ? usec / 1000 : seconds_member(line);
			ret->serial = usec ? member(line, "\"_AUDIT_ID\"") : member(line, "\"sequence\"");
			return true;
		}
		len = log_form_unescape(l->plain, len);
	}
	return false;
}

/* The first time of day on the line, "HH:MM:SS", in seconds plus 1; 0 if there is none. */
static uint32_t clock_of(struct text line)
{
	for (size_t i = 0; i + 8 <= line.len && i < CLOCK_WITHIN; i++) {
		const char *p = line.p + i;
		bool good = p[2] == ':' && p[5] == ':';

		for (size_t k = 0; good && k < 8; k++)
			good = k % 3 == 2 || text_is_digit(p[k]);
		if (good)
			return (uint32_t)(((p[0] - '0') * 10 + p[1] - '0') * 3600 + ((p[3] - '0') * 10 + p[4] - '0') * 60 +
					  (p[6] - '0') * 10 + p[7] - '0' + 1);
	}
	return 0;
}

/* As go-audit writes it, and as others write that again. */
#define GO_AUDIT        "\"type\":1326,\"data\":\""
#define GO_AUDIT_SPACED "\"type\": 1326, \"data\": \""

/* Returns the next record's marker, or NULL. */
static const char *next_marker(struct text t)
{
	return earlier(earlier(FIND(t, "type=1326 "), FIND(t, "type=SECCOMP msg=")),
		       earlier(FIND(t, "SECCOMP auid="), earlier(FIND(t, GO_AUDIT), FIND(t, GO_AUDIT_SPACED))));
}

/* Reads the record after a marker; t ends before the next marker. */
static bool read_marked(struct log_line_reader *l, struct text line, struct text t, struct log_line *ret)
{
	const char *body = FIND(t, "audit(");

	ret->printed = BEGINS(t, "type=1326 ");
	if (BEGINS(t, "SECCOMP auid="))
		return parse_unstamped(l, line, text_from(t, t.p + strlen("SECCOMP ")), &ret->record);
	if (BEGINS(t, GO_AUDIT) || BEGINS(t, GO_AUDIT_SPACED))
		return parse_unstamped(l, line, text_from(t, FIND(t, "auid=") ? FIND(t, "auid=") : t.p), &ret->record);
	if (!body || (size_t)(body - t.p) > strlen("type=SECCOMP msg="))
		return false;
	t = text_from(t, body);
	return parse_plain(t, &ret->record) || parse_escaped(l, t, &ret->record) ||
	       parse_interpreted(l, t, &ret->record);
}

static void tell(struct log_line_reader *l, enum log_line_kind kind, struct text t, struct log_line *line)
{
	line->kind = kind;
	line->text = t.p;
	line->len = t.len;
	l->fn(line, l->arg);
}

/* Handles a line, or a piece of one, without a marker but with a field that only records have: its beginning may be cut off. */
static bool tell_fragment(struct log_line_reader *l, struct text line)
{
	struct log_line found = {.printed = true, .times = 1};
	const char *stamp = FIND(line, "audit(");

	if (stamp &&
	    (parse_plain(text_from(line, stamp), &found.record) || parse_escaped(l, text_from(line, stamp), &found.record))) {
		tell(l, LOG_LINE_RECORD, line, &found);
		return true;
	}
	if (FIND(line, " syscall=") || FIND(line, " code=0x"))
		tell(l, LOG_LINE_UNREADABLE, line, &found);
	return false;
}

/* Reports every record of a line. True if one of them was readable. */
static bool tell_records(struct log_line_reader *l, struct text line)
{
	const char *at = next_marker(line), *next;
	bool any = false;

	if (!at)
		return FIND(line, " compat=") && tell_fragment(l, line);
	for (; at; at = next) {
		struct text t = text_from(line, at);
		struct log_line found = {.times = 1};

		next = next_marker(text_from(line, at + strlen("SECCOMP ")));
		if (next)
			t.len = (size_t)(next - at);
		bool good = read_marked(l, line, t, &found);

		found.clock = clock_of(line);
		tell(l, good ? LOG_LINE_RECORD : LOG_LINE_UNREADABLE, t, &found);
		any |= good;
	}
	return any;
}

static void tell_call(struct log_line_reader *l, struct text line, const struct log_tool_call *call)
{
	struct log_line found = {.record = call->record, .tool = call->tool, .times = call->times};

	tell(l, LOG_LINE_RECORD, line, &found);
}

/* Reports calls that other programs name, and the one whose number is in a register dump. Returns how many. */
static size_t tell_named(struct log_line_reader *l, struct text line)
{
	struct log_tool_call call = {0};
	size_t at = 0, count = 0;
	uint32_t nr;

	for (; log_tools_next(line, &at, &call); count++)
		tell_call(l, line, &call);
	if (!count && call.tool != LOG_TOOL_NONE)
		tell(l, LOG_LINE_UNREADABLE, line, &(struct log_line){0});
	if (l->dump == SIGSYS_DUMP && log_words_rax(line, &nr)) {
		log_tools_number(nr, LOG_TOOL_DUMP, RECORD_TRAP, &call);
		tell_call(l, line, &call);
		l->dump = NO_DUMP;
		count++;
	}
	return count;
}

static void watch_dump(struct log_line_reader *l, struct text line)
{
	if (l->dump == NO_DUMP && !FIND(line, "SIG"))
		return;
	if (BEGINS(line, "SIGSYS: ") || FIND(line, " SIGSYS: "))
		l->dump = SIGSYS_DUMP;
	else if (FIND(line, "SIGABRT: abort"))
		l->dump = ABORT_DUMP;
	else if (FIND(line, "rax    0x"))
		l->dump = NO_DUMP;
}

/* Reports what the line says in words. `named`: a record or a call on it was reported already. */
static void tell_words(struct log_line_reader *l, struct text line, bool named)
{
	struct log_line found = {.sign = LOG_SIGN_COUNT};
	struct text path;

	if (log_words_loss(line, &found.loss, &found.lost))
		tell(l, LOG_LINE_LOST, line, &found);
	if (log_words_lsm(line)) {
		tell(l, LOG_LINE_LSM, line, &found);
		return;
	}
	if (named)
		return;
	if (log_words_profile(line, &path))
		tell(l, LOG_LINE_PROFILE, path, &found);
	watch_dump(l, line);
	bool sign = log_words_sign(line, &found.sign);

	found.sentence = sentence_find(line, sign, l->dump != NO_DUMP);
	if (sign || found.sentence) {
		if (found.sentence && found.sign == LOG_SIGN_COUNT)
			found.sign = found.sentence->form == SENTENCE_DUMP ? LOG_SIGN_ABORT : LOG_SIGN_RUNTIME;
		tell(l, LOG_LINE_ERROR, line, &found);
	}
}

/* Copies a part of the window, and cleans it. */
static struct text copy(struct log_line_reader *l, const char *p, size_t len)
{
	memcpy(l->line, p, len);
	return (struct text){l->line, log_form_clean(l->line, len)};
}

/* Reads the record whose marker is at `hit`, in a line longer than PIECE_MAX. Returns how many bytes from the hit on are done,
 * or 0 if there is no marker. */
static size_t take_record_piece(struct log_line_reader *l, struct text line, size_t hit)
{
	const char *p = line.p + hit, *end = line.p + line.len;
	const char *start = (size_t)(p - line.p) < MARKER ? line.p : p - MARKER;
	struct log_line found = {.times = 1};

	start = next_marker(
		(struct text){start, (size_t)(end - start) < 3 * MARKER ? (size_t)(end - start) : 3 * MARKER});
	if (!start || start > p)
		return 0;
	end = (size_t)(end - start) > RECORD_MAX ? start + RECORD_MAX : end;
	const char *next = next_marker((struct text){p + LOG_SCAN_WINDOW, (size_t)(end - p) - LOG_SCAN_WINDOW});
	struct text t = copy(l, start, (size_t)((next ? next : end) - start));
	bool good = read_marked(l, t, t, &found);
	const char *compat = FIND(text_from(line, p), " compat=");

	tell(l, good ? LOG_LINE_RECORD : LOG_LINE_UNREADABLE, t, &found);
	return good && compat ? (size_t)(compat - p) + LOG_SCAN_WINDOW : LOG_SCAN_WINDOW;
}

/* Reads what is at the hit in such a line. Returns the bytes done, never 0. */
static size_t take_piece(struct log_line_reader *l, struct text line, size_t hit)
{
	size_t done = take_record_piece(l, line, hit);
	size_t a = hit > AROUND ? hit - AROUND : 0, b = line.len - hit > AROUND ? hit + AROUND : line.len;

	if (done)
		return done;
	struct text t = copy(l, line.p + a, b - a);

	tell_words(l, t, tell_named(l, t));
	return LOG_SCAN_WINDOW;
}

/* Reads the line around `hit`; it begins at `start` or later. Returns where to continue. */
static size_t take_line(struct log_line_reader *l, size_t start, size_t hit)
{
	const char *before = memrchr(l->window + start, '\n', hit - start);
	const char *p = before ? before + 1 : l->window + start;
	const char *stop = memchr(l->window + hit, '\n', l->len - hit);
	struct text line = {p, (size_t)((stop ? stop : l->window + l->len) - p)};

	if (line.len > PIECE_MAX)
		return hit + take_piece(l, line, hit - (size_t)(p - l->window));
	struct text clean = copy(l, line.p, line.len);

	bool named = tell_records(l, clean);

	if (!named)
		named = tell_named(l, clean);
	tell_words(l, clean, named);
	return (size_t)(line.p + line.len - l->window);
}

/* Decodes the new bytes. Waits until there are enough to recognize the encoding. */
static void decode(struct log_line_reader *l, bool last)
{
	size_t fresh = l->len - l->plain_len;

	if (!last && !l->encoding.known && fresh < LOG_ENCODING_LOOK)
		return;
	l->len = l->plain_len += log_encoding_read(&l->encoding, l->window + l->plain_len, fresh);
}

/* Reads the complete lines of the window. Of a line that fills the whole window, it reads all but the last PIECE_MAX bytes. */
static void process(struct log_line_reader *l, bool last)
{
	const char *newline;
	size_t end, at = 0, hit;

	decode(l, last);
	newline = memrchr(l->window, '\n', l->plain_len);
	end = newline ? (size_t)(newline - l->window) + 1 : 0;

	if (last)
		end = l->len;
	else if (!end && l->len == WINDOW)
		end = WINDOW - PIECE_MAX;
	while ((hit = log_scan_next(&l->scan, l->window, l->len, at)) < end)
		at = take_line(l, at, hit);
	if (at < end)
		at = end;
	memmove(l->window, l->window + at, l->len - at);
	l->len -= at;
	l->plain_len -= at;
}

void log_line_feed(struct log_line_reader *l, const char *p, size_t len)
{
	while (len) {
		size_t n = WINDOW - l->len < len ? WINDOW - l->len : len;

		memcpy(l->window + l->len, p, n);
		l->len += n;
		p += n;
		len -= n;
		if (l->len == WINDOW)
			process(l, false);
	}
}

void log_line_step(struct log_line_reader *l)
{
	process(l, false);
}

void log_line_end(struct log_line_reader *l)
{
	process(l, true);
	log_encoding_begin(&l->encoding);
	l->dump = NO_DUMP;
}

int log_line_read_fd(struct log_line_reader *l, int fd, uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = read(fd, l->window + l->len, WINDOW - l->len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		l->len += (size_t)n;
		bytes += (uint64_t)n;
		if (l->len == WINDOW)
			process(l, false);
	}
	log_line_end(l);
	*ret_bytes = bytes;
	return 0;
}
