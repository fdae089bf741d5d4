#include "oci/runtime.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Limits on what is read of an ELF file; real ones have about 15 program headers and a few hundred bytes of notes. */
#define SEGMENTS_MAX 64u
#define NOTES_MAX    (64u << 10)

/* The build id of a Go program: name "Go" with its NUL and one more (cmd/link, ELF_NOTE_GOBUILDID_TAG,
 * ELF_NOTE_GO_NAME). */
#define GO_NOTE_NAME "Go\0"
#define GO_NOTE_TYPE 4u

/* One note segment: where it lies in the file. */
struct segment {
	uint64_t offset, size;
};

/* A program's file. Headers and notes are nearly always in the first page, which is read once. */
struct elf_file {
	int fd;
	size_t len;
	char page[4096];
};

static bool read_at(const struct elf_file *f, void *p, size_t len, uint64_t offset)
{
	char *s = p;

	if (offset <= f->len && len <= f->len - offset) {
		memcpy(p, f->page + offset, len);
		return true;
	}
	while (len) {
		ssize_t n = offset <= INT64_MAX ? pread(f->fd, s, len, (off_t)offset) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

static bool has_go_note(const unsigned char *p, size_t len)
{
	while (len >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr h; /* the same in 32 bits */
		uint64_t name, all;

		memcpy(&h, p, sizeof(h));
		name = ((uint64_t)h.n_namesz + 3) & ~3ull;
		all = sizeof(h) + name + (((uint64_t)h.n_descsz + 3) & ~3ull);
		if (h.n_type == GO_NOTE_TYPE && h.n_namesz == sizeof(GO_NOTE_NAME) &&
		    len - sizeof(h) >= sizeof(GO_NOTE_NAME) &&
		    memcmp(p + sizeof(h), GO_NOTE_NAME, sizeof(GO_NOTE_NAME)) == 0)
			return true;
		if (all > len)
			return false;
		p += all;
		len -= (size_t)all;
	}
	return false;
}

static bool segment_has_go_note(const struct elf_file *f, const struct segment *s)
{
	size_t len = s->size < NOTES_MAX ? (size_t)s->size : NOTES_MAX;
	cleanup_free unsigned char *notes = malloc(len + 1);

	return notes && read_at(f, notes, len, s->offset) && has_go_note(notes, len);
}

/* Reads the i-th program header; false if it cannot be read or is not a note. */
static bool read_note_segment(const struct elf_file *f, bool is_64, uint64_t at, struct segment *ret)
{
	Elf64_Phdr h64;
	Elf32_Phdr h32;

	if (is_64) {
		if (!read_at(f, &h64, sizeof(h64), at) || h64.p_type != PT_NOTE)
			return false;
		*ret = (struct segment){h64.p_offset, h64.p_filesz};
		return true;
	}
	if (!read_at(f, &h32, sizeof(h32), at) || h32.p_type != PT_NOTE)
		return false;
	*ret = (struct segment){h32.p_offset, h32.p_filesz};
	return true;
}

/* Only programs in this machine's byte order: others do not run here. */
static void read_elf(const struct elf_file *f, bool *ret_is_elf, bool *ret_is_go)
{
	static const unsigned char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr h32;
		Elf64_Ehdr h64;
	} h = {0};
	struct segment note;
	uint64_t at, count, size;
	bool is_64;

	*ret_is_go = false;
	*ret_is_elf = read_at(f, h.ident, sizeof(h.ident), 0) && memcmp(h.ident, ELFMAG, SELFMAG) == 0;
	if (!*ret_is_elf || h.ident[EI_DATA] != order)
		return;
	is_64 = h.ident[EI_CLASS] == ELFCLASS64;
	if (!read_at(f, &h, is_64 ? sizeof(h.h64) : sizeof(h.h32), 0))
		return;
	at = is_64 ? h.h64.e_phoff : h.h32.e_phoff;
	count = is_64 ? h.h64.e_phnum : h.h32.e_phnum;
	size = is_64 ? h.h64.e_phentsize : h.h32.e_phentsize;
	if (size != (is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || at > INT64_MAX - SEGMENTS_MAX * size)
		return;
	for (uint64_t i = 0; i < count && i < SEGMENTS_MAX && !*ret_is_go; i++)
		if (read_note_segment(f, is_64, at + i * size, &note))
			*ret_is_go = segment_has_go_note(f, &note);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By the configured name, or that of a link's target (an alternatives link such as oci-runtime). */
static bool is_named_crun(const char *path)
{
	cleanup_free char *real = realpath(path, NULL);

	return strstr(base_name(path), "crun") || (real && strstr(base_name(real), "crun"));
}

static void read_program(int fd, bool *ret_is_elf, bool *ret_is_go)
{
	struct elf_file f = {.fd = fd};
	ssize_t n = pread(fd, f.page, sizeof(f.page), 0);

	f.len = n > 0 ? (size_t)n : 0;
	read_elf(&f, ret_is_elf, ret_is_go);
}

static int check_not_self(const char *path, const struct stat *st, int self_fd, struct err *err)
{
	struct stat self;

	if (self_fd < 0)
		return 0;
	if (fstat(self_fd, &self) < 0)
		return err_sys(err, errno, "cannot stat this program's own file");
	if (self.st_dev == st->st_dev && self.st_ino == st->st_ino)
		return err_set(err, ELOOP, "%s: is this wrapper itself, not the real runtime", path);
	return 0;
}

int oci_runtime_open(const char *path, int self_fd, struct oci_runtime *ret, struct err *err)
{
	cleanup_fd int fd = -1;
	struct oci_runtime rt = {0};
	struct stat st;
	bool is_elf;
	int r;

	if (path[0] != '/')
		return err_set(err, EINVAL, "%s: the runtime's path is not absolute", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, errno, "%s: cannot open the runtime", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s: cannot stat the runtime", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: the runtime is not a regular file", path);
	if (!(st.st_mode & 0111))
		return err_set(err, EACCES, "%s: the runtime is not executable", path);
	r = check_not_self(path, &st, self_fd, err);
	if (r < 0)
		return r;
	read_program(fd, &is_elf, &rt.is_go);
	rt.is_script = !is_elf;
	rt.dialect = !rt.is_go && is_named_crun(path) ? OCI_DIALECT_CRUN : OCI_DIALECT_RUNC;
	rt.dev = st.st_dev;
	rt.ino = st.st_ino;
	rt.size = (uint64_t)st.st_size;
	rt.mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	rt.path = strdup(path);
	if (!rt.path)
		return err_set(err, ENOMEM, "%s: out of memory", path);
	*ret = rt;
	return 0;
}

static bool find_in_usual_places(const char *name, int self_fd, struct oci_runtime *ret)
{
	/* The last ones are where CRI-O's packages, k3s and rke2 install theirs. */
	static const char *const dirs[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/libexec/crio",
					   "/usr/lib/cri-o-runc/sbin", "/var/lib/rancher/k3s/data/current/bin", "/var/lib/rancher/rke2/bin"};

	for (size_t d = 0; d < ARRAY_SIZE(dirs); d++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", dirs[d], name);
		if (oci_runtime_open(path, self_fd, ret, NULL) == 0)
			return true;
	}
	return false;
}

int oci_runtime_find(int self_fd, struct oci_runtime *ret, struct err *err)
{
	if (find_in_usual_places("runc", self_fd, ret) || find_in_usual_places("crun", self_fd, ret))
		return 0;
	return err_set(err, ENOENT,
		       "no runc or crun in the usual places; set \"runtime\" in the configuration");
}

int oci_runtime_open_or_find(const char *name, int self_fd, struct oci_runtime *ret, struct err *err)
{
	if (strchr(name, '/'))
		return oci_runtime_open(name, self_fd, ret, err);
	if (*name && find_in_usual_places(name, self_fd, ret))
		return 0;
	return err_set(err, ENOENT, "no runtime '%s' in the usual places; give its absolute path", name);
}

void oci_runtime_id(const struct oci_runtime *rt, char *ret)
{
	char name[11]; /* with five numbers of 16 digits it fills OCI_RUNTIME_ID_MAX */

	snprintf(name, sizeof(name), "%s", base_name(rt->path));
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !(c > name && strchr("._-", *c)))
			*c = '_';
	snprintf(ret, OCI_RUNTIME_ID_MAX, "%s-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%016" PRIx64, name,
		 rt->dev, rt->ino, rt->size, rt->mtime_ns, text_hash(rt->path, strlen(rt->path)));
}

void oci_runtime_done(struct oci_runtime *rt)
{
	if (rt)
		free(steal_ptr(&rt->path));
}

const char *oci_runtime_default_root(const struct oci_runtime *rt)
{
	return rt->dialect == OCI_DIALECT_CRUN ? "/run/crun" : "/run/runc";
}
