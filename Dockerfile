# syntax=docker/dockerfile:1
# flatsink in a small image: one binary, librdkafka built in, OpenSSL from Debian.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential pkg-config libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /flatsink
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/flatsink/target \
    cargo build --release --locked --bin flatsink \
    && cp target/release/flatsink /usr/local/bin/flatsink

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent flatsink
COPY --from=build /usr/local/bin/flatsink /usr/local/bin/flatsink
USER 10001
# Where `flatsink demo` and a SQLite file can be written: mount a volume here.
WORKDIR /tmp
ENV FLATSINK_CONFIG=/etc/flatsink/flatsink.yaml \
    FLATSINK_HTTP=0.0.0.0:9464
EXPOSE 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["flatsink"]
CMD ["run"]
