"""A client that keeps what it is told of the selected mailbox, and holds it against what all
clients of the same mailboxes were told (stress_client.py)."""
import collections
import re
import threading

from imap_session import Session, expand


class Known:
    """What all clients together know of one mailbox."""

    def __init__(self):
        self.uidvalidity = None
        self.tokens = {}     # by UID: what is in the message
        self.origin = {}     # by UID: (mailbox, UID) of which it is a copy
        self.marked = set()  # UIDs that somebody marked as deleted
        self.moved = set()   # UIDs that somebody moved away
        self.gone = set()    # UIDs of which somebody was told that they are gone
        self.flags = {}      # by (UID, modseq)
        self.recent = {}     # by UID: the selection that had it as Recent
        self.listing = None  # (round, what one saw then)


class Oracle:
    def __init__(self):
        self.lock = threading.Lock()
        self.mailboxes = collections.defaultdict(Known)

    def was_asked_for(self, key, uid):
        """Copies have the \\Deleted of what they are copies of."""
        if uid in self.mailboxes[key].moved:
            return True
        while True:
            known = self.mailboxes[key]
            if uid in known.marked:
                return True
            if uid not in known.origin:
                return False
            key, uid = known.origin[uid]


class Entry:
    def __init__(self):
        self.uid = self.flags = self.modseq = None


