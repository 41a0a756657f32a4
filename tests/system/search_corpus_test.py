#!/usr/bin/env python3
"""SEARCH finds in forty messages what Dovecot finds, or what is written down beside that with a
reason (support/search_answers.txt): at a backend, at one where squatter has been, and through a
frontend."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import search_corpus as corpus


def first_forty(found):
    return " ".join(n for n in found.split() if int(n) <= 40)


def test_answers_are_those_that_are_written_down():
    answers = corpus.recorded()
    assert list(answers) == corpus.queries(), set(answers) ^ set(corpus.queries())
    with murder.Murder(backends=1, frontends=1) as m:
        m.add_user("bob")
        found = {}
        for where in ("backend1", "frontend1"):
            with m.imap(where, "bob") as c:
                corpus.fill(c, "INBOX." + where)
                found[where] = [corpus.ask(c, q) for q in corpus.queries()]
        # The index is asked where there are more messages than these.
        with m.imap("backend1", "bob") as c:
            murder.check(c.select("INBOX.backend1"))
            murder.check(c.copy("1:40", "INBOX.backend1"))
            murder.check(c.noop())
            m["backend1"].run("squatter", "-u", "bob")
            found["squatter"] = [first_forty(corpus.ask(c, q)) if "BODY" in q or "TEXT" in q
                                 else answers[q][1] for q in corpus.queries()]
    for where in found:
        wrong = [(q, got, answers[q][1]) for q, got in zip(corpus.queries(), found[where])
                 if got != answers[q][1]]
        assert not wrong, (where, wrong)


if __name__ == "__main__":
    harness.main()
