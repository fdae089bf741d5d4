#include "seccomp/filter/filter.h"

#include "seccomp/filter/bpf.h"
#include "seccomp/filter/filter_private.h"

#include "base/text.h"

#include <byteswap.h>
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

int filter_new(const struct policy *p, const struct filter_view *view, struct filter **ret, struct err *err)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return err_set(err, ENOMEM, "out of memory");
	f->policy = p;
	if (view)
		f->view = *view;
	*ret = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < ARCH_COUNT; i++) {
		free(f->program[i].code);
		free(f->program[i].refusals);
	}
	free(f);
}

uint32_t filter_action_of(const struct policy_answer *a)
{
	uint32_t number = a->has_errno ? a->errno_ret : EPERM;

	switch (a->action) {
	case POLICY_ALLOW:
		return SCMP_ACT_ALLOW;
	case POLICY_LOG:
		return SCMP_ACT_LOG;
	case POLICY_ERRNO:
		return SCMP_ACT_ERRNO(number);
	case POLICY_TRAP:
		return SCMP_ACT_TRAP;
	case POLICY_TRACE:
		return SCMP_ACT_TRACE(number);
	case POLICY_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case POLICY_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	default:
		return SCMP_ACT_KILL_THREAD;
	}
}

bool filter_allows(uint32_t answer)
{
	return answer == SCMP_ACT_ALLOW || answer == SCMP_ACT_LOG;
}

/* Docker's name (Go's GOARCH) of the machine that runs an ABI. */
static const char *machine_of(const struct arch *arch)
{
	switch (arch->id) {
	case ARCH_X86_64:
	case ARCH_X86:
	case ARCH_X32:
		return "amd64";
	case ARCH_AARCH64:
	case ARCH_ARM:
		return "arm64";
	case ARCH_S390X:
	case ARCH_S390:
		return "s390x";
	case ARCH_MIPSEL:
		return "mipsle";
	case ARCH_MIPSEL64:
	case ARCH_MIPSEL64N32:
		return "mips64le";
	case ARCH_MIPS64N32:
		return "mips64";
	default:
		return arch->name;
	}
}

/* moby oci/caps/defaults.go */
static const char *const DEFAULT_CAPS[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",     "CAP_MKNOD",
	"CAP_NET_RAW", "CAP_SETGID",       "CAP_SETUID",           "CAP_SETFCAP",    "CAP_SETPCAP",
	"CAP_KILL",    "CAP_SYS_CHROOT",   "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE"};

static bool has_cap(const struct filter_view *view, const char *name)
{
	const char *const *caps = view->caps ? view->caps : DEFAULT_CAPS;
	size_t count = view->caps ? view->cap_count : ARRAY_SIZE(DEFAULT_CAPS);

	for (size_t i = 0; i < count; i++)
		if (text_streq(caps[i], name))
			return true;
	return false;
}

static bool has_kernel(const struct filter_view *view, const unsigned min[2])
{
	if (view->kernel[0] == 0)
		return true;
	return view->kernel[0] > min[0] || (view->kernel[0] == min[0] && view->kernel[1] >= min[1]);
}

static bool lists_machine(const struct policy_condition *c, const struct arch *arch)
{
	for (size_t i = 0; i < c->arch_count; i++)
		if (text_streq(c->arches[i], machine_of(arch)))
			return true;
	return false;
}

/* moby profiles/seccomp/seccomp_linux.go setupSeccomp(): includes need all capabilities, excludes any of them. */
bool filter_applies(const struct filter *f, const struct policy_rule *rule, const struct arch *arch)
{
	const struct policy_condition *in = &rule->includes, *ex = &rule->excludes;

	if (f->view.plain)
		return true;
	if (lists_machine(ex, arch) || (ex->has_kernel && has_kernel(&f->view, ex->kernel)))
		return false;
	for (size_t i = 0; i < ex->cap_count; i++)
		if (has_cap(&f->view, ex->caps[i]))
			return false;
	for (size_t i = 0; i < in->cap_count; i++)
		if (!has_cap(&f->view, in->caps[i]))
			return false;
	return (!in->arch_count || lists_machine(in, arch)) && (!in->has_kernel || has_kernel(&f->view, in->kernel));
}

const struct arch *filter_machine(const struct filter *f)
{
	const struct arch *host[4];

	if (f->view.machine)
		return f->view.machine;
	return arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
}

/* A runtime always adds the ABI it is built for to the listed ones (seccomp_init(3) starts with it). From an archMap, Docker
 * and Podman take only the entry of their machine (moby profiles seccomp/seccomp_linux.go, containers/common
 * pkg/seccomp). */
