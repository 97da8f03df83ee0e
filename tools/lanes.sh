# Lanes for bash scripts: named steps that go on after a failure and are counted together at the end.
#
#   lanes_begin DIR           empty the folder that keeps the results
#   lane NAME COMMAND...      run a command; it counts as one test, unless it leaves a report in $results
#   meson_lane NAME BUILDDIR ARGUMENT...    meson's tests, counted by TAP subtest
#   pytest_lane NAME BUILDDIR FOLDER...     pytest's tests
#   tap_lane NAME COMMAND...                a command that prints TAP
#   lane_aside LANE ...                     begin one of these while others run here; what it prints is kept
#   lane_join                               wait for it, and print
#   lanes_end                 the table and the last line, 'N passed, N failed, N skipped'; fails if any test did
#
# Nothing run here can change the machine's clock: the right is dropped first.

lanes_begin() {
    results=$1
    rm -rf "$results"
    mkdir -p "$results"
    without_clock=()
    if setpriv --bounding-set=-sys_time --inh-caps=-sys_time true 2>/dev/null; then
        without_clock=(setpriv --bounding-set=-sys_time --inh-caps=-sys_time)
    fi
}

lane() {
    local name=$1 start=$SECONDS rc=0
    shift
    printf '\n== %s (%s)\n' "$name" "$(date -u +%H:%M:%S)"
    "$@" </dev/null || rc=$?
    echo "$rc $((SECONDS - start))" >"$results/$name.lane"
    printf '== %s: %s after %d s\n' "$name" "$([ $rc = 0 ] && echo done || echo "FAILED with $rc")" $((SECONDS - start))
}

meson_tests() {
    local name=$1 build=$2 rc=0
    shift 2
    "${without_clock[@]}" meson test -C "$build" --no-rebuild --print-errorlogs --logbase "$name" "$@" || rc=$?
    cp "$build/meson-logs/$name.json" "$results/$name.json" 2>/dev/null
    return $rc
}

meson_lane() {
    lane "$1" meson_tests "$@"
}

# A lane lasts minutes on a machine that may be busy with others. Up to three tests that failed are tried once more, alone; the table
# names what passed only then. More than three are no accident.
pytest_tests() {
    local name=$1 build=$2 rc=0 failed
    shift 2
    run_pytest "$build" --junitxml="$PWD/$results/$name.xml" "$@" || rc=$?
    mapfile -t failed < <(python3 tools/failed_tests.py "$results/$name.xml")
    if [ $rc = 1 ] && [ ${#failed[@]} -ge 1 ] && [ ${#failed[@]} -le 3 ]; then
        printf '\n== %s: once more, alone: %s\n' "$name" "${failed[*]}"
        rc=0
        run_pytest "$build" --junitxml="$PWD/$results/$name.again.xml" "${failed[@]}" || rc=$?
    fi
    return $rc
}

run_pytest() {
    local build=$1
    shift
    env BUILD="$(realpath "$build")" PEERS="$PWD/build/peers" PATH="$PATH:/usr/sbin:/sbin:$PWD/build/peers/chrony/usr/sbin:$PWD/build/peers/busybox-static/bin" \
        PYTHONDONTWRITEBYTECODE=1 "${without_clock[@]}" /usr/bin/python3 -m pytest -p no:cacheprovider -v --tb=short "$@"
}

pytest_lane() {
    lane "$1" pytest_tests "$@"
}

tap_report() {
    local name=$1
    shift
    (set -o pipefail; "$@" | tee "$results/$name.tap")
}

tap_lane() {
    local name=$1
    shift
    lane "$name" tap_report "$name" "$@"
}

lane_aside() {
    printf '\n== %s goes on beside what follows\n' "$2"
    "$@" >"$results/$2.out" 2>&1 &
    aside=$! aside_out=$results/$2.out
}

lane_join() {
    wait "$aside" || true
    cat "$aside_out"
}

lanes_end() {
    python3 tools/tally.py "$results" tests/permitted-skips
}
