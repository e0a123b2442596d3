//! The one integration binary: promises, tested from outside.

mod commands;
mod config;
mod conformance;
mod delivery;
mod docs;
mod evolution;
mod existing;
mod faults;
mod generator;
mod hostile;
mod keyed;
mod kills;
mod many;
mod mixed;
mod names;
mod nested;
mod offsets;
mod refused;
mod schemas;
mod stop;
mod support;
mod tidy;
mod unkeyed;
mod values;
