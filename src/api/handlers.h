/* Every handler of the table of routes. */
#ifndef SERVE_HANDLERS_H
#define SERVE_HANDLERS_H

#include "api/route.h"

#define ROUTE(id, method, path, handler, part, allow, params, summary) route_fn handler;
#define SERVER ROUTE
#include "api/routes.def"
#undef ROUTE
#undef SERVER

#endif
