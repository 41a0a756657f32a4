// Engine: one session of NNTP (RFC 3977, 4642, 4643, 4644, 6048, 8054; doc/protocols/nntp.md).
//
// The same on backends and frontends: where a group is, is looked up when it is selected; one that
// is here is opened (group.h), one at another server is passed on to (relay.h). What is posted or
// fed goes through poster.h. run() serves the client to its end. Limits: verbs.h's lines;
// kMaxErrors lines in a row that are no command end the session. login_timeout for all until the
// login, where there must be one; then nntptimeout for each command and between two.
// Borrows its parts; the kit must outlive the stream. One thread.
#ifndef ROOKERY_IMAP_NNTP_ENGINE_H
#define ROOKERY_IMAP_NNTP_ENGINE_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/delivery/articles.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mboxlist/directory.h"
#include "imap/mboxlist/newsgroups.h"
#include "imap/nntp/group.h"
#include "imap/nntp/message_ids.h"
#include "imap/nntp/poster.h"
#include "imap/nntp/relay.h"
#include "imap/nntp/verbs.h"
#include "imap/session/login.h"
#include "imap/session/session_kit.h"
#include "lib/stream/stream.h"

namespace rookery::nntp {

inline constexpr size_t kMaxErrors = 20;

inline constexpr session::Protocol kProtocol{.sasl_service = "nntp",
                                             .product = "Cyrus NNTP",
                                             .proxyservers_act = true,
                                             .for_servers = false};

struct Parts {
    const config::Config& config;
    session::SessionKit& kit;
    stream::Stream& client;
    mboxlist::Directory& directory;
    const mboxlist::Newsgroups& newsgroups;
    backend::BackendPool& backends;
    delivery::Articles& articles;
    backend::BackendPool& mail;  // for articles into groups of other servers, by LMTP
    delivery::Local local;       // without a store: no mail is kept here
    GroupChanges changes{};      // that control messages ask for
    Feed* feed = nullptr;        // to other servers of news, if there are any
    bool reads = true;           // -f: only feeds
    bool feeds = true;           // -r: only reads
};

class Engine {
 public:
    explicit Engine(Parts parts);
    void run();

    struct Row;  // what does a verb, in engine.cc

 private:
    // The current group: one of the two, or none.
    struct Selected {
        std::unique_ptr<Group> here;
        std::string server;  // of one that is elsewhere
        std::string name;
    };
    // An article that a command names, here.
    struct Found {
        Group* group = nullptr;
        uint32_t number = 0;
        uint32_t told = 0;  // the number that the client is told: 0 for one of another group
        std::unique_ptr<Group> opened{};
    };
    using EachGroup = std::function<void(const std::string& group, const model::MailboxEntry& e)>;

    // --- the loop
    bool wait_for_command();
    void one_command();
    void dispatch(const Command& command);
    bool may(const Verb& verb);
    bool relays(const Command& command) const;
    void bad(const Error& error);
    void refuse(const Error& error);
    void say(int code, std::string_view text);
    void end_session(int code, std::string_view text);

    // --- the session (engine_login.cc)
    void authinfo_pass(const Command& command);
    void authinfo_sasl(const Command& command);
    void authinfo_user(const Command& command);
    void capabilities(const Command& command);
    void compress(const Command& command);
    void date(const Command& command);
    void help(const Command& command);
    void mode_reader(const Command& command);
    void mode_stream(const Command& command);
    void quit(const Command& command);
    void session(const Command& command);
    void starttls(const Command& command);
    // --- groups (engine_list.cc)
    void group(const Command& command);
    void list_active(const Command& command);
    void list_active_times(const Command& command);
    void list_counts(const Command& command);
    void list_headers(const Command& command);
    void list_motd(const Command& command);
    void list_newsgroups(const Command& command);
    void list_overview_fmt(const Command& command);
    void listgroup(const Command& command);
    void newgroups(const Command& command);
    void newnews(const Command& command);
    // --- articles (engine_read.cc)
    void article(const Command& command);
    void body(const Command& command);
    void head(const Command& command);
    void stat(const Command& command);
    void hdr(const Command& command);
    void xhdr(const Command& command);
    void xpat(const Command& command);
    void over(const Command& command);
    void last(const Command& command);
    void next(const Command& command);

