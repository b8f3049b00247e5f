//! All access of the harness to the operating system's sockets and processes.
