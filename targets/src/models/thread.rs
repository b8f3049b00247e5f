//! A thread for each connection.

use std::sync::Arc;

use super::{Driver, blocking};

/// Stack of a connection's thread in bytes. Sessions do not recurse, but for a JSON parser that
/// stops at a depth of 128.
const STACK: usize = 512 << 10;

/// Serves until the server ends.
pub(crate) fn serve(driver: &Driver) {
    blocking::accept(driver, |socket| {
        let socket = Arc::new(socket);
        let transport = driver.endpoint.transport();
        let place = driver.shared.enter(Some(Arc::clone(&socket)));
        let shared = Arc::clone(&driver.shared);
        let mut session = (driver.factory)();
        // Where the system has no thread left, this client is dropped and the others live on.
        let _ = std::thread::Builder::new()
            .name("connection".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                blocking::connection(&socket, transport, session.as_mut(), &shared);
                // The socket first: a place that is free must mean a connection that is closed.
                drop(socket);
                drop(place);
            });
    });
}
