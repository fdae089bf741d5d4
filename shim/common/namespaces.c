#include "shim/common/namespaces.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

/* include/linux/proc_ns.h PROC_USER_INIT_INO, PROC_PID_INIT_INO: the numbers of the initial namespaces are fixed. */
static const struct {
	const char *path, *initial, *what;
} namespaces[] = {
	{"/proc/self/ns/user", "user:[4026531837]", "user"},
	{"/proc/self/ns/pid", "pid:[4026531836]", "pid"},
};

/* Not every kernel has a fixed number for the initial network namespace, but only its /proc/sys/net has the queue settings of
 * all devices (net/core/sysctl_net_core.c net_core_table). */
static int check_network(struct err *err)
{
	if (access("/proc/sys/net/core/netdev_budget", F_OK) == 0)
		return 0;
	return err_set(err, EPERM, "not in the initial network namespace, the only one that gets audit records; record on the host as root");
}

int namespaces_check(struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		cleanup_free char *target = NULL;
		int r = file_read_link(namespaces[i].path, &target);

		if (r < 0)
			return err_sys(err, r, "%s: cannot read", namespaces[i].path);
		if (!text_streq(target, namespaces[i].initial))
			return err_set(err, EPERM, "not in the initial %s namespace (rootless, or a container as node), the only one that gets audit records; record on"
				       " the host as root", namespaces[i].what);
	}
	return check_network(err);
}

bool namespaces_is_root(void)
{
	cleanup_free char *target = NULL;

	/* Only a link that was read says that this is another namespace. */
	return geteuid() == 0 && (file_read_link(namespaces[0].path, &target) < 0 || text_streq(target, namespaces[0].initial));
}

/* Without audit the kernel registers no such protocol (kernel/audit.c audit_init, AUDIT_DISABLED). */
static bool audit_is_off(void)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	return fd < 0 && errno == EPROTONOSUPPORT;
}

const char *namespaces_why_no_audit(void)
{
	if (!namespaces_is_root())
		return "the kernel's audit records are for root of the initial user namespace alone";
	if (namespaces_check(NULL) < 0)
		return "the kernel's audit records go to the initial pid and network namespace alone";
	return audit_is_off() ? "this kernel's audit is switched off (audit=0)" : NULL;
}
