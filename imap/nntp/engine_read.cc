// Articles: by number, by Message-ID and the current one; their header fields and overview.
#include <algorithm>
#include <array>
#include <span>

#include "imap/mboxlist/find_mailbox.h"
#include "imap/nntp/engine.h"
#include "imap/nntp/reply.h"
#include "imap/session/message_lines.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kNoGroup = "No newsgroup selected";
constexpr std::string_view kNoCurrent = "The current article is invalid";
constexpr std::string_view kNoNumber = "No such article in this newsgroup";
constexpr std::string_view kNoId = "No such article";

// Of overview, in its order (RFC 3977 8.3.2).
constexpr std::array<std::string_view, 5> kOverview = {"Subject", "From", "Date", "Message-ID",
                                                       "References"};

}  // namespace

// --- elsewhere

void Engine::pass_to_group(const Command& command)
{
    const std::string server = selected_->server;
    const auto answer = relay_.ask(server, command);
    const Status passed =
        answer ? relay_.pass_on(server, command, *answer) : Status(answer.error());
    if (passed) return;
    // What was current there is not known any more.
    selected_.reset();
    service::counters::add(service::counters::Kind::backend_failures);
    if (client_.ok()) return refuse(passed.error());
    log::warning("the server of a newsgroup is lost",
                 {{"server", server}, {"reason", passed.error()}});
}

// At the server of the current group first, then at all that have groups.
void Engine::pass_article(const Command& command)
{
    std::vector<std::string> servers;
    if (selected_ && !selected_->here) servers.push_back(selected_->server);
    const Status listed = each_group(std::nullopt, [&](const auto&, const auto& entry) {
        if (!entry.is_local() &&
            std::find(servers.begin(), servers.end(), entry.server) == servers.end())
            servers.push_back(entry.server);
    });
    Status trouble = listed;
    for (const std::string& server : servers) {
        const auto answer = relay_.ask(server, command);
        if (!answer) {
            if (selected_ && selected_->server == server) selected_.reset();
            trouble = answer.error();
            continue;
        }
        if (answer->code == 430) continue;
        if (const Status passed = relay_.pass_on(server, command, *answer); !passed)
            log::warning("the server of a newsgroup is lost",
                         {{"server", server}, {"reason", passed.error()}});
        return;
    }
    // It may be where nobody answers.
    if (!trouble) return refuse(trouble.error());
    say(430, kNoId);
}

// --- here

bool Engine::has_group()
{
    if (selected_) return true;
    say(412, kNoGroup);
    return false;
}

// Null, and said: there is no group, or it is not here any more.
Group* Engine::look_at_group()
{
    if (!has_group()) return nullptr;
    const Status seen = selected_->here->look();
    if (seen) return selected_->here.get();
    log::warning("a newsgroup is lost", {{"group", selected_->name}, {"reason", seen.error()}});
    selected_.reset();
    say(412, "The newsgroup is not here any more");
    return nullptr;
}

bool Engine::is_it(Group& group, uint32_t number, std::string_view id)
{
    const auto own = group.field(number, "Message-ID");
    return own && *own && trim(**own) == id;
}

// Null: it is not here, or may not be read.
std::unique_ptr<Group> Engine::open_group(std::string_view name)
{
    const auto entry = find_group(name);
    if (!entry || !entry->is_local() || store_ == nullptr) return nullptr;
    auto opened = Group::open(*store_, *entry, who().userid, std::string(name));
    return opened ? *std::move(opened) : nullptr;
}

std::optional<Engine::Found> Engine::found_there(std::string_view group, uint32_t number,
                                                 std::string_view id, Group* current)
{
    if (current != nullptr && current->name() == group) {
        if (!current->has(number) || !is_it(*current, number, id)) return std::nullopt;
        return Found{current, number, number};
    }
    auto opened = open_group(group);
    if (!opened || !opened->has(number) || !is_it(*opened, number, id)) return std::nullopt;
    Group* const there = opened.get();
    return Found{there, number, 0, std::move(opened)};
}

// By what deliveries have noted; what came in another way is looked for in the groups that the
// session has selected.
std::optional<Engine::Found> Engine::find_by_id(std::string_view id)
{
    Group* const current =
        selected_ && selected_->here && selected_->here->look() ? selected_->here.get() : nullptr;
    for (const delivery::Articles::Place& place : articles_.places(id)) {
        auto name = model::MailboxName::from_internal(place.mailbox);
        const auto group = name ? newsgroups_.group_of(*name) : std::nullopt;
        if (!group) continue;
        if (auto found = found_there(*group, place.uid, id, current)) return found;
    }
    return find_in_seen(id, current);
}

