# A proxy in a unit of its own puts the header in for two users: one may only read assets, one may write, and neither
# can get at the token. TLS to AssetIT is tested by build-aux/test-proxies; here the simulator speaks HTTP.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

proxy_examples=/usr/share/doc/assetit-tokend/examples/proxy
if [[ -z ${ASSETIT_NGINX-} || ! -x $ASSETIT_NGINX ]] || ! command -v curl >/dev/null; then
  echo "skip  $current: nginx and curl are not here"
else

systemd-sysusers "$proxy_examples/systemd/assetit-proxy.sysusers"
for user in alice:assetit-reader bob:assetit-writer; do
  id "${user%:*}" >/dev/null 2>&1 || useradd --no-create-home --groups "${user#*:}" "${user%:*}"
done
cp "$proxy_examples"/systemd/assetit-proxy.service "$proxy_examples"/systemd/assetit-proxy@.socket /etc/systemd/system/
mkdir -p /etc/assetit-proxy /etc/systemd/system/assetit-proxy.service.d
sed -e "s|server assetit.example.com:443|server 127.0.0.1:$port|; s|https://assetit|http://assetit|" \
  "$proxy_examples/nginx/nginx.conf" >/etc/assetit-proxy/nginx.conf
printf '[Service]\nExecStart=\nExecStart=%s -e stderr -c /etc/assetit-proxy/nginx.conf\n' "$ASSETIT_NGINX" \
  >/etc/systemd/system/assetit-proxy.service.d/test.conf
systemctl daemon-reload
fresh <<'TOML'
socket.allow_units = ["assetit-proxy.service"]
socket.mode = "0660"
TOML
systemctl start assetit-proxy@reader.socket assetit-proxy@writer.socket

# through USER SOCKET CURL-ARGUMENT…: prints body and status.
through() {
  as "$1" curl -sS --max-time 30 --unix-socket "/run/assetit-proxy/$2.sock" -w ' [%{http_code}]' "${@:3}" 2>&1 |
    tee -a /tmp/proxy-answers
}
: >/tmp/proxy-answers
ok 'the first request starts the proxy, and one user reads' \
  'through alice reader http://assetit/api/assets | grep -q "Laptop.*\[200\]"'
ok 'but does not write' 'through alice reader -X POST -d x http://assetit/api/assets | grep -q "\[403\]"'
ok 'the other writes' 'through bob writer -X POST -d x http://assetit/api/assets | grep -q "\[201\]"'
ok 'and neither has the other one'\''s socket' \
  '! through alice writer http://assetit/api/assets | grep -q "\[200\]" && ! through bob reader http://assetit/api/assets | grep -q "\[200\]"'
ok 'after AssetIT took the token back, the request is repeated with a new one' \
  'sim POST /_sim/revoke && through bob writer -X PUT -d whole http://assetit/api/assets | grep -q "whole.*\[201\]"'

pid=$(property MainPID assetit-proxy.service)
worker=$(pgrep -P "$pid" | head -n 1)
for user in alice bob; do
  ok "$user gets no token from the daemon's sockets" \
    '! as $user perl "$here/read.pl" $socket && ! as $user curl -sS --unix-socket /run/assetit-tokend/api.sock http://x/v1/profiles'
  ok "$user gets none from the daemon's folder" '! as $user sh -c "cat /run/assetit-tokend/*.header" 2>/dev/null'
  ok "$user gets none from the proxy" \
    '! as $user cat /proc/$worker/mem /proc/$worker/environ /run/assetit-proxy/nginx/* 2>/dev/null | grep -q eyJ'
  ok "$user gets none from its paths" \
    '! through $user $([[ $user == alice ]] && echo reader || echo writer) http://assetit/v1/profiles/default/header | grep -q eyJ'
done
ok 'root itself, outside of the unit, is let in' 'read_socket | grep -q "^JWT "'
systemctl restart assetit-proxy.service
ok 'a restart of the proxy loses no request' 'through alice reader http://assetit/api/assets | grep -q "\[200\]"'
score=$(systemd-analyze security --no-pager assetit-proxy.service | sed -n 's/.*exposure level.*: \([0-9.]*\).*/\1/p')
figure 'exposure of the proxy (systemd-analyze security)' "$score"
ok "it is hardened: $score" '[[ $score < 2.0 ]]'
ok 'no answer and no log of it holds a token' \
  '! grep -q eyJ /tmp/proxy-answers && ! journalctl --no-pager --since="$marked" -o json --all | grep -v "_COMM\":\"perl" | grep -q "eyJhbGciOiJ"'

systemctl stop assetit-proxy@reader.socket assetit-proxy@writer.socket assetit-proxy.service
rm -r /etc/assetit-proxy /etc/systemd/system/assetit-proxy.service{,.d} /etc/systemd/system/assetit-proxy@.socket
systemctl daemon-reload

fi
