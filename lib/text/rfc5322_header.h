// The header of a message: fields, unfolding, structured values, address lists (RFC 5322, 2045).
//
// Everything is read leniently: mail is what it is, so nothing here fails. Views point into the
// header given. Limits are the constants below; what is over them is cut off.
// Values; no sharing.
#ifndef ROOKERY_LIB_TEXT_RFC5322_HEADER_H
#define ROOKERY_LIB_TEXT_RFC5322_HEADER_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::text {

inline constexpr size_t kMaxFieldValue = 262144;  // bytes of one field that are looked at
inline constexpr size_t kMaxAddresses = 4096;     // in all fields of one name
inline constexpr size_t kMaxParams = 128;         // of one Content-Type or Content-Disposition

struct HeaderField {
    std::string_view name;   // without the colon; empty: the line is no field
    std::string_view value;  // behind the colon, folded, with its line ends
    std::string_view raw;    // the whole field with its line ends
};

// Goes through the fields of a header, in order. Stops at the empty line.
class HeaderCursor {
 public:
    explicit HeaderCursor(std::string_view header) : rest_(header) {}
    std::optional<HeaderField> next();

 private:
    std::string_view rest_;
};

// The size of the header of bytes with its empty line; all of it if there is none.
size_t header_size(std::string_view bytes);
// The value of the first field of that name, folded.
std::optional<std::string_view> find_field(std::string_view header, std::string_view name);
// Line ends and NUL out, spaces at both ends out.
std::string unfold(std::string_view value);
// The fields named (or, with exclude, all others) as they are, and an empty line.
std::string pick_fields(std::string_view header, const std::vector<std::string>& names,
                        bool exclude);

// One address of a list, as RFC 3501 shows it in ENVELOPE. A group is a start (only mailbox: its
// name), its members, and an end (nothing).
struct Address {
    std::optional<std::string> name;  // not decoded
    std::optional<std::string> route;
    std::optional<std::string> mailbox;
    std::optional<std::string> host;
};
// The host of an address that was written without one.
inline constexpr std::string_view kNoDomain = "unspecified-domain";
std::vector<Address> parse_addresses(std::string_view value);
// The same of one more field of a name, behind those of the fields before.
void add_addresses(std::vector<Address>& list, std::string_view value);

// One parameter, its RFC 2231 pieces put together. Where any of them is percent-encoded the name is
// "NAME*" and the value charset'language'text in that code: as IMAP shows it (RFC 2231 8).
struct Param {
    std::string name;   // upper case
    std::string value;  // unquoted
};
// "value; name=value ...": Content-Disposition and the like.
struct ParamValue {
    std::string value;  // upper case
    std::vector<Param> params;
};
// The bytes of a parameter, whichever way it was written. name: upper case.
struct ParamText {
    std::string bytes;
    std::string charset;  // of an encoded one; may be empty
    bool encoded = false;
};
std::optional<ParamText> find_param(const std::vector<Param>& params, std::string_view name);
// Bytes written as escape and two hexadecimal digits.
std::string unescape_hex(std::string_view s, char escape);
// None if there is no token at all.
std::optional<ParamValue> parse_param_value(std::string_view value);
struct ContentType {
    std::string type;     // upper case
    std::string subtype;  // upper case
    std::vector<Param> params;
};
// None if it has no type or no subtype.
std::optional<ContentType> parse_content_type(std::string_view value);
// The first token, upper case: Content-Transfer-Encoding. Empty if none.
std::string parse_token(std::string_view value);
// Tokens separated by commas: Content-Language.
std::vector<std::string> parse_token_list(std::string_view value);

}  // namespace rookery::text

#endif
