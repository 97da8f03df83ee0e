# The lanes that tools/check, tools/cross and .ci/run share. Needs tools/lanes.sh and a `lanes_begin` before.

# Packages may have come since the folder was set up: --reconfigure looks again for what was missing.
build_tree() {
    local build=$1
    shift
    if [ -e "$build/build.ninja" ]; then meson setup --reconfigure "$build" "$@"; else meson setup "$build" "$@"; fi >"$results/setup.log" 2>&1 ||
        { cat "$results/setup.log"; return 1; }
    ninja -C "$build"
}

check_lanes() {
    local build=$1
    lane build build_tree "$build"
    meson_lane unit "$build" --suite unit
    meson_lane stories "$build" --suite sim
    pytest_lane system "$build" tests/system
    pytest_lane interop "$build" tests/interop
}

# The pure rooms' unit tests on other machines: 32 bits, and big-endian.
cross_lanes() {
    local machine
    for machine in armhf s390x; do
        lane "build-$machine" build_tree "build/$machine" -Dpure=true -Dwerror=true --cross-file "tools/machines/$machine.ini"
        meson_lane "$machine" "build/$machine" --suite unit
    done
}
