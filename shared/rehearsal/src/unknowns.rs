//! What nobody has written down about AWS: the open questions, each with its answers, to be tried both ways.
//!
//! Left out is what a function cannot observe: from when CodeDeploy counts its hour, what it answers once a deployment is
//! stopped, whether a hook may be bound by an alias or in another account, and what the console writes about a hook that
//! failed. How long a listener's change takes is played by the faults `late-switch` and `node-by-node`, and which reads a
//! role allows is [`Settings::denied`](crate::Settings::denied).

use std::time::Duration;

/// How this rehearsal answers the open questions. The default is what the documents make likely.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, with two answers")]
pub struct Unknowns {
    /// Does the deployment that rolls back invoke the hooks again? It is played for real then, with
    /// `creator = codeDeployRollback`.
    pub hooks_on_rollback: bool,
    /// Where CodeDeploy waits for approval, is BeforeAllowTraffic invoked after the wait, during it or before it?
    pub ready_wait: ReadyWait,
    /// What is answered to a status that was put before?
    pub repeated_status: Repeated,
    /// How much later than its function starts is a lifecycle event seen to be `InProgress`?
    pub event_visible_after: Duration,
    /// Is an event without a hook `Succeeded`, or is it `Skipped`?
    pub hookless_succeed: bool,
    /// Does AllowTestTraffic wait until green's targets are healthy, where they were unused before?
    pub test_traffic_waits_for_health: bool,
    /// Does the test listener stay on green after a rollback?
    pub test_stays_on_green: bool,
    /// Does the event have more fields than the documented two?
    pub extra_event_fields: bool,
}

/// Where CodeDeploy waits for approval before production traffic moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadyWait {
    /// The deployment group asks for no approval.
    #[default]
    None,
    /// It waits, then BeforeAllowTraffic is invoked.
    BeforeTheHook,
    /// BeforeAllowTraffic is invoked while it waits, and the deployment is `Ready`.
    AroundTheHook,
    /// BeforeAllowTraffic is invoked, then it waits.
    AfterTheHook,
}

/// What is answered to the same status put again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Repeated {
    /// `LifecycleEventAlreadyCompletedException`, as for another status.
    #[default]
    AlreadyCompleted,
    /// The same answer as to the first.
    Accepted,
}

/// One open question, for a help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// As it is typed before the `=`.
    pub key: &'static str,
    /// In one sentence.
    pub question: &'static str,
    /// What can be typed behind the `=`; the first is the default.
    pub answers: &'static [&'static str],
}

impl Unknowns {
    /// Every question that has a switch.
    pub const QUESTIONS: [Question; 8] = [
        Question {
            key: "hooks-on-rollback",
            question: "does the deployment that rolls back invoke the hooks again?",
            answers: &["no", "yes"],
        },
        Question {
            key: "ready-wait",
            question: "where is the wait for approval: before, around or after BeforeAllowTraffic?",
            answers: &["none", "before", "around", "after"],
        },
        Question {
            key: "repeated-status",
            question: "what is answered to the same status put again?",
            answers: &["already-completed", "accepted"],
        },
        Question {
            key: "event-visible",
            question: "is an event seen to be in progress when its function starts, or a second later?",
            answers: &["at-once", "late"],
        },
        Question {
            key: "hookless-event",
            question: "what is the status of an event without a hook?",
            answers: &["skipped", "succeeded"],
        },
        Question {
            key: "test-traffic-waits",
            question: "does AllowTestTraffic wait until green's targets are healthy?",
            answers: &["no", "yes"],
        },
        Question {
            key: "test-after-rollback",
            question: "whom does the test listener serve after a rollback?",
            answers: &["blue", "green"],
        },
        Question {
            key: "event-fields",
            question: "does the event have more fields than the documented two?",
            answers: &["two", "more"],
        },
    ];

    /// How late an event is seen when it is seen late.
    const LATE: Duration = Duration::from_secs(1);

    /// Answers one question, as in `ready-wait=after`.
    ///
    /// # Errors
    ///
    /// A sentence, when there is no such question or no such answer.
    pub fn assume(&mut self, typed: &str) -> Result<(), String> {
        let (key, answer) = typed.split_once('=').ok_or_else(|| format!("`{typed}` is not of the form KEY=ANSWER"))?;
        let question = Self::QUESTIONS.into_iter().find(|question| question.key == key).ok_or_else(|| {
            let keys = Self::QUESTIONS.map(|question| question.key);
            format!("`{key}` is no open question; {}", or_list(key, &keys))
        })?;
        let number = question
            .answers
            .iter()
            .position(|known| *known == answer)
            .ok_or_else(|| format!("`{answer}` is no answer to `{key}`; {}", or_list(answer, question.answers)))?;
        let is_other = number == 1;
        match question.key {
            "hooks-on-rollback" => self.hooks_on_rollback = is_other,
            "ready-wait" => {
                let places =
                    [ReadyWait::None, ReadyWait::BeforeTheHook, ReadyWait::AroundTheHook, ReadyWait::AfterTheHook];
                self.ready_wait = places[number];
            }
            "repeated-status" => {
                self.repeated_status = if is_other { Repeated::Accepted } else { Repeated::AlreadyCompleted };
            }
            "event-visible" => self.event_visible_after = if is_other { Self::LATE } else { Duration::ZERO },
            "hookless-event" => self.hookless_succeed = is_other,
            "test-traffic-waits" => self.test_traffic_waits_for_health = is_other,
            "test-after-rollback" => self.test_stays_on_green = is_other,
            _ => self.extra_event_fields = is_other,
        }
        Ok(())
    }
}

fn or_list(typed: &str, known: &[&str]) -> String {
    match greenlight_suite::diagnostics::did_you_mean(typed, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_answers_that_differ_and_the_first_is_the_default() {
        for question in Unknowns::QUESTIONS {
            let mut seen = Vec::new();
            for answer in question.answers {
                let mut unknowns = Unknowns::default();
                unknowns.assume(&format!("{}={answer}", question.key)).unwrap();
                assert!(!seen.contains(&unknowns), "{}={answer} changes nothing", question.key);
                seen.push(unknowns);
            }
            assert_eq!(seen[0], Unknowns::default(), "{}", question.key);
            assert!(seen.len() > 1, "{}", question.key);
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_with_what_could_be_meant() {
        let cases = [
            ("ready-wait", "`ready-wait` is not of the form KEY=ANSWER"),
            ("redy-wait=none", "`redy-wait` is no open question; did you mean `ready-wait`?"),
            ("ready-wait=aftr", "`aftr` is no answer to `ready-wait`; did you mean `after`?"),
            ("event-fields=37", "`37` is no answer to `event-fields`; there are two, more"),
        ];
        for (typed, expected) in cases {
            assert_eq!(Unknowns::default().assume(typed).unwrap_err(), expected);
        }
    }
}
