/* The JSON forms: runtime-spec's, and Docker's, which adds conditions and comments. */
#include "base/json/json.h"
#include "seccomp/write/write_private.h"

#include <stdio.h>
#include <stdlib.h>

static void write_answer(struct json_writer *w, const char *action, const char *number, const struct policy_answer *a)
{
	json_write_string(w, action, policy_action_name(a->action));
	if (a->has_errno)
		json_write_u64(w, number, a->errno_ret);
}

static void write_strings(struct json_writer *w, const char *key, char *const *strings, size_t count)
{
	if (count == 0)
		return;
	json_write_array_flat(w, key);
	for (size_t i = 0; i < count; i++)
		json_write_string(w, NULL, strings[i]);
	json_write_end_array(w);
}

static void write_condition(struct json_writer *w, const char *key, const struct policy_condition *c)
{
	char kernel[32];

	if (!c->cap_count && !c->arch_count && !c->has_kernel)
		return;
	json_write_object(w, key);
	write_strings(w, "caps", c->caps, c->cap_count);
	write_strings(w, "arches", c->arches, c->arch_count);
	snprintf(kernel, sizeof(kernel), "%u.%u", c->kernel[0], c->kernel[1]);
	if (c->has_kernel)
		json_write_string(w, "minKernel", kernel);
	json_write_end_object(w);
}

/* For SCMP_CMP_MASKED_EQ, `value` is the mask, and `valueTwo` is what the masked argument must equal (libseccomp's datum_a and
 * datum_b, seccomp_rule_add(3)). */
static void write_args(struct json_writer *w, const struct policy_rule *rule)
{
	if (!rule->arg_count)
		return;
	json_write_array(w, "args");
	for (size_t i = 0; i < rule->arg_count; i++) {
		const struct policy_arg *a = &rule->args[i];

		json_write_object_flat(w, NULL);
		json_write_u64(w, "index", a->index);
		json_write_u64(w, "value", a->value);
		if (a->op == POLICY_MASKED_EQ || a->value_two)
			json_write_u64(w, "valueTwo", a->value_two);
		json_write_string(w, "op", policy_op_name(a->op));
		json_write_end_object(w);
	}
	json_write_end_array(w);
}

static int write_rule(struct json_writer *w, const struct policy_rule *rule, enum policy_format format,
		      struct err *err)
{
	const char **names = NULL;
	size_t count = 0;
	int r = policy_sorted_names(rule, &names, &count, err);

	if (r < 0)
		return r;
	json_write_object(w, NULL);
	if (count == 1)
		json_write_array_flat(w, "names");
	else
		json_write_array(w, "names");
	for (size_t i = 0; i < count; i++)
		json_write_string(w, NULL, names[i]);
	json_write_end_array(w);
	free(names);
	write_answer(w, "action", "errnoRet", &rule->answer);
	write_args(w, rule);
	if (format == POLICY_DOCKER) {
		if (rule->comment)
			json_write_string(w, "comment", rule->comment);
		write_condition(w, "includes", &rule->includes);
		write_condition(w, "excludes", &rule->excludes);
	}
	json_write_end_object(w);
	return 0;
}

static void write_map_entry(struct json_writer *w, const struct policy *p, const struct arch *arch)
{
	const struct arch *const *arches = NULL;
	size_t count = policy_arches(p, &arches);

	json_write_object(w, NULL);
	json_write_string(w, "architecture", arch->oci);
	json_write_array_flat(w, "subArchitectures");
	for (size_t i = 0; i < count; i++)
		if (arches[i] != arch && policy_maps_arch(p, arch, arches[i]))
			json_write_string(w, NULL, arches[i]->oci);
	json_write_end_array(w);
	json_write_end_object(w);
}

static void write_arches(struct json_writer *w, const struct policy *p, enum policy_format format)
{
	const struct arch *const *arches = NULL;
	size_t count = policy_arches(p, &arches);
	bool map = format == POLICY_DOCKER && policy_has_arch_map(p);

	if (!policy_lists_arches(p) && !map)
		return;
	if (map)
		json_write_array(w, "archMap");
	else
		json_write_array_flat(w, "architectures");
	for (size_t i = 0; i < count; i++)
		if (!map)
			json_write_string(w, NULL, arches[i]->oci);
		else if (policy_maps_arch(p, arches[i], arches[i]))
			write_map_entry(w, p, arches[i]);
	json_write_end_array(w);
}

int policy_write_json(const struct policy *p, enum policy_format format, struct buf *out, struct err *err)
{
	const char *metadata = NULL, *path = policy_listener(p, &metadata);
	const struct policy_rule *const *rules = NULL;
	const char *const *flags = NULL;
	size_t count = policy_rules(p, &rules), flag_count = policy_flags(p, &flags);
	struct json_writer w;
	int r = 0;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	write_answer(&w, "defaultAction", "defaultErrnoRet", policy_default(p));
	write_arches(&w, p, format);
	write_strings(&w, "flags", (char *const *)(uintptr_t)flags, flag_count);
	if (path)
		json_write_string(&w, "listenerPath", path);
	if (metadata)
		json_write_string(&w, "listenerMetadata", metadata);
	json_write_array(&w, "syscalls");
	for (size_t i = 0; i < count && r == 0; i++)
		r = write_rule(&w, rules[i], format, err);
	if (r < 0)
		return r;
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return 0;
}
