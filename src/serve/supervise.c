#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "serve/confine.h"
#include "serve/front.h"
#include "serve/limits.h"
#include "serve/listen.h"
#include "serve/part.h"
#include "serve/planted.h"
#include "serve/supervise.h"
#include "serve/tell.h"
#include "serve/ticket.h"

#define S_US ((int64_t)1000000)

enum {
	KEPT_BYTES = 32 << 20,
	FALLS_MOST = 5, /* ends within FALL_S of the start, one after another: give up */
	FALL_S = 2,
	STOP_S = LIMIT_DRAIN_S + 20,
	LOOK_MS = 500 /* between looks whether a register's file is still the one that is open */
};

struct process {
	enum serve_part part; /* PART_FRONT = the front */
	pid_t pid;            /* 0 = none */
	int64_t started_us;
	int falls;
};

/* Which file a path named when the parts were started. */
struct file_is {
	dev_t dev;
	ino_t ino;
};

struct supervisor {
	const struct serve_options *o;
	struct file_is is[SERVE_REGISTERS_MOST];
	struct process front, draw, part[PARTS_LINKS_MOST];
	size_t parts;
	int draw_fd;          /* closed with the supervisor: the part draw ends then */
	_Atomic int *drawing; /* of each register, shared by all processes */
	int listen_fd, control_fd, signal_fd;
	struct ticket_keys *keys; /* in memory that no child gets: they come through pipes, and the
	                             front has none */
	bool front_lied;          /* it is being ended, and the parts end with it */
	bool stopping;
	int64_t stop_us;
	char address[80];
};

