# A wrong secret: the start fails at once, says why, and asks AssetIT once.
# shellcheck shell=bash

fresh </dev/null
systemctl stop assetit-tokend
put_secret other-secret
mark
before=$(requests)
start=$SECONDS
systemctl start assetit-tokend 2>/dev/null && outcome=started || outcome=failed
ok 'the start fails' '[[ $outcome == failed ]]'
ok 'at once' '((SECONDS - start < 5))'
ok 'with the exit code for refused credentials' '[[ $(property ExecMainStatus) == 77 ]]'
ok 'status alone names the profile, the answer and the remedy' \
  'status_text | grep "Status:.*default: .*40[013]" && systemctl status assetit-tokend | grep -i "client ID or secret"'
sleep 4.5
ok 'it is not tried again' '[[ $(property NRestarts) == 0 ]] && systemctl is-failed assetit-tokend'
ok 'AssetIT was asked once' '(($(requests) - before == 1))'
ok 'no socket and no file is left' '[[ -z $(ls $run) ]]'
put_secret "$secret"
ok 'with the right secret it starts' 'systemctl start assetit-tokend && read_socket'

rm /etc/assetit-tokend/secrets/default
systemctl restart assetit-tokend
ok 'a secret that was removed: status says where to write it' \
  'soon "status_text | grep -q \"Status:.*/etc/assetit-tokend/secrets/default\"" || { status_text; false; }'
put_secret "$secret"
