//! The parts of a container image's name.

/// The tag and the digest in an image's name, as far as they are written. A name without a tag has none: what it would
/// stand for is the registry's to say, and may change.
///
/// The name is `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. Source: the reference grammar of the `distribution` project.
pub(super) fn tag_and_digest(image: &str) -> (Option<&str>, Option<&str>) {
    let (named, digest) = image.split_once('@').map_or((image, None), |(named, digest)| (named, Some(digest)));
    // A colon before the last slash belongs to the registry's port.
    let last = named.rsplit('/').next().unwrap_or(named);
    let tag = last.split_once(':').map(|(_, tag)| tag);
    (tag.filter(|tag| !tag.is_empty()), digest.filter(|digest| !digest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_the_tag_and_the_digest_that_are_written() {
        for (image, tag, digest) in [
            ("app", None, None),
            ("app:1.2", Some("1.2"), None),
            ("shop/app:1.2", Some("1.2"), None),
            ("host:5000/app", None, None),
            ("host:5000/app:1.2", Some("1.2"), None),
            ("host:5000/team/app@sha256:abc", None, Some("sha256:abc")),
            ("host:5000/team/app:1.2@sha256:abc", Some("1.2"), Some("sha256:abc")),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:v7", Some("v7"), None),
            ("app:", None, None),
            ("app@", None, None),
            ("", None, None),
        ] {
            assert_eq!(tag_and_digest(image), (tag, digest), "{image}");
        }
    }
}