/* Close every descriptor but these, which are above 2 and in ascending order. */
static void
close_others(const int *keep, size_t count)
{
	unsigned from = 3;

	for (size_t i = 0; i < count; i++) {
		if ((unsigned)keep[i] > from)
			(void)syscall(SYS_close_range, from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	(void)syscall(SYS_close_range, from, ~0u, 0);
}

static void
sort(int *fd, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && fd[j - 1] > fd[j]; j--) {
			int t = fd[j];

			fd[j] = fd[j - 1];
			fd[j - 1] = t;
		}
}

/* In the new process: signals of the terminal are the supervisor's affair; it ends when the sockets
 * to it are closed. */
static void
settle(enum serve_part part, const int *keep_fd, size_t count)
{
	int keep[PARTS_LINKS_MOST + 4];
	char name[16];
	sigset_t none;

	(void)snprintf(name, sizeof name, "fallow-%s", tell_part_name(part));
	(void)prctl(PR_SET_NAME, name, 0, 0, 0); /* for the eyes of who looks at processes */

	memcpy(keep, keep_fd, count * sizeof *keep);
	sort(keep, count);
	close_others(keep, count);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A pipe with the keys that a part gets. Nothing is copied: what would stay on the stack would come
 * to the front with the next fork. */
static enum err_code
key_pipe(const struct supervisor *s, enum serve_part part, int ret[2], struct err *e)
{
	bool all = part == PART_ACCOUNT;
	const uint8_t *from = s->keys->of[all ? 0 : part];
	size_t n = all ? sizeof s->keys->of : sizeof s->keys->of[0];

	if (pipe2(ret, O_CLOEXEC) != 0 || write(ret[1], from, n) != (ssize_t)n)
		return err_set(e, ERR_IO, "could not hand on the keys of tickets: %s",
		               strerror(errno));
	return ERR_OK;
}

static void
close_both(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
}

/* Start a part; *ret_fd is the front's end of its socket, ready_fd (-1 = none) its word. */
static enum err_code
start_part(struct supervisor *s, struct process *p, int *ret_fd, int *ret_ready, struct err *e)
{
	int pair[2] = { -1, -1 }, ready[2] = { -1, -1 }, key[2] = { -1, -1 };
	enum err_code rc = key_pipe(s, p->part, key, e);
	pid_t pid = -1;

	if (rc == ERR_OK && (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
	                     pipe2(ready, O_CLOEXEC) != 0))
		rc = err_set(e, ERR_IO, "could not make a socket between the parts: %s",
		             strerror(errno));
	if (rc == ERR_OK)
		pid = fork();
	if (pid == 0) {
		struct part_start start = {
			.part = p->part,
			.o = s->o,
			.fd = pair[1],
			.key_fd = key[0],
			.ready_fd = ready[1],
			.drawing = s->drawing,
		};

		settle(p->part, (int[]){ pair[1], ready[1], key[0] }, 3);
		_exit(part_run(&start));
	}
	if (rc == ERR_OK && pid < 0)
		rc = err_set(e, ERR_IO, "could not start a process: %s", strerror(errno));
	close_both(key);
	if (rc != ERR_OK) {
		close_both(pair);
		close_both(ready);
		return rc;
	}
	(void)close(pair[1]);
	(void)close(ready[1]);
	p->pid = pid;
	p->started_us = clock_steady_us();
	*ret_fd = pair[0];
	*ret_ready = ready[0];
	return ERR_OK;
}

/* Wait for a part's word at the start. */
static enum err_code
hear(struct supervisor *s, const struct process *p, int ready_fd, struct err *e)
{
	char line[1200];
	size_t n = 0;
	ssize_t got;

	do {
		got = read(ready_fd, line + n, sizeof line - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	line[n] = '\0';
	(void)close(ready_fd);
	if (n == 0)
		return err_set(e, ERR_INTERNAL, "the part %s ended while it started",
		               tell_part_name(p->part));
	if (line[0] == 'E')
		return err_set(e, ERR_IO, "%s", line + 1);
	if (line[1] && s->o->remark)
		s->o->remark(s->o->ctx, line + 1);
	return ERR_OK;
}

/* Did it fall over right after its start, again and again? */
static bool
falls_too_often(struct process *p)
{
	if (clock_steady_us() - p->started_us < FALL_S * S_US)
		p->falls++;
	else
		p->falls = 0;
	return p->falls >= FALLS_MOST;
}

/* The process that makes outlines for tiles. Without it they come from memory. */
static void
start_draw(struct supervisor *s)
{
	int end[2] = { -1, -1 };
	pid_t pid;

	if (s->draw_fd >= 0)
		(void)close(s->draw_fd);
	s->draw_fd = -1;
	if (pipe2(end, O_CLOEXEC) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		struct part_start start = {
			.part = PART_DRAW, .o = s->o, .fd = end[0], .drawing = s->drawing
		};

		settle(PART_DRAW, (int[]){ end[0] }, 1);
		_exit(draw_run(&start));
	}
	(void)close(end[0]);
	s->draw_fd = end[1];
	s->draw.part = PART_DRAW;
	s->draw.pid = pid > 0 ? pid : 0;
	s->draw.started_us = clock_steady_us();
	for (size_t i = 0; i < s->o->count && pid <= 0; i++)
		atomic_store(&s->drawing[i], 0);
}

/* It may end: whoever waits for it goes on without, and a new one is started some times. */
static void
draw_ended(struct supervisor *s)
{
	s->draw.pid = 0;
	for (size_t i = 0; i < s->o->count; i++)
		atomic_store(&s->drawing[i], 0);
	if (!s->stopping && !falls_too_often(&s->draw))
		start_draw(s);
}

static size_t
most_connections(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 512;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r); /* what it is then counts */
	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur < 128)
		return 64;
	return r.rlim_cur - 64 < LIMIT_CONNECTIONS ? (size_t)r.rlim_cur - 64 : LIMIT_CONNECTIONS;
}

static int
front_child(const struct supervisor *s, int control, const struct front_link *link)
{
	struct front_options o = { .listen_fd = s->listen_fd,
		                   .control_fd = control,
		                   .link = link,
		                   .links = s->parts,
		                   .base = s->o->base,
		                   .connections = most_connections(),
		                   .kept_bytes = KEPT_BYTES,
		                   .log_fd = s->o->quiet ? -1 : STDERR_FILENO };
	int keep[PARTS_LINKS_MOST + 2];
	char remark[300];
	struct err e = { 0 };

	for (size_t i = 0; i < s->parts; i++)
		keep[i] = link[i].fd;
	keep[s->parts] = s->listen_fd;
	keep[s->parts + 1] = control;
	settle(PART_FRONT, keep, s->parts + 2);
	PLANTED(PART_FRONT, NULL);
	confine(PART_FRONT, NULL, remark, sizeof remark);
	return err_exit_status(front_run(&o, &e));
}

static enum err_code
start_front(struct supervisor *s, const struct front_link *link, struct err *e)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(e, ERR_IO, "could not make a socket between the parts: %s",
		               strerror(errno));
	pid = fork();
	if (pid == 0)
		_exit(front_child(s, pair[1], link));
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return err_set(e, ERR_IO, "could not start a process: %s", strerror(errno));
	}
	s->control_fd = pair[0];
	s->front.pid = pid;
	s->front.started_us = clock_steady_us();
	return ERR_OK;
}

