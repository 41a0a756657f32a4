#include "imap/backend/talk.h"

namespace rookery::backend {

Status Talk::send(std::string_view command)
{
    tag_ = backend_.next_tag();
    backend_.begin_command();
    backend_.stream().put(tag_, " ", command);
    return backend_.stream().flush();
}

Status Talk::send_more(std::string_view bytes)
{
    backend_.stream().put(bytes);
    return backend_.stream().status();
}

Result<Reply> Talk::next(const Each& each)
{
    for (;;) {
        TRY_ASSIGN(Reply reply, replies_.next());
        if (reply.kind == Reply::Kind::continuation) return reply;
        if (reply.kind == Reply::Kind::tagged) {
            if (reply.tag != tag_) return Error{Code::syntax, "an answer to another command"};
            backend_.end_command();
            return reply;
        }
        if (reply.word == "BYE") return Error{Code::closed, std::string(reply.text())};
        if (each) TRY(each(reply));
    }
}

Result<Reply> Talk::end(const Each& each)
{
    TRY(backend_.stream().flush());
    TRY_ASSIGN(Reply reply, next(each));
    if (reply.kind == Reply::Kind::continuation)
        return Error{Code::syntax, "a go-ahead that nobody asked for"};
    return reply;
}

}  // namespace rookery::backend
