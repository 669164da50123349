//! Texts become the descriptors that protobuf's compilers make of them, and their parts have the right places.
