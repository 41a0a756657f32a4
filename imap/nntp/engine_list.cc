// Groups: selecting one, and lists of them.
#include <algorithm>

#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/model/access.h"
#include "imap/nntp/engine.h"
#include "imap/nntp/moment.h"
#include "imap/nntp/reply.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kNoGroup = "No newsgroup selected";
constexpr std::string_view kList = "List of newsgroups follows";
// What everybody may see and nobody but an administrator changes (RFC 5464 6.2.1).
constexpr std::string_view kComment = "/comment";

std::string numbers_of(const Marks& marks)
{
    return cat(marks.count, ' ', marks.low, ' ', marks.high);
}

}  // namespace

// --- one group

bool Engine::is_readable(const model::MailboxEntry& entry) const
{
    const auto rights = model::rights_on(who(), entry, mboxlist::access_options(config_));
    return rights.has(model::Rights::lookup | model::Rights::read);
}

bool Engine::may_post(const model::MailboxEntry& entry) const
{
    return model::rights_on(who(), entry, mboxlist::access_options(config_))
        .has(model::Rights::post);
}

// Of a group of another server that one asks for the rights too.
Result<model::MailboxEntry> Engine::find_group(std::string_view name)
{
    TRY_ASSIGN(const model::MailboxName mailbox, newsgroups_.mailbox_of(name));
    TRY_ASSIGN(model::MailboxEntry entry,
               mboxlist::find_mailbox(directory_, mailbox, [&](const auto& e) {
                   return mboxlist::check_readable(e, store_ != nullptr);
               }));
    TRY(model::require(who(), entry, model::Rights::read, mboxlist::access_options(config_)));
    return entry;
}

// Gives the line for the client; the group is selected if that is a 211.
Result<Answer> Engine::select(std::string_view name, const Command& command)
{
    TRY_ASSIGN(model::MailboxEntry entry, find_group(name));
    if (!entry.is_local()) return select_there(entry, command);
    if (store_ == nullptr) return Error{Code::config, "a mailbox is here, and no partition"};
    TRY_ASSIGN(auto opened, Group::open(*store_, entry, who().userid, std::string(name)));
    const Marks marks = opened->marks();
    if (marks.is_closed)
        log::warning("a newsgroup is closed: its article numbers are used up",
                     {{"mailbox", entry.name.internal()}});
    service::scoreboard::set_mailbox(entry.name.internal());
    relay_.keep("");
    ids_.select(opened->name());
    selected_ = Selected{std::move(opened), {}, std::string(name)};
    return Answer{211, cat("211 ", numbers_of(marks), ' ', name)};
}

Result<Answer> Engine::select_there(const model::MailboxEntry& entry, const Command& command)
{
    std::string server = entry.server;
    auto answer = relay_.ask(server, command);
    // The list may be behind the mailbox.
    if ((answer && answer->code == 411) || answer.is(Code::moved)) {
        TRY(directory_.catch_up());
        TRY_ASSIGN(const auto now, mboxlist::look_up(directory_, entry.name,
                                                     [](const auto&) { return success(); }));
        if (!now.server.empty() && now.server != server) {
            server = now.server;
            answer = relay_.ask(server, command);
        }
    }
    if (!answer) return answer;
    if (answer->code == 211) {
        const std::string_view name = command.words.front();
        service::scoreboard::set_backend(server);
        relay_.keep(server);
        selected_ = Selected{nullptr, server, std::string(name)};
    }
    return answer;
}

void Engine::group(const Command& command)
{
    const auto answer = select(command.words[0], command);
    if (!answer) return refuse(answer.error());
    client_.put(answer->line, "\r\n");
}

void Engine::put_numbers(const Range& range)
{
    for (const uint32_t number : selected_->here->numbers(range)) client_.put(number, "\r\n");
    client_.put(".\r\n");
}

