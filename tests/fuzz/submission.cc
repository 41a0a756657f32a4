// A NUL between: a text that a script gave, a mailto URI, a message. Whatever the bytes, what is
// written of them is a header of our own fields, each once and in ASCII, and a message that is read
// back as it was meant; and an envelope can be queued and read back.
#include <algorithm>
#include <set>
#include <string>

#include "imap/submission/automatic.h"
#include "imap/submission/compose.h"
#include "imap/submission/entry_format.h"
#include "imap/submission/notification.h"
#include "lib/base/strings.h"
#include "lib/text/message.h"
#include "lib/text/utf8.h"
#include "tests/fuzz/target.h"

using namespace rookery;
using namespace rookery::submission;

namespace {

const Making kMaking = {"mail.example.org", {1795918413, 60}, "fuzz-1"};

// own: no field but those that we write (a notification may have others, which are harmless).
void look_at(const std::string& message, bool own)
{
    static const std::set<std::string> kOwn = {"date",
                                               "message-id",
                                               "from",
                                               "to",
                                               "subject",
                                               "in-reply-to",
                                               "references",
                                               "auto-submitted",
                                               "x-loop",
                                               "mime-version",
                                               "content-type",
                                               "content-transfer-encoding",
                                               "x-rookery-notice"};
    static const std::set<std::string> kOnce = {"from",    "date", "message-id",   "auto-submitted",
                                                "subject", "to",   "mime-version", "content-type"};
    const std::string_view header = std::string_view(message).substr(0, text::header_size(message));
    fuzz::require(text::is_ascii(header), "a header is ASCII");
    fuzz::require(header.ends_with("\r\n\r\n"), "a header ends");
    for (const std::string_view line : split(header, '\n'))
        fuzz::require(line.size() <= 999 && line.find('\0') == line.npos, "a line fits");
    std::multiset<std::string> names;
    text::HeaderCursor cursor(header);
    while (const auto field = cursor.next()) {
        const std::string name = to_lower(field->name);
        fuzz::require(!name.empty(), "a line is a field");
        const bool known = kOwn.contains(name) || name.starts_with("content-");
        fuzz::require(!own || known, "a field is ours");
        fuzz::require(name != "bcc" && !name.starts_with("resent-"), "nobody else is named");
        names.insert(name);
    }
    for (const std::string& name : kOnce) fuzz::require(names.count(name) <= 1, "a field is once");
    fuzz::require(
        names.count("from") == 1 && names.count("date") == 1 && names.count("auto-submitted") == 1,
        "it says what it is");
}

void queue(const Outgoing& mail)
{
    if (!check_outgoing(mail)) return;
    Head head;
    head.mails = {mail, mail};
    const std::string text = to_text(head);
    if (text.size() > kMaxHead) return;
    const auto read = parse_head(text);
    fuzz::require(read.ok() && read->bytes == text.size() && read->mails.size() == 2 &&
                      read->mails[1].from == mail.from && read->mails[1].to == mail.to &&
                      read->mails[1].owner == mail.owner,
                  "an envelope comes back");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto s = fuzz::text_of(data, size);
    const size_t first = std::min(s.find('\0'), s.size());
    const size_t second = std::min(s.find('\0', first + 1), s.size());
    const std::string given(s.substr(0, first));
    const std::string uri(s.substr(std::min(first + 1, s.size()), second - first));
    const std::string_view message = s.substr(std::min(second + 1, s.size()));
    (void)parse_head(s);
    (void)parse_try_state(s);
    for (const bool is_mime : {false, true}) {
        const auto answer = vacation_answer(
            {given, "fred@example.org", "joe@example.net", is_mime ? "" : given, given, is_mime},
            message, kMaking);
        if (answer) look_at(answer->text(), !is_mime);
    }
    for (const std::string& method : {uri, cat("mailto:a@b?subject=", uri)}) {
        const auto made =
            notification({method, given, given, 1, given, "fred@example.org"}, message, kMaking);
        if (!made) continue;
        look_at(made->mail.text(), false);
        queue({made->from, made->to, given, Kind::notify});
    }
    look_at(rejection({given, given, given}, message, kMaking).text(), true);
    look_at(undeliverable_notice({given, given, given, given, given, {}}, message, kMaking).text(),
            true);
    look_at(broken_script_notice({given, given, given}, kMaking).text(), true);
    const std::string trace = redirect_trace(given);
    fuzz::require(is_looping(trace + "\r\n", given), "a trace is known again");
    (void)may_reject(given, message);
    (void)may_notify(message);
    return 0;
}
