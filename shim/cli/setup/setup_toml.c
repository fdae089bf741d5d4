#include "shim/cli/setup/setup.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "# snug: begin"
#define END   "# snug: end"

/* The table of the CRI plugin, by version of the configuration. */
static const char *const tables[] = {
	[2] = "plugins.io.containerd.grpc.v1.cri.containerd",
	[3] = "plugins.io.containerd.cri.v1.runtime.containerd",
	[4] = "plugins.io.containerd.cri.v1.runtime.containerd", /* containerd 2.3: only settings of the server have moved */
};

#define LINE_MAX_BYTES 512

/* One line, without quotes, spaces and comments. */
struct line {
	bool is_table;
	char key[LINE_MAX_BYTES]; /* for a table, its whole name */
	char value[LINE_MAX_BYTES];
};

static void copy_plain(char *ret, const char *from, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < LINE_MAX_BYTES; i++)
		if (!strchr("\"' \t\r", from[i]))
			ret[n++] = from[i];
	ret[n] = '\0';
}

static void read_line(const char *s, size_t len, struct line *ret)
{
	const char *end = s + len, *eq;

	*ret = (struct line){0};
	while (s < end && isspace((unsigned char)*s))
		s++;
	if (s == end || *s == '#')
		return;
	ret->is_table = *s == '[';
	if (ret->is_table) {
		const char *close = memchr(s, ']', (size_t)(end - s));

		copy_plain(ret->key, s + 1, close ? (size_t)(close - s - 1) : 0);
		return;
	}
	eq = memchr(s, '=', (size_t)(end - s));
	if (!eq)
		return;
	copy_plain(ret->key, s, (size_t)(eq - s));
	for (const char *c = eq + 1; c < end; c++)
		if (*c == '#')
			end = c;
	copy_plain(ret->value, eq + 1, (size_t)(end - eq - 1));
}

/* Walks a text: the next line, its table, whether it is in the block. */
struct walk {
	const char *at;
	unsigned number;
	bool in_block;
	char table[LINE_MAX_BYTES];
	struct line line;
};

static bool walk_next(struct walk *w)
{
	size_t len = strcspn(w->at, "\n");

	if (!*w->at)
		return false;
	w->number++;
	if (text_starts(w->at, BEGIN))
		w->in_block = true;
	read_line(w->at, len, &w->line);
	if (w->line.is_table)
		memcpy(w->table, w->line.key, sizeof(w->table));
	if (text_starts(w->at, END))
		w->in_block = false;
	w->at += len + (w->at[len] == '\n');
	return true;
}

static void read_version(const char *text, struct setup_toml *ret)
{
	struct walk w = {.at = text};

	ret->version = 1;
	while (walk_next(&w) && !w.table[0])
		if (text_streq(w.line.key, "version"))
			ret->version = (unsigned)strtoul(w.line.value, NULL, 10);
}

static void read_default_runtime(const char *text, const char *table, char *ret)
{
	struct walk w = {.at = text};

	snprintf(ret, LINE_MAX_BYTES, "runc");
	while (walk_next(&w))
		if (!w.line.is_table && text_streq(w.table, table) && text_streq(w.line.key, "default_runtime_name"))
			memcpy(ret, w.line.value, LINE_MAX_BYTES);
}

static void look_at_handler(const struct walk *w, const char *runtimes, struct setup_toml *ret)
{
	const char *name = w->table + strlen(runtimes);

	if (!w->in_block && w->line.is_table && text_starts(w->table, runtimes) && text_starts(name, "snug-") && !strchr(name, '.')) {
		ret->foreign_line = w->number;
		snprintf(ret->foreign, sizeof(ret->foreign), "%s", name);
	}
}

void setup_toml_read(const char *text, struct setup_toml *ret)
{
	char name[LINE_MAX_BYTES], runtimes[LINE_MAX_BYTES], options[2 * LINE_MAX_BYTES + 16], own[2 * LINE_MAX_BYTES + 16];
	struct walk w = {.at = text};
	const char *table;

	*ret = (struct setup_toml){0};
	read_version(text, ret);
	table = ret->version < sizeof(tables) / sizeof(tables[0]) ? tables[ret->version] : NULL;
	if (!table)
		return;
	read_default_runtime(text, table, name);
	snprintf(runtimes, sizeof(runtimes), "%s.runtimes.", table);
	snprintf(options, sizeof(options), "%s%s.options", runtimes, name);
	ret->renames_default = !text_streq(name, "runc");
	snprintf(own, sizeof(own), "%s%s", runtimes, name);
	while (walk_next(&w)) {
		look_at_handler(&w, runtimes, ret);
		ret->names_default |= w.line.is_table && !w.in_block && text_streq(w.table, own);
		if (!w.line.is_table && text_streq(w.table, options) && text_streq(w.line.key, "SystemdCgroup"))
			ret->systemd_cgroup = text_streq(w.line.value, "true");
	}
}

/* The first line that begins with the mark; NULL: none. */
static const char *find_line(const char *text, const char *mark)
{
	for (const char *s = text; *s; s += strcspn(s, "\n"), s += *s == '\n')
		if (text_starts(s, mark))
			return s;
	return NULL;
}

/* *ret_begin NULL: there is no block. *ret_end: after its last line. */
static int find_block(const char *text, const char *name, const char **ret_begin, const char **ret_end, struct err *err)
{
	const char *begin = find_line(text, BEGIN), *end = begin ? find_line(begin, END) : NULL;

	if (begin && !end)
		return err_set(err, EINVAL,
			       "%s: the line \"" BEGIN "\" has no \"" END "\" after it; remove that part by hand",
			       name);
	*ret_begin = begin;
	if (begin) {
		end += strcspn(end, "\n");
		*ret_end = end + (*end == '\n');
	}
	return 0;
}

int setup_block_put(const char *text, const char *block, const char *name, struct buf *out, struct err *err)
{
	const char *begin = NULL, *end = NULL;
	int r = find_block(text, name, &begin, &end, err);
	size_t len = strlen(text);

	if (r < 0)
		return r;
	if (begin) {
		buf_add(out, text, (size_t)(begin - text));
		buf_adds(out, block);
		buf_adds(out, end);
		return 0;
	}
	buf_adds(out, text);
	if (len && text[len - 1] != '\n')
		buf_addc(out, '\n');
	buf_adds(out, block);
	return 0;
}

int setup_block_take(const char *text, const char *name, struct buf *out, struct err *err)
{
	const char *begin = NULL, *end = NULL;
	int r = find_block(text, name, &begin, &end, err);

	if (r < 0)
		return r;
	if (!begin) {
		buf_adds(out, text);
		return 0;
	}
	buf_add(out, text, (size_t)(begin - text));
	buf_adds(out, end);
	return 0;
}

void setup_fill(const char *template, const struct setup_word *words, size_t count, struct buf *out)
{
	for (const char *s = template; *s;) {
		size_t i = 0;

		for (; i < count && !text_starts(s, words[i].name); i++)
			;
		if (i < count) {
			buf_adds(out, words[i].value);
			s += strlen(words[i].name);
		} else {
			buf_addc(out, *s++);
		}
	}
}
