/* Errors: one value, owned by the caller, that gathers context on its way up.
 *
 * A function that can fail returns 0 or a negative errno and takes a `struct err *` last. That may be NULL: the
 * message is then dropped, the return value is the same. Nothing here allocates.
 */
#ifndef SNUG_BASE_ERR_H
#define SNUG_BASE_ERR_H

#define ERR_MSG_MAX 512

struct err {
	int code;              /* 0, or a negative errno */
	char msg[ERR_MSG_MAX]; /* one sentence, no newline, safe for a terminal */
};

/* Sets *err to `code` (a positive or negative errno, not 0) and the formatted sentence. Control characters in the
 * result are replaced by '?'. Returns the negative errno, so that `return err_set(err, EINVAL, "...")` works. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4), cold));

/* Like err_set, with ": " and strerror(code) appended. */
int err_sys(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4), cold));

/* Prefixes the sentence with "context: ". Returns err->code, or -EIO if err is NULL. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

#endif
