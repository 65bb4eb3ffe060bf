//! The description of the API: what the handlers say about themselves, completed with what holds for all of them.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::problem::PROBLEM_JSON;
use super::{Problem, Role};

/// The name of the security scheme; a requirement lists the role that is needed.
pub(super) const SCHEME: &str = "token";

/// The document before any operation is in it.
pub(super) fn base(version: &str) -> OpenApi {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some("A token of the settings; roles read < operate < admin.".to_owned());
    let components = ComponentsBuilder::new()
        .security_scheme(SCHEME, SecurityScheme::Http(scheme))
        .schema(Problem::name(), Problem::schema())
        .build();
    let info = InfoBuilder::new()
        .title("cunkou")
        .version(version)
        .description(Some("Which village entrance nobody is watching any more, why, and what to mend first."))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// Writes the role into every operation of a document, and what can be answered for want of it.
pub(super) fn set_role(document: &mut OpenApi, role: Role, open: bool) {
    for operation in operations(document) {
        let needs = SecurityRequirement::new(SCHEME, [role.word()]);
        operation.security = Some(if open { vec![SecurityRequirement::default(), needs] } else { vec![needs] });
        refusal(operation, "401", "A token is missing or not known.");
        refusal(operation, "429", "Too many wrong tokens come from this address.");
        refusal(operation, "403", "The token may not do this, or the change comes from a foreign page.");
    }
}

/// What the doorkeeper can answer before any operation.
pub(super) fn complete(document: &mut OpenApi) {
    for operation in operations(document) {
        refusal(operation, "400", "A header, parameter or body is not what it may be.");
        refusal(operation, "408", "The request or its answer took too long.");
        refusal(operation, "421", "The Host header names something that is not served here.");
    }
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document
        .paths
        .paths
        .values_mut()
        .flat_map(|item| [item.get.as_mut(), item.post.as_mut(), item.delete.as_mut()])
        .flatten()
}

/// Adds a problem document to the answers of an operation, unless it describes that status itself.
fn refusal(operation: &mut Operation, status: &str, description: &str) {
    let schema = RefOr::<utoipa::openapi::schema::Schema>::Ref(Ref::from_schema_name(Problem::name()));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build();
    operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
}
