# The descriptor store gives back only what is good.
# shellcheck shell=bash

fresh </dev/null
ok 'it holds the token, its socket, the HTTP socket, and when it was started' \
  'soon "[[ \$(property NFileDescriptorStore) == 4 ]]" 3'
drop_in <<U
[Service]
NotifyAccess=all
ExecStartPre=/usr/bin/perl $here/inject.pl
U
ok 'with damaged and foreign entries the service starts' 'systemctl restart assetit-tokend && active'
refused=$(id_of storeRefused)
for name in default.9000 default.-1 gone.5 stranger; do
  ok "the entry $name is refused" 'said MESSAGE_ID=$refused | grep -F "'$name' "'
done
ok 'a socket that no profile has is closed and removed' '[[ ! -e $run/foreign.sock ]]'
ok 'the good ones are still used' 'said | grep "serving the token from before the restart" && read_socket'
ok 'nothing else stays in the store' 'soon "[[ \$(property NFileDescriptorStore) == 4 ]]" 3'

fresh </dev/null
asked=$(requests)
configure <<<'socket.mode = "0600"'
ok 'a socket whose mode is no longer what it should be is replaced' \
  'systemctl restart assetit-tokend && [[ $(stat -c %a $socket) == 600 ]] && read_socket'
configure <<<"socket.path = \"$run/elsewhere.sock\""
ok 'a path that the configuration no longer says is given up' \
  'systemctl restart assetit-tokend && [[ ! -e $socket ]] && read_socket $run/elsewhere.sock'
ok 'the token stayed through both' '[[ $(requests) == "$asked" ]]'
sed -i 's/profiles.default/profiles.other/' /etc/assetit-tokend/config.toml
put_secret "$secret" other
ok 'so does a profile that is gone, with its token' \
  'systemctl restart assetit-tokend && soon "[[ \$(property NFileDescriptorStore) == 4 ]]" && [[ ! -e $header ]]'
rm /etc/assetit-tokend/secrets/other

fresh </dev/null
before=$(read_socket)
drop_in <<<$'[Service]\nEnvironment=ASSETIT_BOOT_ID=00000000000000000000000000000000'
systemctl restart assetit-tokend
ok 'a token of another boot is refused and a new one asked for' \
  '[[ $(read_socket) != "$before" ]] && said MESSAGE_ID=$refused | grep "from before a boot"'

fresh </dev/null
sim PUT /_sim/faults '{"lifetime": 10}'
systemctl kill --signal=USR1 --kill-whom=main assetit-tokend
