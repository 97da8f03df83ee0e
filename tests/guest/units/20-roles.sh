# qemu: -m 1024
# start: systemd
# SC-03: each role as a service of its own: the daemon waits for them, hands over, and goes on when one of them or itself is started anew.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../service.sh"

confine_twice() { # the role NAME lives in UNIT, as a user of its own, behind a filter of calls of its own beyond the service's
    local pid
    pid=$(systemctl show "$2" --property=MainPID --value)
    [[ "$(cat "/proc/$pid/comm")" = *-"$1" ]] && [ "$(stat -c %U "/proc/$pid/status")" = root ] && # not dumpable
        [ "$(ps -o user:20= -p "$pid")" = "simple-utcd-$1" ] && [ "$(sed -n 's/^Seccomp_filters:\s*//p' "/proc/$pid/status")" -gt 1 ] ||
        { ps -o user:20,comm -p "$pid"; cat "/proc/$pid/status"; return 1; }
}
awaited() { utcctl status | grep "process $1 is not there"; }
establishes() { openssl s_client -connect 127.0.0.1:4460 -alpn ntske/1 </dev/null 2>&1 | grep "ALPN protocol: ntske/1"; }
complete() { ! utcctl status | grep "is not there"; }
main_pid() { systemctl show "$1" --property=MainPID --value; }
came_again() { [ "$(main_pid "$1")" != "$2" ] && [ "$(main_pid "$1")" != 0 ]; }

systemd-sysusers /usr/local/lib/sysusers.d/simple-utcd.conf
write_service_config 11124
mkdir -p /etc/systemd/system/simple-utcd.service.d
cp /usr/local/share/simple-utcd/examples/roles.conf /etc/systemd/system/simple-utcd.service.d/
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/nts.key -out /etc/nts.pem -days 30 -subj /CN=localhost 2>/dev/null
chown simple-utcd-ke /etc/nts.key
cat >>"$config" <<YAML
nts: {listen: ["127.0.0.1:4460"], certificate: /etc/nts.pem, private_key: /etc/nts.key, cookie_key_file: /var/lib/simple-utcd-ke/keys}
YAML
systemctl daemon-reload
reference set 5
start_reference 11124
ok "start" systemctl start simple-utcd
ok "all of them join" wait_for 60 complete
ok "serve in its own service" confine_twice serve simple-utcd-serve@0
ok "clock in its own service" confine_twice clock simple-utcd-clock
ok "ke in its own service" confine_twice ke simple-utcd-ke
ok "admin in its own service" confine_twice admin simple-utcd-admin
ok "only clock may set the clock" test "$(sed -n 's/^CapEff:\s*//p' "/proc/$(main_pid simple-utcd-clock)/status" "/proc/$(main_pid simple-utcd-serve@0)/status" |
    tr '\n' ' ')" = "0000000002000000 0000000000000000 "
ok "it answers" wait_for 60 answers
ok "and over HTTP" wait_for 60 curl -fsS http://127.0.0.1:8037/livez
ok "and to TLS" wait_for 60 establishes
ok "keys of cookies are kept" wait_for 60 test -s /var/lib/simple-utcd-ke/keys
ok "synchronised" wait_for 60 synchronised
ok "the clock was stepped" offset_within 0.05
ok "nothing is missing for their walls" no_unit_logged "runs without"

for unit in simple-utcd-serve@0 simple-utcd-clock simple-utcd-ke simple-utcd-admin; do
    pid=$(main_pid $unit)
    kill -KILL "$pid"
    ok "$unit that dies comes again" wait_for 60 came_again $unit "$pid"
done
ok "and all join" wait_for 60 complete
ok "it answers again" wait_for 20 answers
python3 -I "$(dirname "$0")/../ask.py" 127.0.0.1 123 100 >/run/asked &
asking=$!
sleep 1
ok "serve can be started anew" systemctl restart simple-utcd-serve@0
wait $asking
ok "without losing a request" none_lost 100
systemctl stop simple-utcd-serve@0
ok "one that is not started is missed" wait_for 20 awaited serve
systemctl start simple-utcd-serve@0
ok "until it comes" wait_for 20 complete
ok "reload" systemctl reload simple-utcd
ok "the daemon can be started anew" systemctl restart simple-utcd
ok "all join the new one" wait_for 60 complete
ok "which answers" wait_for 60 answers
kill -KILL "$(main_pid simple-utcd)"
sleep 1
ok "a daemon that dies is started anew, and all join" wait_for 60 complete
ok "it answers" wait_for 60 answers
ok "stop" systemctl stop simple-utcd
ok "clean" test "$(systemctl show simple-utcd --property=Result --value)" = success
ok "nothing of it runs on" bash -c '! pgrep utcd-'
ok "no unit failed" test -z "$(systemctl --failed --quiet)"
