# `assetit-token rotate`, wherever a secret may lie. Nobody is without a token.
# shellcheck shell=bash disable=SC2016

etc=/etc/assetit-tokend
expect() { sim PUT /_sim/credentials "{\"client_id\": \"$1\", \"client_secret\": \"$2\"}" >/dev/null; }
code_of() { "$@" >/tmp/output 2>&1; echo $?; }
rotate_to() { echo "$1" | assetit-token rotate "${@:2}"; }

fresh </dev/null
before=$(read_socket)
expect test-client other-secret
ok 'a secret that AssetIT refuses: 77, and the old one stays' \
  '[[ $(code_of rotate_to wrong) == 77 && $(cat $etc/secrets/default) == "$secret" && $(read_socket) == "$before" ]]'
begin_load
ok 'secrets/: tried, swapped, restarted, and a header of the new one is served' \
  'rotate_to other-secret >/tmp/output && grep -q "restarting" /tmp/output && grep -q "a header of the new credentials" /tmp/output'
ok 'it is another header' '[[ $(read_socket) != "$before" ]]'
soon 'cmp <(read_socket) $header'
end_load
ok 'no reader got nothing' '((nothing == 0 && reads > 30))'
ok 'the file keeps its owner and mode' '[[ $(stat -c "%U %a" $etc/secrets/default) == "root 600" ]]'

expect client-two secret-two
ok 'with a new client ID too' 'rotate_to secret-two --client-id client-two'
ok 'which stands in the configuration now, as the only change' \
  '[[ $(grep -c client-two $etc/config.toml) == 1 && $(stat -c %G:%a $etc/config.toml) == assetit-tokend:640 ]] && grep -q "log.level" $etc/config.toml'
ok 'and nothing else was left' '[[ $(ls -A $etc/secrets) == default && -z $(find $etc -name "*rotating*" -o -name ".assetit-*") ]]'

fresh <<<"client_secret_file = \"$etc/file.secret\""
systemctl stop assetit-tokend
install -m 0640 -g assetit-tokend /dev/null $etc/file.secret
echo "$secret" >$etc/file.secret
systemctl start assetit-tokend
main=$(main_pid)
expect test-client other-secret
ok 'client_secret_file: without a restart' 'rotate_to other-secret && [[ $(main_pid) == "$main" ]]'
ok 'the file keeps its group' '[[ $(stat -c "%U %G %a" $etc/file.secret) == "root assetit-tokend 640" ]]'
expect client-two secret-two
asked=$(requests)
ok 'client_secret_file with a new client ID, without a restart too' \
  'rotate_to secret-two --client-id client-two && [[ $(main_pid) == "$main" ]]'
sleep 2
ok 'it costs two requests: the trial and the refresh' '(($(requests) - asked == 2))'
ok 'and nothing was refused meanwhile' '! said | grep -q "refused the client ID"'
expect test-client third-secret
ok 'and back' 'rotate_to third-secret --client-id test-client'
ok 'nothing else was left' '[[ -z $(find $etc -name "*rotating*" -o -name ".assetit-*") ]]'
systemctl stop assetit-tokend
ok 'while the service is stopped the secret is replaced all the same' \
  'expect test-client fourth-secret; rotate_to fourth-secret && [[ $(cat $etc/file.secret) == fourth-secret ]]'
rm $etc/file.secret

fresh </dev/null
systemctl stop assetit-tokend
rm $etc/secrets/default
printf %s "$secret" | systemd-creds encrypt --with-key=host --name=secrets_default - $etc/default.cred 2>/dev/null
mkdir -p /etc/systemd/system/assetit-tokend.service.d
cp "$examples/encrypted-secret.conf" /etc/systemd/system/assetit-tokend.service.d/
systemctl daemon-reload
systemctl start assetit-tokend
before=$(read_socket)
expect test-client other-secret
ok 'an encrypted secret stays encrypted' \
  'rotate_to other-secret && [[ $(read_socket) != "$before" ]] && ! grep -rqF other-secret $etc'
ok 'and doctor can tell that it is good' 'assetit-token doctor'
rm $etc/default.cred
expect test-client "$secret"
