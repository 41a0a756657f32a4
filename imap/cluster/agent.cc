#include "imap/cluster/agent.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>

#include "imap/cluster/list_marks.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {

using mupdate::Verb;

namespace {

constexpr std::string_view kPushWanted = "push-wanted";
constexpr std::string_view kRestored = "restored";
constexpr int kRetryMs = 500;
constexpr Milliseconds kLockWait{5000};
constexpr int kLockRetryMs = 20;

Result<std::unique_ptr<Client>> connect_within(const config::Config& config, Milliseconds wait)
{
    const Deadline deadline = Deadline::after(wait);
    for (;;) {
        auto client = Client::connect(config);
        if (client || !(client.is(Code::unavailable) || client.is(Code::timeout)) ||
            deadline.passed())
            return client;
        ::poll(nullptr, 0, kRetryMs);
    }
}

// Held while the Fd is open: two agents would each remember another position.
Result<Fd> lock_agent(const config::Config& config)
{
    const std::string path = cat(config.configdirectory(), "/lock");
    TRY(make_directories(path));
    TRY_ASSIGN(Fd fd, open_file(cat(path, "/agent"), O_RDWR | O_CREAT));
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const Deadline deadline = Deadline::after(kLockWait);
    while (::fcntl(fd.get(), F_SETLK, &lock) != 0) {
        if (errno != EACCES && errno != EAGAIN && errno != EINTR) return errno_error("fcntl");
        if (deadline.passed()) return Error{Code::busy, "another ctl_mboxlist tells the master"};
        ::poll(nullptr, 0, kLockRetryMs);
    }
    return fd;
}

class Agent {
 public:
    Agent(const config::Config& config, Operations& local, const AgentOptions& options)
        : config_(config), local_(local), options_(options)
    {
    }

    Result<AgentRun> run()
    {
        TRY_ASSIGN(Fd held, lock_agent(config_));
        auto connected = connect_within(config_, options_.wait);
        if (!connected) {
            // What a crash has left in the store does not wait for the master.
            if (options_.push.warn_only) return connected.error();
            if (Status left = local_.settle_all(nullptr); !left)
                log::info("pending changes are left", {{"error", left.error()}});
            return connected.error();
        }
        master_ = *std::move(connected);
        TRY_ASSIGN(there_, ask_position(config_, local_.list(), *master_));
        run_.standing = there_.standing;
        if (there_.standing == Standing::other)
            return Error{Code::denied,
                         "the mupdate master's list never was where this server's is: it was "
                         "restored or replaced. See \"murder promote\""};
        if (auto reported = report_after_restore(); !reported || run_.only_reported) {
            TRY(std::move(reported));
            return run_;
        }
        if (whole_is_due())
            TRY(push());
        else
            TRY(local_.settle_all(master_.get()));
        drop_incoming();
        TRY(remember());
        master_->logout();
        return run_;
    }

 private:
    Status report_after_restore()
    {
        if (there_.standing == Standing::restored && !options_.apply) {
            TRY(set_mark(local_.list(), kRestored, "1"));
            log::error("this server's list is older than what it has told the master: was it "
                       "restored from a backup? It only reports, until \"murder check --apply\"");
        }
        if (!only_reports(local_.list())) return success();
        if (options_.apply) {
            log::notice("what is here is the truth, by an administrator's word");
            return set_mark(local_.list(), kRestored, "");
        }
        run_.only_reported = true;
        if (!options_.whole) return success();
        PushOptions report = options_.push;
        report.warn_only = true;
        TRY_ASSIGN(run_.summary, push_all(config_, local_, *master_, report));
        return success();
    }

    // Not by the word of a master that does not know all yet.
    void drop_incoming()
    {
        const bool knows_all =
            there_.standing != Standing::recovering && there_.standing != Standing::waiting;
        if (options_.push.warn_only || !knows_all) return;
        if (Status done = local_.drop_incoming(*master_, run_.summary.has_value()); !done)
            log::warning("what failed moves left stays", {{"error", done.error()}});
    }

    bool whole_is_due()
    {
        if (options_.whole || options_.apply) return true;
        if (there_.standing == Standing::waiting) return false;
        if (there_.standing == Standing::recovering) return true;
        if (!mark_of(local_.list(), kPushWanted).empty()) return true;
        if (there_.standing == Standing::unknown) return false;
        // Each start of a master is an epoch, and the first look at one is a whole one.
        auto stood = last_position(local_.list());
        return !stood || stood->epoch != there_.at.epoch;
    }

    Status push()
    {
        PushOptions options = options_.push;
        options.additions_only =
            there_.standing == Standing::recovering || there_.standing == Standing::waiting;
        if (!options.warn_only) TRY(set_mark(local_.list(), kPushWanted, "1"));
        TRY_ASSIGN(run_.summary, push_all(config_, local_, *master_, options));
        // What waits for the end of a recovery is told by the next run after it.
        if (options.warn_only || options.additions_only) return success();
        return set_mark(local_.list(), kPushWanted, "");
    }

    // The position is that of before the push: a change of then is told again, no harm.
    Status remember()
    {
        if (there_.standing == Standing::unknown || options_.push.warn_only) return success();
        TRY(remember_position(local_.list(), there_.at));
        TRY_ASSIGN(auto reply, master_->run(Verb::told, {config_.servername(), cat(there_.at.epoch),
                                                         cat(there_.at.serial)}));
        return reply.ok ? success() : Status(Error{Code::unavailable, reply.text});
    }

    const config::Config& config_;
    Operations& local_;
    const AgentOptions& options_;
    std::unique_ptr<Client> master_;
    MasterPosition there_;
    AgentRun run_;
};

}  // namespace

bool only_reports(mboxlist::Directory& local)
{
    return !mark_of(local, kRestored).empty();
}

Result<AgentRun> run_agent(const config::Config& config, Operations& local,
                           const AgentOptions& options)
{
    return Agent(config, local, options).run();
}

}  // namespace rookery::cluster
