#include "shim/cli/floor/ablation.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define CALLS_MAX 10000

static const char *const phases[] = {[FLOOR_CREATE] = "create", [FLOOR_EXEC] = "exec"};
_Static_assert(ARRAY_SIZE(phases) == FLOOR_PHASES, "one name per phase");
static const char *const errnos[] = {[ABLATION_ENOSYS] = "enosys", [ABLATION_EPERM] = "eperm"};
_Static_assert(ARRAY_SIZE(errnos) == ABLATION_ERRNOS, "one name per errno");
static const char *const outcomes[] = {
	[ABLATION_UNTRIED] = "untried", [ABLATION_STARTS] = "starts", [ABLATION_FAILS] = "fails"};
_Static_assert(ARRAY_SIZE(outcomes) == ABLATION_OUTCOMES, "one name per outcome");
static const char *const uses[] = {
	[FLOOR_UNKNOWN] = "unknown", [FLOOR_NEEDS] = "needs", [FLOOR_TRIES] = "tries", [FLOOR_MAY_USE] = "may-use",
	[FLOOR_EITHER] = "either"};
_Static_assert(ARRAY_SIZE(uses) == FLOOR_USES, "one name per use");

static int index_of(const char *const names[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (text_streq(names[i], name))
			return (int)i;
	return -ENOENT;
}

const char *floor_phase_name(enum floor_phase p)
{
	return phases[p];
}

int floor_phase_by_name(const char *name, enum floor_phase *ret)
{
	int i = index_of(phases, ARRAY_SIZE(phases), name);

	if (i < 0)
		return i;
	*ret = (enum floor_phase)i;
	return 0;
}

const char *ablation_errno_name(enum ablation_errno e)
{
	return errnos[e];
}

uint32_t ablation_errno_number(enum ablation_errno e)
{
	return e == ABLATION_ENOSYS ? ENOSYS : EPERM;
}

const char *ablation_outcome_name(enum ablation_outcome o)
{
	return outcomes[o];
}

int ablation_outcome_by_name(const char *name, enum ablation_outcome *ret)
{
	int i = index_of(outcomes, ARRAY_SIZE(outcomes), name);

	if (i < 0)
		return i;
	*ret = (enum ablation_outcome)i;
	return 0;
}

const char *floor_use_name(enum floor_use u)
{
	return uses[u];
}

bool floor_is_tried(enum floor_use u)
{
	return u == FLOOR_TRIES || u == FLOOR_EITHER;
}

int floor_use_by_name(const char *name, enum floor_use *ret)
{
	int i = index_of(uses, ARRAY_SIZE(uses), name);

	if (i < 0)
		return i;
	*ret = (enum floor_use)i;
	return 0;
}

enum floor_use floor_use_of(uint64_t seen, uint64_t starts, bool tried, bool either,
			    const enum ablation_outcome without[ABLATION_ERRNOS])
{
	if (without[ABLATION_ENOSYS] == ABLATION_FAILS && without[ABLATION_EPERM] == ABLATION_FAILS)
		return FLOOR_NEEDS;
	if (!tried)
		return FLOOR_UNKNOWN;
	if (seen < starts)
		return FLOOR_MAY_USE;
	if (without[ABLATION_ENOSYS] == ABLATION_UNTRIED)
		return FLOOR_UNKNOWN;
	return either ? FLOOR_EITHER : FLOOR_TRIES;
}

void ablation_done(struct ablation *a)
{
	if (!a)
		return;
	free(a->calls);
	free(a->either);
	*a = (struct ablation){0};
}

struct ablation_call *ablation_find(const struct ablation *a, enum floor_phase phase, const struct arch *arch, uint32_t nr)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->calls[i].phase == phase && a->calls[i].arch == arch && a->calls[i].nr == nr)
			return &a->calls[i];
	return NULL;
}

static bool comes_before(const struct ablation_call *x, enum floor_phase phase, uint32_t nr)
{
	return x->phase != phase ? x->phase < phase : x->nr < nr;
}

