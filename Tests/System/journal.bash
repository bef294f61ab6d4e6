# What the journal knows: who was turned away, and what a message means.
# shellcheck shell=bash

id stranger >/dev/null 2>&1 || useradd --no-create-home stranger
fresh <<<$'socket.mode = "0666"\nsocket.allow_users = ["root"]'
burst=$SECONDS
systemd-run --quiet --wait --pipe --collect --unit=nosy.service -p User=stranger \
  bash -c 'for i in {1..20}; do echo "pid $$"; perl "$0" "$1"; done' "$here/read.pl" "$socket" >/tmp/nosy 2>/dev/null
denied=$(id_of readerDenied)
ok 'twenty refusals in a row are one message' '[[ $(times "$denied") == 1 ]]'
ok 'which names uid and executable' 'said MESSAGE_ID=$denied | grep "perl, pid [0-9]*, uid $(id -u stranger)"'
ok 'and the unit' 'said MESSAGE_ID=$denied | grep "unit nosy.service"'
for field in ASSETIT_PEER_PID ASSETIT_PEER_UID ASSETIT_PEER_GID ASSETIT_PEER_UNIT ASSETIT_PEER_EXE ASSETIT_PROFILE; do
  ok "and carries $field" 'said MESSAGE_ID=$denied -o json | grep -q "\"'$field'\":\"..*\""'
done
ok 'audit = "denied" says nothing of those let in' 'read_socket && [[ $(times "$(id_of readerServed)") == 0 ]]'
ok 'journalctl -x explains it, with its fields' \
  'said -x -o short MESSAGE_ID=$denied | grep -q "Subject: A reader of profile default was turned away" &&
   said -x -o short MESSAGE_ID=$denied | grep -q "in none of the profile.s access lists" &&
   said -x -o short MESSAGE_ID=$denied | grep -q "Defined-By: assetit-tokend"'
ok 'every message has its entry in the installed catalog' \
  'for id in $(sed -n "s/^ *case .* = \"\([0-9a-f]\{32\}\)\"/\1/p" "$here/MessageID.swift"); do
     journalctl --list-catalog "$id" | grep -q "^$id assetit-tokend:" || { echo "$id"; false; } || break; done'
sleep $((11 - (SECONDS - burst) > 0 ? 11 - (SECONDS - burst) : 0))
systemd-run --quiet --wait --pipe --collect -p User=stranger perl "$here/read.pl" "$socket" 2>/dev/null
ok 'the next message counts those left out' 'soon "said MESSAGE_ID=$denied | grep -q \"and 19 more\""'
ok 'a refreshed token has its times as fields' \
  'journalctl -u assetit-tokend -o json "MESSAGE_ID=$(id_of refreshed)" | tail -n 1 |
   grep "\"ASSETIT_EXPIRES_AT\":\"20" | grep "\"ASSETIT_NEXT_REFRESH\":\"20" | grep "\"PRIORITY\":\"6\""'
