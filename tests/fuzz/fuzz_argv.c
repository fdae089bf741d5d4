/* Feeds any words to the reader of argument vectors, in both dialects: it changes none, and what it finds points into them. The
 * words are the input's lines. */
#include "base/cleanup.h"
#include "oci/argv.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum oci_dialect dialect, int argc, char **argv, const char *text, size_t size)
{
	struct oci_call call;
	oci_argv_parse(dialect, argc, argv, &call);
	const char *const found[] = {call.command_name, call.root, call.log, call.log_format, call.bundle, call.config, call.id};
	for (size_t i = 0; i < ARRAY_SIZE(found); i++)
		if (found[i] && (found[i] < text || found[i] > text + size))
			abort();
	if (call.command != OCI_OTHER &&
	    (!call.command_name || strcmp(oci_command_name(call.command), call.command_name) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1), *before = malloc(size + 1);
	char *argv[WORDS_MAX + 2] = {(char[]){"snug-learn"}};
	int argc = 1;
	if (!text || !before)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *p = text, *end = text + size; p <= end && argc <= WORDS_MAX; argc++) {
		argv[argc] = p;
		p += strcspn(p, "\n");
		*p++ = '\0';
	}
	memcpy(before, text, size + 1);
	check(OCI_DIALECT_RUNC, argc, argv, text, size);
	check(OCI_DIALECT_CRUN, argc, argv, text, size);
	if (memcmp(before, text, size + 1) != 0)
		abort();
	return 0;
}
