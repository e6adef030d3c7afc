#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "serve/listen.h"

enum {
	BACKLOG = 4096
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static enum err_code
parse(const char *where, union address *ret, socklen_t *ret_size, struct err *e)
{
	const char *colon = strrchr(where, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t n = colon ? (size_t)(colon - where) : 0;
	int64_t port = 0;
	bool v6 = n > 2 && where[0] == '[' && where[n - 1] == ']';

	*ret = (union address){ .any = { 0 } };
	if (!colon || n == 0 || n >= sizeof host ||
	    !text_parse_i64(colon + 1, strlen(colon + 1), &port) || port < 0 || port > 65535)
		return err_set(e, ERR_INVALID,
		               "the address to listen at is \"%.60s\"; it must be like "
		               "127.0.0.1:8080",
		               where);
	memcpy(host, where + (v6 ? 1 : 0), n - (v6 ? 2 : 0));
	host[n - (v6 ? 2 : 0)] = '\0';
	if (v6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		*ret_size = sizeof ret->v6;
		if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1)
			return ERR_OK;
	} else {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		*ret_size = sizeof ret->v4;
		if (inet_pton(AF_INET, text_eq(host, "localhost") ? "127.0.0.1" : host,
		              &ret->v4.sin_addr) == 1)
			return ERR_OK;
	}
	return err_set(e, ERR_INVALID, "\"%.60s\" is not the number of an address", host);
}

enum err_code
listen_open(const char *where, int *ret_fd, char *address, size_t address_size, struct err *e)
{
	union address a;
	socklen_t n = 0;
	char host[INET6_ADDRSTRLEN] = "";
	int fd, one = 1;
	enum err_code rc = parse(where, &a, &n, e);

	if (rc != ERR_OK)
		return rc;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, ERR_IO, "could not make a socket: %s", strerror(errno));
	/* Only so that a restart need not wait; without it the bind below tells. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, &a.any, n) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, &a.any, &n) != 0) {
		(void)err_set(e, ERR_IO, "could not listen at %s: %s", where, strerror(errno));
		(void)close(fd);
		return err_hint(e, "say --listen 127.0.0.1:0 for any free port");
	}
	if (a.any.sa_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
		(void)snprintf(address, address_size, "http://[%s]:%d", host,
		               ntohs(a.v6.sin6_port));
	} else {
		(void)inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
		(void)snprintf(address, address_size, "http://%s:%d", host, ntohs(a.v4.sin_port));
	}
	*ret_fd = fd;
	return ERR_OK;
}
