#include "imap/backend/server_address.h"

#include "lib/base/strings.h"

namespace rookery::backend {
namespace {

// "host" or "host:port" for this service out of <short>_address.
std::string address_for(std::string_view option, std::string_view service)
{
    std::string_view plain;
    for (std::string_view word : split_words(option)) {
        size_t equals = word.find('=');
        if (equals == std::string_view::npos)
            plain = word;
        else if (equal_nocase(word.substr(0, equals), service))
            return std::string(word.substr(equals + 1));
    }
    return std::string(plain);
}

// Takes "/word" from the end of address.
bool take_suffix(std::string_view& address, std::string_view suffix)
{
    if (!address.ends_with(suffix) || address.size() == suffix.size()) return false;
    address.remove_suffix(suffix.size());
    return true;
}

// Lower case, without its port.
std::string full_name(std::string_view server)
{
    return to_lower(server.substr(0, server.find_first_of(":/")));
}

}  // namespace

std::string short_name(std::string_view server)
{
    server = server.substr(0, server.find('/'));
    server = server.substr(0, server.find('.'));
    return to_lower(server.substr(0, server.find(':')));
}

std::string certificate_name(const config::Config& config, std::string_view server, Whose whose)
{
    const std::string full = full_name(server);
    const bool own =
        whose == Whose::others || config.overflow(full + "_client_cert") ||
        config.overflow(full + "_client_key");
    return own ? full : short_name(server);
}

std::optional<std::string> server_option(const config::Config& config, std::string_view server,
                                         std::string_view what, Whose whose)
{
    if (auto found = config.overflow(cat(full_name(server), '_', what))) return found;
    if (whose == Whose::others) return std::nullopt;
    std::string with_port = to_lower(server.substr(0, server.find('.')));
    if (auto found = config.overflow(cat(with_port, '_', what))) return found;
    return config.overflow(cat(short_name(server), '_', what));
}

Result<ServerAddress> server_address(const config::Config& config, std::string_view server,
                                     std::string_view service, Whose whose)
{
    std::string said(server);
    if (auto option = server_option(config, server, "address", whose)) {
        std::string found = address_for(*option, service);
        if (!found.empty()) said = std::move(found);
    }
    ServerAddress address;
    std::string_view rest = said;
    for (bool more = true; more;) {
        more = false;
        if (take_suffix(rest, "/tls")) more = address.implicit_tls = true;
        if (take_suffix(rest, "/noauth")) more = address.without_login = true;
    }
    auto target = net::parse_target(rest, service);
    if (!target)
        return Error{Code::config, cat("address of server ", server, ": ", target.error().text)};
    address.target = *std::move(target);
    return address;
}

}  // namespace rookery::backend
