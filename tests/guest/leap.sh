# For the jobs about leap seconds in the kernel: one passes while the daemon steers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MIDNIGHT=1798761600 # 2027-01-01
STA_INS=0x10 STA_DEL=0x20

status_has() { [ $(($(reference kernel | cut -d' ' -f1) & $1)) != 0 ]; }
status_has_not() { ! status_has "$1"; }
tai_is() { [ "$(reference tai)" = "$1" ] || { reference tai; return 1; }; }

prepare() { # prepare DELTA LIST PORT: ten minutes before a leap second
    export LEAP="$MIDNIGHT $1" START=$((MIDNIGHT - 600 - $(uptime_s)))
    reference set 0
    start_reference "$3"
    write_config /run/utcd.yaml "$3"
    echo "leap: {list: $2, zone: /run/none}" >>/run/utcd.yaml
}

pass_through() { # pass_through NAME FLAG TAI
    start_daemon /run/utcd.yaml
    ok "$1: synchronised" wait_for 300 synchronised
    ok "$1: the kernel is told" wait_for 300 status_has "$2"
    ok "$1: and of TAI" tai_is 37
    read -r before after <<<"$(reference leap)"
    ok "$1: right before it" within 0.005 "$before"
    ok "$1: right from a second after it on" within 0.005 "$after"
    ok "$1: TAI goes on" tai_is "$3"
    ok "$1: the kernel is told no more" status_has_not "$2"
    ok "$1: nobody is blamed" sh -c '! grep -q disturbed /run/daemon.log'
    kill -TERM $daemon
    wait $daemon
}

rehearse() { # whatever is read from the host for the first time makes the machine idle, and its time leap ahead by minutes
    prepare 1 /run/leap-seconds.list 11126
    reference list /run/leap-seconds.list
    reference arm 0
    start_daemon /run/utcd.yaml
    wait_for 2000 synchronised
    status_has $STA_INS
    reference tai
    LEAP="0 1" reference leap
    kill -TERM $daemon
    wait $daemon
}

