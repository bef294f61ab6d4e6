# Removal leaves nothing running, purge leaves nothing.
# shellcheck shell=bash

fresh </dev/null
systemctl enable assetit-tokend 2>/dev/null
pid=$(main_pid)
ok 'removal works' 'dpkg --remove assetit-tokend'
ok 'nothing of it runs' '[[ ! -d /proc/$pid ]] && ! active'
ok 'sockets and header files are gone' '[[ ! -e $run ]]'
ok 'configuration and secret are kept' '[[ -s /etc/assetit-tokend/config.toml && -s /etc/assetit-tokend/secrets/default ]]'
ok 'installed again it goes on' 'dpkg --install "$newer_deb" && systemctl start assetit-tokend && read_socket'
gpasswd --delete reader assetit >/dev/null 2>&1
ok 'purge works' 'dpkg --purge assetit-tokend'
ok 'user and groups are gone' '! getent passwd assetit-tokend && ! getent group assetit-tokend assetit'
ok 'no file of it is left' \
  'left=$(find / -xdev \( -path /proc -o -path /sys -o -path /src -o -path /dev -o -path /tmp -o -path /var/cache/assetit-tokend-tests \) -prune -o -name "*assetit-token*" -print
   find /etc /run /var /usr /lib -name "*assetit-token*" -not -path "/run/credentials/*" -not -path "/var/cache/assetit-tokend-tests*"); [[ -z $left ]] || { echo "$left"; false; }'
ok 'nor its catalog' '! journalctl --list-catalog | grep assetit-tokend'
ok 'systemd knows no such unit' '[[ $(property LoadState) == not-found ]]'
