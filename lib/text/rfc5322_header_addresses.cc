// Address lists (RFC 5322 3.4 and its obsolete forms), and what people write instead.
#include <algorithm>
#include <iterator>

#include "lib/base/strings.h"
#include "lib/text/header_cursor.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::text {
namespace {

constexpr std::string_view kSpecials = ",;:<>@\".";

class AddressParser {
 public:
    explicit AddressParser(std::string_view value) : in_(value) {}

    std::vector<Address> run()
    {
        while (out_.size() < kMaxAddresses) {
            in_.skip_cfws();
            if (in_.at_end()) break;
            if (in_.peek() == ',') {
                in_.advance();
            } else if (in_.peek() == ';') {
                in_.advance();
                end_group();
            } else {
                address();
            }
        }
        end_group();
        return std::move(out_);
    }

 private:
    void end_group()
    {
        if (in_group_) out_.push_back(Address{});
        in_group_ = false;
    }

    bool at_separator() const
    {
        return in_.at_end() || in_.peek() == ',' || (in_.peek() == ';' && in_group_);
    }

    // Words up to something that is not a word. One space where there were any.
    void phrase()
    {
        for (;;) {
            const bool gap = in_.skip_cfws(&comment_);
            if (in_.at_end()) return;
            const char c = in_.peek();
            if (c != '"' && c != '.' && kSpecials.find(c) != std::string_view::npos) return;
            if (gap && !phrase_.empty()) phrase_.push_back(' ');
            if (c == '"') {
                phrase_.append(in_.quoted());
            } else if (c == '.') {
                in_.advance();
                phrase_.push_back('.');
            } else {
                const std::string_view atom = in_.until(kSpecials);
                phrase_.append(atom);
                if (atom.empty()) in_.advance();
            }
            has_words_ = true;
        }
    }

    // dot-atom or domain-literal, comments out.
    std::string domain(std::string_view stops)
    {
        std::string out;
        for (;;) {
            in_.skip_cfws(&comment_);
            if (in_.at_end() || stops.find(in_.peek()) != std::string_view::npos) return out;
            if (in_.peek() == '[') {
                out.append(in_.until("]"));
                if (in_.at_end() || in_.peek() != ']') return out;
            }
            // A second word without a dot is not part of a domain.
            const char next = in_.peek();
            if (!out.empty() && out.back() != '.' && next != '.' && next != ']') return out;
            out.push_back(in_.peek());
            in_.advance();
            out.append(in_.until(cat(stops, "[.")));
        }
    }

    void local_and_domain(Address& a, std::string_view stops)
    {
        a.mailbox = std::move(phrase_);
        if (!in_.at_end() && in_.peek() == '@') {
            in_.advance();
            a.host = domain(stops);
        }
        if (!a.host || a.host->empty()) a.host = std::string(kNoDomain);
    }

    // angle-addr, with the obsolete route. At '<'.
    void angle(Address& a)
    {
        in_.advance();
        in_.skip_cfws();
        if (!in_.at_end() && in_.peek() == '@') {
            std::string route = unfold(in_.skip_to(":>"));
            if (!in_.at_end() && in_.peek() == ':') {
                in_.advance();
                a.route = std::move(route);
            }
        }
        phrase_.clear();
        phrase();
        local_and_domain(a, ">,");
        in_.skip_to(">,");
        if (!in_.at_end() && in_.peek() == '>') in_.advance();
    }

    void address()
    {
        phrase_.clear();
        comment_.clear();
        has_words_ = false;
        phrase();
        Address a;
        if (!in_.at_end() && in_.peek() == ':' && !in_group_) {
            in_.advance();
            in_group_ = true;
            a.mailbox = std::move(phrase_);
            out_.push_back(std::move(a));
            return;
        }
        if (!in_.at_end() && in_.peek() == '<') {
            if (has_words_) a.name = std::move(phrase_);
            angle(a);
        } else if (has_words_ || (!in_.at_end() && in_.peek() == '@')) {
            local_and_domain(a, ",;<>:");
        }
        // What is left up to the separator belongs to nothing, but a comment is a name.
        while (!at_separator()) {
            if (!in_.skip_cfws(&comment_)) in_.advance();
        }
        if (!a.mailbox) return;
        if (!a.name && !comment_.empty()) a.name = std::move(comment_);
        out_.push_back(std::move(a));
    }

    ValueCursor in_;
    std::vector<Address> out_;
    std::string phrase_;
    std::string comment_;
    bool has_words_ = false;
    bool in_group_ = false;
};

}  // namespace

std::vector<Address> parse_addresses(std::string_view value)
{
    return AddressParser(value).run();
}

void add_addresses(std::vector<Address>& list, std::string_view value)
{
    if (list.size() >= kMaxAddresses) return;
    auto more = parse_addresses(value);
    more.resize(std::min(more.size(), kMaxAddresses - list.size()));
    list.insert(list.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

}  // namespace rookery::text
