//! Signed media URLs that an `<img>` can load. A URL is valid for one item of one lease, while the lease is current.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{ItemIndex, Time};
use uuid::Uuid;

/// Signs and checks media URLs of the server's own pictures.
pub struct Signer {
    secret: SecretString,
}

/// The content of a signed URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The lease or the review that contains the item.
    pub lease: LeaseId,
    /// The holder of the lease.
    pub user: UserId,
    /// The item's number.
    pub item: ItemIndex,
    /// When the URL expires, unless the lease ends before.
    pub expires: Time,
}

/// The size of an encoded ticket without its signature.
const PAYLOAD_BYTES: usize = 48;

impl Signer {
    /// A signer with this secret.
    pub fn new(secret: SecretString) -> Self {
        Self { secret }
    }

    /// The signed last part of a URL.
    pub fn sign(&self, ticket: Ticket) -> String {
        let mut bytes = [0; PAYLOAD_BYTES].to_vec();
        bytes[..16].copy_from_slice(ticket.lease.0.as_bytes());
        bytes[16..32].copy_from_slice(ticket.user.0.as_bytes());
        bytes[32..40].copy_from_slice(&ticket.item.0.to_be_bytes());
        bytes[40..].copy_from_slice(&ticket.expires.0.to_be_bytes());
        let signature = self.mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The ticket in the last part of a URL, if its signature is right and it has not expired.
    pub fn check(&self, signed: &str, now: Time) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(signed).ok()?;
        let (payload, signature) = bytes.split_at_checked(PAYLOAD_BYTES)?;
        self.mac(payload).verify_slice(signature).ok()?;
        let number = |from: usize| Some(i64::from_be_bytes(payload.get(from..from + 8)?.try_into().ok()?));
        let ticket = Ticket {
            lease: LeaseId(Uuid::from_slice(payload.get(..16)?).ok()?),
            user: UserId(Uuid::from_slice(payload.get(16..32)?).ok()?),
            item: ItemIndex(number(32)?),
            expires: Time(number(40)?),
        };
        (now < ticket.expires).then_some(ticket)
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes());
        mac.expect("HMAC takes keys of any length").chain_update(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_valid_until_it_expires_and_only_unchanged() {
        let signer = Signer::new("0123456789abcdef0123456789abcdef".into());
        let (lease, user) = (LeaseId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
        let ticket = Ticket { lease, user, item: ItemIndex(5), expires: Time(100) };
        let signed = signer.sign(ticket);
        assert_eq!(signer.check(&signed, Time(99)), Some(ticket));
        assert_eq!(signer.check(&signed, Time(100)), None);
        let other = Signer::new("another0another0another0another0".into());
        assert_eq!(other.check(&signed, Time(0)), None);
        for index in 0..signed.len() {
            let mut forged = signed.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_ne!(signer.check(&forged, Time(0)).map(|t| t.item), Some(ItemIndex(6)));
        }
        assert_eq!(signer.check("short", Time(0)), None);
    }
}
