use http::Request;

/// Whether a request says nothing beyond what its signature covers.
///
/// S3 refuses a presigned request with an `x-amz-` header that was not signed; the server behind this gate does not. It matters:
/// `x-amz-copy-source` beside somebody's own upload would make it a copy of another's file.
pub fn admits<B>(request: &Request<B>) -> bool {
    let parameters =
        || request.uri().query().unwrap_or_default().split('&').filter_map(|p| p.split_once('='));
    if !parameters().any(|(name, _)| name.eq_ignore_ascii_case("X-Amz-Signature")) {
        return true;
    }
    let signed = parameters().find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-SignedHeaders"));
    let signed = signed.map(|(_, names)| names.to_ascii_lowercase().replace("%3b", ";")).unwrap_or_default();
    let extra = |name: &&str| name.starts_with("x-amz-") && !signed.split(';').any(|signed| signed == *name);
    !request.headers().keys().map(http::HeaderName::as_str).any(|name| extra(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str, header: &str) -> Request<()> {
        Request::get(format!("http://s3/b/k?{query}")).header(header, "1").body(()).unwrap()
    }

    #[test]
    fn an_unsigned_amz_header_beside_a_presigned_query_is_refused() {
        let query = "X-Amz-SignedHeaders=content-length%3Bhost%3Bx-amz-acl&X-Amz-Signature=00";
        assert!(!admits(&request(query, "x-amz-copy-source")));
        assert!(admits(&request(query, "x-amz-acl")));
        assert!(admits(&request(query, "origin")));
        assert!(admits(&request("list-type=2", "x-amz-date")));
    }
}
