#include "seccomp/record/log_words.h"

#include "base/cleanup.h"
#include "seccomp/record/log_languages.h"

#define SIGSYS_STATUS 159 /* 128 + SIGSYS */
#define SIGSYS_NUMBER 31

const char *log_sign_name(enum log_sign s)
{
	static const char *const names[] = {
		[LOG_SIGN_EPERM] = "eperm", [LOG_SIGN_ENOSYS] = "enosys",   [LOG_SIGN_SIGSYS] = "sigsys",
		[LOG_SIGN_ABORT] = "abort", [LOG_SIGN_SANDBOX] = "sandbox", [LOG_SIGN_THREAD] = "thread",
		[LOG_SIGN_RUNTIME] = "runtime",
	};
	_Static_assert(ARRAY_SIZE(names) == LOG_SIGN_COUNT, "one name per sign");
	return names[s];
}

/* Returns the length of what may separate a word from its value: `": `, `\": `, `=`, ` (`. */
static size_t skip_to_value(struct text t)
{
	size_t i = 0;

	while (i < t.len && (t.p[i] == ' ' || t.p[i] == '\t' || t.p[i] == ':' || t.p[i] == '=' || t.p[i] == '"' || t.p[i] == '\\' ||
			     t.p[i] == '('))
		i++;
	return i;
}

/* True if exactly this number follows `word` anywhere on the line, with only punctuation between them. */
static bool has_number(struct text line, const char *word, unsigned number)
{
	size_t len = strlen(word);

	for (const char *at; (at = text_find(line, word, len)); line = text_from(line, at + len)) {
		struct text value = text_from(line, at + len);
		size_t skip = skip_to_value(value), digits = skip;

		while (digits < value.len && digits - skip < 9 && text_is_digit(value.p[digits]))
			digits++;
		if (digits > skip && digits - skip < 9 && text_number((struct text){value.p + skip, digits - skip}) == number)
			return true;
	}
	return false;
}

