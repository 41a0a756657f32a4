#include "imap/sieve/message_view.h"

#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::sieve {
namespace {

constexpr char kSeparator = '+';  // of user and detail

// None: the address has no such part.
std::optional<std::string> part_of(const std::string& local, const std::string& domain,
                                   std::string_view part)
{
    if (part == "localpart") return local;
    if (part == "domain") return domain;
    const size_t at = local.find(kSeparator);
    if (part == "user") return local.substr(0, at);
    if (part == "detail") {
        if (at == std::string::npos) return std::nullopt;
        return local.substr(at + 1);
    }
    return domain.empty() ? local : cat(local, '@', domain);
}

}  // namespace

std::vector<MessageView::Field> parse_fields(std::string_view header)
{
    std::vector<MessageView::Field> out;
    text::HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        if (out.size() >= MessageView::kMaxFields) break;
        out.push_back({std::string(field->name), std::string(field->value)});
    }
    return out;
}

std::string decoded_value(std::string_view value)
{
    return std::string(trim(text::decode_words(value)));
}

const std::vector<MessageView::Field>& MessageView::fields()
{
    if (!fields_) fields_ = parse_fields(bytes_);
    return *fields_;
}

std::vector<std::string> MessageView::values(std::string_view name)
{
    std::vector<std::string> out;
    fields();
    for (auto& field : *fields_) {
        if (!equal_nocase(field.name, name)) continue;
        if (!field.decoded) field.decoded = decoded_value(field.value);
        out.push_back(*field.decoded);
    }
    return out;
}

std::vector<std::string> MessageView::raw_values(std::string_view name)
{
    std::vector<std::string> out;
    fields();
    for (auto& field : *fields_) {
        if (!equal_nocase(field.name, name)) continue;
        if (!field.unfolded) field.unfolded = text::unfold(field.value);
        out.push_back(*field.unfolded);
    }
    return out;
}

bool MessageView::has(std::string_view name)
{
    for (const auto& field : fields())
        if (!name.empty() && equal_nocase(field.name, name)) return true;
    return false;
}

const text::Message& MessageView::structure()
{
    if (!structure_) structure_ = text::parse_message(bytes_);
    return *structure_;
}

void MessageView::add(std::string_view name, std::string_view value, bool last)
{
    fields();
    fields_->insert(last ? fields_->end() : fields_->begin(),
                    Field{std::string(name), std::string(value)});
}

void MessageView::remove(std::string_view name, size_t index)
{
    fields();
    for (size_t i = 0; i < fields_->size(); ++i)
        if (equal_nocase((*fields_)[i].name, name) && --index == 0) {
            fields_->erase(fields_->begin() + static_cast<std::ptrdiff_t>(i));
            return;
        }
}

std::vector<std::string> address_parts(std::string_view value, std::string_view part)
{
    std::vector<std::string> out;
    for (const auto& a : text::parse_addresses(value)) {
        if (!a.mailbox || !a.host) continue;  // the beginning or end of a group
        const bool has_domain = *a.host != text::kNoDomain;
        auto found = part_of(*a.mailbox, has_domain ? *a.host : std::string(), part);
        if (found) out.push_back(*std::move(found));
    }
    return out;
}

std::optional<std::string> address_part(std::string_view address, std::string_view part)
{
    const size_t at = address.rfind('@');
    const bool has_domain = at != std::string_view::npos;
    return part_of(std::string(address.substr(0, at)),
                   has_domain ? std::string(address.substr(at + 1)) : std::string(), part);
}

}  // namespace rookery::sieve
