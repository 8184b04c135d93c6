//! Checks every invariant after an operation.

use tokio::time::Instant;

use crate::violation::{Checked, broken};
use crate::world::World;

impl World {
    /// Checks all invariants; `annotations` says whether annotations may have been written.
    pub fn check(&mut self, annotations: bool) -> Checked {
        let now = Instant::now();
        let mut audit = std::mem::take(&mut self.audit);
        audit.latest = audit.latest.max(self.now());
        let mut marks = Vec::new();
        let switched = &mut self.switched;
        let checked = self.common.memory.view(|view| {
            if std::mem::replace(&mut audit.written, view.written()) != view.written() {
                audit.play_logs(view, &mut marks)?;
                audit.check_rows(view)?;
                audit.check_ties(view)?;
                audit.check_jobs(view, now, switched)?;
            }
            if annotations { audit.check_saved(view) } else { Ok(()) }
        });
        self.audit = audit;
        self.mark(marks);
        checked.unwrap_or_else(|| broken!("a transaction was left open"))
    }
}
