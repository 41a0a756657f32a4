// METADATA of mailboxes and of this server (RFC 5464): what there is, and who may change it.
//
// Entries of a mailbox are what clients have set (mailbox::Annotations) and what the server knows
// by itself. Those of the server are its messages (<configdirectory>/msg), which administrators
// set, and its free space. A user's private ones of the server are entries of his INBOX, below
// kOfServer there: so they go where he goes, and end with him. Codes: denied, not_found, and those
// of the store. One thread.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_METADATA_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_METADATA_H

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/namespace/metadata_parse.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

inline constexpr std::string_view kServerEntry = "/shared/vendor/cmu/cyrus-imapd/server";
inline constexpr std::string_view kSpecialUseEntry = "/private/specialuse";

// Name, lower case, and value of what a request asks for, as far as it is there.
using MetadataValues = std::map<std::string, std::string>;

// Whoever may look a mailbox up and do anything with its messages (RFC 5464 3.3); to change what
// others see too he needs w besides.
Status may_annotate(const ImapSession& session, const model::MailboxEntry& entry,
                    bool changes_shared);
// Of a mailbox that is here.
Result<MetadataValues> mailbox_metadata(ImapSession& session, const model::MailboxEntry& entry,
                                        const MetadataRequest& request);
// The shared ones of this server.
MetadataValues server_metadata(ImapSession& session, const MetadataRequest& request);
// The user's private ones, from his INBOX here.
inline constexpr std::string_view kOfServer = "/vendor/rookery/server";
Result<MetadataValues> private_metadata(ImapSession& session, const model::MailboxEntry& inbox,
                                        const MetadataRequest& request);
// "* METADATA name (...)" with its line end, "" if there is nothing to tell. longest: of the values
// that are longer than the request allows, 0 if none is.
std::string metadata_response(const ImapSession& session, std::string_view external,
                              const MetadataRequest& request, const MetadataValues& values,
                              size_t& longest);

// Which server has a mailbox is answered where the list is: others say what they call themselves,
// if they say it at all. Takes that entry out of a request for a mailbox elsewhere, if it may be
// told; server_response() is its answer.
std::optional<EntryName> take_server_entry(MetadataRequest& request, const std::string& server);
std::string server_response(const ImapSession& session, std::string_view external,
                            const EntryName& entry, const std::string& server);

// All of the changes or none. limit: too many; unsupported: no mailbox can be for that.
Status set_mailbox_metadata(ImapSession& session, const model::MailboxEntry& entry,
                            std::span<const MetadataChange> changes);
// Changes of private entries of the server. Of the shared ones it is asked whether they may be done
// before anything is.
Status set_private_metadata(ImapSession& session, const model::MailboxEntry& inbox,
                            std::span<const MetadataChange> changes);
Status may_set_server(const ImapSession& session, std::span<const MetadataChange> changes);
// RENAME of INBOX: the new mailbox has them too (RFC 5464 4.1).
Status copy_annotations(ImapSession& session, const model::MailboxEntry& from,
                        const model::MailboxEntry& to);
Status set_server_metadata(ImapSession& session, std::span<const MetadataChange> changes);

}  // namespace rookery::imapd

#endif
