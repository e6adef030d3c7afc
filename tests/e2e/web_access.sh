#!/usr/bin/env bash
# The page for everybody: three languages, keyboard, small screens, zoom, contrast, axe. See web_page.sh.
exec "$(dirname "$0")/web_page.sh" access
