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

/// One of the two nodes that a listener consists of. A connection stays with the node that accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    First,
    Second,
}

/// Which nodes a change reaches only when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    All,
    Second,
}

/// What a listener's nodes do now, and what they have been told to do later.
pub(super) struct Routing {
    serving: Turns,
    ahead: Option<Ahead>,
}

struct Ahead {
    due: Instant,
    late: Late,
    turns: Turns,
}

impl Routing {
    pub(super) fn new(forward: Forward) -> Self {
        Self { serving: Turns::new(forward), ahead: None }
    }

    /// Changes what was asked for, on all nodes, now.
    pub(super) fn set(&mut self, forward: Forward) {
        *self = Self::new(forward);
    }

    /// Changes what was asked for. The nodes in `late` follow when it is `due`; an earlier change that they still wait
    /// for is forgotten.
    pub(super) fn set_late(&mut self, forward: Forward, late: Late, due: Instant, now: Instant) {
        self.settle(now);
        self.ahead = Some(Ahead { due, late, turns: Turns::new(forward) });
    }

    /// What was last asked for, whether the nodes follow it yet or not.
    pub(super) fn asked(&self) -> &Forward {
        self.ahead.as_ref().map_or(&self.serving.forward, |ahead| &ahead.turns.forward)
    }

    /// What all nodes did last: a change counts when the latest node has it.
    pub(super) fn serving(&mut self, now: Instant) -> &Forward {
        self.settle(now);
        &self.serving.forward
    }

    /// The group that takes the next request of `node`; `None` when all weights are 0.
    pub(super) fn choose(&mut self, node: Node, now: Instant) -> Option<TargetGroup> {
        self.settle(now);
        match &mut self.ahead {
            Some(ahead) if (ahead.late, node) == (Late::Second, Node::First) => ahead.turns.next(),
            _ => self.serving.next(),
        }
    }

    fn settle(&mut self, now: Instant) {
        if let Some(ahead) = self.ahead.take_if(|ahead| ahead.due <= now) {
            self.serving = ahead.turns;
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
        taken_by(Node::First, routing, turns, now)
    }

    fn taken_by(node: Node, routing: &mut Routing, turns: usize, now: Instant) -> String {
        let name = |group: Option<TargetGroup>| group.map_or("-".to_owned(), |group| group.name().to_owned());
        std::iter::repeat_with(|| name(routing.choose(node, now))).take(turns).collect()
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
            let mut routing = Routing::new(Forward::new(groups));
            assert_eq!(taken(&mut routing, turns, now), expected, "blue {blue}, green {green}");
        }
        assert_eq!(taken(&mut Routing::new(Forward::new([])), 2, now), "--");
    }

    #[test]
    fn a_late_change_is_asked_at_once_and_served_when_due() {
        let (blue, green) = (TargetGroup::new("b"), TargetGroup::new("g"));
        let start = Instant::now();
        let due = start + Duration::from_secs(30);
        let just_before = due.checked_sub(Duration::from_millis(1)).unwrap();
        let mut routing = Routing::new(Forward::to(&blue));
        routing.set_late(Forward::to(&green), Late::All, due, start);

        assert_eq!(routing.asked(), &Forward::to(&green));
        assert_eq!(routing.serving(just_before), &Forward::to(&blue));
        assert_eq!(taken(&mut routing, 2, just_before), "bb");
        assert_eq!(taken(&mut routing, 2, due), "gg");
        assert_eq!(routing.serving(due), &Forward::to(&green));
    }

    #[test]
    fn a_change_at_once_overtakes_one_that_is_late() {
        let (blue, green) = (TargetGroup::new("b"), TargetGroup::new("g"));
        let start = Instant::now();
        let due = start + Duration::from_secs(30);
        let mut routing = Routing::new(Forward::to(&blue));
        routing.set_late(Forward::to(&green), Late::All, due, start);
        routing.set(Forward::to(&blue));
        assert_eq!(taken(&mut routing, 2, due), "bb");
    }

    #[test]
    fn a_node_can_be_later_than_the_other() {
        let (blue, green) = (TargetGroup::new("b"), TargetGroup::new("g"));
        let start = Instant::now();
        let due = start + Duration::from_secs(30);
        let mut routing = Routing::new(Forward::to(&blue));
        routing.set_late(Forward::to(&green), Late::Second, due, start);
        assert_eq!(taken_by(Node::First, &mut routing, 2, start), "gg");
        assert_eq!(taken_by(Node::Second, &mut routing, 2, start), "bb");
        assert_eq!(routing.serving(start), &Forward::to(&blue));
        assert_eq!(taken_by(Node::Second, &mut routing, 2, due), "gg");
    }
}
