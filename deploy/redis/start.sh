#!/bin/sh
# Starts Redis with users.acl, the hashes of REDIS_PASSWORD and REDIS_WATCH_PASSWORD in their places.
set -eu
here=$(dirname "$0")
umask 077
hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
password=$(hash "${REDIS_PASSWORD:?is not set}")
watch=$(hash "${REDIS_WATCH_PASSWORD:?is not set}")
sed -n "s/WATCH_SHA256/$watch/; s/PASSWORD_SHA256/$password/; /^user /p" "$here/users.acl" > /run/swath/users.acl
exec redis-server "$here/redis.conf"
