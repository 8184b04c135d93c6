//! The coordinator's table of routes: which role may call what.

mod appends;
mod assignment_view;
mod assignments;
mod audit;
mod coverage;
mod datasets;
mod exports;
mod files;
mod imports;
mod invitations;
mod items;
mod jobs;
mod logs;
mod names;
mod new_job;
mod own_work;
mod people;
mod picture_sizes;
mod pictures;
mod sessions;
mod tagged_picture;
mod team_media;
mod teams;
mod thumbnails;
mod tokens;
mod views;

use axum::http::Method;
use serde_json::json;
use swath_api::coverage::CoverageView;
use swath_api::logs::{AuditView, EntryView};
use swath_api::own_work::OwnWorkView;
use swath_api::{
    assignments as api_assignments, datasets as api_datasets, invitations as api_invitations,
    jobs as api_jobs, people as api_people, sessions as api_sessions, teams as api_teams,
    tokens as api_tokens,
};
use swath_domain::{Role, Roles};
use swath_runtime::{Access, Cursor, Route};

const MANIFESTS: &[(&str, &str)] = &[
    ("application/x-ndjson", "{\"uri\": \"s3://pictures/1.jpg\", \"width\": 1920, \"height\": 1080}\n"),
    ("text/csv", "uri,labels,camera\ns3://pictures/1.jpg,night|rain,B\n"),
];

pub(crate) fn table() -> Vec<Route> {
    [people_routes(), token_routes(), dataset_routes(), pictures::table(), job_routes(), assignment_routes()]
        .into_iter()
        .flatten()
        .collect()
}

fn people_routes() -> Vec<Route> {
    let managers = Access::AdminOr(Roles::of(&[Role::Manager]));
    let member = "/v1/teams/{team_id}/members/{user_id}";
    let text = || json!({"type": "string"});
    let media = "/v1/teams/{team_id}/media";
    vec![
        Route::new(Method::GET, "/v1/me", Access::SignedIn, "Who one is, and where.", people::me)
            .gives::<api_people::Me>(200),
        Route::new(
            Method::GET,
            "/v1/me/work",
            Access::SignedIn,
            "What one holds, what came back, and what one has handed in.",
            own_work::show,
        )
        .query(
            "since",
            json!({"type": "string", "format": "date-time"}),
            "Since when what was handed in counts, at most 31 days ago; a day where absent.",
        )
        .gives::<OwnWorkView>(200),
        Route::new(Method::POST, "/v1/users", managers, "Makes an account.", people::create)
            .takes::<api_people::NewUser>(json!({"name": "Maria", "email": "maria@example.org"}))
            .gives::<api_people::UserView>(201)
            .idempotent(),
        Route::new(Method::GET, "/v1/users", Access::Admin, "Accounts.", people::list)
            .query("email", text(), "Those with this address.")
            .named_list()
            .gives_page::<api_people::UserView>(Cursor::Id),
        Route::new(Method::PATCH, "/v1/users/{user_id}", managers, "Edits an account.", people::edit)
            .takes::<api_people::EditUser>(json!({"name": "Maria Sol", "email": null}))
            .gives::<api_people::UserView>(200),
        Route::new(Method::POST, "/v1/teams", Access::Admin, "Makes a team.", teams::create)
            .takes::<api_teams::NewTeam>(json!({"name": "Night shift"}))
            .gives::<api_teams::TeamView>(201)
            .idempotent(),
        Route::new(
            Method::GET,
            "/v1/teams",
            Access::SignedIn,
            "One's teams; an administrator's are all.",
            teams::list,
        )
        .named_list()
        .gives_page::<api_teams::TeamView>(Cursor::Id),
        Route::new(Method::GET, media, managers, "Which media a team may use.", team_media::show)
            .gives::<api_teams::TeamMediaView>(200),
        Route::new(Method::PUT, media, Access::Admin, "Sets which media a team may use.", team_media::put)
            .takes::<api_teams::TeamMediaRequest>(
                json!({"folders": ["/srv/pictures/night"], "buckets": ["s3://pictures/night/"]}),
            )
            .gives::<api_teams::TeamMediaView>(200),
        Route::new(Method::GET, "/v1/teams/{team_id}/members", managers, "A team's people.", teams::members)
            .named_list()
            .gives_page::<api_teams::MemberView>(Cursor::Id),
        Route::new(
            Method::PUT,
            member,
            managers,
            "Sets what a person may do in a team; what a lost role no longer allows is freed.",
            teams::put_member,
        )
        .takes::<api_teams::MemberRoles>(json!({"roles": ["annotator", "reviewer"]}))
        .gives::<api_teams::MemberView>(200),
        Route::new(
            Method::DELETE,
            member,
            managers,
            "Takes a person out of a team, and frees what they hold.",
            teams::delete_member,
        )
        .gives_nothing(204),
        Route::new(
            Method::GET,
            "/v1/teams/{team_id}/audit",
            managers,
            "What was done about a team's people.",
            audit::of_team,
        )
        .gives_page::<AuditView>(Cursor::Id),
        Route::new(
            Method::GET,
            "/v1/audit",
            Access::Admin,
            "What was done about people, in all teams.",
            audit::of_all,
        )
        .gives_page::<AuditView>(Cursor::Id),
    ]
}

