/* The settings: what each takes, and the one sentence, with its place and what is wanted, for what it does not. */
#include "shim/common/config.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int apply(const char *text, size_t len, struct config *ret, struct err *err)
{
	assert_int_equal(config_default(ret, err), 0);
	return config_apply(ret, text, len, err);
}

static const struct {
	const char *text, *place, *want;
} REFUSED[] = {
	{"", "line 1", ""},
	{"[]", "line 1", "expected an object"},
	{"{\"mode\":\"pass\",\"mode\":\"pass\"}", "mode", ""},
	{"{\"Mode\":\"pass\"}", "Mode, line 1", "no such setting"},
	{"{\n\"mode\":\"Learn\"}", "mode, line 2", "expected one of \"pass\", \"learn\", \"audit\", \"enforce\""},
	{"{\"mode\":1}", "mode, line 1", "one of \"pass\""},
	{"{\"mode\":\"pass\\u0000x\"}", "mode, line 1", "one of \"pass\""},
	{"{\"mode\\u0000x\":\"pass\"}", "line 1", ""},
	/* "" stands for unset inside, and is none of the words */
	{"{\"baseline\":\"\"}", "baseline, line 1", "expected one of \"drop\", \"default\", \"keep\""},
	{"{\"on_error\":true}", "on_error, line 1", "expected one of \"fail\", \"original\""},
	{"{\"missing_profile\":\"pass\"}", "missing_profile, line 1", "expected one of \"fail\", \"original\""},
	{"{\"session\":true}", "session, line 1", "expected one of \"off\", \"on\""},
	{"{\"runtime\":\"runc\"}", "runtime, line 1", "expected an absolute path"},
	{"{\"runtime\":null}", "runtime, line 1", "expected an absolute path"},
	{"{\"state_dir\":\"\"}", "state_dir, line 1", "expected an absolute path"},
	{"{\"run_dir\":\"/run\\u0000/x\"}", "run_dir, line 1", "expected an absolute path"},
	{"{\"export_dir\":[\"/x\"]}", "export_dir, line 1", "expected an absolute path"},
	{"{\"annotations\":\"io.snug.mode\"}", "annotations, line 1", "expected a list"},
	{"{\"annotations\":[\"io.snug.mode\",\"io.snug.x\"]}", "annotations[1], line 1", "expected"},
	{"{\"image_annotations\":\"on\"}", "image_annotations, line 1", "expected true or false"},
	{"{\"annotations\":[{}]}", "annotations[0], line 1", "expected"},
	{"{\"annotations\":[\"io.snug.mode\\u0000\"]}", "annotations[0], line 1", "expected"},
	{"{\"log_denials\":\"true\"}", "log_denials, line 1", "expected true or false"},
	{"{\"progressive\":0}", "progressive, line 1", "expected true or false"},
	{"{\"experiments\":null}", "experiments, line 1", "expected true or false"},
	{"{\"hot_set\":\"read\"}", "hot_set, line 1", "expected true, false or a list"},
	{"{\"hot_set\":[\"read\",7]}", "hot_set[1], line 1", "the name of a system call"},
	{"{\"hot_set\":[\"\"]}", "hot_set[0], line 1", "the name of a system call"},
	{"{\"hot_set\":[\"Read\"]}", "hot_set[0], line 1", "the name of a system call"},
	{"{\"hot_set\":[\"read\\u0000\"]}", "hot_set[0], line 1", "the name of a system call"},
	{"{\"hot_set\":[\"a23456789012345678901234567890123456789012345678\"]}", "hot_set[0], line 1", "the name of"},
	{"{\"hot_set\":[\"execve\"]}", "hot_set[0], line 1", "execve is always logged while learning"},
	{"{\"hot_set\":[\"clone\",\"setns\"]}", "hot_set[1], line 1", "setns has no harmless form to assume"},
	{"{\"learn_for\":-1}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":1.5}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":true}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":\"7\"}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":\"d\"}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":\"7w\"}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":\"7dd\"}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":\"7d\\u0000\"}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":\"3651d\"}", "learn_for, line 1", "expected a time"},
	{"{\"learn_for\":99999999999999999999}", "learn_for, line 1", "expected a time"},
};

static void what_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(REFUSED); i++) {
		struct config c = {0};
		struct err err = {0};

		if (apply(REFUSED[i].text, strlen(REFUSED[i].text), &c, &err) != -EINVAL ||
		    !strstr(err.msg, CONFIG_DEFAULT_PATH) || !strstr(err.msg, REFUSED[i].place) ||
		    !strstr(err.msg, REFUSED[i].want))
			fail_msg("%s: %d, %s", REFUSED[i].text, err.code, err.msg);
		config_done(&c);
		assert_null(c.path);
	}
}

static void what_holds_by_default(void **state)
{
	struct config c = {0};
	struct err err = {0};

	assert_int_equal(apply("{}", 2, &c, &err), 0);
	assert_int_equal(c.mode, CONFIG_PASS);
	assert_null(c.runtime);
	assert_null(c.export_dir);
	assert_string_equal(c.state_dir, "/var/lib/snug");
	assert_string_equal(c.run_dir, "/run/snug");
	assert_int_equal(c.baseline, CONFIG_BASELINE_UNSET);
	assert_int_equal(c.on_error, CONFIG_FAIL);
	assert_int_equal(c.missing_profile, CONFIG_FAIL);
	assert_true(c.session && c.log_denials);
	assert_false(c.annotation_profile || c.annotation_mode || c.no_progress || c.experiments || c.hot_default);
	assert_int_equal(c.hot_set.count, 0);
	assert_true(c.learn_for_ms == (uint64_t)7 * 86400 * 1000);
	config_done(&c);
}

