/* The words of a policy: formats, actions, operators, errnos, names of calls. */
#include "seccomp/policy/read_private.h"

#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <string.h>

const char *policy_format_name(enum policy_format f)
{
	static const char *const names[] = {
		[POLICY_OCI] = "oci", [POLICY_CONFIG] = "config.json", [POLICY_DOCKER] = "docker",
		[POLICY_SPO] = "spo", [POLICY_EVIDENCE] = "evidence",  [POLICY_SYSTEMD] = "systemd",
		[POLICY_SPO_V1BETA1] = "spo-v1beta1", [POLICY_LIBSECCOMP_C] = "libseccomp-c",
	};
	_Static_assert(ARRAY_SIZE(names) == POLICY_FORMATS, "one name per format");
	return names[f];
}

/* runtime-spec specs-go/config.go LinuxSeccompAction; KILL kills the thread, as in libseccomp. */
static const struct {
	const char *name;
	enum policy_action action;
} ACTIONS[] = {
	{"SCMP_ACT_ALLOW", POLICY_ALLOW},
	{"SCMP_ACT_LOG", POLICY_LOG},
	{"SCMP_ACT_ERRNO", POLICY_ERRNO},
	{"SCMP_ACT_TRAP", POLICY_TRAP},
	{"SCMP_ACT_TRACE", POLICY_TRACE},
	{"SCMP_ACT_NOTIFY", POLICY_NOTIFY},
	{"SCMP_ACT_KILL_THREAD", POLICY_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", POLICY_KILL_PROCESS},
	{"SCMP_ACT_KILL", POLICY_KILL_THREAD},
};

const char *policy_action_name(enum policy_action a)
{
	_Static_assert(ARRAY_SIZE(ACTIONS) == POLICY_ACTIONS + 1, "one name per action, and KILL");
	return ACTIONS[a].name;
}

int policy_action_by_name(const char *name, enum policy_action *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(ACTIONS); i++)
		if (text_streq(ACTIONS[i].name, name)) {
			*ret = ACTIONS[i].action;
			return 0;
		}
	return -ENOENT;
}

static const char *const OPS[] = {
	[POLICY_NE] = "SCMP_CMP_NE", [POLICY_LT] = "SCMP_CMP_LT", [POLICY_LE] = "SCMP_CMP_LE",
	[POLICY_EQ] = "SCMP_CMP_EQ", [POLICY_GE] = "SCMP_CMP_GE", [POLICY_GT] = "SCMP_CMP_GT",
	[POLICY_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};
_Static_assert(ARRAY_SIZE(OPS) == POLICY_OPS, "one name per operator");

const char *policy_op_name(enum policy_op op)
{
	return OPS[op];
}

int policy_op_by_name(const char *name, enum policy_op *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(OPS); i++)
		if (text_streq(OPS[i], name)) {
			*ret = (enum policy_op)i;
			return 0;
		}
	return -ENOENT;
}

const char *policy_errno_name(uint32_t number)
{
	return number && number <= POLICY_ERRNO_MAX ? strerrorname_np((int)number) : NULL;
}

int policy_errno_by_name(const char *name, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t number;
	} twins[] = {{"EWOULDBLOCK", EWOULDBLOCK}, {"EDEADLOCK", EDEADLOCK}, {"ENOTSUP", ENOTSUP}};
	uint64_t number = 0;

	if (text_parse_u64(name, &number) == 0 && number <= POLICY_ERRNO_MAX) {
		*ret = (uint32_t)number;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(twins); i++)
		if (text_streq(twins[i].name, name)) {
			*ret = twins[i].number;
			return 0;
		}
	/* Linux errnos end well below that. */
	for (uint32_t i = 1; i < 256; i++)
		if (text_streq(policy_errno_name(i), name)) {
			*ret = i;
			return 0;
		}
	return -ENOENT;
}

bool policy_knows_call(const char *name)
{
	uint32_t nr;

	if (syscall_known_to_libseccomp(name))
		return true;
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (syscall_number(arch_get((enum arch_id)i), name, &nr) == 0)
			return true;
	return false;
}

bool policy_same_answer(const struct policy_answer *a, const struct policy_answer *b)
{
	bool numbered = a->action == POLICY_ERRNO || a->action == POLICY_TRACE;
	uint32_t x = a->has_errno ? a->errno_ret : EPERM, y = b->has_errno ? b->errno_ret : EPERM;

	return a->action == b->action && (!numbered || x == y);
}
