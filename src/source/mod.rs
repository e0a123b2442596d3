//! The only place that knows rdkafka: receive, rebalances, commit.
