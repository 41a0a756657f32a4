// Connection: one client of a mupdate server, as a state machine that is run in turns.
//
// turn() does everything that can be done now: reads what has arrived, runs whole commands, sends a
// part of a dump or stream, and says what to wait for. It waits itself only for the disk (one group
// commit for all commands that came together), never for the client: a handshake goes on with what
// has come, and while the client has not taken its answers nothing more is read from it. Commands
// and replies are those of doc/protocols/mupdate.md. A dump goes out in pieces of kChunk bytes
// while the socket takes them; between pieces the list is free. Limits: wire.h, kDeferred replies
// at once, kHeld bytes of answers and the one that went beyond, mupdate_login_timeout and
// kBeforeLogin bytes from the connection to the login, kUnread for a client that takes nothing,
// kIdle.
// Thread rule: one thread at a time; the server hands a connection from one to the next.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_CONNECTION_H
#define ROOKERY_IMAP_MUPDATE_SERVER_CONNECTION_H

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "imap/mupdate/master/recovery.h"
#include "imap/mupdate/master/rules.h"
#include "imap/mupdate/master/server_table.h"
#include "imap/mupdate/server/listeners.h"
#include "imap/mupdate/server/served_list.h"
#include "imap/mupdate/server/status.h"
#include "imap/mupdate/server_figures.h"
#include "imap/mupdate/wire.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/tls_context.h"
#include "lib/config/config.h"
#include "lib/stream/outbox_layer.h"
#include "lib/stream/stream.h"

namespace rookery::mupdate {

class MasterList;

// What all connections of a server share.
struct ServerContext {
    const config::Config& config;
    ServedList& published;
    ServerTable& servers;
    MasterList* master = nullptr;     // none: a replica
    auth::TlsContext* tls = nullptr;  // none: no STARTTLS
    std::string role = "(master)";    // or "mupdate://<master>"
    DeleteGuard max_deletes{};
    Listeners* listeners = nullptr;               // none: nobody asks
    StatusSource status = {};                     // of this role, beyond the list's own
    std::function<ServerFigures()> figures = {};  // of this server; none: nobody asks
    std::function<bool()> accept_deletes = {};    // at a replica: false if there is nothing held
    std::function<bool()> accept_restored = {};   // at a replica: false if none was refused
};

class Connection {
 public:
    static constexpr size_t kChunk = 16384;
    static constexpr size_t kChunksAtOnce = 16;  // then others have their turn
    static constexpr size_t kDeferred = 512;
    static constexpr size_t kHeld = 65536;  // the same
    static constexpr int kReads = 1;        // the same
    static constexpr size_t kBeforeLogin = 262144;
    static constexpr Seconds kIdle{180 * 60};
    static constexpr Seconds kUnread{30};

    // commit: there are changes to be made durable; the next turn waits for that.
    enum class Wants : unsigned char { input, output, time, again, commit, close };

    Connection(const ServerContext& context, Fd socket);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Called once, before the client is told that it is logged in.
    void on_login(std::function<void()> logged_in) { logged_in_ = std::move(logged_in); }
    Wants turn();
    // The end of the server: a word if one may be said, then closed.
    void say_goodbye();

    int fd() const { return stream_.fd(); }
    // Listens, and has not been told everything up to this serial and table.
    bool is_behind(uint64_t serial, uint64_t servers) const
    {
        return task_ == Task::streaming &&
               (position_ < serial || (tells_positions_ && told_servers_ != servers));
    }
    bool is_listening() const { return task_ == Task::streaming; }
    bool is_dumping() const { return task_ == Task::list || task_ == Task::update; }
    bool is_logged_in() const { return login_ == Login::done; }
    size_t changes_waiting() const { return deferred_.size(); }
    // With Wants::time, when to call turn() again.
    MonotonicTime wake_at() const { return reply_at_; }
    // When it has been waited for long enough, if it does nothing; expire() then.
    MonotonicTime expires() const;
    void expire();

 private:
    enum class Login : unsigned char { none, exchange, last_word, done };
    enum class Access : unsigned char { read, all };
    enum class Task : unsigned char { none, list, update, streaming };
    struct Deferred {
        std::string tag;
        bool ok;
        std::string text;
        uint64_t ticket;
    };

    void put_banner();
    void put_reply(std::string_view tag, std::string_view word, std::string_view text);
    // The one way to say NO: what it is for is in the code, whoever asks.
    void put_no(std::string_view tag, const Error& why);
    void settle();
    bool has_to_commit();
    Status flush();
    bool run_input();
    void run_command(const Command& command);
    bool check(const Command& command);
    void run_find(const Command& command);
    void run_change(const Command& command);
    void begin_list(const Command& command);
    void begin_update(const Command& command);
    void begin_since(const Command& command);
    void begin_following(std::string_view how);
    void put_position(std::string_view what);
    void put_servers();
    void run_server_state(const Command& command);
    void run_status(const Command& command);
    void run_accept_deletes(const Command& command);
    void run_accept_restored(const Command& command);
    void run_position(const Command& command);
    void run_told(const Command& command);
    void run_promote(const Command& command);
    void run_recovered(const Command& command);
    Standing standing(const std::string& server, const Position& at);
    void run_figures(const Command& command);
    void run_noop(const Command& command);
    void run_logout(const Command& command);
    void run_unknown(const Command& command);
    void run_compress(const Command& command);
    void run_starttls(const Command& command);
    void run_authenticate(const Command& command);
    void auth_line(std::string_view line);
    void auth_step(Result<auth::SaslServer::Step> step);
    void auth_succeeded();
    // told: to the client, who learns of a wrong password that it is wrong, and no more.
    void auth_failed(std::string_view reason, std::string_view told = "authentication failure");
    Status make_sasl();
    Wants run_task();
    Wants run_dump();
    Wants run_stream();
    Status handshake();
    // Of output; the client is to take that first.
    size_t held() const { return stream_.is_open() ? outbox_->held() : 0; }
    bool may_run() const;
    Wants read_more(bool& got);
    std::optional<Wants> run_what_came();
    void give_up_login(std::string_view why);

    const ServerContext& context_;
    std::function<void()> logged_in_;
    stream::OutboxLayer* outbox_ = nullptr;  // the bottom of stream_
    stream::Stream stream_;
    std::string remote_;
    std::string host_;
    std::optional<auth::SaslServer> sasl_;
    std::string in_;
    size_t announced_ = 0;  // the "+ go ahead" that has been sent, by position in in_
    bool greeted_ = false;
    bool closing_ = false;
    bool logged_out_ = false;
    bool handshaking_ = false;
    bool tls_active_ = false;
    bool compressed_ = false;
    Login login_ = Login::none;
    std::string auth_tag_;
    bool reply_waits_ = false;  // the answer to a failed login
    std::string reply_text_;
    MonotonicTime reply_at_{};
    MonotonicTime last_heard_;
    MonotonicTime login_by_;
    size_t before_login_ = 0;  // bytes that came
    Caller caller_;
    Access access_ = Access::read;
    std::optional<ServerFigures> figures_;  // that the client told last
    std::vector<Deferred> deferred_;
    bool committing_ = false;       // Wants::commit was said
    bool tells_positions_ = false;  // SINCE
    uint64_t told_position_ = 0;
    uint64_t told_servers_ = 0;  // the version of the table; 0: none yet
    Task task_ = Task::none;
    std::string task_tag_;
    DumpCursor cursor_;
    Filter filter_;
    uint64_t position_ = 0;
    std::vector<std::string> noops_;
};

}  // namespace rookery::mupdate

#endif
