// Commands that only say something: CAPABILITY, NOOP, LOGOUT, ID, ENABLE, COMPRESS,
// NAMESPACE.
#include <algorithm>
#include <memory>

#include "config.h"

#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/responder.h"
#include "lib/base/log.h"
#include "lib/stream/deflate_layer.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

// RFC 2971 section 3.3
constexpr size_t kMaxIdPairs = 30;
constexpr size_t kMaxIdField = 30;
constexpr size_t kMaxIdValue = 1024;

struct IdParameters {
    std::string text;  // for the log
    bool back_fill = false;
};

// id_params_list = "(" *(string SPACE nstring) ")" / nil
Result<IdParameters> id_parameters(CommandReader& reader)
{
    IdParameters said;
    TRY_ASSIGN(char next, reader.peek());
    if (next != '(') {
        TRY_ASSIGN(std::string nil, reader.atom());
        if (!equal_nocase(nil, "NIL")) return Error{Code::syntax, "Expected a list or NIL"};
        return said;
    }
    TRY(reader.expect('('));
    for (size_t pairs = 0;; pairs++) {
        TRY_ASSIGN(bool end, reader.accept(')'));
        if (end) return said;
        if (pairs == kMaxIdPairs) return Error{Code::limit, "Too many field-value pairs"};
        if (pairs > 0) TRY(reader.space());
        TRY_ASSIGN(std::string field, reader.string());
        TRY(reader.space());
        bool is_nil = false;
        TRY_ASSIGN(std::string value, reader.nstring(is_nil));
        if (field.size() > kMaxIdField) return Error{Code::limit, "Field longer than 30 bytes"};
        if (value.size() > kMaxIdValue) return Error{Code::limit, "Value longer than 1024 bytes"};
        cat_to(said.text, said.text.empty() ? "" : "; ", field, '=', value);
        if (equal_nocase(field, "event")) said.back_fill = equal_nocase(value, "back-fill");
    }
}

}  // namespace

Result<Completion> capability(ImapSession& s, Command&)
{
    TRY(s.reader.end_of_line());
    s.client.put("* CAPABILITY ", capability_list(s, true), "\r\n");
    return Completion::ok();
}

Result<Completion> noop(ImapSession& s, Command&)
{
    TRY(s.reader.end_of_line());
    return Completion::ok();
}

Result<Completion> logout(ImapSession& s, Command&)
{
    TRY(s.reader.end_of_line());
    s.forget_selection();  // at another server it ends with the session there
    s.client.put("* BYE LOGOUT received\r\n");
    s.user.state = State::logout;
    return Completion::ok();
}

Result<Completion> id(ImapSession& s, Command& command)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const IdParameters said, id_parameters(s.reader));
    TRY(s.reader.end_of_line());
    if (!said.text.empty())
        log::info("client", {{"host", s.kit.client().host}, {"id", said.text}});
    s.back_fill.is_said = said.back_fill;
    if (auto* remote = s.remote()) {
        if (auto first = release_held(s, command)) return *first;
        tell_back_fill(s, *remote->backend);
    }
    const bool tells = s.config.imapidresponse() && s.config.serverinfo() == config::Serverinfo::on;
    if (tells)
        s.client.put("* ID (\"name\" \"Rookery\" \"version\" \"" PACKAGE_VERSION "\")\r\n");
    else
        s.client.put("* ID NIL\r\n");
    return Completion::ok();
}

// RFC 5161: what is not announced is ignored. The servers of selected mailboxes are told too.
Result<Completion> enable(ImapSession& s, Command& command)
{
    std::vector<std::string> names;
    for (char next = ' '; next != '\n';) {
        TRY(s.reader.space());
        TRY_ASSIGN(std::string name, s.reader.atom());
        names.push_back(to_upper(name));
        TRY_ASSIGN(next, s.reader.peek());
    }
    TRY(s.reader.end_of_line());
    // What is held back was said as it is now.
    if (auto first = release_held(s, command)) return *first;
    s.client.put("* ENABLED");
    for (const std::string& name : names) {
        const Capability* known = find_capability(name);
        if (known == nullptr || known->enable == nullptr || !is_announced(s, *known)) continue;
        if (std::find(s.user.enabled.begin(), s.user.enabled.end(), name) != s.user.enabled.end())
            continue;
        s.user.enabled.push_back(name);
        known->enable(s);
        s.client.put(' ', known->name);
    }
    s.client.put("\r\n");
    if (auto* remote = s.remote()) enable_at(s, *remote->backend);
    if (s.user.watch) s.user.watch->ask_again();
    return Completion::ok();
}

// RFC 4978. The answer is the last thing that is not compressed.
Result<Completion> compress(ImapSession& s, Command& command)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string mechanism, s.reader.atom());
    TRY(s.reader.end_of_line());
    if (!equal_nocase(mechanism, "DEFLATE")) return Completion::bad("Unknown COMPRESS algorithm");
    if (s.compressed) return Completion::no("[COMPRESSIONACTIVE] DEFLATE active via COMPRESS");
    s.client.put(command.tag, " OK DEFLATE active\r\n");
    s.compressed = true;
    auto pushed = s.client.push_layer([](std::unique_ptr<stream::Layer> below) {
        return stream::deflate_layer(std::move(below));
    });
    return pushed ? Completion::relayed() : Completion::disconnect();
}

// RFC 2342: (personal) (other users) (shared)
Result<Completion> namespace_(ImapSession& s, Command&)
{
    TRY(s.reader.end_of_line());
    const std::string separator = text::imap_string(std::string(1, s.user.names->separator()));
    auto space = [&](const std::string& prefix) {
        return cat("((", wire_string(s, prefix), ' ', separator, "))");
    };
    auto inbox = s.user.names->inbox();
    const bool has_inbox = inbox && s.directory.lookup(*inbox);
    s.client.put("* NAMESPACE ", has_inbox ? space(s.user.names->personal_prefix()) : "NIL", ' ',
                 space(s.user.names->other_users_prefix()), ' ',
                 space(s.user.names->shared_prefix()), "\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
