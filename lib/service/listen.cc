// Binding.
#include "lib/service/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>

#include "lib/base/strings.h"
#include "lib/net/dial.h"

namespace rookery::service {
namespace {

constexpr size_t kMaxUnixPath = 100;

struct FreeAddresses {
    void operator()(addrinfo* a) const { ::freeaddrinfo(a); }
};

Status start_listening(const Fd& socket, int backlog)
{
    TRY(set_cloexec(socket.get(), true));
    TRY(set_nonblocking(socket.get(), true));
    if (::listen(socket.get(), backlog) != 0) return errno_error("listen");
    return success();
}

// While it lives the effective user is the one that the daemons run as, so that a symbolic link in
// a directory of theirs cannot lead master anywhere that they could not go themselves.
class AsUser {
 public:
    explicit AsUser(const RunAs* user) : user_(user != nullptr && ::geteuid() == 0 ? user : nullptr)
    {
        if (user_ == nullptr) return;
        switched_ = ::setegid(user_->gid) == 0 && ::seteuid(user_->uid) == 0;
    }
    ~AsUser()
    {
        if (user_ == nullptr) return;
        if (::seteuid(0) != 0 || ::setegid(0) != 0) panic("cannot become root again");
    }
    AsUser(const AsUser&) = delete;
    AsUser& operator=(const AsUser&) = delete;
    bool ok() const { return user_ == nullptr || switched_; }

 private:
    const RunAs* user_;
    bool switched_ = false;
};

bool is_denied(int error)
{
    return error == EACCES || error == EPERM;
}

// denied: the user may not.
Status bind_path(const Fd& socket, const std::string& path, const RunAs* user, bool& denied)
{
    denied = false;
    AsUser as(user);
    if (!as.ok()) return errno_error("seteuid");
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0) {
        if (!S_ISSOCK(st.st_mode))
            return Error{Code::unavailable, cat(path, ": exists and is not a socket")};
        if (::unlink(path.c_str()) != 0) {
            denied = is_denied(errno);
            return errno_error(cat("unlink ", path));
        }
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    mode_t before = ::umask(0);
    int rc = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    int error = errno;
    ::umask(before);
    denied = rc != 0 && is_denied(error);
    if (rc != 0) return errno_error(cat("bind ", path), error);
    return success();
}

// An MTA comes in by it under its own user, whatever our umask says.
constexpr mode_t kFolderMode = 0755;

int make_folder(const std::string& folder)
{
    if (::mkdir(folder.c_str(), kFolderMode) != 0) return errno == EEXIST ? 0 : errno;
    return ::chmod(folder.c_str(), kFolderMode) == 0 ? 0 : errno;
}

// The folder of a socket may be gone with the last boot, as all of /run is. The user's, as the
// sockets in it are.
Status make_folder_of(const std::string& path, const RunAs* user)
{
    const std::string folder = directory_of(path);
    struct stat st {};
    if (folder == path || ::stat(folder.c_str(), &st) == 0) return success();
    TRY(make_folder_of(folder, user));
    int error = 0;
    {
        const AsUser as(user);
        error = make_folder(folder);
        if (error == 0) return success();
    }
    if (!is_denied(error) || user == nullptr || ::geteuid() != 0) return errno_error(folder, error);
    error = make_folder(folder);
    if (error != 0) return errno_error(folder, error);
    if (::lchown(folder.c_str(), user->uid, user->gid) != 0) return errno_error(folder);
    return success();
}

Result<Fd> bind_unix(const std::string& path, int backlog, const RunAs* user)
{
    Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (!socket) return errno_error("socket");
    if (Status made = make_folder_of(path, user); !made)
        return Error{Code::unavailable, made.error().text};
    bool denied = false;
    Status bound = bind_path(socket, path, user, denied);
    // A directory where the user may not write, such as /run: then master itself.
    if (denied && user != nullptr) bound = bind_path(socket, path, nullptr, denied);
    if (!bound) return Error{Code::unavailable, bound.error().text};
    TRY(start_listening(socket, backlog));
    return socket;
}

Result<Fd> bind_address(const addrinfo& a, int backlog)
{
    Fd socket(::socket(a.ai_family, a.ai_socktype, a.ai_protocol));
    if (!socket) return errno_error("socket");
    int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.ai_family == AF_INET6)
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(socket.get(), a.ai_addr, a.ai_addrlen) != 0) return errno_error("bind");
    TRY(start_listening(socket, backlog));
    return socket;
}

}  // namespace

Result<ListenTarget> parse_listen(std::string_view text)
{
    ListenTarget target;
    if (text.starts_with('/')) {
        if (text.size() > kMaxUnixPath)
            return Error{Code::config, cat("the path of a Unix socket has at most ", kMaxUnixPath,
                                           " bytes, this one ", text.size(), ": ", text)};
        target.is_unix = true;
        target.path = text;
        return target;
    }
    std::string_view port = text;
    if (text.starts_with('[')) {
        size_t end = text.find(']');
        if (end == text.npos || end + 1 >= text.size() || text[end + 1] != ':')
            return Error{Code::config, cat("listen=", text, ": [address]:port is expected")};
        target.host = text.substr(1, end - 1);
        port = text.substr(end + 2);
    } else if (size_t colon = text.rfind(':'); colon != text.npos) {
        target.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (target.host.find(':') != target.host.npos)
            return Error{Code::config,
                         cat("listen=", text, ": write an IPv6 address as [address]:port")};
        if (target.host == "*") target.host.clear();
    }
    if (port.empty()) return Error{Code::config, cat("listen=", text, ": the port is missing")};
    // A number that is none would be taken modulo 65536.
    const bool digits = port.find_first_not_of("0123456789") == std::string_view::npos;
    const auto number = to_number<uint64_t>(port);
    if (digits && (!number || *number > 65535))
        return Error{Code::syntax, cat("listen=", text, ": there is no port ", port)};
    target.port = port;
    return target;
}

Result<std::vector<Fd>> bind_all(const ListenTarget& target, std::string_view proto, int backlog,
                                 const RunAs* user)
{
    std::vector<Fd> made;
    if (target.is_unix) {
        TRY_ASSIGN(Fd socket, bind_unix(target.path, backlog, user));
        made.push_back(std::move(socket));
        return made;
    }
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_family = proto == "tcp4" ? AF_INET : proto == "tcp6" ? AF_INET6 : AF_UNSPEC;
    addrinfo* list = nullptr;
    // A name that /etc/services may not have is known all the same.
    const auto number = net::service_port(target.port);
    const std::string port = number ? cat(*number) : target.port;
    const char* host = target.host.empty() ? nullptr : target.host.c_str();
    const int rc = ::getaddrinfo(host, port.c_str(), &hints, &list);
    if (rc != 0)
        return Error{Code::config,
                     cat(host == nullptr ? "*" : host, ':', port, ": ", ::gai_strerror(rc))};
    std::unique_ptr<addrinfo, FreeAddresses> owner(list);
    Error last{Code::unavailable, "no address"};
    for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
        auto socket = bind_address(*a, backlog);
        if (socket) {
            made.push_back(*std::move(socket));
        } else if (errno != EAFNOSUPPORT) {
            last = Error{Code::unavailable,
                         cat(host == nullptr ? "*" : host, ':', port, ": ", socket.error().text)};
            if (errno == EADDRINUSE || errno == EACCES) return last;
        }
    }
    if (made.empty()) return last;
    return made;
}

void stop_listening(const Fd& listener)
{
    // Workers of the old template may still hold the socket: closing ours is not enough.
    if (listener) ::shutdown(listener.get(), SHUT_RDWR);
}

}  // namespace rookery::service