std::optional<Engine::Found> Engine::find_in_seen(std::string_view id, Group* current)
{
    const auto among_known = [&]() -> std::optional<Found> {
        for (const MessageIds::Place& place : ids_.places(id))
            if (auto found = found_there(place.group, place.number, id, current)) return found;
        return std::nullopt;
    };
    if (current != nullptr) ids_.read(*current);
    if (auto found = among_known()) return found;
    for (const std::string& name : ids_.unread()) {
        if (ids_.is_full()) break;
        const auto group = open_group(name);
        if (group)
            ids_.read(*group);
        else
            ids_.forget(name);
        if (auto found = among_known()) return found;
    }
    return std::nullopt;
}

// None, and said.
std::optional<Engine::Found> Engine::find_article(const Command& command, size_t word)
{
    if (command.words.size() > word && command.words[word].starts_with('<')) {
        auto found = find_by_id(command.words[word]);
        if (!found) say(430, kNoId);
        return found;
    }
    if (command.words.size() > word) {
        const auto number = to_number<uint32_t>(command.words[word], kMaxNumber);
        if (!number) {
            bad(Error{Code::syntax, "That is no article"});
            return std::nullopt;
        }
        Group* const group = look_at_group();
        if (group == nullptr) return std::nullopt;
        if (group->has(*number)) return Found{group, *number, *number};
        say(423, kNoNumber);
        return std::nullopt;
    }
    Group* const group = look_at_group();
    if (group == nullptr) return std::nullopt;
    if (group->current() != 0 && group->has(group->current()))
        return Found{group, group->current(), group->current()};
    say(420, kNoCurrent);
    return std::nullopt;
}

// Where the article lies here. One that is in one group alone needs no look.
std::string Engine::xref_of(Group& group, uint32_t number, std::string_view header)
{
    std::string places = cat(config_.servername(), ' ', group.name(), ':', number);
    const auto groups = text::find_field(header, "Newsgroups");
    if (!groups || groups->find(',') == groups->npos) return places;
    const auto id = text::find_field(header, "Message-ID");
    if (!id) return places;
    for (const delivery::Articles::Place& place : articles_.places(trim(*id))) {
        auto name = model::MailboxName::from_internal(place.mailbox);
        const auto other = name ? newsgroups_.group_of(*name) : std::nullopt;
        if (other && *other != group.name()) cat_to(places, ' ', *other, ':', place.uid);
    }
    return places;
}

void Engine::send_article(const Command& command, int code, bool header, bool body)
{
    const auto found = find_article(command, 0);
    if (!found) return;
    Group& group = *found->group;
    auto content = group.content(found->number);
    if (content.is(Code::not_found)) return say(423, kNoNumber);
    if (!content) return refuse(content.error());
    // By its number only it becomes the current one.
    if (found->told != 0 && !command.has_message_id()) group.set_current(found->told);
    const std::string_view bytes = (*content)->bytes();
    const std::string_view head = bytes.substr(0, text::header_size(bytes));
    const auto id = text::find_field(head, "Message-ID");
    const std::string own = id ? std::string(trim(*id)) : std::string();
    say(code, cat(found->told, ' ', is_message_id(own) ? own : "<0>"));
    if (!header && !body) return;
    if (header) {
        // What another server wrote there is true there only (RFC 5536 3.2.14).
        text::HeaderCursor fields(head);
        size_t at = 0;
        while (const auto field = fields.next()) {
            if (!equal_nocase(field->name, "Xref")) session::send_text(client_, field->raw);
            at = static_cast<size_t>(field->raw.data() + field->raw.size() - head.data());
        }
        session::send_text(client_, cat("Xref: ", xref_of(group, found->number, head), "\r\n"));
        if (body) {
            const std::string_view rest = head.substr(at);
            client_.put(rest.empty() ? "\r\n" : rest);
        }
    }
    if (body && bytes.size() > head.size())
        session::send_message(client_, bytes.substr(head.size()));
    else
        client_.put(".\r\n");
}

void Engine::article(const Command& command)
{
    send_article(command, 220, true, true);
}

void Engine::head(const Command& command)
{
    send_article(command, 221, true, false);
}

void Engine::body(const Command& command)
{
    send_article(command, 222, false, true);
}

void Engine::stat(const Command& command)
{
    send_article(command, 223, false, false);
}

// --- from one to the next

void Engine::step(uint32_t to, std::string_view none)
{
    if (to == 0) return say(none.starts_with("No next") ? 421 : 422, none);
    Group& group = *selected_->here;
    group.set_current(to);
    const auto id = group.field(to, "Message-ID");
    const std::string own = id && *id ? std::string(trim(**id)) : std::string();
    say(223, cat(to, ' ', is_message_id(own) ? own : "<0>"));
}

void Engine::next(const Command&)
{
    Group* const group = look_at_group();
    if (group == nullptr) return;
    if (group->current() == 0) return say(420, kNoCurrent);
    step(group->behind(group->current()), "No next article");
}

