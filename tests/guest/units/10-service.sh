# qemu: -m 1024
# start: systemd
# SC-03: the service as systemd runs it, installed by `make install`: start, readiness, the walls inside its walls, reload, restart, watchdog, stop, removal.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../service.sh"

knows_nothing() { utcctl status | grep "^Not synchronised"; }
is() { systemctl is-active "$@"; }
is_not() { ! is "$@"; }
role() { # role NAME: the process ids of its processes in the unit
    local pid
    for pid in $(cat /sys/fs/cgroup/system.slice/simple-utcd*.service/cgroup.procs); do
        [ "$(cat /proc/"$pid"/comm)" != "utcd-$1" ] || echo "$pid"
    done
}
confined() { # confined ROLE: a filter of system calls of its own, and no way to more rights
    local pid filters
    pid=$(role "$1")
    [ -n "$pid" ] || { echo "no process $1"; return 1; }
    filters=$(sed -n 's/^Seccomp_filters:\s*//p' "/proc/$pid/status")
    grep -q '^NoNewPrivs:\s*1' "/proc/$pid/status" && [ "$filters" -gt "$(sed -n 's/^Seccomp_filters:\s*//p' "/proc/$(property MainPID)/status")" ] ||
        { cat "/proc/$pid/status"; return 1; }
}
holds() { # holds ROLE SET: its capabilities
    [ "$(sed -n 's/^CapEff:\s*//p' "/proc/$(role "$1")/status")" = "$2" ] || { cat "/proc/$(role "$1")/status"; return 1; }
}
nothing_of_it_is_left() {
    (cd "$LAB/installed" && find . -type f) | while read -r file; do [ ! -e "/$file" ] || echo "$file"; done | { ! grep .; }
}
remove() { # as `make uninstall` does, from a log that names files below DESTDIR
    sed "s|^$LAB/installed||" "$LAB/install-log.txt" >"$BUILD/meson-logs/install-log.txt" && cd "$BUILD" && meson --internal uninstall
}

write_service_config 11124
ok "the user is made" systemd-sysusers /usr/local/lib/sysusers.d/simple-utcd.conf
ok "its folders are made" systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/simple-utcd.conf
ok "no unit failed before" test -z "$(systemctl --failed --quiet)"
systemctl daemon-reload
systemctl enable --quiet simple-utcd simple-utcd-wait
reference set 5
systemctl start --no-block simple-utcd simple-utcd-wait
ok "systemd starts it, and was told that it is ready" wait_for 60 is simple-utcd
ok "systemd-timesyncd makes room" is_not systemd-timesyncd
sleep 3
ok "time-sync.target waits for the right time" is_not time-sync.target
ok "utcctl finds it" wait_for 20 knows_nothing
for name in core clock serve admin; do ok "$name is confined" confined $name; done
ok "nothing is missing for that" no_unit_logged "runs without"
ok "clock may set the clock" holds clock 0000000002000000
ok "serve may nothing" holds serve 0000000000000000
ok "core may nothing" holds core 0000000000000000
start_reference 11124
ok "time-sync.target comes with the right time" wait_for 60 is time-sync.target
ok "the clock was stepped" offset_within 0.05
ok "it answers" wait_for 20 answers
ok "and over HTTP" wait_for 20 curl -fsS http://127.0.0.1:8037/livez
ok "systemd shows the status" property StatusText

sed -i 's/max_poll: 2/max_poll: 3/' "$config"
ok "reload" systemctl reload simple-utcd
echo "nonsense: 1" >>"$config"
ok "a wrong configuration is refused" bash -c '! systemctl reload simple-utcd'
ok "and it goes on" answers
sed -i '/^nonsense/d' "$config"
main=$(property MainPID)
kill -KILL "$(role serve)"
ok "a process that dies is started again" wait_for 20 answers
ok "by the same parent" property_is MainPID "$main"

ok "stop" systemctl stop simple-utcd
ok "a clean end" property_is Result success
ok "what was learnt is kept" test -s /var/lib/simple-utcd/drift
ok "nothing runs on" test ! -s /sys/fs/cgroup/system.slice/simple-utcd.service/cgroup.procs
ok "its folders can be made again" systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/simple-utcd.conf

ok "systemd holds the port" systemctl start simple-utcd.socket
ok "the first request starts the service" wait_for 60 answers
ok "with the socket handed over" no_unit_logged "is closed: no key"
python3 -I "$BUILD/../tests/guest/ask.py" 127.0.0.1 123 100 >/run/asked &
asking=$!
sleep 1
ok "restart" systemctl restart simple-utcd
wait $asking
ok "without losing a request" none_lost 100

mkdir -p /run/systemd/system/simple-utcd.service.d
printf '[Service]\nWatchdogSec=5\n' >/run/systemd/system/simple-utcd.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart simple-utcd
sleep 12
ok "the watchdog is fed" property_is NRestarts 0
kill -STOP "$(property MainPID)"
ok "a parent that hangs is started again" wait_for 60 property_is NRestarts 1
ok "and answers" wait_for 60 answers

systemctl stop simple-utcd.socket simple-utcd
systemctl disable --quiet simple-utcd simple-utcd-wait
ok "it can be removed" remove
ok "nothing is left" nothing_of_it_is_left
ok "but what it learnt, and the configuration" test -s /var/lib/private/simple-utcd/drift -a -s "$config"
ok "no unit failed" test -z "$(systemctl --failed --quiet)"
