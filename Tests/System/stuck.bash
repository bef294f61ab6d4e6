# The journal and the bus are stuck; nothing else is.
# shellcheck shell=bash disable=SC2016

fresh <<<'socket.audit = "all"'
sim PUT /_sim/lifetime '{"seconds": 8}' >/dev/null
systemctl kill --signal=USR1 --kill-whom=main assetit-tokend
soon '[[ $(requests) -ge 2 ]]'
journald=$(property MainPID systemd-journald.service)
kill -STOP "$journald"
begin_load
before=$(read_socket)
ok 'with a journal that has stopped tokens are refreshed' 'soon "[[ \$(read_socket) != \"$before\" ]]" 15'
ok 'the header file follows' 'soon "[[ \$(cat $header) == \"\$(read_socket)\" ]]"'
ok 'health is answered' \
  '[[ $(timeout 5 perl "$here/read.pl" $run/api.sock "GET /livez HTTP/1.1") == "HTTP/1.1 200"* ]]'
pid=$(main_pid)
ok 'a reload is taken' 'kill -HUP $pid; sleep 0.5; kill -0 $pid && read_socket'
began=${EPOCHREALTIME/./}
ok 'a restart works' 'timeout 20 systemctl restart assetit-tokend && [[ $(main_pid) != "$pid" ]] && read_socket'
figure 'a restart with a journal that has stopped' "$(((${EPOCHREALTIME/./} - began) / 1000)) ms"
end_load
ok 'no reader got nothing' '((nothing == 0 && reads > 50))'
began=${EPOCHREALTIME/./}
ok 'a stop works, and withdraws' 'timeout 20 systemctl stop assetit-tokend && [[ -z $(ls $run) ]]'
figure 'a stop with a journal that has stopped' "$(((${EPOCHREALTIME/./} - began) / 1000)) ms"
ok 'a start works' 'timeout 30 systemctl start assetit-tokend && read_socket'
kill -CONT "$journald"
ok 'the journal goes on' 'mark; soon "said | grep -q \"new token\"" 20'
sim PUT /_sim/lifetime '{"seconds": 3600}' >/dev/null

fresh </dev/null
systemd-run --quiet --unit=silent-bus.service perl -MSocket -e '
  socket(my $s, AF_UNIX, SOCK_STREAM, 0); unlink "/run/silent-bus"; bind($s, sockaddr_un("/run/silent-bus"));
  chmod 0666, "/run/silent-bus"; listen($s, 16); my @c; while (accept(my $c, $s)) { push @c, $c }'
soon '[[ -S /run/silent-bus ]]'
drop_in <<<$'[Service]\nEnvironment=DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/silent-bus'
systemctl restart assetit-tokend
mark
began=${EPOCHREALTIME/./}
ok 'with a bus that never answers a stop withdraws' 'timeout 20 systemctl stop assetit-tokend && [[ -z $(ls $run) ]]'
took=$(((${EPOCHREALTIME/./} - began) / 1000))
# One second by itself; here other work may slow it down.
ok 'within eight seconds' '((took < 8000))'
ok 'and not by force' '[[ $(property Result) == success ]]'
figure 'a stop with a bus that never answers' "$took ms"
systemctl stop silent-bus.service
