// Listeners: who follows this server's list, for STATUS. Thread rule: any thread.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_LISTENERS_H
#define ROOKERY_IMAP_MUPDATE_SERVER_LISTENERS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

struct Listener {
    std::string identity;  // who logged in
    std::string host;
    uint64_t serial = 0;        // up to which changes were sent
    int64_t current_since = 0;  // Unix time when it last had everything
    bool in_dump = true;
};

class Listeners {
 public:
    // who: the address of the connection, only compared.
    void set(const void* who, Listener listener) { (*table_.lock())[who] = std::move(listener); }
    void moved(const void* who, uint64_t serial)
    {
        auto table = table_.lock();
        auto at = table->find(who);
        if (at == table->end()) return;
        at->second.serial = serial;
        at->second.in_dump = false;
        at->second.current_since = wall_seconds();
    }
    void remove(const void* who) { table_.lock()->erase(who); }
    std::vector<Listener> all()
    {
        std::vector<Listener> out;
        for (const auto& [who, listener] : *table_.lock()) out.push_back(listener);
        return out;
    }

 private:
    Guarded<std::map<const void*, Listener>> table_;
};

}  // namespace rookery::mupdate

#endif
