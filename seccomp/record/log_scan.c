#include "seccomp/record/log_scan.h"

#include "base/cleanup.h"
#include "seccomp/record/log_languages.h"

#include <string.h>

#define BLOCK 3

/* Eight bytes of each text: the part whose end is rarest. */
static const char needles[][LOG_SCAN_WINDOW + 1] = {
	"ype=1326", /* the kernel's own line */
	"SECCOMP ", /* auditd's type=SECCOMP msg=, journald's SECCOMP auid= */
	"pe\":1326", "e\": 1326", /* go-audit's "type":1326 */
	" compat=", /* a field that only these records have, in case the beginning is cut off */
	"ot permi", /* operation not permitted */
	"t implem", /* function not implemented */
	"system c", /* bad system call */
	"d (EPERM", /* pthread_create failed (EPERM) */
	"w namesp", /* bubblewrap: No permissions to create new namespace */
	"ad faile", "tart new", "hread_cr", /* getaddrinfo() thread failed to start, can't start new thread, uv_thread_create */
	"ner proc", /* unable to start container process, exec container process */
	"CI runti", /* OCI runtime create failed */
	"ady dead", /* container process is already dead */
	"opped pr", "t has st", "ted stat", /* cannot start a stopped process, a container that has stopped, is not in created state */
	"eady run", /* cannot start an already running container */
	"ABRT: ab", /* SIGABRT: abort */
	"call.Set", /* syscall.Setgid( in the stack that follows */
	"ax    0x", /* rax    0x53 in the registers after SIGSYS */
	"texwakeu", /* futexwakeup addr=... returned -1 */
	"tInitial", /* startInitialization.func1 in a panic of runc */
	"x facili", /* The futex facility returned an unexpected error code. */
	"w OS thr", /* failed to create new OS thread */
	"e init p", /* crun: read from the init process */
	"ipe fail", /* crun: read pipe failed */
	"atus 159", "code 159", "atus=159", "rror 159", "exit 159", "with 159", /* 128 + SIGSYS */
	"tus: 159", "ode: 159", "ode\":159", "de\": 159", "Code=159", "code=159", "CODE=159", "atus -31",
	"d (159) ",                                     /* docker ps: Exited (159) */
	" Code:  ", " Code: 1",                         /* kubectl describe: Exit Code:    159 */
	"tCode: 1", "tCode\":1", "tCode\": ",                        /* exit code in a status, as YAML and JSON */
	"omp-bpf ", /* Chromium: seccomp-bpf failure in syscall */
	"seccomp ", /* Firefox: seccomp sandbox violation; Android: seccomp prevented call */
	"l SIGSYS", "y SIGSYS", "- SIGSYS", "h SIGSYS", "=SIGSYS ", "\"SIGSYS\"", "SIGSYS: ", "'SIGSYS'", ": SIGSYS", "t SIGSYS", "d SIGSYS",
	"nal=SYS)", /* systemctl status: code=killed, signal=SYS */
	"us=31/SY", /* systemd: code=killed, status=31/SYS */
	"ignal: 3", "signal 3", "ignal:  ", "gnal\":31", "nal\": 31", /* signal 31, also as the API and kubectl describe have it */
	"NOM_ABEN", "ype=1701", /* ANOM_ABEND, with sig=31 */
	"yscallNa", /* the operator's enricher: syscallName */
	"pe=secco", /* its older form: type=seccomp */
	"p notifi", /* CRI-O: seccomp notifier message */
	"den sysc", /* CRI-O: Used forbidden syscalls */
	"ed-secco", /* auditbeat: violated-seccomp-policy */
	"evt.type", "evt_type", /* falco */
	"yscall\":", "OMP_RET_", "_RET_LOG", "L_THREAD", "_PROCESS", "ET_ERRNO", /* "syscall": beside "code":, and Inspektor Gadget's columns */
	"si_sysca", /* strace: si_syscall=__NR_mkdir */
	"ostProfi", /* localhostProfile */
	"let/secc", /* /var/lib/kubelet/seccomp/ */
	"seccomp=", /* --security-opt seccomp=FILE */
	" apparmo", /* apparmor="DENIED" */
	" avc:  d", /* SELinux */
	" callbac", /* kauditd_printk_skb: N callbacks suppressed */
	"audit_lo", /* audit_lost=N */
	"imit exc", /* audit: backlog limit exceeded, rate limit exceeded */
	"uppresse", /* journald: Suppressed N messages from ... */
	"rnel mes", /* journald: Missed N kernel messages */
	"ate-limi", /* rsyslog: N messages lost due to rate-limiting */
};

