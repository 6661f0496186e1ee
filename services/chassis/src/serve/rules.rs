//! What a door allows those who come.

use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;

/// The size of all headers of a request.
const MOST_HEADERS: u32 = 16 * 1024;
/// The requests at once on one connection.
const MOST_STREAMS: u32 = 100;
/// What of one request, and of all requests on a connection, may have arrived without being read yet.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// What of one answer may wait for a client that is slow to take it.
const MOST_UNSENT: usize = 128 * 1024;
/// The requests that may be taken back before they were looked at; after that the connection ends.
const MOST_RESETS: usize = 20;
/// The faults of a client that end only a request, in the life of a connection. To send more of a body than its answer waited for is
/// such a fault, and no fault of an honest client; so there may be many.
const MOST_FAULTS: usize = 1024;

/// The rules of a door.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many may be connected; `None` where only the house itself comes.
    pub crowd: Option<Crowd>,
    /// How long a client may take to send the headers of a request, the first one's from when it is connected.
    pub headers: Duration,
    /// How long a connection of HTTP/1.1 may be without a request. Longer than the minute that proxies keep one for the next request,
    /// so that they give it up first and lose none.
    pub idle: Duration,
    /// The same of HTTP/2, where the end of a connection is announced and loses nothing; `None` for ever.
    pub idle_http2: Option<Duration>,
    /// How long a client may take nothing of what it is sent.
    pub stall: Duration,
    /// How long a connection lasts, a tenth more or less, so that not all end at once; `None` for ever. Its last answer says that it
    /// was the last.
    pub age: Option<Duration>,
    /// How long requests in flight may go on by then.
    pub grace: Duration,
}

/// How many may be connected at once.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// All together.
    pub most: usize,
    /// From one address, of IPv6 from one network of 64 bits; `None` where a proxy in front makes all addresses one.
    pub most_per_client: Option<usize>,
}

impl Rules {
    /// The rules among the processes of a house, which connect once and keep the connection.
    pub fn inner() -> Self {
        Self {
            crowd: None,
            headers: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            idle_http2: None,
            stall: Duration::from_secs(30),
            age: None,
            grace: Duration::from_secs(5 * 60),
        }
    }

    /// The rules for strangers.
    pub fn public(crowd: Crowd, age: Duration) -> Self {
        let crowd = Some(crowd);
        Self { crowd, idle_http2: Some(Duration::from_secs(5 * 60)), age: Some(age), ..Self::inner() }
    }
}

/// HTTP as every door speaks it. Floods of frames are answered by h2 itself: more continuations than the headers may need, resets
/// and faults above these numbers, and a swarm of tiny frames of data end the connection; empty ones are passed over.
pub(super) fn http() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // the time for headers is kept by `super::life`, which tells a client that sends them slowly from one that is idle
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(MOST_HEADERS as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MOST_HEADERS)
        .max_concurrent_streams(MOST_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(MOST_UNSENT)
        .max_pending_accept_reset_streams(MOST_RESETS)
        .max_local_error_reset_streams(MOST_FAULTS)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}
