// fetchnews: brings new articles of another server of news to this one.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "imap/admin/password.h"
#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/backend/server_address.h"
#include "imap/nntp/fetch_marks.h"
#include "imap/nntp/fetcher.h"
#include "imap/nntp/peer.h"
#include "imap/nntp/peer_connection.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/wildmat.h"

namespace {

using namespace rookery;
using admin::print;
using nntp::Peer;
using nntp::PeerConnection;

constexpr std::string_view kName = "fetchnews";
constexpr std::string_view kHere = "localhost";
constexpr int kLater = 75;
constexpr std::string_view kAll = "*";
constexpr size_t kMaxStamp = 100;
constexpr size_t kMaxWildmat = 100;  // in the name of a file
// What came to the peer meanwhile, or by a clock that is a little behind, is named once more.
constexpr int64_t kOverlap = 180;

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'a', "auth-id", "user", "log in as this user at the peer"},
    {'f', "newsstamp-file", "file", "the time of the last run is kept here"},
    {'n', "no-newnews", "", "go by the numbers of the articles, without NEWNEWS"},
    {'p', "password", "password", "with this password"},
    {'q', "quiet", "", "no progress"},
    {'s', "server", "server", "feed this server ([user[:password]@]host[:port])"},
    {'w', "groups", "wildmat", "only these groups"},
    {'y', "yyyy", "", ""},
};
constexpr Program kProgram = {
    "fetchnews", "brings new articles of another server of news", kOptions, "peer", 1, 1};

// Of a server whose user is known; nobody may look at the words of a process.
std::string password_for(const config::Config& config, const Peer& peer)
{
    using backend::Whose;
    if (auto own = backend::server_option(config, peer.name, "password", Whose::others))
        return *own;
    return admin::ask_password(cat("Password of ", peer.user, " at ", peer.name, ": "));
}

Result<Peer> server(const config::Config& config, const std::string& text,
                    const std::optional<std::string>& user,
                    const std::optional<std::string>& password)
{
    TRY_ASSIGN(Peer peer, nntp::parse_peer(text));
    if (peer.groups) return Error{Code::config, cat(peer.host, ": what follows it?")};
    // What is brought is fed.
    peer.posts = false;
    if (user) peer.user = *user;
    if (password) peer.password = *password;
    if (!peer.user.empty() && peer.password.empty()) peer.password = password_for(config, peer);
    return peer;
}

// What a run of this peer begins with, and where it says how far it came.
struct State {
    std::string stamp_file;
    std::string marks_file;
};

// For the name of a file.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const char lower = to_lower(c);
        const bool is_plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                              c == '.' || c == '-' || c == '_' || c == ',';
        if (is_plain)
            out += c;
        else
            cat_to(out, '%', hex({&c, 1}));
    }
    return out;
}

Result<State> state_of(const config::Config& config, const CommandLine& line, const Peer& peer)
{
    const std::string folder = cat(config.configdirectory(), "/fetchnews");
    TRY(make_directories(folder));
    const std::string name = cat(folder, '/', peer.name);
    const std::string wildmat = line.value("w", kAll);
    // Other groups have another time.
    const std::string of_groups = wildmat == kAll ? "" : cat('=', escaped(wildmat));
    if (of_groups.size() > kMaxWildmat && !line.has("f"))
        return Error{Code::config, "-w is too long for the name of a file: name one with -f"};
    return State{line.value("f", cat(name, of_groups, ".stamp")), cat(name, ".marks")};
}

bool is_for_now(Code code)
{
    return code == Code::unavailable || code == Code::timeout || code == Code::closed ||
           code == Code::busy;
}

class Run {
 public:
    Run(const CommandLine& line, const config::Config& config)
        : line_(line), config_(config), progress_("articles", {.quiet = line.has("q")})
    {
    }

    Result<int> run()
    {
        TRY_ASSIGN(const Peer there,
                   server(config_, line_.operands().front(), line_.given("a"), line_.given("p")));
        TRY_ASSIGN(const Peer here,
                   server(config_, line_.value("s", kHere), std::nullopt, std::nullopt));
        TRY_ASSIGN(const State state, state_of(config_, line_, there));
        // It locks out others at the same peer, whichever way they go.
        TRY_ASSIGN(nntp::FetchMarks marks, nntp::FetchMarks::open(state.marks_file));
        TRY_ASSIGN(const auto from,
                   PeerConnection::open(config_, there, PeerConnection::As::reader));
        TRY_ASSIGN(const auto to, PeerConnection::open(config_, here));
        nntp::Fetcher fetcher(config_, *from, *to, watch());
        Status done = bring(fetcher, state, marks);
        const nntp::Fetched& fetched = fetcher.fetched();
        if (done || fetched.taken + fetched.had + fetched.gone + fetched.waiting > 0)
            tell(there, fetched);
        TRY(std::move(done));
        from->quit();
        to->quit();
        if (progress_.stopped())
            admin::complain(cat(kName, ": ", progress_.interrupted("the next run goes on"), '\n'));
        return admin::exit_status(fetched.waiting > 0 ? kLater : 0);
    }

 private:
    nntp::FetchWatch watch()
    {
        return {[this](uint64_t more) { progress_.expect(total_ += more); },
                [this](std::string_view what) {
                    progress_.working_on(what);
                    progress_.advance();
                },
                [this] { return progress_.stopped(); }};
    }

    Status bring(nntp::Fetcher& fetcher, const State& state, nntp::FetchMarks& marks)
    {
        const std::string wildmat = line_.value("w", kAll);
        if (line_.has("n")) return fetcher.by_marks(wildmat, marks);
        const auto text = read_file(state.stamp_file, kMaxStamp);
        if (!text && ::access(state.stamp_file.c_str(), F_OK) == 0) return text.error();
        const auto since = text ? to_number<uint64_t>(trim(*text), INT64_MAX) : uint64_t{0};
        if (!since) return Error{Code::corrupt, cat(state.stamp_file, ": that is no time")};
        TRY_ASSIGN(const int64_t now, fetcher.now());
        const auto last = static_cast<int64_t>(*since);
        Status done = fetcher.new_news(wildmat, std::max<int64_t>(last - kOverlap, 0));
        if (done.is(Code::unsupported))
            return Error{done.error().code, cat(done.error().text, " (-n goes without)")};
        TRY(std::move(done));
        if (progress_.stopped() || fetcher.fetched().waiting > 0) return success();
        return replace_file(state.stamp_file, cat(now, '\n'));
    }

    void tell(const Peer& there, const nntp::Fetched& f) const
    {
        log::notice("articles fetched", {{"peer", there.name},
                                         {"taken", f.taken},
                                         {"had", f.had},
                                         {"gone", f.gone},
                                         {"waiting", f.waiting}});
        if (!line_.has("q"))
            print(cat(f.taken, " taken, ", f.had, " not wanted, ", f.gone, " gone, ", f.waiting,
                      " to be tried again\n"));
    }

    const CommandLine& line_;
    const config::Config& config_;
    admin::Progress progress_;
    uint64_t total_ = 0;
};

}  // namespace

int main(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    if (line.has("w") && !text::Wildmat::compile(line.value("w")))
        line.refuse("that is no wildmat");
    if (line.has("p") && !line.has("a")) line.refuse("-p is nothing without -a");
    const config::Config config = admin::start(line.value("C", config::default_path()), kName);
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed(kName, ready.error());
    const auto done = Run(line, config).run();
    if (done) return *done;
    (void)admin::failed(kName, done.error());
    return admin::exit_status(is_for_now(done.error().code) ? kLater : 1);
}
