#include "tests/unit/imap/sieve/cases.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

const char* const kMessage =
    "Received: from a.example.org by b.example.org; Fri, 31 Dec 2004 23:30:00 -0500\r\n"
    "Received: from z.example.org by a.example.org; Fri, 31 Dec 2004 20:00:00 -0500\r\n"
    "From: Alice Alpha <alice+x@example.org>\r\n"
    "To: bob@example.com, \"Carol, C.\" <carol@sub.example.com>\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= to\r\n you\r\n"
    "X-Spam-Score: 12\r\n"
    "X-Empty:\r\n"
    "Date: Thu, 30 Dec 2004 10:15:05 +0200\r\n"
    "Message-ID: <m1@example.org>\r\n"
    "\r\n"
    "Hello,\r\nthis is a body.\r\n";

std::optional<std::string> FakeWorld::envelope(std::string_view part)
{
    const auto found = envelopes.find(part);
    if (found == envelopes.end()) return std::nullopt;
    return found->second;
}

Result<bool> FakeWorld::mailbox_exists(const std::string& name)
{
    return mailboxes.count(name) != 0;
}

Result<bool> FakeWorld::mailboxid_exists(const std::string& id)
{
    return mailbox_ids.count(id) != 0;
}

Result<bool> FakeWorld::special_use_exists(const std::string* mailbox,
                                           const std::vector<std::string>& attributes)
{
    return std::all_of(attributes.begin(), attributes.end(), [&](const std::string& a) {
        const auto found = special_uses.find(a);
        return found != special_uses.end() && (mailbox == nullptr || found->second == *mailbox);
    });
}

Result<std::optional<std::string>> FakeWorld::metadata(const std::string* mailbox,
                                                       const std::string& annotation)
{
    const auto found = annotations.find(cat(mailbox != nullptr ? *mailbox : "", annotation));
    if (found == annotations.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
}

Result<bool> FakeWorld::was_seen(const sieve::DuplicateMark& mark)
{
    return seen.count(cat(mark.handle, '/', mark.id)) != 0;
}

std::optional<std::string> FakeWorld::item(std::string_view name)
{
    if (name == "domain") return "example.com";
    return std::nullopt;
}

Result<const sieve::Program*> FakeWorld::script(sieve::Location location, const std::string& name)
{
    const auto& all = location == sieve::Location::personal ? personal : global;
    const auto found = all.find(name);
    if (found == all.end()) return Error{Code::not_found, cat("there is no script ", name)};
    auto compiled = sieve::compile(found->second);
    if (!compiled.program) return Error{Code::syntax, compiled.errors[0].to_string()};
    compiled_.push_back(std::move(compiled));
    return compiled_.back().program.get();
}

std::optional<unsigned> FakeWorld::test_score(std::string_view test)
{
    const auto found = scores.find(test);
    if (found == scores.end()) return std::nullopt;
    return found->second;
}

Result<bool> FakeWorld::list_contains(const std::string& list, const std::string& value)
{
    const auto found = lists.find(list);
    if (found == lists.end()) return Error{Code::not_found, cat("there is no list ", list)};
    return found->second.count(value) != 0;
}

std::optional<std::string> FakeWorld::notify_capability(const std::string& uri,
                                                        std::string_view capability)
{
    if (uri.starts_with("mailto:") && capability == "online") return "maybe";
    return std::nullopt;
}

std::string outcome(std::string_view script, FakeWorld& world, const sieve::Limits& limits)
{
    const auto compiled = sieve::compile(script, limits);
    if (!compiled.program) {
        std::string out = "!";
        for (const auto& e : compiled.errors)
            cat_to(out, out.size() > 1 ? "; " : "", e.to_string());
        return out;
    }
    const auto done = sieve::run(*compiled.program, world);
    if (!done) return cat("!run: ", done.error().text);
    std::string out;
    const std::string text = sieve::to_text(*done);
    for (const auto line : split(text, '\n', false)) cat_to(out, out.empty() ? "" : "; ", line);
    return out;
}

void check_case(const SieveCase& row, FakeWorld& world, const sieve::Limits& limits)
{
    if (row.message != nullptr) world.bytes = row.message;
    const std::string got = outcome(row.script, world, limits);
    const std::string want = row.want;
    const bool good = want.starts_with('!') && want.size() > 1
                          ? got.starts_with('!') && got.find(want.substr(1)) != std::string::npos
                          : got == want;
    ck_assert_msg(good, "%s: got %s, wanted %s", row.name, got.c_str(), row.want);
}

}  // namespace rookery::test
