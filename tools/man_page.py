"""Print a manual page: the scdoc TEMPLATE with its line @KEYS@ replaced by the file KEYS, through the program SCDOC.

usage: man_page.py SCDOC TEMPLATE KEYS"""

import pathlib
import subprocess
import sys

scdoc, template, keys = sys.argv[1:]
text = pathlib.Path(template).read_text().replace("@KEYS@\n", pathlib.Path(keys).read_text())
sys.exit(subprocess.run([scdoc], input=text, text=True).returncode)
