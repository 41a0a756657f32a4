// One pass over the lines. Each line that begins with "--" is compared with the boundaries of all
// multiparts that are open; a hit on an outer one ends everything inside.
#include "lib/text/message.h"

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

constexpr size_t kMaxBoundary = 1000;

// The first Content- field of each kind that can be read counts. Without a type the part is a
// message in a digest, and text in US-ASCII elsewhere (RFC 2046 sections 5.1.5 and 5.2).
void interpret_header(Part& part, std::string_view header, bool in_digest)
{
    bool has_type = false;
    bool has_encoding = false;
    HeaderCursor cursor(header);
    auto first = [](std::optional<std::string>& into, std::string_view value) {
        if (!into) into = unfold(value);
    };
    while (auto field = cursor.next()) {
        if (!starts_with_nocase(field->name, "content-")) continue;
        const std::string_view name = field->name.substr(8);
        if (equal_nocase(name, "type") && !has_type) {
            if (auto type = parse_content_type(field->value)) {
                has_type = true;
                part.type = std::move(type->type);
                part.subtype = std::move(type->subtype);
                part.params = std::move(type->params);
            }
        } else if (equal_nocase(name, "transfer-encoding") && !has_encoding) {
            std::string token = parse_token(field->value);
            has_encoding = !token.empty();
            if (has_encoding) part.encoding = std::move(token);
        } else if (equal_nocase(name, "id")) {
            first(part.id, field->value);
        } else if (equal_nocase(name, "description")) {
            first(part.description, field->value);
        } else if (equal_nocase(name, "md5")) {
            first(part.md5, field->value);
        } else if (equal_nocase(name, "location")) {
            first(part.location, field->value);
        } else if (equal_nocase(name, "disposition") && !part.disposition) {
            part.disposition = parse_param_value(field->value);
        } else if (equal_nocase(name, "language") && part.languages.empty()) {
            part.languages = parse_token_list(field->value);
        }
    }
    if (has_type) return;
    if (in_digest) {
        part.type = "MESSAGE";
        part.subtype = "RFC822";
    } else {
        part.params = {Param{"CHARSET", "us-ascii"}};
    }
}

std::string boundary_of(const Part& part)
{
    const auto boundary = part.param("BOUNDARY");
    std::string name(boundary ? trim(*boundary) : std::string_view());
    return name.size() <= kMaxBoundary ? name : std::string();
}

// What claims to be a multipart and says nothing of where its parts end is one text.
void make_text(Part& part)
{
    const auto charset = part.param("CHARSET");
    part.type = "TEXT";
    part.subtype = "PLAIN";
    part.params = {Param{"CHARSET", charset.value_or("us-ascii")}};
}

