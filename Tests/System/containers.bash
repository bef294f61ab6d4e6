# Readers in containers: what to mount, who they are to the daemon, and what the access lists say of them.
# shellcheck shell=bash

# podman_is_here: lays its programs over this system, unpacked before or from what apt has downloaded, so that no
# service of theirs is enabled or started.
podman_is_here() {
  local name
  if [[ -n ${ASSETIT_PODMAN-} ]]; then
    cp -a "$ASSETIT_PODMAN/usr" "$ASSETIT_PODMAN/etc" /
  elif compgen -G '/var/cache/apt/archives/podman_*.deb' >/dev/null; then
    apt-get install --simulate --no-install-recommends podman crun runc uidmap | sed -n 's/^Inst \([^ ]*\) .*/\1/p' |
      while read -r name; do dpkg-deb -x /var/cache/apt/archives/"$name"_*.deb /tmp/podman; done
    cp -a /tmp/podman/usr /tmp/podman/etc /
    [[ ! -d /tmp/podman/lib ]] || cp -a /tmp/podman/lib/. /usr/lib/
    rm -r /tmp/podman
    ldconfig
  fi
  command -v podman >/dev/null && command -v crun >/dev/null && command -v runc >/dev/null
}
if ! podman_is_here; then
  echo "skip  $current: podman is not here"
  return 0
fi

# An image with nothing in it but the host's programs, read-only.
image=/opt/image
mkdir -p $image/{usr,proc,dev,sys,tmp,run,etc,var}
for folder in bin sbin lib lib64; do ln -s usr/$folder $image/$folder; done
echo 'root:x:0:0:root:/:/bin/sh' >$image/etc/passwd
useradd --create-home --groups assetit builder
useradd --create-home outsider
builder=$(id -u builder)
# Without a range of its own a user's container has that user alone, and all of its groups.
for file in /etc/subuid /etc/subgid; do
  grep -qs ^builder: $file || printf 'builder:100000:65536\noutsider:165536:65536\n' >>$file
done
readers_group=$(getent group assetit | cut -d: -f3)
options=(--network none -v /usr:/usr:ro -v "$here:/tests:ro")
# runc, and no limit of processes: this works without the controllers and capabilities that these systems lack.
of_root=(--runtime runc --storage-driver vfs)
printf '[containers]\npids_limit = 0\n' >/etc/containers/containers.conf
# contained OPTION… -- COMMAND…: in a container of root's.
contained() {
  local own=()
  while [[ $1 != -- ]]; do own+=("$1") && shift; done
  podman "${of_root[@]}" run --rm "${options[@]}" "${own[@]}" --rootfs "$image" "${@:2}"
}
# rootless USER OPTION… -- COMMAND…: in a container that the user makes without root.
rootless() {
  local user=$1 own=() home
  home=$(getent passwd "$user" | cut -d: -f6)
  shift
  while [[ $1 != -- ]]; do own+=("$1") && shift; done
  install -d -o "$user" -m 0700 "/run/user/$(id -u "$user")"
  (cd "$home" && as "$user" env HOME="$home" USER="$user" XDG_RUNTIME_DIR="/run/user/$(id -u "$user")" PATH="$PATH" \
    podman --runtime crun --cgroup-manager cgroupfs --storage-driver vfs --log-level error \
    run --rm "${options[@]}" "${own[@]}" --rootfs "$image-$user" "${@:2}")
}
reads=(perl /tests/read.pl "$socket")
folder=(-v "$run:$run:ro")

fresh <<<'socket.audit = "all"'
if ! contained -- true; then
  echo "skip  $current: podman can't run a container here, as it says"
else

ok 'root in a container of root reads the socket' '[[ $(contained "${folder[@]}" -- "${reads[@]}") == "$(read_socket)" ]]'
ok 'another user of the container does not' '! contained "${folder[@]}" --user 4321:4321 -- "${reads[@]}"'
ok 'but does with --group-add and the number of assetit' \
  '[[ $(contained "${folder[@]}" --user 4321:4321 --group-add $readers_group -- "${reads[@]}") == "$(read_socket)" ]]'
ok 'and reads the file' \
  '[[ $(contained "${folder[@]}" --user 4321:4321 --group-add $readers_group -- cat $header) == "$(read_socket)" ]]'
ok 'the socket alone may be mounted, too' \
  '[[ $(contained -v $socket:/header.sock -- perl /tests/read.pl /header.sock) == "$(read_socket)" ]]'
ok 'the audit names the uid that the host sees' \
  'said "MESSAGE_ID=$(id_of readerServed)" -o json | grep -q "\"ASSETIT_PEER_UID\":\"4321\""'

