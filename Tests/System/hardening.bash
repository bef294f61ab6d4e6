# What the unit may and may not do.
# shellcheck shell=bash

fresh </dev/null
unit=$(property FragmentPath)
score=$(systemd-analyze security --offline=true "$unit" | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
# What it is made of: docs/systemd.md.
ok 'systemd-analyze security says 1.6 or less' '[[ -n $score ]] && ((${score/./} <= 16))'
figure 'security score' "$score"
ok 'systemd-analyze verify has nothing to say' '[[ -z $(systemd-analyze verify --man=no "$unit" 2>&1) ]] || { systemd-analyze verify --man=no "$unit"; false; }'
pid=$(main_pid)
ok 'it runs as its own user' '[[ $(awk "/^Uid/{print \$2}" "/proc/$pid/status") == "$(id -u assetit-tokend)" ]]'
ok 'with no capability, no way to gain one, and a filter of system calls' \
  'grep -q "^CapEff:.0*$" /proc/$pid/status && grep -q "^CapBnd:.0*$" /proc/$pid/status &&
   grep -q "^NoNewPrivs:.1$" /proc/$pid/status && grep -q "^Seccomp:.2$" /proc/$pid/status'
ok 'its memory is closed to its own user' '[[ $(stat -c %U "/proc/$pid/mem") == root ]]'
ok 'without core dumps' 'grep -q "^Max core file size *0 *0" /proc/$pid/limits'
ok 'without swap, where there is a memory controller' \
  'f=/sys/fs/cgroup/system.slice/assetit-tokend.service/memory.swap.max; [[ ! -e $f || $(cat $f) == 0 ]]'
ok 'neither environment nor command line holds the secret' '! grep -aqF "$secret" /proc/$pid/environ /proc/$pid/cmdline'
ok 'nor a file that others may read' \
  '! as stranger grep -rlsF -e "$secret" -e "JWT ey" /run /etc /var'
figure 'resident memory' "$(awk '/^VmRSS/{print $2" KiB"}' "/proc/$pid/status")"
