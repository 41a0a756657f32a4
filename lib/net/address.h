// Socket addresses as text, and the options that every connection of ours gets.
//
// Numeric only, no resolver. IPv4-mapped IPv6 addresses are written as IPv4. Pure functions on
// descriptors that the caller owns. Codes: io.
#ifndef ROOKERY_LIB_NET_ADDRESS_H
#define ROOKERY_LIB_NET_ADDRESS_H

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace rookery::net {

struct Address {
    std::string host;  // numeric; empty for a Unix socket
    uint16_t port = 0;
    bool is_unix = false;
};

Result<Address> to_address(const sockaddr_storage& storage);
Result<Address> peer_address(int fd);
Result<Address> local_address(int fd);
// "host;port" as libsasl2 wants it; "" for a Unix socket.
std::string sasl_address(const Address& address);
// "host:port" or "[v6]:port"; "[unix socket]".
std::string to_string(const Address& address);

// TCP_NODELAY and SO_KEEPALIVE; does nothing on what is not TCP.
void set_tcp_options(int fd);

}  // namespace rookery::net

#endif