static inline size_t hash_of(uint32_t v)
{
	v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v << 8 : v & ~0xffu;
	return (v * 0x9e3779b1u) >> (32 - LOG_SCAN_BITS);
}

/* Reads one byte more than the block, and ignores it: a single load is faster. */
static inline size_t hash_fast(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return hash_of(v);
}

static inline size_t hash(const char *p)
{
	uint32_t v = 0;

	memcpy(&v, p, BLOCK);
	return hash_of(v);
}

static void add_needle(struct log_scan *s, const char *needle)
{
	s->begins[hash(needle)] = true;
	for (size_t j = 0; j + BLOCK <= LOG_SCAN_WINDOW; j++) {
		uint8_t *shift = &s->shift[hash(needle + j)];

		if (*shift > LOG_SCAN_WINDOW - BLOCK - j)
			*shift = (uint8_t)(LOG_SCAN_WINDOW - BLOCK - j);
	}
}

void log_scan_init(struct log_scan *s)
{
	const struct log_phrase *phrases = NULL;
	size_t count = log_languages(&phrases);

	memset(s->begins, 0, sizeof(s->begins));
	memset(s->shift, LOG_SCAN_WINDOW - BLOCK + 1, sizeof(s->shift));
	for (size_t i = 0; i < ARRAY_SIZE(needles); i++)
		add_needle(s, needles[i]);
	for (size_t i = 0; i < count; i++)
		add_needle(s, log_phrase_part(&phrases[i], LOG_SCAN_WINDOW));
}

static bool is_foreign(const char *p)
{
	const struct log_phrase *phrases = NULL;
	size_t count = log_languages(&phrases);

	for (size_t i = 0; i < count; i++)
		if (memcmp(p, log_phrase_part(&phrases[i], LOG_SCAN_WINDOW), LOG_SCAN_WINDOW) == 0)
			return true;
	return false;
}

static inline bool is_needle(const struct log_scan *s, const char *p)
{
	/* The first block rules out nearly everything else. */
	if (!s->begins[hash(p)])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(needles); i++)
		if (memcmp(p, needles[i], LOG_SCAN_WINDOW) == 0)
			return true;
	return is_foreign(p);
}

size_t log_scan_next(const struct log_scan *s, const char *text, size_t len, size_t from)
{
	/* A shift of 0 does not move, so only every fourth step needs a check. */
	size_t at = from, sure = len > 4 * LOG_SCAN_WINDOW ? len - 4 * LOG_SCAN_WINDOW : 0;
	const char *block = text + LOG_SCAN_WINDOW - BLOCK;

	while (at + LOG_SCAN_WINDOW <= len) {
		while (at < sure) {
			at += s->shift[hash_fast(block + at)];
			at += s->shift[hash_fast(block + at)];
			at += s->shift[hash_fast(block + at)];
			uint8_t last = s->shift[hash_fast(block + at)];

			if (!last)
				break;
			at += last;
		}
		if (at + LOG_SCAN_WINDOW > len)
			break;
		uint8_t shift = s->shift[hash(block + at)];

		if (!shift && is_needle(s, text + at))
			return at;
		at += shift ? shift : 1;
	}
	return len;
}
