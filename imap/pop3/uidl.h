// The unique id of a message (RFC 1939 7), in the form that clients know from the server that the
// mail was at before (uidl_format). It follows from UIDVALIDITY and UID alone, so it is the same in
// each session and after a move. A pure function; any thread.
#ifndef ROOKERY_IMAP_POP3_UIDL_H
#define ROOKERY_IMAP_POP3_UIDL_H

#include <cstdint>
#include <string>

#include "lib/config/config.h"

namespace rookery::pop3 {

std::string uidl(config::UidlFormat format, uint32_t uidvalidity, uint32_t uid);

}  // namespace rookery::pop3

#endif
