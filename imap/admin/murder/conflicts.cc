// murder conflicts: mailboxes that two servers say they hold. Neither copy is ever removed: the one
// that is not kept is renamed on its server.
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/tool.h"
#include "imap/backend/reply_lines.h"
#include "imap/mupdate/master/list_entry.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::admin::murder {
namespace {

struct Conflict {
    int64_t since = 0;
    std::string holder, claim, by, name;  // holder and claim are locations
};

// A master of Cyrus: whoever tells it of a name last has the name, and it remembers nobody else.
constexpr std::string_view kNoRecord =
    "the mupdate master keeps no record of conflicts: it lists each mailbox once, at the server "
    "that told it last";
constexpr std::string_view kAskBackends =
    "murder check names the mailboxes that a server has and the master lists elsewhere";

Result<std::vector<Conflict>> read_conflicts(mupdate::Client& master)
{
    TRY_ASSIGN(auto lines, master.status());
    std::vector<Conflict> out;
    for (const auto& line : lines) {
        if (line.key != "conflict") continue;
        auto words = split(line.value, ' ');
        if (words.size() < 5) continue;
        Conflict c;
        c.since = static_cast<int64_t>(to_uint64(words[0], INT64_MAX).value_or(0));
        c.holder = words[1];
        c.claim = words[2];
        c.by = words[3];
        c.name = line.value.substr(static_cast<size_t>(words[4].data() - line.value.data()));
        out.push_back(std::move(c));
    }
    return out;
}

int show(const std::vector<Conflict>& all, const std::string& name, const Arguments& a)
{
    Report report;
    auto& section = report.section("conflicts", "Conflicts",
                                   {"mailbox", "held at", "claimed at", "by", "seconds"});
    for (const Conflict& c : all)
        if (name.empty() || c.name == name)
            section.rows.push_back(
                {c.name, c.holder, c.claim, c.by, Value::number(wall_seconds() - c.since)});
    const bool any = !section.rows.empty();
    if (a.json)
        print(report.to_json(any ? "warning" : "fine"));
    else
        print(any ? report.to_text() : "no conflicts\n");
    return any ? kWarning : kFine;
}

// What can be said without the master's record: that there is none, and of one mailbox where it is.
Result<int> show_without_record(const std::string& name, const Arguments& a,
                                mupdate::Client& master)
{
    Report report;
    auto& limits = report.section("unknown", "What cannot be known", {"what", "instead"});
    limits.rows.push_back({kNoRecord, kAskBackends});
    auto& listed = report.section("listed", "At the master", {"mailbox", "at"});
    if (!name.empty()) {
        TRY_ASSIGN(const auto record, master.find(name));
        listed.rows.push_back({name, record ? record->location : "-"});
    }
    print(a.json ? report.to_json("warning") : report.to_text());
    return kWarning;
}

// user.bob.Sent of be2 becomes user.bob-conflict-be2.Sent: the tree of a user stays one.
std::string aside(const std::string& name, std::string_view server)
{
    std::string mark = "-conflict-";
    for (char c : server.substr(0, std::min(server.find('.'), server.size())))
        mark.push_back(c == ':' ? '-' : c);
    size_t end = name.size();
    if (name.starts_with("user.")) end = std::min(name.find('.', 5), name.size());
    return cat(name.substr(0, end), mark, name.substr(end));
}

// By IMAP, as the identity that this node has at backends: an administrator there.
Status rename_at(const config::Config& config, const std::string& server, const std::string& from,
                 const std::string& to)
{
    backend::ConnectOptions options;
    TRY_ASSIGN(auto there,
               backend::Backend::connect(config, backend::imap_dialect(), server, options));
    const std::string tag = there->next_tag();
    std::string line = cat(tag, " RENAME ");
    text::put_quoted(line, from);
    line.push_back(' ');
    text::put_quoted(line, to);
    TRY(backend::send_line(there->stream(), line));
    for (;;) {
        TRY_ASSIGN(std::string answer, backend::read_reply_line(there->stream()));
        if (!answer.starts_with(tag + " ")) continue;
        there->logout();
        if (starts_with_nocase(std::string_view(answer).substr(tag.size() + 1), "OK"))
            return success();
        return Error{Code::denied, cat(server, " says: ", answer.substr(tag.size() + 1))};
    }
}

Result<int> resolve(const config::Config& config, const std::vector<Conflict>& all,
                    const std::string& name, const std::string& keep, mupdate::Client& master)
{
    std::vector<std::string> others;
    bool known = false;
    for (const Conflict& c : all) {
        if (c.name != name) continue;
        for (const std::string* location : {&c.holder, &c.claim}) {
            const std::string server(mupdate::server_of(*location));
            if (server == keep)
                known = true;
            else if (std::find(others.begin(), others.end(), server) == others.end())
                others.push_back(server);
        }
    }
    if (others.empty()) return Error{Code::not_found, cat(name, ": there is no conflict")};
    if (!known) return Error{Code::not_found, cat(keep, " does not claim ", name)};
    // First who holds it: the other's rename then gives up a claim, not the mailbox.
    TRY_ASSIGN(auto reply, master.run(mupdate::Verb::resolve,
                                      {std::string_view(name), std::string_view(keep)}));
    if (!reply.ok) return Error{Code::denied, cat("the mupdate master says: ", reply.text)};
    print(cat(name, " is at ", keep, "\n"));
    int code = kFine;
    for (const std::string& server : others) {
        const std::string to = aside(name, server);
        Status renamed = rename_at(config, server, name, to);
        if (renamed) {
            print(cat("the copy at ", server, " is ", to, " now\n"));
        } else {
            code = kWarning;
            print(cat("the copy at ", server,
                      " keeps its name there; when it can be reached, "
                      "rename it to ",
                      to, ": ", renamed.error().text, "\n"));
        }
    }
    return code;
}

}  // namespace

Result<int> conflicts(const config::Config& config, const Arguments& a)
{
    const size_t n = a.words.size();
    const std::string what = n > 1 ? a.words[1] : "list";
    const bool listing = what == "list" && n <= 2;
    const bool showing = what == "show" && n == 3;
    const bool resolving = what == "resolve" && n == 3 && !a.keep.empty();
    if (!listing && !showing && !resolving) a.refuse();
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    const std::string name = n == 3 ? a.words[2] : "";
    auto read = read_conflicts(*master);
    if (read.is(Code::unsupported) && !resolving) return show_without_record(name, a, *master);
    if (read.is(Code::unsupported))
        return Error{Code::unsupported,
                     cat(kNoRecord, ". Rename the other copy at its own server")};
    if (!read) return read.error();
    const auto& all = *read;
    Result<int> code =
        resolving ? resolve(config, all, name, a.keep, *master) : Result<int>(show(all, name, a));
    master->logout();
    return code;
}

}  // namespace rookery::admin::murder
