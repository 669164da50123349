//! The registry over HTTP: paths, methods, and JSON for everything, errors included.

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode, Uri};
use serde::Serialize;

use crate::answers as answer;
use crate::ask::Ask;
use crate::refusal::Refusal;
use crate::registry::Registry;

const JSON: &str = "application/vnd.schemaregistry.v1+json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What a request is answered with.
#[derive(Debug)]
pub(crate) enum Answer {
    Json(Vec<u8>),
    /// A schema's text by itself.
    Text(String),
}

/// Answers a request from the registry; it may compile schemas and wait for the disk.
type Answering = fn(&Registry, &Ask) -> Result<Answer, Refusal>;

/// The routes of a registry, to be nested where it is to be found: clients are given that address.
///
/// Whoever reaches them may read and change all subjects but the project's own, as nobody is asked for a password:
/// they belong on an address that only those reach who may.
pub fn router(registry: Registry) -> Router {
    Router::new()
        .route("/", get(by(answer::root)))
        .merge(subjects())
        .merge(schemas())
        .merge(settings())
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(registry)
}

fn subjects() -> Router<Registry> {
    Router::new()
        .route("/subjects", get(by(answer::subjects)))
        .route("/subjects/{subject}", on(post(by(answer::lookup)), delete(by(answer::delete_subject))))
        .route("/subjects/{subject}/versions", on(get(by(answer::versions)), post(by(answer::register))))
        .route(
            "/subjects/{subject}/versions/{version}",
            on(get(by(answer::version)), delete(by(answer::delete_version))),
        )
        .route("/subjects/{subject}/versions/{version}/schema", get(by(answer::version_text)))
        .route("/subjects/{subject}/versions/{version}/referencedby", get(by(answer::referenced_by)))
        .route("/compatibility/subjects/{subject}/versions", post(by(answer::fits_all)))
        .route("/compatibility/subjects/{subject}/versions/{version}", post(by(answer::fits_version)))
}

fn schemas() -> Router<Registry> {
    Router::new()
        .route("/schemas", get(by(answer::schemas)))
        .route("/schemas/types", get(by(answer::types)))
        .route("/schemas/ids/{id}", get(by(answer::schema)))
        .route("/schemas/ids/{id}/schema", get(by(answer::schema_text)))
        .route("/schemas/ids/{id}/subjects", get(by(answer::subjects_of_schema)))
        .route("/schemas/ids/{id}/versions", get(by(answer::versions_of_schema)))
        .route("/schemas/guids/{guid}", get(by(answer::schema_by_guid)))
        .route("/contexts", get(by(answer::contexts)))
}

fn settings() -> Router<Registry> {
    let of = |get_it: Answering, put_it: Answering, delete_it: Answering| {
        on(on(get(by(get_it)), put(by(put_it))), delete(by(delete_it)))
    };
    let config = || of(answer::config, answer::set_config, answer::delete_config);
    let mode = || of(answer::mode, answer::set_mode, answer::delete_mode);
    Router::new()
        .route("/config", config())
        .route("/config/{subject}", config())
        .route("/mode", mode())
        .route("/mode/{subject}", mode())
}

fn on(a: MethodRouter<Registry>, b: MethodRouter<Registry>) -> MethodRouter<Registry> {
    a.merge(b)
}

/// A handler that reads the request, and answers it where waiting for the disk holds up nobody else.
fn by(
    answering: Answering,
) -> impl Fn(State<Registry>, Request) -> std::pin::Pin<Box<dyn Future<Output = Response> + Send>> + Clone + Send + 'static
{
    move |State(registry), request| {
        Box::pin(async move {
            let answered = match Ask::from_request(request, &()).await {
                Ok(ask) => tokio::task::spawn_blocking(move || answering(&registry, &ask)).await,
                Err(refusal) => Ok(Err(refusal)),
            };
            match answered {
                Ok(Ok(answer)) => answer.into_response(),
                Ok(Err(refusal)) => refusal.into_response(),
                Err(error) => {
                    tracing::error!(%error, "a request to the registry was not answered");
                    Refusal::Store { detail: "the request was not answered".to_owned() }.into_response()
                }
            }
        })
    }
}

async fn no_such_path(uri: Uri) -> Response {
    Refusal::NoSuchPath { path: shown(&uri) }.into_response()
}

async fn no_such_method(method: Method, uri: Uri) -> Response {
    let method = method.as_str().chars().take(20).collect();
    Refusal::NoSuchMethod { method, path: shown(&uri) }.into_response()
}

fn shown(uri: &Uri) -> String {
    uri.path().chars().take(200).collect()
}

impl Answer {
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, Refusal> {
        let bytes = serde_json::to_vec(value);
        bytes.map(Self::Json).map_err(|error| Refusal::Store { detail: error.to_string() })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (content_type, body) = match self {
            Self::Json(bytes) => (JSON, Body::from(bytes)),
            Self::Text(text) => (TEXT, Body::from(text)),
        };
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error_code: u32,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::warn!(error = %self, "the registry could not do what it was asked");
        }
        let body = ErrorBody { error_code: self.code(), message: self.to_string() };
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        response
    }
}
