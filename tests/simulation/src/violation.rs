//! How the simulation reports that an invariant is violated.

/// A violated invariant, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// Ends an operation with a violation.
macro_rules! broken {
    ($($words:tt)*) => {
        return Err($crate::violation::Violation(format!($($words)*)))
    };
}
pub(crate) use broken;

/// The result of an operation.
pub type Checked<T = ()> = Result<T, Violation>;
