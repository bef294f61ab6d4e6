# Access by user, group and unit.
# shellcheck shell=bash

getent group billing >/dev/null || groupadd billing

# from UNIT USER [GROUP]: reads the socket in a unit of its own.
from() {
  systemd-run --quiet --wait --pipe --collect --unit="$1" -p User="$2" ${3:+-p SupplementaryGroups="$3"} \
    perl "$here/read.pl" "$socket"
}

fresh <<'TOML'
socket.mode = "0666"
socket.allow_users = ["reader"]
TOML
ok 'allow_users lets that user in' 'from a.service reader'
ok 'and nobody else' '! from b.service stranger'
ok 'but root' 'from c.service root'
ok 'with a list there is no file that could not ask' '[[ ! -e $header ]]'

configure <<<$'socket.mode = "0666"\nsocket.allow_groups = ["billing"]'
systemctl reload assetit-tokend
ok 'allow_groups counts supplementary groups' 'soon "from d.service stranger billing"'
ok 'and lets nobody else in' '! from e.service stranger && ! from f.service reader'

configure <<<$'socket.mode = "0666"\nsocket.allow_units = ["billing-*.service", "cron.service"]'
systemctl reload assetit-tokend
ok 'allow_units lets units in by glob' 'soon "from billing-sync.service stranger"'
ok 'and no other' '! from sync-billing-x.service stranger && ! from billing.service stranger'
ok 'nor a process outside units, whatever it is called' '! as stranger perl "$here/read.pl" $socket'
