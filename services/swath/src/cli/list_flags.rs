//! The flags of lists.

use clap::Args;

use super::session::Session;

/// The team, the order and the filter of a list.
#[derive(Args)]
pub struct ListFlags {
    /// The team, by id or name; not needed with only one
    #[arg(long)]
    team: Option<String>,
    #[command(flatten)]
    order: OrderFlags,
}

/// The order and the filter of a list.
#[derive(Args)]
pub struct OrderFlags {
    /// The newest first
    #[arg(long)]
    newest: bool,
    /// Only those whose names hold this text
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
}

impl OrderFlags {
    /// Their query parameters.
    pub fn query(self) -> Vec<(&'static str, String)> {
        let newest = self.newest.then(|| ("order", "newest".to_owned()));
        newest.into_iter().chain(self.name.map(|name| ("name", name))).collect()
    }
}

impl ListFlags {
    /// All query parameters of the list.
    pub async fn query(self, session: &Session) -> anyhow::Result<Vec<(&'static str, String)>> {
        let mut query = Vec::new();
        if let Some(team) = session.optional_team(self.team.as_deref()).await? {
            query.push(("team", team.to_string()));
        }
        query.extend(self.order.query());
        Ok(query)
    }
}
