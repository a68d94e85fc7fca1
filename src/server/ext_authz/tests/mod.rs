mod answers;
mod deep;
mod oracle;
mod requests;
mod sketch;
mod used;
