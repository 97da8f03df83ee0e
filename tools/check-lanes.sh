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
    meson_lane unit "$build" --suite unit --timeout-multiplier 4
    meson_lane stories "$build" --suite sim --timeout-multiplier 4
    # Peers are waited for more than worked with, each lane in a network namespace of its own, or else on ports of its own.
    TEST_PORTS=25000-26999 lane_aside pytest_lane interop "$build" tests/interop
    pytest_lane system "$build" tests/system
    lane_join
}

# The pure rooms' unit tests on other machines: 32 bits, and big-endian.
cross_lanes() {
    local machine
    for machine in armhf s390x; do
        lane "build-$machine" build_tree "build/$machine" -Dpure=true -Dwerror=true --cross-file "tools/machines/$machine.ini"
        meson_lane "$machine" "build/$machine" --suite unit --timeout-multiplier 10 # emulated
    done
}

# Everything but the peers again, instrumented: a finding ends the program with an error.
sanitize_lanes() {
    local build=build/sanitize
    lane sanitize-build build_tree $build -Db_sanitize=address,undefined
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    meson_lane sanitize-unit $build --suite unit --timeout-multiplier 10
    meson_lane sanitize-stories $build --suite sim --timeout-multiplier 10
    pytest_lane sanitize-system $build tests/system
    unset ASAN_OPTIONS UBSAN_OPTIONS
}
