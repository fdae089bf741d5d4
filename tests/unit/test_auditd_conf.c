#include "shim/cli/doctor/auditd_conf.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* As installed by Debian 12 and 13 (auditd 3.0.9 and 4.0.2), without the lines that do not matter. */
#define DEBIAN                                                                                                         \
	"#\n# This file controls the configuration of the audit daemon\n#\n\nlocal_events = yes\nwrite_logs = yes\n"   \
	"log_file = /var/log/audit/audit.log\nlog_format = ENRICHED\nflush = INCREMENTAL_ASYNC\nfreq = 50\n"           \
	"max_log_file = 8\nnum_logs = 5\nmax_log_file_action = ROTATE\nspace_left = 75\nspace_left_action = SYSLOG\n"  \
	"admin_space_left = 50\nadmin_space_left_action = SUSPEND\ndisk_full_action = SUSPEND\n"                       \
	"disk_error_action = SUSPEND\n##tcp_client_ports = 1024-65535\n"
#define DEBIAN_QUEUE "q_depth = 2000\noverflow_action = SYSLOG\nmax_restarts = 10\n"

static const struct {
	const char *text;
	uint64_t trail_mb;
	const char *found, *fix; /* NULL: nothing is lost */
	const char *halting;     /* NULL: nothing halts */
} cases[] = {
	{DEBIAN DEBIAN_QUEUE, 40, "it keeps 40 MB, some 136000 records, and then drops the oldest", "num_logs", NULL},
	{DEBIAN "q_depth = 400\n", 40, "which nothing counts (q_depth = 400)", "and set q_depth = 2000", NULL},
	{DEBIAN DEBIAN_QUEUE "max_log_file = 50\n", 250, NULL, NULL, NULL},
	{DEBIAN DEBIAN_QUEUE "num_logs=99\n", 792, NULL, NULL, NULL},
	/* it does not rotate fewer than two */
	{DEBIAN DEBIAN_QUEUE "num_logs = 1\n", UINT64_MAX, NULL, NULL, NULL},
	{DEBIAN DEBIAN_QUEUE "max_log_file_action = KEEP_LOGS\n", UINT64_MAX, NULL, NULL, NULL},
	{DEBIAN DEBIAN_QUEUE "MAX_LOG_FILE_ACTION = Ignore\n", UINT64_MAX, NULL, NULL, NULL},
	{DEBIAN DEBIAN_QUEUE "max_log_file_action = suspend\n", 8,
	 "it keeps 8 MB, some 27200 records, and then stops writing", "raise max_log_file in", NULL},
	/* auditd 2 */
	{"max_log_file = 6\nmax_log_file_action = KEEP_LOGS\ndisp_qos = lossy\n", UINT64_MAX, "(disp_qos = lossy)",
	 "disp_qos = lossless", NULL},
	{"", UINT64_MAX, NULL, NULL, NULL},
	{"max_log_file = many\nnum_logs\n = 3\nmax_log_file_action =\n", UINT64_MAX, NULL, NULL, NULL},
	{DEBIAN DEBIAN_QUEUE
	 "num_logs = 99\ndisk_full_action = halt\n  space_left_action=single \n#admin_space_left_action = HALT\n",
	 792, NULL, NULL, "disk_full_action = halt, space_left_action = single"},
};

static void what_is_lost(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(auditd_conf_done) struct auditd_conf conf = {0};
		cleanup_buf struct buf found = {0}, fix = {0};
		cleanup_free char *text = strdup(cases[i].text);

		assert_non_null(text);
		auditd_conf_read(text, &conf);
		assert_int_equal(auditd_conf_trail_mb(&conf), cases[i].trail_mb);
		assert_int_equal(auditd_conf_loses(&conf, &found, &fix), cases[i].found != NULL);
		if (cases[i].found) {
			assert_non_null(strstr(found.data, cases[i].found));
			assert_non_null(strstr(fix.data, cases[i].fix));
		} else {
			assert_int_equal(found.len + fix.len, 0);
		}
		if (cases[i].halting)
			assert_string_equal(conf.halting.data, cases[i].halting);
		else
			assert_int_equal(conf.halting.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_lost)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