static bool lists_on(const struct filter *f, const struct arch *machine, const struct arch *arch)
{
	if (policy_has_arch_map(f->policy))
		return !f->view.plain && policy_maps_arch(f->policy, machine, arch);
	return policy_lists_arches(f->policy) && policy_has_arch(f->policy, arch);
}

bool filter_is_stubbed(const struct filter *f, const struct arch *arch, uint32_t nr, filter_number_fn *number, const void *arg)
{
	enum policy_action d = policy_default(f->policy)->action;
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(f->policy, &rules);
	uint32_t highest = 0;

	if (d == POLICY_ALLOW || d == POLICY_LOG || d == POLICY_TRACE || !lists_on(f, filter_machine(f), arch))
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; filter_applies(f, rules[i], arch) && k < rules[i]->name_count; k++) {
			uint32_t other = 0;

			if (number(arg, rules[i]->names[k], &other) == 0 && other > highest)
				highest = other;
		}
	return highest && nr > highest;
}

bool filter_lists(const struct filter *f, const struct arch *arch)
{
	const struct arch *machine = f->view.machine ? f->view.machine : arch_machine(arch);

	if (machine == arch && (machine == filter_machine(f) || !policy_lists_arches(f->policy) || policy_has_arch_map(f->policy)))
		return true;
	return lists_on(f, machine, arch);
}

/* True if the programs answer some call of the ABI with anything but a kill. */
static bool runs_raw(const struct filter *f, const struct arch *arch)
{
	for (uint32_t i = 0; i < 512; i++) {
		const struct seccomp_data data = {.nr = (int)(arch_number_base(arch) + i), .arch = arch->audit};
		uint32_t answer = 0;

		if (filter_answer_raw(f, &data, &answer, NULL) == 0 && (answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_KILL_THREAD &&
		    (answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_KILL_PROCESS)
			return true;
	}
	return false;
}

static uint32_t arches_raw(const struct filter *f)
{
	const struct arch *host[4];
	size_t n = arch_host(host);
	uint32_t set = 0;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || runs_raw(f, host[i]))
			set |= UINT32_C(1) << host[i]->id;
	return set;
}

uint32_t filter_arches(const struct filter *f)
{
	if (f->raw)
		return arches_raw(f);
	const struct arch *machine = filter_machine(f);
	uint32_t set = UINT32_C(1) << machine->id;

	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (lists_on(f, machine, arch_get((enum arch_id)i)))
			set |= UINT32_C(1) << i;
	return set;
}

bool filter_splits(const struct policy_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->arg_count; i++) {
		if (seen >> rule->args[i].index & 1)
			return true;
		seen |= 1u << rule->args[i].index;
	}
	return false;
}

static struct scmp_arg_cmp comparison(const struct policy_arg *a)
{
	static const enum scmp_compare ops[] = {
		[POLICY_NE] = SCMP_CMP_NE, [POLICY_LT] = SCMP_CMP_LT, [POLICY_LE] = SCMP_CMP_LE,
		[POLICY_EQ] = SCMP_CMP_EQ, [POLICY_GE] = SCMP_CMP_GE, [POLICY_GT] = SCMP_CMP_GT,
		[POLICY_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};
	return (struct scmp_arg_cmp){a->index, ops[a->op], a->value, a->value_two};
}

static int refuse(struct filter_program *p, const struct policy_rule *rule, const char *name, int error,
		  struct err *err)
{
	struct filter_refusal *all = reallocarray(p->refusals, p->refusal_count + 1, sizeof(*all));

	if (!all || error == -ENOMEM) {
		p->refusals = all ? all : p->refusals;
		return err_set(err, ENOMEM, "out of memory");
	}
	p->refusals = all;
	p->refusals[p->refusal_count++] = (struct filter_refusal){rule, name, error};
	return 0;
}

/* runc libcontainer/seccomp/seccomp_linux.go matchCall() */
static int add_name(scmp_filter_ctx ctx, const struct policy_rule *rule, uint32_t action, const char *name,
		    struct filter_program *p, struct err *err)
{
	struct scmp_arg_cmp args[POLICY_ARGS_MAX];
	int nr = seccomp_syscall_resolve_name(name), r = 0;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	if (filter_splits(rule)) {
		for (size_t i = 0; i < rule->arg_count && r == 0; i++) {
			args[0] = comparison(&rule->args[i]);
			r = seccomp_rule_add_array(ctx, action, nr, 1, args);
		}
	} else {
		for (size_t i = 0; i < rule->arg_count; i++)
			args[i] = comparison(&rule->args[i]);
		r = seccomp_rule_add_array(ctx, action, nr, (unsigned)rule->arg_count, args);
	}
	return r == 0 ? 0 : refuse(p, rule, name, r, err);
}

static int add_rules(const struct filter *f, scmp_filter_ctx ctx, const struct arch *arch, struct filter_program *p,
		     struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	size_t count = policy_rules(f->policy, &rules);
	uint32_t def = filter_action_of(policy_default(f->policy));
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		uint32_t action = filter_action_of(&rules[i]->answer);

		if (action == def || !filter_applies(f, rules[i], arch))
			continue;
		for (size_t k = 0; k < rules[i]->name_count && r == 0; k++)
			r = add_name(ctx, rules[i], action, rules[i]->names[k], p, err);
	}
	return r;
}

