/* Baseline default: opens the runtime's default in the caller's section, then does the same as baseline keep. */
#include "seccomp/learning/section_private.h"

#include "seccomp/syscall/arch.h"

#include <errno.h>
#include <string.h>

/* Never opened, whatever the default says: newer engines deny them, and so may this node's. socketcall would open every family
 * of sockets. */
static const char *const never[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "keyctl", "request_key", "socketcall", "socket"};

/* AF_NETLINK is 16, AF_PACKET 17, NETLINK_AUDIT 9. runc makes two rules of two conditions on one argument. */
static const char sockets[] =
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":[{\"index\":0,\"value\":16,\"valueTwo\":0,\"op\":\"SCMP_CMP_LT\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":[{\"index\":0,\"value\":17,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":[{\"index\":0,\"value\":16,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":2,\"value\":9,\"valueTwo\":0,\"op\":\"SCMP_CMP_NE\"}]}";

/* A section that lacks at most one in this many of the calls that a default allows is itself an engine's default. */
#define RESEMBLES 16

/* Two sections that are being merged. */
struct merge {
	const struct json_doc *doc;
	const struct json *rules; /* the caller's */
	const struct json *base;  /* the default's rules, or the approved profile's */
	const char *text, *base_text;
	const struct names *except;
	bool engine;          /* the base is an engine's default, not an approved profile */
	uint32_t arches;      /* learning_arches() of the caller's section */
	struct names refused; /* calls that an approved profile refuses by a rule */
	struct names handed; /* calls that the caller hands over, or names in a rule that is not understood here */
	struct names whole;  /* calls that the base allows with any arguments, except those */
	bool allows;         /* the caller's default action allows */
	struct buf *out;
	bool comma;
};

static void merge_done(struct merge *m)
{
	names_done(&m->refused);
	names_done(&m->handed);
	names_done(&m->whole);
}

static bool hands_over(const struct json *rule)
{
	return learning_is_action(rule, "action", "SCMP_ACT_NOTIFY") || learning_is_action(rule, "action", "SCMP_ACT_TRACE");
}

static int add_all(struct names *set, const struct json *rule)
{
	const char *single = json_text(json_get(rule, "name"));
	int r = single ? names_add(set, single) : 0;

	for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
		if (json_type(e) == JSON_STRING)
			r = names_add(set, json_text(e));
	return r;
}

static int find_handed(struct merge *m)
{
	int r = 0;

	for (const struct json *rule = json_first(m->rules); rule && r == 0; rule = json_next(rule))
		if (hands_over(rule) || !learning_is_plain(m->doc, rule))
			r = add_all(&m->handed, rule);
	return r;
}

static bool is_never(const struct merge *m, const char *name)
{
	for (size_t i = 0; m->engine && i < ARRAY_SIZE(never); i++)
		if (strcmp(never[i], name) == 0)
			return true;
	return false;
}

static int find_refused(struct merge *m)
{
	int r = 0;

	for (const struct json *rule = json_first(m->base); rule && r == 0 && !m->engine; rule = json_next(rule)) {
		if (learning_is_action(rule, "action", ACTION_ALLOW) || learning_has_args(rule))
			continue;
		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
			if (!names_have(&m->handed, json_text(e)))
				r = names_add(&m->refused, json_text(e));
	}
	return r;
}

static int find_whole(struct merge *m)
{
	bool denied = learning_denies_multiplexer(m->rules);
	int r = 0;

	for (const struct json *rule = json_first(m->base); rule; rule = json_next(rule)) {
		if (!learning_is_action(rule, "action", ACTION_ALLOW) || learning_has_args(rule))
			continue;
		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
			if (!names_have(&m->handed, json_text(e)) && !names_have(m->except, json_text(e)) &&
			    !is_never(m, json_text(e)) && !(denied && learning_is_multiplexer(json_text(e))))
				r = names_add(&m->whole, json_text(e));
	}
	return r;
}

static void add_raw(struct merge *m, const char *text, const struct json *v)
{
	if (m->comma)
		buf_addc(m->out, ',');
	m->comma = true;
	buf_add(m->out, text + json_start(v), json_end(v) - json_start(v));
}

/* Adds a rule of the caller without the names that are opened whole or refused. */
static int add_callers(struct merge *m, const struct json *rule)
{
	const struct json *names = json_get(rule, "names");
	cleanup_names struct names rest = {0};
	size_t total = 0;
	int r = 0;

	if (hands_over(rule) || !learning_is_plain(m->doc, rule)) {
		add_raw(m, m->text, rule);
		return 0;
	}
	for (const struct json *e = json_first(names); e && r == 0; e = json_next(e), total++)
		if (!names_have(&m->whole, json_text(e)) && !names_have(&m->refused, json_text(e)))
			r = names_add(&rest, json_text(e));
	if (r < 0 || !rest.count)
		return r;
	if (rest.count == total) {
		add_raw(m, m->text, rule);
		return 0;
	}
	if (m->comma)
		buf_addc(m->out, ',');
	m->comma = true;
	buf_add(m->out, m->text + json_start(rule), json_start(names) - json_start(rule));
	for (size_t i = 0; i < rest.count; i++) {
		struct json_writer w;

		buf_addc(m->out, i ? ',' : '[');
		json_write_begin(&w, m->out, false);
		json_write_string(&w, NULL, rest.v[i]);
	}
	buf_addc(m->out, ']');
	buf_add(m->out, m->text + json_end(names), json_end(rule) - json_end(names));
	return 0;
}

static bool is_named(const struct json *rules, const struct json *names)
{
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule))
		for (const struct json *e = json_first(names); e; e = json_next(e))
			if (learning_names(rule, json_text(e)))
				return true;
	return false;
}

/* Adds the default's rules on arguments, for calls that nothing else names. */
static void add_conditional(struct merge *m)
{
	for (const struct json *rule = json_first(m->base); rule; rule = json_next(rule)) {
		const struct json *names = json_get(rule, "names");
		bool taken = is_named(m->rules, names);

		for (const struct json *e = json_first(names); e; e = json_next(e))
			taken |= names_have(&m->whole, json_text(e)) || names_have(&m->handed, json_text(e)) ||
				 names_have(m->except, json_text(e)) || is_never(m, json_text(e));
		if (learning_is_action(rule, "action", ACTION_ALLOW) && learning_has_args(rule) && !taken)
			add_raw(m, m->base_text, rule);
	}
}

/* Adds rules for most sockets, if the default allows the call: it never allows all of them. */
static void add_sockets(struct merge *m)
{
	const uint32_t without = 1u << ARCH_X86_64 | 1u << ARCH_X32 | 1u << ARCH_AARCH64 | 1u << ARCH_ARM | 1u << ARCH_RISCV64;
	bool named = names_have(m->except, "socket"), allowed = false;

	for (const struct json *rule = json_first(m->rules); rule; rule = json_next(rule))
		named |= learning_names(rule, "socket") || learning_names(rule, "socketcall");
	for (const struct json *rule = json_first(m->base); rule; rule = json_next(rule))
		allowed |= learning_is_action(rule, "action", ACTION_ALLOW) && learning_names(rule, "socket");
	if (!m->engine || named || !allowed || m->arches & ~without)
		return;
	if (m->comma)
		buf_addc(m->out, ',');
	m->comma = true;
	buf_adds(m->out, sockets);
}

/* Adds the rules by which an approved profile refuses calls. */
static void add_refusals(struct merge *m)
{
	for (const struct json *rule = json_first(m->base); rule && m->refused.count; rule = json_next(rule)) {
		bool handed = learning_is_action(rule, "action", ACTION_ALLOW) || learning_has_args(rule);

		for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e))
			handed |= names_have(&m->handed, json_text(e));
		if (!handed)
			add_raw(m, m->base_text, rule);
	}
}

