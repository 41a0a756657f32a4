// SyncClient: the asking side of the replication dialect, on one connection to another server.
//
// Logs in as proxy_authname itself, which must be an admin there. One command at a time; a NO is an
// Error with the code that its word means (services.h). Codes: unsupported (the server does not
// speak the dialect), and those of Backend::connect and of the stream. One thread.
#ifndef ROOKERY_IMAP_SYNC_CLIENT_H
#define ROOKERY_IMAP_SYNC_CLIENT_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "imap/backend/backend.h"
#include "imap/sync/dlist.h"
#include "lib/config/config.h"

namespace rookery::sync {

class SyncClient {
 public:
    // An untagged answer: its name ("MAILBOX") and value.
    using OnAnswer = std::function<Status(const std::string& name, const Dlist& value)>;

    static Result<std::unique_ptr<SyncClient>> connect(const config::Config& config,
                                                       const std::string& server);
    ~SyncClient();
    // To the same server again, whatever became of the connection.
    Status reconnect(const config::Config& config);

    // value: rendered.
    Status get(std::string_view name, std::string_view value, const OnAnswer& on_answer,
               DlistReader::RecordHook on_record = nullptr);
    Status apply(std::string_view name, std::string_view value,
                 const OnAnswer& on_answer = nullptr);
    // In parts: begin, put to stream(), finish.
    void begin(std::string_view verb, std::string_view name);
    stream::Stream& stream() { return backend_->stream(); }
    Status finish(const OnAnswer& on_answer = nullptr, DlistReader::RecordHook on_record = nullptr);

    // Drops what was uploaded and not used.
    Status restart();
    // Tells the master of a mailbox that is there. name: as this admin writes it.
    Status push(std::string_view external_name);
    // One of ours changes by this dialect only what comes in; Cyrus whatever has the name.
    bool is_ours() const { return backend_->has_capability("X-ROOKERY-SYNC"); }

 private:
    explicit SyncClient(std::unique_ptr<backend::Backend> backend) : backend_(std::move(backend)) {}
    Status untagged(const OnAnswer& on_answer, const DlistReader::RecordHook& on_record);

    std::unique_ptr<backend::Backend> backend_;
    std::string tag_;
};

}  // namespace rookery::sync

#endif
