#!/usr/bin/env python3
"""What SEARCH finds in forty messages, asked of Dovecot 2.3.19: its answers are those that are
written down in support/search_answers.txt, with which system/search_corpus_test.py compares ours.
PEERS names the folder with Dovecot (support/proxies.py); with --record the answers are printed.
"""
import contextlib
import imaplib
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import dovecot
import harness
import mixed
import proxies
import search_corpus as corpus


@contextlib.contextmanager
def session():
    folder = tempfile.mkdtemp(prefix="rookery-dovecot-")
    os.chmod(folder, 0o755)
    server = dovecot.Dovecot(folder, os.environ["ROOKERY_MIXED"] + "31")
    try:
        client = imaplib.IMAP4(server.address, timeout=60)
        client.login("user", "pw")
        corpus.fill(client, "corpus")
        yield client
        client.logout()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_dovecot_answers_as_written_down():
    if not proxies.overlay(os.environ.get("PEERS", "/nonexistent")):
        raise harness.Skip("PEERS names no folder with Dovecot")
    answers = corpus.recorded()
    with session() as client:
        wrong = [(q, corpus.ask(client, q), answers[q][0]) for q in corpus.queries()]
    wrong = [w for w in wrong if w[1] != w[2]]
    assert not wrong, wrong


def record():
    if not proxies.overlay(os.environ.get("PEERS", "/nonexistent")):
        sys.exit("PEERS names no folder with Dovecot")
    with session() as client:
        for query in corpus.queries():
            print("%s | %s" % (query, corpus.ask(client, query)))


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    if sys.argv[1:] == ["--record"]:
        record()
    else:
        harness.main()
