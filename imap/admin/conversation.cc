// A conversation with a server.
#include "imap/admin/conversation.h"

#include <string>

#include "imap/admin/conversation_relay.h"

namespace rookery::admin {
void LinePrinter::add(std::string_view bytes)
{
    std::string out;
    for (char c : bytes) {
        if (c == '\r') continue;
        if (!in_line_) out += prefix_;
        in_line_ = c != '\n';
        out.push_back(c);
    }
    say(out);
}

void LinePrinter::end_line()
{
    if (in_line_) say("\n");
    in_line_ = false;
}

class Transcript::Shown final : public stream::Layer {
 public:
    Shown(Transcript& transcript, int number, std::unique_ptr<stream::Layer> below)
        : transcript_(transcript), number_(number), below_(std::move(below))
    {
    }
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        TRY_ASSIGN(size_t n, below_->read(into, deadline));
        if (number_ == transcript_.shown_) transcript_.server_.add({into.data(), n});
        return n;
    }
    Status write(std::string_view bytes, Deadline deadline) override
    {
        if (number_ == transcript_.shown_) transcript_.client_.add(bytes);
        return below_->write(bytes, deadline);
    }
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return below_->has_pending(); }
    Result<bool> can_read() override { return below_->can_read(); }
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    Transcript& transcript_;
    int number_;
    std::unique_ptr<stream::Layer> below_;
};

std::unique_ptr<stream::Layer> Transcript::show(std::unique_ptr<stream::Layer> below)
{
    return std::make_unique<Shown>(*this, ++shown_, std::move(below));
}

void Transcript::hide()
{
    server_.end_line();
    client_.end_line();
    ++shown_;
}

Status converse(stream::Stream& stream, int input, std::string_view logout)
{
    ConversationRelay relay(stream, input, -1);
    auto end = relay.run();
    if (end && *end == ConversationRelay::End::by_input) {
        relay.last_words(logout);
        end = relay.run();
    }
    // How the server goes away is not an error of the conversation.
    if (!end && !end.is(Code::closed)) return std::move(end).error();
    return success();
}

}  // namespace rookery::admin