static int add_rules(struct merge *m)
{
	int r = 0;

	buf_addc(m->out, '[');
	/* These come first: libseccomp accepts contradicting rules on parts of socketcall or ipc once the whole is named, and
	 * the caller's rule that named it may have lost that name. */
	if (!m->allows)
		learning_write_names(&m->whole, ACTION_ALLOW, &m->comma, m->out);
	for (const struct json *rule = json_first(m->rules); rule && r == 0; rule = json_next(rule))
		r = add_callers(m, rule);
	if (r == 0 && !m->allows) {
		add_conditional(m);
		add_sockets(m);
	}
	if (r == 0)
		add_refusals(m);
	buf_addc(m->out, ']');
	return r;
}

/* Writes the caller's section with the merged rules. */
static int write_merged(struct merge *m, const struct json *root)
{
	struct rewrite w = {.text = m->text, .done = json_start(root), .out = m->out};
	const struct json *rules = json_get(root, "syscalls");
	int r;

	if (rules) {
		rewrite_value(&w, rules, "");
		r = add_rules(m);
	} else {
		rewrite_range(&w, json_end(root) - 1, json_end(root) - 1, ",\"syscalls\":");
		r = add_rules(m);
	}
	rewrite_range(&w, json_end(root), json_end(root), "");
	return r;
}