/* Start everything. The part that writes is first: it finishes what a power cut interrupted. */
static enum err_code
start_all(struct supervisor *s, struct err *e)
{
	struct front_link link[PARTS_LINKS_MOST];
	int ready[PARTS_LINKS_MOST];
	size_t i, n = 0;
	enum err_code rc = rng_secret(s->keys, sizeof *s->keys, e);

	for (i = 0; i < s->parts; i++)
		link[i] = (struct front_link){ s->part[i].part, -1 }, ready[i] = -1;
	for (i = 0; i < s->parts && rc == ERR_OK; i++) {
		rc = start_part(s, &s->part[i], &link[i].fd, &ready[i], e);
		n = i + 1;
		if (rc == ERR_OK && s->part[i].part == PART_WRITE) {
			rc = hear(s, &s->part[i], ready[i], e);
			ready[i] = -1;
		}
	}
	for (i = 0; i < n; i++)
		if (ready[i] >= 0 && rc == ERR_OK)
			rc = hear(s, &s->part[i], ready[i], e);
		else if (ready[i] >= 0)
			(void)close(ready[i]);
	if (rc == ERR_OK)
		rc = start_front(s, link, e);
	for (i = 0; i < n; i++)
		if (link[i].fd >= 0)
			(void)close(link[i].fd);
	return rc;
}

static void
remark(const struct supervisor *s, const char *text)
{
	if (s->o->remark)
		s->o->remark(s->o->ctx, text);
}

static void
stop(struct supervisor *s)
{
	struct front_message m = { 'T', 0 };

	if (s->stopping)
		return;
	s->stopping = true;
	if (s->draw.pid)
		(void)kill(s->draw.pid, SIGKILL); /* it does nothing that is not made again */
	s->stop_us = clock_steady_us();
	(void)close(s->listen_fd); /* the front takes who is in its queue, then closes it */
	s->listen_fd = -1;
	if (s->control_fd >= 0 && send(s->control_fd, &m, sizeof m, MSG_NOSIGNAL) < 0) {
		(void)close(s->control_fd); /* the front takes that for the same */
		s->control_fd = -1;
	}
}

/* A new process in the place of one that ended: the front gets the socket to it. */
static enum err_code
replace(struct supervisor *s, size_t index, struct err *e)
{
	struct front_message m = { 'L', (uint8_t)index };
	struct iovec v = { &m, sizeof m };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room = { .bytes = { 0 } };
	struct msghdr h = { .msg_iov = &v,
		            .msg_iovlen = 1,
		            .msg_control = room.bytes,
		            .msg_controllen = sizeof room.bytes };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	int fd = -1, ready = -1;
	enum err_code rc = start_part(s, &s->part[index], &fd, &ready, e);

	if (rc != ERR_OK)
		return rc;
	(void)close(ready);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	/* A front that cannot be told has ended itself: all will be started, and this one ends when
	 * its socket is closed. */
	(void)sendmsg(s->control_fd, &h, MSG_NOSIGNAL);
	(void)close(fd);
	return ERR_OK;
}

