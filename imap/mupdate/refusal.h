// Why a MUPDATE server says NO: a Code, in front of the text as RFC 5530 has it in IMAP.
//
// Refusals that Cyrus knows have its words and no code, so that whoever compares them finds what he
// looks for. What has neither (another version, another server) is read by its words
// as far as they are known; anything else is denied. Never no_master. Values; any thread.
#ifndef ROOKERY_IMAP_MUPDATE_REFUSAL_H
#define ROOKERY_IMAP_MUPDATE_REFUSAL_H

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::mupdate {

// "[LIMIT] why"
std::string refusal_text(const Error& error);
// What a NO or BAD with this text means. Its text is without the code.
Error refusal_error(std::string_view text);

// The same request may succeed later as it is; otherwise somebody has to change something.
bool is_passing(Code refusal);

}  // namespace rookery::mupdate

#endif
