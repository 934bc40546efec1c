//! Shows lengths of time as a suite writes them.

use std::time::Duration;

/// `300ms`, `1.5s`, `2m`; `0.4ms` where less than a millisecond was measured.
pub(crate) fn shown(length: Duration) -> String {
    let seconds = length.as_secs();
    if length < Duration::from_millis(1) && !length.is_zero() {
        format!("{}ms", trimmed(length.as_secs_f64() * 1_000.0))
    } else if seconds == 0 {
        format!("{}ms", length.as_millis())
    } else if length.subsec_nanos() == 0 && seconds.is_multiple_of(60) {
        format!("{}m", seconds / 60)
    } else {
        format!("{}s", trimmed(length.as_secs_f64()))
    }
}

/// At most two decimals, and none that are zero.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_shown_as_a_suite_writes_it() {
        for (micros, text) in [
            (0, "0ms"),
            (400, "0.4ms"),
            (412_300, "412ms"),
            (5_000_000, "5s"),
            (1_500_000, "1.5s"),
            (61_234_000, "61.23s"),
            (120_000_000, "2m"),
        ] {
            assert_eq!(shown(Duration::from_micros(micros)), text);
        }
    }
}
