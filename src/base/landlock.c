#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/landlock.h"

/* Of linux/landlock.h; an older header on the building machine does not know all of them. */
#define LL_FS_ABI1 ((UINT64_C(1) << 13) - 1)
#define LL_FS_EXECUTE (UINT64_C(1) << 0)
#define LL_FS_WRITE_FILE (UINT64_C(1) << 1)
#define LL_FS_READ_FILE (UINT64_C(1) << 2)
#define LL_FS_READ_DIR (UINT64_C(1) << 3)
#define LL_FS_REMOVE_DIR (UINT64_C(1) << 4)
#define LL_FS_REMOVE_FILE (UINT64_C(1) << 5)
#define LL_FS_MAKE_DIR (UINT64_C(1) << 7)
#define LL_FS_MAKE_REG (UINT64_C(1) << 8)
#define LL_FS_REFER (UINT64_C(1) << 13)
#define LL_FS_TRUNCATE (UINT64_C(1) << 14)
#define LL_FS_IOCTL_DEV (UINT64_C(1) << 15)
#define LL_NET_ALL UINT64_C(3)
#define LL_SCOPE_ALL UINT64_C(3)
#define LL_RULE_PATH_BENEATH 1
#define LL_CREATE_VERSION 1u

struct ll_ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct ll_path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

static uint64_t
rights(const struct landlock_path *p, int fd, uint64_t known)
{
	uint64_t r = 0;
	struct stat st;

	if (p->may & LANDLOCK_READ)
		r |= LL_FS_READ_FILE | LL_FS_READ_DIR;
	if (p->may & LANDLOCK_WRITE)
		r |= LL_FS_WRITE_FILE | LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR |
		     LL_FS_MAKE_REG | LL_FS_TRUNCATE;
	/* A file takes only the rights that a file can have. */
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		r &= LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE | LL_FS_TRUNCATE;
	return r & known;
}

enum err_code
landlock_enter(const struct landlock_path *path, size_t count, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_VERSION);
	struct ll_ruleset set = { .fs = LL_FS_ABI1, .net = LL_NET_ALL, .scoped = LL_SCOPE_ALL };
	size_t size = abi >= 6 ? sizeof set : abi >= 4 ? 16 : 8;
	enum err_code rc = ERR_OK;
	int fd;

	if (abi < 1)
		return err_set(e, ERR_DENIED, "the kernel offers no Landlock: %s", strerror(errno));
	set.fs |= (abi >= 2 ? LL_FS_REFER : 0) | (abi >= 3 ? LL_FS_TRUNCATE : 0) |
	          (abi >= 5 ? LL_FS_IOCTL_DEV : 0);
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return err_set(e, ERR_DENIED, "could not make a Landlock ruleset: %s",
		               strerror(errno));
	for (size_t i = 0; i < count && rc == ERR_OK; i++) {
		struct ll_path_beneath rule = { .parent_fd =
			                                open(path[i].path, O_PATH | O_CLOEXEC) };

		if (rule.parent_fd < 0)
			continue; /* not there: then nothing there need be touched */
		rule.allowed = rights(&path[i], rule.parent_fd, set.fs);
		if (syscall(SYS_landlock_add_rule, fd, LL_RULE_PATH_BENEATH, &rule, 0) != 0)
			rc = err_set(e, ERR_DENIED, "could not add a Landlock rule: %s",
			             strerror(errno));
		(void)close(rule.parent_fd);
	}
	if (rc == ERR_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		rc = err_set(e, ERR_DENIED, "could not enter Landlock: %s", strerror(errno));
	(void)close(fd);
	return rc;
}
