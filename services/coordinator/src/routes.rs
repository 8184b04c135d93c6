//! The coordinator's routes. Each module says in its table which role may call what, beside the handlers.

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

use swath_runtime::Route;

pub(crate) fn table() -> Vec<Route> {
    [
        people::table(),
        own_work::table(),
        teams::table(),
        team_media::table(),
        audit::table(),
        sessions::table(),
        tokens::table(),
        invitations::table(),
        imports::table(),
        datasets::table(),
        appends::table(),
        items::table(),
        picture_sizes::table(),
        new_job::table(),
        jobs::table(),
        assignments::table(),
        coverage::table(),
        logs::table(),
        exports::table(),
        pictures::table(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
