//! The catalogue tells what the files say, over versions.
