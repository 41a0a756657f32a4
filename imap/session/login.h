// A login, from the client's wish to the identity, the same for every protocol; only the words for
// what became of it are the engine's own.
//
// sasl_login: an exchange of RFC 4422. password_login: LOGIN, USER and PASS. apop_login: APOP. All
// check that this process may still decide (service::retirement), who may act for whom, who is kept
// out and who has too many sessions, and log what failed, with failedloginpause. After
// Login::End::ok the engine tells the client, puts on the layer (kit.sasl().push_layer) and calls
// kit.logged_in().
#ifndef ROOKERY_IMAP_SESSION_LOGIN_H
#define ROOKERY_IMAP_SESSION_LOGIN_H

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "imap/session/session_kit.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::session {

struct Login {
    enum class End {
        ok,
        gone,           // the client: nothing can be said to it any more
        come_again,     // a process of the new configuration is to decide
        no_mechanism,   // not offered here
        needs_privacy,  // TLS first
        cancelled,      // by the client
        malformed,      // what the client sent is no exchange
        refused,        // wrong password, no such user
        may_not_act,    // the password is right, but not for the user that was asked for
        unavailable,    // it cannot be told now
        kept_out,       // userdeny_db; text is for the user
        too_many,       // maxlogins_*; text is for the user
    };
    End end = End::refused;
    auth::Identity who;     // with ok
    std::string mechanism;  // with ok, as the log has it
    std::string text;       // what went wrong
};

// Gives the client a challenge (not encoded) and returns its answer, decoded. closed, with the
// stream ok: it cancelled. syntax, limit: what it sent is no answer.
using Challenge = std::function<Result<std::string>(std::string_view challenge)>;

// last_words: what a mechanism says with its success, in protocols that have a place for it there;
// null: it is one more challenge, answered with nothing.
Login sasl_login(SessionKit& kit, const stream::Stream& client, const std::string& mechanism,
                 const std::optional<std::string>& initial, const Challenge& challenge,
                 std::optional<std::string>* last_words = nullptr);
Login password_login(SessionKit& kit, const std::string& user, const std::string& password);
// challenge: the greeting's.
Login apop_login(SessionKit& kit, const std::string& challenge, const std::string& user,
                 const std::string& digest);

// The initial response of a command: "=" is an empty one. syntax.
Result<std::string> decode_initial(std::string_view argument);

// A Challenge for protocols in which it is a line of base64 behind `before` and its answer one too,
// "*" to cancel (IMAP, POP3, LMTP, NNTP). nothing: what an empty one is, in either direction. An
// answer longer than kMaxSaslLine is skipped and is malformed.
inline constexpr size_t kMaxSaslLine = 65536;
Challenge base64_challenge(stream::Stream& client, std::string_view before,
                           std::string_view nothing = {});

}  // namespace rookery::session

#endif
