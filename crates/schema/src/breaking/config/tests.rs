//! buf.yaml is read as buf reads it.
