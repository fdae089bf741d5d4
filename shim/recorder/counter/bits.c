#include "shim/recorder/counter/counter.h"

bool counter_has(const struct counter_entry *e, unsigned phase, unsigned abi, uint32_t nr)
{
	if (phase >= COUNTER_PHASES || abi >= COUNTER_ABIS || nr >= COUNTER_CALLS)
		return false;
	return e->words[(phase * COUNTER_ABIS + abi) * COUNTER_WORDS + nr / 64] >> nr % 64 & 1;
}
