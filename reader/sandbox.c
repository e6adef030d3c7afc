#define _GNU_SOURCE /* setresuid, setgroups, O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/landlock.h"
#include "reader/sandbox.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define READER_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define READER_SANITIZED 1
#endif

#define BYTES_PER_S                                                                                \
	((int64_t)20 << 20) /* unpacking and scanning are allowed a second for this many */
#define NOBODY 65534

/* The one process-wide state: the processor time allowed so far. */
static struct {
	int64_t base_s;
	int64_t us_a_row;
	int64_t soft_s;
	int64_t bytes_s;
} cpu;

static enum err_code
limit_put(int what, int64_t soft, int64_t hard, const char *name, struct err *e)
{
	struct rlimit r = { .rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard };

	if (setrlimit((__rlimit_resource_t)what, &r) != 0)
		return err_set(e, ERR_DENIED, "could not set the limit on %s: %s", name,
		               strerror(errno));
	return ERR_OK;
}

static int64_t
address_space(void)
{
	char text[200] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	int64_t pages = 0;

	if (fd < 0)
		return (int64_t)1 << 30;
	if (read(fd, text, sizeof text - 1) <= 0)
		text[0] = '\0';
	(void)close(fd);
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		pages = pages * 10 + (*p - '0');
	return pages ? pages * sysconf(_SC_PAGESIZE) : (int64_t)1 << 30;
}

enum err_code
sandbox_limits(const struct limits *limits, int64_t mapped_bytes, struct err *e)
{
	int64_t hard_s = limits->cpu_s + limits->features / 1000000 * limits->cpu_us_a_feature +
	                 limits->cpu_us_a_feature + limits->unpacked_bytes / BYTES_PER_S;

	int64_t unpacked =
		limits->unpacked_bytes + (1 << 20); /* the archive's own check comes first */

	cpu.base_s = limits->cpu_s;
	cpu.us_a_row = limits->cpu_us_a_feature;
	cpu.soft_s = limits->cpu_s;
	cpu.bytes_s = mapped_bytes / BYTES_PER_S;
	if (limit_put(RLIMIT_CORE, 0, 0, "core dumps", e) != ERR_OK ||
	    limit_put(RLIMIT_CPU, cpu.soft_s, hard_s + cpu.bytes_s, "processor time", e) !=
	            ERR_OK ||
	    limit_put(RLIMIT_FSIZE, unpacked, unpacked, "file size", e) != ERR_OK ||
	    limit_put(RLIMIT_NOFILE, limits->files + 32, limits->files + 32, "descriptors", e) !=
	            ERR_OK)
		return e->code;
	sandbox_bytes(0);
#ifndef READER_SANITIZED
	int64_t space =
		address_space() + limits->memory_bytes + mapped_bytes + limits->unpacked_bytes;

	if (limit_put(RLIMIT_AS, space, space, "address space", e) != ERR_OK ||
	    limit_put(RLIMIT_DATA, limits->memory_bytes, limits->memory_bytes, "memory", e) !=
	            ERR_OK)
		return e->code;
#else
	(void)address_space;
#endif
	return ERR_OK;
}

static void
cpu_allow(int64_t seconds)
{
	struct rlimit r;

	if (seconds <= cpu.soft_s || getrlimit(RLIMIT_CPU, &r) != 0)
		return;
	cpu.soft_s = seconds;
	r.rlim_cur = (rlim_t)seconds < r.rlim_max ? (rlim_t)seconds : r.rlim_max;
	(void)setrlimit(RLIMIT_CPU, &r); /* on failure the old limit holds */
}

void
sandbox_rows(int64_t rows)
{
	cpu_allow(cpu.base_s + cpu.bytes_s + rows * cpu.us_a_row / 1000000);
}

void
sandbox_bytes(int64_t bytes)
{
	cpu_allow(cpu.base_s + cpu.bytes_s + bytes / BYTES_PER_S);
}

void
sandbox_seal(void)
{
	struct rlimit r = { 0, 0 };

	(void)setrlimit(RLIMIT_FSIZE,
	                &r); /* lowering cannot fail; open for writing is denied anyway */
}

static const int allowed_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents64),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(memfd_create),
	SCMP_SYS(ftruncate),
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
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(time),
	SCMP_SYS(getrusage),
	SCMP_SYS(times),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrandom),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(getrlimit),
	SCMP_SYS(setrlimit),
	SCMP_SYS(restart_syscall),

	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(fadvise64),
	SCMP_SYS(poll),
	SCMP_SYS(mincore),
};

/* Libraries ask for these and live without. */
static const int probed_calls[] = {
	SCMP_SYS(clone),       SCMP_SYS(clone3),         SCMP_SYS(ioctl),
	SCMP_SYS(getpriority), SCMP_SYS(mlock),          SCMP_SYS(open),
	SCMP_SYS(membarrier),  SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
	SCMP_SYS(mbind),       SCMP_SYS(get_mempolicy),
};

static int
filter_arguments(scmp_filter_ctx ctx)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH;
	int rc = 0;

	/* openat only to read (Landlock says what); no memory both made by us and run. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Limits of this process only (pid 0); raising beyond the hard limit takes privileges we
	 * gave up. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	                       SCMP_A0(SCMP_CMP_EQ, 0));
	/* abort() signals this process; no other. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	                       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* SQLite locks PROJ's database; names of threads and of memory are harmless. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	                       SCMP_A1(SCMP_CMP_EQ, F_SETLK));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	                       SCMP_A1(SCMP_CMP_EQ, F_GETLK));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	                       SCMP_A1(SCMP_CMP_EQ, F_GETFD));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	                       SCMP_A1(SCMP_CMP_EQ, F_SETFD));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	                       SCMP_A1(SCMP_CMP_EQ, F_GETFL));
	return rc;
}

static enum err_code
seccomp_enter(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < sizeof allowed_calls / sizeof allowed_calls[0]; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	if (!rc)
		rc = filter_arguments(ctx);
	for (size_t i = 0; !rc && i < sizeof probed_calls / sizeof probed_calls[0]; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), probed_calls[i], 0);
	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc)
		return err_set(e, ERR_DENIED, "could not enter seccomp: %s", strerror(-rc));
	return ERR_OK;
}

static void
drop_root(void)
{
	if (geteuid() != 0)
		return;
	/* Inside a container without these ids it fails; Landlock and seccomp do not depend on it.
	 */
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0)
		errno = 0;
}

enum err_code
sandbox_enter(const struct limits *limits, int64_t mapped_bytes, struct err *e)
{
	static const struct landlock_path readable[] = { { "/usr/share/gdal", LANDLOCK_READ },
		                                         { "/usr/share/proj", LANDLOCK_READ } };

	err_clear(e);
	if (sandbox_limits(limits, mapped_bytes, e) != ERR_OK)
		return e->code;
	drop_root();
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, ERR_DENIED, "could not give up privileges: %s", strerror(errno));
	if (landlock_enter(readable, sizeof readable / sizeof readable[0], e) != ERR_OK)
		return e->code;
	return seccomp_enter(e);
}
