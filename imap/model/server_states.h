// ServerStates: what an administrator has said of the backends of a murder (murder(8)).
//
//     active       nothing: as it comes
//     no-new       frontends place no new top-level mailbox there
//     draining     the same, and nothing is moved there
//     maintenance  the same, and frontends answer for it that it is away, with the note
//
// As text, which the mupdate master keeps and replicas hold as the mark kServersMark of their list
// (doc/protocols/mupdate.md): a line "server SP state SP note" for each that is not active, in the
// order of names. Limits: kMaxServers, a note of kMaxNote bytes of printing UTF-8.
// Codes: syntax, limit. A value.
#ifndef ROOKERY_IMAP_MODEL_SERVER_STATES_H
#define ROOKERY_IMAP_MODEL_SERVER_STATES_H

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::model {

inline constexpr std::string_view kServersMark = "servers";

enum class ServerState : unsigned char { active, no_new, draining, maintenance };
std::string_view server_state_word(ServerState state);
std::optional<ServerState> server_state_of(std::string_view word);

class ServerStates {
 public:
    static constexpr size_t kMaxServers = 250;
    static constexpr size_t kMaxNote = 200;
    struct Said {
        ServerState state = ServerState::active;
        std::string note;
    };

    static Result<ServerStates> parse(std::string_view text);
    std::string to_text() const;

    Status set(std::string_view server, ServerState state, std::string_view note);
    Said of(std::string_view server) const;
    const std::map<std::string, Said, std::less<>>& all() const { return said_; }

 private:
    std::map<std::string, Said, std::less<>> said_;  // none is active
};

}  // namespace rookery::model

#endif
