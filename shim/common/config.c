#include "shim/common/config.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/syscall/sets.h"
#include "shim/common/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define CONFIG_SIZE_MAX     (1u << 20)
#define HOT_SET_MAX         128
#define HOT_NAME_MAX        48
#define LEARN_FOR_DEFAULT_S ((uint64_t)7 * 86400)
#define LEARN_FOR_MAX_S     ((uint64_t)3650 * 86400)

static const char *const mode_names[] = {
	[CONFIG_PASS] = "pass", [CONFIG_LEARN] = "learn", [CONFIG_AUDIT] = "audit", [CONFIG_ENFORCE] = "enforce"};
static const char *const baseline_names[] = {[CONFIG_BASELINE_DROP] = "drop",
					      [CONFIG_BASELINE_DEFAULT] = "default",
					      [CONFIG_BASELINE_KEEP] = "keep"};
static const char *const source_names[] = {[CONFIG_SOURCE_AUTO] = "auto", [CONFIG_SOURCE_AUDIT] = "audit", [CONFIG_SOURCE_NOTIFY] = "notify"};
static const char *const policy_names[] = {[CONFIG_FAIL] = "fail", [CONFIG_ORIGINAL] = "original"};

struct reading {
	const struct json_doc *doc;
	struct config *config;
	struct err *err;
};

struct setting {
	const char *name;
	int (*read)(const struct reading *r, const struct json *v, size_t offset);
	size_t offset;
};

static int read_path(const struct reading *r, const struct json *v, size_t offset)
{
	char **where = (char **)(void *)((char *)r->config + offset);
	char *copy;

	if (json_type(v) != JSON_STRING || json_text(v)[0] != '/' || strlen(json_text(v)) != json_text_len(v))
		return json_err(r->doc, v, r->err, "expected an absolute path, like \"%s\"",
				offset == offsetof(struct config, runtime) ? "/usr/sbin/runc" : "/var/lib/snug");
	copy = strdup(json_text(v));
	if (!copy)
		return err_set(r->err, ENOMEM, "out of memory");
	free(*where);
	*where = copy;
	return 0;
}

/* Compares the whole length: a value with a NUL in it is not a name. */
static bool is_string(const struct json *v, const char *s)
{
	return json_type(v) == JSON_STRING && json_text_len(v) == strlen(s) && memcmp(json_text(v), s, strlen(s)) == 0;
}

static int read_name(const struct reading *r, const struct json *v, const char *const names[], size_t count, int *ret)
{
	cleanup_buf struct buf list = {0};

	for (size_t i = 0; i < count; i++) {
		if (!names[i])
			continue;
		if (is_string(v, names[i])) {
			*ret = (int)i;
			return 0;
		}
		buf_addf(&list, "%s\"%s\"", list.len ? ", " : "", names[i]);
	}
	return json_err(r->doc, v, r->err, "expected one of %s", list.data);
}

static int read_mode(const struct reading *r, const struct json *v, size_t offset)
{
	int value = 0, rc = read_name(r, v, mode_names, ARRAY_SIZE(mode_names), &value);

	if (rc == 0)
		r->config->mode = (enum config_mode)value;
	r->config->mode_given |= rc == 0;
	return rc;
}

static int read_baseline(const struct reading *r, const struct json *v, size_t offset)
{
	int value = 0, rc = read_name(r, v, baseline_names, ARRAY_SIZE(baseline_names), &value);

	if (rc == 0)
		r->config->baseline = (enum config_baseline)value;
	return rc;
}

static int read_source(const struct reading *r, const struct json *v, size_t offset)
{
	int value = 0, rc = read_name(r, v, source_names, ARRAY_SIZE(source_names), &value);

	if (rc == 0)
		r->config->source = (enum config_source)value;
	return rc;
}

static int read_policy(const struct reading *r, const struct json *v, size_t offset)
{
	int value = 0, rc = read_name(r, v, policy_names, ARRAY_SIZE(policy_names), &value);

	if (rc == 0)
		*(enum config_policy *)(void *)((char *)r->config + offset) = (enum config_policy)value;
	return rc;
}

static int read_annotations(const struct reading *r, const struct json *v, size_t offset)
{
	if (json_type(v) != JSON_ARRAY)
		return json_err(r->doc, v, r->err, "expected a list, like [\"io.snug.profile\", \"io.snug.mode\"]");
	for (const struct json *e = json_first(v); e; e = json_next(e)) {
		if (is_string(e, "io.snug.profile"))
			r->config->annotation_profile = true;
		else if (is_string(e, "io.snug.mode"))
			r->config->annotation_mode = true;
		else
			return json_err(r->doc, e, r->err, "expected \"io.snug.profile\" or \"io.snug.mode\"");
	}
	return 0;
}

static int read_switch(const struct reading *r, const struct json *v, size_t offset)
{
	static const char *const names[] = {"off", "on"};
	int value = 0, rc = read_name(r, v, names, ARRAY_SIZE(names), &value);

	if (rc == 0)
		*(bool *)((char *)r->config + offset) = value;
	return rc;
}

