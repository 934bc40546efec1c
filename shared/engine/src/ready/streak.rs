//! Good answers in a row, and the addresses that gave them: when they are enough.
//!
//! The nodes of a load balancer switch one by one, each with an address of its own. So good answers from one of them say
//! nothing about the others, and what a node said last is held against it until it says something better.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// What the answers so far come to.
#[derive(Debug, Default)]
pub(super) struct Streak {
    good: u32,
    /// Addresses that gave a good answer in this row.
    covered: BTreeSet<IpAddr>,
    /// Addresses whose last answer was not good, in this row or before.
    bad: BTreeSet<IpAddr>,
}

/// How far a row has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Too few good answers in a row.
    Short,
    /// Enough, and none of them from these.
    Partial(Vec<IpAddr>),
    /// Enough, and at least one from each address that can be reached. These could not.
    Complete(Vec<IpAddr>),
}

impl Streak {
    /// Counts a good answer. `reached` are the addresses that it came by: one, unless a connection had to be made anew
    /// in the middle, and then none of them has answered everything.
    pub(super) fn good(&mut self, reached: &BTreeSet<IpAddr>) {
        self.good = self.good.saturating_add(1);
        let mut reached = reached.iter();
        if let (Some(address), None) = (reached.next(), reached.next()) {
            self.bad.remove(address);
            self.covered.insert(*address);
        }
    }

    /// Ends the row. `reached` are the addresses that the answer, or its lack, came by.
    pub(super) fn not_good(&mut self, reached: &BTreeSet<IpAddr>) {
        self.good = 0;
        self.covered.clear();
        self.bad.extend(reached);
    }

    /// Good answers in this row.
    pub(super) fn length(&self) -> u32 {
        self.good
    }

    /// The addresses that gave them.
    pub(super) fn covered(&self) -> Vec<IpAddr> {
        self.covered.iter().copied().collect()
    }

    /// Whether the last answer of one of these was not good.
    pub(super) fn holds_against(&self, addresses: &[IpAddr]) -> bool {
        addresses.iter().any(|address| self.bad.contains(address))
    }

