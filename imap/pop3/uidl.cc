#include "imap/pop3/uidl.h"

#include "lib/base/strings.h"

namespace rookery::pop3 {
namespace {

// Eight digits of lower case.
std::string hex_digits(uint32_t number)
{
    std::string out(8, '0');
    for (size_t i = out.size(); i-- > 0; number >>= 4) out[i] = "0123456789abcdef"[number & 15];
    return out;
}

}  // namespace

std::string uidl(config::UidlFormat format, uint32_t uidvalidity, uint32_t uid)
{
    switch (format) {
        case config::UidlFormat::uidonly: return cat(uid);
        case config::UidlFormat::dovecot: return cat(hex_digits(uid), hex_digits(uidvalidity));
        case config::UidlFormat::courier: return cat(uidvalidity, '-', uid);
        case config::UidlFormat::cyrus: break;
    }
    return cat(uidvalidity, '.', uid);
}

}  // namespace rookery::pop3
