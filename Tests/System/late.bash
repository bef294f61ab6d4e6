# AssetIT is away while the host boots, and comes later.
# shellcheck shell=bash

fresh </dev/null
systemctl stop assetit-tokend sim
configure <<<'refresh.retry_max = "1s"'
cat >/etc/systemd/system/app.service <<'U'
[Unit]
Wants=assetit-tokend.service
After=assetit-tokend.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/cat /run/assetit-tokend/default.header
U
systemctl daemon-reload
mark
systemctl start --no-block app
ok 'the unit stays activating' 'soon "said | grep -q \"attempt 2 failed\"" && [[ $(property ActiveState) == activating ]]'
ok 'status says why, and when it tries again' 'status_text | grep "Status:.*no token.*next attempt"'
ok 'what is ordered after it waits' '[[ $(property ActiveState app.service) == inactive ]]'
sleep 3
ok 'it goes on waiting' '[[ $(property ActiveState) == activating && $(property NRestarts) == 0 ]]'
start_sim
ok 'when AssetIT is there it becomes active' 'soon active'
ok 'and what waited starts, with the header' 'soon "active app.service" && journalctl -u app -o cat | grep -q "^JWT "'

mark
systemctl stop assetit-tokend sim app
configure <<'TOML'
refresh.retry_max = "1s"
TOML
sed -i 's/8080/8081/' /etc/assetit-tokend/config.toml
systemctl start --no-block assetit-tokend
soon 'said | grep -q "attempt 1 failed"'
start_sim
sed -i 's/8081/8080/' /etc/assetit-tokend/config.toml
ok 'a correction of the configuration is picked up meanwhile' 'soon active'
rm /etc/systemd/system/app.service
