#include "seccomp/record/log_tools.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/names.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>

const char *log_tool_name(enum log_tool t)
{
	static const char *const names[] = {
		[LOG_TOOL_NONE] = "",
		[LOG_TOOL_OPERATOR] = "the security-profiles-operator",
		[LOG_TOOL_CRIO] = "CRI-O's seccomp notifier",
		[LOG_TOOL_AUDITBEAT] = "auditbeat",
		[LOG_TOOL_FALCO] = "falco",
		[LOG_TOOL_STRACE] = "strace",
		[LOG_TOOL_GADGET] = "Inspektor Gadget",
		[LOG_TOOL_LAUREL] = "laurel",
		[LOG_TOOL_OSQUERY] = "osquery",
		[LOG_TOOL_DUMP] = "the registers in a dump after SIGSYS",
	};
	_Static_assert(ARRAY_SIZE(names) == LOG_TOOL_COUNT, "one name per tool");
	return names[t];
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || text_is_digit(c) || c == '_';
}

/* Returns how many bytes lie between a field's name and its value, in `"k":"v"`, `"k"="v"`, `\"k\":\"v\"`, `k=v`, `k = v`; 0 if
 * it is not a field. */
static size_t to_value(struct text t, bool *ret_quoted)
{
	bool sign = false;
	size_t i = 0;

	*ret_quoted = false;
	for (; i < t.len; i++) {
		char c = t.p[i];

		if (c == '=' || c == ':') {
			if (sign)
				break;
			sign = true;
		} else if (c == '"') {
			*ret_quoted = sign;
		} else if (c != '\\' && c != ' ') {
			break;
		}
	}
	return sign ? i : 0;
}

/* The value of a field, anywhere on the line. */
static bool field(struct text line, const char *name, struct text *ret)
{
	size_t len = strlen(name);

	for (const char *at; (at = text_find(line, name, len)); line = text_from(line, at + len)) {
		struct text value = text_from(line, at + len);
		bool quoted;
		size_t skip = to_value(value, &quoted), n = 0;

		if (!skip || (at > line.p && is_word(at[-1])))
			continue;
		value = text_from(value, value.p + skip);
		while (n < value.len && value.p[n] != '"' && value.p[n] != '\\' && (unsigned char)value.p[n] >= ' ' &&
		       (quoted || !strchr(" ,})", value.p[n])))
			n++;
		if (!n)
			continue;
		*ret = (struct text){value.p, n};
		return true;
	}
	return false;
}

static bool copy(struct text t, char *ret, size_t cap)
{
	if (t.len >= cap)
		return false;
	memcpy(ret, t.p, t.len);
	ret[t.len] = '\0';
	return true;
}

static bool is_text(struct text t, const char *what)
{
	return t.len == strlen(what) && !memcmp(t.p, what, t.len);
}

static void to_lower(char *text)
{
	for (char *p = text; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
}

static const struct arch *arch_by_hex(const char *text)
{
	uint32_t audit = (uint32_t)strtoul(text, NULL, 16);

	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (arch_get((enum arch_id)i)->audit == audit && i != ARCH_X32)
			return arch_get((enum arch_id)i);
	return NULL;
}

/* The ABI that the line names, or else this machine's first one. */
static const struct arch *arch_of(struct text line, const char *name)
{
	const struct arch *host[4], *arch = NULL;
	struct text value;
	char text[32];

	if (field(line, name, &value) && copy(value, text, sizeof(text))) {
		to_lower(text);
		arch = text_starts(text, "0x") ? arch_by_hex(text)
					       : arch_by_name(text_starts(text, "audit_arch_") ? text + strlen("audit_arch_") : text);
	}
	return arch ? arch : arch_host(host) ? host[0] : NULL;
}

/* Takes a name, or the number that is printed for a call without a name. */
static bool set_call(struct text name, const struct arch *arch, struct log_tool_call *ret)
{
	char text[SYSCALL_NAME_MAX];
	uint64_t number;

	if (!arch || !copy(name, text, sizeof(text)))
		return false;
	ret->record.arch = arch->audit;
	if (text_parse_u64(text, &number) == 0 && number <= INT32_MAX)
		ret->record.nr = (uint32_t)number;
	else if (syscall_number(arch, text, &ret->record.nr) < 0)
		return false;
	return true;
}

static void set_pid(struct text line, const char *name, struct log_tool_call *ret)
{
	struct text value;
	uint64_t pid;
	char text[16];

	if (field(line, name, &value) && copy(value, text, sizeof(text)) && text_parse_u64(text, &pid) == 0 && pid <= UINT32_MAX)
		ret->record.pid = (uint32_t)pid;
}

static void set_exe(struct text line, const char *name, struct log_tool_call *ret)
{
	struct text value;

	if (field(line, name, &value))
		ret->record.exe = (struct record_field){.p = value.p, .len = value.len};
}

/* Joins the values of some fields with slashes: namespace/pod/container. */
static void set_who(struct text line, const char *const names[], size_t count, struct log_tool_call *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		struct text value;

		if (!field(line, names[i], &value) || len + value.len + 2 > sizeof(ret->who))
			continue;
		if (len)
			ret->who[len++] = '/';
		memcpy(ret->who + len, value.p, value.len);
		len += value.len;
	}
	ret->record.comm = (struct record_field){.p = ret->who, .len = len};
}