class Viewer(Session):
    def __init__(self, m, oracle, number, rng, where, user, mailboxes, enable):
        self.name = "%d (%s at %s, %s)" % (number, user, where, enable)
        self.oracle, self.number, self.rng, self.user = oracle, number, rng, user
        self.where, self.mailboxes = where, mailboxes
        self.log = collections.deque(maxlen=600)
        self.counts = collections.Counter()
        self.selected = None   # (name, read-only)
        self.view = []
        self.selections = 0
        self.highest = 0       # the modseq from which this client would go on
        self.in_command = []   # MODSEQs told in it
        self.told_highest = None
        # By UID: what is wrong, and up to which modseq. Flags may be told before their modseq, as
        # long as a writer is at work: it must rise then.
        self.doubts = {}
        self.saved = {}        # QRESYNC: by mailbox, what was known
        self.fetched = None    # of the command at hand: by UID, if wanted
        self.comparing = False
        for uid, doubt in self.doubts.items():
            assert uid not in fetched or fetched[uid][1] > doubt[1], (uid, doubt, fetched[uid])
        self.doubts = {}
        self.verb = ""
        self.rounds = self.messages = 0
        self.side = None       # the name of a mailbox that is this client's alone
        self.enable = enable
        super().__init__(m, where, user)
        if enable:
            self.ok("ENABLE " + enable)

    # --- the connection
    def transcript(self):
        return "\n".join(self.log)

    def send(self, data):
        self.log.append("C: " + data.decode(errors="replace").rstrip())
        super().send(data)

    def line(self):
        line = super().line()
        self.log.append("S: " + line)
        return line

    def do(self, command, on_go_ahead=None):
        self.verb = command.split(" ")[0]
        self.in_command, self.told_highest = [], None
        untagged, tagged = super().do(command, on_go_ahead)
        self.note_highest(tagged)
        if self.told_highest is not None:
            self.highest = self.told_highest
        elif self.in_command:
            self.highest = max([self.highest] + self.in_command)
        assert not tagged.startswith("BAD"), (command, tagged)
        return untagged, tagged

    def may(self, command, *refusals):
        """True if it was done; a refusal must be one of these."""
        untagged, tagged = self.do(command)
        if tagged.startswith("OK"):
            return untagged, tagged
        assert any(tagged.startswith("NO [%s]" % r) for r in refusals), (command, tagged)
        return None, tagged

    # --- what is told
    def known(self, name=None):
        name = name or self.selected[0]
        return self.oracle.mailboxes[(self.user if name == "INBOX" else "", name)]

    def note_highest(self, line):
        told = re.search(r"OK \[HIGHESTMODSEQ (\d+)\]", line)
        if told:
            self.told_highest = int(told.group(1))

    def note(self, line):
        assert not line.startswith("BYE"), line
        self.note_highest(line)
        if line.startswith("OK [CLOSED]"):
            self.enter()
        if self.selected is None:
            return
        gone = re.match(r"(\d+) EXPUNGE$", line)
        if gone:
            self.remove([int(gone.group(1))])
        vanished = re.match(r"VANISHED ([\d:,]+)$", line)
        if vanished:
            for uid in sorted(expand(vanished.group(1)), reverse=True):
                self.remove([self.number_of(uid)])
        exists = re.match(r"(\d+) EXISTS$", line)
        if exists:
            n = int(exists.group(1))
            assert n >= len(self.view), (line, len(self.view))
            self.view += [Entry() for _ in range(n - len(self.view))]
        fetch = re.match(r"(\d+) FETCH \(", line)
        if fetch:
            self.note_fetch(int(fetch.group(1)), line)

    def number_of(self, uid):
        """Of some that came only the number may be known: it is one of those between its
        neighbours."""
        after = [n for n, e in enumerate(self.view, 1) if e.uid is not None and e.uid >= uid]
        n = after[0] if after else len(self.view) + 1
        if after and self.view[n - 1].uid == uid:
            return n
        assert n > 1 and self.view[n - 2].uid is None, (uid, "is not in the view")
        return n - 1

    def remove(self, numbers):
        assert self.verb not in ("FETCH", "STORE", "SEARCH"), "EXPUNGE during " + self.verb
        for n in numbers:
            assert 1 <= n <= len(self.view), ("EXPUNGE", n, len(self.view))
            entry = self.view.pop(n - 1)
            if entry.uid is not None:
                with self.oracle.lock:
                    self.known().gone.add(entry.uid)

    def note_fetch(self, n, line):
        assert n <= len(self.view), (line, len(self.view))
        entry = self.view[n - 1]
        uid = re.search(r"[ (]UID (\d+)", line)
        flags = re.search(r"[ (]FLAGS \(([^)]*)\)", line)
        modseq = re.search(r"[ (]MODSEQ \((\d+)\)", line)
        if uid:
            assert entry.uid in (None, int(uid.group(1))), (line, entry.uid)
            entry.uid = int(uid.group(1))
        if modseq:
            self.note_modseq(entry, int(modseq.group(1)), line)
        if flags:
            self.note_flags(entry, set(flags.group(1).split()), bool(modseq), line)
        if self.fetched is not None and entry.uid:
            self.fetched[entry.uid] = (entry.flags, entry.modseq)

    def note_modseq(self, entry, modseq, line):
        assert modseq >= (entry.modseq or 0), (line, entry.modseq)
        if self.comparing and entry.modseq:
            assert modseq == entry.modseq, ("not told", line, entry.modseq)
        entry.modseq = modseq
        self.in_command.append(modseq)

    def note_flags(self, entry, flags, with_modseq, line):
        if self.comparing and entry.flags is not None:
            assert flags == entry.flags, ("not told", line, entry.flags)
        entry.flags = flags
        if entry.uid is None:
            return
        with self.oracle.lock:
            known = self.known()
            if "\\Recent" in flags and not self.selected[1]:
                had = known.recent.setdefault(entry.uid, (self.number, self.selections))
                assert had == (self.number, self.selections), ("\\Recent twice", line, had)
            if with_modseq:
                of_all = flags - {"\\Recent"}
                if self.selected[0] != "INBOX":
                    of_all.discard("\\Seen")
                before = known.flags.setdefault((entry.uid, entry.modseq), of_all)
                if before != of_all:
                    self.doubts[entry.uid] = ("one modseq, two sets", entry.modseq, before, of_all)

    # --- selecting
    def items(self):
        return "(UID FLAGS MODSEQ)" if self.enable else "(UID FLAGS)"

    def learn(self):
        """All that is to be known of the messages."""
        self.fetched = {}
        self.ok("UID FETCH 1:* " + self.items())
        fetched, self.fetched = self.fetched, None
        uids = [e.uid for e in self.view if e.uid is not None]
        assert uids == sorted(set(uids)), "UIDs do not ascend"
        return fetched

    def leave(self):
        if self.selected and self.enable == "QRESYNC" and all(e.uid for e in self.view):
            flags = {e.uid: e.flags for e in self.view}
            self.saved[self.selected[0]] = (self.highest, flags)
        self.selected, self.view, self.doubts = None, [], {}

    def enter(self):
        """From here on what is told is of the mailbox that SELECT names."""
        self.leave()
        self.selected = self.next
        self.selections += 1

    def do_select(self):
        name = self.rng.choice(self.mailboxes)
        examine = self.rng.random() < 0.2
        with self.oracle.lock:
            gone = set(self.known(name).gone)
        then, flags = self.saved.get(name, (0, None))
        resync = flags is not None and self.rng.random() < 0.7
        validity = self.known(name).uidvalidity
        self.next, before = (name, examine), self.selections
        if self.selected is None:
            self.enter()
        untagged = self.ok(
            "%s %s%s" % ("EXAMINE" if examine else "SELECT", name,
                         " (QRESYNC (%d %d))" % (validity, max(then, 1)) if resync else ""))
        assert self.selections == before + 1, "no [CLOSED]"
        highest = self.highest = self.told_highest
        said = int(re.search(r"UIDVALIDITY (\d+)", "\n".join(untagged)).group(1))
        with self.oracle.lock:
            assert self.known().uidvalidity in (None, said), "UIDVALIDITY changed"
            self.known().uidvalidity = said
        if resync:
            self.resynchronise(untagged, flags)
        fetched = self.learn()
        assert gone.isdisjoint(fetched), ("gone, and there again", gone & set(fetched))
        if resync:
            missing = set(flags) - set(fetched)
            assert not missing, ("no VANISHED (EARLIER)", missing)
            for uid, known in flags.items():
                now, modseq = fetched[uid]
                if known is None or modseq > highest:
                    continue
                if (known ^ now) - {"\\Recent"}:
                    self.doubts[uid] = ("no FETCH at SELECT", highest, known, now)

    def resynchronise(self, untagged, flags):
        for line in untagged:
            gone = re.match(r"VANISHED (?:\(EARLIER\) )?([\d:,]+)$", line)
            if gone:
                for uid in [u for u in expand(gone.group(1)) if u in flags]:
                    del flags[uid]
        for entry in self.view:
            if entry.uid in flags and entry.flags is not None:
                flags[entry.uid] = entry.flags

    # --- when all have stopped
    def compare(self):
        self.rounds += 1
        if self.selected is None:
            return
        self.ok("NOOP")
        self.comparing = True
        fetched = self.learn()
        self.comparing = False
        assert len(fetched) == len(self.view), (len(fetched), len(self.view))
        seen = {u: f - {"\\Recent", "\\Seen"} for u, (f, _) in fetched.items()}
        status = self.ok("STATUS %s (MESSAGES)" % self.selected[0])[0]
        assert int(re.search(r"MESSAGES (\d+)", status).group(1)) == len(self.view), status
        with self.oracle.lock:
            known = self.known()
            if known.listing is None or known.listing[0] != self.rounds:
                known.listing = (self.rounds, seen)
            assert known.listing[1] == seen, ("two see different things", known.listing[1], seen)
