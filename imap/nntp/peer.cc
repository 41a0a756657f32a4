#include "imap/nntp/peer.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

constexpr size_t kMaxHost = 200;

bool take_suffix(std::string_view& text, std::string_view suffix)
{
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

// "user" or "user:password" in front of the host.
void take_login(std::string_view& rest, Peer& peer)
{
    const size_t end = rest.find('@');
    if (end == rest.npos || rest.substr(0, end).find_first_of(",*?!") != rest.npos) return;
    const std::string_view login = rest.substr(0, end);
    const size_t colon = login.find(':');
    peer.posts = true;
    peer.user = login.substr(0, colon);
    if (colon != login.npos) peer.password = login.substr(colon + 1);
    rest.remove_prefix(end + 1);
}

// A name, or an address, in brackets if it has colons.
std::string_view take_host(std::string_view& rest)
{
    size_t end = rest.starts_with('[') ? rest.find(']') : rest.find(':');
    if (rest.starts_with('[') && end != rest.npos) ++end;
    const std::string_view host = rest.substr(0, end);
    rest.remove_prefix(host.size());
    return host;
}

// It is a name for a file, too, and a recipient of the queue.
bool is_host(std::string_view host)
{
    const bool is_address = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (is_address) host = host.substr(1, host.size() - 2);
    const std::string_view others = is_address ? ":." : "-._";
    return !host.empty() && host.size() <= kMaxHost && host.front() != '-' && host.front() != '.' &&
           std::all_of(host.begin(), host.end(), [&](char c) {
               const char lower = to_lower(c);
               return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                      others.find(c) != others.npos;
           });
}

}  // namespace

Result<Peer> parse_peer(std::string_view text)
{
    const auto wrong = [](std::string_view what) {
        return Error{Code::config, cat("newspeer: ", what)};
    };
    Peer peer;
    std::string_view rest = text;
    if (take_suffix(rest, "/tls"))
        peer.tls = Peer::Tls::required;
    else if (take_suffix(rest, "/notls"))
        peer.tls = Peer::Tls::never;
    take_login(rest, peer);
    peer.host = take_host(rest);
    peer.name = to_lower(peer.host);
    // From here on the text has no password.
    if (!is_host(peer.host)) return wrong("there is no host in one of its words");
    if (!rest.empty() && rest.front() != ':') return wrong(cat(peer.host, ": what follows it?"));
    if (!rest.empty()) rest.remove_prefix(1);
    const std::string_view port = rest.substr(0, rest.find(':'));
    if (!port.empty() && port.find_first_not_of("0123456789") == port.npos) {
        if (!to_number<uint16_t>(port)) return wrong(cat(peer.host, ": that is no port"));
        cat_to(peer.name, ':', port);
        rest.remove_prefix(std::min(port.size() + 1, rest.size()));
    }
    if (rest.empty()) return peer;
    auto groups = text::Wildmat::compile(rest, text::Wildmat::Poison::yes);
    if (!groups) return wrong(cat(peer.host, ": ", groups.error().text));
    peer.groups = *std::move(groups);
    return peer;
}

Result<std::vector<Peer>> peers_of(const config::Config& config)
{
    std::vector<Peer> peers;
    for (const std::string_view word : split_words(config.newspeer())) {
        TRY_ASSIGN(Peer peer, parse_peer(word));
        for (const Peer& other : peers)
            if (other.name == peer.name)
                return Error{Code::config, cat("newspeer: ", peer.name, " stands there twice")};
        peers.push_back(std::move(peer));
    }
    return peers;
}

bool takes(const Peer& peer, const ArticleHeader& article)
{
    if (passed_by(article.path, peer.host)) return false;
    if (!peer.groups) return true;
    std::vector<std::string> groups = article.groups;
    if (!article.control.empty()) groups = {control_groups(article.control).front()};
    const auto poisons = [&](const std::string& group) { return peer.groups->poisons(group); };
    const auto matches = [&](const std::string& group) { return peer.groups->matches(group); };
    return std::none_of(article.groups.begin(), article.groups.end(), poisons) &&
           std::none_of(groups.begin(), groups.end(), poisons) &&
           std::any_of(groups.begin(), groups.end(), matches);
}

}  // namespace rookery::nntp
