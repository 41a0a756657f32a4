// MemoryLayer: a bottom layer for tests: reads from one string, writes to another.
//
// The strings live in a MemoryEnds that the test owns and that must outlive the layer. At the end
// of the input it is end of file, or, with `silent`, the time-out of a peer that says nothing.
#ifndef ROOKERY_LIB_STREAM_MEMORY_LAYER_H
#define ROOKERY_LIB_STREAM_MEMORY_LAYER_H

#include <memory>
#include <string>

#include "lib/stream/layer.h"

namespace rookery::stream {

struct MemoryEnds {
    std::string input;     // not yet read
    std::string output;    // written so far
    size_t chunk = 65536;  // most bytes that one read gives
    bool silent = false;
    bool shut_down = false;
};

std::unique_ptr<Layer> memory_layer(MemoryEnds& ends);

}  // namespace rookery::stream

#endif
