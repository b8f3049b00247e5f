//! The check of a text that arrives in pieces, each byte of it looked at about once.

use crate::effort;

/// What is left of a character whose last bytes have not come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    begun: [u8; 4],
    len: usize,
}

impl Utf8 {
    /// Takes the next bytes of the text.
    ///
    /// # Errors
    /// The offset in `bytes` of the first byte with which the text is no longer the beginning of
    /// any UTF-8 (RFC 3629): the same however the text was cut.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), usize> {
        effort::add(bytes.len());
        let mut rest = bytes;
        while self.len > 0 {
            let Some((&byte, after)) = rest.split_first() else {
                return Ok(());
            };
            self.add(byte).map_err(|()| bytes.len() - rest.len())?;
            rest = after;
        }
        let Err(error) = std::str::from_utf8(rest) else {
            return Ok(());
        };
        let start = bytes.len() - rest.len() + error.valid_up_to();
        for (at, &byte) in bytes.iter().enumerate().skip(start) {
            self.add(byte).map_err(|()| at)?;
        }
        Ok(())
    }

    fn add(&mut self, byte: u8) -> Result<(), ()> {
        // A character has at most four bytes: four that are none are an error before a fifth.
        if let Some(place) = self.begun.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
        match std::str::from_utf8(&self.begun[..self.len]) {
            Ok(_) => {
                self.len = 0;
                Ok(())
            }
            Err(error) if error.error_len().is_none() => Ok(()),
            Err(_) => Err(()),
        }
    }

    /// True where the text may end here.
    pub(super) fn is_whole(self) -> bool {
        self.len == 0
    }
}
