#include "seccomp/record/sentence.h"

#include "base/cleanup.h"
#include "sentences.inc"

#include <errno.h>

#define ERRNO_MAX 133

size_t sentence_all(const struct sentence **ret)
{
	*ret = sentences;
	return ARRAY_SIZE(sentences);
}

/* True if t begins with the text of an errno, as Go or the C library spells it. */
static bool begins_errno(struct text t)
{
	for (int e = 1; e <= ERRNO_MAX; e++) {
		const char *text = strerror(e);
		size_t len = strlen(text);

		/* "No such file" is not a refusal. */
		if (e != ENOENT && t.len >= len && len > 1 && (t.p[0] | 0x20) == (text[0] | 0x20) && !memcmp(t.p + 1, text + 1, len - 1))
			return true;
	}
	return false;
}

static bool has_errno(struct text t)
{
	for (const char *at; (at = FIND(t, ": ")); t = text_from(t, at + 2))
		if (begins_errno(text_from(t, at + 2)))
			return true;
	return false;
}

/* Returns the end of the text on the line, or NULL if it is not there: its pieces come in this order. */
static const char *find_pieces(struct text line, const char *text)
{
	const char *end = line.p;

	while (*text) {
		size_t len = strcspn(text, "*");
		const char *at = text_find(text_from(line, end), text, len);

		if (!at)
			return NULL;
		end = at + len;
		text += len + (text[len] == '*');
	}
	return end;
}

static bool matches(const struct sentence *s, struct text line)
{
	const char *end = find_pieces(line, s->text);
	struct text behind;

	if (!end)
		return false;
	behind = text_from(line, end);
	switch (s->form) {
	case SENTENCE_ERRNO:
		return BEGINS(behind, ": ") && begins_errno(text_from(behind, behind.p + 2));
	case SENTENCE_LINE:
		return has_errno(behind);
	case SENTENCE_ALONE:
	case SENTENCE_DUMP:
		return true;
	}
	return false;
}

const struct sentence *sentence_find(struct text line, bool refused, bool in_dump)
{
	const struct sentence *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		const struct sentence *s = &sentences[i];

		if (s->form == SENTENCE_DUMP ? !in_dump : s->form != SENTENCE_ALONE && !refused)
			continue;
		if ((!best || strlen(s->text) > strlen(best->text)) && matches(s, line))
			best = s;
	}
	return best;
}

bool sentence_call(const struct sentence *s, size_t i, char *ret, size_t cap)
{
	const char *p = s->calls;
	size_t len;

	for (; i && *p; i--) {
		p += strcspn(p, " ");
		p += *p == ' ';
	}
	len = strcspn(p, " ");
	if (!len || len >= cap)
		return false;
	memcpy(ret, p, len);
	ret[len] = '\0';
	return true;
}
