// LIST, plain and extended (RFC 5258, 5819, 6154, 8440, 9590), and XLIST, which came before RFC
// 6154: the uses of mailboxes, with INBOX as one of them.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/list_parse.h"
#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/namespace/subscribed.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/referral.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/list_walker.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

std::string_view list_attributes(const mboxlist::ListItem& item)
{
    if (!item.exists()) return "\\Noselect \\HasChildren";
    return item.has_children ? "\\HasChildren" : "\\HasNoChildren";
}

void add_word(std::string& words, std::string_view word)
{
    cat_to(words, words.empty() ? "" : " ", word);
}

// LIST, and what else is told of the mailboxes that are listed.
class Lister {
 public:
    Lister(ImapSession& s, const CommandSpec& spec, const ListRequest& request)
        : s_(s),
          spec_(spec),
          request_(request),
          walker_(s.directory, *s.user.names, *s.user.identity, s.access)
    {
    }

    Status run()
    {
        if (request_.select_subscribed || request_.return_subscribed) {
            TRY_ASSIGN(subscribed_, subscribed_names(s_));
        }
        TRY(request_.select_subscribed ? list_subscribed() : list_all());
        tell_with_uses();
        return tell_waiting();
    }

 private:
    static constexpr size_t kWaitingAtOnce = 1000;

    struct Listed {
        std::string name;
        model::MailboxEntry entry;
    };

    struct Line {
        std::string attributes;
        std::string name;
        std::string more;
        std::optional<model::MailboxEntry> entry;  // none: there is no mailbox
        bool is_above_only = false;  // told for one below: nothing more is (RFC 5819 2)
    };

    bool wants_uses() const
    {
        return request_.select_special_use || request_.return_special_use ||
               s_.config.specialusealways();
    }

    bool tells_inbox() const { return spec_.traits.variant == Variant::adds; }

    // Only the user's own mailboxes have uses. They wait, with what lies between them in the list,
    // until it is known of which all are to be asked for.
    bool tell(Line line)
    {
        const bool may_have_uses = line.entry && is_own(s_, line.entry->name);
        if (tells_inbox() && may_have_uses && line.entry->name.is_inbox())
            add_word(line.attributes, "\\Inbox");
        const bool is_between = !lines_.empty() && (!line.entry || request_.select_subscribed);
        if (wants_uses() && (may_have_uses || is_between)) {
            lines_.push_back(std::move(line));
            return true;
        }
        tell_with_uses();
        if (!request_.select_special_use) tell_now(line);
        return s_.client.ok();
    }

    void tell_now(const Line& line)
    {
        put_list_line(s_, spec_.traits.response, line.attributes, line.name, line.more);
        if (line.entry && !line.is_above_only) tell_more(line.name, *line.entry);
    }

    void tell_with_uses()
    {
        std::vector<Line> lines = std::exchange(lines_, {});
        std::vector<model::MailboxEntry> entries;
        for (const Line& line : lines)
            if (line.entry) entries.push_back(*line.entry);
        const auto uses = special_uses_of(s_, entries);
        for (Line& line : lines) {
            const auto use = line.entry ? uses.find(line.entry->name.internal()) : uses.end();
            if (use != uses.end())
                add_word(line.attributes, use->second);
            else if (request_.select_special_use)
                continue;
            tell_now(line);
        }
    }

    static std::optional<model::MailboxEntry> entry_of(const mboxlist::ListItem& item)
    {
        return item.exists() ? std::optional(*item.entry) : std::nullopt;
    }

    Status list_all()
    {
        return walker_.list(
            request_.reference, request_.patterns, [&](const mboxlist::ListItem& item) {
                std::string attributes(request_.extended && !item.exists()
                                           ? "\\NonExistent \\HasChildren"
                                           : list_attributes(item));
                if (item.exists() && is_subscribed(item.entry->name)) attributes += " \\Subscribed";
                return tell({std::move(attributes), item.name, {}, entry_of(item), false});
            });
    }

    // RFC 5258 3.1, 3.5. Names that the user is subscribed to and that do not exist are told too.
    Status list_subscribed()
    {
        return mboxlist::list_subscribed(
            subscribed_, *s_.user.names, request_.reference, request_.patterns,
            [&](const mboxlist::SubscribedItem& item) {
                if (item.subscribed == nullptr && !request_.recursive_match) return true;
                auto name = s_.user.names->to_internal(item.name);
                auto entry = name ? s_.directory.lookup(*name) : name.error();
                const bool exists = entry && walker_.is_visible(*entry);
                if (item.subscribed == nullptr && !exists && !item.hides_others) return true;
                std::string attributes;
                if (item.subscribed != nullptr) attributes = "\\Subscribed";
                if (!exists) add_word(attributes, "\\NonExistent");
                if (request_.return_children)
                    add_word(attributes,
                             has_children(item.name) ? "\\HasChildren" : "\\HasNoChildren");
                const bool below = request_.recursive_match && item.has_children;
                return tell({std::move(attributes), item.name,
                             below ? " (\"CHILDINFO\" (\"SUBSCRIBED\"))" : "",
                             exists ? std::optional(*entry) : std::nullopt,
                             item.subscribed == nullptr});
            });
    }

