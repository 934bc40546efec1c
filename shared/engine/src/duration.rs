//! Shows lengths of time.

use std::time::Duration;

/// As short as a person reads it: `0.4ms`, `412ms`, `1.61s`, `5s`, `1m06s`, `2m`.
///
/// Two decimals at most, and none that are zero. The rest is left off, not rounded, so that nothing that kept a limit is
/// said to have taken as long.
#[must_use]
pub fn duration(length: Duration) -> String {
    const MILLI: u128 = 1_000;
    const SECOND: u128 = 1_000 * MILLI;
    const MINUTE: u128 = 60 * SECOND;
    let micros = length.as_micros();
    match micros {
        0 if length.is_zero() => "0ms".to_owned(),
        // No clock tells them apart, and none of them is nothing.
        0..10 => "0.01ms".to_owned(),
        10..MILLI => format!("0{}ms", decimals(micros / 10)),
        MILLI..SECOND => format!("{}ms", micros / MILLI),
        SECOND..MINUTE => format!("{}{}s", micros / SECOND, decimals(micros % SECOND / 10_000)),
        _ => match (micros / MINUTE, micros % MINUTE / SECOND) {
            (minutes, 0) => format!("{minutes}m"),
            (minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        },
    }
}

/// Hundredths with their point, and no zeros at the end.
fn decimals(hundredths: u128) -> String {
    let text = format!(".{hundredths:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_of_time_is_shown_as_short_as_a_person_reads_it() {
        for (nanos, text) in [
            (0, "0ms"),
            (1, "0.01ms"),
            (9_999, "0.01ms"),
            (400_000, "0.4ms"),
            (999_999, "0.99ms"),
            (1_000_000, "1ms"),
            (412_300_000, "412ms"),
            (999_999_999, "999ms"),
            (1_000_000_000, "1s"),
            (1_500_000_000, "1.5s"),
            (1_612_000_000, "1.61s"),
            (5_000_000_000, "5s"),
            (5_050_000_000, "5.05s"),
            (9_999_999_999, "9.99s"),
            (10_000_000_000, "10s"),
            (59_999_999_999, "59.99s"),
            (60_000_000_000, "1m"),
            (66_900_000_000, "1m06s"),
            (120_000_000_000, "2m"),
            (192_000_000_000, "3m12s"),
            (3_600_000_000_000, "60m"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text, "{nanos}");
        }
        assert!(duration(Duration::MAX).ends_with("m15s"), "{}", duration(Duration::MAX));
    }

    /// What a text of this module says.
    fn read(text: &str) -> Duration {
        let seconds = |text: &str| Duration::from_secs_f64(text.parse().unwrap());
        if let Some(millis) = text.strip_suffix("ms") {
            seconds(millis) / 1_000
        } else if let Some((minutes, rest)) = text.split_once('m') {
            let rest = rest.strip_suffix('s').map_or(Duration::ZERO, seconds);
            Duration::from_secs(minutes.parse::<u64>().unwrap() * 60) + rest
        } else {
            seconds(text.strip_suffix('s').unwrap())
        }
    }

    proptest! {
        #[test]
        fn a_shown_length_is_nearly_the_length_and_never_more(digits in 5_u32..13, share in 0.1_f64..1.0) {
            let length = Duration::from_nanos(10_u64.pow(digits)).mul_f64(share);
            let shown = read(&duration(length));
            let unit = match length.as_millis() {
                0 => Duration::from_micros(10),
                1..1_000 => Duration::from_millis(1),
                1_000..60_000 => Duration::from_millis(10),
                _ => Duration::from_secs(1),
            };
            prop_assert!(shown <= length + Duration::from_nanos(1), "{length:?}");
            prop_assert!(length < shown + unit, "{length:?}");
            prop_assert!(duration(length).len() <= 6);
        }
    }
}
