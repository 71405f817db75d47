//! The OpenAPI document: what the handlers describe, completed with what is true of all of them.

use axum::http::HeaderValue;
use bytes::Bytes;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, Ref, Required, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::{PROBLEM_JSON, ProblemView};
use rulegate_ledger::digest::Digest;

const ABOUT: &str = "The same acts, checks and words as the portal. Every answer that is not a success is a \
    problem (RFC 9457) with a stable code. Reads carry an entity tag and answer 304 to If-None-Match. Writes take \
    an Idempotency-Key (1 to 64 printable ASCII characters): the same request under the same key acts once and is \
    answered with the same entries. Several processes may serve a site: Rulegate-Ledger says up to which entry an answer \
    knows; sent along as Rulegate-At-Least, any of them answers with at least that. A token never approves, answers, validates or activates.";

/// The document as it is served, with its entity tag.
pub fn served(document: OpenApi) -> (Bytes, HeaderValue) {
    let text = text(document);
    let tag = format!("\"{}\"", &Digest::of(text.as_bytes()).to_hex()[..32]);
    let etag = HeaderValue::from_str(&tag).expect("hex is a header value");
    (text.into(), etag)
}

/// The document as indented JSON with a line feed at its end.
pub fn text(document: OpenApi) -> String {
    let document = completed(document);
    let mut text = document.to_pretty_json().expect("a document is JSON");
    text.push('\n');
    text
}

/// Adds what every handler would have to repeat: problems, the token, the idempotency key.
fn completed(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("rulegate")
        .version("1")
        .description(Some(ABOUT))
        .build();
    let components = document.components.get_or_insert_default();
    components
        .schemas
        .insert(ProblemView::name().into_owned(), ProblemView::schema());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", bearer);
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            complete(operation);
        }
        if let Some(operation) = &mut item.post {
            let key = ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .schema(Some(Object::with_type(Type::String)))
                .build();
            operation
                .parameters
                .get_or_insert_default()
                .push(key.into());
        }
    }
    document
}

fn complete(operation: &mut Operation) {
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemView::name())))
        .build();
    let response = ResponseBuilder::new()
        .description("Refused or failed: what is the case and what to do next.")
        .content(PROBLEM_JSON, problem)
        .build();
    let responses = &mut operation.responses.responses;
    responses.insert("default".into(), response.into());
    if operation.security.is_none() {
        let token = SecurityRequirement::new("token", Vec::<String>::new());
        operation.security = Some(vec![token]);
    }
}