# Each of them says what it read before and after there was another header.
before=$(read_socket)
twice() { contained "$1" "$2" -- sh -c "cat $3; echo; until [ -e /signal/go ]; do sleep 0.1; done; cat $3; echo"; }
mkdir /tmp/signal
twice -v"$run:$run:ro" -v/tmp/signal:/signal "$header" >/tmp/folder.read 2>&1 &
first=$!
twice -v"$header:/header:ro" -v/tmp/signal:/signal /header >/tmp/file.read 2>&1 &
second=$!
soon '[[ -s /tmp/folder.read && -s /tmp/file.read ]]' 30
systemctl kill --signal=USR1 --kill-whom=main assetit-tokend
soon '[[ $(cat $header) != "$before" ]]'
touch /tmp/signal/go
wait $first $second
ok 'where the folder is mounted a container reads each new header' \
  '[[ $(cat /tmp/folder.read) == "$before"$'"'\\n'"'"$(cat $header)" ]]'
ok 'where the file is mounted it keeps the old one for ever' '[[ $(sort -u /tmp/file.read) == "$before" ]]'
rm -r /tmp/signal /tmp/*.read

# A container in a unit of its own, as quadlet makes it.
in_unit() {
  systemd-run --quiet --wait --pipe --collect --unit="$1" -p Delegate=yes \
    podman "${of_root[@]}" run --rm --cgroups split "${options[@]}" "${folder[@]}" --user 4321:4321 --rootfs "$image" "${reads[@]}"
}
configure <<<$'socket.mode = "0666"\nsocket.allow_units = ["sync.service"]'
systemctl reload assetit-tokend
ok 'a container with --cgroups=split counts as the unit that it runs in' 'soon "[[ \$(in_unit sync.service) == JWT* ]]" 20'
ok 'and another unit gets nothing' '! in_unit other.service'
ok 'nor does a container of no unit of its own' '! contained "${folder[@]}" --user 4321:4321 -- "${reads[@]}"'
ok 'but root does, always' 'contained "${folder[@]}" -- "${reads[@]}" | grep -q "^JWT "'

# Without root.
fresh <<<'socket.audit = "all"'
for user in builder outsider; do cp -a $image $image-$user && chown -R $user $image-$user; done
if ! rootless builder -- true; then
  echo "skip  $current: podman can't run a container without root here, as it says"
else
ok 'a rootless container of a member of assetit reads with --group-add keep-groups' \
  '[[ $(rootless builder "${folder[@]}" --group-add keep-groups -- "${reads[@]}") == "$(read_socket)" ]]'
ok 'and not without' '! rootless builder "${folder[@]}" -- "${reads[@]}"'
ok 'its root is the user who made it' \
  'said "MESSAGE_ID=$(id_of readerServed)" -o json | grep -q "\"ASSETIT_PEER_UID\":\"$builder\""'
ok 'a rootless container of another user reads nothing' \
  '! rootless outsider "${folder[@]}" --group-add keep-groups -- "${reads[@]}"'
configure <<<$'socket.mode = "0666"\nsocket.allow_users = ["builder"]'
systemctl reload assetit-tokend
ok 'allow_users judges by that user' 'soon "[[ \$(rootless builder \"\${folder[@]}\" -- \"\${reads[@]}\") == JWT* ]]" 20'
ok 'another user of the container is nobody whom the host knows' '! rootless builder "${folder[@]}" --user 55:55 -- "${reads[@]}"'
fi

# Quadlet: podman 4.4 and later.
if [[ -x /usr/lib/systemd/system-generators/podman-system-generator ]]; then
  mkdir -p /etc/containers/systemd
  sed -e "s|^Image=.*|Rootfs=$image|; s|^Exec=.*|Exec=perl /tests/read.pl $socket|" \
    "$examples/app.container" >/etc/containers/systemd/quadlet.container
  printf '[Container]\nUser=4321\nPodmanArgs=--runtime runc\nNetwork=none\nVolume=/usr:/usr:ro\nVolume=%s:/tests:ro\n[Service]\nType=oneshot\n' \
    "$here" >>/etc/containers/systemd/quadlet.container
  systemctl daemon-reload
  fresh <<<$'socket.mode = "0666"\nsocket.allow_units = ["quadlet.service"]'
  ok 'a container of quadlet is let in by the name of its unit' \
    'systemctl start quadlet.service && journalctl --sync && journalctl -o cat -u quadlet.service | grep -q "^JWT "'
  rm /etc/containers/systemd/quadlet.container
  systemctl daemon-reload
else
  echo "skip  $current: this podman has no quadlet"
fi
fi
userdel --remove builder 2>/dev/null
userdel --remove outsider 2>/dev/null
rm -rf $image $image-builder $image-outsider
