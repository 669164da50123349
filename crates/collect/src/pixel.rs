//! `GET /pixel` and `POST /beacon`: for pages that can do nothing else than load an image, submit a form, or leave.
//!
//! The pixel's status tells the truth, as every path's does, and its body is an image whatever the status is: a page
//! shows nothing broken, and a developer sees the reason in the header `Judi-Error`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use crate::accept::Status;
use crate::answer::{respond, set_cookie};
use crate::batch::Settled;
use crate::collector::Collector;
use crate::cors::{PIXEL_METHODS, allow_origin, preflight, preflight_of_pixel};
use crate::parameters::Parameters;
use crate::refusal::{Refusal, retry_after_seconds};
use crate::router::{method_not_allowed, refuse_method};

/// A transparent image of one pixel (GIF89a).
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
                     \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// Why an image stands for no event: the code of a refusal, or the reason of a result.
const ERROR_HEADER: HeaderName = HeaderName::from_static("judi-error");

/// Both paths.
pub(crate) fn routes() -> Router<Arc<Collector>> {
    Router::new()
        .route("/pixel", get(pixel).options(preflight_of_pixel).fallback(pixel_method))
        .route("/beacon", post(beacon).options(preflight).fallback(method_not_allowed))
}

async fn pixel(State(collector): State<Arc<Collector>>, request: Request) -> Response {
    let started = collector.monotonic();
    let (mut parts, _) = request.into_parts();
    // They tell of a body, and there is none that is read.
    parts.headers.remove(CONTENT_ENCODING);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let format = Arc::new(Parameters::new(collector.schemas()));
    let mut response = match collector.take_as(&parts, Body::from(query), format).await {
        Ok(settled) => image_of(&settled),
        Err(refusal) => {
            let code = refusal.code();
            image(refusal.into_response(), Some(code))
        }
    };
    allow_origin(&collector, &parts.headers, response.headers_mut());
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

/// As `/v1/events`, but that a form may send its one event as parameters.
async fn beacon(State(collector): State<Arc<Collector>>, request: Request) -> Response {
    let started = collector.monotonic();
    let (parts, body) = request.into_parts();
    let taken = if is_form(&parts) {
        collector.take_as(&parts, body, Arc::new(Parameters::new(collector.schemas()))).await
    } else {
        collector.take(&parts, body).await
    };
    respond(&collector, &parts, taken, started)
}

fn is_form(parts: &Parts) -> bool {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn image_of(settled: &Settled) -> Response {
    let result = settled.results.first();
    let fault = result.filter(|result| !matches!(result.status, Status::Ok | Status::Duplicate));
    let mut response = match result.map(|result| result.status) {
        // One event is the whole of a request: the status can tell what became of it.
        Some(Status::Retry) => Refusal::Busy { retry_after: settled.retry_after.unwrap_or_default() }.into_response(),
        Some(Status::Rejected) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        _ => Response::default(),
    };
    set_cookie(settled, response.headers_mut());
    if let Some(wait) = settled.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(wait)));
    }
    image(response, fault.and_then(|result| result.reason))
}

/// The image in place of the body.
fn image(mut response: Response, fault: Option<&'static str>) -> Response {
    *response.body_mut() = Body::from(GIF);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/gif"));
    // Each event is an address of its own, but not for a page that is shown twice.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(fault) = fault {
        headers.insert(ERROR_HEADER, HeaderValue::from_static(fault));
    }
    response
}

async fn pixel_method(State(collector): State<Arc<Collector>>, uri: Uri, headers: HeaderMap) -> Response {
    refuse_method(&collector, &uri, &headers, PIXEL_METHODS)
}