static bool other_byte_order(const struct arch *arch)
{
	return arch_is_little(arch) != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

/* libseccomp writes a program in the byte order of the machine that will run it. */
static void swap_program(struct filter_program *p)
{
	for (size_t i = 0; i < p->len; i++) {
		p->code[i].code = bswap_16(p->code[i].code);
		p->code[i].k = bswap_32(p->code[i].k);
	}
}

static int fill(const struct filter *f, scmp_filter_ctx ctx, const struct arch *arch, struct filter_program *p,
		struct err *err)
{
	int r = 0;

	/* Never both: they may differ in byte order. */
	if (seccomp_arch_native() != arch->scmp) {
		seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
		r = seccomp_arch_add(ctx, arch->scmp);
	}
	if (r < 0)
		return err_sys(err, r, "libseccomp does not know %s", arch->name);
	r = add_rules(f, ctx, arch, p, err);
	if (r == 0)
		r = bpf_of_filter(ctx, &p->code, &p->len, err);
	if (r == 0 && other_byte_order(arch))
		swap_program(p);
	return r;
}

static int compile(struct filter *f, const struct arch *arch, struct err *err)
{
	struct filter_program *p = &f->program[arch->id];
	scmp_filter_ctx ctx;
	int r;

	if (p->code)
		return 0;
	ctx = seccomp_init(filter_action_of(policy_default(f->policy)));
	if (!ctx)
		return err_set(err, EINVAL, "libseccomp rejects the default action");
	p->refusal_count = 0;
	r = fill(f, ctx, arch, p, err);
	seccomp_release(ctx);
	return r;
}

int filter_answer(struct filter *f, const struct arch *arch, uint32_t nr, const uint64_t args[POLICY_ARGS_MAX],
		  uint32_t *ret, struct err *err)
{
	struct filter_program *p = &f->program[arch->id];
	struct seccomp_data data = {.nr = (int)nr, .arch = arch->audit};
	int r;

	if (f->raw) {
		memcpy(data.args, args, sizeof(data.args));
		return filter_answer_raw(f, &data, ret, err);
	}
	if (!filter_lists(f, arch)) {
		*ret = SECCOMP_RET_KILL_THREAD;
		return 0;
	}
	r = compile(f, arch, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < POLICY_ARGS_MAX; i++)
		data.args[i] = other_byte_order(arch) ? args[i] << 32 | args[i] >> 32 : args[i];
	r = bpf_run(p->code, p->len, &data, ret);
	return r < 0 ? err_set(err, EINVAL, "libseccomp produced a filter that the kernel would refuse") : 0;
}

int filter_refusals(struct filter *f, const struct arch *arch, const struct filter_refusal **ret, size_t *ret_count,
		    struct err *err)
{
	int r = compile(f, arch, err);

	if (r < 0)
		return r;
	*ret = f->program[arch->id].refusals;
	*ret_count = f->program[arch->id].refusal_count;
	return 0;
}

/* kernel/seccomp.c seccomp_run_filters(): the newest runs first; the lowest action wins, compared as signed numbers. */
int filter_answer_raw(const struct filter *f, const struct seccomp_data *data, uint32_t *ret, struct err *err)
{
	uint32_t lowest = SECCOMP_RET_ALLOW;

	for (size_t i = 0; i < f->raw_count; i++) {
		uint32_t answer = 0;

		if (bpf_run(f->raw[i].code, f->raw[i].len, data, &answer) < 0)
			return err_set(err, EINVAL, "a filter contains instructions that the kernel would refuse");
		if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) < (int32_t)(lowest & SECCOMP_RET_ACTION_FULL))
			lowest = answer;
	}
	*ret = lowest;
	return 0;
}
