#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <seccomp.h>

#include "api/draw.h"
#include "base/landlock.h"
#include "serve/confine.h"
#include "serve/supervise.h"
#include "store/accounts.h"
#include "store/keys.h"
#include "store/store.h"

enum {
	PATHS_MOST = 16 + 6 * SERVE_REGISTERS_MOST
};

/* Libraries opened at first use, and what they read. */
static const char *const of_system[] = {
	"/usr/lib",
	"/usr/lib64",
	"/lib",
	"/lib64",
	"/etc/ld.so.cache",
	"/usr/share/proj",
	"/usr/local/lib",
	"/dev/urandom",
	"/sys/devices/system/cpu",
	"/usr/share/zoneinfo",
	"/etc/localtime",
};

/* Everybody's. */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(lseek),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(getrusage),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getrandom),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(getrlimit),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(fcntl),
};

static const int front_calls[] = {
	SCMP_SYS(accept4),    SCMP_SYS(recvmsg),     SCMP_SYS(shutdown),      SCMP_SYS(setsockopt),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
};

static const int reading_calls[] = {
	SCMP_SYS(pread64),    SCMP_SYS(preadv),    SCMP_SYS(newfstatat), SCMP_SYS(stat),
	SCMP_SYS(lstat),      SCMP_SYS(statx),     SCMP_SYS(access),     SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(getdents64), SCMP_SYS(fadvise64), SCMP_SYS(mincore),    SCMP_SYS(fstatfs),
	SCMP_SYS(statfs),     SCMP_SYS(getcpu),
};

/* For files whose paths Landlock has let through. */
static const int writing_calls[] = {
	SCMP_SYS(openat),   SCMP_SYS(open),      SCMP_SYS(pwrite64),  SCMP_SYS(pwritev),
	SCMP_SYS(fsync),    SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rename),    SCMP_SYS(renameat),  SCMP_SYS(renameat2),
	SCMP_SYS(mkdir),    SCMP_SYS(mkdirat),   SCMP_SYS(rmdir),     SCMP_SYS(fchmod),
	SCMP_SYS(fchown),   SCMP_SYS(fallocate), SCMP_SYS(flock),     SCMP_SYS(utimensat),
	SCMP_SYS(umask),
};

/* For the file without a name that figures put hazards aside in, opened before (store_scratch):
 * nothing else is open to write. */
static const int scratch_calls[] = { SCMP_SYS(pwrite64), SCMP_SYS(ftruncate) };

/* What libraries may try and do without: these fail. Whoever makes a call that stands nowhere here
 * is not our program any more, and is killed: no run of ours makes one (strace over the tests). */
static const int probes[] = {
	SCMP_SYS(arch_prctl),
	SCMP_SYS(copy_file_range),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(fgetxattr),
	SCMP_SYS(get_mempolicy),
	SCMP_SYS(getppid),
	SCMP_SYS(getpriority),
	SCMP_SYS(getxattr),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(lgetxattr),
	SCMP_SYS(mbind),
	SCMP_SYS(membarrier),
	SCMP_SYS(memfd_create),
	SCMP_SYS(mlock),
	SCMP_SYS(mlock2),
	SCMP_SYS(msync),
	SCMP_SYS(openat2),
	SCMP_SYS(pkey_alloc),
	SCMP_SYS(prctl),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_setscheduler),
	SCMP_SYS(set_mempolicy),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(setpriority),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(times),
};

static int
add(scmp_filter_ctx ctx, uint32_t action, const int *call, size_t count)
{
	int rc = 0;

	/* A call that this machine does not have cannot be made. */
	for (size_t i = 0; !rc && i < count; i++)
		if (call[i] >= 0)
			rc = seccomp_rule_add(ctx, action, call[i], 0);
	return rc;
}

#define ADD(ctx, action, list) add(ctx, action, list, sizeof(list) / sizeof(*(list)))

/* Parts that read open to read. A library that tries to write first (SQLite) is refused by one of
 * these rules, which add up to all other flags; with two rules for the same arguments the one that
 * lets through would not surely win. */
static int
add_opening(scmp_filter_ctx ctx)
{
	static const scmp_datum_t other[] = { O_CREAT, O_TRUNC, O_APPEND, O_PATH };
	const scmp_datum_t all = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH;
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	                          SCMP_A2(SCMP_CMP_MASKED_EQ, all, O_RDONLY));

	for (scmp_datum_t mode = O_WRONLY; mode <= O_ACCMODE; mode++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
		                       SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, mode));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
		                       SCMP_A2(SCMP_CMP_MASKED_EQ, other[i], other[i]));
	return rc;
}

