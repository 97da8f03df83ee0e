# For the jobs under systemd. A check that fails shows the journal.

export PATH=/usr/local/sbin:/usr/local/bin:$PATH
mount -t tmpfs tmp /tmp
config=$(simple-utcd --help | sed -n 's/.*without it \(\S*\) if that exists.*/\1/p')

write_service_config() { # write_service_config PORT: of the only source
    mkdir -p "$(dirname "$config")"
    cat >"$config" <<YAML
clock: {mode: system, drift_file: /var/lib/simple-utcd/drift}
sources:
  - {server: 127.0.0.1, port: $1, min_poll: 0, max_poll: 2}
ntp: {listen: ["*:123"], workers: 1}
http: {listen: ["127.0.0.1:8037"]}
YAML
}

property() { systemctl show simple-utcd --property="$1" --value; }
property_is() { [ "$(property "$1")" = "$2" ] || { echo "$1 is $(property "$1")"; return 1; }; }
logged() { journalctl --unit='simple-utcd*' --output=cat --no-pager | grep "$1"; }
no_unit_logged() { ! logged "$1"; }
none_lost() { grep "^$1 of $1$" /run/asked || { cat /run/asked; return 1; }; }
answers() { utcctl query 127.0.0.1:123; }
synchronised() { utcctl wait-sync --timeout 1s; }
