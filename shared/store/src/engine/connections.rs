//! How many connections there are.

/// How many connections one pool has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// What they are for: `read` or `write`.
    pub pool: &'static str,
    /// Connections that are open, busy or idle.
    pub open: u32,
    /// Those of them that are idle.
    pub idle: u32,
    /// The most connections that may be open.
    pub most: u32,
}
