/* The ABIs that evidence is about. */
#include "seccomp/evidence/evidence_private.h"

uint32_t evidence_arches(const struct evidence *ev)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ev->call_count; i++)
		if (ev->calls[i]->count)
			bits |= 1u << ev->calls[i]->arch->id;
	return bits;
}

void evidence_write_arches(struct json_writer *w, const char *key, uint32_t arches)
{
	json_write_array(w, key);
	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (arches >> i & 1)
			json_write_string(w, NULL, arch_get((enum arch_id)i)->name);
	json_write_end_array(w);
}
