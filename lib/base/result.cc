// Error texts, the conversion of errno, and panic.
#include "lib/base/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/panic_line.h"

namespace rookery {

std::string_view code_name(Code code)
{
    switch (code) {
        case Code::not_found: return "not found";
        case Code::exists: return "exists";
        case Code::denied: return "denied";
        case Code::over_quota: return "over quota";
        case Code::bad_name: return "bad name";
        case Code::unavailable: return "unavailable";
        case Code::no_master: return "no mupdate master";
        case Code::behind: return "list is behind";
        case Code::busy: return "busy";
        case Code::io: return "I/O error";
        case Code::no_space: return "no space";
        case Code::corrupt: return "corrupt";
        case Code::syntax: return "syntax error";
        case Code::limit: return "over a limit";
        case Code::timeout: return "timed out";
        case Code::closed: return "connection closed";
        case Code::unsupported: return "unsupported";
        case Code::reserved: return "reserved";
        case Code::maintenance: return "maintenance";
        case Code::moved: return "moved";
        case Code::config: return "configuration error";
    }
    return "?";
}

Error errno_error(std::string_view what)
{
    return errno_error(what, errno);
}

Error errno_error(std::string_view what, int error_number)
{
    Code code = Code::io;
    switch (error_number) {
        case ENOSPC:
        case EDQUOT: code = Code::no_space; break;
        case ENOENT: code = Code::not_found; break;
        case EEXIST: code = Code::exists; break;
        case ETIMEDOUT: code = Code::timeout; break;
        case EPIPE:
        case ECONNRESET: code = Code::closed; break;
        default: break;
    }
    return Error{code, std::string(what) + ": " + strerror(error_number)};
}

void panic(std::string_view what)
{
    write_panic_line(what);
    ::abort();
}

}  // namespace rookery
