//! Finds and reads the suite of a function: a file, a parameter of Systems Manager, or an object in S3.
//!
//! A place may hold `{application}`, `{deployment_group}` and `{service}`, so that one set of functions serves many
//! deployment groups. What the suite says is the suite crate's; how AWS is asked is the deployment crate's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use greenlight_deployment::{Object, Parameter, Reader};
use greenlight_report::SuiteOrigin;
use greenlight_suite::{Source, Suite};
use sha2::{Digest, Sha256};

use crate::settings::Environment;

/// The name of a suite file, where nothing else is said.
pub const DEFAULT_NAME: &str = "greenlight.yml";

/// A suite and where it came from.
#[derive(Debug, Clone)]
pub struct LoadedSuite {
    /// What to ask and expect.
    pub suite: Suite,
    /// For the report.
    pub origin: SuiteOrigin,
    /// The folder of the suite's file, for files that it names. Absent when it is no file.
    pub folder: Option<PathBuf>,
}

impl LoadedSuite {
    /// The suite that this text is.
    ///
    /// # Errors
    ///
    /// Every mistake in it.
    pub fn parse(source: &Source) -> Result<Self, greenlight_suite::Diagnostics> {
        let suite = greenlight_suite::parse(source)?;
        let origin = SuiteOrigin {
            place: source.name().to_owned(),
            version: None,
            sha256: Some(sha256(source.text())),
            service: suite.service.clone(),
        };
        Ok(Self { suite, origin, folder: None })
    }

    fn of_file(path: &Path) -> Result<Self, String> {
        let read = Source::read(path).and_then(|source| Self::parse(&source));
        let loaded = read.map_err(|diagnostics| diagnostics.summary())?;
        Ok(Self { folder: path.parent().map(Path::to_owned), ..loaded })
    }

    fn of_bytes(place: &str, bytes: Vec<u8>, version: Option<String>) -> Result<Self, String> {
        let read = Source::from_bytes(place, bytes).and_then(|source| Self::parse(&source));
        let loaded = read.map_err(|diagnostics| diagnostics.summary())?;
        Ok(Self { origin: SuiteOrigin { version, ..loaded.origin }, ..loaded })
    }
}

fn sha256(text: &str) -> String {
    let mut written = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(written, "{byte:02x}");
    }
    written
}

/// Where a suite is, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuitePlace {
    /// The path of a file.
    File(String),
    /// `ssm:NAME`: a parameter of Systems Manager.
    Parameter(String),
    /// `s3://BUCKET/KEY`: an object in S3.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
}

/// What the names in braces stand for, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) application: Option<String>,
    pub(crate) deployment_group: Option<String>,
    pub(crate) service: Option<String>,
}

/// The names that a place may hold in braces.
const NAMES: [&str; 3] = ["application", "deployment_group", "service"];

impl SuitePlace {
    /// Reads a place as it is written in a setting.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        for name in in_braces(text) {
            if !NAMES.contains(&name) {
                return Err(format!(
                    "`{{{name}}}` is not known here; there are {{application}}, {{deployment_group}} and {{service}}"
                ));
            }
        }
        if let Some(name) = text.strip_prefix("ssm:") {
            return if name.is_empty() || name.starts_with("arn:") {
                Err(format!("`{text}` must name a parameter, for example `ssm:/orders/suite`"))
            } else {
                Ok(Self::Parameter(name.to_owned()))
            };
        }
        if let Some(rest) = text.strip_prefix("s3:") {
            let place = rest.strip_prefix("//").and_then(|rest| rest.split_once('/'));
            return match place.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty()) {
                Some((bucket, key)) => Ok(Self::Object { bucket: bucket.to_owned(), key: key.to_owned() }),
                None => Err(format!("`{text}` must name a bucket and a key, for example `s3://bucket/orders.yml`")),
            };
        }
        Ok(Self::File(text.to_owned()))
    }

    /// Reads the suite, if that needs neither AWS nor a name of the deployment.
    pub(crate) fn read_here(&self, environment: &dyn Environment) -> Option<Result<LoadedSuite, String>> {
        match self {
            Self::File(path) if in_braces(path).next().is_none() => {
                Some(LoadedSuite::of_file(&root(environment).join(path)))
            }
            _ => None,
        }
    }

    /// Reads the suite.
    ///
    /// # Errors
    ///
    /// One line: the first mistake with its place, and how many more there are.
    pub(crate) async fn read<R: Reader>(
        &self,
        names: &Names,
        environment: &dyn Environment,
        reader: &R,
    ) -> Result<LoadedSuite, String> {
        match self {
            Self::File(path) => LoadedSuite::of_file(&root(environment).join(filled(path, names, true)?)),
            Self::Parameter(name) => {
                let name = filled(name, names, false)?;
                let place = format!("ssm:{name}");
                let found = reader
                    .parameters(std::slice::from_ref(&name))
                    .await
                    .map_err(|error| format!("{place}: {error}"))?;
                match found.found.into_iter().next() {
                    Some((_, Parameter { value, version, .. })) => {
                        LoadedSuite::of_bytes(&place, value.into_bytes(), Some(version.to_string()))
                    }
                    None => Err(format!("{place}: there is no such parameter in this account and region")),
                }
            }
            Self::Object { bucket, key } => {
                let (bucket, key) = (filled(bucket, names, false)?, filled(key, names, false)?);
                let place = format!("s3://{bucket}/{key}");
                let limit = Source::MAX_BYTES as u64;
                match reader.object(&bucket, &key, limit).await.map_err(|error| format!("{place}: {error}"))? {
                    Object { too_large: true, .. } => {
                        Err(format!("{place} is larger than {limit} bytes, the most that a suite may have"))
                    }
                    Object { bytes, version, .. } => LoadedSuite::of_bytes(&place, bytes, version),
                }
            }
        }
    }

    /// `greenlight.yml` beside the binary, where there is one.
    pub(crate) fn default_file(environment: &dyn Environment) -> Option<Self> {
        root(environment).join(DEFAULT_NAME).exists().then(|| Self::File(DEFAULT_NAME.to_owned()))
    }
}

