#include "shim/common/rootless.h"

#include "base/cleanup.h"
#include "shim/common/namespaces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The XDG Base Directory Specification says that relative paths must be ignored. */
static const char *absolute(const char *name)
{
	const char *v = secure_getenv(name);

	return v && v[0] == '/' ? v : NULL;
}

bool rootless_is(void)
{
	return geteuid() != 0 || (absolute("XDG_RUNTIME_DIR") && !namespaces_is_root());
}

static char *below_home(const char *name, const char *instead, const char *file, const char *none)
{
	const char *dir = absolute(name), *home = absolute("HOME");
	char *path = NULL;
	int n;

	if (dir)
		n = asprintf(&path, "%s/%s", dir, file);
	else if (home)
		n = asprintf(&path, "%s/%s/%s", home, instead, file);
	else
		n = asprintf(&path, "%s", none);
	return n < 0 ? NULL : path;
}

static char *run_dir(void)
{
	const char *dir = absolute("XDG_RUNTIME_DIR");
	char *path = NULL;

	return (dir ? asprintf(&path, "%s/snug", dir) : asprintf(&path, "/run/user/%u/snug", (unsigned)geteuid())) < 0 ? NULL : path;
}

int rootless_find(struct rootless_dirs *ret, struct err *err)
{
	cleanup_free char *config = below_home("XDG_CONFIG_HOME", ".config", "snug/config.json", "/etc/snug/config.json");
	cleanup_free char *state = below_home("XDG_STATE_HOME", ".local/state", "snug", "/var/lib/snug");
	cleanup_free char *run = run_dir();

	if (!config || !state || !run)
		return err_set(err, ENOMEM, "out of memory");
	*ret = (struct rootless_dirs){steal_ptr(&config), steal_ptr(&state), steal_ptr(&run)};
	return 0;
}
