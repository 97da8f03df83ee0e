# qemu: -icount shift=1,sleep=off -rtc clock=vm
# OpenNTPD as the upstream: it answers as synchronised only where it may steer a clock.
. "$(dirname "$0")/../lib.sh"

openntpd=$PEERS/openntpd/usr/sbin/ntpd
echo "ntpd:x:950:950::/run/empty:/bin/false" >>/etc/passwd
echo "ntpd:x:950:" >>/etc/group
mkdir -p /run/empty /run/openntpd /var/lib/openntpd/db /var/lib/openntpd/run
reference set 0.001
start_reference 123
ip addr add 127.0.0.2/8 dev lo 2>/dev/null
printf 'listen on 127.0.0.2\nserver 127.0.0.1\n' >/run/openntpd.conf
"$openntpd" -d -s -f /run/openntpd.conf >/run/openntpd.log 2>&1 &
write_config /run/utcd.yaml 123
sed -i 's/server: 127.0.0.1/server: 127.0.0.2/; s/mode: system/mode: virtual/' /run/utcd.yaml
start_daemon /run/utcd.yaml --one-process
openntpd_synced() { grep -q "clock is now synced" /run/openntpd.log || { cat /run/openntpd.log; return 1; }; }
PAUSE_US=2000000
ok "OpenNTPD is synchronised itself" wait_for 400 openntpd_synced
ok "synchronised to it" wait_for 100 synchronised
ok "it is named" sh -c "$BUILD/utcctl sources | grep 127.0.0.2"