/// Where relative paths begin: the function's own folder.
fn root(environment: &dyn Environment) -> PathBuf {
    let of_the_binary = || Some(std::env::current_exe().ok()?.parent()?.to_owned());
    environment.get("LAMBDA_TASK_ROOT").map(PathBuf::from).or_else(of_the_binary).unwrap_or_default()
}

fn in_braces(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// The place with its names put in. In a path, a name must not lead into another folder.
fn filled(place: &str, names: &Names, is_path: bool) -> Result<String, String> {
    let Names { application, deployment_group, service } = names;
    let mut text = place.to_owned();
    for (name, value) in NAMES.into_iter().zip([application, deployment_group, service]) {
        let hole = format!("{{{name}}}");
        if !text.contains(&hole) {
            continue;
        }
        let Some(value) = value else {
            return Err(format!("{place}: what `{hole}` stands for could not be read in this execution"));
        };
        if is_path && (value.contains(['/', '\\']) || value.starts_with('.')) {
            return Err(format!("{place}: `{hole}` is `{value}`, which cannot be part of a path"));
        }
        text = text.replace(&hole, value);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_a_parameter_or_an_object() {
        let object = |bucket: &str, key: &str| SuitePlace::Object { bucket: bucket.into(), key: key.into() };
        for (text, place) in [
            ("/opt/greenlight.yml", SuitePlace::File("/opt/greenlight.yml".into())),
            ("ssm:/orders/suite", SuitePlace::Parameter("/orders/suite".into())),
            ("s3://suites/{application}/smoke.yml", object("suites", "{application}/smoke.yml")),
        ] {
            assert_eq!(SuitePlace::parse(text), Ok(place), "{text}");
        }
        for (text, part) in [
            ("ssm:", "must name a parameter"),
            ("ssm:arn:aws:ssm:eu-west-1:1:parameter/x", "must name a parameter"),
            ("s3:suites/smoke.yml", "a bucket and a key"),
            ("s3://suites", "a bucket and a key"),
            ("s3://suites/", "a bucket and a key"),
            ("/opt/{app}.yml", "`{app}` is not known here"),
        ] {
            let problem = SuitePlace::parse(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    #[test]
    fn names_are_put_in_and_never_lead_out_of_a_folder() {
        let names = |application: &str| Names { application: Some(application.into()), ..Names::default() };
        assert_eq!(filled("/opt/{application}.yml", &names("orders"), true).unwrap(), "/opt/orders.yml");
        assert_eq!(filled("{application}/{application}", &names("a"), false).unwrap(), "a/a");
        for (place, application, part) in [
            ("/opt/{application}.yml", "../../etc/passwd", "cannot be part of a path"),
            ("/opt/{application}/x.yml", "..", "cannot be part of a path"),
            ("/opt/{service}.yml", "orders", "`{service}` stands for could not be read"),
        ] {
            let problem = filled(place, &names(application), true).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn the_text_of_a_suite_has_a_fingerprint() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(""), empty);
    }
}
