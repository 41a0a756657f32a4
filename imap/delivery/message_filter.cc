// Header fields that delivery adds and removes.
#include "imap/delivery/message_filter.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

constexpr size_t kPiece = 32768;
constexpr size_t kLongestName = 16;  // longer than any name that is looked for, with its colon
constexpr size_t kMaxValue = 998;
constexpr size_t kMaxHops = 100;  // RFC 5321 6.3

bool is_8bit(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

MessageFilter::MessageFilter(mailbox::StagedMessage& to, FilterOptions options)
    : to_(to), options_(std::move(options))
{
    emit(options_.front);
}

void MessageFilter::fail(Code code, std::string_view text)
{
    if (status_) status_ = Error{code, std::string(text)};
    out_.clear();
}

void MessageFilter::drain()
{
    if (status_ && !out_.empty())
        if (auto written = to_.write(out_); !written) status_ = written;
    out_.clear();
}

void MessageFilter::emit(std::string_view bytes)
{
    if (!status_) return;
    size_ += bytes.size();
    if (size_ > options_.max_size) return fail(Code::limit, "the message is too large");
    if (bytes.find('\0') != std::string_view::npos)
        return fail(Code::syntax, "Message contains NUL characters");
    out_.append(bytes);
    if (out_.size() >= kPiece) drain();
}

void MessageFilter::emit_header(std::string_view bytes)
{
    if (std::none_of(bytes.begin(), bytes.end(), is_8bit)) return emit(bytes);
    if (options_.reject_8bit)
        return fail(Code::syntax, "Message contains 8-bit characters in its header");
    std::string munged(bytes);
    if (options_.munge_8bit) std::replace_if(munged.begin(), munged.end(), is_8bit, 'X');
    emit(munged);
}

void MessageFilter::add(std::string_view piece)
{
    came_.add(piece);
    while (!piece.empty() && !in_body_) {
        size_t end = piece.find('\n');
        bool ends = end != std::string_view::npos;
        std::string_view part = piece.substr(0, ends ? end + 1 : piece.size());
        check_syntax(part);
        add_header_piece(part, ends);
        piece.remove_prefix(part.size());
    }
    if (!piece.empty()) emit(piece);
}

void MessageFilter::check_syntax(std::string_view part)
{
    // Of the two the NUL is what is told.
    if (part.find('\0') != std::string_view::npos)
        return fail(Code::syntax, "Message contains NUL characters");
    syntax_.feed(part);
    if (!syntax_.is_good()) fail(Code::syntax, "Message contains invalid header");
}

void MessageFilter::add_header_piece(std::string_view piece, bool ends)
{
    if (undecided_) {
        start_.append(piece);
        if (!ends && start_.size() < kLongestName) return;
        undecided_ = false;
        std::string start;
        start.swap(start_);
        begin_line(start);
        if (in_body_) return;
        piece = start;
        if (field_ != Field::dropped) emit_header(piece);
        keep_value(piece);
    } else {
        if (field_ != Field::dropped) emit_header(piece);
        keep_value(piece);
    }
    if (ends) undecided_ = true;
}

// Where the value of the field at hand is kept; null if nobody asks for it.
std::string* MessageFilter::wanted_value()
{
    switch (field_) {
        case Field::message_id: return &message_id_;
        case Field::resent_id: return &resent_id_;
        case Field::date: return &date_;
        case Field::session: return &session_;
        case Field::kept:
        case Field::dropped: break;
    }
    return nullptr;
}

void MessageFilter::keep_value(std::string_view piece)
{
    std::string* value = wanted_value();
    if (value != nullptr && value->size() < kMaxValue) value->append(piece.substr(0, kMaxValue));
}

void MessageFilter::begin_line(std::string_view start)
{
    if (start == "\r\n") return end_header();
    if (start.front() == ' ' || start.front() == '\t') return;  // more of the same field
    std::string_view name = trim(start.substr(0, start.find(':')));
    field_ = Field::kept;
    if (equal_nocase(name, "Return-Path")) field_ = Field::dropped;
    if (equal_nocase(name, "Message-ID") && !has_message_id_) {
        field_ = Field::message_id;
        has_message_id_ = true;
    }
    if (equal_nocase(name, "Resent-Message-ID") && !has_resent_id_) {
        field_ = Field::resent_id;
        has_resent_id_ = true;
    }
    if (equal_nocase(name, "Date") && !has_date_) {
        field_ = Field::date;
        has_date_ = true;
    }
    if (equal_nocase(name, "X-Cyrus-Session-Id") && !has_session_) {
        field_ = Field::session;
        has_session_ = true;
    }
    if (equal_nocase(name, "Received") && ++hops_ > kMaxHops)
        fail(Code::syntax, "Too many hops, this message is looping");
}

void MessageFilter::end_header()
{
    for (std::string* value : {&message_id_, &resent_id_, &date_, &session_})
        if (size_t colon = value->find(':'); colon != std::string::npos)
            *value = std::string(trim(std::string_view(*value).substr(colon + 1)));
    if (!has_message_id_ && !options_.message_id.empty()) {
        emit(cat("Message-ID: ", options_.message_id, "\r\n"));
        message_id_ = options_.message_id;
    }
    if (!has_date_ && !options_.date.empty()) emit(cat("Date: ", options_.date, "\r\n"));
    emit("\r\n");
    in_body_ = true;
}

Status MessageFilter::finish()
{
    digest_ = came_.finish();
    if (!syntax_.is_whole()) fail(Code::syntax, "Message contains invalid header");
    if (!in_body_ && !start_.empty()) add_header_piece("", true);
    if (!in_body_) end_header();
    drain();
    return status_;
}

}  // namespace rookery::delivery
