// LHLO, MAIL, RCPT for each, DATA, and one reply for each that was accepted.
#include "imap/admin/lmtp_client.h"

#include <algorithm>

#include "imap/backend/reply_lines.h"
#include "imap/delivery/remote_delivery.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

using text::SmtpReply;

bool is_8bit(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

Error broken_off(const SmtpReply& reply)
{
    return Error{Code::unavailable, reply.summary()};
}

}  // namespace

bool LmtpClient::has(std::string_view capability) const
{
    return capabilities_.count(std::string(capability)) != 0;
}

Result<SmtpReply> LmtpClient::reply()
{
    TRY_ASSIGN(SmtpReply r, backend::read_smtp_reply(server_));
    // It ends the session (RFC 5321 3.8), whatever was asked.
    if (r.code == 421) return broken_off(r);
    return r;
}

void LmtpClient::put_command(std::string_view command)
{
    server_.put(command, "\r\n");
}

Status LmtpClient::greet()
{
    TRY_ASSIGN(const SmtpReply banner, reply());
    if (!banner.is_positive()) return broken_off(banner);
    put_command("LHLO deliver");
    TRY(server_.flush());
    TRY_ASSIGN(const SmtpReply hello, reply());
    if (!hello.is_positive()) return broken_off(hello);
    for (const std::string& line : hello.lines)
        capabilities_.insert(to_upper(std::string_view(line).substr(0, line.find(' '))));
    return success();
}

std::string LmtpClient::mail_command(const LmtpMessage& message) const
{
    std::string command = cat("MAIL FROM:<", message.return_path, ">");
    if (!message.auth.empty() && has("AUTH"))
        cat_to(command, " AUTH=", delivery::to_xtext(message.auth));
    if (has("8BITMIME") && std::any_of(message.text.begin(), message.text.end(), is_8bit))
        command += " BODY=8BITMIME";
    return command;
}

// The envelope. Who was refused in it has his answer; the others' is positive until the message is
// there.
Status LmtpClient::announce(const LmtpMessage& message, std::vector<SmtpReply>& answers)
{
    const bool together = has("PIPELINING");
    const std::string_view ignore =
        message.ignore_quota && has("IGNOREQUOTA") ? " IGNOREQUOTA" : "";
    const auto put_rcpt = [&](const std::string& to) {
        put_command(cat("RCPT TO:<", to, ">", ignore));
    };
    put_command(mail_command(message));
    if (together)
        for (const std::string& to : message.recipients) put_rcpt(to);
    TRY(server_.flush());
    TRY_ASSIGN(const SmtpReply mail, reply());
    for (const std::string& to : message.recipients) {
        if (!together && mail.is_positive()) {
            put_rcpt(to);
            TRY(server_.flush());
        }
        SmtpReply answer = mail;
        if (together || mail.is_positive()) {
            TRY_ASSIGN(answer, reply());
        }
        answers.push_back(mail.is_positive() ? std::move(answer) : mail);
    }
    return success();
}

Status LmtpClient::deliver(const LmtpMessage& message, std::vector<SmtpReply>& answers)
{
    const auto accepted = [](const SmtpReply& r) { return r.is_positive(); };
    if (std::none_of(answers.begin(), answers.end(), accepted)) return success();
    put_command("DATA");
    TRY(server_.flush());
    TRY_ASSIGN(const SmtpReply go, reply());
    if (go.first_digit() != 3) {
        // A positive one makes no sense, and says nothing of the message.
        if (go.is_positive()) return Error{Code::syntax, go.summary()};
        for (SmtpReply& answer : answers)
            if (answer.is_positive()) answer = go;
        return success();
    }
    delivery::put_dotted(server_, message.text);
    TRY(server_.flush());
    for (SmtpReply& answer : answers) {
        if (!answer.is_positive()) continue;
        TRY_ASSIGN(answer, reply());
    }
    return success();
}

Result<std::vector<SmtpReply>> LmtpClient::send(const LmtpMessage& message)
{
    TRY(greet());
    std::vector<SmtpReply> answers;
    TRY(announce(message, answers));
    TRY(deliver(message, answers));
    put_command("QUIT");
    (void)server_.flush();
    return answers;
}

}  // namespace rookery::admin
