// murder queue: the mail and the articles that this server has to send and could not yet.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/tool.h"
#include "imap/nntp/feed.h"
#include "imap/submission/queue.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

using submission::Entry;
using submission::Queue;

struct Waiting {
    Queue* queue;
    Entry entry;
};

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
bool needs_attention(const Waiting& one)
{
    return one.entry.is_damaged || one.entry.is_held;
}

int show(const std::vector<Waiting>& waiting, bool json)
{
    Report report;
    auto& section = report.section(
        "queue", "Mail to send",
        {"id", "state", "kind", "owner", "from", "to", "seconds", "tries", "next", "reason"});
    const int64_t now = wall_seconds();
    for (const Waiting& one : waiting) section.rows.push_back(row_of(one.entry, now));
    const bool bad = std::any_of(waiting.begin(), waiting.end(), needs_attention);
    if (json)
        print(report.to_json(bad ? "warning" : "fine"));
    else
        print(waiting.empty() ? "nothing to send\n" : report.to_text());
    return bad ? kWarning : kFine;
}

// Both queues: the mail, and the articles for other servers of news, if there are any.
class Queues {
 public:
    Queues(const config::Config& config, std::vector<nntp::Peer> peers)
        : config_(config), feed_(config, std::move(peers), nntp::Feed::Patience::none)
    {
    }
    Status open()
    {
        TRY_ASSIGN(mail_, Queue::open(config_));
        all_ = {&*mail_};
        if (::access(nntp::Feed::directory(config_).c_str(), F_OK) != 0) return success();
        TRY_ASSIGN(Queue * articles, feed_.queue());
        all_.push_back(articles);
        return success();
    }
    // Those that are meant: of an id one; "": all.
    Result<std::vector<Waiting>> chosen(const std::string& id) const
    {
        std::vector<Waiting> waiting;
        for (Queue* queue : all_) {
            TRY_ASSIGN(auto entries, queue->list());
            for (Entry& entry : entries)
                if (id.empty() || entry.id == id) waiting.push_back({queue, std::move(entry)});
        }
        if (waiting.empty() && !id.empty())
            return Error{Code::not_found, cat(id, ": there is no such mail")};
        return waiting;
    }

 private:
    const config::Config& config_;
    nntp::Feed feed_;
    std::optional<Queue> mail_;
    std::vector<Queue*> all_;
};

Result<int> run(const Queues& queues, const std::string& id)
{
    TRY_ASSIGN(const auto waiting, queues.chosen(id));
    int code = kFine;
    for (const auto& [queue, entry] : waiting) {
        const auto tried = queue->try_entry(entry.id, submission::When::now, nullptr);
        std::string reason;
        if (tried != submission::Tried::sent) {
            code = kWarning;
            if (auto now = queues.chosen(entry.id); now)
                reason = cat(": ", now->front().entry.state.reason);
        }
        print(cat(entry.id, ' ', submission::tried_word(tried), reason, '\n'));
    }
    return code;
}

Result<int> remove(const Queues& queues, const std::string& id)
{
    TRY_ASSIGN(const auto waiting, queues.chosen(id));
    int code = kFine;
    for (const auto& [queue, entry] : waiting) {
        const std::string what = entry.is_damaged
                                     ? cat(entry.id, " damaged")
                                     : cat(entry.id, ' ', submission::kind_word(entry.mail.kind),
                                           " <", entry.mail.from, "> to ", addresses(entry));
        const auto gone = queue->remove(entry.id);
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
    TRY_ASSIGN(auto peers, nntp::peers_of(config));
    Queues queues(config, std::move(peers));
    TRY(queues.open());
    if (a.run) return run(queues, id);
    if (a.remove) return remove(queues, id);
    TRY_ASSIGN(const auto waiting, queues.chosen({}));
    return show(waiting, a.json);
}

}  // namespace rookery::admin::murder
