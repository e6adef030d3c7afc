#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "reader/planted.h"

#define GIVEN_FD 3 /* the test gives the file as this descriptor */
#define TEMPORARY "/tmp/fallow_planted"

struct way {
	const char *name;
	bool (*try)(void);
};

static bool
open_works(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	char c;

	if (fd < 0)
		return false;
	return (flags & O_ACCMODE) == O_WRONLY || (flags & O_DIRECTORY) || read(fd, &c, 1) == 1;
}

static bool
read_passwd(void)
{
	return open_works("/etc/passwd", O_RDONLY);
}

static bool
read_program(void)
{
	return open_works("/proc/self/exe", O_RDONLY);
}

static bool
read_environment(void)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/environ", (int)getppid());
	return open_works(path, O_RDONLY);
}

static bool
list_root(void)
{
	return open_works("/", O_RDONLY | O_DIRECTORY);
}

static bool
list_tmp(void)
{
	return open_works("/tmp", O_RDONLY | O_DIRECTORY);
}

static bool
write_memory(void)
{
	return open_works("/proc/self/mem", O_WRONLY);
}

static bool
write_passwd(void)
{
	return open_works("/etc/passwd", O_WRONLY | O_APPEND);
}

static bool
create_file(void)
{
	return open_works(TEMPORARY, O_WRONLY | O_CREAT);
}

static bool
create_file_old_call(void)
{
	return syscall(SYS_creat, TEMPORARY, 0600) >= 0;
}

static bool
create_unnamed(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0;
}

static bool
open_old_call(void)
{
	return syscall(SYS_open, "/etc/passwd", O_RDONLY) >= 0;
}

static bool
open_new_call(void)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };

	return syscall(437 /* openat2 */, AT_FDCWD, "/etc/passwd", how, sizeof how) >= 0;
}

static bool
make_folder(void)
{
	return mkdir(TEMPORARY ".d", 0700) == 0;
}

static bool
make_link(void)
{
	return symlink("/etc/passwd", TEMPORARY ".l") == 0;
}

static bool
make_node(void)
{
	return mknod(TEMPORARY ".n", S_IFIFO | 0600, 0) == 0;
}

static bool
remove_file(void)
{
	return unlink(TEMPORARY ".victim") == 0;
}

static bool
rename_file(void)
{
	return rename(TEMPORARY ".victim", TEMPORARY ".moved") == 0;
}

static bool
change_mode(void)
{
	return chmod(TEMPORARY ".victim", 0777) == 0;
}

static bool
cut_file(void)
{
	return truncate(TEMPORARY ".victim", 0) == 0;
}

static bool
write_given(void)
{
	return pwrite(GIVEN_FD, "x", 1, 0) == 1;
}

static bool
cut_given(void)
{
	return ftruncate(GIVEN_FD, 0) == 0;
}

static bool
reopen_given(void)
{
	return open("/proc/self/fd/3", O_RDWR) >= 0;
}

static bool
run_program(void)
{
	char *argv[] = { "sh", "-c", "exit 99", NULL };

	execv("/bin/sh", argv);
	return false;
}

static bool
run_from_memory(void)
{
	int fd = memfd_create("x", 0);
	char *argv[] = { "x", NULL };

	if (fd < 0 || write(fd, "#!/bin/sh\nexit 99\n", 18) != 18)
		return false;
	fexecve(fd, argv, argv + 1);
	return false;
}

static bool
start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
start_process_old_call(void)
{
	long pid = syscall(SYS_vfork);

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
internet_socket(void)
{
	return syscall(SYS_socket, 2, 1, 0) >= 0;
}

static bool
local_socket(void)
{
	return syscall(SYS_socket, 1, 1, 0) >= 0;
}

static bool
socket_pair(void)
{
	int fds[2];

	return syscall(SYS_socketpair, 1, 1, 0, fds) == 0;
}

static bool
signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
signal_parent_thread(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool
trace_parent(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0;
}

static bool
read_parent_memory(void)
{
	char c;
	struct iovec here = { &c, 1 };
	struct iovec there = { (void *)&here, 1 };

	/* Any answer but "not permitted" means that the kernel looked. */
	return process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1 || errno == EFAULT;
}

static bool
limit_parent(void)
{
	struct rlimit r;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) == 0;
}

static bool
raise_limit(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_AS, &r) == 0 && setrlimit(RLIMIT_DATA, &r) == 0;
}

