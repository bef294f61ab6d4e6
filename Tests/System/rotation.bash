# A new secret: replace the file, restart. Nobody is without a token.
# shellcheck shell=bash

fresh </dev/null
before=$(read_socket)
begin_load
sim PUT /_sim/credentials '{"client_secret": "other-secret"}'
put_secret other-secret
mark
ok 'the restart succeeds' 'systemctl restart assetit-tokend'
ok 'the token from before is served on' 'said | grep -q "serving the token from before the restart"'
ok 'a new one follows at once, with the new secret' 'soon "[[ \$(read_socket) != \"$before\" ]]" 5'
soon 'cmp <(read_socket) $header'
end_load
ok 'no reader got nothing' '((nothing == 0 && reads > 30))'
ok 'nor anything but the old and the new header' '((headers == 2))'
