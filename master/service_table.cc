// Services, one by one.
#include "master/service_table.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::master {

Status ServiceTable::bind(const std::vector<ServiceEntry>& entries, bool fatal)
{
    for (const ServiceEntry& entry : entries) {
        auto service = std::make_unique<ManagedService>(entry, context_);
        Status bound = service->bind();
        if (!bound) {
            log::error("service is left out", {{"service", entry.name}, {"reason", bound.error()}});
            if (fatal) return Error{Code::unavailable, cat(entry.name, ": ", bound.error().text)};
        }
        services_.push_back(std::move(service));
    }
    return success();
}

void ServiceTable::start(MonotonicTime now)
{
    for (auto& service : services_) service->start(now);
}

void ServiceTable::reload(const std::vector<ServiceEntry>& entries, MonotonicTime now)
{
    told_.clear();
    auto named = [&](const std::string& name) {
        return std::find_if(entries.begin(), entries.end(),
                            [&](const ServiceEntry& e) { return e.name == name; });
    };
    // What is gone first: another service may take over its address.
    for (auto& service : services_)
        if (!service->is_leaving() && named(service->name()) == entries.end()) {
            log::notice("service removed", {{"service", service->name()}});
            service->retire();
        }
    for (const ServiceEntry& entry : entries) {
        auto found = std::find_if(services_.begin(), services_.end(), [&](const auto& s) {
            return s->name() == entry.name && !s->is_leaving();
        });
        if (found != services_.end()) {
            (*found)->reload(entry, now);
            continue;
        }
        auto service = std::make_unique<ManagedService>(entry, context_);
        Status bound = service->bind();
        if (!bound)
            log::error("service is left out", {{"service", entry.name}, {"reason", bound.error()}});
        service->start(now);
        services_.push_back(std::move(service));
    }
}

void ServiceTable::terminate()
{
    for (auto& service : services_) service->terminate();
}

bool ServiceTable::child_ended(pid_t pid, int status, MonotonicTime now)
{
    bool ours = false;
    for (auto& service : services_) ours = ours || service->child_ended(pid, status, now);
    tell_lacking();
    std::erase_if(services_, [](const auto& s) { return s->is_leaving() && !s->has_processes(); });
    return ours;
}

void ServiceTable::add_fds(std::vector<pollfd>& fds) const
{
    for (const auto& service : services_) service->add_fds(fds);
}

void ServiceTable::read_reports(int fd, MonotonicTime now)
{
    for (auto& service : services_) service->read_reports(fd, now);
    tell_lacking();
}

void ServiceTable::tell_lacking()
{
    for (const auto& service : services_)
        if (!service->lacking().empty() && told_.insert(service->lacking()).second)
            log::error("TLS is not offered", {{"reason", service->lacking()}});
}

std::string ServiceTable::names_out() const
{
    std::string out;
    for (const auto& s : services_)
        if (s->is_out()) cat_to(out, out.empty() ? "" : ", ", s->name());
    return out;
}

std::string ServiceTable::names_without_tls() const
{
    std::string out;
    for (const auto& s : services_)
        if (!s->is_out() && !s->lacking().empty()) cat_to(out, out.empty() ? "" : ", ", s->name());
    return out;
}

Deadline ServiceTable::due() const
{
    Deadline due = Deadline::never();
    for (const auto& service : services_) due = due.min(service->due());
    return due;
}

void ServiceTable::tick(MonotonicTime now)
{
    for (auto& service : services_) service->tick(now);
}

bool ServiceTable::is_settled() const
{
    return std::all_of(services_.begin(), services_.end(),
                       [](const auto& s) { return s->is_settled(); });
}

bool ServiceTable::has_processes() const
{
    return std::any_of(services_.begin(), services_.end(),
                       [](const auto& s) { return s->has_processes(); });
}

std::string ServiceTable::living() const
{
    std::string out;
    for (const auto& service : services_)
        for (pid_t pid : service->pids())
            cat_to(out, out.empty() ? "" : ", ", service->name(), ' ', pid);
    return out;
}

}  // namespace rookery::master
