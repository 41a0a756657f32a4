// Addresses behind which there is a program by their local part: nobody is there to read an answer,
// and another program may answer that (RFC 3834 2, RFC 5230 4.6). Pure.
#ifndef ROOKERY_LIB_TEXT_PROGRAM_ADDRESS_H
#define ROOKERY_LIB_TEXT_PROGRAM_ADDRESS_H

#include <string_view>

namespace rookery::text {

// "MAILER-DAEMON@...", "owner-list@...", "list-request@...": in any case, also without a domain.
bool is_program_address(std::string_view address);

}  // namespace rookery::text

#endif
