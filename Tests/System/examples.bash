# The units under docs/examples/systemd do what they say.
# shellcheck shell=bash

fresh </dev/null
for unit in app.service app-header.path app-header.service; do cp "$examples/$unit" /etc/systemd/system/; done
cat >/usr/local/bin/app <<'A'
#!/bin/bash
cksum <"$CREDENTIALS_DIRECTORY/assetit.header" >"$RUNTIME_DIRECTORY/header"
exec sleep 1000
A
chmod +x /usr/local/bin/app
mkdir -p /etc/systemd/system/app.service.d
echo $'[Service]\nRuntimeDirectory=app' >/etc/systemd/system/app.service.d/test.conf
systemctl daemon-reload
ok 'verify has nothing to say about them' \
  '[[ -z $(systemd-analyze verify --man=no /etc/systemd/system/app.service /etc/systemd/system/app-header.path 2>&1) ]]'
ok 'the app starts with the header as a credential' \
  'systemctl start app.service app-header.path && soon "[[ \$(cat /run/app/header) == \$(read_socket | cksum) ]]"'
pid=$(property MainPID app.service)
systemctl restart assetit-tokend
sleep 0.5
ok 'a restart of the daemon, with the same header, does not trouble it' '[[ $(property MainPID app.service) == "$pid" ]]'
systemctl kill --signal=USR1 --kill-whom=main assetit-tokend
# While it restarts there is no process, or one that has only begun.
ok 'a new header restarts it' 'soon "[[ \$(property MainPID app.service) != $pid ]] && active app.service"'
ok 'and it has the new one' 'soon "[[ \$(cat /run/app/header) == \$(read_socket | cksum) ]]"'
systemctl stop app-header.path app.service
rm -r /etc/systemd/system/app.service{,.d} /etc/systemd/system/app-header.* /usr/local/bin/app
systemctl daemon-reload
for example in "$examples"/*.conf; do
  [[ $example != *notify-reload* ]] || (($(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p') >= 253)) || continue
  mkdir -p /etc/systemd/system/assetit-tokend.service.d
  cp "$example" /etc/systemd/system/assetit-tokend.service.d/
  ok "the drop-in ${example##*/} is valid" '[[ -z $(systemd-analyze verify --man=no assetit-tokend.service 2>&1) ]]'
  rm -r /etc/systemd/system/assetit-tokend.service.d
done
systemctl daemon-reload
