// One message to the recipients of one transaction.
#include "imap/delivery/delivery.h"

#include <algorithm>
#include <utility>

#include "imap/delivery/trace.h"

namespace rookery::delivery {
namespace {

std::string_view server_of(const RemoteDelivery::ByServer& to, size_t number)
{
    for (const auto& [server, numbers] : to)
        if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) return server;
    return {};
}

}  // namespace

Delivery::Delivery(const config::Config& config, mboxlist::Directory& directory,
                   Recipients& recipients, backend::BackendPool& backends, Local local)
    : recipients_(recipients),
      has_store_(local.store != nullptr),
      local_(config, directory, recipients, std::move(local)),
      remote_(config, backends)
{
}

std::vector<Outcome> Delivery::deliver(const Transaction& t)
{
    outcomes_.assign(t.recipients.size(), Outcome{Error{Code::io, "not tried"}});
    strays_.assign(t.recipients.size(), false);
    RemoteDelivery::ByServer by_server;
    std::vector<size_t> here;
    for (size_t i = 0; i < t.recipients.size(); ++i) {
        if (t.recipients[i].server.empty())
            here.push_back(i);
        else
            by_server[t.recipients[i].server].push_back(i);
    }
    deliver_local(t, here);
    deliver_remote(t, by_server);
    retry_strays(t);
    return std::move(outcomes_);
}

void Delivery::told(bool reached)
{
    local_.told(reached);
}

Status Delivery::has_room(const Recipient& recipient, const auth::Identity& sender, uint64_t size)
{
    if (!recipient.server.empty()) return success();
    auto entry = recipients_.target(recipient, sender);
    // What is wrong with it is found when the message is here.
    if (!entry) return success();
    return local_.fits(entry->name, recipient, std::max<uint64_t>(size, 1));
}

void Delivery::deliver_local(const Transaction& t, const std::vector<size_t>& numbers)
{
    if (!has_store_) {
        for (size_t i : numbers)
            outcomes_[i] = {Error{Code::config, "a local mailbox, and no store"}};
        return;
    }
    for (auto& [i, outcome] : local_.deliver(t, numbers)) outcomes_[i] = std::move(outcome);
}

void Delivery::deliver_remote(const Transaction& t, const RemoteDelivery::ByServer& to)
{
    for (auto& [i, answer] : remote_.deliver(t, to)) {
        outcomes_[i] = std::move(answer.outcome);
        strays_[i] = answer.stray;
        if (!answer.stray) log_remote(t, i, server_of(to, i), answer.session);
    }
}

void Delivery::log_remote(const Transaction& t, size_t i, std::string_view server,
                          std::string_view session) const
{
    const Recipient& to = t.recipients[i];
    const Status& status = outcomes_[i].status;
    const Trace where{.mailbox = to.mailbox.internal(), .server = server, .remote = session};
    if (status)
        log_delivered(t, to, where);
    else
        log_not_delivered(t, to, status.error(), where);
}

void Delivery::retry_strays(const Transaction& t)
{
    RemoteDelivery::ByServer by_server;
    std::vector<size_t> here, unplaced;
    for (size_t i = 0; i < t.recipients.size(); ++i) {
        if (!strays_[i]) continue;
        strays_[i] = false;
        unplaced.push_back(i);
        outcomes_[i] = {Error{Code::behind, {}}};
        auto server = recipients_.look_again(t.recipients[i]);
        if (!server) continue;
        if (server->empty())
            here.push_back(i);
        else if (*server != t.recipients[i].server)
            by_server[*server].push_back(i);
    }
    deliver_local(t, here);
    deliver_remote(t, by_server);
    for (size_t i = 0; i < strays_.size(); ++i)
        if (strays_[i]) outcomes_[i] = {Error{Code::behind, {}}};
    for (size_t i : unplaced)
        if (outcomes_[i].status.is(Code::behind)) log_remote(t, i, t.recipients[i].server, {});
}

}  // namespace rookery::delivery
