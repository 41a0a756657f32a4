// What several rows do alike: the mailbox of fileinto and :fcc, the flags of an action, and the
// header that a test looks at.
//
// Tags that no extension in force brings are never there. Codes: those of Interpreter. One thread.
#ifndef ROOKERY_IMAP_SIEVE_TARGETS_H
#define ROOKERY_IMAP_SIEVE_TARGETS_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/actions.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/program.h"

namespace rookery::sieve {

// :flags, or the internal variable (RFC 5232 5).
std::vector<std::string> flags_of(Interpreter& in, const Node& node);
// Words of all strings, each once, without regard to case; what is no flag is left out.
std::vector<std::string> split_flags(const std::vector<std::string>& lists);
// The mailbox with :flags, :create, :specialuse, :mailboxid. syntax: a name that cannot be.
Result<Target> target_of(Interpreter& in, const Node& node, std::string mailbox);
// The same of :fcc, without the internal variable; none if there is no :fcc (RFC 8580).
Result<std::optional<Target>> fcc_of(Interpreter& in, const Node& node);

// The name of the address part that the test asks for; "all" if none.
std::string_view address_part_of(const Node& node);
// The values of the fields: of the message, or with :mime of a part and the parts below it (RFC
// 5703 4); with :index and :last that one (RFC 5260 6). is_raw: not decoded.
Result<std::vector<std::string>> header_values(Interpreter& in, const Node& node,
                                               const std::vector<std::string>& names, bool is_raw);
Result<bool> has_header(Interpreter& in, const Node& node, const std::string& name);

}  // namespace rookery::sieve

#endif