static int read_pod_minimum(const struct reading *r, const struct json *v, size_t offset)
{
	static const char *const names[] = {"none", "runtime-default"};
	int value = 0, rc = read_name(r, v, names, ARRAY_SIZE(names), &value);

	if (rc == 0)
		r->config->pod_minimum = value;
	return rc;
}

static int read_truth(const struct reading *r, const struct json *v, bool *ret)
{
	if (json_type(v) != JSON_TRUE && json_type(v) != JSON_FALSE)
		return json_err(r->doc, v, r->err, "expected true or false");
	*ret = json_type(v) == JSON_TRUE;
	return 0;
}

static int read_bool(const struct reading *r, const struct json *v, size_t offset)
{
	return read_truth(r, v, (bool *)(void *)((char *)r->config + offset));
}

static int read_progressive(const struct reading *r, const struct json *v, size_t offset)
{
	bool progressive = true;
	int rc = read_truth(r, v, &progressive);

	r->config->no_progress = !progressive;
	return rc;
}

/* A call that is unlogged before anybody has seen it must be harmless with any arguments, and must not hide other calls. */
static int read_hot_name(const struct reading *r, const struct json *v)
{
	const char *s = json_type(v) == JSON_STRING ? json_text(v) : "";
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (!len || len != json_text_len(v) || len >= HOT_NAME_MAX)
		return json_err(r->doc, v, r->err, "expected the name of a system call, like \"read\"");
	if (set_is_always_logged(s))
		return json_err(r->doc, v, r->err, "%s is always logged while learning", s);
	/* Of a call whose arguments decide, the harmless form is unlogged, if there is one. */
	if (argument_by_name(s) >= 0 && argument_get(argument_by_name(s))->kind != ARGUMENT_VALUES)
		return json_err(r->doc, v, r->err, "%s has no harmless form to assume", s);
	if (r->config->hot_set.count >= HOT_SET_MAX)
		return json_err(r->doc, v, r->err, "more than %d names", HOT_SET_MAX);
	return names_add(&r->config->hot_set, s) < 0 ? err_set(r->err, ENOMEM, "out of memory") : 0;
}

static int read_hot_set(const struct reading *r, const struct json *v, size_t offset)
{
	int rc = 0;

	if (json_type(v) != JSON_ARRAY)
		return json_type(v) == JSON_TRUE || json_type(v) == JSON_FALSE
			       ? read_truth(r, v, &r->config->hot_default)
			       : json_err(r->doc, v, r->err, "expected true, false or a list, like [\"read\", \"write\"]");
	for (const struct json *e = json_first(v); e && rc == 0; e = json_next(e))
		rc = read_hot_name(r, e);
	return rc;
}

/* Seconds, or a number with a unit: "90s", "30m", "12h", "7d". */
static int read_learn_for(const struct reading *r, const struct json *v, size_t offset)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const char *s = json_text(v) ? json_text(v) : "";
	char number[16] = "";
	size_t len = strspn(s, "0123456789");
	uint64_t n = 0, factor = json_type(v) == JSON_NUMBER && !s[len] ? 1 : 0;

	for (size_t i = 0; json_type(v) == JSON_STRING && i < ARRAY_SIZE(units); i++)
		if (s[len] == units[i].unit && len + 1 == json_text_len(v))
			factor = units[i].seconds;
	if (len < sizeof(number))
		memcpy(number, s, len);
	if (!factor || text_parse_u64(number, &n) < 0 || n > LEARN_FOR_MAX_S / factor)
		return json_err(r->doc, v, r->err, "expected a time, like \"7d\", \"12h\" or a number of seconds (0: forever)");
	r->config->learn_for_ms = n * factor * 1000;
	return 0;
}

static int read_learning(const struct reading *r, const struct json *v, size_t offset)
{
	static const char *const words[] = {"auto", "log-everything"};

	(void)offset;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (json_type(v) == JSON_STRING && text_streq(json_text(v), words[i])) {
			r->config->log_everything = i == 1;
			return 0;
		}
	return json_err(r->doc, v, r->err, "\"auto\" or \"log-everything\" is wanted");
}

static const struct setting settings[] = {
	{"runtime", read_path, offsetof(struct config, runtime)},
	{"mode", read_mode, 0},
	{"state_dir", read_path, offsetof(struct config, state_dir)},
	{"run_dir", read_path, offsetof(struct config, run_dir)},
	{"export_dir", read_path, offsetof(struct config, export_dir)},
	{"source", read_source, 0},
	{"baseline", read_baseline, 0},
	{"pod_minimum", read_pod_minimum, 0},
	{"on_error", read_policy, offsetof(struct config, on_error)},
	{"missing_profile", read_policy, offsetof(struct config, missing_profile)},
	{"annotations", read_annotations, 0},
	{"image_annotations", read_bool, offsetof(struct config, image_annotations)},
	{"session", read_switch, offsetof(struct config, session)},
	{"log_denials", read_bool, offsetof(struct config, log_denials)},
	{"progressive", read_progressive, 0},
	{"learning", read_learning, 0},
	{"experiments", read_bool, offsetof(struct config, experiments)},
	{"hot_set", read_hot_set, 0},
	{"learn_for", read_learn_for, 0},
};

