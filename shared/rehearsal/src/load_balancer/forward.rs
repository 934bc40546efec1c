//! Which target group takes the next request: weights, and changes that reach the nodes late.
//!
//! The choice is smooth weighted round robin, so it is fair over every short run and the same in every rehearsal. The
//! real load balancer chooses at random with the same shares.

use std::time::Instant;

use super::TargetGroup;

/// A forward action: target groups with their weights.
///
/// Weights are 0 to 999, as in the `ELBv2` API; larger ones are lowered to 999. A group of weight 0 gets no requests.
/// The share of a group is its weight over the sum of the weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward(Vec<(TargetGroup, u32)>);

impl Forward {
    /// The largest weight. Source: `ELBv2` API, `TargetGroupTuple`.
    pub const MAX_WEIGHT: u32 = 999;

    /// A forward action over any number of groups. With no group at all, every request is answered 503.
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = (TargetGroup, u32)>) -> Self {
        Self(groups.into_iter().map(|(group, weight)| (group, weight.min(Self::MAX_WEIGHT))).collect())
    }

    /// Everything to one group.
    #[must_use]
    pub fn to(group: &TargetGroup) -> Self {
        Self(vec![(group.clone(), 1)])
    }

    /// The groups and their weights, in the order they were given.
    #[must_use]
    pub fn groups(&self) -> &[(TargetGroup, u32)] {
        &self.0
    }

    /// The weight of `group`; 0 when it is not part of the action.
    #[must_use]
    pub fn weight_of(&self, group: &TargetGroup) -> u32 {
        self.0.iter().filter(|(member, _)| member == group).map(|(_, weight)| weight).sum()
    }
}

/// What a listener's nodes do now, and what they have been told to do later.
pub(super) struct Routing {
    asked: Forward,
    nodes: Vec<NodeRouting>,
}

/// One node: what it does, and what it will do, the earliest first.
struct NodeRouting {
    serving: Turns,
    ahead: Vec<(Instant, Turns)>,
}

impl Routing {
    pub(super) fn new(forward: Forward, nodes: usize) -> Self {
        let node = || NodeRouting { serving: Turns::new(forward.clone()), ahead: Vec::new() };
        let nodes = std::iter::repeat_with(node).take(nodes).collect();
        Self { asked: forward, nodes }
    }

    /// Changes what was asked for, on all nodes, now.
    pub(super) fn set(&mut self, forward: Forward) {
        *self = Self::new(forward, self.nodes.len());
    }

    /// Changes what was asked for, and no node: what the nodes wait for stays.
    pub(super) fn announce(&mut self, forward: Forward) {
        self.asked = forward;
    }

    /// Changes what was asked for. Each node follows when `due` says; earlier changes that nodes still wait for are
    /// forgotten.
    pub(super) fn set_late(&mut self, forward: &Forward, due: impl Fn(usize) -> Instant, now: Instant) {
        self.asked = forward.clone();
        for (number, node) in self.nodes.iter_mut().enumerate() {
            node.settle(now);
            node.ahead = vec![(due(number), Turns::new(forward.clone()))];
        }
    }

    /// Changes what one node will do. Nothing happens when there is no such node.
    pub(super) fn set_at(&mut self, number: usize, forward: Forward, due: Instant) {
        if let Some(node) = self.nodes.get_mut(number) {
            let place = node.ahead.partition_point(|(earlier, _)| *earlier <= due);
            node.ahead.insert(place, (due, Turns::new(forward)));
        }
    }

    /// What was last asked for, whether the nodes follow it yet or not.
    pub(super) fn asked(&self) -> &Forward {
        &self.asked
    }

    /// What a node does.
    pub(super) fn serving(&mut self, number: usize, now: Instant) -> Option<&Forward> {
        let node = self.nodes.get_mut(number)?;
        node.settle(now);
        Some(&node.serving.forward)
    }

    /// The group that takes the next request of a node; `None` when all weights are 0.
    pub(super) fn choose(&mut self, number: usize, now: Instant) -> Option<TargetGroup> {
        let node = self.nodes.get_mut(number)?;
        node.settle(now);
        node.serving.next()
    }
}

impl NodeRouting {
    fn settle(&mut self, now: Instant) {
        let due = self.ahead.partition_point(|(due, _)| *due <= now);
        if let Some((_, turns)) = self.ahead.drain(..due).next_back() {
            self.serving = turns;
        }
    }
}

/// Smooth weighted round robin: every group gains its weight each turn; the one with most is taken and pays the sum.
struct Turns {
    forward: Forward,
    gained: Vec<i64>,
}

impl Turns {
    fn new(forward: Forward) -> Self {
        let gained = vec![0; forward.0.len()];
        Self { forward, gained }
    }

