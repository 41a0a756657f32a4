"""A headless Chromium, driven by Debian's chromedriver (W3C WebDriver over HTTP).

    with browser.Browser(folder) as b:          # its profile and its screenshots are in folder
        b.open("http://127.0.0.1:8000/")
        b.type("#name", "alice")
        b.click("button.submit")
        b.wait("return document.title === 'Inbox'")
"""
import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import murder

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name of a reference, section 11 there
PROGRAMS = ("chromium", "chromedriver")
SHIFT = "\ue008"


def missing():
    """The programs that are not installed."""
    return [p for p in PROGRAMS if not shutil.which(p)]


class Failure(Exception):
    """What the driver answered instead of a value."""


class Browser:
    def __init__(self, folder, address="127.0.0.1"):
        self.folder = folder
        profile = os.path.join(folder, "profile")
        os.makedirs(profile)
        with socket.create_server((address, 0)) as s:
            port = s.getsockname()[1]
        self.root = "http://%s:%d" % (address, port)
        with open(os.path.join(folder, "chromedriver.log"), "wb") as log:
            self.driver = subprocess.Popen(
                ["chromedriver", "--port=%d" % port, "--allowed-ips=" + address,
                 "--allowed-origins=*"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.session = None
        try:
            murder.wait_for(self.ready, "chromedriver")
            arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                         "--no-first-run", "--user-data-dir=" + profile, "--lang=en",
                         "--window-size=1400,1000"]
            if os.geteuid() == 0:
                arguments.append("--no-sandbox")
            self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "unhandledPromptBehavior": "accept",
                "goog:chromeOptions": {"args": arguments}}}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def close(self):
        try:
            if self.session:
                self.ask("DELETE", "")
        finally:
            self.session = None
            self.driver.terminate()
            self.driver.wait(murder.DEADLINE)

    def ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except (OSError, Failure):
            return False

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.root + path, method=method, headers={"Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=2 * murder.DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise Failure(json.load(e)["value"]["message"]) from None

    def ask(self, method, path, body=None):
        return self.call(method, "/session/" + self.session + path, body)

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a script returns; arguments[0] and so on are what it is given."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments, what=None):
        """Runs a script until what it returns is true; that."""
        last = None

        def true():
            nonlocal last
            try:
                last = self.run(script, *arguments)
            except Failure as e:  # a page that is just going
                last = str(e)
                return None
            return last
        try:
            return murder.wait_for(true, "")
        except TimeoutError:
            raise AssertionError("%s: %r; %s" % (what or script, last, self.picture())) from None

    def find(self, css):
        """A visible element, waited for."""
        return {ELEMENT: self.wait(
            "return Array.from(document.querySelectorAll(arguments[0]))"
            ".find(e => e.getClientRects().length)", css, what="no " + css)[ELEMENT]}

    def click(self, css, *keys):
        """The middle of a visible element, with keys held."""
        self.pointer([self.at(css), {"type": "pointerDown", "button": 0},
                      {"type": "pointerUp", "button": 0}], keys)

    def drag(self, css, to, *keys):
        """One element to another; the pointer moves in steps, as programs that drag expect."""
        by = [{"type": "pointerMove", "origin": "pointer", "x": 8, "y": 8, "duration": 50}] * 2
        self.pointer([self.at(css), {"type": "pointerDown", "button": 0}, *by, self.at(to),
                      {"type": "pointerMove", "origin": "pointer", "x": 2, "y": 0, "duration": 50},
                      {"type": "pause", "duration": 200}, {"type": "pointerUp", "button": 0}], keys)

    def at(self, css):
        element = self.find(css)
        self.run("arguments[0].scrollIntoView({block: 'nearest'})", element)
        return {"type": "pointerMove", "origin": element, "x": 0, "y": 0, "duration": 100}

    def pointer(self, actions, keys):
        before = [{"type": "keyDown", "value": k} for k in keys]
        after = [{"type": "keyUp", "value": k} for k in keys]
        still = {"type": "pause", "duration": 0}
        self.ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keys",
             "actions": before + [still] * len(actions) + after},
            {"type": "pointer", "id": "mouse",
             "actions": [still] * len(before) + actions + [still] * len(after)}]})
        self.ask("DELETE", "/actions")

    def type(self, css, text):
        """Text into a field, in place of what it holds."""
        element = self.find(css)[ELEMENT]
        self.ask("POST", "/element/%s/clear" % element, {})
        self.ask("POST", "/element/%s/value" % element, {"text": text})

    def choose(self, css, value):
        """One of a select's values, as if by hand."""
        self.run("arguments[0].value = arguments[1]; "
                 "arguments[0].dispatchEvent(new Event('change', {bubbles: true}))",
                 self.find(css), value)

    def inside(self, css):
        """What follows is in this frame; inside(None): in the page again."""
        if css is None:
            self.ask("POST", "/frame", {"id": None})
        else:
            self.ask("POST", "/frame", {"id": self.find(css)})

    def picture(self):
        """A screenshot in the folder, for who looks at a failure; its name."""
        name = os.path.join(self.folder, "%d.png" % time.monotonic_ns())
        with open(name, "wb") as f:
            f.write(base64.b64decode(self.ask("GET", "/screenshot")))
        return name
