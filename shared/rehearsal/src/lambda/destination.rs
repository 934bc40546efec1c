//! What Lambda hands to an on-failure destination.
//!
//! Source: AWS Lambda developer guide, "Capturing records of Lambda asynchronous invocations".

use serde_json::{Value, json};

use super::Function;
use crate::record::{Invocation, InvocationEnding};

/// The destination's event, for an event of `function` whose `last` attempt failed.
pub(super) fn payload(function: &Function, event: &Value, last: &Invocation) -> Value {
    let response = match &last.ending {
        InvocationEnding::Error { error } => error.clone(),
        ending => {
            let kind = match ending {
                InvocationEnding::TimedOut => "Sandbox.Timedout",
                InvocationEnding::NotStarted { .. } => "Runtime.InitError",
                _ => "Runtime.ExitError",
            };
            let message = format!("RequestId: {} Error: {}", last.request_id, error_message(ending));
            json!({ "errorType": kind, "errorMessage": message })
        }
    };
    json!({
        "version": "1.0",
        "timestamp": timestamp(),
        "requestContext": {
            "requestId": last.request_id,
            "functionArn": format!("{}:$LATEST", function.arn()),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": last.attempt,
        },
        "requestPayload": event,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": response,
    })
}

/// Lambda's sentence about an attempt that failed.
pub(super) fn error_message(ending: &InvocationEnding) -> String {
    match ending {
        InvocationEnding::Returned { .. } => String::new(),
        InvocationEnding::Error { error } => {
            error.get("errorMessage").and_then(Value::as_str).map_or_else(|| error.to_string(), str::to_owned)
        }
        InvocationEnding::Killed => "Runtime exited with error: signal: killed".to_owned(),
        InvocationEnding::Exited { status } => format!("Runtime exited with error: {status}"),
        InvocationEnding::TimedOut => "Task timed out".to_owned(),
        InvocationEnding::NotStarted { why } => format!("Runtime failed to start: {why}"),
    }
}

/// Now, as `2019-11-14T18:16:05.568Z`.
fn timestamp() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// The Gregorian date of a day counted from 1970-01-01.
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        let cases = [(0, (1970, 1, 1)), (59, (1970, 3, 1)), (11_016, (2000, 2, 29)), (20_778, (2026, 11, 21))];
        for (days, date) in cases {
            assert_eq!(civil(days), date, "day {days}");
        }
    }
}