class Parser {
 public:
    Parser(std::string_view bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

    Message run()
    {
        Message message;
        entity(message.root, 0, false);
        return message;
    }

 private:
    struct Hit {
        size_t level;  // of the boundary in open_
        bool final;
        size_t line_begin;
        size_t lines_before;
    };

    // Takes the next line; false at the end. line_ is without its end.
    bool next_line()
    {
        if (pos_ >= bytes_.size()) return false;
        line_begin_ = pos_;
        lines_before_ = lines_;
        const size_t end = bytes_.find('\n', pos_);
        if (end == std::string_view::npos) {
            line_ = bytes_.substr(pos_);
            pos_ = bytes_.size();
            return true;
        }
        line_ = bytes_.substr(pos_, end - pos_);
        if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
        pos_ = end + 1;
        lines_++;
        return true;
    }

    // Is line_ a boundary of an open multipart? Remembers which.
    bool is_boundary()
    {
        if (open_.empty() || !line_.starts_with("--")) return false;
        std::string_view rest = line_.substr(2);
        while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t')) rest.remove_suffix(1);
        for (size_t level = open_.size(); level-- > 0;) {
            const std::string& boundary = open_[level];
            if (!rest.starts_with(boundary)) continue;
            const std::string_view behind = rest.substr(boundary.size());
            if (!behind.empty() && behind != "--") continue;
            hit_ = Hit{level, !behind.empty(), line_begin_, lines_before_};
            return true;
        }
        return false;
    }

    // To the next boundary of any open multipart, or the end.
    void skip_body()
    {
        hit_.reset();
        while (next_line())
            if (is_boundary()) return;
    }

    // Sets end and lines of a part that the last hit, or the end of the message, ended.
    void finish(Part& part, size_t lines_at_body) const
    {
        size_t end = hit_ ? hit_->line_begin : bytes_.size();
        size_t lines = hit_ ? hit_->lines_before : lines_;
        // The line end before a boundary belongs to the boundary, unless it ends the header of a
        // part inside that the boundary cut off.
        const size_t least = part.children.empty() ? part.body_begin : part.children.back().end;
        if (hit_ && end > least && bytes_[end - 1] == '\n') {
            end--;
            lines--;
            if (end > least && bytes_[end - 1] == '\r') end--;
        }
        part.end = end;
        part.lines = lines - lines_at_body;
    }

    // False: a boundary or the end came within the header.
    bool header(Part& part)
    {
        part.header_begin = pos_;
        hit_.reset();
        while (next_line()) {
            if (is_boundary()) {
                part.body_begin = hit_->line_begin;
                return false;
            }
            if (line_.empty()) {
                part.body_begin = pos_;
                return true;
            }
        }
        part.body_begin = bytes_.size();
        return false;
    }

    void entity(Part& part, size_t depth, bool in_digest)
    {
        parts_++;
        const bool has_body = header(part);
        interpret_header(part, part.header(bytes_), in_digest);
        const size_t lines_at_body = hit_ ? hit_->lines_before : lines_;
        const bool too_deep = depth >= limits_.max_depth;
        if (part.is_multipart() && boundary_of(part).empty()) make_text(part);
        if (part.is_message() && too_deep) {
            part.type = "APPLICATION";
            part.subtype = "OCTET-STREAM";
        }
        if (part.is_message()) {
            part.children.emplace_back();
            if (has_body)
                entity(part.children[0], depth + 1, false);
            else
                empty_message(part.children[0], part.body_begin);
        } else if (has_body && part.is_multipart() && !too_deep) {
            multipart(part, depth);
        } else if (has_body) {
            skip_body();
        }
        finish(part, lines_at_body);
        if (part.is_multipart() && part.children.empty()) {
            part.children.emplace_back();
            empty_message(part.children[0], part.end);
        }
    }

    static void empty_message(Part& part, size_t where)
    {
        part.header_begin = part.body_begin = part.end = where;
        part.params = {Param{"CHARSET", "us-ascii"}};
    }

    void multipart(Part& part, size_t depth)
    {
        const size_t level = open_.size();
        open_.push_back(boundary_of(part));
        skip_body();
        while (hit_ && hit_->level == level && !hit_->final) {
            if (parts_ >= limits_.max_parts) {
                skip_body();
                continue;
            }
            part.children.emplace_back();
            entity(part.children.back(), depth + 1, part.subtype == "DIGEST");
        }
        open_.resize(level);
        // The epilogue, unless an outer boundary ended us.
        if (hit_ && hit_->level == level) skip_body();
    }

    std::string_view bytes_;
    const Limits& limits_;
    std::vector<std::string> open_;
    size_t pos_ = 0;
    size_t lines_ = 0;  // line ends before pos_
    std::string_view line_;
    size_t line_begin_ = 0;
    size_t lines_before_ = 0;
    std::optional<Hit> hit_;
    size_t parts_ = 0;
};

}  // namespace

std::optional<std::string> Part::param(std::string_view name) const
{
    auto found = find_param(params, name);
    if (!found) return std::nullopt;
    return std::move(found->bytes);
}

Message parse_message(std::string_view bytes, const Limits& limits)
{
    return Parser(bytes, limits).run();
}

}  // namespace rookery::text
