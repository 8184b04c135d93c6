#!/usr/bin/env bash
# Prints definitions.json with the users' passwords, as hashes, taken from RABBITMQ_COORDINATOR_PASSWORD and so on.
#
# In compose.yaml the broker loads the output at every start, so a changed password is valid from then on. For a
# running broker:  set-passwords.sh > filled.json && rabbitmqctl import_definitions filled.json
# With definitions.json itself nobody can log in, because a user with an empty hash has no password.
#
# The permissions follow from shared/bus/src/rabbit/topology.rs. A publisher or consumer declares the exchanges
# `swath` and `swath.dead`, the queue `swath.dead`, and its own queue, binds that queue and names `swath.dead` for its
# dead letters: RabbitMQ requires configure, write and read for these.
#   coordinator  publishes to swath.annotate.TEAM and swath.coordinate, consumes swath.coordinate
#   gateway      publishes to swath.review.TEAM, consumes swath.annotate.TEAM
#   review       publishes to swath.annotate.TEAM, consumes swath.review.TEAM
#   metrics      reads the length of queues and does nothing else. Newer brokers require some permission on the queue for
#                that; `write` is the one that allows nothing else, because a binding would also need `read` on an exchange.
#                RabbitMQ 4.2.6 and 4.3.0 require `configure`; there the gauges of queues are missing.
# With another SWATH__BUS__PREFIX the expressions begin with that.
set -euo pipefail

bytes() { # of hexadecimal digits
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"
}

hash() { # four bytes of salt, then the SHA-256 of salt and password, in base64
    local salt digest
    salt=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
    digest=$({ bytes "$salt" && printf %s "$1"; } | sha256sum | cut -d ' ' -f 1)
    bytes "$salt$digest" | base64 | tr -d '\n'
}

fail() {
    echo "set-passwords.sh: $1" >&2
    exit 1
}

definitions=$(<"$(dirname "${BASH_SOURCE[0]}")/definitions.json")
for service in coordinator gateway review metrics; do
    variable=RABBITMQ_${service^^}_PASSWORD
    password=${!variable:-}
    empty="\"name\": \"swath-$service\", \"password_hash\": \"\""
    [[ -n $password ]] || fail "$variable is not set"
    [[ $definitions == *"$empty"* ]] || fail "definitions.json has no swath-$service without a password"
    filled=${empty%\"}$(hash "$password")\"
    definitions=${definitions/"$empty"/"$filled"}
done
printf '%s\n' "$definitions"