/* "1625486898.429:10664" */
static void set_stamp(struct text value, struct log_tool_call *ret)
{
	char text[64];

	if (value.len + sizeof("audit(): ") > sizeof(text))
		return;
	snprintf(text, sizeof(text), "audit(%.*s): ", (int)value.len, value.p);
	(void)record_stamp(text, strlen(text), &ret->record.time_ms, &ret->record.serial);
}

static bool read_operator(struct text line, struct log_tool_call *ret)
{
	static const char *const who[] = {"namespace", "pod", "container"}, *const old_who[] = {"ns", "pod", "c"};
	const char *stamp = FIND(line, "audit(");
	struct text name, value;

	ret->tool = LOG_TOOL_OPERATOR;
	ret->record.action = RECORD_OTHER;
	if (field(line, "syscallName", &name)) {
		if (!set_call(name, arch_of(line, "arch"), ret) &&
		    (!field(line, "syscallID", &name) || !set_call(name, arch_of(line, "arch"), ret)))
			return false;
		set_exe(line, "executable", ret);
		set_who(line, who, ARRAY_SIZE(who), ret);
		if (field(line, "timestamp", &value))
			set_stamp(value, ret);
	} else {
		if (!FIND(line, "type=seccomp") || !field(line, "syscall", &name) || !set_call(name, arch_of(line, "arch"), ret))
			return false;
		set_exe(line, "exe", ret);
		set_who(line, old_who, ARRAY_SIZE(old_who), ret);
		if (stamp) {
			value = text_from(line, stamp + strlen("audit("));
			stamp = memchr(value.p, ')', value.len);
			set_stamp((struct text){value.p, stamp ? (size_t)(stamp - value.p) : value.len}, ret);
		}
	}
	set_pid(line, "pid", ret);
	return true;
}

static bool read_notifier(struct text line, struct log_tool_call *ret)
{
	static const char *const who[] = {"container ID"};
	struct text name;

	ret->tool = LOG_TOOL_CRIO;
	ret->record.action = RECORD_USER_NOTIF;
	if (!field(line, "syscall", &name) || !set_call(name, arch_of(line, "arch"), ret))
		return false;
	set_who(line, who, ARRAY_SIZE(who), ret);
	return true;
}

/* Reads one item of "swapoff (3x), chroot (1x)", at the beginning of `t`. */
static bool read_forbidden(struct text t, size_t *ret_len, struct log_tool_call *ret)
{
	size_t n = 0, open;

	while (n < t.len && is_word(t.p[n]))
		n++;
	open = n;
	while (open < t.len && t.p[open] == ' ')
		open++;
	ret->tool = LOG_TOOL_CRIO;
	ret->record.action = RECORD_USER_NOTIF;
	if (!n || open + 1 >= t.len || t.p[open] != '(' || !text_is_digit(t.p[open + 1]))
		return false;
	if (!set_call((struct text){t.p, n}, arch_of((struct text){t.p, 0}, "arch"), ret))
		return false;
	ret->times = text_number(text_from(t, t.p + open));
	for (*ret_len = open; *ret_len < t.len && t.p[*ret_len] != ')';)
		(*ret_len)++;
	return true;
}

