#!/usr/bin/env python3
"""Every warning and error of the log stands in doc/admin/logs.md with its level, and no other.

In the document a message is "* **its text** (levels): ...". In the sources it is the first string
behind log::warning( and log::error(, or of a write with such a level, or a named string of the same
file; and what is pushed into the warnings of a cyrus.conf. Of one that is put together from parts
the longest string counts, with "..." where something follows or stands before it that is no string.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "support"))
import harness  # noqa: E402

SOURCE = os.environ.get("top_srcdir", ".")
DOCUMENT = os.path.join(SOURCE, "doc/admin/logs.md")
CALL = re.compile(r"\blog::(?P<level>warning|error)\(|"
                  r"\bwrite\((?:log::)?Level::(?P<written>warning|error),\s*|"
                  r"\bwarnings\.push_back\(")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
LISTED = re.compile(r"^\* \*\*(.+?)\*\* \(([a-z, ]+)\):(?: |$)")
# They log what the warnings of cyrus.conf hold.
PASSED_ON = "text"


def sources():
    for top in ("lib", "imap", "master"):
        for folder, _, files in os.walk(os.path.join(SOURCE, top)):
            for name in sorted(files):
                path = os.path.join(folder, name)
                if name.endswith(".cc"):
                    with open(path) as f:
                        yield os.path.relpath(path, SOURCE), f.read()


def first_argument(text, at):
    """The source of the argument that begins there."""
    begin, depth, quoted = at, 0, False
    while quoted or depth or text[at] not in ",)":
        c = text[at]
        if quoted and c == "\\":
            at += 1
        elif c == '"':
            quoted = not quoted
        elif not quoted:
            depth += (c in "([{") - (c in ")]}")
        at += 1
    return text[begin:at].strip()


def messages_of(argument, text):
    """What may be logged: one message, or the two of a choice."""
    chosen = re.match(r"\w+ \? (.*) : (.*)", argument, re.S)
    if chosen:
        return messages_of(chosen[1], text) + messages_of(chosen[2], text)
    if re.fullmatch(r"k[A-Z]\w*", argument):
        argument = re.search(r"\b%s = (\"[^;]*\");" % argument, text)[1]
    if argument == PASSED_ON:
        return []
    if argument.startswith('"') and not STRING.sub("", argument).strip():
        return ["".join(STRING.findall(argument))]
    # With cat( or +: what is put before it differs from line to line, or what is put behind it.
    longest = max(STRING.findall(argument), key=len, default="").strip().removeprefix('\\" ')
    ends = argument.rstrip(")").rstrip().endswith('"')
    return [longest.rstrip(": ") + ("" if ends else ": ..." if longest.endswith(":") else " ...")]


def in_sources():
    found = {}
    for path, text in sources():
        for call in CALL.finditer(text):
            level = call["level"] or call["written"] or "warning"
            for message in messages_of(first_argument(text, call.end()), text):
                message = message.replace('\\"', '"')
                found.setdefault(message, {"levels": set(), "path": path})["levels"].add(level)
    return found


def in_document():
    found, faults = {}, []
    with open(DOCUMENT) as f:
        for number, line in enumerate(f, 1):
            listed = LISTED.match(line)
            if listed and listed[1] in found:
                faults.append("%s:%d: %s stands there twice" % (DOCUMENT, number, listed[1]))
            elif listed:
                found[listed[1]] = set(listed[2].split(", "))
            elif line.startswith("* "):
                faults.append("%s:%d: this is no message" % (DOCUMENT, number))
    return found, faults


def main():
    sources_say, (document_says, faults) = in_sources(), in_document()
    lacking = ["%s: not in %s: %s" % (what["path"], DOCUMENT, message)
               for message, what in sources_say.items() if message not in document_says]
    unknown = faults + ["%s: nobody logs: %s" % (DOCUMENT, message)
                        for message in document_says if message not in sources_say]
    wrong = ["%s: %s is %s" % (DOCUMENT, message, ", ".join(sorted(what["levels"])))
             for message, what in sources_say.items()
             if document_says.get(message, what["levels"]) != what["levels"]]
    cases = (("there are messages", [] if len(sources_say) > 150 else [str(len(sources_say))]),
             ("each message is explained", lacking), ("each explained message is logged", unknown),
             ("levels are those of the sources", wrong))
    harness.tell(cases)


if __name__ == "__main__":
    main()
