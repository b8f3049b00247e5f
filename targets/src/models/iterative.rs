//! One connection after the other.

use std::sync::Arc;

use super::{Driver, blocking};

/// Serves until the server ends.
pub(crate) fn serve(driver: &Driver) {
    blocking::accept(driver, |socket| {
        let _place = driver.shared.enter(Some(Arc::clone(&socket)));
        blocking::connection(&socket, (driver.factory)().as_mut(), &driver.shared);
    });
}
