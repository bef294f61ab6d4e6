# From the package of 0.1.0 to this one and back, on a system that never had another.
# shellcheck shell=bash

if [[ -z $older_deb ]]; then
  echo 'skip  older: the package of 0.1.0 could not be had, as said above'
  return 0
fi
ok '0.1.0 installs' 'install_package "$older_deb"'
fresh </dev/null
getent passwd stranger >/dev/null || useradd --no-create-home stranger
before=$(read_socket) asked=$(requests) inode=$(stat -c %i "$socket")
ok '0.1.0 serves a header' '[[ $before == "JWT "* ]]'
edited=$(md5sum /etc/assetit-tokend/config.toml)
begin_load
ok 'the new package installs over it' 'DEBIAN_FRONTEND=noninteractive dpkg --install "$deb"'
ok 'the service is active' 'soon active'
ok 'the token is the same, and nobody asked for another' '[[ $(read_socket) == "$before" && $(requests) == "$asked" ]]'
ok 'the socket is the same' '[[ $(stat -c %i "$socket") == "$inode" ]]'
end_load
ok 'no reader got nothing' '((nothing == 0 && reads > 50))'
figure 'longest wait of a reader in the upgrade from 0.1.0' "$longest ms"
ok 'the configuration is as the operator left it' '[[ $(md5sum /etc/assetit-tokend/config.toml) == "$edited" ]]'
systemctl restart assetit-tokend
ok 'a restart of the new one keeps the token too' 'soon active && [[ $(read_socket) == "$before" && $(requests) == "$asked" ]]'
ok '0.1.0 installs over the new one' 'DEBIAN_FRONTEND=noninteractive dpkg --install "$older_deb"'
ok 'and starts: it serves a header that AssetIT accepts' \
  'soon active 20 && read_socket | { printf "Authorization: " && cat; } | grep -q "JWT "'
dpkg --purge assetit-tokend >/dev/null 2>&1
