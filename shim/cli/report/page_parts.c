/* What the sections share. */
#include "shim/cli/report/page.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/sets.h"

#include <time.h>

void page_escape(struct buf *out, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&':
			buf_adds(out, "&amp;");
			break;
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '"':
			buf_adds(out, "&quot;");
			break;
		case '\'':
			buf_adds(out, "&#39;");
			break;
		default:
			buf_addc(out, *s);
		}
}

void page_add_time(struct buf *out, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32] = "-";
	struct tm tm;

	if (ms && gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_adds(out, text);
}

void page_begin_section(const char *id, const char *title, struct buf *out)
{
	buf_addf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, title);
}

void page_end_section(struct buf *out)
{
	buf_adds(out, "</section>\n");
}

void page_begin_table(const char *caption, const char *head, struct buf *out)
{
	buf_addf(out,
		 "<div class=\"wide\" role=\"region\" aria-label=\"%s\" "
		 "tabindex=\"0\"><table><caption>%s</caption><thead><tr>%s</tr></thead><tbody>\n",
		 caption, caption, head);
}

void page_end_table(struct buf *out)
{
	buf_adds(out, "</tbody></table></div>\n");
}

void page_add_names(const char *const names[], size_t count, const char *group, struct buf *out)
{
	buf_adds(out, "<ul class=\"names\">");
	for (size_t i = 0; i < count; i++) {
		if (group && !text_streq(set_group_of(names[i]), group))
			continue;
		buf_adds(out, set_danger_of(names[i]) ? "<li class=\"danger\">&#9888; " : "<li>");
		page_escape(out, names[i]);
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, "</ul>\n");
}

static const struct page_group GROUPS[] = {
	{"files", "Files and directories"},
	{"network", "Network and sockets"},
	{"processes", "Processes and threads"},
	{"memory", "Memory"},
	{"waiting", "Waiting, pipes and messages"},
	{"signals", "Signals"},
	{"time", "Time"},
	{"identity", "Users, capabilities and sandboxing"},
	{"system", "The system as a whole"},
	{"obsolete", "Obsolete"},
	{"other", "Other"},
};

size_t page_groups(const struct page_group **ret)
{
	*ret = GROUPS;
	return ARRAY_SIZE(GROUPS);
}
