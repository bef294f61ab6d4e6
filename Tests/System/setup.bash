# `assetit-token setup`: from the package to a header with one command.
# shellcheck shell=bash disable=SC2016

etc=/etc/assetit-tokend
# as_installed: no configuration and no secret but the package's example; the service is off.
as_installed() {
  systemctl disable --now assetit-tokend 2>/dev/null
  systemctl reset-failed assetit-tokend 2>/dev/null
  rm -rf $etc/secrets/* /etc/systemd/system/assetit-tokend.service.d
  systemctl daemon-reload
  install -m 0640 -o root -g assetit-tokend /usr/share/assetit-tokend/config.toml $etc/config.toml
}
# set_up_with SECRET [ARGUMENT…]: without a terminal.
set_up_with() { echo "$1" | assetit-token setup --base-url "http://127.0.0.1:$port" --client-id test-client "${@:2}"; }
code_of() { "$@" >/tmp/output 2>&1; echo $?; }

fresh </dev/null
as_installed
ok 'without a terminal and options it says what is missing: 64' \
  '[[ $(code_of assetit-token setup </dev/null) == 64 ]] && grep -q "give --base-url or --region and --client-id" /tmp/output'
ok 'a wrong secret: 77, and nothing is written' \
  '[[ $(code_of set_up_with wrong) == 77 && -z $(ls $etc/secrets) ]] && cmp $etc/config.toml /usr/share/assetit-tokend/config.toml'
ok 'no token where it is looked for: 76, and nothing is written' \
  '[[ $(code_of set_up_with "$secret" --api token_pointer=/no) == 76 && -z $(ls $etc/secrets) ]]'
ok 'another user is sent to sudo: 77' '[[ $(code_of as nobody assetit-token setup) == 77 ]] && grep -q sudo /tmp/output'
ok 'one command' 'set_up_with "$secret" | tee /tmp/output; ((PIPESTATUS[0] == 0)) && grep -q "default: there is a header" /tmp/output'
ok 'the service is enabled and active, and readers have the header' \
  '[[ $(systemctl is-enabled assetit-tokend) == enabled ]] && active && read_socket | grep -qzE "^JWT [^[:space:]]+$"'
ok 'the secret is root alone, the configuration readable for the service' \
  '[[ $(stat -c "%U %G %a" $etc/secrets/default $etc/config.toml) == "root root 600"$'"'\\n'"'"root assetit-tokend 640" ]]'
ok 'the example is gone' '! grep -q "Remove the" $etc/config.toml'
ok 'nothing else was left' '[[ -z $(find $etc -name ".assetit-*") ]]'
ok 'check, doctor and fetch are content' 'assetit-tokend check && assetit-token doctor && assetit-tokend fetch'
ok 'once more is refused, and shows what is there: 78' \
  '[[ $(code_of set_up_with "$secret") == 78 ]] && grep -q "authenticates at" /tmp/output && active'

echo '# the last word' >>$etc/config.toml
cp $etc/config.toml /tmp/before.toml
ok 'a second profile is added behind what is there' \
  'set_up_with "$secret" second && cmp <(head -c "$(stat -c %s /tmp/before.toml)" $etc/config.toml) /tmp/before.toml'
ok 'and has a header, as the first one still has' 'read_socket $run/second.sock && read_socket'

as_installed
{ sleep 1; echo "http://127.0.0.1:$port"; sleep 1; echo test-client; sleep 1; echo "$secret"; sleep 20; } |
  script --quiet --return --command 'assetit-token setup' /tmp/typed >/dev/null &
typist=$!
ok 'at a terminal it asks, and the secret is not shown' \
  'soon "grep -q \"there is a header\" /tmp/typed" 20 && grep -q test-client /tmp/typed && ! grep -qF "$secret" /tmp/typed'
kill $typist 2>/dev/null
wait $typist 2>/dev/null

as_installed
systemctl stop sim
ok 'AssetIT is out of reach: 69, and nothing is written' \
  '[[ $(code_of set_up_with "$secret") == 69 && -z $(ls $etc/secrets) ]]'
start_sim
