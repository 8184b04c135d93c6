//! The file formats that Swath reads and writes: manifests, folder listings and exports.
//!
//! The crate converts between values and bytes. It uses no database, no HTTP and no message bus, so each format is
//! tested with plain values. Encoders and parsers work page by page, and their memory does not grow with the input.
//!
//! ```
//! use swath_formats::manifest::{Found, Kind, Parser};
//!
//! let mut parser = Parser::new(Kind::Csv);
//! let mut found = Found::default();
//! parser.push(b"uri,labels\ns3://streets/1.png,night|rain\n", &mut found)?;
//! parser.finish(&mut found)?;
//!
//! assert_eq!(found.items[0].uri, "s3://streets/1.png");
//! assert_eq!(found.items[0].labels, ["night", "rain"]);
//! assert!(found.faults.is_empty());
//! # Ok::<(), swath_formats::manifest::ManifestError>(())
//! ```

pub mod export;
pub mod file_uri;
pub mod folder;
pub mod manifest;