void Engine::last(const Command&)
{
    Group* const group = look_at_group();
    if (group == nullptr) return;
    if (group->current() == 0) return say(420, kNoCurrent);
    step(group->before(group->current()), "No previous article");
}

// --- headers

void Engine::each_article(const Command& command, size_t word, int code, std::string_view text,
                          const EachArticle& each)
{
    const bool is_range = command.words.size() > word && !command.words[word].starts_with('<');
    if (!is_range) {
        const auto found = find_article(command, word);
        if (!found) return;
        say(code, text);
        each(*found->group, found->number, found->told);
        return client_.put(".\r\n");
    }
    const auto range = parse_range(command.words[word]);
    if (!range) return bad(range.error());
    Group* const group = look_at_group();
    if (group == nullptr) return;
    const auto numbers = group->numbers(*range);
    if (numbers.empty()) return say(423, "No articles in that range");
    say(code, text);
    // Each piece has the timeout for itself, as long as the client takes it.
    for (const uint32_t number : numbers) {
        if (!client_.ok()) return;
        client_.set_deadline(Deadline::after(client_.timeout()).or_told_to_end());
        each(*group, number, number);
    }
    client_.put(".\r\n");
}

// "": it is damaged, which was logged, or gone.
std::string Engine::overview_line(Group& group, uint32_t number, uint32_t told)
{
    // Each of them is kept by the cache, or none.
    const auto header = group.header_with(number, kOverview[0]);
    if (!header) return {};
    std::array<std::string_view, kOverview.size()> values;
    text::HeaderCursor fields(*header);
    while (const auto field = fields.next())
        for (size_t i = 0; i < kOverview.size(); ++i)
            if (values[i].data() == nullptr && equal_nocase(field->name, kOverview[i]))
                values[i] = field->value;
    std::string line = cat(told);
    for (const std::string_view value : values) cat_to(line, '\t', shown(value));
    const std::string xref = xref_of(group, number, *header);
    const auto bytes = group.bytes(number);
    const auto lines = group.lines(number);
    cat_to(line, '\t', bytes ? cat(*bytes) : "", '\t', lines ? cat(*lines) : "", "\tXref: ", xref,
           "\r\n");
    return line;
}

void Engine::over(const Command& command)
{
    each_article(command, 0, 224, "Overview follows",
                 [&](Group& group, uint32_t number, uint32_t told) {
                     client_.put(overview_line(group, number, told));
                 });
}

Result<std::string> Engine::value_of(Group& group, uint32_t number, std::string_view name)
{
    const bool is_old = name.empty() || name[0] != ':';
    if (equal_nocase(name, ":bytes") || (is_old && equal_nocase(name, "Bytes"))) {
        TRY_ASSIGN(const uint64_t bytes, group.bytes(number));
        return cat(bytes);
    }
    if (equal_nocase(name, ":lines")) {
        TRY_ASSIGN(const uint64_t lines, group.lines(number));
        return cat(lines);
    }
    if (equal_nocase(name, "Xref")) {
        TRY_ASSIGN(const std::string_view header, group.header_with(number, "Newsgroups"));
        return xref_of(group, number, header);
    }
    TRY_ASSIGN(const auto value, group.field(number, name));
    return value.value_or(std::string());
}

void Engine::header_lines(const Command& command, int code)
{
    const std::string name(command.words[0]);
    if (name.starts_with(':') && !equal_nocase(name, ":bytes") && !equal_nocase(name, ":lines"))
        return say(503, "No such metadata item");
    each_article(command, 1, code, cat(name, " follows"),
                 [&](Group& group, uint32_t number, uint32_t told) {
                     const auto value = value_of(group, number, name);
                     if (value) client_.put(told, ' ', *value, "\r\n");
                 });
}

void Engine::hdr(const Command& command)
{
    header_lines(command, 225);
}

void Engine::xhdr(const Command& command)
{
    header_lines(command, 221);
}

// XPAT header range|message-id pattern ... (RFC 2980 2.9)
void Engine::xpat(const Command& command)
{
    if (selected_ && !selected_->here) return pass_to_group(command);
    std::vector<text::Wildmat> patterns;
    for (const std::string_view word : std::span(command.words).subspan(2)) {
        auto made = text::Wildmat::compile(word);
        if (!made) return bad(made.error());
        patterns.push_back(*std::move(made));
    }
    const std::string name(command.words[0]);
    each_article(
        command, 1, 221, cat(name, " follows"), [&](Group& group, uint32_t number, uint32_t told) {
            const auto value = value_of(group, number, name);
            const bool matches =
                value && std::any_of(patterns.begin(), patterns.end(),
                                     [&](const text::Wildmat& p) { return p.matches(*value); });
            if (matches) client_.put(told, ' ', *value, "\r\n");
        });
}

}  // namespace rookery::nntp
