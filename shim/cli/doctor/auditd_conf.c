#include "shim/cli/doctor/auditd_conf.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define TRAIL_ENOUGH_MB 250  /* a first run of 800,000 logged calls */
#define RECORDS_IN_MB   3400 /* some 300 bytes each */
#define QUEUE_ENOUGH    2000 /* the default since auditd 3 */

/* The settings whose actions can halt the node. */
static const char *const ACTIONS[] = {"space_left_action", "admin_space_left_action", "disk_full_action",
				      "disk_error_action"};

/* Splits a line "name = value", trims both, and cuts the value to its first word. */
static bool split_setting(char *line, char **ret_name, char **ret_value)
{
	char *equals = strchr(line, '=');

	if (!equals || *line == '#')
		return false;
	*equals = '\0';
	*ret_name = line + strspn(line, " \t");
	(*ret_name)[strcspn(*ret_name, " \t")] = '\0';
	*ret_value = equals + 1 + strspn(equals + 1, " \t");
	(*ret_value)[strcspn(*ret_value, " \t\r")] = '\0';
	return true;
}

static void take_setting(struct auditd_conf *c, const char *name, const char *value)
{
	if (!strcasecmp(name, "max_log_file_action")) {
		c->rotates = !strcasecmp(value, "rotate");
		c->suspends = !strcasecmp(value, "suspend");
	} else if (!strcasecmp(name, "max_log_file")) {
		(void)text_parse_u64(value, &c->max_log_file);
	} else if (!strcasecmp(name, "num_logs")) {
		(void)text_parse_u64(value, &c->num_logs);
	} else if (!strcasecmp(name, "q_depth")) {
		(void)text_parse_u64(value, &c->queue);
	} else if (!strcasecmp(name, "disp_qos")) {
		c->lossy = !strcasecmp(value, "lossy");
	}
	for (size_t i = 0; i < ARRAY_SIZE(ACTIONS); i++)
		if (!strcasecmp(name, ACTIONS[i]) && (!strcasecmp(value, "halt") || !strcasecmp(value, "single")))
			buf_addf(&c->halting, "%s%s = %s", c->halting.len ? ", " : "", ACTIONS[i], value);
}

void auditd_conf_read(char *text, struct auditd_conf *ret)
{
	char *save = NULL, *name, *value;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (split_setting(line, &name, &value))
			take_setting(ret, name, value);
}

void auditd_conf_done(struct auditd_conf *c)
{
	if (c)
		buf_done(&c->halting);
}

uint64_t auditd_conf_trail_mb(const struct auditd_conf *c)
{
	if (!c->max_log_file || (!c->rotates && !c->suspends))
		return UINT64_MAX;
	if (c->suspends)
		return c->max_log_file;
	/* With fewer than two files, auditd does not rotate (auditd.conf(5)). */
	return c->num_logs < 2 ? UINT64_MAX : c->max_log_file * c->num_logs;
}

static bool trail_loses(const struct auditd_conf *c, struct buf *found, struct buf *fix)
{
	uint64_t mb = auditd_conf_trail_mb(c);

	if (mb >= TRAIL_ENOUGH_MB)
		return false;
	buf_addf(found,
		 "it keeps %" PRIu64 " MB, some %" PRIu64
		 " records, and then %s: a run that logs every call can exceed that",
		 mb, mb * RECORDS_IN_MB, c->suspends ? "stops writing" : "drops the oldest");
	buf_addf(fix, "raise %s in /etc/audit/auditd.conf", c->suspends ? "max_log_file" : "num_logs or max_log_file");
	return true;
}

bool auditd_conf_loses(const struct auditd_conf *c, struct buf *found, struct buf *fix)
{
	bool trail = trail_loses(c, found, fix), plugins = c->lossy || (c->queue && c->queue < QUEUE_ENOUGH);

	if (!plugins)
		return trail;
	buf_addf(found, "%sits plugins lose records in a flood, which nothing counts (", trail ? "; " : "");
	if (c->lossy)
		buf_adds(found, "disp_qos = lossy)");
	else
		buf_addf(found, "q_depth = %" PRIu64 ")", c->queue);
	buf_addf(fix, "%sset %s", trail ? ", and " : "in /etc/audit/auditd.conf, ",
		 c->lossy ? "disp_qos = lossless" : "q_depth = 2000");
	return true;
}