static bool is_sigsys(struct text line)
{
	static const char *const phrases[] = {"ad system call", "nvalid system call", "SIGSYS", "31/SYS", "signal=SYS)", "exit status -31",
					      "seccomp prevented call to disallowed"};
	static const struct {
		const char *word;
		unsigned number;
	} numbers[] = {
		{"xit status", SIGSYS_STATUS}, {"xit code", SIGSYS_STATUS},  {"xit Code", SIGSYS_STATUS},
		{"xitCode", SIGSYS_STATUS},    {"with code", SIGSYS_STATUS}, {"with status", SIGSYS_STATUS},
		{"status", SIGSYS_STATUS},     {"xited ", SIGSYS_STATUS},    {"rror ", SIGSYS_STATUS},
		{"xit_code", SIGSYS_STATUS},   {"xitcode", SIGSYS_STATUS},   {"xit_status", SIGSYS_STATUS},
		{"XIT_CODE", SIGSYS_STATUS},   {"zero code", SIGSYS_STATUS}, {"exited with", SIGSYS_STATUS},
		{"exit ", SIGSYS_STATUS},      {"xitStatus", SIGSYS_STATUS}, {"ignal", SIGSYS_NUMBER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
		if (text_find(line, phrases[i], strlen(phrases[i])))
			return true;
	if (!FIND(line, "159") && !FIND(line, "31"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (has_number(line, numbers[i].word, numbers[i].number))
			return true;
	return (FIND(line, "ANOM_ABEND") || FIND(line, "type=1701 ")) && has_number(line, " sig", SIGSYS_NUMBER);
}

static bool is_foreign(struct text line, enum log_sign *ret)
{
	const struct log_phrase *all = NULL;
	size_t count = log_languages(&all);

	for (size_t i = 0; i < count; i++)
		if (text_find(line, all[i].text, strlen(all[i].text))) {
			*ret = all[i].sign;
			return true;
		}
	return false;
}

bool log_words_sign(struct text line, enum log_sign *ret)
{
	static const struct {
		const char *phrase;
		enum log_sign sign;
	} phrases[] = {
		{"seccomp-bpf failure in syscall", LOG_SIGN_SANDBOX},
		{"seccomp sandbox violation", LOG_SIGN_SANDBOX},
		{"unction not implemented", LOG_SIGN_ENOSYS},
		{"peration not permitted", LOG_SIGN_EPERM},
		{"failed (EPERM)", LOG_SIGN_EPERM},
		{"No permissions to create new namespace", LOG_SIGN_EPERM},
		{"SIGABRT: abort", LOG_SIGN_ABORT},
		{"thread failed to start", LOG_SIGN_THREAD},
		{"can't start new thread", LOG_SIGN_THREAD},
		{"uv_thread_create(", LOG_SIGN_THREAD},
	}, runtimes[] = {
		{"unable to start container process", LOG_SIGN_RUNTIME},
		{"exec container process `", LOG_SIGN_RUNTIME},
		{"OCI runtime error", LOG_SIGN_RUNTIME},
		{"OCI runtime create failed", LOG_SIGN_RUNTIME},
		{"OCI runtime start failed", LOG_SIGN_RUNTIME},
		{"OCI runtime exec failed", LOG_SIGN_RUNTIME},
		{"OCI permission denied", LOG_SIGN_RUNTIME},
		{"container process is already dead", LOG_SIGN_RUNTIME},
		/* What is left where runc's init has died of a refused call after the container was created: containerd's words, runc's and CRI-O's. */
		{"cannot start a stopped process", LOG_SIGN_RUNTIME},
		{"cannot start a container that has stopped", LOG_SIGN_RUNTIME},
		{"is not in created state: stopped", LOG_SIGN_RUNTIME},
	};

	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
		if (text_find(line, phrases[i].phrase, strlen(phrases[i].phrase))) {
			*ret = phrases[i].sign;
			return true;
		}
	if (is_sigsys(line)) {
		*ret = LOG_SIGN_SIGSYS;
		return true;
	}
	if (is_foreign(line, ret))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++)
		if (text_find(line, runtimes[i].phrase, strlen(runtimes[i].phrase))) {
			*ret = runtimes[i].sign;
			return true;
		}
	return false;
}

bool log_words_lsm(struct text line)
{
	return (FIND(line, "apparmor") && FIND(line, "DENIED")) || FIND(line, "avc:  denied");
}

bool log_words_loss(struct text line, enum log_line_loss *ret, uint64_t *ret_lost)
{
	static const struct {
		const char *what, *also; /* both must be on the line */
		enum log_line_loss loss;
		bool number_behind; /* the number follows `what`; else it follows the last colon before `what` */
	} signs[] = {
		{" callbacks suppressed", "printk_skb", LOG_LINE_LOSS_PRINTK, false},
		{"audit_lost=", "audit", LOG_LINE_LOSS_AUDIT, true},
		{"limit exceeded", "audit: ", LOG_LINE_LOSS_AUDIT, false},
		{"Suppressed ", " messages", LOG_LINE_LOSS_JOURNAL, true},
		{"Missed ", " kernel messages", LOG_LINE_LOSS_JOURNAL, true},
		{"due to rate-limiting", "messages", LOG_LINE_LOSS_SYSLOG, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		const char *at = text_find(line, signs[i].what, strlen(signs[i].what)), *p = at;

		if (!at || !text_find(line, signs[i].also, strlen(signs[i].also)))
			continue;
		if (signs[i].number_behind) {
			p += strlen(signs[i].what);
			*ret_lost = text_number(text_from(line, p));
		} else {
			const char *colon = memrchr(line.p, ':', (size_t)(at - line.p));

			p = colon ? colon : line.p;
			*ret_lost = text_number((struct text){p, (size_t)(at - p)});
		}
		*ret = signs[i].loss;
		return true;
	}
	return false;
}

static bool ends_path(char c)
{
	return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f || strchr("\"'`\\,;)]}", c);
}

static bool take_path(struct text t, struct text *ret)
{
	size_t len = 0;

	while (len < t.len && !ends_path(t.p[len]))
		len++;
	/* A colon or full stop after the path belongs to the sentence: "open PATH: no such file". */
	while (len && (t.p[len - 1] == ':' || t.p[len - 1] == '.'))
		len--;
	if (len < 2)
		return false;
	*ret = (struct text){t.p, len};
	return true;
}

bool log_words_profile(struct text line, struct text *ret)
{
	const char *at = FIND(line, "ocalhostProfile"), *old, *below, *option;

	if (!at && !FIND(line, "seccomp"))
		return false;
	below = FIND(line, "/kubelet/seccomp/");
	option = FIND(line, "seccomp=/");
	old = FIND(line, "localhost/");
	if (below) {
		while (below > line.p && !ends_path(below[-1]) && below[-1] != '=')
			below--;
		return *below == '/' && take_path(text_from(line, below), ret);
	}
	if (option)
		return take_path(text_from(line, option + strlen("seccomp=")), ret);
	if (!at)
		return false;
	struct text value = text_from(line, at + strlen("ocalhostProfile"));

	value = text_from(value, value.p + skip_to_value(value));
	/* Old annotations put the type in front of the path. */
	if (old && old == value.p)
		value = text_from(value, value.p + strlen("localhost/"));
	return take_path(value, ret);
}

bool log_words_rax(struct text line, uint32_t *ret)
{
	const char *at = FIND(line, "rax    0x");
	uint64_t v = 0;
	size_t digits = 0;

	if (!at)
		return false;
	for (at += strlen("rax    0x"); at < line.p + line.len && digits < 9; at++, digits++) {
		const char *digit = *at ? strchr("0123456789abcdef", *at) : NULL;

		if (!digit)
			break;
		v = v << 4 | (uint64_t)(digit - "0123456789abcdef");
	}
	if (!digits || v > INT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}
