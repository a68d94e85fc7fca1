//! Assembly: what is built from the configuration, who starts it, and how it ends.
