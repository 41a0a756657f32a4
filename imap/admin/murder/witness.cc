#include "imap/admin/murder/witness.h"

#include <algorithm>
#include <set>

#include "imap/model/location.h"
#include "imap/mupdate/master/list_entry.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {

using model::MailboxName;

namespace {

constexpr size_t kWindow = 100;  // questions that are on their way at once

// Of a line of STATUS: what stands behind so many words.
std::string name_in(const std::string& line, size_t words_before)
{
    size_t at = 0;
    for (size_t n = 0; n < words_before; ++n) {
        at = line.find(' ', at);
        if (at == std::string::npos) return {};
        ++at;
    }
    return line.substr(at);
}

}  // namespace

Witness::~Witness()
{
    if (connection_) connection_->logout();
}

Result<mupdate::Client*> Witness::master()
{
    if (connection_ && connection_->is_connected()) return connection_.get();
    TRY_ASSIGN(connection_, mupdate::Client::connect(config_, master_));
    return connection_.get();
}

// Many at once: a server may have a million.
Result<std::vector<Witness::Found>> Witness::find(const std::vector<std::string>& names)
{
    TRY_ASSIGN(mupdate::Client * asked, master());
    std::vector<Found> all;
    for (size_t at = 0; at < names.size(); at += kWindow) {
        const size_t end = std::min(names.size(), at + kWindow);
        for (size_t i = at; i < end; ++i) asked->send(mupdate::Verb::find, {names[i]});
        TRY(asked->flush());
        Status refused = success();
        for (size_t i = at; i < end; ++i) {
            auto found = asked->found();
            // The answers to the others are read all the same: they are nobody else's.
            if (!found && refused) refused = found.error();
            all.push_back(found ? *std::move(found) : Found());
        }
        TRY(std::move(refused));
    }
    return all;
}

Status Witness::are_at(const std::vector<std::string>& names, const std::string& server)
{
    TRY_ASSIGN(const std::vector<Found> all, find(names));
    for (size_t i = 0; i < names.size(); ++i) {
        const std::string& name = names[i];
        if (!all[i]) return Error{Code::not_found, cat("the master does not know ", name)};
        const std::string at(mupdate::server_of(all[i]->location));
        if (at != server) return Error{Code::not_found, cat("the master has ", name, " at ", at)};
        if (!all[i]->active)
            return Error{Code::not_found, cat("the master has ", name, " as reserved only")};
    }
    return success();
}

Result<std::vector<std::string>> Witness::partitions_of(const std::vector<std::string>& names)
{
    TRY_ASSIGN(const std::vector<Found> all, find(names));
    std::vector<std::string> partitions;
    for (const Found& found : all) {
        const auto location = found ? model::parse_location(found->location)
                                    : Result<model::WireLocation>(model::WireLocation{});
        partitions.push_back(location && !location->server.empty() ? location->partition : "");
    }
    return partitions;
}

Result<Witness::Holdings> Witness::held_by(const std::string& server)
{
    TRY_ASSIGN(auto lists, mupdate::Client::connect(config_, master_));
    TRY_ASSIGN(const auto records, lists->list(cat(server, '!')));
    lists->logout();
    std::vector<std::string> names;
    for (const auto& record : records) names.push_back(record.name);
    TRY_ASSIGN(const std::vector<Found> all, find(names));
    Holdings holdings;
    for (size_t i = 0; i < names.size(); ++i) {
        // The list shows claims too.
        if (!all[i] || mupdate::server_of(all[i]->location) != server) continue;
        TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(names[i]));
        auto& kind = name.is_deleted(config_.deletedprefix()) ? holdings.deleted
                     : all[i]->active                         ? holdings.names
                                                              : holdings.reserved;
        kind.push_back(names[i]);
    }
    TRY(add_claims(server, holdings));
    return holdings;
}

// While a move is open the source is on record as well, and that is no conflict.
Status Witness::add_claims(const std::string& server, Holdings& holdings)
{
    TRY_ASSIGN(mupdate::Client * asked, master());
    if (!asked->offers("STATUS")) return success();
    TRY_ASSIGN(const auto lines, asked->status());
    std::set<std::string, std::less<>> moving;
    for (const auto& line : lines)
        if (line.key == "move") moving.insert(name_in(line.value, 3));
    for (const auto& line : lines) {
        const auto words = split(line.value, ' ');
        if (line.key != "conflict" || words.size() < 5) continue;
        const std::string name = name_in(line.value, 4);
        if (mupdate::server_of(words[2]) == server && !moving.contains(name))
            holdings.claimed.push_back(name);
    }
    return success();
}

Result<std::string> unit_of(const config::Config& config, const MailboxName& name)
{
    if (name.user().empty() || name.is_deleted(config.deletedprefix())) return name.internal();
    TRY_ASSIGN(const MailboxName inbox, MailboxName::inbox_of(name.user(), config.defaultdomain()));
    return inbox.internal();
}

Result<Units> units_of(const config::Config& config, const std::vector<std::string>& names)
{
    Units units;
    for (const std::string& internal : names) {
        TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(internal));
        TRY_ASSIGN(const std::string unit, unit_of(config, name));
        units[unit].push_back(internal);
    }
    return units;
}

}  // namespace rookery::admin::murder