    /// How far the row has come when `wanted` good answers are, and when the target's name stands for `addresses`.
    ///
    /// Each connection begins with the next address, and goes on to another one only where that cannot be connected to.
    /// After two whole turns beyond what was wanted, an address without an answer is taken for one that cannot be
    /// reached from here, unless the last that was heard from it was not good.
    pub(super) fn standing(&self, wanted: u32, addresses: &[IpAddr]) -> Standing {
        if self.good < wanted {
            return Standing::Short;
        }
        let addresses: BTreeSet<IpAddr> = addresses.iter().map(IpAddr::to_canonical).collect();
        let left: Vec<IpAddr> = addresses.difference(&self.covered).copied().collect();
        let turns = u32::try_from(addresses.len()).unwrap_or(u32::MAX).saturating_mul(2);
        let pardoned = self.good >= wanted.saturating_add(turns) && !self.holds_against(&left);
        if left.is_empty() || pardoned { Standing::Complete(left) } else { Standing::Partial(left) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn only(last: u8) -> BTreeSet<IpAddr> {
        BTreeSet::from([address(last)])
    }

    /// A row of answers: positive numbers are good ones from that address, negative ones are bad.
    fn streak(answers: &[i8]) -> Streak {
        let mut streak = Streak::default();
        for answer in answers {
            let reached = only(answer.unsigned_abs());
            if *answer > 0 { streak.good(&reached) } else { streak.not_good(&reached) }
        }
        streak
    }

    #[test]
    fn a_row_is_complete_when_it_is_long_enough_and_every_address_is_in_it() {
        use Standing::{Complete, Partial, Short};
        let two = [address(1), address(2)];
        for (what, answers, addresses, standing) in [
            ("too few", vec![1, 2], two.as_slice(), Short),
            ("each once", vec![1, 2, 1], &two, Complete(vec![])),
            ("one address alone", vec![1, 1, 1], &two[..1], Complete(vec![])),
            ("the other one is missing", vec![1, 1, 1, 1], &two, Partial(vec![address(2)])),
            ("a bad one ends the row", vec![1, 2, 1, -2, 1], &two, Short),
            ("the other was good before the bad one", vec![2, -1, 1, 1, 1], &two, Partial(vec![address(2)])),
            ("it was not reached in seven", vec![1; 7], &two, Complete(vec![address(2)])),
            ("it was not reached in six", vec![1; 6], &two, Partial(vec![address(2)])),
            ("its last answer was bad", [vec![-2], vec![1; 20]].concat(), &two, Partial(vec![address(2)])),
            ("its last answer was bad, and it is gone", vec![-2, 1, 1, 1], &two[..1], Complete(vec![])),
            (
                "an address that came later counts",
                vec![1, 2, 1, 2],
                &[address(1), address(2), address(3)],
                Partial(vec![address(3)]),
            ),
            ("nothing is known of addresses", vec![1, 1, 1], &[], Complete(vec![])),
        ] {
            assert_eq!(streak(&answers).standing(3, addresses), standing, "{what}");
        }
    }

    #[test]
    fn an_answer_that_came_by_two_addresses_covers_neither_and_is_held_against_both() {
        let both = BTreeSet::from([address(1), address(2)]);
        let mut streak = Streak::default();
        for _ in 0..3 {
            streak.good(&both);
        }
        assert_eq!(streak.standing(3, &[address(1), address(2)]), Standing::Partial(vec![address(1), address(2)]));
        streak.not_good(&both);
        for _ in 0..20 {
            streak.good(&only(1));
        }
        assert_eq!(streak.standing(3, &[address(1), address(2)]), Standing::Partial(vec![address(2)]));
    }

    proptest! {
        /// Nodes switch from blue to green one by one, and back; some refuse connections, so that the next one is asked.
        #[test]
        fn it_never_passes_when_the_last_answer_of_an_address_was_not_good(
            nodes in 1_u8..5,
            wanted in 1_u32..6,
            switches in prop::collection::vec((0_u8..5, 0_u8..3), 0..60),
            pauses in prop::collection::vec(0_usize..4, 60),
        ) {
            const BLUE: u8 = 0;
            const GREEN: u8 = 1;
            let addresses: Vec<IpAddr> = (0..nodes).map(address).collect();
            let mut states = vec![BLUE; usize::from(nodes)];
            let mut last: Vec<Option<u8>> = vec![None; usize::from(nodes)];
            let mut in_row = vec![false; usize::from(nodes)];
            let mut streak = Streak::default();
            let mut turn = 0;
            for ((node, state), pause) in switches.into_iter().zip(pauses) {
                for _ in 0..pause {
                    let asked = (0..nodes).map(|step| usize::from((turn + step) % nodes)).find(|node| states[*node] <= GREEN);
                    turn = (turn + 1) % nodes;
                    match asked {
                        Some(node) if states[node] == GREEN => {
                            streak.good(&BTreeSet::from([addresses[node]]));
                            (last[node], in_row[node]) = (Some(GREEN), true);
                        }
                        Some(node) => {
                            streak.not_good(&BTreeSet::from([addresses[node]]));
                            last[node] = Some(BLUE);
                            in_row.fill(false);
                        }
                        None => {
                            streak.not_good(&BTreeSet::new());
                            in_row.fill(false);
                        }
                    }
                    if let Standing::Complete(unreached) = streak.standing(wanted, &addresses) {
                        prop_assert!(streak.length() >= wanted);
                        prop_assert!(last.iter().all(|last| *last != Some(BLUE)), "{last:?}");
                        for (node, address) in addresses.iter().enumerate() {
                            prop_assert_eq!(in_row[node], !unreached.contains(address));
                        }
                        if !unreached.is_empty() {
                            prop_assert!(streak.length() >= wanted + 2 * u32::from(nodes));
                        }
                    }
                }
                states[usize::from(node % nodes)] = state;
            }
        }

        /// It does not wait for ever either.
        #[test]
        fn it_passes_when_all_that_can_be_reached_answer_well(
            wanted in 1_u32..6,
            reachable in prop::collection::vec(any::<bool>(), 1..6).prop_filter("one", |nodes| nodes.contains(&true)),
        ) {
            let nodes = u8::try_from(reachable.len()).unwrap();
            let addresses: Vec<IpAddr> = (0..nodes).map(address).collect();
            let mut streak = Streak::default();
            let most = wanted + 2 * u32::from(nodes);
            for turn in 0..most {
                let turn = u8::try_from(turn % u32::from(nodes)).unwrap();
                let node = (0..nodes).map(|step| (turn + step) % nodes).find(|node| reachable[usize::from(*node)]);
                streak.good(&only(node.unwrap()));
            }
            let missing = addresses.iter().zip(&reachable).filter(|(_, there)| !**there).map(|(address, _)| *address);
            prop_assert_eq!(streak.standing(wanted, &addresses), Standing::Complete(missing.collect()));
        }
    }
}
