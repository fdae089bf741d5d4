#include "shim/cli/common/cli.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/cli/common/audit_readers.h"
#include "shim/cli/setup/job.h"
#include "shim/cli/setup/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setup.inc"

enum { OPT_WRITE, OPT_REMOVE, OPT_CHECK, OPT_CONFIG, OPT_BIN, OPT_SOCKET, OPT_IMAGE };

static const struct cli_option OPTIONS[] = {
	[OPT_WRITE] = {"write", 0, NULL, "write it into CALLER's configuration, and keep a copy of the old file"},
	[OPT_REMOVE] = {"remove", 0, NULL, "remove it again"},
	[OPT_CHECK] = {"check", 0, NULL, "ask the running container engine whether it knows the handlers; exit 1 if not"},
	[OPT_CONFIG] = {"config", 0, "FILE", "CALLER's configuration file, if it is elsewhere"},
	[OPT_BIN] = {"bin", 0, "DIR", "the directory of snug-learn and the others; default: this program's"},
	[OPT_SOCKET] = {"socket", 0, "FILE", "--check: the engine's CRI socket, if it is elsewhere"},
	[OPT_IMAGE] = {"image", 0, "NAME", "kubernetes: the image that contains snug"},
};

#define RESTARTS(unit) "systemctl restart " unit, "systemctl restart " unit
#define STILL          "restart it once they have ended: containerd 2 refuses exec into a pod whose handler is gone"
#define K3S_SOCKET     "/run/k3s/containerd/containerd.sock"

static const struct setup_caller CALLERS[] = {
	{"containerd", FORM_BLOCK, "/etc/containerd/config.toml", NULL, RESTARTS("containerd"), STILL, "containerd",
	 "/run/containerd/containerd.sock", "containerd"},
	{"crio", FORM_BLOCK, "/etc/crio/crio.conf.d/99-snug.conf", TEMPLATE_crio_conf, RESTARTS("crio"), NULL, NULL,
	 "/run/crio/crio.sock", "cri-o"},
	{"k3s", FORM_TEMPLATE, "/var/lib/rancher/k3s/agent/etc/containerd/config.toml", NULL,
	 RESTARTS("k3s (on an agent: k3s-agent)"), STILL, NULL, K3S_SOCKET, "containerd"},
	{"rke2", FORM_TEMPLATE, "/var/lib/rancher/rke2/agent/etc/containerd/config.toml", NULL,
	 RESTARTS("rke2-server (on an agent: rke2-agent)"), STILL, NULL, K3S_SOCKET, "containerd"},
	{"docker", FORM_JSON, "/etc/docker/daemon.json", TEMPLATE_docker_json, "systemctl reload docker",
	 "systemctl restart docker (a reload keeps the runtimes; without live-restore a restart stops the containers)",
	 NULL, "dockerd", NULL, NULL},
	{"podman", FORM_BLOCK, "/etc/containers/containers.conf.d/snug.conf", TEMPLATE_podman_conf, NULL, NULL, NULL,
	 NULL, NULL, NULL},
	{"kubernetes", FORM_MANIFESTS, NULL, TEMPLATE_kubernetes_yaml, "snug setup kubernetes | kubectl apply -f -",
	 NULL, NULL, NULL, NULL, NULL},
	{"kubernetes-crds", FORM_MANIFESTS, NULL, TEMPLATE_kubernetes_crds_yaml,
	 "snug setup kubernetes-crds | kubectl apply -f -", NULL, NULL, NULL, NULL, NULL},
};