void Engine::listgroup(const Command& command)
{
    if (command.words.empty()) {
        if (!selected_) return say(412, kNoGroup);
        if (!selected_->here) return pass_to_group(command);
        if (!look_at_group()) return;
        selected_->here->set_current(selected_->here->behind(0));
        say(211, cat(numbers_of(selected_->here->marks()), ' ', selected_->name, " list follows"));
        return put_numbers({});
    }
    Range range;
    if (command.words.size() > 1) {
        auto parsed = parse_range(command.words[1]);
        if (!parsed) return bad(parsed.error());
        range = *parsed;
    }
    const auto answer = select(command.words[0], command);
    if (!answer) return refuse(answer.error());
    if (answer->code == 211 && selected_->here) {
        client_.put(answer->line, " list follows\r\n");
        return put_numbers(range);
    }
    if (const Status passed = relay_.pass_on(selected_ ? selected_->server : "", command, *answer);
        !passed)
        refuse(passed.error());
}

// --- lists

// False in good, and said: the word is no wildmat. None without one.
std::optional<text::Wildmat> Engine::wildmat_of(const Command& command, size_t word, bool& good)
{
    good = true;
    if (command.words.size() <= word) return std::nullopt;
    auto made = text::Wildmat::compile(command.words[word]);
    if (made) return *std::move(made);
    good = false;
    bad(made.error());
    return std::nullopt;
}

Status Engine::each_group(const std::optional<text::Wildmat>& which, const EachGroup& each)
{
    return newsgroups_.each(directory_, [&](const std::string& name, const auto& entry) {
        const bool wanted =
            entry.is_there() && (!which || which->matches(name)) && is_readable(entry);
        if (wanted) each(name, entry);
        return client_.ok();
    });
}

// A server that is away, or a group that is damaged, costs itself alone.
void Engine::list_all(const Command& command, const std::optional<text::Wildmat>& which,
                      std::string_view text, const EachGroup& here)
{
    say(command.verb->lines, text);
    std::vector<std::string> servers;
    const Status done = each_group(which, [&](const std::string& name, const auto& entry) {
        if (!entry.is_local()) {
            if (std::find(servers.begin(), servers.end(), entry.server) == servers.end())
                servers.push_back(entry.server);
        } else if (store_ != nullptr) {
            here(name, entry);
        }
    });
    if (!done) log::warning("the list of newsgroups", {{"reason", done.error()}});
    if (who().relayed) servers.clear();
    for (const std::string& server : servers) {
        auto answer = relay_.ask(server, command);
        Status taken = answer ? success() : Status(answer.error());
        if (answer && answer->code == command.verb->lines)
            taken = relay_.each_line(server, [&](std::string_view line) {
                client_.put(line.starts_with('.') ? "." : "", line, "\r\n");
            });
        else if (answer)
            taken = Error{Code::unavailable, answer->line};
        if (!taken)
            log::warning("the newsgroups of a server are not in the list",
                         {{"server", server}, {"reason", taken.error()}});
    }
    client_.put(".\r\n");
}

// Without opening the mailbox: that costs as much as it has messages.
Result<Marks> Engine::marks_of(const model::MailboxEntry& entry)
{
    const auto extent = store_->extent(entry);
    if (!extent && !extent.is(Code::unsupported)) return extent.error();
    // Of one that goes on where numbers end, those below are counted.
    if (extent && extent->uidnext != 0 && extent->uidnext <= kMaxNumber + 1) {
        Marks marks = nntp::marks_of(extent->messages, extent->first_uid, extent->uidnext);
        marks.made = extent->uidvalidity;
        return marks;
    }
    TRY_ASSIGN(const auto group, Group::open(*store_, entry, who().userid, {}));
    return group->marks();
}

// Each of them as the line says; one that is damaged costs itself alone.
void Engine::list_marks(const Command& command, const std::optional<text::Wildmat>& which,
                        std::string_view text, const EachMarks& line)
{
    list_all(command, which, text, [&](const std::string& name, const auto& entry) {
        const auto marks = marks_of(entry);
        if (!marks)
            return log::warning("a newsgroup cannot be opened",
                                {{"mailbox", entry.name.internal()}, {"reason", marks.error()}});
        const char status = marks->is_closed ? 'x' : may_post(entry) ? 'y' : 'n';
        client_.put(line(name, *marks, status));
    });
}

void Engine::list_active(const Command& command)
{
    bool good = true;
    const auto which = wildmat_of(command, 0, good);
    if (!good) return;
    list_marks(command, which, kList, [](const auto& name, const Marks& marks, char status) {
        return cat(name, ' ', marks.high, ' ', marks.low, ' ', status, "\r\n");
    });
}

