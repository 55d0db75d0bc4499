# Boots one host and becomes its systemd-nspawn. Runs in a mount name space of its own, so that
# all mounts below go when it goes. Variables: GROUP SPACE LOWER UPPER WORK ROOT NAME.
set -eu

# Where control groups are mixed v1/v2, the container must sit in a group of its own in both.
for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    if [ -e "$top/cgroup.procs" ]; then
        mkdir -p "$top/$GROUP"
        echo $$ > "$top/$GROUP/cgroup.procs"
    fi
done

# Without a private /run systemd-nspawn removes things of the machine that it should not.
exec 9< "$SPACE"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/systemd
: > /run/host-network
mount --bind /proc/self/fd/9 /run/host-network
exec 9<&-

mount -t overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" overlay "$ROOT"

# When the program that keeps this host dies, the host is asked to shut down.
exec setpriv --pdeathsig TERM systemd-nspawn --quiet --directory "$ROOT" --machine "$NAME" \
    --register=no --keep-unit --network-namespace-path=/run/host-network \
    --kill-signal=SIGRTMIN+3 --resolv-conf=off --timezone=off --link-journal=no \
    --console=pipe --boot