static int find_caller(const char *name, const struct setup_caller **ret, struct err *err)
{
	cleanup_buf struct buf list = {0};

	for (size_t i = 0; i < ARRAY_SIZE(CALLERS); i++) {
		if (text_streq(name, CALLERS[i].name)) {
			*ret = &CALLERS[i];
			return 0;
		}
		buf_addf(&list, "%s%s", i ? ", " : "", CALLERS[i].name);
	}
	return err_set(err, EINVAL, "unknown caller '%s'; known are %s", name, list.data);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* Once a containerd file names any handler, there is no built-in default, and without a default the CRI plugin is not loaded. */
#define DEFAULT_OF(table)                                                                                       \
	"# The file named no default: once any handler is named, containerd forgets its built-in one.\n"             \
	"[" table ".containerd.runtimes.runc]\n  runtime_type = \"io.containerd.runc.v2\"\n"

/* What we need to know about containerd's configuration. */
struct containerd {
	const char *template;
	bool systemd_cgroup;
	const char *default_runtime; /* a table to add if the file has none for the default */
};

static int choose_containerd(struct setup_job *j, struct containerd *ret, struct err *err)
{
	struct setup_toml toml;

	if (!text_of(&j->text)[strspn(text_of(&j->text), " \t\r\n")])
		setup_begin(j, &j->text);
	setup_toml_read(text_of(j->caller->form == FORM_TEMPLATE ? &j->made : &j->text), &toml);
	if (toml.version < 2 || toml.version > 4)
		return err_set(err, EINVAL, "%s: version %u; handlers need a file of version 2, 3 or 4%s", j->file, toml.version,
			       toml.version < 2 ? "; `containerd config migrate` upgrades it" : "");
	if (toml.foreign_line)
		return err_set(err, EEXIST, "%s: line %u: there already is a handler %s that `snug setup` did not write; remove it first",
			       j->file, toml.foreign_line, toml.foreign);
	ret->template = toml.version == 2 ? TEMPLATE_containerd_2_toml : TEMPLATE_containerd_3_toml;
	ret->systemd_cgroup = toml.systemd_cgroup;
	if (!toml.names_default && !toml.renames_default)
		ret->default_runtime = toml.version == 2 ? DEFAULT_OF("plugins.\"io.containerd.grpc.v1.cri\"") : DEFAULT_OF("plugins.'io.containerd.cri.v1.runtime'");
	return 0;
}

static int find_bin(const char *given, char **ret, struct err *err)
{
	char *slash;
	int r = given ? 0 : file_read_link("/proc/self/exe", ret);

	if (r < 0)
		return err_sys(err, r, "cannot find this program's own file");
	if (!given) {
		slash = strrchr(*ret, '/');
		if (slash)
			*slash = '\0';
		return 0;
	}
	/* It is inserted unquoted into files of three syntaxes. */
	if (given[0] != '/' || strpbrk(given, "\"'\\\n"))
		return err_set(err, EINVAL, "--bin: expected an absolute path without quotes or backslashes");
	*ret = strdup(given);
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int make_piece(struct setup_job *j, const struct cli_args *args, struct err *err)
{
	struct containerd c = {.template = j->caller->template};
	const char *image = args->value[OPT_IMAGE];
	cleanup_free char *bin = NULL;
	int r = find_bin(args->value[OPT_BIN], &bin, err);

	if (r == 0 && !c.template)
		r = choose_containerd(j, &c, err);
	if (r < 0)
		return r;

	const struct setup_word words[] = {{"@BIN@", bin},
					   {"@SYSTEMD_CGROUP@", c.systemd_cgroup ? "true" : "false"},
					   {"@DEFAULT@", c.default_runtime ? c.default_runtime : ""},
					   {"@IMAGE@", image ? image : "REGISTRY/snug:" SNUG_VERSION}};

	setup_fill(c.template, words, ARRAY_SIZE(words), &j->piece);
	return buf_failed(&j->piece) ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int check_usage(const struct setup_caller *caller, const struct cli_args *args, struct err *err)
{
	bool write = args->value[OPT_WRITE], remove = args->value[OPT_REMOVE], check = args->value[OPT_CHECK];

	if (write + remove + check > 1)
		return err_set(err, EINVAL, "--write, --remove and --check cannot be combined");
	if (caller->form == FORM_MANIFESTS && (write || remove || check || args->value[OPT_CONFIG]))
		return err_set(err, EINVAL, "%s has no file here; use `snug setup %s | kubectl apply -f -`",
			       caller->name, caller->name);
	if (check && !caller->socket)
		return err_set(err, EINVAL, "%s has no container runtime interface to ask", caller->name);
	return 0;
}

/* Before the first container learns. */
static void warn_of_journald(void)
{
	cleanup_buf struct buf names = {0};

	if (audit_readers(&names))
		fputs("journald stores the audit records of learning runs here; `snug doctor` says how to change "
		      "that\n",
		      stderr);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_with(setup_job_done) struct setup_job j = {0};
	bool remove = args->value[OPT_REMOVE];
	int r = find_caller(args->operand[0], &j.caller, err);

	if (r == 0)
		r = check_usage(j.caller, args, err);
	if (r == 0 && j.caller->file)
		r = setup_job_read(&j, args->value[OPT_CONFIG], err);
	if (r == 0 && !(remove && !j.exists))
		r = make_piece(&j, args, err);
	if (r < 0)
		return r;
	if (args->value[OPT_WRITE]) {
		warn_of_journald();
		return setup_job_write(cli, &j, err);
	}
	if (remove)
		return setup_job_remove(cli, &j, err);
	if (args->value[OPT_CHECK])
		return setup_job_check(cli, &j, args->value[OPT_SOCKET], err);
	buf_adds(&cli->out, text_of(&j.piece));
	if (j.file)
		fprintf(stderr, "This belongs in %s; `snug setup %s --write` puts it there.\n", j.file, j.caller->name);
	return CLI_GOOD;
}

const struct cli_command cmd_setup = {
	.name = "setup",
	.operands = "CALLER",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "configures containerd, crio, k3s, rke2, docker, podman or kubernetes to use snug",
	.details =
		"Prints the configuration that adds the runtimes snug-learn, snug-audit and snug-enforce to CALLER\n"
		"on this machine. --write puts it into CALLER's own file (again is harmless); --remove takes it out\n"
		"and says how many containers still need snug's programs; --check asks the running engine whether it\n"
		"knows them. For kubernetes it prints manifests: RuntimeClasses, and a DaemonSet that installs snug on\n"
		"nodes and rolls back when deleted.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