int ablation_set(struct ablation *a, enum floor_phase phase, const struct arch *arch, uint32_t nr, enum ablation_errno e,
		 enum ablation_outcome outcome, struct err *err)
{
	struct ablation_call *c = ablation_find(a, phase, arch, nr), *calls;
	size_t at = 0;

	if (!c) {
		calls = reallocarray(a->calls, a->count + 1, sizeof(*calls));
		if (!calls)
			return err_set(err, ENOMEM, "out of memory");
		a->calls = calls;
		while (at < a->count && comes_before(&calls[at], phase, nr))
			at++;
		memmove(&calls[at + 1], &calls[at], (a->count - at) * sizeof(*calls));
		calls[at] = (struct ablation_call){.phase = phase, .arch = arch, .nr = nr};
		a->count++;
		c = &calls[at];
	}
	c->without[e] = outcome;
	return 0;
}

int ablation_add_either(struct ablation *a, const struct ablation_either *either, struct err *err)
{
	struct ablation_either *all = reallocarray(a->either, a->either_count + 1, sizeof(*all));

	if (!all)
		return err_set(err, ENOMEM, "out of memory");
	a->either = all;
	all[a->either_count++] = *either;
	return 0;
}

bool ablation_is_either(const struct ablation *a, enum floor_phase phase, const struct arch *arch, uint32_t nr)
{
	for (size_t i = 0; i < a->either_count; i++)
		for (size_t k = 0; a->either[i].phase == phase && a->either[i].arch == arch && k < a->either[i].count; k++)
			if (a->either[i].nr[k] == nr)
				return true;
	return false;
}

static void write_either(struct json_writer *w, const struct ablation_either *e)
{
	json_write_object_flat(w, NULL);
	json_write_string(w, "phase", phases[e->phase]);
	json_write_string(w, "arch", e->arch->name);
	json_write_string(w, "errno", errnos[e->by]);
	json_write_array_flat(w, "nr");
	for (size_t i = 0; i < e->count; i++)
		json_write_u64(w, NULL, e->nr[i]);
	json_write_end_array(w);
	json_write_end_object(w);
}

