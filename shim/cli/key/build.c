#include "shim/cli/key/build.h"
#include "shim/cli/common/word.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/write/write.h"
#include "seccomp/profile/proof.h"
#include "seccomp/syscall/names.h"
#include "seccomp/syscall/sets.h"
#include "shim/cli/floor/canary_bundle.h"
#include "shim/cli/floor/catalogue.h"
#include "shim/common/client.h"
#include "shim/common/namespaces.h"
#include "shim/common/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int add_runtime(struct build *b, const char *id, const char *path, bool go, bool present, struct err *err)
{
	for (size_t i = 0; i < b->runtime_count; i++)
		if (text_streq(b->runtimes[i].id, id)) {
			b->runtimes[i].present |= present;
			return 0;
		}
	if (b->runtime_count == BUILD_RUNTIMES_MAX)
		return 0;
	struct build_runtime *rt = &b->runtimes[b->runtime_count];

	if (strlen(id) >= sizeof(rt->id))
		return err_set(err, EINVAL, "the runtime id '%s' is too long", id);
	*rt = (struct build_runtime){.path = strdup(path), .go = go, .present = present};
	if (!rt->path)
		return err_set(err, ENOMEM, "out of memory");
	memcpy(rt->id, id, strlen(id) + 1);
	b->runtime_count++;
	return 0;
}

/* Adds the file that is at this path now. */
static int add_present(struct build *b, const char *path, struct err *err)
{
	cleanup_with(oci_runtime_done) struct oci_runtime rt = {0};
	char id[OCI_RUNTIME_ID_MAX];
	int r = oci_runtime_open(path, -1, &rt, err);

	if (r < 0)
		return r;
	oci_runtime_id(&rt, id);
	return add_runtime(b, id, path, rt.is_go, true, err);
}

static int find_runtimes(struct build *b, const char *runtime_path, struct err *err)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(b->evidence, &runs);
	int r = runtime_path ? add_present(b, runtime_path, err) : 0;

	for (; !r && n > 0; n--) {
		const struct evidence_run *run = runs[n - 1];

		if (run->mode != EVIDENCE_LEARN || !*run->runtime_id)
			continue;
		/* From now on, the file that is there now will start the containers; if there is none, nothing will. */
		(void)add_present(b, run->runtime, NULL);
		r = add_runtime(b, run->runtime_id, run->runtime, run->go, false, err);
	}
	return r;
}

int build_load_floors(const struct cli *cli, struct build *b, struct err *err)
{
	const char *shape = evidence_shape(b->evidence);
	int r = 0;

	for (size_t i = 0; shape && !r && i < b->runtime_count; i++) {
		const struct floor_id id = floor_id_here(cli->config.state_dir, b->runtimes[i].id, shape);
		struct floor floor = {0};

		if (b->runtimes[i].floor.catalogued)
			continue;

		r = floor_load(&id, &floor, err);
		/* Whoever cannot read the samples has none. */
		if (r == -EACCES && geteuid() != 0)
			r = 0;
		if (!r) {
			floor_done(&b->runtimes[i].floor);
			b->runtimes[i].floor = floor;
		}
	}
	return r;
}

int build_load(const struct cli *cli, const char *key, const char *runtime_path, struct build *ret, struct err *err)
{
	int r = word_load_evidence(cli, key, &ret->evidence, err);

	if (r < 0)
		return r;
	evidence_evaluate(ret->evidence, &ret->verdict);
	r = find_runtimes(ret, runtime_path, err);
	return r < 0 ? r : build_load_floors(cli, ret, err);
}

static bool was_complete_on(const struct evidence *ev, const struct arch *machine)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs);

	for (size_t i = 0; i < n; i++)
		if (runs[i]->mode == EVIDENCE_LEARN && !runs[i]->reasons && runs[i]->arches & UINT32_C(1) << machine->id)
			return true;
	return false;
}

int build_for_machine(struct build *b, const struct arch *machine, const char *key, struct err *err)
{
	const struct arch *family[4];
	size_t n = arch_family(machine, family);
	uint32_t on = 0;

	for (size_t i = 0; i < n; i++)
		on |= UINT32_C(1) << family[i]->id;
	if (!(evidence_arches(b->evidence) & on))
		return err_set(err, ENODATA, "the evidence of %s has no call on %s: learn it there, then `snug merge`", key, machine->name);
	b->machine = machine;
	b->verdict.complete &= was_complete_on(b->evidence, machine);
	return 0;
}

