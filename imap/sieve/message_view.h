// MessageView: a message as tests see it, and as header edits change it.
//
// Nothing fails: a header that is broken, folded or 8-bit is matched as it is (RFC 5228 2.7.2 has
// encoded words decoded to UTF-8). Views the bytes, which must outlive it; MIME structure and
// header are read when first asked for. Limits: kMaxFields fields are looked at. One thread.
#ifndef ROOKERY_IMAP_SIEVE_MESSAGE_VIEW_H
#define ROOKERY_IMAP_SIEVE_MESSAGE_VIEW_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/message.h"

namespace rookery::sieve {

class MessageView {
 public:
    static constexpr size_t kMaxFields = 10000;

    struct Field {
        std::string name;   // empty: the line is no field
        std::string value;  // folded, as it stands there
        // Made when they are first asked for: rules ask for few fields, and for those often.
        std::optional<std::string> decoded = {};
        std::optional<std::string> unfolded = {};
    };

    explicit MessageView(std::string_view bytes) : bytes_(bytes) {}

    std::string_view bytes() const { return bytes_; }
    size_t size() const { return bytes_.size(); }
    const std::vector<Field>& fields();
    // The values of all fields of that name, in order: decoded, unfolded and trimmed.
    std::vector<std::string> values(std::string_view name);
    // As they are, but unfolded.
    std::vector<std::string> raw_values(std::string_view name);
    bool has(std::string_view name);
    const text::Message& structure();

    void add(std::string_view name, std::string_view value, bool last);
    // The field with this number (from 1) among those of the name.
    void remove(std::string_view name, size_t index);

 private:
    std::string_view bytes_;
    std::optional<std::vector<Field>> fields_;
    std::optional<text::Message> structure_;
};

std::vector<MessageView::Field> parse_fields(std::string_view header);
std::string decoded_value(std::string_view value);
// "local@domain", "local" or "domain" of each address in a header value; part is a tag of
// RFC 5228 2.7.4 or RFC 5233.
std::vector<std::string> address_parts(std::string_view value, std::string_view part);
// The same of one address of an envelope.
std::optional<std::string> address_part(std::string_view address, std::string_view part);

}  // namespace rookery::sieve

#endif
