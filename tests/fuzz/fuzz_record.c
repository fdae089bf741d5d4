/* Feeds any bytes to the audit record's parser: what it accepts points into the input and holds no structure. */
#include "seccomp/record/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct record_field *f, const char *text, size_t len, const char *without)
{
	char out[64];
	size_t n = record_field_bytes(f, out, sizeof(out));
	if (!f->p ? n != 0 || f->len != 0 : f->p < text || f->len > (size_t)(text + len - f->p))
		abort();
	for (size_t i = 0; i < f->len; i++)
		if (f->p[i] && strchr(without, f->p[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	uint64_t time_ms, serial;
	struct record r;
	size_t begin = record_stamp(text, size, &time_ms, &serial);
	if (begin > size)
		abort();
	if (record_parse(text, size, &r) != 0)
		return 0;
	if (begin == 0 || r.time_ms != time_ms || r.serial != serial || r.compat > 1 || !r.comm.p)
		abort();
	check(&r.subj, text, size, "");
	check(&r.comm, text, size, " \"\n");
	check(&r.exe, text, size, " \"\n");
	return record_action_name(r.action)[0] == '\0';
}
