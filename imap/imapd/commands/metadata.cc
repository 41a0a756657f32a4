// GETMETADATA and SETMETADATA (RFC 5464), of a mailbox here or of this server; and GETMETADATA of
// several mailboxes at once, wherever they are, as Cyrus has it.
#include <algorithm>
#include <iterator>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/relay/remote_metadata.h"
#include "imap/imapd/relay/router.h"
#include "imap/mailbox/annotations.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

Completion refused(const Error& error, bool is_server)
{
    if (error.code == Code::over_quota)
        return Completion::no(
            cat("[METADATA MAXSIZE ", mailbox::kMaxAnnotationValue, "] The value is too long"));
    if (error.code != Code::limit) return Completion::from(error);
    return Completion::no(is_server ? "[LIMIT] The value is too long"
                                    : "[METADATA TOOMANY] Too many annotations");
}

Completion told(size_t longest)
{
    if (longest == 0) return Completion::ok();
    return Completion::ok(cat("[METADATA LONGENTRIES ", longest, "] Completed"));
}

// What told() or another server said of values that were too long.
size_t longest_in(const Completion& done)
{
    const auto code = text::response_code(done.text);
    if (!code || !code->is("METADATA")) return 0;
    const auto words = split_words(code->arguments);
    if (words.size() != 2 || !equal_nocase(words[0], "LONGENTRIES")) return 0;
    const auto size = to_number<uint32_t>(words[1]);
    return size ? *size : 0;
}

// Those that are private go from what is asked or to be changed into a list of their own.
template <class T, class IsPrivate>
std::vector<T> take_private(std::vector<T>& all, const IsPrivate& is_private)
{
    const auto at = std::stable_partition(all.begin(), all.end(),
                                          [&](const T& one) { return !is_private(one); });
    std::vector<T> taken(std::make_move_iterator(at), std::make_move_iterator(all.end()));
    all.erase(at, all.end());
    return taken;
}

// Private entries of the server are where the user's INBOX is. A user without one has none.
Result<Completion> of_server(ImapSession& s, MetadataRequest request)
{
    MetadataRequest own{.entries = {}, .options = request.options};
    MetadataValues values;
    Placed inbox;
    size_t longest = 0;
    if (std::any_of(request.entries.begin(), request.entries.end(),
                    [](const EntryName& e) { return e.is_private; })) {
        TRY_ASSIGN(inbox, place_inbox(s));
        if (inbox.is_here() && inbox.entry) {
            TRY_ASSIGN(values, private_metadata(s, *inbox.entry, request));
        }
    }
    if (!inbox.is_here())
        own.entries =
            take_private(request.entries, [](const EntryName& e) { return e.is_private; });
    if (!own.entries.empty()) {
        if (s.backends == nullptr) return Error{Code::unavailable, {}};
        TRY_ASSIGN(backend::Backend * backend, s.backends->get(inbox.server));
        Completion done = private_metadata_at(s, *backend, own);
        if (done.kind != Completion::Kind::ok) return done;
        longest = longest_in(done);
    }
    values.merge(server_metadata(s, request));
    size_t here = 0;
    s.client.put(metadata_response(s, "", request, values, here));
    return told(std::max(longest, here));
}

Result<Completion> of_mailbox(ImapSession& s, const Command& command,
                              const MetadataRequest& request)
{
    TRY_ASSIGN(auto values, mailbox_metadata(s, *command.entry, request));
    size_t longest = 0;
    s.client.put(metadata_response(s, command.external, request, values, longest));
    return told(longest);
}

struct Asked {
    Command command;
    std::string server;  // "" = here
};

// It is there, and the user may ask; else the answer why not.
Result<Asked> asked(ImapSession& s, const Command& command, const std::string& external)
{
    Asked one{command, {}};
    one.command.external = external;
    if (external.empty()) return one;
    TRY_ASSIGN(one.command.mailbox, s.user.names->to_internal(external));
    TRY_ASSIGN(Placed placed, place(s, *one.command.mailbox));
    TRY(may_annotate(s, *placed.entry, false));
    one.command.entry = std::move(placed.entry);
    one.server = std::move(placed.server);
    return one;
}

