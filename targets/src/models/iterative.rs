//! One connection after the other.

use std::sync::Arc;

use super::{Driver, blocking};

/// Serves until the server ends.
pub(crate) fn serve(driver: &Driver) {
    blocking::accept(driver, |socket| {
        let socket = Arc::new(socket);
        let _place = driver.shared.enter(Some(Arc::clone(&socket)));
        let mut session = (driver.factory)();
        let transport = driver.endpoint.transport();
        blocking::connection(&socket, transport, session.as_mut(), &driver.shared);
    });
}
