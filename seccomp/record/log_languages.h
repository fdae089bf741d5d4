/* What the C library says for EPERM, ENOSYS and SIGSYS in other languages: a person's own shell may, and some containers have a locale. Pure.
 */
#ifndef SNUG_SECCOMP_LOG_LANGUAGES_H
#define SNUG_SECCOMP_LOG_LANGUAGES_H

#include "seccomp/record/log_words.h"

#include <stddef.h>

struct log_phrase {
	const char *text; /* UTF-8, longer than LOG_SCAN_WINDOW */
	enum log_sign sign;
};

size_t log_languages(const struct log_phrase **ret);

/* The part of that length that is rarest in other texts: points into p->text. */
const char *log_phrase_part(const struct log_phrase *p, size_t len);

#endif
