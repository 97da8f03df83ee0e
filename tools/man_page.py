"""Print a manual page: the scdoc TEMPLATE, with its line @KEYS@ replaced by the file KEYS, through the program SCDOC.

scdoc's own .nh is forgotten at each paragraph; the register HY is what man goes by, and names such as SIMPLE_UTCD_NTP__LISTEN are to be copied whole.

usage: man_page.py SCDOC TEMPLATE [KEYS]"""

import pathlib
import subprocess
import sys

scdoc, template, *keys = sys.argv[1:]
text = pathlib.Path(template).read_text()
for file in keys:
    text = text.replace("@KEYS@\n", pathlib.Path(file).read_text())
done = subprocess.run([scdoc], input=text, text=True, stdout=subprocess.PIPE)
print(done.stdout.replace("\n.nh\n", "\n.nh\n.nr HY 0\n", 1), end="")
sys.exit(done.returncode)
