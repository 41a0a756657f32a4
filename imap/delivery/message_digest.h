// MessageDigest: by what the retry of a delivery is known, whatever its way here: SHA-256 over the
// message as the MTA handed it over.
//
// A frontend puts lines of its own in front, other ones each time: a Return-Path, Received fields
// "with LMTP", X-Cyrus-Session-Id. They are left out as long as nothing else has come. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_MESSAGE_DIGEST_H
#define ROOKERY_IMAP_DELIVERY_MESSAGE_DIGEST_H

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace rookery::delivery {

class MessageDigest {
 public:
    static constexpr size_t kMaxHeld = 8192;  // of a field that may be a frontend's

    MessageDigest();
    // A piece of the text, lines ended by CRLF.
    void add(std::string_view piece);
    // The end of the message: in hex.
    std::string finish();

 private:
    void add_in_front(std::string_view piece);
    void end_field(bool goes_on);
    void update(std::string_view bytes);

    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
    bool in_front_ = true;
    std::string held_;  // a field, and the beginning of the line behind it
};

}  // namespace rookery::delivery

#endif
