//! How a worker and the others reach each other.

use std::sync::mpsc as thread_mpsc;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::pipeline::task::{Job, Reply};
use crate::record::Refusal;

/// What the supervisor tells a worker.
#[derive(Clone, Debug)]
pub enum Order {
    /// Read these topics.
    Subscribe(Vec<String>),
    /// Stop the partitions of this topic.
    Stop(String, Refusal),
}

/// Why a worker ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// It cannot go on.
    Failed(String),
}

/// How a worker reaches the others.
pub struct Ties {
    /// Jobs for its task.
    pub jobs: mpsc::Sender<Job>,
    /// What came of them.
    pub replies: thread_mpsc::Receiver<Reply>,
    /// The supervisor's orders.
    pub orders: thread_mpsc::Receiver<Order>,
    /// The process stops.
    pub stop: watch::Receiver<bool>,
    /// Where schemas are learned.
    pub runtime: Handle,
}
