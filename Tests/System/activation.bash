# Socket activation, for those who want it.
# shellcheck shell=bash

fresh </dev/null
systemctl stop assetit-tokend
cp "$examples"/assetit-tokend-default.socket /etc/systemd/system/
sed 's/default/second/g' "$examples"/assetit-tokend-default.socket >/etc/systemd/system/assetit-tokend-second.socket
put_secret "$secret" second
configure <<<$'[profiles.second]\nbase_url = "http://127.0.0.1:8080"\nclient_id = "test-client"'
systemctl daemon-reload
ok 'two socket units start, the service does not' \
  'systemctl start assetit-tokend-default.socket assetit-tokend-second.socket && [[ $(property ActiveState) == inactive ]]'
ok 'the first reader starts it and is served' 'read_socket | grep -q "^JWT "'
ok 'each socket serves its own profile' \
  'soon "[[ -e $run/second.header ]]" && cmp <(read_socket $run/second.sock) $run/second.header && cmp <(read_socket) $header'
ok 'the sockets have the group and mode of their units' '[[ $(stat -c "%G %a" $socket) == "assetit 660" ]]'
before=$(read_socket)
ok 'a restart keeps the token' 'systemctl restart assetit-tokend && [[ $(read_socket) == "$before" ]]'
systemctl stop assetit-tokend 2>/dev/null
ok 'a stop leaves the sockets, and the next reader starts the service again' '[[ -S $socket ]] && read_socket'

systemctl stop assetit-tokend 2>/dev/null
put_secret other-secret
put_secret other-secret second
asked=$(requests)
for i in {1..8}; do timeout 5 perl "$here/read.pl" "$socket" 2>/dev/null; done
tries=$(($(requests) - asked))
ok 'with a wrong secret the trigger limit of the examples ends it' '((tries >= 2 && tries <= 2 * 3))'
ok 'and the socket has failed' 'systemctl is-failed assetit-tokend-default.socket'
systemctl stop assetit-tokend-default.socket assetit-tokend-second.socket assetit-tokend 2>/dev/null
systemctl reset-failed
rm /etc/systemd/system/assetit-tokend-{default,second}.socket /etc/assetit-tokend/secrets/second
systemctl daemon-reload
rm -f "$run"/*
