"""What every file of the tree keeps: no path of a development machine, no tab in C, lines that fit, no unfinished mark, every public
prototype documented, the licence in place, no file with two nouns in it (1000 lines), no documentation link that leads outside, and in
the root what belongs there."""

import pathlib
import re
import subprocess
import sys

import tap

LINE_MAX = 160
FILE_LINES_MAX = 1000
C_SUFFIXES = (".c", ".h")
TEXT_SUFFIXES = (".c", ".h", ".def", ".py", ".sh", ".md", ".scd", ".yaml", ".build", ".txt", ".story", ".service", "")
# Spelt in halves, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers|bash_jo" r"bs)/\w")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROOT = {".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
        "SECURITY.md", "bench", "config", "docs", "examples", "fuzz", "include", "meson.build", "meson_options.txt", "packaging", "sim", "src", "tests", "tools", "web"}
PROTOTYPE = re.compile(r"^(?!static|typedef|extern|return)[a-z][\w\s*]*\w\(")


def files(root):
    """Files under version control; in a planted tree, all of them."""
    if (root / ".git").exists():
        out = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
        names = [name for name in out.split("\0") if name]
    else:
        names = [str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()]
    return [root / name for name in sorted(names) if (root / name).is_file()]


def texts(root, suffixes=TEXT_SUFFIXES):
    """(name, lines) of the text files."""
    for file in files(root):
        if file.suffix in suffixes and "corpus" not in file.parts:
            try:
                yield str(file.relative_to(root)), file.read_text().splitlines()
            except UnicodeDecodeError:
                continue


def lines_matching(root, pattern, suffixes=TEXT_SUFFIXES):
    return [f"{name}:{number}: {line.strip()[:80]}" for name, lines in texts(root, suffixes)
            for number, line in enumerate(lines, 1) if pattern.search(line)]


def no_machine_path(root):
    return lines_matching(root, MACHINE_PATH)


def no_unfinished_mark(root):
    return lines_matching(root, UNFINISHED)


def no_tab_in_c(root):
    return lines_matching(root, re.compile("\t"), C_SUFFIXES)


def no_trailing_space(root):
    return lines_matching(root, re.compile(r"[ \t]+$"), C_SUFFIXES + (".py", ".def"))


def lines_fit(root):
    return [f"{name}:{number}: {len(line)} characters" for name, lines in texts(root, (*C_SUFFIXES, ".build"))
            for number, line in enumerate(lines, 1) if len(line) > LINE_MAX]


def files_fit(root):
    return [f"{name}: {len(lines)} lines" for name, lines in texts(root) if len(lines) > FILE_LINES_MAX and name != "LICENSE"]


def prototypes_documented(root):
    """A prototype has a comment on its own line or right above, or stands in one paragraph with such a one."""
    found = []
    for name, lines in texts(root, (".h",)):
        if not name.startswith(("src/", "include/")):
            continue
        documented = False
        for number, line in enumerate(lines, 1):
            if not line.strip():
                documented = False
            elif "/*" in line or "*/" in line:
                documented = True
            elif PROTOTYPE.match(line) and not documented:
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    return found


def licence_present(root):
    file = root / "LICENSE"
    return [] if file.exists() and "Apache License" in file.read_text() and "Version 2.0" in file.read_text() else ["LICENSE is not Apache-2.0"]


def links_stay_inside(root):
    """A link of the documentation is a path inside this repository that exists; standards are cited by number, without a link."""
    found = []
    for name, lines in texts(root, (".md",)):
        for number, line in enumerate(lines, 1):
            for link in LINK.findall(line):
                path = link.split("#")[0]
                target = (root / name).parent / path if path else root / name
                if "://" in link or not target.resolve().is_relative_to(root.resolve()) or not target.exists():
                    found.append(f"{name}:{number}: {link}")
    return found


def root_in_order(root):
    """What a program leaves where it was started (a story's picture) is easily added with the rest."""
    return sorted({file.relative_to(root).parts[0] for file in files(root)} - ROOT)


def plant(path, text):
    return lambda root: tap.write(root, path, text)


CHECKS = [
    ("no path of a development machine", no_machine_path, plant("src/x.c", '#define P "/ho' + 'me/me/x"\n')),
    ("no unfinished mark", no_unfinished_mark, plant("tools/x.py", "# TO" + "DO: later\n")),
    ("no tab in C", no_tab_in_c, plant("src/x.c", "int\tx;\n")),
    ("no space at the end of a line", no_trailing_space, plant("src/x.c", "int x; \n")),
    (f"lines of C and of meson.build of at most {LINE_MAX} characters", lines_fit, plant("src/x.h", "/*" + "x" * LINE_MAX + "*/\n")),
    (f"files of at most {FILE_LINES_MAX} lines", files_fit, plant("src/x.c", "int x;\n" * (FILE_LINES_MAX + 1))),
    ("every public prototype is documented", prototypes_documented, plant("src/base/x.h", "/* A. */\nint a(void);\n\nint b(int x,\n      int y);\n")),
    ("the licence is in place", licence_present, plant("README.md", "no licence\n")),
    ("nothing in the root but what belongs there", root_in_order, plant("some-story.svg", "<svg/>\n")),
    ("documentation links stay inside", links_stay_inside, plant("docs/x.md", "[a](../../else.md) [b](https://example.org/)\n")),
]

if __name__ == "__main__":
    tap.run(sys.argv[1], CHECKS)
