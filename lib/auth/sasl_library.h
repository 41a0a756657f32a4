// What the SASL server and client share: callbacks, errors, and the library's one-time set-up.
//
// Private to lib/auth. The set-up is process-wide because libsasl2's is.
#ifndef ROOKERY_LIB_AUTH_SASL_LIBRARY_H
#define ROOKERY_LIB_AUTH_SASL_LIBRARY_H

#include <sasl/sasl.h>

#include <string_view>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::config {
class Config;
}

namespace rookery::auth {

// Locks for the threaded mupdate; before sasl_*_init.
void set_sasl_mutexes();

// The callbacks getopt and log; options come from config, which must stay. The arrays of callbacks
// end with SASL_CB_LIST_END.
sasl_callback_t getopt_callback(const config::Config& config);
// The same, for setting a password: SCRAM-SHA-256 keeps what it makes of it.
sasl_callback_t hashing_getopt_callback(const config::Config& config);
sasl_callback_t log_callback();
sasl_callback_t end_of_callbacks();
// libsasl2's table has one function type for callbacks of all types.
template <class Function>
sasl_callback_t make_callback(unsigned long id, Function* function, void* context)
{
    auto any = reinterpret_cast<void (*)()>(function);
    return sasl_callback_t{id, reinterpret_cast<int (*)()>(any), context};
}

// A result of libsasl2 as an Error.
Error sasl_error(std::string_view what, int result, sasl_conn_t* connection);

// The security layer of an authenticated connection onto stream; nothing if there is none.
Status push_sasl_layer(stream::Stream& stream, sasl_conn_t* connection);
int negotiated_ssf(sasl_conn_t* connection);

struct ConnectionDeleter {
    void operator()(sasl_conn_t* connection) const;
};

}  // namespace rookery::auth

#endif
