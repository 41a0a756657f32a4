// murder queue: the mail that this server has to send and could not yet.
#include <algorithm>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/tool.h"
#include "imap/submission/queue.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

using submission::Entry;
using submission::Queue;

std::string_view state_word(const Entry& entry)
{
    if (entry.is_damaged) return "damaged";
    if (entry.is_held) return "held";
    if (entry.state.failed != 0) return "returning";
    return "waiting";
}

std::string addresses(const Entry& entry)
{
    std::string out;
    for (const std::string& to : entry.mail.to) cat_to(out, out.empty() ? "" : ",", to);
    return out;
}

std::vector<Value> row_of(const Entry& entry, int64_t now)
{
    const int64_t next = entry.is_held ? 0 : std::max<int64_t>(entry.state.next - now, 0);
    if (entry.is_damaged)
        return {
            entry.id,         state_word(entry), "", "", "", "", Value::number(0), Value::number(0),
            Value::number(0), entry.state.reason};
    return {entry.id,
            state_word(entry),
            submission::kind_word(entry.mail.kind),
            entry.mail.owner,
            cat('<', entry.mail.from, '>'),
            addresses(entry),
            Value::number(now - entry.arrived),
            Value::number(entry.state.tries),
            Value::number(next),
            entry.state.reason};
}

// Somebody has to do something about it.
bool needs_attention(const Entry& entry)
{
    return entry.is_damaged || entry.is_held;
}

int show(const std::vector<Entry>& entries, bool json)
{
    Report report;
    auto& section = report.section(
        "queue", "Mail to send",
        {"id", "state", "kind", "owner", "from", "to", "seconds", "tries", "next", "reason"});
    const int64_t now = wall_seconds();
    for (const Entry& entry : entries) section.rows.push_back(row_of(entry, now));
    const bool bad = std::any_of(entries.begin(), entries.end(), needs_attention);
    if (json)
        print(report.to_json(bad ? "warning" : "fine"));
    else
        print(entries.empty() ? "nothing to send\n" : report.to_text());
    return bad ? kWarning : kFine;
}

// Those that are meant: of an id one, or none if there is no such mail.
Result<std::vector<Entry>> chosen(const Queue& queue, const std::string& id)
{
    TRY_ASSIGN(auto entries, queue.list());
    if (id.empty()) return entries;
    std::erase_if(entries, [&](const Entry& entry) { return entry.id != id; });
    if (entries.empty()) return Error{Code::not_found, cat(id, ": there is no such mail")};
    return entries;
}

Result<int> run(Queue& queue, const std::string& id)
{
    TRY_ASSIGN(const auto entries, chosen(queue, id));
    int code = kFine;
    for (const Entry& entry : entries) {
        const auto tried = queue.try_entry(entry.id, submission::When::now, nullptr);
        std::string reason;
        if (tried != submission::Tried::sent) {
            code = kWarning;
            if (auto now = chosen(queue, entry.id); now)
                reason = cat(": ", now->front().state.reason);
        }
        print(cat(entry.id, ' ', submission::tried_word(tried), reason, '\n'));
    }
    return code;
}

Result<int> remove(Queue& queue, const std::string& id)
{
    TRY_ASSIGN(const auto entries, chosen(queue, id));
    int code = kFine;
    for (const Entry& entry : entries) {
        const std::string what = entry.is_damaged
                                     ? cat(entry.id, " damaged")
                                     : cat(entry.id, ' ', submission::kind_word(entry.mail.kind),
                                           " <", entry.mail.from, "> to ", addresses(entry));
        const auto gone = queue.remove(entry.id);
        if (gone)
            log::notice("mail removed", {{"id", entry.id}, {"to", addresses(entry)}});
        else
            code = kWarning;
        print(gone ? cat("removed ", what, '\n')
                   : cat("not removed ", what, ": ", gone.error().text, '\n'));
    }
    return code;
}

}  // namespace

Result<int> queue(const config::Config& config, const Arguments& a)
{
    const std::string id = a.words.size() == 2 ? a.words[1] : "";
    const bool only_one_thing = !(a.run && a.remove) && !(a.json && (a.run || a.remove));
    const bool says_which = a.remove ? a.all != !id.empty() : !a.all && (a.run || id.empty());
    if (a.words.size() > 2 || !only_one_thing || !says_which) a.refuse();
    TRY_ASSIGN(auto all, Queue::open(config));
    if (a.run) return run(all, id);
    if (a.remove) return remove(all, id);
    TRY_ASSIGN(const auto entries, all.list());
    return show(entries, a.json);
}

}  // namespace rookery::admin::murder