static int merge(struct merge *m, const struct json *root, const struct json *base)
{
	int r;

	m->rules = json_get(root, "syscalls");
	m->base = json_get(base, "syscalls");
	m->allows = learning_is_action(root, "defaultAction", ACTION_ALLOW) ||
		    learning_is_action(root, "defaultAction", ACTION_LOG);
	m->arches = learning_arches(root);
	r = find_handed(m);
	if (r == 0)
		r = find_refused(m);
	if (r == 0)
		r = find_whole(m);
	if (r == 0)
		r = write_merged(m, root);
	return r;
}

static bool allows_whole(const struct json *rules, const char *name)
{
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule))
		if (learning_is_action(rule, "action", ACTION_ALLOW) && !learning_has_args(rule) && learning_names(rule, name))
			return true;
	return false;
}

static bool resembles(const struct json *root, const struct json *base, const struct names *except)
{
	const struct json *rules = json_get(root, "syscalls");
	size_t total = 0, lacks = 0;

	if (learning_is_action(root, "defaultAction", ACTION_ALLOW) || learning_is_action(root, "defaultAction", ACTION_LOG))
		return false;
	for (const struct json *rule = json_first(json_get(base, "syscalls")); rule; rule = json_next(rule)) {
		if (!learning_is_action(rule, "action", ACTION_ALLOW) || learning_has_args(rule))
			continue;
		for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e)) {
			if (names_have(except, json_text(e)))
				continue;
			total++;
			lacks += !allows_whole(rules, json_text(e));
		}
	}
	return total && lacks * RESEMBLES <= total;
}

static bool allows_somehow(const struct json *rules, const char *name)
{
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule))
		if (learning_is_action(rule, "action", ACTION_ALLOW) && learning_names(rule, name))
			return true;
	return false;
}

static const struct json *section_of(const struct json_doc *doc)
{
	return json_get(json_get(json_root(doc), "linux"), "seccomp");
}

int learning_base_narrow(struct learning_base *base, const char *text, size_t len, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL, *other_doc = NULL;
	const struct json *other;
	int r = json_parse(base->text, base->len, JSON_OURS, "default profile", &doc, err);

	if (r == 0)
		r = json_parse(text, len, JSON_OURS, "default profile", &other_doc, err);
	if (r < 0)
		return r;
	other = json_get(section_of(other_doc), "syscalls");
	for (const struct json *rule = json_first(json_get(section_of(doc), "syscalls")); rule; rule = json_next(rule)) {
		bool args = learning_has_args(rule);

		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
			if (strcmp(json_text(e), "socket") != 0 && !(args ? allows_somehow : allows_whole)(other, json_text(e)))
				r = names_add(&base->except, json_text(e));
	}
	return r < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

/* Writes the caller's section with the calls that the base opens in it. *ret_none: the section confines nothing. */
static int open_base(const char *section, size_t len, const char *name, const struct learning_base *base, struct buf *ret, bool *ret_none,
		     struct err *err)
{
	cleanup_json struct json_doc *doc = NULL, *base_doc = NULL;
	cleanup_with(merge_done) struct merge m = {.text = section, .base_text = base->text, .except = &base->except, .engine = true, .out = ret};
	const struct json *base_root;
	int r = learning_parse(section, len, JSON_FOREIGN, name, &doc, err);

	if (r == 0)
		r = json_parse(base->text, base->len, JSON_OURS, "default profile", &base_doc, err);
	if (r < 0)
		return r;
	*ret_none = learning_is_unconfined(json_root(doc));
	base_root = section_of(base_doc);
	m.doc = doc;
	if (*ret_none || resembles(json_root(doc), base_root, &base->except)) {
		buf_add(ret, section, len);
		r = 0;
	} else {
		r = merge(&m, json_root(doc), base_root);
	}
	return r < 0 || buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
}

int learning_default(const char *section, size_t len, const char *name, const struct learning_base *base,
		     struct learning_unlogged *q, struct buf *out, struct err *err)
{
	cleanup_buf struct buf merged = {0};
	bool none = false;
	int r;

	if (!section || !len)
		return learning_keep(section, len, name, q, out, err);
	r = open_base(section, len, name, base, &merged, &none, err);
	return r < 0 ? r : learning_keep(merged.data, merged.len, name, q, out, err);
}

/* Collects what an approved profile allows, for learning_keep() to leave it unlogged. */
static int read_allowed(const struct json *rules, struct learning_unlogged *ret)
{
	int r = 0;

	for (const struct json *rule = json_first(rules); rule && r == 0; rule = json_next(rule)) {
		if (!learning_is_action(rule, "action", ACTION_ALLOW))
			continue;
		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e)) {
			int place = argument_by_name(json_text(e));

			/* Their records mark the boundary between runtime and program (exec_logged.h). */
			if (strcmp(json_text(e), "execve") == 0 || strcmp(json_text(e), "execveat") == 0)
				continue;
			if (!learning_has_args(rule))
				r = names_add(&ret->names, json_text(e));
			else if (learning_add_exact(rule, json_text(e), &ret->exact) < 0)
				r = -ENOMEM;
			else if (place >= 0)
				ret->forms |= (uint64_t)1 << place;
		}
	}
	return r;
}

