// deliver: a message from the standard input into mailboxes, through the LMTP server of this host.
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "imap/admin/conversation.h"
#include "imap/admin/lmtp_client.h"
#include "imap/admin/tool.h"
#include "imap/delivery/spooled_message.h"
#include "lib/base/command_line.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/config/open_log.h"
#include "lib/net/dial.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'a', "auth", "user", "the message comes from this user"},
    {'d', "", "", ""},
    {'f', "", "address", "the envelope's sender"},
    {'r', "", "address", "as -f"},
    {'m', "mailbox", "mailbox", "into this mailbox of the users, or of nobody"},
    {'q', "ignore-quota", "", "though a limit is reached"},
    {'l', "lmtp", "", "pass LMTP on between standard input and the server"},
};
constexpr Program kProgram = {"deliver", "delivers a message from standard input through LMTP",
                              kOptions,  "[user ...]",
                              0,         kAnyNumber};

constexpr Milliseconds kConnect{30'000};

struct DeliverArguments {
    std::string config_path = config::default_path();
    std::optional<std::string> return_path;
    std::string mailbox;
    std::string auth;
    bool ignore_quota = false;
    bool pipe = false;
    std::vector<std::string> users;
};

// What an envelope cannot hold in any form.
bool is_clean(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u < 0x20 || u == 0x7f;
    });
}

DeliverArguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    DeliverArguments a;
    a.config_path = line.value("C", a.config_path);
    a.auth = line.value("a", a.auth);
    a.return_path = line.has("f") ? line.given("f") : line.given("r");
    a.pipe = line.has("l");
    a.mailbox = line.value("m", a.mailbox);
    a.ignore_quota = line.has("q");
    a.users = line.operands();
    if (!a.pipe && a.users.empty() && a.mailbox.empty()) line.refuse("a user is missing");
    const std::string from = a.return_path.value_or("");
    if (!is_clean(a.mailbox) || !std::all_of(a.users.begin(), a.users.end(), is_clean) ||
        !is_clean(from) || from.find_first_of("<>") != std::string::npos)
        line.refuse("an address with characters that no envelope can have");
    return a;
}

// A local part that is no dot-string is quoted (RFC 5321 4.1.2).
std::string quoted_where_needed(std::string_view local)
{
    constexpr std::string_view kSpecial = "()<>[]:;,@\\\" ";
    if (!local.empty() && local.find_first_of(kSpecial) == std::string_view::npos)
        return std::string(local);
    std::string out = "\"";
    for (const char c : local) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + '"';
}

// user, user+mailbox, with the domain behind it that the user came with.
std::string recipient(std::string_view user, std::string_view mailbox)
{
    const size_t at = user.rfind('@');
    std::string local(user.substr(0, at));
    if (!mailbox.empty()) cat_to(local, '+', mailbox);
    std::string out = quoted_where_needed(local);
    if (at != std::string_view::npos) out += user.substr(at);
    return out;
}

std::string login_name()
{
    const passwd* who = ::getpwuid(::getuid());
    return who == nullptr || who->pw_name == nullptr ? "anonymous" : who->pw_name;
}

LmtpMessage envelope(const config::Config& config, const DeliverArguments& a)
{
    LmtpMessage message;
    message.return_path = a.return_path.value_or(login_name());
    message.auth = a.auth;
    message.ignore_quota = a.ignore_quota;
    if (a.users.empty()) message.recipients.push_back(recipient(config.postuser(), a.mailbox));
    for (const std::string& user : a.users)
        message.recipients.push_back(recipient(user, a.mailbox));
    return message;
}

// The lines of the standard input, which end in LF or CRLF, with CRLF. An mbox's "From " line in
// front is none of the message's.
class InputLines {
 public:
    explicit InputLines(mailbox::StagedMessage& to) : to_(to) {}

    Status add(std::string_view bytes)
    {
        std::string out;
        for (const char c : bytes) {
            if (beginning_) {
                start_.push_back(c);
                if (c != '\n' && start_.size() < kMbox.size()) continue;
                beginning_ = false;
                dropping_ = start_.starts_with(kMbox);
                if (!dropping_)
                    for (const char held : start_) put(held, out);
                continue;
            }
            if (!dropping_) put(c, out);
            if (c == '\n') dropping_ = false;
        }
        return to_.write(out);
    }
    // A last line without an end gets one.
    Status end()
    {
        std::string out;
        if (beginning_)
            for (const char held : start_) put(held, out);
        if (last_ != '\n') out += last_ == '\r' ? "\n" : "\r\n";
        return to_.write(out);
    }

 private:
    static constexpr std::string_view kMbox = "From ";

    void put(char c, std::string& out)
    {
        if (c == '\n' && last_ != '\r') out.push_back('\r');
        out.push_back(c);
        last_ = c;
    }

    mailbox::StagedMessage& to_;
    std::string start_;
    bool beginning_ = true;
    bool dropping_ = false;
    char last_ = '\n';
};

Status read_input(mailbox::StagedMessage& message)
{
    InputLines lines(message);
    std::vector<char> buffer(65536);
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("standard input");
        if (n == 0) return lines.end();
        TRY(lines.add({buffer.data(), static_cast<size_t>(n)}));
    }
}

Result<stream::Stream> connect(const config::Config& config)
{
    TRY_ASSIGN(Fd fd, net::dial_unix(config.lmtpsocket(), Deadline::after(kConnect)));
    stream::Stream server(std::move(fd));
    server.set_timeout(config.lmtptxn_timeout());
    return server;
}

// Who fails for now comes again with all of the message; the server knows whom it has served.
int tell(const LmtpMessage& message, const std::vector<text::SmtpReply>& answers)
{
    int result = 0;
    for (size_t i = 0; i < answers.size(); ++i) {
        if (answers[i].is_positive()) continue;
        print(cat(message.recipients[i], ": ", answers[i].summary(), "\n"));
        if (answers[i].first_digit() != 5)
            result = log::kExTempFail;
        else if (result == 0)
            result = log::kExDataErr;
    }
    return result;
}

Result<int> send(const config::Config& config, const DeliverArguments& a)
{
    LmtpMessage message = envelope(config, a);
    delivery::SpooledMessage spooled(config.temp_path());
    TRY(read_input(spooled));
    TRY_ASSIGN(message.text, spooled.map());
    TRY_ASSIGN(stream::Stream server, connect(config));
    TRY_ASSIGN(const auto answers, LmtpClient(server).send(message));
    return tell(message, answers);
}

Result<int> pass_on(const config::Config& config)
{
    TRY_ASSIGN(stream::Stream server, connect(config));
    TRY(converse(server, STDIN_FILENO, ""));
    return 0;
}

int run(const DeliverArguments& a)
{
    auto config = config::Config::load(a.config_path, "deliver");
    if (config) config::open_log(*config, "deliver");
    Result<int> done = config ? (a.pipe ? pass_on(*config) : send(*config, a)) : config.error();
    if (done) return *done;
    // Whatever it is, the message is good, and waits.
    complain(cat("deliver: ", done.error().text, "\n"));
    return log::kExTempFail;
}

}  // namespace
}  // namespace rookery::admin

int main(int argc, char** argv)
{
    using namespace rookery;
    install_panic_handlers();
    ::signal(SIGPIPE, SIG_IGN);
    return admin::run(admin::parse(argc, argv));
}
