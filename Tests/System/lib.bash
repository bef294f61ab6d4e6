# What the scenarios share. They run one after another in one shell, in a system that was booted for them.
# shellcheck shell=bash

passed=0 failed=0
run=/run/assetit-tokend socket=/run/assetit-tokend/default.sock header=/run/assetit-tokend/default.header
port=8080
secret='the-secret-of-this-test'

# ok WHAT EXPRESSION: evaluates the expression; says ok, or FAIL with what it printed.
ok() {
  local output
  if output=$(eval "$2" 2>&1); then
    echo "ok    $current: $1"
    passed=$((passed + 1))
  else
    printf 'FAIL  %s: %s\n      %s\n' "$current" "$1" "$2"
    [[ -z $output ]] || sed 's/^/      | /' <<<"$output"
    context | sed 's/^/      > /'
    failed=$((failed + 1))
  fi
}

# soon EXPRESSION [SECONDS]: whether it becomes true in time (10 s).
soon() {
  local end=$((SECONDS + ${2:-10}))
  until eval "$1" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      eval "$1"
      return
    fi
    sleep 0.05
  done
}

# figure NAME VALUE: one of the numbers that the summary repeats.
figures=()
figure() { figures+=("$1: $2"); }

# What a failure may come from.
context() {
  systemctl status --no-pager --lines=0 assetit-tokend.service | sed -n '/Active:/p;/Status:/p;/Process:/p'
  said | tail -n 6
}

scenario() {
  local scenario_began=${EPOCHREALTIME/./} places_before
  current=$1
  [[ -e $here/$current.bash ]] || { printf 'FAIL  %s: there is no such scenario\n' "$current"; failed=$((failed + 1)); return; }
  places_before=$(places)
  mark
  # shellcheck source=/dev/null
  . "$here/$current.bash"
  # The next one would meet it. The package's own comings and goings are its scenarios' subject.
  tidy
  if [[ -n $places_before && -n $(places) ]]; then
    ok 'it leaves nothing behind' 'left=$(comm -13 <(echo "$places_before") <(places)); [[ -z $left ]] || { echo "$left"; false; }'
  fi
  printf '      %s took %d ms\n' "$current" $(((${EPOCHREALTIME/./} - scenario_began) / 1000))
}

