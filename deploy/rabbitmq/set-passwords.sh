#!/usr/bin/env bash
# Prints definitions.json with the users' passwords, as hashes, taken from RABBITMQ_COORDINATOR_PASSWORD and so on.
#
# In compose.yaml the broker loads what this prints whenever it starts, so a changed password counts from then on. Into a
# broker that runs:  set-passwords.sh > filled.json && rabbitmqctl import_definitions filled.json
# definitions.json as it stands lets nobody in: a user whose hash is empty cannot log in with a password.
#
# Who may do what follows from shared/bus/src/rabbit/topology.rs. Whoever publishes or consumes declares the exchanges
# `swath` and `swath.dead`, the queue `swath.dead`, and the queue that it means, binds it and names `swath.dead` as its
# dead letters: configure, write and read, for RabbitMQ asks for each of them.
#   coordinator  publishes to swath.annotate.TEAM and swath.coordinate, consumes swath.coordinate
#   gateway      publishes to swath.review.TEAM, consumes swath.annotate.TEAM
#   review       publishes to swath.annotate.TEAM, consumes swath.review.TEAM
#   metrics      asks how long queues are and does nothing else. Newer brokers want some permission on the queue for that,
#                and `write` is the one that is of no other use to it: a binding would need `read` on an exchange too.
#                RabbitMQ 4.2.6 and 4.3.0 insist on `configure`; there the gauges of queues are missing.
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
