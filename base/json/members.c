#include "base/json/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char long_s[] = "\xc5\xbf";          /* U+017F */
static const char kelvin_sign[] = "\xe2\x84\xaa"; /* U+212A */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many bytes of s (NUL-terminated) some reader takes for the letter c; 0: none. */
static size_t letter_len(const char *s, char c)
{
	if (lower(*s) == lower(c))
		return 1;
	if (lower(c) == 's' && strncmp(s, long_s, sizeof(long_s) - 1) == 0)
		return sizeof(long_s) - 1;
	if (lower(c) == 'k' && strncmp(s, kelvin_sign, sizeof(kelvin_sign) - 1) == 0)
		return sizeof(kelvin_sign) - 1;
	return 0;
}

/* What follows a NUL does not count: a C string ends there. */
static bool may_be_taken_for(const char *key, const char *name)
{
	for (; *name; name++) {
		size_t n = letter_len(key, *name);

		if (n == 0)
			return false;
		key += n;
	}
	return *key == '\0';
}

static int check_name(const struct json_doc *doc, const struct json *obj, const char *name, struct err *err)
{
	bool found = false;

	for (const struct json *m = json_first(obj); m; m = json_next(m)) {
		if (!may_be_taken_for(json_key(m), name))
			continue;
		if (json_key_len(m) != strlen(name) || strcmp(json_key(m), name) != 0)
			return json_err(doc, m, err, "some runtimes read this member as \"%s\"", name);
		if (found)
			return json_err(doc, m, err, "appears twice, and runtimes differ in which one they use");
		found = true;
	}
	return 0;
}

int json_check_members(const struct json_doc *doc, const struct json *obj, const char *const names[], size_t count,
		       struct err *err)
{
	if (json_type(obj) != JSON_OBJECT)
		return 0;
	for (size_t i = 0; i < count; i++) {
		int r = check_name(doc, obj, names[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
	int c = strcmp(json_key(x), json_key(y));

	if (c)
		return c;
	return json_start(x) < json_start(y) ? -1 : 1;
}

static int check_nuls(const struct json_doc *doc, const struct json *m, struct err *err)
{
	if (strlen(json_key(m)) != json_key_len(m))
		return json_err(doc, m, err, "the name contains a NUL character");
	if (json_type(m) == JSON_STRING && strlen(json_text(m)) != json_text_len(m))
		return json_err(doc, m, err, "contains a NUL character");
	return 0;
}

int json_check_map(const struct json_doc *doc, const struct json *obj, struct err *err)
{
	cleanup_free const struct json **members = NULL;
	size_t n = 0;

	if (json_type(obj) != JSON_OBJECT || json_count(obj) == 0)
		return 0;
	members = calloc(json_count(obj), sizeof(const struct json *));
	if (!members)
		return err_set(err, ENOMEM, "out of memory");
	for (const struct json *m = json_first(obj); m; m = json_next(m)) {
		int r = check_nuls(doc, m, err);

		if (r < 0)
			return r;
		members[n++] = m;
	}
	qsort(members, n, sizeof(const struct json *), by_key);
	for (size_t i = 1; i < n; i++)
		if (strcmp(json_key(members[i]), json_key(members[i - 1])) == 0)
			return json_err(doc, members[i], err, "appears twice, and runtimes differ in which one they use");
	return 0;
}

int json_want_members(const struct json_doc *doc, const struct json *obj, const char *const names[], size_t count, const char *what,
		      struct err *err)
{
	if (json_type(obj) != JSON_OBJECT)
		return json_err(doc, obj, err, "expected an object");
	for (const struct json *m = json_first(obj); m; m = json_next(m)) {
		size_t i = 0;

		while (i < count && (strlen(names[i]) != json_key_len(m) || strcmp(names[i], json_key(m)) != 0))
			i++;
		if (i == count)
			return json_err(doc, m, err, "%s", what);
	}
	return 0;
}
