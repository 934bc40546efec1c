//! The documented shapes, as `shared/rehearsal/models` holds them.
//!
//! Read and looked up here; held against values in the other modules. What the model says beside this (patterns,
//! deprecations, where a request goes in another region) is not part of a shape.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use greenlight_tests::repository;
use serde::Deserialize;

/// One service, cut down to the operations that are used.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    pub(crate) metadata: Metadata,
    pub(crate) operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

/// What all operations of a service have in common.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) api_version: String,
    endpoint_prefix: String,
    protocols: Vec<String>,
    signing_name: Option<String>,
    pub(crate) target_prefix: Option<String>,
    pub(crate) xml_namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) http: Http,
    pub(crate) input: Reference,
    pub(crate) output: Reference,
    #[serde(default)]
    errors: Vec<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) request_uri: String,
}

/// A shape by name, and what is said where it is named.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    pub(crate) shape: String,
    pub(crate) result_wrapper: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) location_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) members: BTreeMap<String, Reference>,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    pub(crate) member: Option<Reference>,
    pub(crate) key: Option<Reference>,
    pub(crate) value: Option<Reference>,
    #[serde(default, rename = "enum")]
    pub(crate) words: Vec<String>,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    #[serde(default)]
    pub(crate) document: bool,
    #[serde(default)]
    pub(crate) union: bool,
    #[serde(default)]
    fault: bool,
    #[serde(default)]
    error: ErrorTraits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorTraits {
    code: Option<String>,
    http_status_code: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Blob,
    Boolean,
    Double,
    Integer,
    List,
    Long,
    Map,
    String,
    Structure,
    Timestamp,
}

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Json,
    Query,
    RestXml,
}

/// An error that an operation documents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DocumentedError {
    pub(crate) code: String,
    pub(crate) status: u16,
}

impl Model {
    /// The model of a service, by the name that its requests are signed for.
    pub(crate) fn of(service: &str) -> Result<Self, String> {
        let file = if service == "elasticloadbalancing" { "elbv2" } else { service };
        let path = repository().join(format!("shared/rehearsal/models/{file}.json"));
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// A model that is written in a test.
    pub(crate) fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    pub(crate) fn shape(&self, reference: &Reference) -> &Shape {
        self.shapes.get(&reference.shape).unwrap_or_else(|| panic!("the model has no shape `{}`", reference.shape))
    }

    /// The protocol that is checked: CodeDeploy has two, and JSON 1.1 is the one that every SDK can speak.
    pub(crate) fn protocol(&self) -> Protocol {
        let speaks = |name: &str| self.metadata.protocols.iter().any(|protocol| protocol == name);
        match () {
            () if speaks("json") => Protocol::Json,
            () if speaks("query") => Protocol::Query,
            () if speaks("rest-xml") => Protocol::RestXml,
            () => panic!("no protocol of {:?} is known here", self.metadata.protocols),
        }
    }

    /// The service's name in the scope of a signature.
    pub(crate) fn signing_name(&self) -> &str {
        self.metadata.signing_name.as_deref().unwrap_or(&self.metadata.endpoint_prefix)
    }

    /// The errors that an operation documents; those that every operation has are the protocol's.
    pub(crate) fn errors(&self, operation: &Operation) -> Vec<DocumentedError> {
        let documented = operation.errors.iter().map(|reference| {
            let shape = self.shape(reference);
            DocumentedError {
                code: shape.error.code.clone().unwrap_or_else(|| reference.shape.clone()),
                status: shape.error.http_status_code.unwrap_or(if shape.fault { 500 } else { 400 }),
            }
        });
        documented.collect()
    }
}

#[test]
fn every_reference_of_every_model_leads_to_a_shape() {
    for service in ["codedeploy", "ecs", "elasticloadbalancing", "s3", "ssm"] {
        let model = Model::of(service).unwrap();
        assert!(!model.operations.is_empty(), "{service} has no operations");
        assert_eq!(model.signing_name(), service);
        let shapes = model.shapes.values();
        let inner =
            shapes.flat_map(|shape| shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value));
        let outer = model
            .operations
            .values()
            .flat_map(|operation| [&operation.input, &operation.output].into_iter().chain(&operation.errors));
        let references: BTreeSet<_> = inner.chain(outer).map(|reference| &reference.shape).collect();
        let shapes: BTreeSet<_> = model.shapes.keys().collect();
        assert_eq!(references, shapes, "{service}");
    }
}