    // --- articles that come (engine_post.cc)
    void check(const Command& command);
    void ihave(const Command& command);
    void post(const Command& command);
    void takethis(const Command& command);

    // --- parts of them
    void greet();
    bool may_authenticate();
    void finish_login(const session::Login& login, const std::optional<std::string>& last_words);
    void turn_away(const session::Login& login);
    const auth::Identity& who() const { return who_ ? *who_ : anonymous_; }

    Result<model::MailboxEntry> find_group(std::string_view name);
    bool is_readable(const model::MailboxEntry& entry) const;
    bool may_post(const model::MailboxEntry& entry) const;
    Result<Answer> select(std::string_view name, const Command& command);
    Result<Answer> select_there(const model::MailboxEntry& entry, const Command& command);
    void put_numbers(const Range& range);
    Result<Marks> marks_of(const model::MailboxEntry& entry);
    Status each_group(const std::optional<text::Wildmat>& which, const EachGroup& each);
    // The answer from here and from every server with such groups, as lines.
    void list_all(const Command& command, const std::optional<text::Wildmat>& which,
                  std::string_view text, const EachGroup& here);
    using EachMarks =
        std::function<std::string(const std::string& group, const Marks& marks, char status)>;
    void list_marks(const Command& command, const std::optional<text::Wildmat>& which,
                    std::string_view text, const EachMarks& line);
    std::optional<text::Wildmat> wildmat_of(const Command& command, size_t word, bool& good);

    void pass_to_group(const Command& command);
    void pass_article(const Command& command);
    void step(uint32_t to, std::string_view none);
    bool has_group();
    Group* look_at_group();
    std::optional<Found> find_article(const Command& command, size_t word);
    std::optional<Found> find_by_id(std::string_view id);
    std::optional<Found> find_in_seen(std::string_view id, Group* current);
    // It, if that article of the group is it. current: null, or the current group.
    std::optional<Found> found_there(std::string_view group, uint32_t number, std::string_view id,
                                     Group* current);
    std::unique_ptr<Group> open_group(std::string_view name);
    bool is_it(Group& group, uint32_t number, std::string_view id);
    void send_article(const Command& command, int code, bool header, bool body);
    std::string xref_of(Group& group, uint32_t number, std::string_view header);
    std::string overview_line(Group& group, uint32_t number, uint32_t told);
    Result<std::string> value_of(Group& group, uint32_t number, std::string_view name);
    using EachArticle = std::function<void(Group& group, uint32_t number, uint32_t told)>;
    // For the article or the range that a word names; none of it: said.
    void each_article(const Command& command, size_t word, int code, std::string_view text,
                      const EachArticle& each);
    void header_lines(const Command& command, int code);
    std::optional<Status> take(std::string_view message_id);

    const config::Config& config_;
    session::SessionKit& kit_;
    stream::Stream& client_;
    mboxlist::Directory& directory_;
    const mboxlist::Newsgroups& newsgroups_;
    backend::BackendPool& backends_;
    delivery::Articles& articles_;
    mailbox::MailboxStore* store_;
    bool reads_;
    bool feeds_;
    Relay relay_;
    Poster poster_;
    auth::Identity anonymous_;
    std::string name_;  // that AUTHINFO USER gave
    std::optional<auth::Identity> who_;
    std::optional<Selected> selected_;
    MessageIds ids_;
    bool compressed_ = false;
    bool ended_ = false;
    size_t errors_ = 0;
};

}  // namespace rookery::nntp

#endif
