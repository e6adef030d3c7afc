/* Limits of the server, as docs/LIMITS.md lists them; those of a head are in serve/http1.h. */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

enum {
	LIMIT_BODY = 1 << 20,        /* of a request, unless below */
	LIMIT_BODY_WRITE = 32 << 20, /* to the part that writes: photographs */
	LIMIT_BODY_LOGIN = 16 << 10, /* to the parts that know accounts */
	LIMIT_BODIES = 96 << 20,     /* of all bodies being read */
	LIMIT_OUT = 128 << 20,       /* of all answers being sent */
	LIMIT_REQUEST_MEMORY = 1 << 20,
	LIMIT_SEND_BUFFER = 128 << 10,
	LIMIT_CONNECTIONS = 16384,

	LIMIT_IDLE_S = 60,  /* between requests */
	LIMIT_HEAD_S = 10,  /* for a whole head */
	LIMIT_LINGER_S = 2, /* after the last answer */
	LIMIT_BODY_LOOK_S = 5,
	LIMIT_BODY_RATE = 500, /* bytes a second, looked at every 5 s */
	LIMIT_BODY_S = 600,    /* for a whole request with its body */
	LIMIT_WRITE_LOOK_S = 60,
	LIMIT_WRITE_S = 900, /* for a whole answer */
	LIMIT_DRAIN_S = 10   /* after SIGTERM */
};

#endif
