// Transfer: what the subcommands that move mailboxes share. For murder's main only.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_TRANSFER_H
#define ROOKERY_IMAP_ADMIN_MURDER_TRANSFER_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/admin/murder/report.h"
#include "imap/admin/murder/witness.h"
#include "imap/backend/backend.h"
#include "imap/backend/reply_reader.h"
#include "imap/model/mailbox_name.h"
#include "imap/model/namespace.h"
#include "imap/model/server_states.h"
#include "imap/mupdate/client.h"
#include "imap/sync/services.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

// "server!partition", "server!" or "server".
Result<sync::MoveTarget> target_of(const std::string& word);
// What moves as one: a user by the INBOX, or a shared mailbox.
bool is_unit(const config::Config& config, const model::MailboxName& name);

// A connection on which XFER can be said, as proxy_authname.
class Source {
 public:
    static Result<Source> connect(const config::Config& config, const std::string& server);

    // Success if it can move this one. XFER of a shared mailbox ends Cyrus 3.6's server in the
    // middle, and leaves the name reserved.
    Status can_move(const model::MailboxName& name) const;
    // Progress is printed as it comes. Success is what the server says, which is no proof:
    // move_one() asks for that.
    Status xfer(const model::MailboxName& name, const sync::MoveTarget& target);
    // Its progress goes there, not to standard output.
    void tell(std::function<void(std::string_view)> progress) { tell_ = std::move(progress); }
    bool is_open() { return backend_->is_alive(); }
    void logout() { backend_->logout(); }

 private:
    Source(const config::Config& config, std::unique_ptr<backend::Backend> backend);
    void tell_progress(const model::MailboxName& name, const backend::Reply& reply) const;
    static std::optional<std::string> refusal_in(const backend::Reply& reply);

    model::Namespace names_;
    std::unique_ptr<backend::Backend> backend_;
    std::function<void(std::string_view)> tell_;
};

// What administrators have said of servers, by a master's STATUS; nothing at one that keeps none.
Result<model::ServerStates> states_in(const std::vector<mupdate::StatusLine>& lines);
Result<model::ServerStates> states_at(mupdate::Client& master);
void add_states(Report& report, const model::ServerStates& states);
// unsupported at such a master.
Status set_state(mupdate::Client& master, std::string_view server, model::ServerState state,
                 std::string_view note);
// denied if nothing is to be moved to this server.
Status check_target(const model::ServerStates& states, const std::string& server);

struct PlannedMove {
    model::MailboxName name;
    std::string source;
    sync::MoveTarget target;
    std::vector<std::string> tree;  // what goes with it, itself too, by internal names
};
// Success if the master has all of them active at the target afterwards, whatever the source said;
// else what the source said, or what the master says.
Status move_one(Source& from, Witness& witness, const PlannedMove& move);
// "user.bob: why it did not", once each: without the name in front of the reason, and without the
// response code, which is for programs.
std::string not_moved(const model::MailboxName& name, const Error& error);
// One move after the other, at most rate a minute (0: at once). Each is told, or, if quiet, those
// that failed. busy: interrupted; what was begun has ended, nothing else is begun.
struct MoveCounts {
    size_t moved = 0, failed = 0;
};
Result<MoveCounts> run_moves(const config::Config& config, Witness& witness,
                             const std::vector<PlannedMove>& moves, uint32_t rate, bool quiet);

}  // namespace rookery::admin::murder

#endif