void Engine::list_counts(const Command& command)
{
    bool good = true;
    const auto which = wildmat_of(command, 0, good);
    if (!good) return;
    list_marks(command, which, kList, [](const auto& name, const Marks& marks, char status) {
        return cat(name, ' ', marks.high, ' ', marks.low, ' ', marks.count, ' ', status, "\r\n");
    });
}

void Engine::list_active_times(const Command& command)
{
    bool good = true;
    const auto which = wildmat_of(command, 0, good);
    if (!good) return;
    list_marks(command, which, kList, [this](const auto& name, const Marks& marks, char) {
        return cat(name, ' ', marks.made, ' ', config_.servername(), "\r\n");
    });
}

void Engine::list_newsgroups(const Command& command)
{
    bool good = true;
    const auto which = wildmat_of(command, 0, good);
    if (!good) return;
    list_all(command, which, kList, [&](const std::string& name, const auto& entry) {
        std::string comment;
        if (mailbox::Annotations* const annotations = store_->annotations())
            if (const auto all = annotations->list(entry))
                for (const mailbox::Annotation& a : *all)
                    if (a.entry == kComment && a.userid.empty()) comment = shown(a.value);
        if (!comment.empty()) client_.put(name, '\t', comment, "\r\n");
    });
}

void Engine::list_headers(const Command& command)
{
    // ":" is all of them: HDR takes any (RFC 3977 8.6.2).
    if (!command.words.empty() && !equal_nocase(command.words[0], "MSGID") &&
        !equal_nocase(command.words[0], "RANGE"))
        return bad(Error{Code::syntax, "MSGID or RANGE"});
    say(215, "Header fields follow");
    client_.put(":\r\n:bytes\r\n:lines\r\n.\r\n");
}

void Engine::list_motd(const Command&)
{
    const auto motd = kit_.motd();
    if (!motd) return say(503, "There is no message of the day");
    say(215, "Message of the day follows");
    client_.put(motd->starts_with('.') ? "." : "", *motd, "\r\n.\r\n");
}

void Engine::list_overview_fmt(const Command&)
{
    say(215, "Order of fields follows");
    // The older names (RFC 3977 8.4.2): slrn asks for no overview where it does not find them.
    client_.put("Subject:\r\nFrom:\r\nDate:\r\nMessage-ID:\r\nReferences:\r\nBytes:\r\nLines:\r\n"
                "Xref:full\r\n.\r\n");
}

// --- what is new

void Engine::newgroups(const Command& command)
{
    const auto since = parse_moment(command.words[0], command.words[1], wall_seconds());
    if (!since) return bad(since.error());
    if (command.words.size() > 2 && !equal_nocase(command.words[2], "GMT"))
        return bad(Error{Code::syntax, "GMT or nothing"});
    list_marks(command, std::nullopt, "New newsgroups follow",
               [&](const auto& name, const Marks& marks, char status) {
                   if (marks.made < *since) return std::string();
                   return cat(name, ' ', marks.high, ' ', marks.low, ' ', status, "\r\n");
               });
}

void Engine::newnews(const Command& command)
{
    if (!config_.allownewnews()) return say(502, "NEWNEWS is not allowed here");
    bool good = true;
    const auto which = wildmat_of(command, 0, good);
    if (!good) return;
    const auto since = parse_moment(command.words[1], command.words[2], wall_seconds());
    if (!since) return bad(since.error());
    if (command.words.size() > 3 && !equal_nocase(command.words[3], "GMT"))
        return bad(Error{Code::syntax, "GMT or nothing"});
    list_all(command, which, "New articles follow", [&](const auto& name, const auto& entry) {
        const auto opened = Group::open(*store_, entry, who().userid, name);
        if (!opened) return;
        Group& group = **opened;
        for (const uint32_t number : group.numbers({})) {
            if (group.arrived(number) < *since) continue;
            const auto id = group.field(number, "Message-ID");
            if (id && *id && is_message_id(trim(**id))) client_.put(trim(**id), "\r\n");
        }
    });
}

}  // namespace rookery::nntp
