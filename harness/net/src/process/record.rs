//! What guard and harness tell each other over the control socket: eight bytes a message.

use std::io::{self, Read, Write};

use super::Exit;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// Guard: the target runs, as this process.
    Started(i32),
    /// Guard: the target could not be executed, with this error number.
    NotStarted(i32),
    /// Guard: the target has ended.
    Ended(Exit),
    /// Guard: this descendant had to be killed.
    Killed(i32),
    /// Harness: kill all that is left, and exit. The end of the stream means the same.
    Quit,
}

impl Record {
    pub(crate) fn send(self, mut to: impl Write) -> io::Result<()> {
        let (tag, value) = match self {
            Self::Started(pid) => (b'S', pid),
            Self::NotStarted(errno) => (b'E', errno),
            Self::Ended(Exit::Code(code)) => (b'C', code),
            Self::Ended(Exit::Signal(number)) => (b'G', number),
            Self::Killed(pid) => (b'K', pid),
            Self::Quit => (b'Q', 0),
        };
        let mut bytes = [tag, 0, 0, 0, 0, 0, 0, 0];
        bytes[4..].copy_from_slice(&value.to_ne_bytes());
        to.write_all(&bytes)
    }

    /// The next message; an error of kind UnexpectedEof at the end of the stream.
    pub(crate) fn receive(mut from: impl Read) -> io::Result<Self> {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes)?;
        let [tag, _, _, _, value @ ..] = bytes;
        let value = i32::from_ne_bytes(value);
        match tag {
            b'S' => Ok(Self::Started(value)),
            b'E' => Ok(Self::NotStarted(value)),
            b'C' => Ok(Self::Ended(Exit::Code(value))),
            b'G' => Ok(Self::Ended(Exit::Signal(value))),
            b'K' => Ok(Self::Killed(value)),
            b'Q' => Ok(Self::Quit),
            other => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("0x{other:02x} is no message of the guard; is the launcher the harness?"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_through() {
        for record in [
            Record::Started(77),
            Record::NotStarted(2),
            Record::Ended(Exit::Code(3)),
            Record::Ended(Exit::Signal(9)),
            Record::Killed(78),
            Record::Quit,
        ] {
            let mut bytes = Vec::new();
            record.send(&mut bytes).unwrap();
            assert_eq!(Record::receive(&bytes[..]).unwrap(), record);
        }
        assert!(Record::receive(&b"hello, world"[..]).is_err());
    }
}
