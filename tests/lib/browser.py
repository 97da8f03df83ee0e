"""A real browser without a window: Chromium, driven by its own protocol over two pipes, so that nothing but it is needed."""

import base64
import json
import os
import select
import time

from lib import proc

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"]
PATIENCE_S = 40


class Browser(proc.Process):
    def __init__(self, directory, program="chromium"):
        read_end, self._to = os.pipe()
        self._from, write_end = os.pipe()
        self._rest, self._last_id, self.events = b"", 0, []
        pipes = f'exec "$0" "$@" 3<&{read_end} 4>&{write_end}'
        super().__init__("browser", ["bash", "-c", pipes, program, *FLAGS, f"--user-data-dir={directory}/browser-data"], directory,
                         {"HOME": str(directory), "XDG_CONFIG_HOME": str(directory), "XDG_CACHE_HOME": str(directory)}, pass_fds=(read_end, write_end))
        os.close(read_end)
        os.close(write_end)

    def stop(self, timeout=20):
        code = super().stop(timeout)
        for end in (self._to, self._from):
            if end >= 0:
                os.close(end)
        self._to = self._from = -1
        return code

    def ask(self, method, session=None, **params):
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while (answer := self._next(end)).get("id") != self._last_id:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _next(self, end):
        while b"\0" not in self._rest:
            assert select.select([self._from], [], [], max(0, end - time.monotonic()))[0], f"the browser does not answer:\n{self.log()}"
            more = os.read(self._from, 1 << 20)
            assert more, f"the browser ended:\n{self.log()}"
            self._rest += more
        one, _, self._rest = self._rest.partition(b"\0")
        return json.loads(one)

    def page(self, **kwargs):
        return Page(self, **kwargs)


class Page:
    """One tab. dark: the scheme that is preferred; scripts: whether they run."""

    def __init__(self, browser, width=1200, height=900, dark=False, scripts=True):
        self.browser = browser
        self.target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.ask("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        if not scripts:
            self.ask("Emulation.setScriptExecutionDisabled", value=True)

    def close(self):
        self.browser.ask("Target.closeTarget", targetId=self.target)

    def ask(self, method, **params):
        return self.browser.ask(method, self.session, **params)

    def open(self, url):
        self.ask("Page.navigate", url=url)
        proc.wait_for(lambda: self.evaluate("location.href !== 'about:blank' && document.readyState === 'complete'"), PATIENCE_S)

    def evaluate(self, expression):
        """The value of an expression; of a promise, what it becomes."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def complaints(self):
        """What the browser has to say: errors and warnings of the console, exceptions, violations of the content security policy."""
        self.evaluate("1")
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        return [event["params"] for event in mine if event["method"] == "Runtime.exceptionThrown"
                or (event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning", "assert"))
                or (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"))]

    def screenshot(self, path):
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]))
