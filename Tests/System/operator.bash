# What an operator does, from the package to the first header.
# shellcheck shell=bash

ok 'the package installs' 'install_package "$deb"'
ok 'it neither enables nor starts the service' \
  '[[ $(systemctl is-enabled assetit-tokend) == disabled && $(property ActiveState) == inactive ]]'
ok 'nothing has failed' '[[ -z $(systemctl --failed --no-legend) ]]'
ok 'its user and groups are there' 'id assetit-tokend | grep -q "(assetit)"'
ok 'secrets are root alone' '[[ $(stat -c "%U %a" /etc/assetit-tokend/secrets) == "root 700" ]]'
ok 'the configuration is closed to others, and the service may read it' \
  '[[ $(stat -c "%U %G %a" /etc/assetit-tokend/config.toml) == "root assetit-tokend 640" ]]'
ok 'manual pages and completions are there' \
  '[[ -e $(echo /usr/share/bash-completion/completions/assetit-tokend) ]] && dpkg -L assetit-tokend | grep -q man8'

systemctl start assetit-tokend 2>/dev/null
ok 'a start with no configuration fails and says what is missing' 'status_text | grep -i "status:.*profiles"'
ok 'and is not tried again' 'sleep 2.5; [[ $(property NRestarts) == 0 && $(property ActiveState) == failed ]]'
systemctl reset-failed assetit-tokend

start_sim
# The operator's shell may well have this umask.
(
  umask 077
  echo "$secret" >/etc/assetit-tokend/secrets/default
  cat >/etc/assetit-tokend/config.toml <<'TOML'
[profiles.default]
base_url  = "http://127.0.0.1:8080"
client_id = "test-client"
TOML
)
ok 'a secret, three lines, enable --now' 'systemctl enable --now assetit-tokend'
ok 'the unit is active and enabled' 'active && systemctl is-enabled assetit-tokend'
ok 'the socket gives the header and nothing else' 'read_socket | grep -qzE "^JWT [^[:space:]]+$"'
ok 'the file holds the same' 'cmp <(read_socket) $header'
ok 'status says until when it is valid, and what comes next' \
  'status_text | grep "Status:.*default: valid until .*next refresh at"'
ok 'check by root finds nothing wrong' 'assetit-tokend check'
ok 'fetch by root prints the header' 'assetit-tokend fetch | grep -qzE "^JWT [^[:space:]]+$"'
ok 'the journal has started and ready' '[[ $(times "$(id_of started)") == 1 && $(times "$(id_of ready)") == 1 ]]'

add_users
ok 'a member of the group assetit reads the socket' 'as reader perl "$here/read.pl" $socket'
ok 'and the file' 'as reader cat $header'
ok 'another user does neither' \
  '! as stranger perl "$here/read.pl" $socket 2>/dev/null && ! as stranger cat $header 2>/dev/null'

# Somebody replaced the file instead of editing it.
(umask 077 && cp /etc/assetit-tokend/config.toml /etc/assetit-tokend/new && mv /etc/assetit-tokend/{new,config.toml})
ok 'check by root sees that the service may not read it' \
  'assetit-tokend check 2>&1 | grep "^config.toml: the service.s user can.t read it: chgrp assetit-tokend "'
systemctl stop assetit-tokend
systemctl start assetit-tokend 2>/dev/null
ok 'a configuration that the service may not read: status says what to do' \
  'status_text | grep "Status:.*/etc/assetit-tokend/config.toml: Permission denied: let the service.s user read it: chgrp assetit-tokend"'
chgrp assetit-tokend /etc/assetit-tokend/config.toml
chmod 0640 /etc/assetit-tokend/config.toml
ok 'and that helps' 'systemctl start assetit-tokend && active'
