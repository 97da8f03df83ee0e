"""Print the failed tests of a JUnit report as pytest takes them, one a line.

usage: failed_tests.py REPORT.xml"""

import pathlib
import sys
import xml.etree.ElementTree


def failed(report):
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            yield f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"


if __name__ == "__main__":
    if pathlib.Path(sys.argv[1]).exists():
        for test in failed(sys.argv[1]):
            print(test)