/* Merges the profile into the section, and logs what the profile does not allow. */
static int audit_merged(const char *section, size_t len, const char *name, const struct buf *profile, const struct json *root, struct buf *out,
			struct err *err)
{
	static const struct names nothing;
	cleanup_with(learning_unlogged_done) struct learning_unlogged allowed = {0};
	cleanup_json struct json_doc *doc = NULL;
	cleanup_buf struct buf merged = {0};
	cleanup_with(merge_done) struct merge m = {.text = section, .base_text = profile->data, .except = &nothing, .out = &merged};
	int r = learning_parse(section, len, JSON_FOREIGN, name, &doc, err);

	if (r < 0)
		return r;
	m.doc = doc;
	if (merge(&m, json_root(doc), root) < 0 || buf_failed(&merged) || read_allowed(json_get(root, "syscalls"), &allowed) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return learning_keep(merged.data, merged.len, name, &allowed, out, err);
}

int learning_audit_within(const char *section, size_t len, const char *name, const struct learning_base *base, const struct buf *profile,
			  struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL, *own = NULL;
	cleanup_buf struct buf opened = {0};
	bool none = !section || !len;
	int r = learning_parse(profile->data, profile->len, JSON_OURS, "approved profile", &doc, err);

	if (r == 0 && !none)
		r = learning_parse(section, len, JSON_FOREIGN, name, &own, err);
	if (r == 0 && !none)
		none = learning_is_unconfined(json_root(own));
	if (r == 0 && !none && base)
		r = open_base(section, len, name, base, &opened, &none, err);
	if (r < 0)
		return r;
	if (none || learning_is_action(json_root(doc), "defaultAction", ACTION_ALLOW) || learning_is_action(json_root(doc), "defaultAction", ACTION_LOG))
		return learning_audit(profile->data, profile->len, "approved profile", out, err);
	return audit_merged(base ? opened.data : section, base ? opened.len : len, name, profile, json_root(doc), out, err);
}

/* True if the rule belongs to the list: of denied calls if `denies`, else of calls that are not denied. */
static bool is_listed(const struct json *rule, bool denies)
{
	static const char *const open[] = {ACTION_ALLOW, ACTION_LOG, "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE"};
	bool opens = false;

	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		opens |= learning_is_action(rule, "action", open[i]);
	return denies ? !opens && !learning_has_args(rule) : opens;
}

int learning_list(const char *section, size_t len, const char *name, struct names *ret, bool *ret_denies, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	const struct json *root;
	int r;

	if (!section || !len)
		return 0;
	r = learning_parse(section, len, JSON_FOREIGN, name, &doc, err);
	if (r < 0)
		return r;
	root = json_root(doc);
	*ret_denies = learning_is_action(root, "defaultAction", ACTION_ALLOW) ||
		      learning_is_action(root, "defaultAction", ACTION_LOG) || learning_is_unconfined(root);
	for (const struct json *rule = json_first(json_get(root, "syscalls")); rule && r == 0; rule = json_next(rule))
		if (is_listed(rule, *ret_denies))
			r = add_all(ret, rule);
	return r < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}
