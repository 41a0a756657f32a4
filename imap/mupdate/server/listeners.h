// Listeners: who follows this server's list, and who did until its connection ended without LOGOUT;
// for STATUS. Thread rule: any thread.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_LISTENERS_H
#define ROOKERY_IMAP_MUPDATE_SERVER_LISTENERS_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imap/mupdate/server_figures.h"
#include "lib/base/clock.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

struct Listener {
    std::string identity;  // who logged in
    std::string host;
    uint64_t serial = 0;        // up to which changes were sent
    int64_t current_since = 0;  // Unix time when it last had everything
    bool in_dump = true;
    bool may_change = false;               // or is it a reader?
    std::optional<ServerFigures> figures;  // that it told last
};

class Listeners {
 public:
    static constexpr size_t kMaxLost = 1000;
    static constexpr int64_t kLostFor = 7 * 86400;

    struct Lost {
        std::string identity;
        std::string host;
        int64_t since = 0;  // Unix time
    };

    // who: the address of the connection, only compared.
    void set(const void* who, Listener listener)
    {
        auto table = table_.lock();
        table->lost.erase(key_of(listener));
        table->there[who] = std::move(listener);
    }
    void moved(const void* who, uint64_t serial)
    {
        auto table = table_.lock();
        auto at = table->there.find(who);
        if (at == table->there.end()) return;
        at->second.serial = serial;
        at->second.in_dump = false;
        at->second.current_since = wall_seconds();
    }
    void told(const void* who, const ServerFigures& figures)
    {
        auto table = table_.lock();
        auto at = table->there.find(who);
        if (at != table->there.end()) at->second.figures = figures;
    }
    // by_logout: it said that it goes, and nobody misses it.
    void remove(const void* who, bool by_logout)
    {
        auto table = table_.lock();
        auto at = table->there.find(who);
        if (at == table->there.end()) return;
        const Key key = key_of(at->second);
        table->there.erase(at);
        if (by_logout || table->lost.size() >= kMaxLost) return;
        for (const auto& [other, listener] : table->there)
            if (key_of(listener) == key) return;
        table->lost[key] = wall_seconds();
    }
    std::vector<Listener> all()
    {
        std::vector<Listener> out;
        for (const auto& [who, listener] : table_.lock()->there) out.push_back(listener);
        return out;
    }
    // One that never comes back is not told of for ever.
    std::vector<Lost> lost()
    {
        auto table = table_.lock();
        const int64_t oldest = wall_seconds() - kLostFor;
        std::erase_if(table->lost, [&](const auto& one) { return one.second < oldest; });
        std::vector<Lost> out;
        for (const auto& [key, since] : table->lost) out.push_back({key.first, key.second, since});
        return out;
    }

 private:
    using Key = std::pair<std::string, std::string>;  // identity and host, without its port
    static Key key_of(const Listener& listener)
    {
        return {listener.identity, listener.host.substr(0, listener.host.rfind(':'))};
    }
    struct Table {
        std::map<const void*, Listener> there;
        std::map<Key, int64_t> lost;
    };
    Guarded<Table> table_;
};

}  // namespace rookery::mupdate

#endif
