// Commands that only say something: CAPABILITY, NOOP, LOGOUT, ID, ENABLE, NAMESPACE.
#include "config.h"

#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "lib/base/log.h"
#include "lib/text/imap_structure.h"

namespace rookery::imapd::commands {
namespace {

// RFC 2971 section 3.3
constexpr size_t kMaxIdPairs = 30;
constexpr size_t kMaxIdField = 30;
constexpr size_t kMaxIdValue = 1024;

// id_params_list = "(" *(string SPACE nstring) ")" / nil; what it says as text for the log.
Result<std::string> id_parameters(CommandReader& reader)
{
    std::string said;
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
        if (!said.empty()) said += "; ";
        cat_to(said, field, '=', value);
    }
}

}  // namespace

Completion capability(ImapSession& s, Command&)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    s.client.put("* CAPABILITY ", capability_list(s), "\r\n");
    return Completion::ok();
}

Completion noop(ImapSession& s, Command&)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    return Completion::ok();
}

Completion logout(ImapSession& s, Command&)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    s.unselect();
    s.client.put("* BYE LOGOUT received\r\n");
    s.state = State::logout;
    return Completion::ok();
}

Completion id(ImapSession& s, Command&)
{
    auto said = [&]() -> Result<std::string> {
        TRY(s.reader.space());
        TRY_ASSIGN(std::string parameters, id_parameters(s.reader));
        TRY(s.reader.end_of_line());
        return parameters;
    }();
    if (!said) return Completion::from(said.error());
    if (!said->empty()) log::info("client", {{"host", s.kit.client().host}, {"id", *said}});
    const bool tells = s.config.imapidresponse() && s.config.serverinfo() == config::Serverinfo::on;
    if (tells)
        s.client.put("* ID (\"name\" \"Rookery\" \"version\" \"" PACKAGE_VERSION "\")\r\n");
    else
        s.client.put("* ID NIL\r\n");
    return Completion::ok();
}

// RFC 5161. No extension that we have needs to be enabled: the list that is given back is empty.
Completion enable(ImapSession& s, Command&)
{
    Status read = [&]() -> Status {
        while (true) {
            TRY(s.reader.space());
            TRY(s.reader.atom());
            TRY_ASSIGN(char next, s.reader.peek());
            if (next == '\n') return s.reader.end_of_line();
        }
    }();
    if (!read) return Completion::from(read.error());
    s.client.put("* ENABLED\r\n");
    return Completion::ok();
}

// RFC 2342: (personal) (other users) (shared)
Completion namespace_(ImapSession& s, Command&)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    const std::string separator = text::imap_string(std::string(1, s.names->separator()));
    auto space = [&](const std::string& prefix) {
        return cat("((", text::imap_string(prefix), ' ', separator, "))");
    };
    auto inbox = s.names->inbox();
    const bool has_inbox = inbox && s.directory.lookup(*inbox);
    s.client.put("* NAMESPACE ", has_inbox ? space(s.names->personal_prefix()) : "NIL", ' ',
                 space(s.names->other_users_prefix()), ' ', space(s.names->shared_prefix()),
                 "\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
