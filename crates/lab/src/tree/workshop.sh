# Asks a base's own apt what it would do, as a host of the lab would: in a mount name space of its
# own, inside the lab's network. Variables: LOWER UPPER WORK ROOT. Standard output is parsed.
set -eu
mount -t overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" overlay "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive sh -eu -c '
    apt-get -q update >&2
    echo "@ new"
    apt-get -qq --print-uris dist-upgrade
    # Inst NAME [OLD] (NEW ...): the files that put OLD back.
    apt-get -qq -s dist-upgrade |
        sed -n "s/^Inst \([^ ]*\) \[\([^]]*\)\] .*/\1=\2/p" > /tmp/replaced
    echo "@ old"
    xargs -r apt-get -qq --print-uris download < /tmp/replaced
    rm /tmp/replaced
'
