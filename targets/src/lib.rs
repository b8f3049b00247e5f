//! Reference servers, right and with one planted fault each.
