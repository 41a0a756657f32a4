// The one table of failures: what a client reads for each Code. The texts are those that murder
// peers and scripts know (doc/protocols/cyrus.md 5), the response codes those of RFC 5530.
#include "imap/imapd/session.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

// No text: the Error's own, which was written for the client.
std::string_view response(Code code)
{
    switch (code) {
        case Code::not_found: return "[NONEXISTENT] Mailbox does not exist";
        case Code::exists: return "[ALREADYEXISTS] Mailbox already exists";
        case Code::denied: return "[NOPERM] Permission denied";
        case Code::over_quota: return "[OVERQUOTA] Over quota";
        case Code::bad_name: return "[CANNOT] Invalid mailbox name";
        case Code::unavailable: return "[UNAVAILABLE] Server(s) unavailable to complete operation";
        case Code::maintenance: return {};
        case Code::no_master:
            return "[UNAVAILABLE] The mupdate master cannot be reached or is not accepted: "
                   "mailboxes cannot be created or renamed now";
        case Code::behind:
            return "[UNAVAILABLE] The mailbox list cannot be brought up to date now; try again "
                   "later";
        case Code::busy: return "[INUSE] Mailbox is locked";
        case Code::io: return "[UNAVAILABLE] System I/O error";
        case Code::no_space: return "[UNAVAILABLE] No space left on the server";
        case Code::corrupt: return "[CORRUPTION] Mailbox has an invalid format";
        case Code::syntax: return {};
        case Code::limit: return {};
        case Code::timeout: return "[UNAVAILABLE] Timed out waiting for another server";
        case Code::closed: return "[UNAVAILABLE] Lost connection to another server";
        case Code::unsupported: return "[CANNOT] Operation is not supported on mailbox";
        case Code::reserved: return "[UNAVAILABLE] Mailbox is currently reserved";
        case Code::moved: return "[UNAVAILABLE] Mailbox has been moved to another server";
        case Code::config: return "[SERVERBUG] The server's configuration does not allow this";
    }
    return "[SERVERBUG] Unknown failure";
}

// Another server is in the way of this command.
bool concerns_another_server(Code code)
{
    return code == Code::unavailable || code == Code::no_master || code == Code::timeout ||
           code == Code::closed;
}

// What only an administrator can put right.
bool concerns_the_administrator(Code code)
{
    return code == Code::io || code == Code::no_space || code == Code::corrupt ||
           code == Code::config;
}

}  // namespace

void log_failure(const Error& error)
{
    if (concerns_the_administrator(error.code))
        log::error("command failed", {{"kind", code_name(error.code)}, {"reason", error.text}});
    if (concerns_another_server(error.code) && !error.text.empty())
        log::warning("command failed", {{"kind", code_name(error.code)}, {"reason", error.text}});
}

Completion Completion::from(const Error& error)
{
    log_failure(error);
    if (error.code == Code::maintenance) return no(cat("[UNAVAILABLE] ", error.text));
    const std::string_view text = response(error.code);
    if (!text.empty()) return no(std::string(text));
    const std::string& why = error.text.empty() ? "Invalid command" : error.text;
    return bad(error.code == Code::limit ? cat("[LIMIT] ", why) : why);
}

Completion Completion::from(Result<Completion> done)
{
    return done ? *std::move(done) : from(done.error());
}

Completion no_target(const Error& error)
{
    if (error.code == Code::not_found) return Completion::no("[TRYCREATE] Mailbox does not exist");
    return Completion::from(error);
}

Completion no_mailbox(const Command& command, const Error& error)
{
    return command.spec->traits.puts ? no_target(error) : Completion::from(error);
}

std::string_view kind_word(Completion::Kind kind)
{
    switch (kind) {
        case Completion::Kind::ok: return "OK";
        case Completion::Kind::no: return "NO";
        case Completion::Kind::bad: return "BAD";
        case Completion::Kind::relayed:
        case Completion::Kind::disconnect: break;
    }
    return "BAD";
}

}  // namespace rookery::imapd
