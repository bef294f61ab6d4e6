# A thousand profiles with the longest names keep tokens and sockets through a restart.
# shellcheck shell=bash disable=SC2016

profiles=1000
fresh </dev/null
{
  for ((i = 0; i < profiles; i++)); do
    printf '[profiles.profile-of-a-very-long-name-%04d]\nbase_url = "http://127.0.0.1:%s"\nclient_id = "test-client"\nclient_secret_credential = "secrets_default"\nfiles = []\n' \
      "$i" "$port"
  done
} >/etc/assetit-tokend/config.toml
cpu_of() { awk '{print ($14 + $15) * 10}' "/proc/$1/stat"; }
ok 'they start' 'systemctl restart assetit-tokend && soon "[[ \$(ls $run/*.sock | wc -l) -gt $profiles ]]" 60'
ok 'and all have a token' 'soon "[[ \$(requests) -ge $profiles ]]" 60'
soon "status_text | grep -q 'Status: \"$profiles of $profiles'" 30
asked=$(requests)
one=$run/profile-of-a-very-long-name-0000.sock last=$run/profile-of-a-very-long-name-0999.sock
before=$(read_socket "$one") cpu=$(cpu_of 1) began=${EPOCHREALTIME/./}
ok 'a restart works' 'systemctl restart assetit-tokend'
took=$(((${EPOCHREALTIME/./} - began) / 1000))
ok 'with the same token' '[[ $(read_socket "$one") == "$before" ]]'
ok 'and the last profile is there' 'read_socket "$last"'
sleep 2
ok 'no request was made' '[[ $(requests) == "$asked" ]]'
figure "a restart with $profiles profiles" "$took ms, of which systemd (PID 1) spent $(($(cpu_of 1) - cpu)) ms of CPU time"
figure 'resident memory with them' "$(awk '/^VmRSS/{print $2" KiB"}' "/proc/$(main_pid)/status")"
systemctl stop assetit-tokend
