/* Hands in forms as many phones would: over keep-alive connections, at a fixed rate whatever the
 * answers (open loop: the delay counts from the moment a form was due), and again until it is told
 * 201, over a new connection if need be. What was acknowledged is written to a ledger, one instance
 * id a line, before the next step.
 *
 * usage: submit_load PORT AUTHORIZATION COUNT CONNECTIONS RATE SEED LEDGER
 * AUTHORIZATION is the header's value; RATE 0 = as fast as answers come. Only to 127.0.0.1.
 * Prints one JSON object. Exit status 0: all acknowledged; 1: not within the time. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MOST = 512,
	COUNT_MOST = 1000000,
	REQUEST_ROOM = 4096,
	ANSWER_ROOM = 8192,
	TIME_S = 600
};

struct connection {
	int fd;              /* -1 = none */
	int which;           /* submission at hand, -1 = free */
	double not_before_s; /* when it may connect again */
	size_t out, out_n, in_n;
	char request[REQUEST_ROOM], answer[ANSWER_ROOM + 1];
};

struct load {
	int port, count, connections, next;
	double rate, begin_s;
	const char *authorization;
	unsigned seed;
	FILE *ledger;
	int acked, retries, refused;
	double *took_s; /* by order of acknowledgement */
	struct connection c[CONNECTIONS_MOST];
	int again[CONNECTIONS_MOST]; /* submissions whose connection broke */
	int again_n;
};

static struct load load;

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
due_s(int i)
{
	return load.rate > 0 ? load.begin_s + i / load.rate : load.begin_s;
}

static void
instance_id(int i, char out[64])
{
	(void)snprintf(out, 64, "uuid:%08x-0000-4000-8000-%012x", load.seed, (unsigned)i);
}

static void
make_request(struct connection *c, int i)
{
	char body[2500], id[64];
	int n, m;

	instance_id(i, id);
	n = snprintf(body, sizeof(body),
	             "--b\r\nContent-Disposition: form-data; name=\"xml_submission_file\"; "
	             "filename=\"x.xml\"\r\nContent-Type: text/xml\r\n\r\n"
	             "<data id=\"hazard\" version=\"1\"><entry-detail>short</entry-detail>"
	             "<valid_from>2024-05-30</valid_from><geometry><how>point</how>"
	             "<point>%.6f %.6f 12.0 4.5</point></geometry><radius_m>50</radius_m>"
	             "<class>sha</class><status>open</status><remarks>load %d</remarks>"
	             "<meta><instanceID>%s</instanceID></meta></data>\r\n--b--\r\n",
	             -49.9 + (i % 7901) * 0.001, -129.9 + (i % 9901) * 0.001, i, id);
	m = snprintf(c->request, sizeof(c->request),
	             "POST /submission HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: %s\r\n"
	             "X-OpenRosa-Version: 1.0\r\nContent-Type: multipart/form-data; boundary=b\r\n"
	             "Content-Length: %d\r\n\r\n%s",
	             load.port, load.authorization, n, body);
	c->out = 0;
	c->out_n = (size_t)m;
	c->in_n = 0;
	c->which = i;
}

static void
break_off(struct connection *c, double wait_s)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->not_before_s = now_s() + wait_s;
	if (c->which >= 0) {
		load.again[load.again_n++] = c->which; /* at most one a connection */
		load.retries++;
	}
	c->which = -1;
}

static void
connect_to(struct connection *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)load.port) };
	int one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&a, sizeof(a)) != 0) {
		break_off(c, 0.05);
		return;
	}
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

/* Take the next submission that is due, first those that broke off. */
static int
take_due(double now)
{
	if (load.again_n)
		return load.again[--load.again_n];
	if (load.next < load.count && due_s(load.next) <= now)
		return load.next++;
	return -1;
}

static void
acknowledged(struct connection *c)
{
	char id[64];

	instance_id(c->which, id);
	fprintf(load.ledger, "%s\n", id);
	load.took_s[load.acked++] = now_s() - due_s(c->which);
	c->which = -1;
}

