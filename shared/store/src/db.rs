//! Two databases behind one face: an enum of the two connections, and macros that run one statement on either.

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Postgres, Sqlite, Transaction};

use crate::error::Result;

/// A connection on which statements run.
pub enum Db<'a> {
    /// To PostgreSQL.
    Postgres(&'a mut PgConnection),
    /// To SQLite.
    Sqlite(&'a mut SqliteConnection),
}

/// A connection borrowed for reading.
pub(crate) enum Reader {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

impl Reader {
    pub(crate) fn db(&mut self) -> Db<'_> {
        match self {
            Self::Postgres(connection) => Db::Postgres(connection),
            Self::Sqlite(connection) => Db::Sqlite(connection),
        }
    }
}

/// A transaction. It is only ever held by a task of the store's own, so that no caller can drop it half way.
pub(crate) enum Tx {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Tx {
    pub(crate) fn db(&mut self) -> Db<'_> {
        match self {
            Self::Postgres(tx) => Db::Postgres(tx),
            Self::Sqlite(tx) => Db::Sqlite(tx),
        }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// All rows of one statement, as `$row`.
macro_rules! fetch_all {
    ($db:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::db::Db::Postgres(c) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(&mut **c).await,
            $crate::db::Db::Sqlite(c) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(&mut **c).await,
        }
        .map_err($crate::error::StoreError::from)
    };
}

/// All rows of one statement that only one of the databases understands.
macro_rules! fetch_on {
    ($connection:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        sqlx::query_as::<_, $row>($sql)$(.bind($arg))*
            .fetch_all(&mut **$connection)
            .await
            .map_err($crate::error::StoreError::from)
    };
}

/// At most one row of one statement, as `$row`.
macro_rules! fetch_one {
    ($db:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::db::Db::Postgres(c) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(&mut **c).await,
            $crate::db::Db::Sqlite(c) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(&mut **c).await,
        }
        .map_err($crate::error::StoreError::from)
    };
}

/// Runs one statement and says how many rows it wrote.
macro_rules! execute {
    ($db:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::db::Db::Postgres(c) => {
                sqlx::query($sql)$(.bind($arg))*.execute(&mut **c).await.map(|done| done.rows_affected())
            }
            $crate::db::Db::Sqlite(c) => {
                sqlx::query($sql)$(.bind($arg))*.execute(&mut **c).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::error::StoreError::from)
    };
}

/// Writes a batch: PostgreSQL takes it as arrays in one statement, SQLite row by row with a prepared one.
macro_rules! execute_each {
    ($db:expr, $postgres:expr, $sqlite:expr, $rows:expr, |$r:ident| $($field:expr),+ $(,)?) => {
        async {
            let rows = $rows;
            if rows.is_empty() {
                return Ok::<u64, $crate::error::StoreError>(0);
            }
            match $db {
                $crate::db::Db::Postgres(c) => {
                    let done = sqlx::query($postgres)
                        $(.bind(rows.iter().map(|$r| { let _ = &$r; $field }).collect::<Vec<_>>()))+
                        .execute(&mut **c)
                        .await?;
                    Ok(done.rows_affected())
                }
                $crate::db::Db::Sqlite(c) => {
                    let mut written = 0;
                    for $r in rows.iter() {
                        written += sqlx::query($sqlite)$(.bind($field))+.execute(&mut **c).await?.rows_affected();
                    }
                    Ok(written)
                }
            }
        }
        .await
    };
}

/// Reads for a batch of keys: PostgreSQL takes them as arrays in one statement, SQLite key by key.
macro_rules! fetch_each {
    ($db:expr, $row:ty, $postgres:expr, $sqlite:expr, $keys:expr, |$k:ident| $($field:expr),+ $(,)?) => {
        async {
            let keys = $keys;
            if keys.is_empty() {
                return Ok::<Vec<$row>, $crate::error::StoreError>(Vec::new());
            }
            match $db {
                $crate::db::Db::Postgres(c) => Ok(sqlx::query_as::<_, $row>($postgres)
                    $(.bind(keys.iter().map(|$k| $field).collect::<Vec<_>>()))+
                    .fetch_all(&mut **c)
                    .await?),
                $crate::db::Db::Sqlite(c) => {
                    let mut rows = Vec::new();
                    for $k in keys.iter() {
                        rows.extend(sqlx::query_as::<_, $row>($sqlite)$(.bind($field))+.fetch_all(&mut **c).await?);
                    }
                    Ok(rows)
                }
            }
        }
        .await
    };
}

/// A struct that decodes from a row of either database by the names of its fields.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$doc])* $vis $field: $type,)* }

        impl<'r, R> sqlx::FromRow<'r, R> for $name
        where
            R: sqlx::Row,
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}

pub(crate) use {execute, execute_each, fetch_all, fetch_each, fetch_on, fetch_one, row};