fn token_routes() -> Vec<Route> {
    let managers = Access::AdminOr(Roles::of(&[Role::Manager]));
    let id = || json!({"type": "string", "format": "uuid"});
    vec![
        Route::new(Method::POST, "/v1/session", Access::Open, "Signs in from a browser.", sessions::open)
            .takes::<api_sessions::SignIn>(json!({"token": "swath_0123456789abcdef"}))
            .gives::<api_sessions::SessionView>(201)
            .refuses(401),
        Route::new(Method::DELETE, "/v1/session", Access::SignedIn, "Signs out.", sessions::end)
            .gives_nothing(204),
        Route::new(
            Method::POST,
            "/v1/sign-in-links",
            managers,
            "Makes a link with which somebody signs in; it is shown once.",
            sessions::create_link,
        )
        .takes::<api_sessions::NewLinkRequest>(json!({"user": "01890000-0000-7000-8000-000000000001"}))
        .gives::<api_sessions::LinkView>(201)
        .idempotent(),
        Route::new(Method::POST, "/v1/tokens", managers, "Makes a token; it is shown once.", tokens::create)
            .takes::<api_tokens::NewTokenRequest>(
                json!({"user": "01890000-0000-7000-8000-000000000001", "expires_at": "2030-01-31T18:00:00Z"}),
            )
            .gives::<api_tokens::NewTokenView>(201)
            .idempotent(),
        Route::new(
            Method::GET,
            "/v1/tokens",
            Access::SignedIn,
            "Tokens: an administrator's are all, a manager's the team's, anybody else's their own.",
            tokens::list,
        )
        .query("user", id(), "Of this person.")
        .query("team", id(), "Of this team.")
        .gives_page::<api_tokens::TokenView>(Cursor::Id),
        Route::new(
            Method::DELETE,
            "/v1/tokens",
            Access::SignedIn,
            "Revokes all tokens of a person.",
            tokens::revoke_all,
        )
        .needs_query("user", id(), "Whose.")
        .query("team", id(), "In this team alone.")
        .gives_nothing(204),
        Route::new(
            Method::DELETE,
            "/v1/tokens/{token_id}",
            Access::SignedIn,
            "Revokes a token.",
            tokens::revoke,
        )
        .gives_nothing(204),
        Route::new(
            Method::POST,
            "/v1/teams/{team_id}/invitations",
            managers,
            "Invites somebody into a team; the code is shown once.",
            invitations::create,
        )
        .takes::<api_invitations::NewInvitationRequest>(json!({"roles": ["annotator"], "note": "Anna"}))
        .gives::<api_invitations::InvitationView>(201)
        .idempotent(),
        Route::new(
            Method::GET,
            "/v1/teams/{team_id}/invitations",
            managers,
            "A team's open invitations.",
            invitations::list,
        )
        .gives_page::<api_invitations::InvitationView>(Cursor::Id),
        Route::new(
            Method::DELETE,
            "/v1/invitations/{invitation_id}",
            managers,
            "Revokes an invitation.",
            invitations::revoke,
        )
        .gives_nothing(204),
        Route::new(
            Method::POST,
            "/v1/invitations/show",
            Access::Open,
            "The name of the team to which an invitation leads.",
            invitations::show,
        )
        .takes::<api_invitations::CodeRequest>(json!({"invitation": "swath_0123456789abcdef"}))
        .gives::<api_invitations::TeamName>(200),
        Route::new(
            Method::POST,
            "/v1/invitations/accept",
            Access::Open,
            "Joins a team: the bearer of a token as who they are, anybody else with a new account.",
            invitations::accept,
        )
        .takes::<api_invitations::AcceptRequest>(
            json!({"invitation": "swath_0123456789abcdef", "name": "Anna"}),
        )
        .gives::<api_invitations::Accepted>(201)
        .optional_token()
        .idempotent(),
    ]
}

