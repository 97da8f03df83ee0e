"""The archives of base, the cores, engine and serve are pure: what they leave undefined is in a short list (no malloc, no clock,
no socket, no printf to a file), and they hold no writable data, so two engines in one process never share state.

usage: purity_test.py SOURCE_ROOT CC ARCHIVE..."""

import fnmatch
import pathlib
import subprocess
import sys
import tempfile

import tap

ALLOWED = """
    mem* str* __mem*_chk __str*_chk bcmp
    snprintf vsnprintf __snprintf_chk __vsnprintf_chk sscanf __isoc99_sscanf
    inet_ntop inet_pton __inet_ntop_chk __inet_pton_chk
    __assert_fail __stack_chk_fail abs labs llabs qsort __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc
    sqrt fabs floor ceil round trunc rint nearbyint lround llround lrint llrint fmin fmax fmod hypot ldexp frexp scalbn modf copysign
    exp exp2 expm1 log log2 log10 log1p pow cbrt sin cos tan asin acos atan atan2 sinh cosh tanh erf erfc tgamma lgamma nan
    crypto_*
    _GLOBAL_OFFSET_TABLE_ __aeabi_* __muloti4 __divti3 __udivti3 __modti3 __umodti3 __popcountdi2
""".split()
# Of what the patterns above would let through, these take memory or keep state.
REFUSED = ["strdup", "strndup", "strtok", "strerror", "strsignal", "strcoll", "strxfrm", "strftime", "strptime", "memfd_create"]


def symbols(archives):
    """(defined names, undefined name -> object, writable names) of all archives together."""
    defined, undefined, writable = set(), {}, []
    out = subprocess.run(["nm", "-A", "-f", "sysv", *archives], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or ":" not in fields[0]:
            continue
        where, name = fields[0].rsplit(":", 1)
        kind, section = fields[2], fields[6]
        if kind in "Uw":
            undefined.setdefault(name, where)
            continue
        defined.add(name)
        if section.startswith((".data", ".bss", ".tdata", ".tbss", "*COM*")) and not section.startswith(".data.rel.ro"):
            writable.append(f"{where}: {name} is writable data ({section})")
    return defined, undefined, writable


def forbidden(archives):
    defined, undefined, _ = symbols(archives)
    outside = {name: where for name, where in undefined.items() if name not in defined}
    return [f"{where}: {name} is outside the list" for name, where in sorted(outside.items())
            if name in REFUSED or not any(fnmatch.fnmatchcase(name, pattern) for pattern in ALLOWED)]


def writable(archives):
    return symbols(archives)[2]


def compiled(cc, text):
    """Runs `check` on an archive made of one planted source."""
    def with_check(check):
        with tempfile.TemporaryDirectory() as temp:
            source, archive = pathlib.Path(temp, "x.c"), pathlib.Path(temp, "x.a")
            source.write_text(text)
            subprocess.run([cc, "-O1", "-c", source, "-o", source.with_suffix(".o")], check=True)
            subprocess.run(["ar", "rcs", archive, source.with_suffix(".o")], check=True)
            return check([archive])
    return with_check


PLANTS = [
    ("malloc", "#include <stdlib.h>\nvoid *f(unsigned n) { return malloc(n); }\n", forbidden),
    ("clock_gettime", "#include <time.h>\nint f(struct timespec *t) { return clock_gettime(CLOCK_REALTIME, t); }\n", forbidden),
    ("socket", "#include <sys/socket.h>\nint f(void) { return socket(2, 2, 0); }\n", forbidden),
    ("strdup", "#define _GNU_SOURCE\n#include <string.h>\nchar *f(const char *s) { return strdup(s); }\n", forbidden),
    ("a counter of its own", "static int n;\nint f(void) { return ++n; }\n", writable),
]

if __name__ == "__main__":
    cc, archives = sys.argv[2], sys.argv[3:]
    checks = [
        ("undefined symbols are in the short list", lambda _: forbidden(archives), None),
        ("no writable data", lambda _: writable(archives), None),
    ]
    for name, text, check in PLANTS:
        plant = compiled(cc, text)
        checks.append((f"finds {name}", lambda _, plant=plant, check=check: [] if plant(check) else ["not found"], None))
    tap.run(sys.argv[1], checks)
