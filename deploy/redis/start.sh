#!/bin/sh
# Starts Redis with users.acl, the hash of REDIS_PASSWORD in its place.
set -eu
here=$(dirname "$0")
umask 077
hash=$(printf %s "${REDIS_PASSWORD:?is not set}" | sha256sum | cut -d ' ' -f 1)
sed -n "s/PASSWORD_SHA256/$hash/; /^user /p" "$here/users.acl" > /run/swath/users.acl
exec redis-server "$here/redis.conf"
