//! Names that are not looked up: their addresses are given, as with curl's `--resolve`.
//!
//! How names become addresses otherwise is [`crate::resolver`]'s.

use std::collections::BTreeMap;
use std::net::IpAddr;

use url::Host;

use crate::base_url::BaseUrl;

/// The addresses of names that no name server is asked for. None by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolve {
    /// By the name in lower case.
    given: BTreeMap<String, Vec<IpAddr>>,
}

impl Resolve {
    /// Reads `name=127.0.0.1,127.0.0.2;other=::1`. Blank text gives no names; an IPv6 address may stand in brackets.
    ///
    /// # Errors
    ///
    /// A sentence about the part that is no name with its addresses.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut given = BTreeMap::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = |problem: &str| format!("`{part}` {problem}: write `name=127.0.0.1,127.0.0.2`");
            let (name, addresses) = part.split_once('=').ok_or_else(|| wrong("has no `=`"))?;
            let name = name.trim();
            if name.is_empty() || name.contains(|character: char| character.is_whitespace() || character == ':') {
                return Err(wrong("does not begin with a host name"));
            }
            let mut several: Vec<IpAddr> = Vec::new();
            for address in addresses.split(',').map(str::trim) {
                let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
                let address = bare.parse().map_err(|_| wrong(&format!("holds `{address}`, which is no IP address")))?;
                if !several.contains(&address) {
                    several.push(address);
                }
            }
            if given.insert(name.to_ascii_lowercase(), several).is_some() {
                return Err(wrong("names a host a second time"));
            }
        }
        Ok(Self { given })
    }

    /// The addresses that a base URL's host stands for, here and now: as given, or as name servers say. Empty when it
    /// has none.
    pub async fn addresses(&self, base: &BaseUrl) -> Vec<IpAddr> {
        match base.host() {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => match self.of(name) {
                Some(given) => given.to_vec(),
                None => match tokio::net::lookup_host((name.as_str(), 0)).await {
                    Ok(found) => found.map(|address| address.ip()).collect(),
                    Err(_) => Vec::new(),
                },
            },
        }
    }

    /// The addresses of a name, whatever its case; none when it has to be looked up.
    pub(crate) fn of(&self, name: &str) -> Option<&[IpAddr]> {
        self.given.get(&name.to_ascii_lowercase()).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_their_addresses() {
        let resolve = Resolve::parse(" Orders.example.com = 127.0.0.1, 127.0.0.2,127.0.0.1; other=[::1] ;").unwrap();
        let two = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
        assert_eq!(resolve.of("orders.EXAMPLE.com"), Some(two.as_slice()));
        assert_eq!(resolve.of("other"), Some(["::1".parse().unwrap()].as_slice()));
        assert_eq!(resolve.of("example.com"), None);
        assert_eq!(Resolve::parse("  "), Ok(Resolve::default()));
    }

    #[tokio::test]
    async fn a_base_url_stands_for_its_address_or_for_what_its_name_was_given() {
        let resolve = Resolve::parse("orders.test=127.0.0.1,127.0.0.2").unwrap();
        for (url, expected) in [
            ("http://Orders.test:8080", &["127.0.0.1", "127.0.0.2"][..]),
            ("http://10.0.0.1:8080", &["10.0.0.1"]),
            ("https://[::1]", &["::1"]),
            ("http://nowhere.invalid", &[]),
        ] {
            let found = resolve.addresses(&BaseUrl::parse(url).unwrap()).await;
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_name_with_its_addresses_is_refused_with_a_reason() {
        for (text, problem) in [
            ("orders", "`orders` has no `=`"),
            ("a=127.0.0.1;=127.0.0.1", "`=127.0.0.1` does not begin with a host name"),
            ("a:80=127.0.0.1", "`a:80=127.0.0.1` does not begin with a host name"),
            ("a=", "`a=` holds ``, which is no IP address"),
            ("a=127.0.0.1,b.test", "`a=127.0.0.1,b.test` holds `b.test`, which is no IP address"),
            ("a=::1;A=::2", "`A=::2` names a host a second time"),
        ] {
            let error = Resolve::parse(text).unwrap_err();
            assert_eq!(error, format!("{problem}: write `name=127.0.0.1,127.0.0.2`"));
        }
    }
}
