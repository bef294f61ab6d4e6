# systemctl reload: all of a new configuration, or nothing of it.
# shellcheck shell=bash

fresh </dev/null
before=$(read_socket) pid=$(main_pid) asked=$(requests)
begin_load
configure <<'TOML'
[[profiles.default.files]]
path = "/run/assetit-tokend/default.header"
[[profiles.default.files]]
path = "/run/assetit-tokend/default.env"
format = "env"
TOML
ok 'a good configuration is applied' 'systemctl reload assetit-tokend && soon "grep -q ^ASSETIT_AUTHORIZATION= $run/default.env"'
ok 'the journal says what changed' 'said "MESSAGE_ID=$(id_of reloadApplied)" | grep "changed: default"'
ok 'the token stays, no request was made' '[[ $(read_socket) == "$before" && $(requests) == "$asked" ]]'
ok 'the process stays' '[[ $(main_pid) == "$pid" ]]'

configure <<<'socket.wait = "2 hours"'
ok 'a broken one is refused by reload' '! systemctl reload assetit-tokend'
ok 'the journal names key and value' 'said | grep "profiles.default.socket.wait: must be between 0s and 1h, not 2h"'
ok 'the old one stays in force' '[[ $(read_socket) == "$before" && -e $run/default.env ]] && active'
kill -HUP "$(main_pid)"
ok 'by signal alone: status says that it was refused' 'soon "status_text | grep -q \"Status: \\\"reload refused: .*socket.wait\""'
ok 'and the catalog has its message' '[[ $(times "$(id_of reloadRefused)") -ge 1 ]]'
configure </dev/null
ok 'a corrected one is applied' 'systemctl reload assetit-tokend && soon "! status_text | grep -q refused"'
ok 'the file that it no longer names is gone' 'soon "[[ ! -e $run/default.env ]]"'
end_load
ok 'no reader got nothing' '((nothing == 0 && reads > 50))'
systemctl kill --signal=USR1 --kill-whom=main assetit-tokend
ok 'SIGUSR1 gets a new token' 'soon "[[ \$(read_socket) != \"$before\" ]]"'
