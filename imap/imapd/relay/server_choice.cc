#include "imap/imapd/relay/server_choice.h"

#include <unistd.h>

#include <algorithm>
#include <random>

#include "imap/imapd/relay/channel.h"
#include "imap/mboxlist/servers.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr std::string_view kSpaceEntry = "/shared/vendor/cmu/cyrus-imapd/freespace/total";
constexpr size_t kMaxSpaceLine = 4096;

// Spreads load; nobody gains by guessing it.
uint32_t some_number()
{
    auto ticks = monotonic_now().time_since_epoch().count();
    std::minstd_rand generator(static_cast<uint32_t>(ticks) ^ static_cast<uint32_t>(::getpid()));
    generator.discard(3);
    return static_cast<uint32_t>(generator()) * 2654435761u;
}

uint64_t percent_free(const ServerSpace& s)
{
    return s.total_kilobytes == 0
               ? 0
               : s.free_kilobytes / std::max<uint64_t>(s.total_kilobytes / 100, 1);
}

// Free space that counts as weight; the delta mode counts only what is above the fullest server.
std::string weighted(std::span<const ServerSpace> servers, uint64_t base, uint32_t random)
{
    uint64_t sum = 0;
    for (const ServerSpace& s : servers) sum += percent_free(s) - base + 1;
    uint64_t at = random % sum;
    for (const ServerSpace& s : servers) {
        uint64_t weight = percent_free(s) - base + 1;
        if (at < weight) return s.server;
        at -= weight;
    }
    return servers.back().server;
}

// "free;total"
std::optional<ServerSpace> space_of(std::string_view value)
{
    size_t semicolon = value.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    auto free = to_uint64(value.substr(0, semicolon), UINT64_MAX);
    auto total = to_uint64(value.substr(semicolon + 1), UINT64_MAX);
    if (!free || !total || *free > *total) return std::nullopt;
    return ServerSpace{{}, *free, *total};
}

std::optional<ServerSpace> ask_space(ImapSession& session, const std::string& server)
{
    auto backend = session.backends->get(server);
    if (!backend || !(*backend)->has_capability("METADATA")) return std::nullopt;
    RelayChannel channel(session, **backend);
    channel.verb("GETMETADATA");
    channel.raw(cat(" \"\" (", kSpaceEntry, ")"));
    std::optional<ServerSpace> space;
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        if (reply.word != "METADATA") return false;
        TRY_ASSIGN(const std::string whole, replies.read_whole(reply, kMaxSpaceLine));
        if (auto told = parse_space(std::string_view(whole).substr(reply.text_begin))) space = told;
        return true;
    });
    auto answer = channel.finish();
    // That of the selected mailbox is seen to by the next command there.
    if (!answer && !(*backend)->is_selected()) session.backends->drop(*backend);
    if (space) space->server = server;
    return space;
}

// The first that can be reached, in an order of chance.
Result<std::string> any_reachable(ImapSession& session, std::vector<std::string> servers)
{
    size_t first = some_number() % servers.size();
    std::rotate(servers.begin(), servers.begin() + static_cast<std::ptrdiff_t>(first),
                servers.end());
    for (const std::string& server : servers)
        if (session.backends->get(server)) return server;
    return Error{Code::unavailable, "no server of serverlist can be reached"};
}

}  // namespace

std::optional<ServerSpace> parse_space(std::string_view metadata)
{
    text::ImapCursor cursor(metadata);
    if (!cursor.astring() || !cursor.space() || !cursor.accept('(')) return std::nullopt;
    while (!cursor.at_end()) {
        const auto entry = cursor.astring();
        if (!entry || !cursor.space()) return std::nullopt;
        const auto value = cursor.nstring();
        if (!value) return std::nullopt;
        if (*value && equal_nocase(*entry, kSpaceEntry)) return space_of(**value);
        if (!cursor.accept(' ')) return std::nullopt;
    }
    return std::nullopt;
}

std::string choose_by_space(std::span<const ServerSpace> servers, config::ServerlistSelectMode mode,
                            uint64_t soft_usage_limit, uint32_t random)
{
    std::vector<ServerSpace> good;
    for (const ServerSpace& s : servers)
        if (soft_usage_limit == 0 ||
            100 - std::min<uint64_t>(percent_free(s), 100) <= soft_usage_limit)
            good.push_back(s);
    if (good.empty()) good.assign(servers.begin(), servers.end());
    auto by_percent = [](const ServerSpace& a, const ServerSpace& b) {
        return percent_free(a) < percent_free(b);
    };
    using Mode = config::ServerlistSelectMode;
    switch (mode) {
        case Mode::random: return good[random % good.size()].server;
        case Mode::freespace_most:
            return std::max_element(good.begin(), good.end(),
                                    [](const auto& a, const auto& b) {
                                        return a.free_kilobytes < b.free_kilobytes;
                                    })
                ->server;
        case Mode::freespace_percent_most:
            return std::max_element(good.begin(), good.end(), by_percent)->server;
        case Mode::freespace_percent_weighted: return weighted(good, 0, random);
        case Mode::freespace_percent_weighted_delta:
            return weighted(good,
                            percent_free(*std::min_element(good.begin(), good.end(), by_percent)),
                            random);
    }
    return good.front().server;
}

Result<std::string> choose_server(ImapSession& session)
{
    if (session.backends == nullptr) return Error{Code::unavailable, "no serverlist is configured"};
    TRY_ASSIGN(auto servers, mboxlist::servers_for_new(session.config, session.directory));
    config::ServerlistSelectMode mode = session.config.serverlist_select_mode();
    if (mode == config::ServerlistSelectMode::random || servers.size() == 1)
        return any_reachable(session, std::move(servers));
    std::vector<ServerSpace> spaces;
    for (const std::string& server : servers)
        if (auto space = ask_space(session, server)) spaces.push_back(*std::move(space));
    if (spaces.empty()) return any_reachable(session, std::move(servers));
    return choose_by_space(
        spaces, mode, static_cast<uint64_t>(session.config.serverlist_select_soft_usage_limit()),
        some_number());
}

}  // namespace rookery::imapd