fn dataset_routes() -> Vec<Route> {
    let team = || json!({"type": "string", "format": "uuid"});
    let who = Access::MANAGER;
    vec![
        Route::new(
            Method::POST,
            "/v1/datasets",
            who,
            "Makes a dataset, from a source or a manifest.",
            imports::create,
        )
        .takes::<api_datasets::NewDatasetRequest>(json!({"name": "Streets", "source": {"folder": "streets", "skip_bad": true}}))
        .takes_stream(MANIFESTS)
        .query("name", json!({"type": "string"}), "With a manifest: the dataset's name.")
        .query("team", team(), "With a manifest: the team.")
        .query("dry_run", json!({"type": "boolean"}), "With a manifest: check everything and keep nothing.")
        .query("base", json!({"type": "string"}), "With a manifest: what bare paths in it are below.")
        .gives::<api_datasets::TrialView>(200)
        .gives::<api_datasets::DatasetView>(201)
        .idempotent()
        .streamed(),
        Route::new(Method::GET, "/v1/datasets", who, "A team's datasets.", datasets::list)
            .query("team", team(), "The team.")
            .query(
                "state",
                json!({"type": "string", "enum": ["importing", "ready", "failed"]}),
                "Only in this state.",
            )
            .named_list()
            .gives_page::<api_datasets::DatasetView>(Cursor::Id),
        Route::new(Method::GET, "/v1/datasets/{dataset_id}", who, "A dataset.", datasets::show)
            .gives::<api_datasets::DatasetView>(200),
        Route::new(
            Method::POST,
            "/v1/datasets/{dataset_id}/items",
            who,
            "Appends items: the next version.",
            appends::append,
        )
        .takes::<api_datasets::MoreItems>(json!({"items": [{"uri": "s3://pictures/1.jpg", "labels": ["night"], "meta": {"camera": "B"}, "width": 1920, "height": 1080}]}))
        .takes_stream(MANIFESTS)
        .query("dry_run", json!({"type": "boolean"}), "Check everything and keep nothing.")
        .query("base", json!({"type": "string"}), "With a manifest: what bare paths in it are below.")
        .gives::<api_datasets::TrialView>(200)
        .gives::<api_datasets::DatasetView>(201)
        .idempotent()
        .streamed(),
        Route::new(Method::GET, "/v1/datasets/{dataset_id}/items", who, "A dataset's items.", items::list)
            .query("missing", json!({"type": "boolean"}), "Only those whose picture could not be read.")
            .gives_page::<api_datasets::ItemView>(Cursor::Number),
        Route::new(
            Method::POST,
            "/v1/datasets/{dataset_id}/sizes",
            who,
            "Tells the sizes of pictures, one JSON line `{index, width, height}` each.",
            picture_sizes::put,
        )
        .takes::<api_datasets::SizesRequest>(json!({"sizes": [{"index": 0, "width": 640, "height": 480}]}))
        .takes_stream(&[("application/x-ndjson", "{\"index\": 0, \"width\": 640, \"height\": 480}\n")])
        .gives::<api_datasets::SizesView>(200)
        .streamed(),
    ]
}