    bool is_subscribed(const model::MailboxName& name) const
    {
        return std::binary_search(subscribed_.begin(), subscribed_.end(), name);
    }

    bool has_children(const std::string& external)
    {
        return mboxlist::has_children(s_.directory, *s_.user.names, *s_.user.identity, s_.access,
                                      external);
    }

    void tell_more(const std::string& name, const model::MailboxEntry& entry)
    {
        if (request_.return_myrights)
            s_.client.put("* MYRIGHTS ", wire_name(s_, name), ' ', rights_on(s_, entry).to_string(),
                          "\r\n");
        // Other servers are asked when the list has been read.
        if (request_.return_status || request_.return_metadata) waiting_.push_back({name, entry});
        if (waiting_.size() >= kWaitingAtOnce) (void)tell_waiting();
    }

    Status tell_waiting()
    {
        for (const Listed& one : std::exchange(waiting_, {})) {
            if (request_.return_status && rights_on(s_, one.entry).has(model::Rights::read))
                TRY(tell_status(one));
            if (request_.return_metadata && may_annotate(s_, one.entry, false))
                TRY(tell_metadata(one));
        }
        return success();
    }

    bool is_here(const Listed& one) const
    {
        return s_.store != nullptr && one.entry.is_at(s_.config.servername());
    }

    // Null if its server is down.
    backend::Backend* backend_of(const Listed& one)
    {
        if (down_.contains(one.entry.server)) return nullptr;
        auto backend = s_.backends != nullptr ? s_.backends->get(one.entry.server)
                                              : Result<backend::Backend*>(Error{Code::closed, {}});
        if (backend) return *backend;
        down_.insert(one.entry.server);
        return nullptr;
    }

    // A mailbox whose status cannot be had is listed without it (RFC 5819 2).
    Status tell_status(const Listed& one)
    {
        if (is_here(one)) {
            auto line = status_line(s_, one.entry, one.name, *request_.return_status);
            if (line) s_.client.put(*line, "\r\n");
            return s_.client.status();
        }
        auto* backend = backend_of(one);
        if (backend == nullptr) return success();
        RelayChannel channel(s_, *backend);
        channel.verb("STATUS");
        channel.astring(one.name);
        channel.raw(status_argument(*request_.return_status));
        if (!channel.finish()) down_.insert(one.entry.server);
        return s_.client.status();
    }

    // And so it is with its annotations (RFC 9590 3).
    Status tell_metadata(const Listed& one)
    {
        MetadataRequest request = *request_.return_metadata;
        size_t longest = 0;
        if (is_here(one)) {
            auto values = mailbox_metadata(s_, one.entry, request);
            if (values) s_.client.put(metadata_response(s_, one.name, request, *values, longest));
            return s_.client.status();
        }
        if (auto entry = take_server_entry(request, one.entry.server))
            s_.client.put(server_response(s_, one.name, *entry, one.entry.server));
        if (request.entries.empty()) return s_.client.status();
        auto* backend = backend_of(one);
        if (backend == nullptr || !backend->has_capability("METADATA")) return success();
        RelayChannel channel(s_, *backend);
        channel.verb("GETMETADATA");
        channel.astring(one.name);
        channel.raw(metadata_arguments(request));
        if (!channel.finish()) down_.insert(one.entry.server);
        return s_.client.status();
    }

    ImapSession& s_;
    const CommandSpec& spec_;
    const ListRequest& request_;
    mboxlist::ListWalker walker_;
    std::vector<model::MailboxName> subscribed_;
    std::vector<Listed> waiting_;  // for their status and annotations
    std::vector<Line> lines_;      // that wait for the uses of some of them
    std::set<std::string> down_;
};

}  // namespace

Result<Completion> list(ImapSession& s, Command& command)
{
    const CommandSpec& spec = *command.spec;
    TRY_ASSIGN(auto request, parse_list(s.reader));
    const bool is_plain = spec.traits.variant == Variant::none;
    if (!is_plain && request.extended)
        return Error{Code::syntax, "XLIST takes a reference and a pattern"};
    request.return_special_use |= !is_plain;
    if (request.remote) ask_for_referrals(s);
    if (!request.extended && request.patterns[0].empty()) {  // asks for the separator
        put_list_line(s, spec.traits.response, "\\Noselect", "");
        return Completion::ok();
    }
    TRY(Lister(s, spec, request).run());
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