static int read_member(const struct reading *r, const struct json *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (text_streq(json_key(v), settings[i].name) && json_key_len(v) == strlen(settings[i].name))
			return settings[i].read(r, v, settings[i].offset);
	return json_err(r->doc, v, r->err, "no such setting");
}

int config_apply(struct config *c, const char *text, size_t len, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	struct reading r = {.config = c, .err = err};
	int rc = json_parse(text, len, JSON_OURS, c->path, &doc, err);

	if (rc < 0)
		return rc;
	r.doc = doc;
	if (json_type(json_root(doc)) != JSON_OBJECT)
		return json_err(doc, json_root(doc), err, "expected an object, like {\"runtime\": \"/usr/sbin/runc\"}");
	for (const struct json *v = json_first(json_root(doc)); v && rc == 0; v = json_next(v))
		rc = read_member(&r, v);
	return rc;
}

/* Whoever can write to the file chooses the program that is executed as the real runtime; SNUG_CONFIG may come from a less
 * trusted caller. */
static int load(struct config *c, bool must_exist, struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0 && errno == ENOENT && !must_exist)
		return 0;
	if (fd < 0)
		return err_sys(err, errno, "%s: cannot open", c->path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s: cannot stat", c->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a regular file", c->path);
	rc = file_check_trust(&st, c->path, err);
	if (rc == 0)
		rc = file_read_fd(fd, CONFIG_SIZE_MAX, c->path, &text, err);
	return rc < 0 ? rc : config_apply(c, text.data, text.len, err);
}

/* A rootless caller's own directories, and own configuration file if there is one. */
static int choose_own(struct config *c)
{
	struct rootless_dirs own;
	struct stat st;

	if (rootless_find(&own, NULL) < 0)
		return -ENOMEM;
	c->state_dir = own.state_dir;
	c->run_dir = own.run_dir;
	if (lstat(own.config, &st) == 0)
		c->path = own.config;
	else
		free(own.config);
	return 0;
}

int config_default(struct config *ret, struct err *err)
{
	const char *named = secure_getenv("SNUG_CONFIG");
	struct config c = {.mode = CONFIG_PASS, .session = true, .log_denials = true, .pod_minimum = true,
			   .learn_for_ms = LEARN_FOR_DEFAULT_S * 1000};

	c.named = named != NULL;
	c.rootless = rootless_is();
	if (c.rootless && choose_own(&c) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (named || !c.path) {
		free(c.path);
		c.path = strdup(named ? named : CONFIG_DEFAULT_PATH);
	}
	if (!c.rootless) {
		c.state_dir = strdup("/var/lib/snug");
		c.run_dir = strdup("/run/snug");
	}
	if (!c.path || !c.state_dir || !c.run_dir) {
		config_done(&c);
		return err_set(err, ENOMEM, "out of memory");
	}
	*ret = c;
	return 0;
}

/* The node's file also applies to rootless callers, except for root's directories. */
static int keep_own_dirs(struct config *c, struct err *err)
{
	struct config own = {0};

	if (!c->rootless || !text_streq(c->path, CONFIG_DEFAULT_PATH) || c->named)
		return 0;
	if (choose_own(&own) < 0)
		return err_set(err, ENOMEM, "out of memory");
	free(own.path);
	free(c->state_dir);
	free(c->run_dir);
	free(c->export_dir);
	c->state_dir = own.state_dir;
	c->run_dir = own.run_dir;
	c->export_dir = NULL;
	return 0;
}

/* SNUG_LEARN_SOURCE: for a single CI job, for example. */
static int read_environment(struct config *c, struct err *err)
{
	const char *source = c->rootless ? secure_getenv("SNUG_LEARN_SOURCE") : NULL;

	for (size_t i = 0; source && *source; i++) {
		if (i == ARRAY_SIZE(source_names))
			return err_set(err, EINVAL, "SNUG_LEARN_SOURCE: one of \"auto\", \"audit\", \"notify\" is wanted");
		if (text_streq(source, source_names[i])) {
			c->source = (enum config_source)i;
			return 0;
		}
	}
	return 0;
}

int config_load(struct config *ret, struct err *err)
{
	struct config c = {0};
	int rc = config_default(&c, err);

	if (rc == 0)
		rc = load(&c, c.named, err);
	if (rc == 0)
		rc = keep_own_dirs(&c, err);
	if (rc == 0)
		rc = read_environment(&c, err);
	if (rc < 0) {
		config_done(&c);
		return rc;
	}
	*ret = c;
	return 0;
}

void config_done(struct config *c)
{
	if (!c)
		return;
	free(c->path);
	free(c->runtime);
	free(c->state_dir);
	free(c->run_dir);
	free(c->export_dir);
	names_done(&c->hot_set);
	*c = (struct config){0};
}

const char *config_source_name(enum config_source s)
{
	return source_names[s];
}

const char *config_mode_name(enum config_mode m)
{
	return mode_names[m];
}

int config_mode_by_name(const char *name, enum config_mode *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++)
		if (text_streq(name, mode_names[i])) {
			*ret = (enum config_mode)i;
			return 0;
		}
	return -ENOENT;
}
