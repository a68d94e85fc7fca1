//! The way through, a subject a file.

mod authenticate;
mod cache;
mod key;
mod replay;
mod request_key;
