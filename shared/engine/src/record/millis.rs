//! Durations as milliseconds with microsecond precision: what people read in a report.
//!
//! For `#[serde(with = "millis")]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// Writes milliseconds.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0)
}

/// Reads milliseconds.
///
/// # Errors
///
/// Those of the deserializer, and a negative or endless number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let millis = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(millis / 1_000.0).map_err(serde::de::Error::custom)
}

/// The same for a duration that may be absent.
pub(crate) mod optional {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let millis = Option::<f64>::deserialize(deserializer)?;
        millis.map(|millis| Duration::try_from_secs_f64(millis / 1_000.0).map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::record::Timings;

    #[test]
    fn durations_are_milliseconds_there_and_back() {
        let timings = Timings {
            connect: None,
            first_byte: Some(Duration::from_micros(1_500)),
            total: Duration::from_millis(412),
        };
        let json = serde_json::to_string(&timings).unwrap();
        assert_eq!(json, r#"{"first_byte_ms":1.5,"total_ms":412.0}"#);
        assert_eq!(serde_json::from_str::<Timings>(&json).unwrap(), timings);
        assert!(serde_json::from_str::<Timings>(r#"{"total_ms": -1}"#).is_err());
    }
}