fn job_routes() -> Vec<Route> {
    let team = || json!({"type": "string", "format": "uuid"});
    let number = || json!({"type": "integer", "minimum": 0});
    let statuses = || {
        let names = ["PENDING", "IN_PROGRESS", "COMPLETED", "IN_REVIEW", "ACCEPTED", "REJECTED", "CANCELLED"];
        json!({"type": "string", "enum": names})
    };
    vec![
        Route::new(Method::POST, "/v1/jobs", Access::LEADS, "Makes a job.", new_job::create)
            .takes::<api_jobs::NewJobRequest>(json!({"dataset": "01890000-0000-7000-8000-000000000001", "title": "Cars", "classes": [{"name": "car", "shape": "rectangle"}], "tags": [{"name": "light", "values": ["day", "night"]}], "review": {"rule": "sample", "percent": 20}, "due_date": "2030-01-31T18:00:00Z"}))
            .gives::<api_jobs::JobView>(201)
            .idempotent(),
        Route::new(Method::GET, "/v1/jobs", Access::MEMBER, "A team's jobs.", jobs::list)
            .query("team", team(), "The team.")
            .query(
                "status",
                json!({"type": "string", "enum": ["active", "paused", "cancelling", "cancelled", "done"]}),
                "Only in this status.",
            )
            .named_list()
            .gives_page::<api_jobs::JobSummary>(Cursor::Id),
        Route::new(Method::GET, "/v1/jobs/{job_id}", Access::MEMBER, "A job.", jobs::show)
            .gives::<api_jobs::JobView>(200),
        Route::new(Method::PATCH, "/v1/jobs/{job_id}", Access::MANAGER, "Edits a job.", jobs::edit)
            .takes::<api_jobs::EditRequest>(json!({"title": "Cars and vans", "due_date": "2030-01-31T18:00:00Z", "priority": "high"}))
            .gives::<api_jobs::JobView>(200),
        Route::new(
            Method::POST,
            "/v1/jobs/{job_id}/pause",
            Access::MANAGER,
            "Stops handing out work.",
            jobs::pause,
        )
        .gives::<api_jobs::JobView>(200),
        Route::new(
            Method::POST,
            "/v1/jobs/{job_id}/resume",
            Access::MANAGER,
            "Hands out work again.",
            jobs::resume,
        )
        .gives::<api_jobs::JobView>(200),
        Route::new(
            Method::POST,
            "/v1/jobs/{job_id}/cancel",
            Access::MANAGER,
            "Calls the job off.",
            jobs::cancel,
        )
        .takes::<api_jobs::CancelRequest>(json!({"reason": "the customer withdrew"}))
        .optional_body()
        .gives::<api_jobs::JobView>(200),
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/assignments",
            Access::LEADS,
            "A job's assignments.",
            assignments::list,
        )
        .query("status", statuses(), "Only in this status, as in PENDING.")
        .query("holder", team(), "Only under this person's lease.")
        .query("author", team(), "Only handed in by this person.")
        .query("round", json!({"type": "integer", "minimum": 1, "maximum": 60}), "Only of this round.")
        .query("range", number(), "Only of the range with this number, as the map of the job counts them.")
        .query("overdue", json!({"type": "boolean"}), "Only undecided ones of a job past its due date.")
        .query(
            "order",
            json!({"type": "string", "enum": ["range", "next"], "default": "range"}),
            "`range`: by round, range and slot. `next`, with one of these as `status`: PENDING as it is handed out, COMPLETED as it is given to reviewers, and only what waits for them, IN_PROGRESS and IN_REVIEW by when they run out.",
        )
        .gives_page::<api_assignments::AssignmentView>(Cursor::Turn),
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/coverage",
            Access::LEADS,
            "Where the work of a job stands, from its first range to its last.",
            coverage::show,
        )
        .query(
            "buckets",
            json!({"type": "integer", "minimum": 1, "maximum": coverage::BUCKETS_MAX, "default": 200}),
            "Stretches in the answer, at most. There are fewer where they would be narrower than what is counted.",
        )
        .query("from", number(), "The first range; 0 where absent.")
        .query("to", number(), "The range behind the last; the end of the job where absent.")
        .gives::<CoverageView>(200),
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/log",
            Access::LEADS,
            "A job's decision log, as JSON lines.",
            logs::job,
        )
        .gives_stream(&["application/x-ndjson"]),
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/export",
            Access::LEADS,
            "The accepted items.",
            exports::export,
        )
        .query("format", json!({"type": "string", "enum": ["jsonl", "coco", "supervisely"]}), "The form.")
        .query(
            "items",
            json!({"type": "string", "enum": ["accepted", "all"]}),
            "`all`: every stored annotation, as JSON lines.",
        )
        .query(
            "orientation",
            json!({"type": "string", "enum": ["displayed", "stored"]}),
            "`stored`: coordinates and sizes of pictures as their files store them, where EXIF turns one.",
        )
        .query(
            "lossy",
            json!({"type": "boolean"}),
            "Leave out what the format does not take, instead of refusing.",
        )
        .query(
            "slot",
            json!({"type": "integer", "minimum": 0, "maximum": 15}),
            "Only the opinions of this slot, from 0.",
        )
        .gives_stream(&["application/x-ndjson", "application/json", "application/x-tar"]),
    ]
}

fn assignment_routes() -> Vec<Route> {
    let show = "/v1/assignments/{assignment_id}";
    vec![
        Route::new(Method::GET, show, Access::LEADS, "An assignment.", assignments::show)
            .gives::<api_assignments::AssignmentView>(200),
        Route::new(
            Method::GET,
            "/v1/assignments/{assignment_id}/log",
            Access::LEADS,
            "Its decision log.",
            logs::assignment,
        )
        .gives_page::<EntryView>(Cursor::Number),
        Route::new(
            Method::POST,
            "/v1/assignments/{assignment_id}/reassign",
            Access::MANAGER,
            "Takes it away and reserves it.",
            assignments::reassign,
        )
        .takes::<api_assignments::ReassignRequest>(
            json!({"reason": "Anna is ill", "user": "01890000-0000-7000-8000-000000000001"}),
        )
        .gives::<api_assignments::AssignmentView>(200),
        Route::new(
            Method::POST,
            "/v1/assignments/{assignment_id}/reopen",
            Access::MANAGER,
            "Puts it back into the queue.",
            assignments::reopen,
        )
        .takes::<api_assignments::ReasonRequest>(json!({"reason": "the instructions have changed"}))
        .gives::<api_assignments::AssignmentView>(200),
        Route::new(
            Method::POST,
            "/v1/assignments/{assignment_id}/cancel",
            Access::MANAGER,
            "Calls it off.",
            assignments::cancel,
        )
        .takes::<api_assignments::ReasonRequest>(json!({"reason": "the instructions have changed"}))
        .gives::<api_assignments::AssignmentView>(200),
    ]
}
