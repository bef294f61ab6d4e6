# Files and sockets stay through a restart and are gone after a stop.
# shellcheck shell=bash

fresh </dev/null
inode=$(stat -c %i "$header")
ok 'a restart leaves file and socket as they are' \
  'systemctl restart assetit-tokend && [[ $(stat -c %i $header) == "$inode" && -S $socket ]]'
ok 'a stop withdraws them' 'systemctl stop assetit-tokend && [[ -z $(ls $run) ]]'
ok 'and empties the store' '[[ $(property NFileDescriptorStore) == 0 ]]'
systemctl start assetit-tokend
kill -KILL "$(main_pid)"
systemctl stop assetit-tokend
ok 'what a killed daemon left goes when it starts' \
  'echo "JWT old" >$header; systemctl start assetit-tokend && [[ $(cat $header) == "$(read_socket)" ]]'