/* Looks at what came; true when a whole answer was there. */
static void
look(struct connection *c)
{
	char *end, *length;
	long n = 0;
	int status = 0;

	c->answer[c->in_n] = '\0';
	end = strstr(c->answer, "\r\n\r\n");
	if (!end)
		return;
	length = strstr(c->answer, "Content-Length: ");
	if (!length)
		length = strstr(c->answer, "content-length: ");
	if (length && length < end)
		n = strtol(length + 16, NULL, 10);
	if ((size_t)(end - c->answer) + 4 + (size_t)n > c->in_n)
		return;
	status = (int)strtol(c->answer + 9, NULL, 10);
	if (status == 201) {
		acknowledged(c);
	} else {
		if (status != 503 && load.refused++ < 3)
			fprintf(stderr, "%.300s\n", c->answer);
		break_off(c, 0.05);
	}
}

static void
turn(struct connection *c, short events)
{
	ssize_t n = 0;

	if (events & POLLOUT && c->out < c->out_n) {
		n = send(c->fd, c->request + c->out, c->out_n - c->out, MSG_NOSIGNAL);
		if (n > 0)
			c->out += (size_t)n;
	} else if (events & (POLLIN | POLLHUP | POLLERR)) {
		n = recv(c->fd, c->answer + c->in_n, ANSWER_ROOM - c->in_n, 0);
		if (n > 0) {
			c->in_n += (size_t)n;
			look(c);
			return;
		}
		if (n == 0)
			n = -2;
	}
	if (n == -2 || (n < 0 && errno != EAGAIN && errno != EINTR))
		break_off(c, 0.02);
}

static void
step(void)
{
	static struct pollfd p[CONNECTIONS_MOST];
	double now = now_s();

	for (int i = 0; i < load.connections; i++) {
		struct connection *c = &load.c[i];

		if (c->fd < 0 && now >= c->not_before_s)
			connect_to(c);
		if (c->fd >= 0 && c->which < 0) {
			int which = take_due(now);

			if (which >= 0)
				make_request(c, which);
		}
		p[i].fd = c->fd;
		p[i].events = (short)(c->which < 0 ? 0 : c->out < c->out_n ? POLLOUT : POLLIN);
		p[i].revents = 0;
	}
	if (poll(p, (nfds_t)load.connections, 1) <= 0)
		return;
	for (int i = 0; i < load.connections; i++)
		if (p[i].revents && load.c[i].fd >= 0)
			turn(&load.c[i], p[i].revents);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
at_ms(double share)
{
	int i = (int)(share * (load.acked - 1));

	return load.acked ? load.took_s[i] * 1e3 : 0;
}

int
main(int argc, char **argv)
{
	double took;

	if (argc != 8)
		return 2;
	load.port = (int)strtol(argv[1], NULL, 10);
	load.authorization = argv[2];
	load.count = (int)strtol(argv[3], NULL, 10);
	load.connections = (int)strtol(argv[4], NULL, 10);
	load.rate = (double)strtol(argv[5], NULL, 10);
	load.seed = (unsigned)strtol(argv[6], NULL, 10);
	load.ledger = fopen(argv[7], "a");
	if (!load.ledger || load.count < 1 || load.count > COUNT_MOST || load.connections < 1 ||
	    load.connections > CONNECTIONS_MOST)
		return 2;
	(void)setvbuf(load.ledger, NULL, _IOLBF, 0);
	load.took_s = calloc((size_t)load.count, sizeof(double));
	if (!load.took_s)
		return 2;
	for (int i = 0; i < load.connections; i++)
		load.c[i] = (struct connection){ .fd = -1, .which = -1 };
	load.begin_s = now_s();
	while (load.acked < load.count && now_s() - load.begin_s < TIME_S)
		step();
	took = now_s() - load.begin_s;
	qsort(load.took_s, (size_t)load.acked, sizeof(double), compare);
	printf("{\"acknowledged\":%d,\"seconds\":%.2f,\"per_second\":%.0f,\"p50_ms\":%.1f,"
	       "\"p99_ms\":%.1f,\"slowest_ms\":%.1f,\"retries\":%d}\n",
	       load.acked, took, load.acked / took, at_ms(0.5), at_ms(0.99), at_ms(1),
	       load.retries);
	(void)fclose(load.ledger);
	return load.acked == load.count ? 0 : 1;
}