/* Adds a released runtime of the catalogue, for the way in which the key's containers are started. */
static int add_release(struct build *b, const char *name, struct err *err)
{
	const struct catalogue_entry *e = NULL;
	const struct arch *host[4];
	const struct arch *machine = b->machine ? b->machine : arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	const char *shape = evidence_shape(b->evidence);
	struct build_runtime *rt;
	int r = catalogue_find(name, machine, &e, err);

	for (size_t i = 0; !r && i < b->runtime_count; i++)
		if (text_streq(b->runtimes[i].id, e->name))
			return 0;
	if (!r && b->runtime_count == BUILD_RUNTIMES_MAX)
		r = err_set(err, E2BIG, "too many runtimes for one profile: at most %d", BUILD_RUNTIMES_MAX);
	if (!r)
		r = add_runtime(b, e->name, e->name, text_starts(e->name, "runc"), false, err);
	if (r < 0)
		return r;
	rt = &b->runtimes[b->runtime_count - 1];
	return catalogue_floor(e, shape && canary_no_new_privileges(shape), &rt->floor, err);
}

int build_add_runtime(const struct cli *cli, struct build *b, const char *key, const char *runtime, struct err *err)
{
	cleanup_with(oci_runtime_done) struct oci_runtime rt = {0};
	char id[OCI_RUNTIME_ID_MAX];

	if (catalogue_is_name(runtime))
		return add_release(b, runtime, err);
	int r = oci_runtime_open_or_find(runtime, -1, &rt, err);

	if (r < 0)
		return r;
	oci_runtime_id(&rt, id);
	r = add_runtime(b, id, rt.path, rt.is_go, true, err);
	if (r == 0)
		r = build_load_floors(cli, b, err);
	for (size_t i = 0; i < b->runtime_count && r == 0; i++)
		if (text_streq(b->runtimes[i].id, id) && !floor_is_sampled(&b->runtimes[i].floor))
			return err_set(err, ENOENT,
				       "%s has no floor for such containers yet; `snug floor --runtime %s --key %s` "
				       "samples it",
				       rt.path, rt.path, key);
	return r;
}

int build_add_runtimes(const struct cli *cli, struct build *b, const char *key, const char *list, struct err *err)
{
	cleanup_free char *copy = list ? strdup(list) : NULL;
	char *state = NULL;
	int r = 0;

	if (list && !copy)
		return err_set(err, ENOMEM, "out of memory");
	for (char *w = list ? strtok_r(copy, ",", &state) : NULL; w && r == 0; w = strtok_r(NULL, ",", &state))
		r = build_add_runtime(cli, b, key, w, err);
	return r;
}

static size_t list_floors(const struct build *b, const struct evidence *ret[BUILD_RUNTIMES_MAX * FLOOR_PHASES])
{
	size_t n = 0;

	for (size_t i = 0; i < b->runtime_count; i++)
		for (size_t p = 0; p < FLOOR_PHASES; p++)
			if (b->runtimes[i].floor.phase[p])
				ret[n++] = b->runtimes[i].floor.phase[p];
	return n;
}

/* The number of complete learning runs in which a call was seen, as far as they logged it. */
static uint64_t runs_of(const struct build *b, const char *name, uint64_t total)
{
	const struct evidence_call *const *calls = NULL;
	char call[SYSCALL_NAME_MAX];
	uint64_t most = 0;

	for (size_t i = 0, n = evidence_calls(b->evidence, &calls); i < n; i++)
		if (calls[i]->count && calls[i]->runs > most && (!b->machine || arch_runs_on(calls[i]->arch, b->machine)) && syscall_name(calls[i]->arch, calls[i]->nr, call) && text_streq(call, name))
			most = calls[i]->runs;
	return most < total ? most : total;
}

static bool stands_before(const struct policy_rule *const *rules, size_t end, const char *name)
{
	for (size_t i = 0; i < end; i++)
		for (size_t k = 0; k < rules[i]->name_count; k++)
			if (text_streq(rules[i]->names[k], name))
				return true;
	return false;
}

