// Environment: all that a script can ask of the world outside of it.
//
// Given by who runs the script; nothing in imap/sieve reads a file, a clock or a mailbox. What an
// implementation does not have it leaves as it is here: not there, not known, not possible. An
// answer that cannot be had now (Code::unavailable) ends the run, and the message is kept.
// What is borrowed lives as long as the run. One thread.
#ifndef ROOKERY_IMAP_SIEVE_ENVIRONMENT_H
#define ROOKERY_IMAP_SIEVE_ENVIRONMENT_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/actions.h"
#include "imap/sieve/program.h"
#include "lib/base/result.h"
#include "lib/text/imap_date.h"

namespace rookery::sieve {

enum class Location { personal, global };

class Environment {
 public:
    virtual ~Environment() = default;

    // The message as it came: header, empty line, body.
    virtual std::string_view message() = 0;
    // "from", "to" and "auth", without <>; "" is the null path. None: there is no such part.
    virtual std::optional<std::string> envelope(std::string_view part) = 0;
    virtual text::DateTime now() = 0;

    // Other addresses of the user, besides the envelope's recipient (RFC 5230 4.5).
    virtual std::vector<std::string> own_addresses() { return {}; }
    // The mailbox that `keep` puts the message into.
    virtual std::string keep_mailbox() { return "INBOX"; }

    // There, and a message may be put into it (RFC 5490 3.1).
    virtual Result<bool> mailbox_exists(const std::string&) { return false; }
    virtual Result<bool> mailboxid_exists(const std::string&) { return false; }
    // A mailbox (that one, if it is not null) has all of these attributes (RFC 8579).
    virtual Result<bool> special_use_exists(const std::string*, const std::vector<std::string>&)
    {
        return false;
    }
    // An annotation of a mailbox, or of the server if that is null (RFC 5490 3.3, 5.1).
    virtual Result<std::optional<std::string>> metadata(const std::string*, const std::string&)
    {
        return std::optional<std::string>();
    }
    // Was it marked before, within its time (RFC 7352)?
    virtual Result<bool> was_seen(const DuplicateMark&) { return false; }
    // RFC 5183 4.1, besides those that need no environment.
    virtual std::optional<std::string> item(std::string_view) { return std::nullopt; }
    // Code::not_found: there is no such script. Code::syntax: it does not compile (RFC 6609).
    virtual Result<const Program*> script(Location, const std::string& name)
    {
        return Error{Code::not_found, "there is no script " + name};
    }
    // "spamtest" or "virustest": 0 to 100 percent; none: not tested (RFC 5235).
    virtual std::optional<unsigned> test_score(std::string_view) { return std::nullopt; }
    // RFC 6134. Code::not_found: there is no such list.
    virtual Result<bool> list_contains(const std::string& list, const std::string&)
    {
        return Error{Code::not_found, "there is no list " + list};
    }
    // RFC 5435 5: none is not known.
    virtual std::optional<std::string> notify_capability(const std::string&, std::string_view)
    {
        return std::nullopt;
    }
};

}  // namespace rookery::sieve

#endif