static void each_setting_goes_where_it_belongs(void **state)
{
	static const char text[] =
		"{\"runtime\":\"/r\",\"mode\":\"enforce\",\"state_dir\":\"/s\",\"run_dir\":\"/u\",\"export_dir\":\"/e\","
		"\"baseline\":\"keep\",\"on_error\":\"original\",\"missing_profile\":\"original\","
		"\"annotations\":[\"io.snug.profile\",\"io.snug.mode\"],\"session\":\"off\",\"log_denials\":false,"
		"\"progressive\":false,\"experiments\":true,\"hot_set\":[\"read\",\"write\",\"read\"]}";
	struct config c = {0};
	struct err err = {0};

	if (apply(text, strlen(text), &c, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(c.runtime, "/r");
	assert_string_equal(c.state_dir, "/s");
	assert_string_equal(c.run_dir, "/u");
	assert_string_equal(c.export_dir, "/e");
	assert_int_equal(c.mode, CONFIG_ENFORCE);
	assert_int_equal(c.baseline, CONFIG_BASELINE_KEEP);
	assert_int_equal(c.on_error, CONFIG_ORIGINAL);
	assert_int_equal(c.missing_profile, CONFIG_ORIGINAL);
	assert_true(c.annotation_profile && c.annotation_mode && c.no_progress && c.experiments);
	assert_false(c.session || c.log_denials || c.hot_default);
	assert_int_equal(c.hot_set.count, 2);
	assert_true(names_have(&c.hot_set, "read") && names_have(&c.hot_set, "write"));
	config_done(&c);
	assert_int_equal(apply("{\"hot_set\":true}", 16, &c, &err), 0);
	assert_true(c.hot_default && !c.hot_set.count);
	config_done(&c);
}

static void how_long_is_learnt(void **state)
{
	static const struct {
		const char *value;
		uint64_t seconds;
	} cases[] = {{"0", 0},
		     {"90", 90},
		     {"\"90s\"", 90},
		     {"\"30m\"", 1800},
		     {"\"12h\"", 43200},
		     {"\"7d\"", 604800},
		     {"\"0d\"", 0},
		     {"\"3650d\"", (uint64_t)3650 * 86400}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf text = {0};
		struct config c = {0};
		struct err err = {0};

		buf_addf(&text, "{\"learn_for\":%s}", cases[i].value);
		if (apply(text.data, text.len, &c, &err) < 0 || c.learn_for_ms != cases[i].seconds * 1000)
			fail_msg("%s: %s", cases[i].value, err.msg);
		config_done(&c);
	}
}

static void the_hot_set_has_an_end(void **state)
{
	for (unsigned count = 128; count <= 129; count++) {
		cleanup_buf struct buf text = {0};
		struct config c = {0};
		struct err err = {0};

		for (unsigned i = 0; i < count; i++)
			buf_addf(&text, "%s\"call_%u\"", i ? "," : "{\"hot_set\":[", i);
		buf_adds(&text, "]}");
		assert_int_equal(apply(text.data, text.len, &c, &err), count == 128 ? 0 : -EINVAL);
		assert_int_equal(c.hot_set.count, 128);
		if (count == 129)
			assert_non_null(strstr(err.msg, "hot_set[128], line 1: more than 128 names"));
		config_done(&c);
	}
}

static void modes_by_name(void **state)
{
	enum config_mode mode = CONFIG_AUDIT;

	assert_int_equal(config_mode_by_name("monitor", &mode), -ENOENT);
	assert_int_equal(mode, CONFIG_AUDIT);
	for (int i = CONFIG_PASS; i <= CONFIG_ENFORCE; i++) {
		assert_int_equal(config_mode_by_name(config_mode_name((enum config_mode)i), &mode), 0);
		assert_int_equal(mode, i);
	}
}

/* Whoever may write to the file chooses what is run as root. */
static void which_files_are_trusted(void **state)
{
	char dir[] = "/tmp/snug-config-XXXXXX", path[64], link[64];
	struct config c = {0};
	struct err err = {0};

	config_done(NULL);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/config.json", dir);
	snprintf(link, sizeof(link), "%s/link.json", dir);
	setenv("SNUG_CONFIG", path, 1);
	assert_int_equal(config_load(&c, &err), -ENOENT);
	assert_non_null(strstr(err.msg, path));

	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "{\"mode\":\"audit\"}", 16), 16);
	close(fd);
	assert_int_equal(config_load(&c, &err), 0);
	assert_int_equal(c.mode, CONFIG_AUDIT);
	config_done(&c);
	assert_int_equal(chmod(path, 0666), 0);
	assert_true(config_load(&c, &err) < 0);
	assert_non_null(strstr(err.msg, path));
	assert_null(c.path);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(symlink("config.json", link), 0);
	setenv("SNUG_CONFIG", link, 1);
	assert_int_equal(config_load(&c, &err), -ELOOP);
	setenv("SNUG_CONFIG", dir, 1);
	assert_int_equal(config_load(&c, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "is not a regular file"));
	unlink(link);
	/* A pipe that nobody writes to is not waited for. */
	assert_int_equal(mkfifo(link, 0600), 0);
	setenv("SNUG_CONFIG", link, 1);
	assert_int_equal(config_load(&c, &err), -EINVAL);
	unlink(link);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused),        cmocka_unit_test(what_holds_by_default),
		cmocka_unit_test(each_setting_goes_where_it_belongs), cmocka_unit_test(how_long_is_learnt),
		cmocka_unit_test(the_hot_set_has_an_end), cmocka_unit_test(modes_by_name),
		cmocka_unit_test(which_files_are_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
