//! The endpoints: /live, /ready, /metrics, /status, and nothing else.

use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use super::{Board, meters, process};

/// What the endpoints read.
#[derive(Clone)]
pub(super) struct Endpoints {
    pub(super) board: Board,
    pub(super) handle: PrometheusHandle,
    pub(super) sink: String,
}

/// Serves for ever.
pub(super) async fn serve(listener: TcpListener, endpoints: Endpoints) {
    let router = Router::new()
        .route("/live", get(live))
        .route("/livez", get(live))
        .route("/ready", get(ready))
        .route("/readyz", get(ready))
        .route("/healthz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .with_state(endpoints);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::warn!(%error, "the endpoints have ended");
    }
}

/// Fails only for a polling thread that is stuck, never for an outage.
async fn live(State(endpoints): State<Endpoints>) -> Response {
    match endpoints.board.stuck(Instant::now()).as_slice() {
        [] => (StatusCode::OK, "live\n").into_response(),
        stuck => (StatusCode::SERVICE_UNAVAILABLE, format!("stuck: workers {stuck:?}\n")).into_response(),
    }
}

async fn ready(State(endpoints): State<Endpoints>) -> Response {
    match endpoints.board.unready() {
        None => (StatusCode::OK, "ready\n").into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn metrics(State(endpoints): State<Endpoints>) -> Response {
    let Endpoints { board, handle, sink } = &endpoints;
    let text = handle.render() + &meters::of_board(board, sink) + &process::metrics(sink);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn status(State(endpoints): State<Endpoints>) -> Response {
    Json(endpoints.board.status(&endpoints.sink)).into_response()
}
