//! The schema's steps, embedded. sqlx's own macro would compile both drivers a second time.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

macro_rules! steps {
    ($folder:literal) => {
        [
            (1, "core", include_str!(concat!("../../../../migrations/", $folder, "/0001_core.sql"))),
            (2, "lean", include_str!(concat!("../../../../migrations/", $folder, "/0002_lean.sql"))),
            (
                3,
                "revisions",
                include_str!(concat!("../../../../migrations/", $folder, "/0003_revisions.sql")),
            ),
            (
                4,
                "first pass",
                include_str!(concat!("../../../../migrations/", $folder, "/0004_first_pass.sql")),
            ),
            (5, "people", include_str!(concat!("../../../../migrations/", $folder, "/0005_people.sql"))),
            (
                6,
                "team media",
                include_str!(concat!("../../../../migrations/", $folder, "/0006_team_media.sql")),
            ),
            (7, "sessions", include_str!(concat!("../../../../migrations/", $folder, "/0007_sessions.sql"))),
            (
                8,
                "verdict figures",
                include_str!(concat!("../../../../migrations/", $folder, "/0008_verdict_figures.sql")),
            ),
            (9, "own work", include_str!(concat!("../../../../migrations/", $folder, "/0009_own_work.sql"))),
            (
                10,
                "version base",
                include_str!(concat!("../../../../migrations/", $folder, "/0010_version_base.sql")),
            ),
            (
                11,
                "picture sizes",
                include_str!(concat!("../../../../migrations/", $folder, "/0011_picture_sizes.sql")),
            ),
            (
                12,
                "missing pictures",
                include_str!(concat!("../../../../migrations/", $folder, "/0012_missing_pictures.sql")),
            ),
            (
                13,
                "measuring",
                include_str!(concat!("../../../../migrations/", $folder, "/0013_measuring.sql")),
            ),
            (
                14,
                "team names",
                include_str!(concat!("../../../../migrations/", $folder, "/0014_team_names.sql")),
            ),
            (15, "events", include_str!(concat!("../../../../migrations/", $folder, "/0015_events.sql"))),
            (16, "files", include_str!(concat!("../../../../migrations/", $folder, "/0016_files.sql"))),
        ]
    };
}

const POSTGRES: [(i64, &str, &str); 16] = steps!("postgres");
const SQLITE: [(i64, &str, &str); 16] = steps!("sqlite");

/// How many steps this version knows.
pub(crate) const COUNT: i64 = POSTGRES.len() as i64;

pub(crate) fn postgres() -> Migrator {
    migrator(&POSTGRES)
}

pub(crate) fn sqlite() -> Migrator {
    migrator(&SQLITE)
}

fn migrator(steps: &'static [(i64, &'static str, &'static str)]) -> Migrator {
    let step = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    // A step of a newer version, met during a rolling deploy, is none of ours to judge.
    Migrator { ignore_missing: true, ..Migrator::with_migrations(steps.iter().map(step).collect()) }
}