/* The operator's annotation: {"version":"v1","total":RUNS,"syscalls":{NAME:RUNS}}. There is none without a complete run. */
static int add_coverage(const struct build *b, struct policy *p, struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	cleanup_buf struct buf json = {0};
	struct json_writer w;

	if (!b->verdict.complete_runs)
		return 0;
	json_write_begin(&w, &json, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "version", "v1");
	json_write_u64(&w, "total", b->verdict.complete_runs);
	json_write_object(&w, "syscalls");
	for (size_t i = 0, n = policy_rules(p, &rules); i < n; i++)
		for (size_t k = 0; k < rules[i]->name_count; k++) {
			uint64_t runs = runs_of(b, rules[i]->names[k], b->verdict.complete_runs);

			/* A call with rules for its arguments has several rules. */
			if (runs && !stands_before(rules, i, rules[i]->names[k]))
				json_write_u64(&w, rules[i]->names[k], runs);
		}
	json_write_end_object(&w);
	json_write_end_object(&w);
	return buf_failed(&json) ? err_set(err, ENOMEM, "out of memory") : policy_set_coverage(p, json.data, err);
}

int build_write(const struct build *b, enum policy_format format, const char *name, struct buf *out, struct buf *lost,
		struct err *err)
{
	const struct evidence *used[1 + BUILD_RUNTIMES_MAX * FLOOR_PHASES] = {b->evidence};
	cleanup_policy struct policy *whole = NULL, *adapted = NULL;
	struct proof proof = {.name = name, .format = format, .used = used, .floors_from = 1, .machine = b->machine};
	int r = profile_to_policy(b->profile, name, &whole, err);

	if (r == 0)
		r = policy_adapt(whole, format, &adapted, lost, err);
	if (r == 0 && (format == POLICY_SPO || format == POLICY_SPO_V1BETA1))
		r = add_coverage(b, adapted, err);
	if (r == 0)
		r = policy_write(adapted, format, name, lost, out, err);
	/* Nothing here reads C; its content was proved as the plain form. */
	if (r < 0 || format == POLICY_LIBSECCOMP_C)
		return r;
	proof.meant = adapted;
	proof.used_count = 1 + list_floors(b, used + 1);
	proof.left_out = b->left_out;
	proof.left_out_count = b->left_out_count;
	proof.without = b->without;
	return proof_text(out, &proof, err);
}

/* True if every set of which one call is needed, and this call is a member, has a harmless call that stays. */
static bool has_harmless_other(const struct floor *f, enum floor_phase p, const struct evidence_call *c, enum ablation_errno e)
{
	bool all = true;

	for (size_t i = 0; i < f->ablation.either_count; i++) {
		const struct ablation_either *either = &f->ablation.either[i];
		bool of = false, harmless = false;

		for (size_t k = 0; k < either->count; k++) {
			char name[SYSCALL_NAME_MAX];

			of |= either->nr[k] == c->nr;
			harmless |= syscall_name(either->arch, either->nr[k], name) && !set_danger_of(name);
		}
		all &= either->phase != p || either->by != e || either->arch != c->arch || !of || harmless;
	}
	return all;
}

/* True if no runtime needs the call to start or exec when it is refused by this errno. What it does without for root proves nothing
 * about rootless starts. */
static bool can_do_without(const struct build *b, const struct evidence_call *c, enum ablation_errno e)
{
	bool rootless = !namespaces_is_root();

	for (size_t i = 0; i < b->runtime_count; i++)
		for (enum floor_phase p = 0; p < FLOOR_PHASES; p++) {
			const struct floor *f = &b->runtimes[i].floor;
			const struct evidence_call *own = floor_find(f, p, c);
			const struct ablation_call *a = ablation_find(&f->ablation, p, c->arch, c->nr);

			if (own && (f->rootless != rootless || !floor_is_tried(floor_use(f, p, own)) || !a || a->without[e] != ABLATION_STARTS ||
				    !has_harmless_other(f, p, own, e)))
				return false;
		}
	return true;
}

/* True if every runtime that was seen to make the call does so only while somebody listens. */
static bool is_unmade(const struct build *b, const struct evidence_call *c)
{
	bool any = false;

	for (size_t i = 0; i < b->runtime_count; i++)
		for (enum floor_phase p = 0; p < FLOOR_PHASES; p++) {
			const struct floor *f = &b->runtimes[i].floor;
			const struct ablation_call *a = ablation_find(&f->ablation, p, c->arch, c->nr);

			if (!floor_find(f, p, c))
				continue;
			if (!a || !a->unmade)
				return false;
			any = true;
		}
	return any;
}

