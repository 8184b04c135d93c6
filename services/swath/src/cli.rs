//! The command line: its commands, and the functions that run them.

mod assignments;
mod audit;
mod dataset_upload;
mod datasets;
mod events;
pub(crate) mod export;
mod invitations;
mod job_edit;
mod job_form;
mod jobs;
mod links;
mod list_flags;
mod load;
mod members;
pub(crate) mod output;
pub(crate) mod progress;
mod server;
mod session;
mod teams;
mod tokens;
mod users;

pub use session::NotFound;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use session::{Connection, Session};

/// Swath hands out annotation work: it cuts datasets into ranges, gives each to one user at a time, checks what
/// comes back, and cuts again what was rejected.
#[derive(Parser)]
#[command(name = "swath", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server: all roles in this process, or some of them
    Up(server::UpArgs),
    /// Watch simulated people label 1,797 real handwritten digits, from the first range to the export
    Demo(crate::demo::DemoArgs),
    /// Print the configuration in force, with secrets hidden
    Config(server::ServerArgs),
    /// Bring the database's schema up to date
    Migrate(server::ServerArgs),
    /// List stored data that this version would refuse; it keeps working. Exits with 1 if there is any
    Check(server::CheckArgs),
    /// Move an embedded installation, with everything in it, to PostgreSQL
    Move(server::MoveArgs),
    /// Show whose token it is, and their roles in each team
    Whoami(Connection),
    /// Ask a server whether it is ready; for container health checks
    Healthcheck(Connection),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Teams: the tenants
    Team(Remote<teams::TeamCommand>),
    /// The people of a team, and their roles
    Member(Remote<members::MemberCommand>),
    /// Accounts
    User(Remote<users::UserCommand>),
    /// Invitations: how people join a team
    Invitation(Remote<invitations::InvitationCommand>),
    /// API tokens
    Token(Remote<tokens::TokenCommand>),
    /// Make a link to sign in from a browser; it can be used once, within a quarter of an hour
    Link {
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        args: links::LinkArgs,
    },
    /// The audit log: what was done about people, by whom and for whom
    Audit {
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        args: audit::AuditArgs,
    },
    /// Datasets: ordered lists of media
    Dataset(Remote<datasets::DatasetCommand>),
    /// Jobs: labelling tasks over datasets
    Job(Remote<jobs::JobCommand>),
    /// Assignments: the ranges of a job, and who works on them
    Assignment(Remote<assignments::AssignmentCommand>),
    /// Print what happens in the token's teams, as it happens
    Events {
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        args: events::EventsArgs,
    },
    /// Write a job's accepted work to a file or to standard output
    Export {
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        args: export::ExportArgs,
    },
    /// Let simulated people work on a server, measure it, and check that no promise was broken
    Load {
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        args: load::LoadArgs,
    },
}

/// A group of commands that call a server.
#[derive(Args)]
struct Remote<C: Subcommand> {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: C,
}

/// Runs a command.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Up(args) => server::up(args).await,
        Command::Demo(args) => crate::demo::run(args).await,
        Command::Config(args) => server::config(args),
        Command::Migrate(args) => server::migrate(args).await,
        Command::Check(args) => server::check(args).await,
        Command::Move(args) => server::move_installation(args).await,
        Command::Whoami(connection) => users::whoami(&Session::open(&connection)?).await,
        Command::Healthcheck(connection) => server::healthcheck(&connection).await,
        Command::Completions { shell } => completions(shell),
        Command::Team(remote) => teams::run(&Session::open(&remote.connection)?, remote.command).await,
        Command::Member(remote) => members::run(&Session::open(&remote.connection)?, remote.command).await,
        Command::User(remote) => users::run(&Session::open(&remote.connection)?, remote.command).await,
        Command::Invitation(remote) => {
            invitations::run(&Session::open(&remote.connection)?, remote.command).await
        }
        Command::Link { connection, args } => {
            links::run(&Session::open(&connection)?, &connection, args).await
        }
        Command::Audit { connection, args } => audit::run(&Session::open(&connection)?, args).await,
        Command::Token(remote) => tokens::run(&Session::open(&remote.connection)?, remote.command).await,
        Command::Dataset(remote) => datasets::run(&Session::open(&remote.connection)?, remote.command).await,
        Command::Job(remote) => jobs::run(&Session::open(&remote.connection)?, remote.command).await,
        Command::Assignment(remote) => {
            assignments::run(&Session::open(&remote.connection)?, remote.command).await
        }
        Command::Events { connection, args } => events::run(&Session::open(&connection)?, args).await,
        Command::Load { connection, args } => load::run(&connection, args).await,
        Command::Export { connection, args } => export::run(&Session::open(&connection)?, args).await,
    }
}

/// Written in one piece, because clap panics when the reader of the output has gone.
fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "swath", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// `UPDATE=1` writes a new snapshot.
    #[test]
    fn the_help_is_as_it_was() -> std::io::Result<()> {
        let mut root = Cli::command().term_width(100);
        root.build();
        let mut text = String::new();
        add_help(&mut root, &mut text);
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text)?;
        }
        assert_eq!(
            text,
            std::fs::read_to_string(&file)?,
            "the help has changed: look at it, then run with UPDATE=1"
        );
        Ok(())
    }

    fn add_help(command: &mut clap::Command, text: &mut String) {
        let path = command.get_bin_name().unwrap_or("swath").to_owned();
        let help = command.render_long_help().to_string();
        text.push_str(&format!("===== {path}\n\n{}\n\n", help.trim_end()));
        for child in command.get_subcommands_mut() {
            add_help(child, text);
        }
    }
}
