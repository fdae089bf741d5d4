/* Feeds any bytes to the evidence's parser: what it accepts is written, read again and written alike. */
#include "seccomp/evidence/evidence.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_evidence struct evidence *ev = NULL, *again = NULL;
	cleanup_buf struct buf one = {0}, two = {0};
	const struct evidence_run *const *runs = NULL;
	struct evidence_verdict v;
	if (evidence_parse((const char *)data, size, "fuzz", &ev, NULL) != 0)
		return 0;
	if (evidence_write(ev, &one, NULL) != 0 || evidence_parse(one.data, one.len, "again", &again, NULL) != 0 ||
	    evidence_write(again, &two, NULL) != 0 || one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
		abort();
	evidence_evaluate(ev, &v);
	for (size_t i = evidence_runs(ev, &runs); v.complete && i-- > 0;)
		if (runs[i]->mode == EVIDENCE_LEARN && !runs[i]->ended_ms)
			abort();
	return 0;
}