Result<Completion> tell(ImapSession& s, Asked& one, const MetadataRequest& request)
{
    if (!one.command.mailbox) return of_server(s, request);
    if (one.server.empty()) return of_mailbox(s, one.command, request);
    if (s.backends == nullptr) return Error{Code::unavailable, {}};
    TRY_ASSIGN(backend::Backend * backend, s.backends->get(one.server));
    return metadata_at(s, one.command, *backend, request);
}

// All are looked up before anything is told of one.
Result<Completion> of_several(ImapSession& s, const Command& command,
                              const MetadataRequest& request)
{
    std::vector<Asked> all;
    for (const std::string& external : command.names) {
        auto one = asked(s, command, external);
        if (!one) return no_mailbox(command, one.error());
        all.push_back(*std::move(one));
    }
    size_t longest = 0;
    for (Asked& one : all) {
        TRY_ASSIGN(const Completion done, tell(s, one, request));
        if (done.kind != Completion::Kind::ok) return done;
        longest = std::max(longest, longest_in(done));
    }
    return told(longest);
}

Result<Completion> set_private(ImapSession& s, std::span<const MetadataChange> changes)
{
    TRY_ASSIGN(const Placed inbox, place_inbox(s));
    if (inbox.is_here()) {
        if (!inbox.entry || s.store == nullptr)
            return Completion::no(
                "[METADATA NOPRIVATE] Nobody without an INBOX has private entries");
        if (auto done = set_private_metadata(s, *inbox.entry, changes); !done)
            return refused(done.error(), false);
        return Completion::ok();
    }
    if (s.backends == nullptr) return Error{Code::unavailable, {}};
    TRY_ASSIGN(backend::Backend * backend, s.backends->get(inbox.server));
    return set_private_metadata_at(s, *backend, changes);
}

// Whether the shared ones may be set is known before the private ones are.
Result<Completion> set_at_server(ImapSession& s, std::vector<MetadataChange> changes)
{
    const auto own =
        take_private(changes, [](const MetadataChange& c) { return c.entry.is_private; });
    if (auto may = may_set_server(s, changes); !may) return refused(may.error(), true);
    if (!own.empty()) {
        TRY_ASSIGN(Completion done, set_private(s, own));
        if (done.kind != Completion::Kind::ok) return done;
    }
    if (auto done = set_server_metadata(s, changes); !done) return refused(done.error(), true);
    return Completion::ok();
}

Result<Completion> set_at_mailbox(ImapSession& s, const Command& command,
                                  std::span<const MetadataChange> changes)
{
    auto done = set_mailbox_metadata(s, *command.entry, changes);
    if (done.is(Code::unsupported)) return Completion::no(cat("[USEATTR] ", done.error().text));
    if (!done) return refused(done.error(), false);
    return Completion::ok();
}

}  // namespace

Result<Completion> getmetadata(ImapSession& s, Command& command)
{
    TRY_ASSIGN(auto request, parse_getmetadata(s.reader, command.options));
    if (!command.names.empty()) return of_several(s, command, request);
    TRY(refresh_entry(s, command));
    return command.mailbox ? of_mailbox(s, command, request) : of_server(s, std::move(request));
}

Result<Completion> setmetadata(ImapSession& s, Command& command)
{
    const bool is_server = !command.mailbox;
    auto changes = [&]() -> Result<std::vector<MetadataChange>> {
        TRY(s.reader.space());
        TRY_ASSIGN(auto list, parse_entry_values(s.reader));
        TRY(s.reader.end_of_line());
        return list;
    }();
    if (changes.is(Code::over_quota)) return refused(changes.error(), is_server);
    if (!changes) return changes.error();
    TRY(refresh_entry(s, command));
    TRY_ASSIGN(const Completion done,
               is_server ? set_at_server(s, *changes) : set_at_mailbox(s, command, *changes));
    if (done.kind != Completion::Kind::ok) return done;
    std::string names;
    for (const MetadataChange& change : *changes)
        cat_to(names, names.empty() ? "" : " ", change.entry.full());
    log::notice("setmetadata",
                {{"user", s.user.identity->userid},
                 {"mailbox", command.mailbox ? command.mailbox->internal() : std::string()},
                 {"entries", names}});
    return done;
}

}  // namespace rookery::imapd::commands
