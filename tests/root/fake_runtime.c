/* A runtime that tells how it was called: argv, env, cwd, descriptors, pid, ppid, umask, signals, children. It reads config.json
 * of its bundle like a real one where FAKE_READ names the file, and writes what it read to FAKE_COPY. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void print_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	char target[4096], path[64];

	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		ssize_t n;

		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", atoi(e->d_name));
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		printf("fd %s %s flags %d\n", e->d_name, target, fcntl(atoi(e->d_name), F_GETFD));
	}
	closedir(dir);
}

static void print_file(const char *path, const char *want)
{
	char line[4096];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		if (!want[0] || strncmp(line, want, strlen(want)) == 0)
			printf("%s %s%s", path, line, strchr(line, '\n') ? "" : "\n");
	if (f)
		fclose(f);
}

static void copy_config(const char *from, const char *to)
{
	char text[65536];
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	size_t n;

	while (in && out && (n = fread(text, 1, sizeof(text), in)) > 0)
		fwrite(text, 1, n, out);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
}

int main(int argc, char **argv)
{
	static const char *const signals[] = {"SigPnd", "SigBlk", "SigIgn", "SigCgt", NULL};
	char cwd[4096];

	if (getenv("FAKE_READ"))
		copy_config(getenv("FAKE_READ"), getenv("FAKE_COPY"));
	for (int i = 0; i < argc; i++)
		printf("argv %s\n", argv[i]);
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)));
	print_descriptors();
	printf("pid %d\nppid %d\npgid %d\nsid %d\n", (int)getpid(), (int)getppid(), (int)getpgrp(), (int)getsid(0));
	printf("umask %03o\n", (unsigned)umask(0));
	/* Not SigQ: that counts what is queued for every process of the user. */
	for (const char *const *s = signals; *s; s++)
		print_file("/proc/self/status", *s);
	print_file("/proc/self/status", "NoNewPrivs");
	print_file("/proc/self/status", "Cap");
	print_file("/proc/self/limits", "");
	print_file("/proc/self/task/self/children", "");
	print_file("/proc/self/oom_score_adj", "");
	return 7;
}
