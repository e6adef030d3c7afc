#!/usr/bin/env bash
# What people with an account do on the page: log in, enter, correct, approve, release by two. See web_page.sh.
exec "$(dirname "$0")/web_page.sh" roles
