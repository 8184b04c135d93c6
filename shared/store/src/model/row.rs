//! A macro for the rows of both databases.

/// A struct that decodes from a row of either database by place: a statement names its columns in the order of the
/// fields. Looking them up by name for every row costs more than all else that is done with one.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$doc])* $vis $field: $type,)* }

        impl $name {
            /// How many columns it takes.
            #[allow(dead_code, reason = "only of rows that stand beside others")]
            pub(crate) const WIDTH: usize = [$(stringify!($field)),*].len();

            /// Reads it from the columns from number `first` on.
            pub(crate) fn at<'r, R>(row: &'r R, first: usize) -> Result<Self, sqlx::Error>
            where
                R: sqlx::Row,
                usize: sqlx::ColumnIndex<R>,
                $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
            {
                let mut places = first..;
                $(let $field = row.try_get(places.next().expect("the range has no end"))?;)*
                Ok(Self { $($field,)* })
            }
        }

        impl<'r, R> sqlx::FromRow<'r, R> for $name
        where
            R: sqlx::Row,
            usize: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Self::at(row, 0)
            }
        }
    };
}
pub(crate) use row;