static enum err_code
ended(struct supervisor *s, struct process *p, int status, struct err *e)
{
	struct timespec pause = { .tv_nsec = 100000000 };
	char text[200];

	p->pid = 0;
	if (s->stopping || (s->front_lied && p != &s->front))
		return ERR_OK;
	(void)snprintf(text, sizeof text, "the part %s ended (%s %d) and is started again",
	               tell_part_name(p->part), WIFSIGNALED(status) ? "signal" : "status",
	               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	remark(s, text);
	if (p != &s->front && WIFEXITED(status) && WEXITSTATUS(status) == PART_LIED_TO) {
		/* Nothing that this front says is worth anything: its end starts all anew. */
		remark(s, "the front showed a ticket that the part of accounts did not make; it is "
		          "ended");
		s->front_lied = true;
		if (s->front.pid)
			(void)kill(s->front.pid, SIGKILL);
		return ERR_OK;
	}
	if (falls_too_often(p))
		return err_set(e, ERR_INTERNAL, "the part %s ends again and again",
		               tell_part_name(p->part));
	if (p->falls)
		(void)nanosleep(&pause, NULL);
	if (p != &s->front)
		return replace(s, (size_t)(p - s->part), e);
	/* Without the front the parts end by themselves; all start anew. */
	s->front_lied = false;
	(void)close(s->control_fd);
	s->control_fd = -1;
	for (size_t i = 0; i < s->parts; i++) {
		if (s->part[i].pid)
			(void)waitpid(s->part[i].pid, NULL, 0);
		s->part[i].pid = 0;
	}
	return start_all(s, e);
}

static enum err_code
reap(struct supervisor *s, struct err *e)
{
	enum err_code rc = ERR_OK;
	int status = 0;
	pid_t pid;

	/* The front first: when it ended, the parts end by themselves. */
	if (s->front.pid && waitpid(s->front.pid, &status, WNOHANG) == s->front.pid)
		rc = ended(s, &s->front, status, e);
	while (rc == ERR_OK && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->draw.pid)
			draw_ended(s);
		if (pid == s->front.pid)
			rc = ended(s, &s->front, status, e);
		for (size_t i = 0; i < s->parts && rc == ERR_OK; i++)
			if (pid == s->part[i].pid)
				rc = ended(s, &s->part[i], status, e);
	}
	return rc;
}

static bool
all_ended(const struct supervisor *s)
{
	for (size_t i = 0; i < s->parts; i++)
		if (s->part[i].pid)
			return false;
	return s->front.pid == 0 && s->draw.pid == 0;
}

/* The front says that a process is stuck: it is ended, and replaced when that is seen. */
static void
heard_front(struct supervisor *s)
{
	struct front_message m;
	ssize_t n = recv(s->control_fd, &m, sizeof m, MSG_DONTWAIT);

	if (n == 0) {
		(void)close(s->control_fd);
		s->control_fd = -1;
	} else if (n == sizeof m && m.what == 'K' && m.index < s->parts && s->part[m.index].pid) {
		(void)kill(s->part[m.index].pid, SIGKILL);
	}
}

/* Note which files the parts will open; a path that names nothing just now keeps what it had. */
static bool
note_files(struct supervisor *s)
{
	bool other = false;
	struct stat is;

	for (size_t i = 0; i < s->o->count; i++) {
		if (stat(s->o->path[i], &is) != 0)
			continue;
		other = other || is.st_dev != s->is[i].dev || is.st_ino != s->is[i].ino;
		s->is[i] = (struct file_is){ is.st_dev, is.st_ino };
	}
	return other;
}

/* Another file has taken the place of a register's, such as a backup that was put back. What is
 * open has no name any more: answers would stay as they were, and what is handed in be lost with
 * it. Without the front all parts end and start anew. */
static void
look_at_files(struct supervisor *s)
{
	if (s->stopping || !note_files(s))
		return;
	remark(s, "the file of a register was replaced by another one; all parts start anew");
	if (s->draw.pid)
		(void)kill(s->draw.pid, SIGKILL);
	if (s->front.pid)
		(void)kill(s->front.pid, SIGKILL);
}

