// The session that the lines of this thread belong to.
//
// While it is set each line of the log ends in session=<id>, unless it names another one itself: so
// that what one client's session did is found by its id, on this server and, since frontends log
// the ids that other servers gave them, on those. Thread rule: each thread has its own.
#ifndef ROOKERY_LIB_BASE_LOG_SESSION_H
#define ROOKERY_LIB_BASE_LOG_SESSION_H

#include <string>
#include <string_view>

namespace rookery::log {

void set_session(std::string_view id);  // "": none
const std::string& session();
// Has a text from outside the form of our ids, so that it may stand in a line of the log?
bool is_session_id(std::string_view text);
// What stands in SESSIONID=<...> of another server's reply, "" if nothing does.
std::string_view session_named_in(std::string_view text);

}  // namespace rookery::log

#endif
