# `assetit-token doctor` on an installed host: where the unit takes things from, and what it gave up on.
# shellcheck shell=bash disable=SC2016

diagnosis() { assetit-token doctor 2>&1 || true; }

fresh </dev/null
ok 'all is well' 'assetit-token doctor'
rm /etc/assetit-tokend/secrets/default
ok 'a secret that is not there: where to write it' \
  'diagnosis | grep "FAIL  secret of default: write it to /etc/assetit-tokend/secrets/default (root, 0600)"'
(umask 022 && echo "$secret" >/etc/assetit-tokend/secrets/default)
ok 'one that others may read' 'diagnosis | grep "FAIL  secret of default: .*chmod o="'
put_secret "$secret"
chmod 0600 /etc/assetit-tokend/secrets/default

systemctl stop assetit-tokend
put_secret wrong
systemctl start assetit-tokend 2>/dev/null
ok 'a unit that has given up: on what, and what next' \
  'diagnosis | grep "FAIL  unit: .* has given up (exit code 77: AssetIT refused .*default: .*Next: put it right, then systemctl start"'
ok 'its status promises no further attempt' '! property StatusText | grep -q "next attempt"'
put_secret "$secret"

install -d -o assetit-tokend -g assetit -m 0750 /srv/headers
configure <<'TOML'
[[profiles.default.files]]
path = "/srv/headers/header"
TOML
systemctl restart assetit-tokend
ok 'a folder that the hardening makes read-only: the remedy' \
  'diagnosis | grep "FAIL  folder /srv/headers: it is read-only for the unit .*ReadWritePaths=/srv/headers"'
ok 'the journal names it too' 'soon "said | grep -q \"ReadWritePaths=\""'
drop_in <<<$'[Service]\nReadWritePaths=/srv/headers'
systemctl restart assetit-tokend
ok 'and that helps' 'soon "[[ -s /srv/headers/header ]]" && assetit-token doctor'
rm -r /srv/headers
