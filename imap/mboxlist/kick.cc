#include "imap/mboxlist/kick.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/net/dial.h"

namespace rookery::mboxlist {

Status kick(const std::string& socket_path, Milliseconds wait)
{
    const auto behind = [](std::string_view why) {
        return Error{Code::behind, cat("the mailbox list may be behind: ", why)};
    };
    const Deadline deadline = Deadline::after(wait);
    auto fd = net::dial_unix(socket_path, deadline);
    if (!fd) return behind(fd.error().text);
    std::string answer;
    while (answer.size() < 2) {
        std::array<char, 16> buffer;
        const ssize_t n = read(fd->get(), buffer.data(), buffer.size());
        if (n == 0) return behind("mupdate closed the connection");
        if (n > 0) {
            answer.append(buffer.data(), static_cast<size_t>(n));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return behind(errno_error("read").text);
        if (deadline.passed()) return behind("mupdate does not answer");
        std::array<pollfd, 1> fds{{{fd->get(), POLLIN, 0}}};
        TRY(signals::poll_fds(fds, deadline));
    }
    if (answer.starts_with("ok")) return success();
    return behind("the mupdate master cannot be reached");
}

}  // namespace rookery::mboxlist
