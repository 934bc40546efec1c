//! Compares numbers by value.
//!
//! JSON does not tell `1` from `1.0`, and a float cannot tell 9007199254740993 from 9007199254740992, so whole numbers
//! are compared as such and a float is never made of one. A whole number beyond 64 bits is read as the nearest float.

use std::cmp::Ordering;

use serde_json::Number;

/// Which of two numbers is greater.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => compare_with_float(a, b.as_f64()?),
        (None, Some(b)) => compare_with_float(b, a.as_f64()?).map(Ordering::reverse),
        (None, None) => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// Whether a number has no fraction.
pub(super) fn is_whole(number: &Number) -> bool {
    whole(number).is_some() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn compare_with_float(whole: i128, float: f64) -> Option<Ordering> {
    /// Beyond this, a float is greater than any whole number of 64 bits.
    const FAR: f64 = 1e30;
    if float.is_nan() {
        return None;
    }
    if float.abs() > FAR {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole after `floor`, and far within 128 bits")]
    let floor = float.floor() as i128;
    Some(whole.cmp(&floor).then(if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn number() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<i64>().prop_map(Number::from),
            any::<u64>().prop_map(Number::from),
            (-3_i64..4).prop_map(Number::from),
            prop_oneof![any::<f64>(), -3.0..4.0, Just(9_007_199_254_740_992.0), Just(-0.0)]
                .prop_filter_map("finite", Number::from_f64),
        ]
    }

    #[test]
    fn numbers_compare_by_value_and_exactly() {
        for (a, b, ordering) in [
            (json!(1), json!(1.0), Ordering::Equal),
            (json!(-1), json!(-0.5), Ordering::Less),
            (json!(1), json!(0.5), Ordering::Greater),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), Ordering::Greater),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), Ordering::Greater),
            (json!(u64::MAX), json!(1e300), Ordering::Less),
            (json!(i64::MIN), json!(-1e300), Ordering::Greater),
            (json!(0), json!(-0.0), Ordering::Equal),
        ] {
            let (Some(a), Some(b)) = (a.as_number(), b.as_number()) else { panic!("numbers") };
            assert_eq!(compare(a, b), Some(ordering), "{a} and {b}");
        }
    }

    proptest! {
        #[test]
        fn comparing_is_consistent(a in number(), b in number(), c in number()) {
            let (ab, ba) = (compare(&a, &b).unwrap(), compare(&b, &a).unwrap());
            prop_assert_eq!(ab, ba.reverse());
            prop_assert_eq!(compare(&a, &a), Some(Ordering::Equal));
            if ab != Ordering::Greater && compare(&b, &c) != Some(Ordering::Greater) {
                prop_assert_ne!(compare(&a, &c), Some(Ordering::Greater));
            }
        }
    }
}
