# The daemon dies, or hangs.
# shellcheck shell=bash

fresh </dev/null
before=$(read_socket) asked=$(requests) pid=$(main_pid)
begin_load socket
inode=$(stat -c %i "$header")
kill -KILL "$pid"
killed=${EPOCHREALTIME/./}
# Within a second where the machine does nothing else; here it may be busy, so the figure says how long it took.
ok 'after SIGKILL the header file is gone or new at once' \
  'soon "[[ ! -e $header || \$(stat -c %i $header) != $inode ]]" 3'
figure 'from SIGKILL until the header file was gone or new' "$(((${EPOCHREALTIME/./} - killed) / 1000)) ms"
ok 'after SIGKILL systemd starts it again' 'soon "active && [[ \$(main_pid) != $pid ]]"'
ok 'with the same token' '[[ $(read_socket) == "$before" ]] && soon "[[ \$(cat $header) == \"$before\" ]]"'
end_load
# A reader whose connection the dead process had taken over already may have got nothing; nobody else.
ok 'of all readers at most those that were being answered got nothing' '((nothing <= 2 && reads > 50))'
figure 'longest wait through a crash (RestartSec=250ms)' "$longest ms"
ok 'no request was made' '[[ $(requests) == "$asked" ]]'

drop_in <<<$'[Service]\nWatchdogSec=2s\nRestartSec=100ms'
systemctl restart assetit-tokend
mark
pid=$(main_pid)
kill -STOP "$pid"
ok 'a daemon that hangs is killed by the watchdog' 'soon "[[ \$(property NRestarts) -ge 1 ]] && active" 15'
ok 'the journal says so' 'journalctl --since="$marked" -o cat | grep -i "watchdog timeout"'
ok 'the token is still the same' '[[ $(read_socket) == "$before" ]]'
ok 'no request was made' '[[ $(requests) == "$asked" ]]'
ok 'no core was dumped' '! journalctl --since="$marked" -o cat | grep -i "dumped core" && ! compgen -G "/core*"'
