// The table of IMAP commands: one row per command, the only place where a command is known.
//
// The engine reads tag and name, looks the row up (command_spec.h), and for by_mailbox reads the SP
// and the first mailbox name; run and relay read the rest with session.reader, up to and including
// the CRLF, before any effect. tests/lint/commands checks that each row has a system test.
#ifndef ROOKERY_IMAP_IMAPD_COMMAND_TABLE_H
#define ROOKERY_IMAP_IMAPD_COMMAND_TABLE_H

#include <span>
#include <string_view>

#include "imap/imapd/command_spec.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

std::span<const CommandSpec> command_table();
const CommandSpec* find_command(std::string_view upper_case_name);
// Is it the first of a name's two words ("UID FETCH")?
bool is_first_word(std::string_view upper_case_word);

// --- the functions of the rows (imap/imapd/commands/*.cc)
#define ROOKERY_RUN(name) Result<Completion> name(ImapSession&, Command&)
#define ROOKERY_RELAY(name) Result<Completion> name(ImapSession&, Command&, backend::Backend&)
namespace commands {
// any state
ROOKERY_RUN(capability);
ROOKERY_RUN(noop);
ROOKERY_RUN(logout);
ROOKERY_RUN(id);
// not authenticated
ROOKERY_RUN(starttls);
ROOKERY_RUN(authenticate);
ROOKERY_RUN(login);
// authenticated
ROOKERY_RUN(enable);
ROOKERY_RUN(compress);
ROOKERY_RUN(unauthenticate);
ROOKERY_RUN(namespace_);
ROOKERY_RUN(select);  // and EXAMINE
ROOKERY_RELAY(relay_select);
ROOKERY_RUN(create);
ROOKERY_RELAY(relay_create);
ROOKERY_RELAY(relay_delete);
ROOKERY_RELAY(relay_getquotaroot);
ROOKERY_RUN(delete_);
ROOKERY_RELAY(relay_namespace_change);  // DELETE, SETACL, DELETEACL: verbatim, then catch up
ROOKERY_RUN(rename);
ROOKERY_RELAY(relay_rename);
ROOKERY_RUN(subscribe);  // and UNSUBSCRIBE
ROOKERY_RELAY(relay_subscribe);
ROOKERY_RUN(list);  // and XLIST
ROOKERY_RUN(lsub);
ROOKERY_RELAY(relay_lsub);
ROOKERY_RUN(rlist);
ROOKERY_RUN(rlsub);
ROOKERY_RELAY(relay_rlsub);
ROOKERY_RUN(status);
ROOKERY_RUN(append);
ROOKERY_RELAY(relay_append);
ROOKERY_RUN(getacl);
ROOKERY_RUN(setacl);  // and DELETEACL
ROOKERY_RUN(listrights);
ROOKERY_RUN(myrights);
ROOKERY_RUN(getquota);
ROOKERY_RUN(getquotaroot);
ROOKERY_RUN(setquota);
ROOKERY_RELAY(relay_setquota);
ROOKERY_RUN(getmetadata);  // and GETANNOTATION, as Cyrus' frontends call it
ROOKERY_RELAY(relay_getmetadata);
ROOKERY_RELAY(relay_setmetadata);
ROOKERY_RUN(setmetadata);
ROOKERY_RUN(notify);
ROOKERY_RUN(idle);
ROOKERY_RELAY(relay_idle);
// node-only
ROOKERY_RUN(localcreate);
ROOKERY_RUN(localdelete);
ROOKERY_RUN(localappend);
ROOKERY_RUN(mupdatepush);
ROOKERY_RUN(syncget);
ROOKERY_RUN(syncapply);
ROOKERY_RUN(syncrestart);
ROOKERY_RUN(xfer);
// selected
ROOKERY_RUN(check);
ROOKERY_RUN(close);  // and UNSELECT
ROOKERY_RELAY(relay_close);
ROOKERY_RUN(expunge);  // and UID EXPUNGE
ROOKERY_RUN(search);   // and UID SEARCH
ROOKERY_RUN(sort);     // and UID SORT
ROOKERY_RUN(thread);   // and UID THREAD
ROOKERY_RUN(fetch);    // and UID FETCH
ROOKERY_RUN(store);    // and UID STORE
ROOKERY_RUN(copy);     // and UID COPY; MOVE and UID MOVE
ROOKERY_RELAY(relay_plain_search);
ROOKERY_RELAY(relay_search);
ROOKERY_RUN(esearch);
ROOKERY_RUN(cancelupdate);
ROOKERY_RELAY(relay_cancelupdate);
ROOKERY_RELAY(relay_copy);
ROOKERY_RUN(replace);  // and UID REPLACE
ROOKERY_RELAY(relay_replace);
// what most rows use: the command goes on as it came, token by token
ROOKERY_RELAY(relay_verbatim);
}  // namespace commands
#undef ROOKERY_RUN
#undef ROOKERY_RELAY

}  // namespace rookery::imapd

#endif