/* Calls of which only some arguments are right. */
static int
add_arguments(scmp_filter_ctx ctx, enum serve_part part)
{
	const scmp_datum_t thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
	int rc = 0;

	/* Memory is either written or run; the front runs nothing new at all. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	                       SCMP_A0(SCMP_CMP_EQ, 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	                       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	if (part == PART_FRONT)
		return rc;
	/* Libraries from files; threads. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_EXEC),
	                       SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	                       SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	if (part == PART_QUICK || part == PART_SLOW)
		rc |= add_opening(ctx);
	return rc;
}

static int
enter_calls(enum serve_part part)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? 0 : -ENOMEM;

	if (!rc)
		rc = ADD(ctx, SCMP_ACT_ALLOW, calls);
	if (!rc && part == PART_FRONT)
		rc = ADD(ctx, SCMP_ACT_ALLOW, front_calls);
	if (!rc && part != PART_FRONT)
		rc = ADD(ctx, SCMP_ACT_ALLOW, reading_calls);
	if (!rc &&
	    (part == PART_WRITE || part == PART_ACCOUNT || part == PART_LOGIN || part == PART_DRAW))
		rc = ADD(ctx, SCMP_ACT_ALLOW, writing_calls);
	if (!rc && part == PART_SLOW)
		rc = ADD(ctx, SCMP_ACT_ALLOW, scratch_calls);
	if (!rc)
		rc = ADD(ctx, SCMP_ACT_ERRNO(ENOSYS), probes);
	if (!rc)
		rc = add_arguments(ctx, part);
	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc;
}

/* Texts of paths that are put together. */
struct room {
	char keys[SERVE_REGISTERS_MOST][600];
	char file[SERVE_REGISTERS_MOST][3][4096];
	char tiles[SERVE_REGISTERS_MOST][4096];
};

struct paths {
	struct landlock_path list[PATHS_MOST];
	size_t count;
};

static void
allow(struct paths *p, const char *path, unsigned may)
{
	if (p->count < PATHS_MOST)
		p->list[p->count++] = (struct landlock_path){ path, may };
}

static bool
reads_tiles(enum serve_part part)
{
	return part == PART_QUICK || part == PART_DRAW;
}

/* The paths of a part; texts in room. */
static void
plan(enum serve_part part, const struct site *site, struct paths *p, struct room *room)
{
	static const char *const suffix[] = { "", "-wal", "-shm" };
	bool writes = part == PART_WRITE;

	if (part == PART_FRONT)
		return;
	for (size_t i = 0; i < sizeof of_system / sizeof *of_system; i++)
		allow(p, of_system[i], LANDLOCK_READ);
	for (size_t i = 0; i < site->count; i++) {
		/* What is signed is read back over a second connection first. */
		for (size_t k = 0; writes && k < sizeof suffix / sizeof *suffix; k++) {
			(void)snprintf(room->file[i][k], sizeof room->file[i][k], "%s%s",
			               site->reg[i].path, suffix[k]);
			allow(p, room->file[i][k], LANDLOCK_READ | LANDLOCK_WRITE);
		}
		if (part == PART_DRAW) /* originals are nothing to it */
			;
		else
			allow(p, store_files_dir(site->reg[i].st),
			      LANDLOCK_READ | (writes ? LANDLOCK_WRITE : 0u));
		if (reads_tiles(part) &&
		    draw_folder(&site->reg[i], room->tiles[i], sizeof room->tiles[i]))
			allow(p, room->tiles[i],
			      LANDLOCK_READ | (part == PART_DRAW ? LANDLOCK_WRITE : 0u));
		if (writes && keys_folder(store_meta(site->reg[i].st, "uuid"), room->keys[i],
		                          sizeof room->keys[i], NULL) == ERR_OK)
			allow(p, room->keys[i], LANDLOCK_READ | LANDLOCK_WRITE);
	}
	if ((part == PART_ACCOUNT || part == PART_LOGIN) &&
	    accounts_folder(room->keys[0], sizeof room->keys[0], NULL) == ERR_OK)
		allow(p, room->keys[0], LANDLOCK_READ | LANDLOCK_WRITE);
}

void
confine(enum serve_part part, const struct site *site, char *remark, size_t remark_size)
{
	struct rlimit none = { 0, 0 };
	struct paths p = { .count = 0 };
	struct err e = { 0 };
	struct room room;
	int rc;

	*remark = '\0';
	(void)setrlimit(RLIMIT_CORE, &none); /* a dump would hold what was read */
	plan(part, site, &p, &room);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		(void)snprintf(remark, remark_size, "could not give up privileges: %s",
		               strerror(errno));
		return;
	}
	if (landlock_enter(p.list, p.count, &e) != ERR_OK)
		(void)snprintf(remark, remark_size, "runs without Landlock: %s", e.text);
	rc = enter_calls(part);
	if (rc)
		(void)snprintf(remark, remark_size, "runs without seccomp: %s", strerror(-rc));
}
