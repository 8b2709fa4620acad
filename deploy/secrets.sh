#!/bin/sh
# Makes the secrets of compose.yaml in the folder secrets, those that are not
# there yet: a password for the database, its address with it, the key that all
# servers share, and the password of the first administrator.
# Back up secrets/key with the database: without it, replies to mails that were
# sent before are not taken.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
make() { # NAME COMMAND...: keep what the command prints
	name=$1; shift
	[ -s "secrets/$name" ] || "$@" >"secrets/$name"
	chmod 0444 "secrets/$name" # the servers run as another user; the folder is closed
}
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
make database_password random 24
make store printf 'postgres://signoff:%s@database/signoff' "$(cat secrets/database_password)"
make key random 32
make admin_password random 9
echo "The secrets are in $(pwd)/secrets. The administrator is admin, the password in secrets/admin_password."
