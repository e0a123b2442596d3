//! The one integration binary: promises, tested from outside.

mod docs;
mod support;
mod tidy;
