// The header fields that mail clients ask of many messages at once, that searching, sorting and
// threading look at, and that are small: what a cache keeps of a header.
//
// kept_fields() picks them, and more that are named, out of a header, as they are and in their
// order, and says first which these more are; KeptFields reads that. It comes from disk, but
// whatever the bytes are, nothing fails. Values; KeptFields borrows its text.
#ifndef ROOKERY_LIB_TEXT_USUAL_FIELDS_H
#define ROOKERY_LIB_TEXT_USUAL_FIELDS_H

#include <string>
#include <string_view>
#include <vector>

namespace rookery::text {

inline constexpr size_t kMaxKeptFields = 262144;  // bytes; a header with more is kept not at all

bool is_usual_field(std::string_view name);
// Names in one form: lower case, each once, in order, none of the usual ones.
std::string more_fields(const std::vector<std::string>& names);
// more: of more_fields().
std::string kept_fields(std::string_view header, std::string_view more);

class KeptFields {
 public:
    KeptFields() = default;
    explicit KeptFields(std::string_view text);

    // The fields themselves. Stands for the header where only names that are kept are asked for.
    std::string_view fields() const { return fields_; }
    // Is every field of this name in fields()?
    bool keeps(std::string_view name) const;
    // Was it made with all of these, of more_fields()?
    bool is_made_with(std::string_view more) const;

 private:
    bool lists(std::string_view name) const;
    std::string_view more_;
    std::string_view fields_;
    bool is_there_ = false;
};

}  // namespace rookery::text

#endif
