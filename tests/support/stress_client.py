"""A client that says random things about mailboxes that others change too (stress_test.py)."""
import re

from imap_session import expand
from stress_viewer import Viewer

KEYWORDS = ["$k1", "$k2", "$k3"]
SYSTEM = ["\\Flagged", "\\Answered", "\\Draft", "\\Seen"]
# How often each; the methods are do_NAME.
STEPS = {"noop": 4, "fetch": 8, "read": 3, "store": 12, "delete": 4, "expunge": 2, "uid_expunge": 3,
         "append": 8, "copy": 4, "move": 3, "search": 4, "idle": 2, "status": 2, "side": 3,
         "close": 1, "unselect": 1, "select": 3, "check": 1}


class Stress(Viewer):
    def one_step(self):
        if self.selected is None:
            name = self.rng.choice(["select", "select", "append", "status", "side"])
        else:
            name = self.rng.choices(list(STEPS), STEPS.values())[0]
        self.counts[name] += 1
        getattr(self, "do_" + name)()

    def choose(self, wanted=lambda e: True, most=5):
        """Some of the messages, and how they are named: (command's prefix, set, entries)."""
        numbers = [n for n, e in enumerate(self.view, 1) if wanted(e)]
        if not numbers:
            return None
        first = self.rng.randrange(len(numbers))
        chosen = numbers[first:first + self.rng.randint(1, most)]
        entries = [self.view[n - 1] for n in chosen]
        if self.rng.random() < 0.6 and all(e.uid for e in entries):
            return "UID ", ",".join(str(e.uid) for e in entries), entries
        return "", ",".join(map(str, chosen)), entries

    def do_noop(self):
        self.ok("NOOP")

    def do_check(self):
        self.ok("CHECK")

    def do_fetch(self):
        if self.rng.random() < 0.2:
            self.learn()
            return
        chosen = self.choose()
        if not chosen:
            return
        since = ""
        if self.enable and self.rng.random() < 0.3:
            since = " (CHANGEDSINCE %d)" % self.rng.randint(1, max(self.highest, 1))
        self.ok("%sFETCH %s %s%s" % (chosen[0], chosen[1], self.items(), since))

    def do_read(self):
        chosen = self.choose(most=2)
        if chosen:
            self.ok("%sFETCH %s (UID BODY[TEXT])" % chosen[:2])

    def do_store(self):
        chosen = self.choose()
        if not chosen or self.selected[1]:
            return
        flags = set(self.rng.sample(SYSTEM + KEYWORDS, self.rng.randint(1, 2)))
        how = self.rng.choice(["+", "-"])
        condition = None
        if self.enable and self.rng.random() < 0.4:
            condition = self.rng.randint(1, max(self.highest, 1))
        self.store(chosen, how, flags, condition)

    def store(self, chosen, how, flags, condition=None):
        prefix, numbers, entries = chosen
        silent = self.rng.random() < 0.5
        must_fail = [e for e in entries if condition and e.modseq and e.modseq > condition]
        before = [(e, e.flags) for e in entries]
        for e in entries:
            if silent and e.flags is not None:
                e.flags = e.flags | flags if how == "+" else e.flags - flags
        _, tagged = self.may("%sSTORE %s %s%sFLAGS%s (%s)" % (
            prefix, numbers, "(UNCHANGEDSINCE %d) " % condition if condition else "", how,
            ".SILENT" if silent else "", " ".join(sorted(flags))))
        modified = re.match(r"OK \[MODIFIED ([\d:,]+)\]", tagged)
        refused = expand(modified.group(1)) if modified else set()
        for entry, flags_before in before:
            # By number nothing was taken out of the view meanwhile.
            name = entry.uid if prefix else None
            if not prefix and entry in self.view:
                name = self.view.index(entry) + 1
            if name in refused and silent:
                entry.flags = None
            assert entry not in must_fail or name in refused or entry not in self.view or (
                self.is_gone(entry)), ("UNCHANGEDSINCE did not hold", name, condition, tagged)

    def is_gone(self, entry):
        """Maybe expunged by somebody, which waits to be told."""
        with self.oracle.lock:
            known = self.known()
            marked_or_moved = entry.uid in known.marked or entry.uid in known.moved
            return entry.uid is None or marked_or_moved or entry.uid in known.origin

    def do_delete(self):
        chosen = self.choose(lambda e: e.uid is not None, most=3)
        if not chosen or self.selected[1]:
            return
        with self.oracle.lock:
            self.known().marked.update(e.uid for e in chosen[2])
        self.store(chosen, "+", {"\\Deleted"})

    def do_expunge(self):
        if not self.selected[1]:
            self.ok("EXPUNGE")

    def do_uid_expunge(self):
        chosen = self.choose(lambda e: e.uid is not None)
        if chosen and not self.selected[1]:
            self.ok("UID EXPUNGE " + ",".join(str(e.uid) for e in chosen[2]))

    def do_append(self):
        name = self.rng.choice(self.mailboxes)
        self.messages += 1
        token = "token-%d-%d" % (self.number, self.messages)
        text = "From: a@example.org\r\nSubject: %s\r\n\r\n%s\r\n" % (token, token)
        flags = self.rng.choice(["", "(\\Seen) ", "($k1) "])
        self.verb = "APPEND"
        _, tagged = self.do("APPEND %s %s{%d+}\r\n%s" % (name, flags, len(text), text))
        told = re.match(r"OK \[APPENDUID (\d+) (\d+)\]", tagged)
        assert told, tagged
        with self.oracle.lock:
            self.came(name, int(told.group(2)), token)

    def came(self, name, uid, token, origin=None):
        known = self.known(name)
        assert uid not in known.origin and known.tokens.get(uid) is None, ("a UID twice", name, uid)
        known.tokens[uid] = token
        if origin:
            known.origin[uid] = origin

    def do_copy(self, verb="COPY"):
        chosen = self.choose(lambda e: e.uid is not None, most=3)
        if not chosen:
            return
        targets = [t for t in self.mailboxes + [self.side] if t]
        target = self.rng.choice(targets)
        source = self.selected[0]
        if verb == "MOVE":
            with self.oracle.lock:
                self.known().moved.update(e.uid for e in chosen[2])
                # From server to server it is STORE and UID EXPUNGE: a copy that somebody makes in
                # between is marked too.
                if (source == "far") != (target == "far"):
                    self.known().marked.update(e.uid for e in chosen[2])
        untagged, tagged = self.may("%s%s %s %s" % (chosen[0], verb, chosen[1], target),
                                    "EXPUNGEISSUED")
        if untagged is None:
            return
        told = re.search(r"OK \[COPYUID (\d+) (\S+) (\S+)\]", "\n".join(untagged + [tagged]))
        assert told, (untagged, tagged)
        taken, new = sorted(expand(told.group(2))), sorted(expand(told.group(3)))
        assert taken == sorted(e.uid for e in chosen[2]) and len(new) == len(taken), (
            "COPYUID", told.groups(), [e.uid for e in chosen[2]])
        if target == self.side:
            return
        with self.oracle.lock:
            of = self.known(source)
            key = (self.user if source == "INBOX" else "", source)
            for uid, copy in zip(taken, new):
                self.came(target, copy, of.tokens.get(uid), (key, uid))

    def do_move(self):
        chosen = [e.uid for e in self.view if e.uid]
        if chosen and not self.selected[1]:
            self.do_copy("MOVE")

    def do_search(self):
        prefix = self.rng.choice(["", "UID "])
        what = self.rng.choice(["ALL", "SEEN", "UNFLAGGED KEYWORD $k1", "SUBJECT token", "DELETED"])
        highest = len(self.view)
        uids = {e.uid for e in self.view}
        all_known = None not in uids
        untagged, _ = self.may("%sSEARCH %s" % (prefix, what))
        found = [u for u in untagged if u.startswith("SEARCH")]
        assert len(found) == 1, untagged
        numbers = [int(n) for n in found[0].split()[1:]]
        if prefix and all_known:
            assert set(numbers) <= uids, ("UIDs that are not in the view", set(numbers) - uids)
        if not prefix:
            assert all(1 <= n <= highest for n in numbers), (numbers, highest)

    def do_idle(self):
        self.ok("IDLE", b"DONE\r\n")

    def do_status(self):
        name = self.rng.choice(self.mailboxes)
        self.ok("STATUS %s (MESSAGES UNSEEN UIDNEXT%s)" % (
            name, " HIGHESTMODSEQ" if self.enable else ""))

    def do_side(self):
        if self.where == "backend2":
            return  # where the user's INBOX is not
        if self.side is None:
            self.side = "INBOX.side%d" % self.number
            self.ok("CREATE " + self.side)
        elif self.rng.random() < 0.5:
            other = self.side[:-1] if self.side.endswith("x") else self.side + "x"
            self.ok("RENAME %s %s" % (self.side, other))
            self.side = other
        else:
            self.ok("DELETE " + self.side)
            self.side = None

    def do_close(self):
        self.ok("CLOSE")
        self.saved.pop(self.selected[0], None)
        self.selected, self.view = None, []

    def do_unselect(self):
        selected = self.selected
        self.ok("UNSELECT")
        self.selected = selected
        self.leave()
