# Other units load the header as a credential; the secret itself may be an encrypted one.
# shellcheck shell=bash

# load UNIT: starts a unit that loads the header, and prints what it got.
load() {
  systemd-run --quiet --wait --pipe --collect --unit="$1" -p "LoadCredential=assetit.header:$socket" -p DynamicUser=yes \
    bash -c 'cat "$CREDENTIALS_DIRECTORY/assetit.header"; printf "|%s" "$(id -un)"'
}
fresh <<<'socket.audit = "all"'
ok 'a unit loads the header: the same bytes, no newline' '[[ $(load loader.service) == "$(read_socket)|"* ]]'
ok 'the audit names that unit' \
  'said "MESSAGE_ID=$(id_of readerServed)" -o json | grep -q "\"ASSETIT_PEER_UNIT\":\"loader.service\""'
ok 'and an ordinary reader by its unit' \
  'systemd-run --quiet --wait --pipe --collect --unit=plain.service perl "$here/read.pl" $socket &&
   said "MESSAGE_ID=$(id_of readerServed)" -o json | grep -q "\"ASSETIT_PEER_UNIT\":\"plain.service\""'

configure <<<$'socket.allow_units = ["loader-*.service"]\nsocket.audit = "all"'
systemctl reload assetit-tokend
ok 'allow_units judges by the unit that loads' 'soon "[[ \$(load loader-a.service) == JWT* ]]"'
ok 'another one is given nothing, and the journal names it' \
  '[[ $(load intruder.service) != JWT* ]] && said "MESSAGE_ID=$(id_of readerDenied)" | grep "LoadCredential= of intruder.service"'

systemctl stop assetit-tokend sim
configure <<<$'refresh.retry_max = "1s"\nsocket.wait = "1s"'
systemctl start --no-block assetit-tokend
soon '[[ -S $socket ]]'
load early.service >/tmp/early &
early=$!
sleep 3
ok 'while there is no token such a unit waits, longer than other readers' 'kill -0 $early && [[ ! -s /tmp/early ]]'
ok 'while those get nothing' '! read_socket'
start_sim
ok 'and starts with the token when there is one' 'soon active && wait_for $early && grep -q "^JWT " /tmp/early'

# The operator keeps no plain secret on the disk.
systemctl stop assetit-tokend
rm /etc/assetit-tokend/secrets/default
printf %s "$secret" | systemd-creds encrypt --with-key=host --name=secrets_default - \
  /etc/assetit-tokend/default.cred 2>/dev/null
mkdir -p /etc/systemd/system/assetit-tokend.service.d
cp "$examples/encrypted-secret.conf" /etc/systemd/system/assetit-tokend.service.d/
systemctl daemon-reload
ok 'an encrypted secret works through the drop-in of the examples' 'systemctl start assetit-tokend && read_socket'
ok 'and lies nowhere in the clear' '! grep -rqF "$secret" /etc/assetit-tokend'
rm /etc/assetit-tokend/default.cred