static void
kill_all(struct supervisor *s)
{
	if (s->front.pid)
		(void)kill(s->front.pid, SIGKILL);
	if (s->draw.pid)
		(void)kill(s->draw.pid, SIGKILL);
	for (size_t i = 0; i < s->parts; i++)
		if (s->part[i].pid)
			(void)kill(s->part[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static enum err_code
watch_over(struct supervisor *s, struct err *e)
{
	enum err_code rc = ERR_OK;

	while (rc == ERR_OK && !(s->stopping && all_ended(s))) {
		struct pollfd p[2] = { { .fd = s->signal_fd, .events = POLLIN },
			               { .fd = s->control_fd, .events = POLLIN } };
		struct signalfd_siginfo info;

		if (poll(p, 2, LOOK_MS) < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "could not wait: %s", strerror(errno));
		if (p[0].revents && read(s->signal_fd, &info, sizeof info) == sizeof info) {
			if (info.ssi_signo == SIGCHLD)
				rc = reap(s, e);
			else
				stop(s);
		}
		if (s->control_fd >= 0 && p[1].revents)
			heard_front(s);
		look_at_files(s);
		if (s->stopping && clock_steady_us() - s->stop_us > STOP_S * S_US)
			return err_set(e, ERR_IO, "some parts did not end in time");
	}
	return rc;
}

static enum err_code
take_signals(struct supervisor *s, struct err *e)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return s->signal_fd >= 0
	               ? ERR_OK
	               : err_set(e, ERR_IO, "could not watch for signals: %s", strerror(errno));
}

static void
plan_parts(struct supervisor *s)
{
	if (!s->o->read_only)
		s->part[s->parts++].part = PART_WRITE;
	for (int i = 0; i < SERVE_QUICK; i++)
		s->part[s->parts++].part = PART_QUICK;
	s->part[s->parts++].part = PART_SLOW;
	s->part[s->parts++].part = PART_ACCOUNT;
	s->part[s->parts++].part = PART_LOGIN;
}

/* Keys in pages of their own, which a fork leaves out. */
static enum err_code
make_room_for_keys(struct supervisor *s, struct err *e)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	/* cppcheck-suppress invalidFunctionArg ; an anonymous mapping has no file: -1 (mmap(2)) */
	void *p = mmap(NULL, sizeof *s->keys, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED || madvise(p, sizeof *s->keys, MADV_DONTFORK) != 0)
		return err_set(e, ERR_NOMEM, "could not keep the keys of tickets apart: %s",
		               strerror(errno));
	s->keys = p;
	return ERR_OK;
}

/* What the processes tell one another about drawing. */
static enum err_code
make_room_for_drawing(struct supervisor *s, struct err *e)
{
	const int flags = MAP_SHARED | MAP_ANONYMOUS;
	size_t n = s->o->count * sizeof *s->drawing;
	/* cppcheck-suppress invalidFunctionArg ; as above */
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED)
		return err_set(e, ERR_NOMEM, "out of memory for the parts");
	s->drawing = p;
	for (size_t i = 0; i < s->o->count; i++)
		atomic_store(&s->drawing[i], 1); /* until it was looked whether there is anything */
	return ERR_OK;
}

enum err_code
supervise_run(const struct serve_options *o, struct err *e)
{
	struct supervisor s = {
		.o = o, .listen_fd = -1, .control_fd = -1, .signal_fd = -1, .draw_fd = -1
	};
	enum err_code rc;

	rc = make_room_for_drawing(&s, e);
	if (rc != ERR_OK)
		return rc;
	plan_parts(&s);
	(void)signal(SIGPIPE, SIG_IGN);
	rc = make_room_for_keys(&s, e);
	if (rc == ERR_OK)
		rc = listen_open(o->listen, &s.listen_fd, s.address, sizeof s.address, e);
	if (rc == ERR_OK)
		rc = take_signals(&s, e);
	if (rc == ERR_OK)
		draw_folders(o->path, o->count);
	(void)note_files(&s);
	if (rc == ERR_OK)
		rc = start_all(&s, e);
	if (rc == ERR_OK)
		start_draw(&s);
	if (rc == ERR_OK && o->ready)
		o->ready(o->ctx, o->base ? o->base : s.address);
	if (rc == ERR_OK)
		rc = watch_over(&s, e);
	kill_all(&s);
	if (s.keys)
		(void)munmap(s.keys, sizeof *s.keys);
	(void)munmap(s.drawing, o->count * sizeof *s.drawing);
	if (s.draw_fd >= 0)
		(void)close(s.draw_fd);
	if (s.listen_fd >= 0)
		(void)close(s.listen_fd);
	if (s.control_fd >= 0)
		(void)close(s.control_fd);
	if (s.signal_fd >= 0)
		(void)close(s.signal_fd);
	return rc;
}
