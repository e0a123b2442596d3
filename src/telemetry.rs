//! Logs, metric names, and the HTTP endpoints.