finish() {
  current=journal-secrets
  ok 'nothing in the journal is a secret or a token' \
    '! journalctl --no-pager -o json --all -u assetit-tokend | grep -F -e "$secret" -e other-secret -e "JWT ey" -e eyJhbGciOiJ'
  ((${#figures[@]} == 0)) || printf '      %s\n' "${figures[@]}"
  echo "$passed passed, $failed failed"
  ((failed == 0))
}

# ---- The journal of the daemon, from the last mark on

mark() {
  # A cursor won't do: with --after-cursor and a field to match, systemd 252 leaves out the first match.
  marked=@$EPOCHREALTIME
}
# said [JOURNALCTL-ARGUMENT…]: what the unit has logged, as plain lines.
said() {
  timeout 5 journalctl --sync
  journalctl --no-pager --since="$marked" -o cat -u assetit-tokend.service "$@"
}
# times ID: how many messages of this id there were.
times() { said "MESSAGE_ID=$1" --output-fields=MESSAGE_ID | wc -l; }
id_of() { sed -n "s/^ *case $1 = \"\(.*\)\"/\1/p" "$here/MessageID.swift"; }

# ---- The unit

property() { systemctl show --value -p "$1" "${2:-assetit-tokend.service}"; }
main_pid() { property MainPID; }
active() { [[ $(property ActiveState "$@") == active ]]; }
status_text() { systemctl status --no-pager --lines=0 assetit-tokend.service || true; }
# drop_in: a drop-in for the unit from standard input, until the next `fresh`.
drop_in() {
  mkdir -p /etc/systemd/system/assetit-tokend.service.d
  cat >/etc/systemd/system/assetit-tokend.service.d/test.conf
  systemctl daemon-reload
}

# tidy: no drop-in, and nothing of the simulator's faults.
tidy() {
  if [[ -d /etc/systemd/system/assetit-tokend.service.d ]]; then
    rm -r /etc/systemd/system/assetit-tokend.service.d
    systemctl daemon-reload
  fi
  ! active sim.service || sim DELETE /_sim/faults >/dev/null
}
# places: what lies where scenarios put things; nothing where the package isn't installed.
places() {
  [[ -e /usr/lib/systemd/system/assetit-tokend.service || -e /lib/systemd/system/assetit-tokend.service ]] || return 0
  find /etc/systemd/system /etc/assetit-tokend /usr/local/bin /srv -mindepth 1 -not -path /etc/assetit-tokend/secrets/default |
    LC_ALL=C sort
}

# configure: the least configuration, and whatever is on standard input. The file keeps its owner and mode. All is
# logged that ever is, so that a secret in it would be seen.
configure() {
  { printf 'log.level = "trace"\n[profiles.default]\nbase_url = "http://127.0.0.1:%s"\nclient_id = "test-client"\n' $port; cat; } \
    >/etc/assetit-tokend/config.toml
}
put_secret() { (umask 077 && echo "$1" >"/etc/assetit-tokend/secrets/${2:-default}"); }

# fresh: the service as the operator's path leaves it, running, with a token of its own; more configuration from
# standard input.
fresh() {
  systemctl stop assetit-tokend.service 2>/dev/null
  start_sim
  tidy
  systemctl reset-failed assetit-tokend.service 2>/dev/null
  sim PUT /_sim/credentials "{\"client_id\": \"test-client\", \"client_secret\": \"$secret\"}" >/dev/null
  put_secret "$secret"
  configure
  systemctl start assetit-tokend.service
  mark
}

# ---- The simulator

start_sim() {
  active sim.service && return
  systemctl start sim.service
  soon 'sim GET /_sim/stats'
}
# sim METHOD PATH [BODY]
sim() {
  local body=${3-} answer
  exec 9<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf '%s %s HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" ${#body} "$body" >&9
  answer=$(cat <&9)
  exec 9>&-
  sed '1,/^\r$/d' <<<"$answer"
  [[ $answer == 'HTTP/1.1 2'* ]]
}
# How many authentications it has been asked for.
requests() { sim GET /_sim/stats | grep -o '"authenticate_requests" *: *[0-9]*' | grep -o '[0-9]*$'; }

# ---- Readers

read_socket() { perl "$here/read.pl" "${1:-$socket}"; }
# as USER COMMAND…: with that user's own groups.
as() { setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups "${@:2}"; }

# begin_load [socket]: readers of the socket and of the file, as fast as they can, until end_load; of the socket alone.
begin_load() {
  loads=()
  for what in "socket $socket" "socket $socket" "${1-file} $([[ ${1-file} == file ]] && echo $header || echo $socket)"; do
    # shellcheck disable=SC2086
    perl "$here/load.pl" $what >"/tmp/load.${#loads[@]}" &
    loads+=($!)
  done
  soon '[[ $(cat /tmp/load.* | grep -c began) == ${#loads[@]} ]]'
}
# end_load: sets what they met: `reads`, `nothing` (no byte, a refused connection, no file), `longest` (ms),
# `headers` (different ones).
end_load() {
  local load
  for load in "${loads[@]}"; do kill -TERM "$load"; done
  for load in "${loads[@]}"; do wait "$load"; done
  reads=0 nothing=0 longest=0 headers=$(cat /tmp/load.* | grep '^header ' | sort -u | wc -l)
  local count missed wait
  while read -r _ count missed wait; do
    reads=$((reads + count)) nothing=$((nothing + missed))
    ((wait <= longest)) || longest=$wait
  done < <(cat /tmp/load.* | grep '^end ')
  cat /tmp/load.* | grep '^missed ' | head -n 5
  rm -f /tmp/load.*
}

set_up() {
  current=set-up
  mark
  install -m 0755 "$here/assetit-sim" /usr/local/bin/assetit-sim
  mkdir -p /etc/sim && (umask 077 && echo "$secret" >/etc/sim/secret)
  cat >/etc/systemd/system/sim.service <<U
[Service]
ExecStart=/usr/local/bin/assetit-sim --listen 127.0.0.1:$port --client-id test-client --secret-file /etc/sim/secret
U
  systemctl daemon-reload
}

# install_package DEB: with its dependencies; those come from apt, where the host has it.
install_package() {
  export DEBIAN_FRONTEND=noninteractive
  if compgen -G '/var/cache/apt/archives/*.deb' >/dev/null; then
    apt-get install -y -q "$1"
  else
    dpkg --install "$1"
  fi
}
# prepare: what `operator` leaves.
prepare() {
  install_package "$deb" >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
  add_users
}
# add_users: one that may read headers, one that may not.
add_users() {
  id reader >/dev/null 2>&1 || useradd --no-create-home --groups assetit reader
  id stranger >/dev/null 2>&1 || useradd --no-create-home stranger
}
# wait_for PID: until that child has ended.
wait_for() { soon "! kill -0 $1"; }
examples=/usr/share/doc/assetit-tokend/examples/systemd