static void set_action(struct text line, struct log_tool_call *ret)
{
	struct text value;
	char text[16];

	ret->record.action = RECORD_OTHER;
	if (!field(line, "code", &value) || !copy(value, text, sizeof(text)))
		return;
	ret->record.action = record_action_of((uint32_t)strtoul(text, NULL, 16));
}

static bool read_auditbeat(struct text line, struct log_tool_call *ret)
{
	static const char *const who[] = {"name"};
	const char *process = FIND(line, "\"process\"");
	struct text value, inner = process ? text_from(line, process) : line;
	char text[40];
	uint64_t serial;

	ret->tool = LOG_TOOL_AUDITBEAT;
	if (!field(line, "syscall", &value) || !set_call(value, arch_of(line, "arch"), ret))
		return false;
	set_action(line, ret);
	set_pid(line, "pid", ret);
	set_exe(line, "executable", ret);
	set_who(inner, who, ARRAY_SIZE(who), ret);
	if (field(line, "sequence", &value) && copy(value, text, sizeof(text)) && text_parse_u64(text, &serial) == 0 &&
	    field(line, "@timestamp", &value) && copy(value, text, sizeof(text)) &&
	    text_parse_time(text, &ret->record.time_ms) == 0)
		ret->record.serial = serial;
	return true;
}

/* "SECCOMP_RET_KILL_THREAD", "KILL_THREAD", "kill_thread", "0x50001". */
static bool action_by_word(struct text word, enum record_action *ret)
{
	static const struct {
		const char *name;
		enum record_action action;
	} names[] = {
		{"log", RECORD_LOG},       {"errno", RECORD_ERRNO},           {"trap", RECORD_TRAP},
		{"trace", RECORD_TRACE},   {"user_notif", RECORD_USER_NOTIF}, {"kill_thread", RECORD_KILL_THREAD},
		{"kill", RECORD_KILL_THREAD}, {"kill_process", RECORD_KILL_PROCESS},
	};
	char text[32];
	const char *name;

	if (!copy(word, text, sizeof(text)))
		return false;
	to_lower(text);
	if (text_starts(text, "0x")) {
		*ret = record_action_of((uint32_t)strtoul(text, NULL, 16));
		return *ret != RECORD_OTHER;
	}
	name = text_starts(text, "seccomp_ret_") ? text + strlen("seccomp_ret_") : text;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_streq(names[i].name, name)) {
			*ret = names[i].action;
			return true;
		}
	return false;
}

/* "SYS_UNSHARE" is the kernel's constant for unshare. */
static bool set_constant(struct text name, const struct arch *arch, struct log_tool_call *ret)
{
	char text[SYSCALL_NAME_MAX];

	if (!BEGINS(name, "SYS_"))
		return set_call(name, arch, ret);
	if (!copy(text_from(name, name.p + strlen("SYS_")), text, sizeof(text)))
		return false;
	to_lower(text);
	return set_call((struct text){text, strlen(text)}, arch, ret);
}

/* JSON of which "code" is an action of seccomp: other programs have a "syscall" beside the name of an errno. */
static bool read_coded(struct text line, struct log_tool_call *ret)
{
	static const char *const pod[] = {"namespace", "podName", "pod", "containerName", "container"}, *const process[] = {"comm"};
	struct text code, name;
	bool laurel = FIND(line, "\"SECCOMP\":");

	if (!field(line, "code", &code) || !action_by_word(code, &ret->record.action) || !field(line, "syscall", &name))
		return false;
	ret->tool = laurel ? LOG_TOOL_LAUREL : FIND(line, "seccomp_events") ? LOG_TOOL_OSQUERY : LOG_TOOL_GADGET;
	if (!set_constant(name, arch_of(line, "arch"), ret))
		return false;
	set_pid(line, "pid", ret);
	set_exe(line, "exe", ret);
	if (ret->tool == LOG_TOOL_GADGET)
		set_who(line, pod, ARRAY_SIZE(pod), ret);
	if (!ret->record.comm.len)
		set_who(line, process, 1, ret);
	if (laurel && field(line, "ID", &name))
		set_stamp(name, ret);
	return true;
}

