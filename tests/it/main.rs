//! The one integration binary: promises, tested from outside.

mod support;
mod tidy;
