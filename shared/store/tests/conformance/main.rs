//! What the store promises, as one suite that runs against every database that it knows, and its model in memory. Each file is a theme, each
//! test a sentence. PostgreSQL is the server whose maintenance database `SWATH_TEST_POSTGRES` names; without it the
//! tests on PostgreSQL fail, because a promise that was not checked must not look kept.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fall over")]

mod audit;
mod databases;
mod replay;
mod verbs;
mod world;

mod batches;
mod bounds;
mod conservation;
mod coverage;
mod cutting;
mod datasets;
mod events;
mod files;
mod grants;
mod holds;
mod items;
mod jobs;
mod journey;
mod leaving;
mod managing;
mod own_work;
mod people;
mod picture_sizes;
mod races;
mod requests;
mod reviews;
mod sessions;
mod submissions;
mod sweeping;
mod team_media;

/// Declares tests `async fn(World)` of a theme, each once for every database.
macro_rules! suite {
    ($($test:ident)*) => {
        mod memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::databases::on_memory(super::$test).await;
                }
            )*
        }

        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::databases::on_sqlite(super::$test).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::databases::on_postgres(super::$test).await;
                }
            )*
        }
    };
}
use suite;
