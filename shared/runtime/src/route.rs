//! A route of the API as a row of a table: method, path, who may call it, and what its document says. The router, the
//! document and the test of roles are all made from these rows.

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
    /// The path, with `{name}` for what varies.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether its answer may take as long as it takes.
    pub streams: bool,
    pub(crate) handler: MethodRouter<Context>,
    pub(crate) doc: Doc,
}

/// A handler behind a pointer: the router, its layers and the server are compiled for this one type, and not again for
/// each handler.
#[derive(Clone)]
struct Boxed(Arc<dyn Fn(Request, Context) -> Answer + Send + Sync>);

/// The answer of a handler, once it is there.
type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

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
    type Future = Answer;

    fn call(self, request: Request, context: Context) -> Answer {
        (self.0)(request, context)
    }
}

/// What the document says of a route.
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
    /// A route that answers with what `handler` says.
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

    /// Gives its handler something to share with others, as an `Extension`.
    pub fn sharing<T: Clone + Send + Sync + 'static>(mut self, shared: T) -> Self {
        self.handler = self.handler.layer(axum::Extension(shared));
        self
    }

    /// Takes a JSON body, as in this example.
    pub fn takes<T: ToSchema + DeserializeOwned>(mut self, example: Value) -> Self {
        if cfg!(debug_assertions) {
            let read = serde_json::from_value::<T>(example.clone());
            assert!(read.is_ok(), "the example of {} is none: {:?}", self.path, read.err());
        }
        let schema = self.schema::<T>();
        self.doc.takes(schema, example);
        self
    }

    /// The body may be left out.
    pub fn optional_body(mut self) -> Self {
        self.doc.body_optional = true;
        self
    }

    /// Takes a streamed body of one of these media types as well, each as in its example.
    pub fn takes_stream(mut self, media_types: &[(&str, &str)]) -> Self {
        let content = self.doc.body.get_or_insert_with(|| json!({}));
        for (media_type, example) in media_types {
            // An `example` would be sent by programs that cannot write the type.
            let schema = json!({"type": "string", "description": format!("As in:\n\n{example}")});
            content[*media_type] = json!({"schema": schema});
        }
        self
    }

    /// Answers with JSON under this status.
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        let schema = self.schema::<T>();
        self.doc.gives(status, schema);
        self
    }

    /// May be asked for in either order, and by a part of the name.
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

    /// Answers with a page of these; the next begins at a cursor of this kind.
    pub fn gives_page<T: ToSchema>(mut self, cursor: Cursor) -> Self {
        let schema = self.schema::<T>();
        self.doc.gives(200, page_schema(schema, cursor));
        self.paged(cursor)
    }

    fn paged(self, cursor: Cursor) -> Self {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 100});
        self.query("limit", limit, "Entries per page.").query("after", cursor.schema(), "The `next` before.")
    }

    /// Answers without a body.
    pub fn gives_nothing(mut self, status: u16) -> Self {
        self.doc.answers.push((status, json!({})));
        self
    }

    /// May refuse under this status, though routes of its kind do not.
    pub fn refuses(mut self, status: u16) -> Self {
        self.doc.refusals.push(status);
        self
    }

    /// Answers with a stream of one of these media types.
    pub fn gives_stream(mut self, media_types: &[&str]) -> Self {
        self.doc.answers.push((200, streamed_content(media_types)));
        self.streams = true;
        self
    }

    /// Answers with a part of its stream as well, where the request names one.
    pub fn gives_part(mut self, media_types: &[&str]) -> Self {
        self.doc.answers.push((206, streamed_content(media_types)));
        let text = || json!({"type": "string"});
        self.header("Range", text(), "One range of bytes, as in `bytes=0-1023`.")
            .header("If-Range", text(), "The part only where this is the `ETag` still, or else the whole.")
            .header("If-None-Match", text(), "Nothing where the `ETag` is one of these still.")
            .refuses(416)
    }

    /// May take its time over the request or the answer.
    pub fn streamed(mut self) -> Self {
        self.streams = true;
        self
    }

    /// Knows a query parameter.
    pub fn query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.doc.parameters.push(parameter("query", name, false, schema, description));
        self
    }

    /// Needs a query parameter.
    pub fn needs_query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.doc.parameters.push(parameter("query", name, true, schema, description));
        self
    }

    /// Knows a header.
    pub fn header(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.doc.parameters.push(parameter("header", name, false, schema, description));
        self
    }

    /// Looks at a bearer token where one comes, though it needs none.
    pub fn optional_token(mut self) -> Self {
        self.doc.token_optional = true;
        self
    }

    /// Takes an `Idempotency-Key`.
    pub fn idempotent(self) -> Self {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"});
        self.header("Idempotency-Key", schema, "The same request under the same key is carried out once.")
    }

    /// The names of the query parameters that it knows.
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

/// What a stream of this type is. Bytes that are no text have no type in JSON.
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
