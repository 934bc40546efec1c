"""Cuts the operations that Greenlight uses out of botocore's service models, without their documentation.

Where from: https://pypi.org/project/botocore/, Apache-2.0. README.md beside this file says which version is in.

To refresh:
    pip download --no-deps botocore==VERSION
    python extract.py botocore-VERSION-py3-none-any.whl

Then run `cargo test -p greenlight-tests --test shapes` and write the version into README.md.
What is kept of a service is its protocol's metadata, each operation with its input, output and errors, and every
shape that these reach. Nothing is renamed.
"""

import gzip
import json
import pathlib
import sys
import zipfile

# Service and API version as botocore names its folders, and the operations that the functions or the rehearsal know.
SERVICES = {
    "codedeploy/2014-10-06": [
        "BatchGetDeploymentTargets",
        "GetApplicationRevision",
        "GetDeployment",
        "GetDeploymentGroup",
        "GetDeploymentTarget",
        "ListDeploymentTargets",
        "PutLifecycleEventHookExecutionStatus",
    ],
    "ecs/2014-11-13": ["DescribeServices", "DescribeTaskDefinition"],
    "elbv2/2015-12-01": ["DescribeListeners", "DescribeLoadBalancers", "DescribeTargetGroups", "DescribeTargetHealth"],
    "s3/2006-03-01": ["GetObject"],
    "ssm/2014-11-06": ["GetParameters"],
}

METADATA = ["apiVersion", "endpointPrefix", "jsonVersion", "protocols", "signingName", "targetPrefix", "xmlNamespace"]
OPERATION = ["name", "http", "input", "output", "errors"]
DROPPED = {"documentation", "documentationUrl"}


def without_documentation(value):
    """The value without its texts. Members that are called `documentation` would be maps, and stay."""
    if isinstance(value, dict):
        return {
            key: without_documentation(entry)
            for key, entry in value.items()
            if not (key in DROPPED and isinstance(entry, str))
        }
    if isinstance(value, list):
        return [without_documentation(entry) for entry in value]
    return value


def references(value):
    """The names of the shapes that a value of the model refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for entry in value.values():
            yield from references(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from references(entry)


def cut(model, names):
    """The part of a service's model that these operations need."""
    model = without_documentation(model)
    operations = {
        name: {key: model["operations"][name][key] for key in OPERATION if key in model["operations"][name]}
        for name in names
    }
    shapes, wanted = {}, set(references(operations))
    while wanted:
        name = wanted.pop()
        shapes[name] = model["shapes"][name]
        wanted.update(other for other in references(shapes[name]) if other not in shapes)
    metadata = {key: model["metadata"][key] for key in METADATA if key in model["metadata"]}
    return {"metadata": metadata, "operations": operations, "shapes": shapes}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python extract.py botocore-VERSION-py3-none-any.whl")
    folder = pathlib.Path(__file__).parent
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        for place, names in SERVICES.items():
            packed = wheel.read(f"botocore/data/{place}/service-2.json.gz")
            part = cut(json.loads(gzip.decompress(packed)), names)
            path = folder / f"{place.split('/')[0]}.json"
            path.write_text(json.dumps(part, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            print(f"{path.name}: {len(part['operations'])} operations, {len(part['shapes'])} shapes")


if __name__ == "__main__":
    main()
