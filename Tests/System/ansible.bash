# The Ansible role, with real ansible-core, on a host that doesn't have the package.
# shellcheck shell=bash

playbook=${ASSETIT_ANSIBLE-}/ansible-playbook
if [[ ! -x $playbook ]] || ! /usr/bin/python3 -c 'import apt' 2>/dev/null; then
  echo "skip  $current: ansible-core, or python3-apt for its host, is not here"
  return 0
fi
dpkg --purge assetit-tokend >/dev/null 2>&1
start_sim
dpkg -x "$deb" /tmp/unpacked
cp -r /tmp/unpacked/usr/share/doc/assetit-tokend/examples/ansible /tmp/ansible
mkdir /tmp/ansible/files
cp "$deb" /tmp/ansible/files/assetit-tokend.deb
# The play is that of the example; with a connection of its own it needn't become root.
play() {
  (cd /tmp/ansible && ANSIBLE_HOME=/tmp/ansible/home ANSIBLE_NOCOLOR=1 "$playbook" -i here, --connection local --diff \
    -e ansible_python_interpreter=/usr/bin/python3 -e ansible_become=false -e @variables.yml site.yml "$@") >/tmp/played 2>&1 ||
    { cat /tmp/played; false; }
}
# variables SECRET [CLIENT-ID]
variables() {
  cat >/tmp/ansible/variables.yml <<V
assetit_base_url: "http://127.0.0.1:$port"
assetit_client_id: "${2-test-client}"
vault_assetit_client_secret: "$1"
V
}
sed -i 's/assetit_tokend_readers: .*/assetit_tokend_readers: [reader]/' /tmp/ansible/site.yml
: >/tmp/all-played

variables "$secret"
ok 'one run: package, configuration, secret, service, header' 'play && cat /tmp/played >>/tmp/all-played && active && read_socket'
ok 'the service is enabled' '[[ $(systemctl is-enabled assetit-tokend) == enabled ]]'
ok 'modes and owners are as they should be' \
  '[[ $(stat -c "%U %G %a" /etc/assetit-tokend/secrets/default /etc/assetit-tokend/config.toml | paste -sd,) == "root root 600,root assetit-tokend 640" ]]'
ok 'its readers read' 'as reader perl "$here/read.pl" $socket'
ok 'check and doctor are content' 'assetit-tokend check && assetit-token doctor'
ok 'a second run changes nothing' 'play && cat /tmp/played >>/tmp/all-played && grep "here .* changed=0 " /tmp/played'

before=$(read_socket) pid=$(main_pid)
sim PUT /_sim/credentials '{"client_id": "test-client", "client_secret": "other-secret"}' >/dev/null
variables other-secret
ok 'a new secret: a restart, and a header that it brought' \
  'play && cat /tmp/played >>/tmp/all-played && [[ $(main_pid) != "$pid" ]] && soon "[[ \$(read_socket) != \"$before\" ]]"'
pid=$(main_pid)
settings() { printf 'assetit_tokend_settings: |\n  %s\n' "$1" >/tmp/ansible/settings.yml; }
settings '[log]'
ok 'other settings: a reload' \
  'play -e @settings.yml && cat /tmp/played >>/tmp/all-played && [[ $(main_pid) == "$pid" ]] && grep -F "[log]" /etc/assetit-tokend/config.toml && read_socket'
settings '[nonsense]'
ok 'a configuration that is wrong is refused before it is there' \
  '! play -e @settings.yml && cat /tmp/played >>/tmp/all-played && ! grep nonsense /etc/assetit-tokend/config.toml && read_socket'
variables wrong-secret
systemctl stop assetit-tokend
ok 'a wrong secret: the run fails' '! play && cat /tmp/played >>/tmp/all-played && grep "here .* failed=1 " /tmp/played'
ok 'no run shows a secret or a token' '[[ -s /tmp/all-played ]] && ! grep -F -e "$secret" -e other-secret -e wrong-secret -e eyJ /tmp/all-played'

sim PUT /_sim/credentials "{\"client_id\": \"test-client\", \"client_secret\": \"$secret\"}" >/dev/null
dpkg --purge assetit-tokend >/dev/null 2>&1
rm -r /tmp/ansible /tmp/unpacked /tmp/played /tmp/all-played
