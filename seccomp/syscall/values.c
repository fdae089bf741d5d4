#include "seccomp/syscall/values.h"

#include "base/text.h"

struct value {
	const char *call;
	unsigned index;
	bool bit;
	const char *name;
	uint32_t value;
	uint32_t except; /* bit 1 << enum arch_id */
};

#define TABLES_VALUES
#include "tables.inc"

#define LOW UINT64_C(0xff) /* the byte of a plain value below the bits */

static bool is_of(const struct value *v, const char *call, unsigned index, const struct arch *arch)
{
	return v->index == index && text_streq(v->call, call) && !(v->except >> arch->id & 1);
}

static const char *plain_name(const char *call, unsigned index, const struct arch *arch, uint64_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_values); i++)
		if (is_of(&table_values[i], call, index, arch) && !table_values[i].bit && table_values[i].value == value)
			return table_values[i].name;
	return NULL;
}

/* The bits that have names, and their number. */
static uint64_t named_bits(const char *call, unsigned index, const struct arch *arch, uint64_t value, size_t *ret)
{
	uint64_t bits = 0;

	*ret = 0;
	for (size_t i = 0; i < ARRAY_SIZE(table_values); i++)
		if (is_of(&table_values[i], call, index, arch) && table_values[i].bit && value & table_values[i].value) {
			bits |= table_values[i].value;
			++*ret;
		}
	return bits;
}

bool value_add_name(const char *call, unsigned index, const struct arch *arch, uint64_t value, bool mask, struct buf *out)
{
	const char *plain = mask ? NULL : plain_name(call, index, arch, value), *separator = "";
	size_t count = 0;
	uint64_t bits;

	if (plain) {
		buf_adds(out, plain);
		return true;
	}
	bits = named_bits(call, index, arch, value, &count);
	if (!bits || value & ~bits & ~LOW)
		return false;
	/* Below the bits there may be a plain value, which may be 0. */
	plain = value & LOW & ~bits ? mask ? NULL : plain_name(call, index, arch, value & LOW & ~bits) : "";
	if (!plain)
		return false;
	buf_adds(out, mask && count > 1 ? "(" : "");
	if (*plain) {
		buf_adds(out, plain);
		separator = " | ";
	}
	for (size_t i = 0; i < ARRAY_SIZE(table_values); i++)
		if (is_of(&table_values[i], call, index, arch) && table_values[i].bit && value & table_values[i].value) {
			buf_addf(out, "%s%s", separator, table_values[i].name);
			separator = " | ";
		}
	buf_adds(out, mask && count > 1 ? ")" : "");
	return true;
}
