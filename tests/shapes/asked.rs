//! Calls that are made beside the functions, while a deployment is played: every operation, with what is there and
//! with what is not.
//!
//! The answers are not looked at here: the rehearsal keeps each exchange, and those are held against the shapes.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use greenlight_rehearsal::FunctionSource;
use greenlight_tests::{TempFile, binaries};
use serde_json::{Value, json};

/// The functions, started by a program that writes down where AWS is.
pub(crate) struct Functions {
    program: TempFile,
    address: PathBuf,
}

impl Functions {
    pub(crate) fn new() -> Self {
        let program = TempFile::new("function", "");
        let address = PathBuf::from(program.path()).with_file_name("aws");
        let script = format!(
            "#!/bin/sh\nprintf %s \"$AWS_ENDPOINT_URL\" > '{}'\nexec '{}'/\"$1\"\n",
            address.display(),
            binaries().display()
        );
        fs::write(program.path(), script).unwrap();
        fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { program, address }
    }

    pub(crate) fn source(&self) -> FunctionSource {
        FunctionSource::Command { program: self.program.path().into(), args: Vec::new() }
    }

    /// AWS, as soon as a function was told where it is.
    pub(crate) fn aws(&self) -> Option<Aws> {
        let url = fs::read_to_string(&self.address).ok()?;
        url.strip_prefix("http://").filter(|address| !address.is_empty()).map(|address| Aws(address.to_owned()))
    }
}

/// Where the rehearsal answers as AWS.
pub(crate) struct Aws(String);

