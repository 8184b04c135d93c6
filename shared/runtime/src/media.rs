//! Media URLs that an `<img>` can load: signed, and good for one item of one lease, for as long as that is current.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use swath_domain::Time;
use swath_domain::ids::{LeaseId, UserId};
use uuid::Uuid;

/// Signs and checks media URLs of the server's own pictures.
pub struct Signer {
    secret: SecretString,
}

/// What a signed URL stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The lease, or the review, that shows the item.
    pub lease: LeaseId,
    /// Whose it is.
    pub user: UserId,
    /// The item.
    pub item: i64,
    /// Until when the URL is good at most.
    pub expires: Time,
}

const PAYLOAD: usize = 48;

impl Signer {
    /// Signs with this secret.
    pub fn new(secret: SecretString) -> Self {
        Self { secret }
    }

    /// The last part of the URL for an item.
    pub fn sign(&self, ticket: Ticket) -> String {
        let mut bytes = [0; PAYLOAD].to_vec();
        bytes[..16].copy_from_slice(ticket.lease.0.as_bytes());
        bytes[16..32].copy_from_slice(ticket.user.0.as_bytes());
        bytes[32..40].copy_from_slice(&ticket.item.to_be_bytes());
        bytes[40..].copy_from_slice(&ticket.expires.0.to_be_bytes());
        let Some(mac) = self.mac(&bytes) else { return String::new() };
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a URL's last part stands for, if we signed it and it is still good.
    pub fn check(&self, signed: &str, now: Time) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(signed).ok()?;
        let (payload, signature) = bytes.split_at_checked(PAYLOAD)?;
        self.mac(payload)?.verify_slice(signature).ok()?;
        let number = |from: usize| Some(i64::from_be_bytes(payload.get(from..from + 8)?.try_into().ok()?));
        let ticket = Ticket {
            lease: LeaseId(Uuid::from_slice(payload.get(..16)?).ok()?),
            user: UserId(Uuid::from_slice(payload.get(16..32)?).ok()?),
            item: number(32)?,
            expires: Time(number(40)?),
        };
        (now < ticket.expires).then_some(ticket)
    }

    /// A token that is the same whenever the same request is made under the same key.
    pub fn token(&self, what: &[u8]) -> Option<String> {
        let mac = self.mac(&[b"token:", what].concat())?;
        Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn mac(&self, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()).ok()?;
        Some(mac.chain_update(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_until_it_expires_and_only_as_it_was_signed() {
        let signer = Signer::new("0123456789abcdef0123456789abcdef".into());
        let (lease, user) = (LeaseId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
        let ticket = Ticket { lease, user, item: 5, expires: Time(100) };
        let signed = signer.sign(ticket);
        assert_eq!(signer.check(&signed, Time(99)), Some(ticket));
        assert_eq!(signer.check(&signed, Time(100)), None);
        let other = Signer::new("another0another0another0another0".into());
        assert_eq!(other.check(&signed, Time(0)), None);
        for index in 0..signed.len() {
            let mut forged = signed.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_ne!(signer.check(&forged, Time(0)).map(|t| t.item), Some(6));
        }
        assert_eq!(signer.check("short", Time(0)), None);
    }
}
