# XDP under the oldest kernel that is still kept for: the program is taken, with the guard and without, and a client of another namespace is answered by it.
. "$(dirname "$0")/../lib.sh"

mkdir -p /run/netns
ip netns add far
ip link add near type veth peer name far netns far
ip address add 10.9.0.1/24 dev near
ip link set near up
ip -n far address add 10.9.0.2/24 dev far
ip -n far link set far up

write_config() { # write_config RATE_LIMIT
    cat >/run/utcd.yaml <<YAML
sources: []
local: {stratum: 10, error: 1s, public: true}
clock: {mode: virtual}
ntp: {listen: ["10.9.0.1:123"], xdp: generic, xdp_interfaces: [near]}
$1
YAML
}

answered() { ip netns exec far "$BUILD/utcctl" query 10.9.0.1; }
answered_by_xdp() {
    answered && "$BUILD/utcctl" status | grep -q 'NTP by XDP: [1-9]'
}

for limit in "" "rate_limit: {}"; do
    write_config "$limit"
    start_daemon /run/utcd.yaml
    ok "a client is answered ($limit)" wait_for 20 answered
    ok "by XDP ($limit)" wait_for 20 answered_by_xdp
    "$BUILD/utcctl" status | sed -n 's/^ *XDP/# XDP/p'
    kill "$daemon"
    wait "$daemon"
done
