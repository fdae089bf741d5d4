#include "shim/cli/common/pager.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES         24 /* of a terminal that does not tell */
#define COLUMNS       80
#define NOT_FOUND     127 /* of the shell: there is no such command */
#define NOT_EXECUTING 126

/* NULL: none. */
static const char *pager_named(void)
{
	const char *name = getenv("SNUG_PAGER");

	name = name ? name : getenv("PAGER");
	name = name ? name : "less";
	return *name && !text_streq(name, "cat") ? name : NULL;
}

/* Lines on a terminal `columns` wide. Bytes that begin no character do not count; what takes no column or two is not
 * known here. */
static size_t lines_of(const char *text, size_t len, size_t columns)
{
	size_t lines = 0, column = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			lines++;
			column = 0;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80 && ++column > columns) {
			lines++;
			column = 1;
		}
	}
	return lines + (column > 0);
}

static bool longer_than_screen(const char *text, size_t len)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		size = (struct winsize){.ws_row = LINES, .ws_col = COLUMNS};
	/* The prompt needs the last line. */
	return lines_of(text, len, size.ws_col) >= size.ws_row;
}

static _Noreturn void become_pager(const char *pager, int in)
{
	const bool lent = geteuid() == 0 && (getenv("SUDO_UID") || getenv("DOAS_USER") || getenv("PKEXEC_UID"));
	const bool ready = dup2(in, STDIN_FILENO) >= 0 && setenv("LESS", "FRX", 0) == 0 && setenv("LV", "-c", 0) == 0 &&
			   (!lent || (setenv("LESSSECURE", "1", 1) == 0 && setenv("PAGERSECURE", "1", 1) == 0));

	if (ready)
		execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
	_exit(NOT_FOUND);
}

/* -EPIPE: whoever reads wants no more. */
static int feed(int fd, const char *text, size_t len, struct err *err)
{
	int r = file_write_full(fd, text, len);

	return r < 0 && r != -EPIPE ? err_sys(err, r, "the pager") : 0;
}

/* Runs it to its end. *ret_ran is false if it could not be started. */
static int page(const char *pager, const char *text, size_t len, bool *ret_ran, struct err *err)
{
	cleanup_fd int in = -1, out = -1;
	int ends[2], status = 0, r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	in = ends[0];
	out = ends[1];
	const pid_t pid = fork();

	if (pid < 0)
		return err_sys(err, errno, "fork");
	if (!pid)
		become_pager(pager, in);
	close(steal_fd(&in));
	r = feed(out, text, len, err);
	close(steal_fd(&out));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_ran = !WIFEXITED(status) || (WEXITSTATUS(status) != NOT_FOUND && WEXITSTATUS(status) != NOT_EXECUTING);
	return r;
}

static void leave_to_pager(int signal)
{
	(void)signal;
}

int pager_write(const char *text, size_t len, struct err *err)
{
	const char *pager = isatty(STDOUT_FILENO) && longer_than_screen(text, len) ? pager_named() : NULL;
	/* A handler, not SIG_IGN: the pager does not inherit it. */
	const struct sigaction catch = {.sa_handler = leave_to_pager, .sa_flags = SA_RESTART};
	struct sigaction interrupt, quit;
	bool ran = false;
	int r = 0;

	if (pager) {
		sigaction(SIGINT, &catch, &interrupt);
		sigaction(SIGQUIT, &catch, &quit);
		r = page(pager, text, len, &ran, err);
		sigaction(SIGINT, &interrupt, NULL);
		sigaction(SIGQUIT, &quit, NULL);
	}
	if (r < 0 || ran)
		return r;
	r = file_write_full(STDOUT_FILENO, text, len);
	return r < 0 ? err_sys(err, r, "standard output") : 0;
}
