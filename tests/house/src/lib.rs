//! Rules about the shape of the workspace's own Rust code, checked by reading the sources.
//!
//! - [`cycles`]: no modules of one crate import each other in a circle.
//! - [`layers`]: modules import only from the layers below them.
//! - [`retired`]: identifiers that were renamed do not come back.
//! - [`signatures`]: no function of the product takes a tuple apart in its parameters.
//! - [`citations`]: no comment cites a document that is not in the repository.
//!
//! The crate only reads text. It does not expand macros or know types: a path in the body of a macro counts as an import of
//! the module that defines the macro, and a method call is no import.
//!
//! ```
//! use swath_house::{cycles, imports, tree::Tree};
//!
//! let tree = Tree::of_texts("lib", &[
//!     ("lib", "mod bus; mod memory;"),
//!     ("bus", "use crate::memory::Memory; pub struct Options;"),
//!     ("memory", "use crate::bus::Options; pub struct Memory;"),
//! ])?;
//! assert_eq!(cycles::find(&imports::of(&tree)).len(), 1);
//! # anyhow::Ok(())
//! ```

pub mod citations;
pub mod cycles;
pub mod imports;
pub mod layers;
pub mod retired;
pub mod signatures;
pub mod tree;
pub mod workspace;

mod paths;
mod resolve;
mod tokens;