impl Aws {
    /// Asks everything about a deployment, going on from each answer to what it names.
    pub(crate) fn ask_about(&self, deployment_id: &str) {
        let id = json!({ "deploymentId": deployment_id });
        let deployment = self.codedeploy("GetDeployment", &id);
        let info = &deployment["deploymentInfo"];
        let targets = self.codedeploy("ListDeploymentTargets", &id);
        let target = &targets["targetIds"][0];
        self.codedeploy("GetDeploymentTarget", &json!({ "deploymentId": deployment_id, "targetId": target }));
        self.codedeploy("BatchGetDeploymentTargets", &json!({ "deploymentId": deployment_id, "targetIds": [target] }));
        let (application, group) = (&info["applicationName"], &info["deploymentGroupName"]);
        self.codedeploy("GetDeploymentGroup", &json!({ "applicationName": application, "deploymentGroupName": group }));
        self.codedeploy(
            "GetApplicationRevision",
            &json!({ "applicationName": application, "revision": info["revision"] }),
        );

        let (cluster, service) = target.as_str().unwrap().split_once(':').unwrap();
        let services = self.ecs("DescribeServices", &json!({ "cluster": cluster, "services": [service, "another"] }));
        let task_sets = services["services"][0]["taskSets"].as_array().unwrap();
        assert!(!task_sets.is_empty(), "{services}");
        for task_set in task_sets {
            self.ecs("DescribeTaskDefinition", &json!({ "taskDefinition": task_set["taskDefinition"] }));
            let group = task_set["loadBalancers"][0]["targetGroupArn"].as_str().unwrap();
            self.elb("DescribeTargetGroups", &[("TargetGroupArns.member.1", group)]);
            self.elb("DescribeTargetHealth", &[("TargetGroupArn", group)]);
        }

        let pair = &info["loadBalancerInfo"]["targetGroupPairInfoList"][0];
        let listener = |route: &str| pair[route]["listenerArns"][0].as_str().unwrap().to_owned();
        let (production, test) = (listener("prodTrafficRoute"), listener("testTrafficRoute"));
        let listeners = [("ListenerArns.member.1", production.as_str()), ("ListenerArns.member.2", &test)];
        let described = self.elb("DescribeListeners", &listeners);
        let balancer = described.split("<LoadBalancerArn>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
        self.elb("DescribeListeners", &[("LoadBalancerArn", balancer), ("PageSize", "1")]);
        self.elb("DescribeLoadBalancers", &[("LoadBalancerArns.member.1", balancer)]);
        self.elb("DescribeTargetGroups", &[("LoadBalancerArn", balancer), ("PageSize", "1")]);
    }

    /// Asks for what is kept, and for what is not.
    pub(crate) fn ask_for(&self, parameters: &[&str], objects: &[&str]) {
        for decrypted in [true, false] {
            self.json("ssm", "AmazonSSM.GetParameters", &json!({ "Names": parameters, "WithDecryption": decrypted }));
        }
        for object in objects {
            self.get(object, "");
            self.get(object, "range: bytes=2-5\r\n");
            self.get(object, "range: bytes=999999-\r\n");
        }
    }

    /// Asks for what does not exist, so that every operation refuses.
    pub(crate) fn ask_in_vain(&self) {
        let deployment = json!({ "deploymentId": "d-NOBODY000" });
        self.codedeploy("GetDeployment", &deployment);
        self.codedeploy("ListDeploymentTargets", &deployment);
        self.codedeploy("GetDeploymentTarget", &json!({ "deploymentId": "d-NOBODY000", "targetId": "x:y" }));
        self.codedeploy("BatchGetDeploymentTargets", &json!({ "deploymentId": "d-NOBODY000", "targetIds": ["x:y"] }));
        self.codedeploy("GetDeploymentGroup", &json!({ "applicationName": "nobody", "deploymentGroupName": "x" }));
        let revision = json!({ "revisionType": "AppSpecContent" });
        self.codedeploy("GetApplicationRevision", &json!({ "applicationName": "nobody", "revision": revision }));
        let verdict =
            json!({ "deploymentId": "d-NOBODY000", "lifecycleEventHookExecutionId": "x", "status": "Failed" });
        self.codedeploy("PutLifecycleEventHookExecutionStatus", &verdict);

        self.ecs("DescribeServices", &json!({ "cluster": "nobody", "services": ["x"] }));
        self.ecs("DescribeTaskDefinition", &json!({ "taskDefinition": "nobody:1" }));

        let arn = |resource: &str| format!("arn:aws:elasticloadbalancing:eu-central-1:123456789012:{resource}");
        self.elb("DescribeListeners", &[("ListenerArns.member.1", &arn("listener/app/x/1/2"))]);
        self.elb("DescribeListeners", &[]);
        self.elb("DescribeLoadBalancers", &[("LoadBalancerArns.member.1", &arn("loadbalancer/app/x/1"))]);
        self.elb("DescribeTargetGroups", &[("TargetGroupArns.member.1", &arn("targetgroup/x/1"))]);
        self.elb("DescribeTargetHealth", &[("TargetGroupArn", &arn("targetgroup/x/1"))]);

        self.ask_for(&["/nobody"], &["/nobody/x"]);
    }

    fn codedeploy(&self, operation: &str, input: &Value) -> Value {
        self.json("codedeploy", &format!("CodeDeploy_20141006.{operation}"), input)
    }

    fn ecs(&self, operation: &str, input: &Value) -> Value {
        self.json("ecs", &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input)
    }

    fn json(&self, service: &str, target: &str, input: &Value) -> Value {
        let headers = format!("content-type: application/x-amz-json-1.1\r\nx-amz-target: {target}\r\n");
        serde_json::from_str(&self.send("POST", "/", service, &headers, &input.to_string())).unwrap()
    }

    fn elb(&self, operation: &str, parameters: &[(&str, &str)]) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", operation).append_pair("Version", "2015-12-01").extend_pairs(parameters);
        let headers = "content-type: application/x-www-form-urlencoded\r\n";
        self.send("POST", "/", "elasticloadbalancing", headers, &form.finish())
    }

    fn get(&self, path: &str, headers: &str) {
        self.send("GET", path, "s3", headers, "");
    }

    /// Sends a request with a signature of the right form, and reads the body of its answer.
    fn send(&self, method: &str, path: &str, service: &str, headers: &str, body: &str) -> String {
        let Self(address) = self;
        let scope = format!("Credential=ASIATEST/20260301/eu-central-1/{service}/aws4_request");
        let signature =
            format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, Signature={}", "0".repeat(64));
        let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nx-amz-date: 20260301T093000Z\r\n\
             authorization: {signature}\r\nconnection: close\r\n{headers}{length}\r\n{body}"
        );
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.split_once("\r\n\r\n").map_or_else(|| panic!("{answer}"), |(_, body)| body.to_owned())
    }
}
