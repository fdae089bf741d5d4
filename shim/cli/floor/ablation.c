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
	[FLOOR_UNKNOWN] = "unknown", [FLOOR_NEEDS] = "needs", [FLOOR_TRIES] = "tries", [FLOOR_MAY_USE] = "may-use"};
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

int floor_use_by_name(const char *name, enum floor_use *ret)
{
	int i = index_of(uses, ARRAY_SIZE(uses), name);

	if (i < 0)
		return i;
	*ret = (enum floor_use)i;
	return 0;
}

enum floor_use floor_use_of(uint64_t seen, uint64_t starts, bool tried, const enum ablation_outcome without[ABLATION_ERRNOS])
{
	if (without[ABLATION_ENOSYS] == ABLATION_FAILS && without[ABLATION_EPERM] == ABLATION_FAILS)
		return FLOOR_NEEDS;
	if (!tried)
		return FLOOR_UNKNOWN;
	if (seen < starts)
		return FLOOR_MAY_USE;
	return without[ABLATION_ENOSYS] == ABLATION_UNTRIED ? FLOOR_UNKNOWN : FLOOR_TRIES;
}

void ablation_done(struct ablation *a)
{
	if (!a)
		return;
	free(a->calls);
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
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int read_call(const struct json_doc *doc, const struct json *v, struct ablation *a, struct err *err)
{
	const char *phase_name = NULL, *arch_name = NULL;
	const struct arch *arch = NULL;
	enum floor_phase phase = FLOOR_CREATE;
	uint64_t nr = 0;
	int r = json_want_string(doc, v, "phase", &phase_name, err);

	if (!r && floor_phase_by_name(phase_name, &phase) < 0)
		r = json_err(doc, json_get(v, "phase"), err, "expected \"create\" or \"exec\"");
	if (!r)
		r = json_want_string(doc, v, "arch", &arch_name, err);
	if (!r && !(arch = arch_by_name(arch_name)))
		r = json_err(doc, json_get(v, "arch"), err, "snug does not know this architecture");
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
	return r;
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
	if (r < 0)
		return r;
	*ret = a;
	a = (struct ablation){0};
	return 0;
}
