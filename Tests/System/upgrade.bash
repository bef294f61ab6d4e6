# A newer package is installed while the service is in use.
# shellcheck shell=bash

fresh </dev/null
before=$(read_socket) asked=$(requests) pid=$(main_pid)
edited=$(md5sum /etc/assetit-tokend/config.toml)
begin_load
ok 'the newer package installs' 'DEBIAN_FRONTEND=noninteractive dpkg --install "$newer_deb"'
ok 'its version is there' '[[ $(dpkg-query -W -f "\${Version}" assetit-tokend) == "$(dpkg-deb -f "$newer_deb" Version)" ]]'
ok 'the service runs as a new process' 'active && [[ $(main_pid) != "$pid" ]]'
ok 'with the same token' '[[ $(read_socket) == "$before" && $(requests) == "$asked" ]]'
end_load
ok 'no reader got nothing' '((nothing == 0 && reads > 50))'
figure 'longest wait of a reader in an upgrade' "$longest ms"
ok 'the configuration is as the operator left it' '[[ $(md5sum /etc/assetit-tokend/config.toml) == "$edited" ]]'
systemctl stop assetit-tokend
ok 'a service that is stopped is not started by it' 'dpkg --install "$newer_deb" && [[ $(property ActiveState) == inactive ]]'
