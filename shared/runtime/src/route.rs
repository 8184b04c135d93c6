//! A route of the API as a row of a table: method, path, access and documentation. The router, the OpenAPI document
//! and the test of roles are all made from these rows.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::access::Access;
use crate::context::Context;
use crate::pages::Cursor;

/// One route.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{name}` for parameters.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether the response has no time limit.
    pub streams: bool,
    pub(crate) handler: MethodRouter<Context>,
    pub(crate) doc: Doc,
}

/// A boxed handler, so that the router, its layers and the server are compiled for one type instead of for each
/// handler.
#[derive(Clone)]
struct Boxed(Arc<dyn Fn(Request, Context) -> BoxedFuture + Send + Sync>);

/// The future of a handler.
type BoxedFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Boxed {
    fn new<H, T>(handler: H) -> Self
    where
        H: Handler<T, Context>,
        T: 'static,
    {
        Self(Arc::new(move |request, context| Box::pin(handler.clone().call(request, context))))
    }
}

impl Handler<(), Context> for Boxed {
    type Future = BoxedFuture;

    fn call(self, request: Request, context: Context) -> BoxedFuture {
        (self.0)(request, context)
    }
}

/// The documentation of a route.
#[derive(Default)]
pub(crate) struct Doc {
    pub(crate) summary: &'static str,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Value>,
    pub(crate) body_optional: bool,
    pub(crate) token_optional: bool,
    pub(crate) answers: Vec<(u16, Value)>,
    pub(crate) refusals: Vec<u16>,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Route {
    /// A route with this handler.
    pub fn new<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Context>,
        T: 'static,
    {
        Self::of(method, path, access, summary, Boxed::new(handler))
    }

    fn of(method: Method, path: &'static str, access: Access, summary: &'static str, handler: Boxed) -> Self {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let mut doc = Doc { summary, ..Doc::default() };
        doc.parameters.extend(path_parameters(path));
        Self { method, path, access, streams: false, handler: on(filter, handler), doc }
    }

    /// Gives the handler a shared value, as an `Extension`.
    pub fn sharing<T: Clone + Send + Sync + 'static>(mut self, shared: T) -> Self {
        self.handler = self.handler.layer(axum::Extension(shared));
        self
    }

    /// Accepts a JSON body, as in the example.
    pub fn takes<T: ToSchema + DeserializeOwned>(mut self, example: Value) -> Self {
        if cfg!(debug_assertions) {
            let read = serde_json::from_value::<T>(example.clone());
            assert!(read.is_ok(), "the example of {} is not valid: {:?}", self.path, read.err());
        }
        let schema = self.schema::<T>();
        self.doc.takes(schema, example);
        self
    }

    /// Makes the body optional.
    pub fn optional_body(mut self) -> Self {
        self.doc.body_optional = true;
        self
    }

    /// Also accepts a streamed body of one of these media types, each with an example.
    pub fn takes_stream(mut self, media_types: &[(&str, &str)]) -> Self {
        let content = self.doc.body.get_or_insert_with(|| json!({}));
        for (media_type, example) in media_types {
            // Not as an `example`: test tools would send it although they cannot produce this media type.
            let schema = json!({"type": "string", "description": format!("As in:\n\n{example}")});
            content[*media_type] = json!({"schema": schema});
        }
        self
    }

