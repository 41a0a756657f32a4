// CLOSE (RFC 3501 6.4.2) and UNSELECT (RFC 3691).
#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/leave_selection.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd::commands {

Result<Completion> close(ImapSession& session, Command& command)
{
    TRY(session.reader.end_of_line());
    LocalSelection* selection = session.local();
    Result<Completion> done = Completion::ok();
    const bool removes = command.spec->traits.variant == Variant::removes && selection != nullptr &&
                         !selection->read_only &&
                         selected_with(session, model::Rights::read | model::Rights::expunge);
    if (removes) {
        const auto gone = selection->mailbox->expunge(nullptr);
        if (!gone) done = gone.error();
    }
    unselect(session);
    session.user.state = State::authenticated;
    return done;
}

}  // namespace rookery::imapd::commands