int ablation_write(const struct ablation *a, struct buf *out, struct err *err)
{
	char libseccomp[SYSCALL_LIBSECCOMP_MAX], name[SYSCALL_NAME_MAX];
	struct utsname node = {0};
	struct json_writer w;

	uname(&node);
	syscall_libseccomp(libseccomp);
	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "version", ABLATION_VERSION);
	json_write_string(&w, "kernel", node.release);
	json_write_string(&w, "libseccomp", libseccomp);
	json_write_array(&w, "calls");
	for (size_t i = 0; i < a->count; i++) {
		const struct ablation_call *c = &a->calls[i];

		syscall_name(c->arch, c->nr, name);
		json_write_object_flat(&w, NULL);
		json_write_string(&w, "phase", phases[c->phase]);
		json_write_string(&w, "arch", c->arch->name);
		json_write_u64(&w, "nr", c->nr);
		json_write_string(&w, "name", name);
		for (size_t e = 0; e < ABLATION_ERRNOS; e++)
			json_write_string(&w, errnos[e], outcomes[c->without[e]]);
		if (c->unmade)
			json_write_bool(&w, "unmade", true);
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	json_write_array(&w, "either");
	for (size_t i = 0; i < a->either_count; i++)
		write_either(&w, &a->either[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int read_place(const struct json_doc *doc, const struct json *v, enum floor_phase *ret_phase, const struct arch **ret_arch,
		      struct err *err)
{
	const char *phase = NULL, *arch = NULL;
	int r = json_want_string(doc, v, "phase", &phase, err);

	if (!r && floor_phase_by_name(phase, ret_phase) < 0)
		r = json_err(doc, json_get(v, "phase"), err, "expected \"create\" or \"exec\"");
	if (!r)
		r = json_want_string(doc, v, "arch", &arch, err);
	if (!r && !(*ret_arch = arch_by_name(arch)))
		r = json_err(doc, json_get(v, "arch"), err, "snug does not know this architecture");
	return r;
}

static int read_call(const struct json_doc *doc, const struct json *v, struct ablation *a, struct err *err)
{
	const struct arch *arch = NULL;
	enum floor_phase phase = FLOOR_CREATE;
	uint64_t nr = 0;
	int r = read_place(doc, v, &phase, &arch, err);

	if (!r)
		r = json_want_u64(doc, v, "nr", &nr, err);
	if (!r && nr > INT32_MAX)
		r = json_err(doc, json_get(v, "nr"), err, "no call has this number");
	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++) {
		enum ablation_outcome outcome = ABLATION_UNTRIED;
		const char *name = NULL;

		r = json_want_string(doc, v, errnos[e], &name, err);
		if (!r && ablation_outcome_by_name(name, &outcome) < 0)
			r = json_err(doc, json_get(v, errnos[e]), err, "expected \"starts\", \"fails\" or \"untried\"");
		if (!r)
			r = ablation_set(a, phase, arch, (uint32_t)nr, e, outcome, err);
	}
	struct ablation_call *c = r ? NULL : ablation_find(a, phase, arch, (uint32_t)nr);

	if (c)
		c->unmade = json_type(json_get(v, "unmade")) == JSON_TRUE;
	return r;
}

static int read_either(const struct json_doc *doc, const struct json *v, struct ablation *a, struct err *err)
{
	struct ablation_either either = {0};
	const struct json *numbers = json_get(v, "nr");
	const char *by = NULL;
	int r = read_place(doc, v, &either.phase, &either.arch, err), i;

	if (!r)
		r = json_want_string(doc, v, "errno", &by, err);
	if (r < 0)
		return r;
	i = index_of(errnos, ARRAY_SIZE(errnos), by);
	if (i < 0)
		return json_err(doc, json_get(v, "errno"), err, "expected \"enosys\" or \"eperm\"");
	either.by = (enum ablation_errno)i;
	if (json_type(numbers) != JSON_ARRAY || json_count(numbers) > ABLATION_EITHER_MAX)
		return json_err(doc, v, err, "expected an array \"nr\" of at most %d numbers", ABLATION_EITHER_MAX);
	for (const struct json *e = json_first(numbers); e; e = json_next(e)) {
		uint64_t nr = 0;

		if (json_u64(e, &nr) < 0 || nr > INT32_MAX)
			return json_err(doc, e, err, "no call has this number");
		either.nr[either.count++] = (uint32_t)nr;
	}
	return ablation_add_either(a, &either, err);
}

int ablation_parse(const char *text, size_t len, const char *name, struct ablation *ret, struct err *err)
{
	cleanup_ablation struct ablation a = {0};
	cleanup_json struct json_doc *doc = NULL;
	uint64_t version = 0;
	int r = json_parse(text, len, JSON_OURS, name, &doc, err);

	if (!r)
		r = json_want_u64(doc, json_root(doc), "version", &version, err);
	if (!r && version != ABLATION_VERSION) {
		json_err(doc, json_get(json_root(doc), "version"), err,
			 "this snug reads only version %d of these files", ABLATION_VERSION);
		return -EPROTONOSUPPORT;
	}
	if (r < 0)
		return r;
	const struct json *calls = json_get(json_root(doc), "calls");

	if (json_type(calls) != JSON_ARRAY || json_count(calls) > CALLS_MAX)
		return json_err(doc, json_root(doc), err, "expected an array \"calls\"");
	for (const struct json *v = json_first(calls); !r && v; v = json_next(v))
		r = read_call(doc, v, &a, err);
	for (const struct json *v = json_first(json_get(json_root(doc), "either")); !r && v; v = json_next(v))
		r = read_either(doc, v, &a, err);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct ablation){0};
	return 0;
}
