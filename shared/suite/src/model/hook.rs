//! The lifecycle hooks that Greenlight serves, by CodeDeploy's own names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A lifecycle event of an ECS blue/green deployment that a function can be bound to.
///
/// Source: CodeDeploy user guide, "`AppSpec` 'hooks' section for an Amazon ECS deployment".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hook {
    /// Green runs; the test listener still serves blue.
    AfterInstall,
    /// The test listener serves green.
    AfterAllowTestTraffic,
    /// The same, just before production traffic moves.
    BeforeAllowTraffic,
    /// Production serves green.
    AfterAllowTraffic,
}

impl Hook {
    /// In the order in which a deployment reaches them.
    pub const ALL: [Self; 4] =
        [Self::AfterInstall, Self::AfterAllowTestTraffic, Self::BeforeAllowTraffic, Self::AfterAllowTraffic];

    /// As written in an appspec's `Hooks` and in `lifecycleEventName`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AfterInstall => "AfterInstall",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }

    /// As in the name of the function's binary.
    #[must_use]
    pub fn binary(self) -> &'static str {
        match self {
            Self::AfterInstall => "after-install",
            Self::AfterAllowTestTraffic => "after-allow-test-traffic",
            Self::BeforeAllowTraffic => "before-allow-traffic",
            Self::AfterAllowTraffic => "after-allow-traffic",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not one of [`Hook::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a hook that Greenlight serves: AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic, AfterAllowTraffic"
)]
pub struct UnknownHook(pub String);

impl FromStr for Hook {
    type Err = UnknownHook;

    /// Takes the appspec's name and the binary's name, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|hook| text.eq_ignore_ascii_case(hook.name()) || text.eq_ignore_ascii_case(hook.binary()))
            .ok_or_else(|| UnknownHook(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_read_by_either_of_its_names() {
        for hook in Hook::ALL {
            assert_eq!(hook.name().parse(), Ok(hook));
            assert_eq!(hook.binary().parse(), Ok(hook));
        }
        assert_eq!("beforeallowtraffic".parse(), Ok(Hook::BeforeAllowTraffic));
        assert_eq!("AllowTraffic".parse::<Hook>(), Err(UnknownHook("AllowTraffic".into())));
    }
}