static bool
map_program_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	            0) != MAP_FAILED;
}

static bool
turn_data_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool
load_library(void)
{
	return dlopen("libthread_db.so.1", RTLD_NOW) || dlopen("libnss_files.so.2", RTLD_NOW) ||
	       dlopen("libBrokenLocale.so.1", RTLD_NOW);
}

static bool
become_root(void)
{
	return setuid(0) == 0;
}

static bool
change_privileges(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool
mount_something(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL) == 0;
}

static bool
change_root(void)
{
	return chroot("/tmp") == 0;
}

static bool
change_folder(void)
{
	return chdir("/") == 0;
}

static bool
new_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool
kernel_program(void)
{
	char attr[128] = { 0 };

	return syscall(SYS_bpf, 0, attr, sizeof attr) >= 0;
}

static bool
kernel_queue(void)
{
	char params[256] = { 0 };

	return syscall(425 /* io_uring_setup */, 4, params) >= 0;
}

static bool
kernel_keys(void)
{
	return syscall(SYS_keyctl, 0, -3, 1, 0, 0) >= 0;
}

static bool
shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600 | IPC_CREAT);

	return id >= 0 && shmctl(id, IPC_RMID, NULL) == 0;
}

static bool
message_queue(void)
{
	long id = syscall(SYS_msgget, IPC_PRIVATE, 0600 | IPC_CREAT);

	return id >= 0 && syscall(SYS_msgctl, id, IPC_RMID, NULL) == 0;
}

static bool
watch_files(void)
{
	return syscall(SYS_inotify_init1, 0) >= 0;
}

static bool
host_name(void)
{
	return sethostname("x", 1) == 0;
}

static bool
much_memory(void)
{
	size_t n = (size_t)600 << 20;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	memset(p, 1, n);
	return p[n - 1] == 1;
}

static bool
much_unpacked(void)
{
	static char block[1 << 16];
	int fd = memfd_create("x", 0);

	/* The test allows 1 MiB, and the sandbox one more: the archive's own check comes first. */
	for (int i = 0; i < 33; i++) {
		if (fd < 0 || write(fd, block, sizeof block) != sizeof block)
			return false;
	}
	return true;
}

static bool
endless_loop(void)
{
	volatile uint64_t n = 0;

	/* The test allows one second of processor time. */
	while (n < UINT64_C(20000000000))
		n = n + 1;
	return true;
}

#define WAY(name)                                                                                  \
	{                                                                                          \
#name, name                                                                        \
	}

static const struct way ways[] = {
	WAY(read_passwd),
	WAY(read_program),
	WAY(read_environment),
	WAY(list_root),
	WAY(list_tmp),
	WAY(write_memory),
	WAY(write_passwd),
	WAY(create_file),
	WAY(create_file_old_call),
	WAY(create_unnamed),
	WAY(open_old_call),
	WAY(open_new_call),
	WAY(make_folder),
	WAY(make_link),
	WAY(make_node),
	WAY(change_mode),
	WAY(cut_file),
	WAY(rename_file),
	WAY(remove_file),
	WAY(write_given),
	WAY(cut_given),
	WAY(reopen_given),
	WAY(run_program),
	WAY(run_from_memory),
	WAY(start_process),
	WAY(start_process_old_call),
	WAY(internet_socket),
	WAY(local_socket),
	WAY(socket_pair),
	WAY(signal_parent),
	WAY(signal_parent_thread),
	WAY(trace_parent),
	WAY(read_parent_memory),
	WAY(limit_parent),
	WAY(raise_limit),
	WAY(map_program_code),
	WAY(turn_data_to_code),
	WAY(load_library),
	WAY(become_root),
	WAY(change_privileges),
	WAY(mount_something),
	WAY(change_root),
	WAY(change_folder),
	WAY(new_namespace),
	WAY(kernel_program),
	WAY(kernel_queue),
	WAY(kernel_keys),
	WAY(shared_memory),
	WAY(message_queue),
	WAY(watch_files),
	WAY(host_name),
	WAY(much_memory),
	WAY(much_unpacked),
	WAY(endless_loop),
};

int
planted_try(const char *name)
{
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		if (strcmp(name, "list") == 0)
			(void)dprintf(STDOUT_FILENO, "%s\n", ways[i].name);
		else if (strcmp(name, ways[i].name) == 0)
			return ways[i].try() ? 99 : 1;
	}
	return 1;
}
