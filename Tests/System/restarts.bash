# Fifty restarts under load: no reader ever gets nothing, and AssetIT isn't asked.
# shellcheck shell=bash

fresh </dev/null
asked=$(requests)
begin_load
failures=0 start=${EPOCHREALTIME/./}
for ((i = 0; i < 50; i++)); do
  systemctl restart assetit-tokend || failures=$((failures + 1))
done
took=$(((${EPOCHREALTIME/./} - start) / 50000))
end_load
ok 'all of them succeed' '((failures == 0)) && active'
ok 'no reader of socket or file got nothing' '((nothing == 0 && reads > 500))'
ok 'all got the same header' '((headers == 1))'
ok 'no request was made' '[[ $(requests) == "$asked" ]]'
# On a machine that is busy otherwise a restart takes longer.
ok 'no restart kept a reader for two seconds, or three times what it took' '((longest < 2000 || longest < 3 * took))'
figure 'longest wait of a reader in 50 restarts' "$longest ms (of $reads reads; a restart took $took ms)"
