//! Socket options as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Count, Int, Item, Size, Time};

/// Declares a struct of all socket options, with further keys in front.
macro_rules! socket_options {
    ($(#[$meta:meta])* $name:ident { $($(#[$extra_meta:meta])* $extra:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$extra_meta])* pub $extra: $ty,)*
            /// TCP_NODELAY: small writes are sent at once (no Nagle).
            pub nodelay: Option<Item<bool>>,
            /// TCP_CORK: partial segments are held back for at most 200 ms.
            pub cork: Option<Item<bool>>,
            /// TCP_QUICKACK: segments are acknowledged at once. Not permanent.
            pub quickack: Option<Item<bool>>,
            /// SO_SNDBUF. The kernel doubles it.
            pub sndbuf: Option<Item<Size>>,
            /// SO_RCVBUF, set before connecting. The kernel doubles it.
            pub rcvbuf: Option<Item<Size>>,
            /// SO_REUSEADDR.
            pub reuseaddr: Option<Item<bool>>,
            /// SO_REUSEPORT.
            pub reuseport: Option<Item<bool>>,
            /// SO_LINGER in whole seconds; `0s` makes close send RST.
            pub linger: Option<Item<Time>>,
            /// SO_KEEPALIVE.
            pub keepalive: Option<Item<bool>>,
            /// TCP_USER_TIMEOUT: how long data may stay unacknowledged.
            pub user_timeout: Option<Item<Time>>,
            /// TCP_MAXSEG in bytes, 88 to 32767.
            pub maxseg: Option<Item<Count>>,
            /// The source address.
            pub bind: Option<Item<String>>,
            /// The source port, 1 to 65535.
            pub bind_port: Option<Item<Int>>,
            /// Unix datagrams: the socket gets a name, so that answers come back. True where nothing
            /// is said.
            pub autobind: Option<Item<bool>>,
        }
    };
}

socket_options! {
    /// Socket options, for each connection.
    OptionsSyntax {}
}

socket_options! {
    /// Changes socket options of an open connection.
    SetSyntax {
        /// The connection; the one that was opened last where none is given.
        on: Option<Item<String>>,
    }
}

impl SetSyntax {
    /// True where no option is given at all.
    pub fn is_empty(&self) -> bool {
        let o = self.options();
        o.nodelay.is_none()
            && o.cork.is_none()
            && o.quickack.is_none()
            && o.sndbuf.is_none()
            && o.rcvbuf.is_none()
            && o.reuseaddr.is_none()
            && o.reuseport.is_none()
            && o.linger.is_none()
            && o.keepalive.is_none()
            && o.user_timeout.is_none()
            && o.maxseg.is_none()
            && o.bind.is_none()
            && o.bind_port.is_none()
            && o.autobind.is_none()
    }

    /// The options alone.
    pub fn options(&self) -> OptionsSyntax {
        let given = self.clone();
        OptionsSyntax {
            nodelay: given.nodelay,
            cork: given.cork,
            quickack: given.quickack,
            sndbuf: given.sndbuf,
            rcvbuf: given.rcvbuf,
            reuseaddr: given.reuseaddr,
            reuseport: given.reuseport,
            linger: given.linger,
            keepalive: given.keepalive,
            user_timeout: given.user_timeout,
            maxseg: given.maxseg,
            bind: given.bind,
            bind_port: given.bind_port,
            autobind: given.autobind,
        }
    }
}
