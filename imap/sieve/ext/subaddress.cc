// RFC 5233: :user and :detail of an address.
#include "imap/sieve/ext/rows.h"

namespace rookery::sieve::ext {
namespace {

constexpr Tag kParts[] = {{"detail", Kind::none, "address part"},
                          {"user", Kind::none, "address part"}};

}  // namespace

const Extension subaddress{.address_parts = kParts};

}  // namespace rookery::sieve::ext