    fn next(&mut self) -> Option<TargetGroup> {
        let mut sum = 0;
        let mut best: Option<(usize, i64)> = None;
        for (index, ((_, weight), gained)) in self.forward.0.iter().zip(&mut self.gained).enumerate() {
            if *weight == 0 {
                continue;
            }
            sum += i64::from(*weight);
            *gained += i64::from(*weight);
            if best.is_none_or(|(_, most)| *gained > most) {
                best = Some((index, *gained));
            }
        }
        let (index, _) = best?;
        self.gained[index] -= sum;
        Some(self.forward.0[index].0.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn taken(routing: &mut Routing, turns: usize, now: Instant) -> String {
        taken_by(0, routing, turns, now)
    }

    fn taken_by(node: usize, routing: &mut Routing, turns: usize, now: Instant) -> String {
        let name = |group: Option<TargetGroup>| group.map_or("-".to_owned(), |group| group.name().to_owned());
        std::iter::repeat_with(|| name(routing.choose(node, now))).take(turns).collect()
    }

    fn groups() -> (TargetGroup, TargetGroup) {
        (TargetGroup::new("b"), TargetGroup::new("g"))
    }

    #[test]
    fn shares_are_fair_within_every_short_run() {
        let now = Instant::now();
        let cases = [
            (1, 0, 4, "bbbb"),
            (0, 1, 4, "gggg"),
            (1, 1, 4, "bgbg"),
            (3, 1, 8, "bbgbbbgb"),
            (90, 10, 20, "bbbbbgbbbbbbbbbgbbbb"),
            (0, 0, 2, "--"),
            (5000, 999, 2, "bg"),
        ];
        for (blue, green, turns, expected) in cases {
            let groups = [(TargetGroup::new("b"), blue), (TargetGroup::new("g"), green)];
            let mut routing = Routing::new(Forward::new(groups), 1);
            assert_eq!(taken(&mut routing, turns, now), expected, "blue {blue}, green {green}");
        }
        assert_eq!(taken(&mut Routing::new(Forward::new([]), 1), 2, now), "--");
    }

    #[test]
    fn a_late_change_is_asked_at_once_and_served_when_due() {
        let (blue, green) = groups();
        let start = Instant::now();
        let due = start + Duration::from_secs(30);
        let just_before = due.checked_sub(Duration::from_millis(1)).unwrap();
        let mut routing = Routing::new(Forward::to(&blue), 1);
        routing.set_late(&Forward::to(&green), |_| due, start);

        assert_eq!(routing.asked(), &Forward::to(&green));
        assert_eq!(routing.serving(0, just_before), Some(&Forward::to(&blue)));
        assert_eq!(taken(&mut routing, 2, just_before), "bb");
        assert_eq!(taken(&mut routing, 2, due), "gg");
        assert_eq!(routing.serving(0, due), Some(&Forward::to(&green)));
    }

    #[test]
    fn a_change_at_once_overtakes_one_that_is_late() {
        let (blue, green) = groups();
        let start = Instant::now();
        let due = start + Duration::from_secs(30);
        let mut routing = Routing::new(Forward::to(&blue), 1);
        routing.set_late(&Forward::to(&green), |_| due, start);
        routing.set(Forward::to(&blue));
        assert_eq!(taken(&mut routing, 2, due), "bb");
    }

    #[test]
    fn nodes_follow_one_after_another() {
        let (blue, green) = groups();
        let start = Instant::now();
        let due = |node: usize| start + Duration::from_secs(30 * u64::try_from(node).unwrap());
        let mut routing = Routing::new(Forward::to(&blue), 3);
        routing.set_late(&Forward::to(&green), due, start);
        for (node, then, expected) in [(0, 0, "gg"), (1, 0, "bb"), (1, 1, "gg"), (2, 1, "bb"), (2, 2, "gg")] {
            assert_eq!(taken_by(node, &mut routing, 2, due(then)), expected, "node {node} at {then}");
        }
        assert_eq!(taken_by(3, &mut routing, 1, start), "-", "there is no fourth node");
    }

    #[test]
    fn one_node_goes_forward_and_back_while_the_other_stays_and_nothing_is_announced() {
        let (blue, green) = groups();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut routing = Routing::new(Forward::to(&blue), 2);
        // Told in any order, done in that of time.
        routing.set_at(1, Forward::to(&blue), at(20));
        routing.set_at(1, Forward::to(&green), at(10));
        let seen: Vec<_> = [0, 10, 19, 20].map(|now| taken_by(1, &mut routing, 1, at(now))).into();
        assert_eq!(seen, ["b", "g", "g", "b"]);
        assert_eq!(taken_by(0, &mut routing, 1, at(10)), "b");
        assert_eq!(routing.asked(), &Forward::to(&blue));

        routing.set_at(1, Forward::to(&green), at(30));
        assert_eq!(taken_by(1, &mut routing, 1, at(60)), "g", "what was missed in between is passed over");
    }

    #[test]
    fn what_is_announced_changes_no_node() {
        let (blue, green) = groups();
        let mut routing = Routing::new(Forward::to(&blue), 2);
        routing.announce(Forward::to(&green));
        assert_eq!(routing.asked(), &Forward::to(&green));
        assert_eq!(taken_by(1, &mut routing, 1, Instant::now()), "b");
    }
}
