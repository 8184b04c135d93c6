//! Two databases and a model behind one face: an enum of the connections, and macros that run one statement on any.
//!
//! A statement is one text for both databases, or `[PostgreSQL's, SQLite's]`; its arguments, or the columns of the rows
//! that it takes at once; and, behind a semicolon, what it means on the tables of the model. SQLite takes a join in the
//! order in which it is written where that says `CROSS JOIN`; PostgreSQL reads nothing else into it.

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Postgres, Sqlite, Transaction};

use crate::engine::writer_connections::WriterTx;
use crate::error::Result;
use crate::model::memory::{Session, Tables};

/// A connection on which statements run.
pub enum Db<'a> {
    /// A connection to PostgreSQL.
    Postgres(&'a mut PgConnection),
    /// A connection to SQLite.
    Sqlite(&'a mut SqliteConnection),
    /// To a model of the tables.
    Memory(&'a mut Tables),
}

/// A connection borrowed for reading.
pub(crate) enum Reader {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
    Memory(Session),
}

impl Reader {
    pub(crate) fn db(&mut self) -> Db<'_> {
        match self {
            Self::Postgres(connection) => Db::Postgres(connection),
            Self::Sqlite(connection) => Db::Sqlite(connection),
            Self::Memory(session) => Db::Memory(session),
        }
    }
}

/// A transaction. It is only ever held by a task of the store's own, so that no caller can drop it half way.
pub(crate) enum Tx {
    Postgres(WriterTx),
    Sqlite(Transaction<'static, Sqlite>),
    Memory(Session),
}

impl Tx {
    pub(crate) fn db(&mut self) -> Db<'_> {
        match self {
            Self::Postgres(tx) => Db::Postgres(tx.connection()),
            Self::Sqlite(tx) => Db::Sqlite(tx),
            Self::Memory(session) => Db::Memory(session),
        }
    }

    /// Makes all later statements see the same moment, as they do in SQLite and in memory.
    pub(crate) async fn see_one_moment(&mut self) -> Result<()> {
        if let Self::Postgres(tx) = self {
            sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(tx.connection()).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Memory(session) => session.commit()?,
        }
        Ok(())
    }

    /// Ends it with nothing written, and keeps the connection.
    pub(crate) async fn rollback(self) -> Result<()> {
        match self {
            Self::Postgres(tx) => tx.rollback().await?,
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Memory(_) => {}
        }
        Ok(())
    }
}

/// The statement of a list, in the order that a page asks for: ids between `$1` and `$2`, `$3` as a part of the name, at
/// most `$4` entries. Further conditions stand in the beginning, with parameters from `$5` on.
macro_rules! list {
    (postgres, $page:expr, $id:literal, $name:literal, $($begin:tt)+) => {
        $crate::engine::db::list!(($page, $id), ("strpos(lower(", $name, " COLLATE \"C\"), $3)"), $($begin)+)
    };
    (sqlite, $page:expr, $id:literal, $name:literal, $($begin:tt)+) => {
        $crate::engine::db::list!(($page, $id), ("instr(lower(", $name, "), $3)"), $($begin)+)
    };
    (($page:expr, $id:literal), $place:tt, $($begin:tt)+) => {
        if $page.is_newest_first {
            $crate::engine::db::list!("DESC", $id, $place, $($begin)+)
        } else {
            $crate::engine::db::list!("ASC", $id, $place, $($begin)+)
        }
    };
    ($order:literal, $id:literal, ($($place:literal),+), $($begin:tt)+) => {
        concat!(
            $($begin)+, " AND ", $id, " > $1 AND ", $id, " < $2 AND ($3 = '' OR ", $($place),+, " > 0) ORDER BY ", $id, " ",
            $order, " LIMIT $4"
        )
    };
}

/// Picks the text for a database.
macro_rules! text {
    ($database:ident, {$($list:tt)+}) => {
        $crate::engine::db::list!($database, $($list)+)
    };
    (postgres, [$postgres:expr, $sqlite:expr]) => {
        $postgres
    };
    (sqlite, [$postgres:expr, $sqlite:expr]) => {
        $sqlite
    };
    ($database:ident, ($sql:expr)) => {
        $sql
    };
    ($database:ident, $sql:expr) => {
        $sql
    };
}

/// All rows of one statement, as `$row`.
macro_rules! fetch_all {
    ($db:expr, $row:ty, $sql:tt $(, $arg:expr)* $(,)?; |$tables:ident| $model:expr) => {
        match $db {
            $crate::engine::db::Db::Postgres(c) => {
                sqlx::query_as::<_, $row>($crate::engine::db::text!(postgres, $sql))$(.bind($arg))*
                    .fetch_all(&mut **c).await.map_err($crate::error::StoreError::from)
            }
            $crate::engine::db::Db::Sqlite(c) => {
                sqlx::query_as::<_, $row>($crate::engine::db::text!(sqlite, $sql))$(.bind($arg))*
                    .fetch_all(&mut **c).await.map_err($crate::error::StoreError::from)
            }
            $crate::engine::db::Db::Memory($tables) => Ok::<Vec<$row>, $crate::error::StoreError>($model),
        }
    };
}

/// At most one row of one statement, as `$row`.
macro_rules! fetch_one {
    ($db:expr, $row:ty, $sql:tt $(, $arg:expr)* $(,)?; |$tables:ident| $model:expr) => {
        match $db {
            $crate::engine::db::Db::Postgres(c) => {
                sqlx::query_as::<_, $row>($crate::engine::db::text!(postgres, $sql))$(.bind($arg))*
                    .fetch_optional(&mut **c).await.map_err($crate::error::StoreError::from)
            }
            $crate::engine::db::Db::Sqlite(c) => {
                sqlx::query_as::<_, $row>($crate::engine::db::text!(sqlite, $sql))$(.bind($arg))*
                    .fetch_optional(&mut **c).await.map_err($crate::error::StoreError::from)
            }
            $crate::engine::db::Db::Memory($tables) => Ok::<Option<$row>, $crate::error::StoreError>($model),
        }
    };
}

/// All rows of one statement, read as `$row` and turned into `$value`, which is what the model keeps.
macro_rules! fetch_as {
    ($db:expr, $row:ty => $value:ty, $sql:tt $(, $arg:expr)* $(,)?; |$tables:ident| $model:expr) => {
        match $db {
            $crate::engine::db::Db::Postgres(c) => {
                sqlx::query_as::<_, $row>($crate::engine::db::text!(postgres, $sql))$(.bind($arg))*
                    .fetch_all(&mut **c).await.map_err($crate::error::StoreError::from)
                    .and_then(|rows| rows.into_iter().map(<$value>::try_from).collect::<$crate::error::Result<Vec<_>>>())
            }
            $crate::engine::db::Db::Sqlite(c) => {
                sqlx::query_as::<_, $row>($crate::engine::db::text!(sqlite, $sql))$(.bind($arg))*
                    .fetch_all(&mut **c).await.map_err($crate::error::StoreError::from)
                    .and_then(|rows| rows.into_iter().map(<$value>::try_from).collect::<$crate::error::Result<Vec<_>>>())
            }
            $crate::engine::db::Db::Memory($tables) => Ok::<Vec<$value>, $crate::error::StoreError>($model),
        }
    };
}

/// Runs one statement and says how many rows it wrote.
macro_rules! execute {
    ($db:expr, $sql:tt $(, $arg:expr)* $(,)?; |$tables:ident| $model:expr) => {
        match $db {
            $crate::engine::db::Db::Postgres(c) => {
                sqlx::query($crate::engine::db::text!(postgres, $sql))$(.bind($arg))*
                    .execute(&mut **c).await
                    .map(|done| done.rows_affected()).map_err($crate::error::StoreError::from)
            }
            $crate::engine::db::Db::Sqlite(c) => {
                sqlx::query($crate::engine::db::text!(sqlite, $sql))$(.bind($arg))*
                    .execute(&mut **c).await
                    .map(|done| done.rows_affected()).map_err($crate::error::StoreError::from)
            }
            $crate::engine::db::Db::Memory($tables) => $model,
        }
    };
}

/// The statement over a batch with these columns, made once.
macro_rules! statement {
    ($sql:tt, $($name:ident: $type:ident),+) => {{
        static STATEMENT: $crate::engine::rowset::Statement = $crate::engine::rowset::Statement::new(
            &[$((stringify!($name), stringify!($type))),+],
            $crate::engine::db::text!(postgres, $sql),
            $crate::engine::db::text!(sqlite, $sql),
        );
        &STATEMENT
    }};
}

/// Writes a batch in one statement, whose rows are called `{rows}` there and have the columns that are named with their
/// types and values; the model takes them one by one.
macro_rules! execute_each {
    ($db:expr, $sql:tt, $rows:expr, |$r:ident| { $($name:ident: $type:ident = $field:expr),+ $(,)? };
     |$tables:ident| $model:expr) => {
        async {
            let rows = $rows;
            if rows.is_empty() {
                return Ok::<u64, $crate::error::StoreError>(0);
            }
            let statement = $crate::engine::db::statement!($sql, $($name: $type),+);
            match $db {
                $crate::engine::db::Db::Postgres(c) => {
                    let done = sqlx::query(sqlx::AssertSqlSafe(statement.postgres()))
                        $(.bind(rows.iter().map(|$r| { let _ = &$r; $field }).collect::<Vec<_>>()))+
                        .execute(&mut **c)
                        .await?;
                    Ok(done.rows_affected())
                }
                $crate::engine::db::Db::Sqlite(c) => {
                    let json = $crate::engine::rowset::written(rows, |$r, cells| {
                        let _ = &$r;
                        $(cells.cell($field);)+
                    });
                    let done = sqlx::query(sqlx::AssertSqlSafe(statement.sqlite())).bind(json).execute(&mut **c).await?;
                    Ok(done.rows_affected())
                }
                $crate::engine::db::Db::Memory($tables) => {
                    let mut written = 0;
                    for $r in rows.iter() {
                        written += $model?;
                    }
                    Ok(written)
                }
            }
        }
        .await
    };
}

/// Reads for a batch of keys in one statement, whose keys are called `{rows}` there; the model is asked for each.
macro_rules! fetch_each {
    ($db:expr, $row:ty, $sql:tt, $keys:expr, |$k:ident| { $($name:ident: $type:ident = $field:expr),+ $(,)? };
     |$tables:ident| $model:expr) => {
        async {
            let keys = $keys;
            if keys.is_empty() {
                return Ok::<Vec<$row>, $crate::error::StoreError>(Vec::new());
            }
            let statement = $crate::engine::db::statement!($sql, $($name: $type),+);
            match $db {
                $crate::engine::db::Db::Postgres(c) => {
                    Ok(sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(statement.postgres()))
                        $(.bind(keys.iter().map(|$k| { let _ = $k; $field }).collect::<Vec<_>>()))+
                        .fetch_all(&mut **c)
                        .await?)
                }
                $crate::engine::db::Db::Sqlite(c) => {
                    let json = $crate::engine::rowset::written(keys, |$k, cells| {
                        let _ = &$k;
                        $(cells.cell($field);)+
                    });
                    Ok(sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(statement.sqlite()))
                        .bind(json)
                        .fetch_all(&mut **c)
                        .await?)
                }
                $crate::engine::db::Db::Memory($tables) => {
                    let mut rows: Vec<$row> = Vec::new();
                    for $k in keys.iter() {
                        rows.extend($model);
                    }
                    Ok(rows)
                }
            }
        }
        .await
    };
}

/// As `fetch_each!`, with rows that are read as `$row` and turned into `$value`, which is what the model keeps.
macro_rules! fetch_as_each {
    ($db:expr, $row:ty => $value:ty, $sql:tt, $keys:expr, |$k:ident| { $name:ident: $type:ident = $field:expr };
     |$tables:ident| $model:expr) => {
        match $db {
            $crate::engine::db::Db::Memory($tables) => Ok($keys.iter().filter_map(|$k| $model).collect()),
            db => $crate::engine::db::fetch_each!(db, $row, $sql, $keys, |$k| { $name: $type = $field }; |_tables| {
                let _ = $k;
                None
            })
            .and_then(|rows| rows.into_iter().map(<$value>::try_from).collect::<$crate::error::Result<Vec<_>>>()),
        }
    };
}

/// The row of a statement that always returns one, as a count without groups does.
#[expect(clippy::expect_used, reason = "such a statement returns one row, whatever the tables hold")]
pub(crate) fn only<T>(row: Option<T>) -> T {
    row.expect("the statement returns one row")
}

pub(crate) use crate::model::row::row;
pub(crate) use {
    execute, execute_each, fetch_all, fetch_as, fetch_as_each, fetch_each, fetch_one, list, statement, text,
};
