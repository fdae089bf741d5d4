/* Feeds any bytes to the reader of logs, whole and in pieces: what it finds lies in what it gives, and is the same. */
#include "seccomp/record/log_line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(const struct log_line *line, void *arg)
{
	volatile char sum = 0;
	char out[64];
	size_t *count = arg;

	for (size_t i = 0; i < line->len; i++)
		sum = (char)(sum + line->text[i]);
	if (line->kind == LOG_LINE_RECORD) {
		record_field_bytes(&line->record.comm, out, sizeof(out));
		record_field_bytes(&line->record.exe, out, sizeof(out));
	}
	if (line->kind == LOG_LINE_RECORD && (line->tool >= LOG_TOOL_COUNT || !line->times))
		abort();
	if (line->kind == LOG_LINE_ERROR && line->sign >= LOG_SIGN_COUNT)
		abort();
	if (line->kind == LOG_LINE_LOST && line->loss >= LOG_LINE_LOSS_COUNT)
		abort();
	(*count)++;
}

static size_t read_all(const char *text, size_t size, size_t step)
{
	cleanup_logline struct log_line_reader *l = NULL;
	size_t count = 0;

	if (log_line_new(touch, &count, &l, NULL) < 0)
		abort();
	for (size_t i = 0; i < size; i += step)
		log_line_feed(l, text + i, size - i < step ? size - i : step);
	log_line_end(l);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && read_all((const char *)data, size, size) != read_all((const char *)data, size, 1000))
		abort();
	return 0;
}