/* Inspektor Gadget's columns: "... SECCOMP_RET_LOG ... SYS_MKDIR ...", of which the action may be cut off in front. */
static bool read_columns(struct text line, struct log_tool_call *ret)
{
	static const struct {
		const char *word;
		enum record_action action;
	} words[] = {
		{"L_THREAD ", RECORD_KILL_THREAD}, {"_PROCESS ", RECORD_KILL_PROCESS}, {"_RET_LOG ", RECORD_LOG},
		{"ET_ERRNO ", RECORD_ERRNO},       {"ET_TRAP ", RECORD_TRAP},          {"ET_TRACE ", RECORD_TRACE},
		{"R_NOTIF ", RECORD_USER_NOTIF},
	};
	const char *at = FIND(line, " SYS_"), *end;
	size_t i = 0;

	while (i < ARRAY_SIZE(words) && !text_find(line, words[i].word, strlen(words[i].word)))
		i++;
	if (!at || i == ARRAY_SIZE(words))
		return false;
	line = text_from(line, at + 1);
	end = memchr(line.p, ' ', line.len);
	ret->tool = LOG_TOOL_GADGET;
	ret->record.action = words[i].action;
	return set_constant((struct text){line.p, end ? (size_t)(end - line.p) : line.len}, arch_of((struct text){line.p, 0}, "arch"), ret);
}

static bool read_falco(struct text line, struct log_tool_call *ret)
{
	static const char *const names[][4] = {{"evt.type", "evt.res", "proc.name", "proc.exepath"},
					       {"evt_type", "evt_res", "proc_name", "proc_exepath"}};
	static const char *const refusals[] = {"EPERM", "ENOSYS", "EACCES"};
	struct text name, res;
	bool refused = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!field(line, names[i][0], &name) || !field(line, names[i][1], &res))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(refusals); k++)
			refused |= is_text(res, refusals[k]);
		if (!refused)
			return false;
		ret->tool = LOG_TOOL_FALCO;
		ret->record.action = RECORD_ERRNO;
		if (!set_call(name, arch_of(line, "arch"), ret))
			return false;
		set_exe(line, names[i][3], ret);
		set_who(line, &names[i][2], 1, ret);
		return true;
	}
	return false;
}

static bool read_strace(struct text line, struct log_tool_call *ret)
{
	struct text value;

	ret->tool = LOG_TOOL_STRACE;
	ret->record.action = RECORD_TRAP;
	if (!FIND(line, "SYS_SECCOMP") || !field(line, "si_syscall", &value))
		return false;
	if (BEGINS(value, "__NR_"))
		value = text_from(value, value.p + strlen("__NR_"));
	return set_call(value, arch_of(line, "si_arch"), ret);
}

bool log_tools_next(struct text line, size_t *at, struct log_tool_call *ret)
{
	static const char forbidden[] = "forbidden syscalls: ";
	struct log_tool_call call = {.times = 1};
	const char *list;
	bool found = false;

	if (!FIND(line, "syscall") && !FIND(line, "evt") && !FIND(line, " SYS_"))
		return false;
	list = FIND(line, "forbidden syscalls: ");
	if (list) {
		size_t from = *at ? *at : (size_t)(list - line.p) + sizeof(forbidden) - 1, len = 0;

		while (from < line.len && (line.p[from] == ' ' || line.p[from] == ',' || line.p[from] == ')'))
			from++;
		found = from < line.len && read_forbidden(text_from(line, line.p + from), &len, &call);
		*at = from + len;
	} else if (!*at) {
		if (FIND(line, "syscallName") || FIND(line, "type=seccomp"))
			found = read_operator(line, &call);
		else if (FIND(line, "seccomp notifier message"))
			found = read_notifier(line, &call);
		else if (FIND(line, "violated-seccomp-policy"))
			found = read_auditbeat(line, &call);
		else if (FIND(line, "si_syscall"))
			found = read_strace(line, &call);
		else if (FIND(line, "evt.type") || FIND(line, "evt_type"))
			found = read_falco(line, &call);
		else if (FIND(line, "\"syscall\":") && FIND(line, "\"code\":"))
			found = read_coded(line, &call);
		else
			found = read_columns(line, &call);
		*at = line.len;
	}
	*ret = call;
	ret->record.comm.p = ret->record.comm.p ? ret->who : NULL;
	return found;
}

void log_tools_number(uint32_t nr, enum log_tool tool, enum record_action action, struct log_tool_call *ret)
{
	const struct arch *host[4];

	*ret = (struct log_tool_call){.tool = tool, .times = 1};
	ret->record.nr = nr;
	ret->record.action = action;
	if (arch_host(host))
		ret->record.arch = host[0]->audit;
}