static int leave_out(struct build *b, const struct evidence_call *c, struct err *err)
{
	struct profile_call *all;

	for (size_t i = 0; i < b->left_out_count; i++)
		if (b->left_out[i].arch == c->arch && b->left_out[i].nr == c->nr)
			return 0;
	all = reallocarray(b->left_out, b->left_out_count + 1, sizeof(*all));
	if (!all)
		return err_set(err, ENOMEM, "out of memory");
	b->left_out = all;
	all[b->left_out_count++] = (struct profile_call){c->arch, c->nr};
	return 0;
}

/* Leaves out dangerous calls that are only tried, and what no start makes but one that is learnt by notify, unless a runtime that starts the containers was not sampled: it may need a call
 * that another one only tries. */
static int find_left_out(struct build *b, enum ablation_errno e, struct err *err)
{
	const struct evidence *floors[BUILD_RUNTIMES_MAX * FLOOR_PHASES];
	size_t n = list_floors(b, floors);
	int r = 0;

	b->left_out_count = 0;
	for (size_t i = 0; i < b->runtime_count; i++)
		if (b->runtimes[i].present && !floor_is_sampled(&b->runtimes[i].floor))
			return 0;
	for (size_t i = 0; i < n; i++) {
		const struct evidence_call *const *calls = NULL;
		size_t count = evidence_calls(floors[i], &calls);

		for (size_t k = 0; !r && k < count; k++) {
			char name[SYSCALL_NAME_MAX];

			if (floor_is_call(calls[k]) && syscall_name(calls[k]->arch, calls[k]->nr, name) &&
			    (is_unmade(b, calls[k]) || (set_danger_of(name) && can_do_without(b, calls[k], e))))
				r = leave_out(b, calls[k], err);
		}
	}
	return r;
}

int build_profile(struct build *b, uint32_t errno_ret, struct err *err)
{
	const struct evidence *floors[BUILD_RUNTIMES_MAX * FLOOR_PHASES];
	struct profile_inputs in = {.evidence = b->evidence, .floors = floors, .errno_ret = errno_ret, .machine = b->machine,
				    .without = b->without};
	cleanup_buf struct buf lost = {0};
	struct profile *profile = NULL;

	int r = find_left_out(b, errno_ret == ENOSYS ? ABLATION_ENOSYS : ABLATION_EPERM, err);

	if (r < 0)
		return r;
	in.floor_count = list_floors(b, floors);
	in.left_out = b->left_out;
	in.left_out_count = b->left_out_count;
	for (size_t i = 0; i < b->runtime_count; i++)
		in.go |= b->runtimes[i].go;
	buf_clear(&b->unnamed);
	buf_clear(&b->oci);
	r = profile_build(&in, &profile, &b->unnamed, err);

	if (r < 0)
		return r;
	profile_free(b->profile);
	b->profile = profile;
	return build_write(b, POLICY_OCI, evidence_key(b->evidence), &b->oci, &lost, err);
}

void build_done(struct build *b)
{
	for (size_t i = 0; i < b->runtime_count; i++) {
		free(b->runtimes[i].path);
		floor_done(&b->runtimes[i].floor);
	}
	evidence_free(b->evidence);
	profile_free(b->profile);
	free(b->left_out);
	buf_done(&b->unnamed);
	buf_done(&b->oci);
}

int build_parse_without(const char *name, unsigned *ret, struct err *err)
{
	static const unsigned terminal = 1u << EVIDENCE_TERMINAL;

	*ret = 0;
	if (text_streq(name, "exec"))
		*ret = terminal | 1u << EVIDENCE_EXEC;
	else if (text_streq(name, "terminal"))
		*ret = terminal;
	else if (name)
		return err_set(err, EINVAL, "--without takes exec or terminal, not '%s'", name);
	return 0;
}

int build_parse_errno(const char *name, uint32_t *ret, struct err *err)
{
	if (!name || text_streq(name, "enosys"))
		*ret = ENOSYS;
	else if (text_streq(name, "eperm"))
		*ret = EPERM;
	else
		return err_set(err, EINVAL, "--errno takes enosys or eperm, not '%s'", name);
	return 0;
}
