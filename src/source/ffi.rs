//! The only unsafe code: the headers of a message, read as librdkafka holds them. rdkafka's own reading panics at a
//! name that is not UTF-8, and anybody who may write into a topic can send one.
#![allow(unsafe_code, reason = "librdkafka gives pointers")]

use std::ffi::CStr;
use std::{ptr, slice};

use rdkafka::bindings::{rd_kafka_header_get_all, rd_kafka_message_headers};
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaRespErr;

use crate::record::Header;

/// The headers in their order. What is not UTF-8 in a name becomes U+FFFD.
pub(super) fn headers(message: &BorrowedMessage<'_>) -> Vec<Header> {
    let mut list = ptr::null_mut();
    // SAFETY: the message is alive as long as its borrow is, and librdkafka writes only to `list`.
    let found = unsafe { rd_kafka_message_headers(message.ptr(), &mut list) };
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || list.is_null() {
        return Vec::new();
    }
    let mut headers = Vec::new();
    loop {
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        // SAFETY: `list` belongs to the message; an index behind the last is an error and writes nothing.
        let found = unsafe { rd_kafka_header_get_all(list, headers.len(), &mut name, &mut value, &mut size) };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
            return headers;
        }
        // SAFETY: librdkafka ends each name with a zero and keeps it as long as the message.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
        // SAFETY: where there is a value, it has `size` bytes and lives as long as the message.
        let value = (!value.is_null()).then(|| unsafe { slice::from_raw_parts(value.cast::<u8>(), size) }.to_vec());
        headers.push((name, value));
    }
}
