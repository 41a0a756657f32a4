#include "tests/unit/imap/mupdate/fake_master.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "imap/mupdate/master/rules.h"
#include "imap/mupdate/wire.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace rookery::test {

namespace {

using namespace mupdate;

struct Names {
    std::map<std::string, ListEntry> entries;
    Policy policy;
};

void answer(Names& names, const Command& c, Caller& caller, std::string& out)
{
    const auto& a = c.arguments;
    if (c.verb == Verb::authenticate) return put_reply(out, c.tag, "OK", "Authenticated");
    if (c.verb == Verb::list) {
        for (const auto& [name, entry] : names.entries)
            if (auto shown = shown_in_list(entry, a.empty() ? std::string_view() : a[0])) {
                if (shown->active)
                    put_mailbox(out, c.tag, name, shown->location, shown->acl);
                else
                    put_reserve(out, c.tag, name, shown->location);
            }
        if (!a.empty()) caller.listed_server = a[0].substr(0, a[0].size() - 1);
        return put_reply(out, c.tag, "OK", "list complete");
    }
    if (a.empty()) return put_reply(out, c.tag, "OK", "done");
    auto it = names.entries.find(a[0]);
    if (c.verb == Verb::find) {
        if (it != names.entries.end())
            if (auto shown = shown_in_find(it->second, caller)) {
                if (shown->active)
                    put_mailbox(out, c.tag, a[0], shown->location, shown->acl);
                else
                    put_reserve(out, c.tag, a[0], shown->location);
            }
        return put_reply(out, c.tag, "OK", "Search completed");
    }
    const Question q{it == names.entries.end() ? nullptr : &it->second, caller, names.policy,
                     monotonic_now()};
    Verdict v = c.verb == Verb::activate     ? decide_activate(q, a[1], a[2])
                : c.verb == Verb::reserve    ? decide_reserve(q, a[1])
                : c.verb == Verb::deactivate ? decide_deactivate(q, a[1])
                                             : decide_delete(q, a.size() > 1 ? a[1] : "");
    if (v.changes && v.after)
        names.entries.insert_or_assign(a[0], *v.after);
    else if (v.changes)
        names.entries.erase(a[0]);
    put_reply(out, c.tag, v.ok ? "OK" : "NO", v.text);
}

// What goes wrong, each once.
struct Plan {
    std::string die_at;
    std::string refuse;
    std::string refusal;
};

struct Peer {
    int fd;
    std::string in;
    Caller caller{"murder", {}, 0, UINT64_MAX};
};

// False: the connection is over.
bool serve(Peer& peer, Names& names, Plan& plan)
{
    char bytes[4096];
    ssize_t n = ::read(peer.fd, bytes, sizeof bytes);
    if (n <= 0) return false;
    peer.in.append(bytes, static_cast<size_t>(n));
    std::string out;
    for (;;) {
        Parsed p = parse_command(peer.in);
        if (p.kind != Parsed::Kind::command) break;
        peer.in.erase(0, p.position);
        const std::string_view word = row_of(p.command.verb).word;
        if (!plan.die_at.empty() && word == plan.die_at) {
            plan.die_at.clear();
            return false;
        }
        if (!plan.refuse.empty() && word == plan.refuse) {
            plan.refuse.clear();
            put_reply(out, p.command.tag, "NO", plan.refusal);
            continue;
        }
        answer(names, p.command, peer.caller, out);
    }
    return ::send(peer.fd, out.data(), out.size(), MSG_NOSIGNAL) >= 0;
}

[[noreturn]] void run(int listener, Plan plan)
{
    const std::string banner = "* AUTH \"PLAIN\"\r\n* CONDITIONAL-DELETE\r\n"
                               "* OK MUPDATE \"fake\" \"Fake\" \"1\" \"(master)\"\r\n";
    Names names;
    std::vector<Peer> peers;
    for (;;) {
        std::vector<pollfd> fds{{listener, POLLIN, 0}};
        for (const Peer& peer : peers) fds.push_back({peer.fd, POLLIN, 0});
        ::poll(fds.data(), static_cast<nfds_t>(fds.size()), -1);
        for (size_t i = peers.size(); i-- > 0;) {
            if (fds[i + 1].revents == 0 || serve(peers[i], names, plan)) continue;
            ::close(peers[i].fd);
            peers.erase(peers.begin() + static_cast<long>(i));
        }
        if (fds[0].revents == 0) continue;
        int fd = ::accept(listener, nullptr, nullptr);
        if (fd < 0 || ::send(fd, banner.data(), banner.size(), MSG_NOSIGNAL) < 0) ::_exit(1);
        peers.push_back({fd, {}, {"murder", {}, 0, UINT64_MAX}});
    }
}

}  // namespace

void FakeMaster::bind_port()
{
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        panic("no port");
    port_ = ntohs(address.sin_port);
}

FakeMaster::FakeMaster()
{
    bind_port();
}

FakeMaster::~FakeMaster()
{
    stop();
    if (listener_ >= 0) ::close(listener_);
}

void FakeMaster::start()
{
    if (listener_ < 0) bind_port();
    if (::listen(listener_, 16) != 0) panic("listen");
    child_ = ::fork();
    die_at_ = child_ == 0 ? die_at_ : std::string();
    if (child_ != 0) return;
    run(listener_, {die_at_, refuse_, refusal_});
}

void FakeMaster::stop()
{
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    ::close(listener_);
    listener_ = -1;
}

}  // namespace rookery::test