    /// Responds with JSON and this status.
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        let schema = self.schema::<T>();
        self.doc.gives(status, schema);
        self
    }

    /// Accepts the parameters `order` and `name` of a list.
    pub fn named_list(self) -> Self {
        self.query(
            "order",
            json!({"type": "string", "enum": ["oldest", "newest"]}),
            "Which come first: the oldest.",
        )
        .query(
            "name",
            json!({"type": "string", "maxLength": 200, "pattern": r"^[^\u0000-\u001F\u007F-\u009F]*$"}),
            "Those whose names hold this, without regard to the case of Latin letters.",
        )
    }

    /// Responds with a page of `T`, with cursors of this kind.
    pub fn gives_page<T: ToSchema>(mut self, cursor: Cursor) -> Self {
        let schema = self.schema::<T>();
        self.doc.gives(200, page_schema(schema, cursor));
        self.paged(cursor)
    }

    fn paged(self, cursor: Cursor) -> Self {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 100});
        self.query("limit", limit, "Entries per page.").query("after", cursor.schema(), "The `next` before.")
    }

    /// Responds with this status and without a body.
    pub fn gives_nothing(mut self, status: u16) -> Self {
        self.doc.answers.push((status, json!({})));
        self
    }

    /// May respond with this error status, which similar routes do not.
    pub fn refuses(mut self, status: u16) -> Self {
        self.doc.refusals.push(status);
        self
    }

    /// Responds with a stream of one of these media types.
    pub fn gives_stream(mut self, media_types: &[&str]) -> Self {
        self.doc.answers.push((200, streamed_content(media_types)));
        self.streams = true;
        self
    }

    /// Also responds with a part of its stream if the request has a range.
    pub fn gives_part(mut self, media_types: &[&str]) -> Self {
        self.doc.answers.push((206, streamed_content(media_types)));
        let text = || json!({"type": "string"});
        self.header("Range", text(), "One range of bytes, as in `bytes=0-1023`.")
            .header("If-Range", text(), "The part only where this is the `ETag` still, or else the whole.")
            .header("If-None-Match", text(), "Nothing where the `ETag` is one of these still.")
            .refuses(416)
    }

    /// Removes the time limit of the request and the response.
    pub fn streamed(mut self) -> Self {
        self.streams = true;
        self
    }

    /// Accepts a query parameter.
    pub fn query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.doc.parameters.push(parameter("query", name, false, schema, description));
        self
    }

    /// Requires a query parameter.
    pub fn needs_query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.doc.parameters.push(parameter("query", name, true, schema, description));
        self
    }

    /// Accepts a header.
    pub fn header(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.doc.parameters.push(parameter("header", name, false, schema, description));
        self
    }

    /// Uses a bearer token if there is one, but does not require it.
    pub fn optional_token(mut self) -> Self {
        self.doc.token_optional = true;
        self
    }

    /// Accepts an `Idempotency-Key`.
    pub fn idempotent(self) -> Self {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"});
        self.header("Idempotency-Key", schema, "The same request under the same key is carried out once.")
    }

    /// The names of the accepted query parameters.
    pub(crate) fn query_names(&self) -> Vec<String> {
        let is_query = |parameter: &&Value| parameter["in"] == "query";
        let known = self.doc.parameters.iter().filter(is_query);
        known.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect()
    }

    fn schema<T: ToSchema>(&mut self) -> Value {
        let schema = self.doc.names(T::name().into_owned(), T::schema());
        T::schemas(&mut self.doc.schemas);
        schema
    }
}

/// What is the same for all types, so that it is compiled once.
impl Doc {
    fn names(&mut self, name: String, schema: RefOr<Schema>) -> Value {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        self.schemas.push((name, schema));
        reference
    }

    fn takes(&mut self, schema: Value, example: Value) {
        self.body = Some(json!({"application/json": {"schema": schema, "example": example}}));
    }

    fn gives(&mut self, status: u16, schema: Value) {
        self.answers.push((status, json!({"application/json": {"schema": schema}})));
    }
}

fn page_schema(items: Value, cursor: Cursor) -> Value {
    json!({"type": "object", "required": ["items", "next"], "properties": {
        "items": {"type": "array", "items": items},
        "next": {"oneOf": [cursor.schema(), {"type": "null"}], "example": cursor.example(),
            "description": "Where the next page begins; null at the end."}}})
}

fn streamed_content(media_types: &[&str]) -> Value {
    let mut content = json!({});
    for media_type in media_types {
        content[*media_type] = json!({"schema": streamed_schema(media_type)});
    }
    content
}

/// The schema of a stream. Binary content has no JSON type.
fn streamed_schema(media_type: &str) -> Value {
    match media_type {
        "application/json" => json!({"type": "object"}),
        "application/x-ndjson" => json!({"type": "string"}),
        bytes => json!({"contentMediaType": bytes}),
    }
}

fn parameter(place: &str, name: &str, required: bool, schema: Value, description: &str) -> Value {
    json!({"in": place, "name": name, "required": required, "schema": schema, "description": description})
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| match name {
            "index" => {
                parameter("path", name, true, json!({"type": "integer", "minimum": 0}), "The item's number.")
            }
            "signed" => parameter("path", name, true, json!({"type": "string"}), "As it was handed out."),
            _ => parameter("path", name, true, json!({"type": "string", "format": "uuid"}), "An id."),
        })
        .collect()
}
