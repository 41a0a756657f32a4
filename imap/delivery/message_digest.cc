#include "imap/delivery/message_digest.h"

#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

bool is_of_a_frontend(std::string_view field)
{
    const std::string_view name = trim(field.substr(0, field.find(':')));
    if (equal_nocase(name, "Return-Path") || equal_nocase(name, "X-Cyrus-Session-Id")) return true;
    return equal_nocase(name, "Received") && field.find(" with LMTP") != std::string_view::npos;
}

}  // namespace

MessageDigest::MessageDigest() : context_(EVP_MD_CTX_new())
{
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
        panic("SHA-256");
}

void MessageDigest::update(std::string_view bytes)
{
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) panic("SHA-256");
}

// What is held is a whole field. goes_on: the next one may be a frontend's too.
void MessageDigest::end_field(bool goes_on)
{
    const bool dropped = is_of_a_frontend(held_);
    if (!dropped) update(held_);
    held_.clear();
    in_front_ = dropped && goes_on;
}

// Line by line: whether a field has ended is seen at the first byte of the next line.
void MessageDigest::add_in_front(std::string_view piece)
{
    while (!piece.empty() && in_front_) {
        const bool at_line = held_.empty() || held_.back() == '\n';
        const bool is_folded = piece.front() == ' ' || piece.front() == '\t';
        if (at_line && !held_.empty() && !is_folded) {
            end_field(true);
            continue;
        }
        const size_t end = piece.find('\n');
        const std::string_view line = piece.substr(0, end == piece.npos ? end : end + 1);
        held_.append(line);
        piece.remove_prefix(line.size());
        if (held_ == "\r\n" || held_ == "\n" || held_.size() > kMaxHeld) {
            update(held_);
            held_.clear();
            in_front_ = false;
        }
    }
    if (!piece.empty()) update(piece);
}

void MessageDigest::add(std::string_view piece)
{
    if (in_front_)
        add_in_front(piece);
    else
        update(piece);
}

std::string MessageDigest::finish()
{
    if (!held_.empty()) end_field(false);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_.get(), bytes, &size) != 1) panic("SHA-256");
    return hex({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace rookery::delivery
