// The end of this worker's template: a newer one serves, with a configuration, certificates or a
// program of its own, or master is gone. From then on the worker finishes the session that it has,
// begins no other on the same connection, and grants nothing by the old configuration.
// Cannot fail. One thread.
#ifndef ROOKERY_LIB_SERVICE_RETIREMENT_H
#define ROOKERY_LIB_SERVICE_RETIREMENT_H

namespace rookery::service::retirement {

// The read end of the template's pipe, which stays the caller's: its end of file is the end.
void watch(int life);
// Readable from then on, for polls; -1 in a process that has no template.
int fd();
bool is_due();
// As is_due() found it last, without a look.
bool is_known();

}  // namespace rookery::service::retirement

#endif
