//! `rulegate account` and `rulegate token`: for whoever has the database at hand, first of all to make the first admin.

use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;

use super::{CliResult, block_on};
use crate::app::{App, Clock, IdentitySettings};
use crate::auth::password::{Passwords, acceptable};
use crate::auth::token::NewToken;
use crate::auth::{Auth, random_secret};
use crate::config::Config;
use crate::store::{Account, AccountKind, Store};
use rulegate_domain::command;
use rulegate_ledger::access::{Actor, Grant, Role, Scope};
use rulegate_ledger::accounts::is_account_name;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::{AccountId, LaneName, RuleSetName, SiteName};

/// Which database, and whose.
#[derive(clap::Args)]
pub struct DatabaseArgs {
    /// Where the data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
    /// The site, if the database is new.
    #[arg(long, env = "RULEGATE_SITE", default_value = "ipc2")]
    site: SiteName,
}

/// Where a right holds; without any of these: everywhere.
#[derive(clap::Args)]
pub struct ScopeArgs {
    /// Only this rule set.
    #[arg(long)]
    ruleset: Option<RuleSetName>,
    /// Only this site.
    #[arg(long = "in-site")]
    in_site: Option<SiteName>,
    /// Only this lane.
    #[arg(long)]
    lane: Option<LaneName>,
}

impl ScopeArgs {
    fn scope(self) -> Scope {
        Scope {
            ruleset: self.ruleset,
            site: self.in_site,
            lane: self.lane,
        }
    }
}

/// What can be done with accounts.
#[derive(Subcommand)]
#[allow(missing_docs)]
pub enum AccountCommand {
    /// Make an account and give it a role. A person's password is read from standard input, or made and printed.
    Create {
        /// The name to sign in with.
        name: String,
        /// The name to show; default: the name.
        #[arg(long)]
        display_name: Option<String>,
        /// Its role: release-admin, reviewer, author, validator, operator, auditor, admin, pipeline, pod, mirror, peer.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Read the password from standard input instead of making one.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        scope: ScopeArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List accounts with their rights.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Set a new password, read from standard input or made and printed; all its sign-ins end.
    Password {
        /// Whose.
        name: String,
        /// Read the password from standard input instead of making one.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Close an account: its sign-ins and tokens end at once.
    Disable {
        /// Whose.
        name: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// What can be done with tokens.
#[derive(Subcommand)]
#[allow(missing_docs)]
pub enum TokenCommand {
    /// Make a token for an account; its secret is printed once.
    Create {
        /// Whose.
        account: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// The one role it speaks in.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// How many days it lives.
        #[arg(long, default_value_t = 90)]
        days: u32,
        #[command(flatten)]
        scope: ScopeArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List tokens, without their secrets.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// End a token at once.
    Revoke {
        /// Its id, as listed.
        id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

fn parse_role(name: &str) -> Result<Role, String> {
    let all: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
    Role::parse(name).ok_or_else(|| format!("roles are {}", all.join(", ")))
}

async fn open(args: &DatabaseArgs) -> Result<(Arc<App>, Auth), Box<dyn std::error::Error>> {
    let store = Store::open(&args.database).await?;
    let site = store.identity().await?.unwrap_or_else(|| args.site.clone());
    let mut topology = Topology::default();
    if !topology.sites.contains(&site) {
        topology.sites.insert(0, site.clone());
    }
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        site,
        topology,
        listen,
        public_origin: None,
        demo: false,
    };
    let identity = IdentitySettings {
        is_guest: true,
        ..IdentitySettings::default()
    };
    let app = App::start_as(config, &identity, store, Clock::default()).await?;
    let auth = Auth::start(app.clone()).await;
    Ok((app, auth))
}

fn known(auth: &Auth, name: &str) -> Result<Arc<Account>, String> {
    auth.directory
        .by_name(name)
        .ok_or_else(|| format!("there is no account {name:?}"))
}

fn password(name: &str, from_stdin: bool) -> Result<(String, bool), Box<dyn std::error::Error>> {
    if !from_stdin {
        return Ok((random_secret(), true));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    acceptable(&text, name)?;
    Ok((text, false))
}

/// Runs an account command.
pub fn account(command: AccountCommand) -> CliResult {
    block_on(async {
        match command {
            AccountCommand::Create {
                name,
                display_name,
                role,
                password_stdin,
                scope,
                database,
            } => {
                let (app, auth) = open(&database).await?;
                let name = name.trim().to_lowercase();
                if !is_account_name(&name) {
                    return Err(format!(
                        "{name:?} is no account name: 1 to 63 of a-z, 0-9, '.', '_' and '-'"
                    )
                    .into());
                }
                if auth.directory.by_name(&name).is_some() {
                    return Err(format!("there is an account {name:?} already").into());
                }
                let made = if role.is_service() {
                    None
                } else {
                    Some(password(&name, password_stdin)?)
                };
                let hash = match &made {
                    Some((text, _)) => Some(
                        Passwords::default()
                            .hash(text)
                            .await
                            .map_err(|_| "the machine is too busy")?,
                    ),
                    None => None,
                };
                let now = app.clock.now();
                let id: AccountId = uuid::Uuid::now_v7().to_string().parse()?;
                let kind = if role.is_service() {
                    AccountKind::Service
                } else {
                    AccountKind::Person
                };
                let display_name = display_name.unwrap_or_else(|| name.clone());
                let display_name = crate::app::summary::visible(&display_name);
                let account = Account {
                    id: id.clone(),
                    name: name.clone(),
                    display_name,
                    kind,
                    password_hash: hash,
                    created_at: now,
                    changed_at: now,
                    disabled_at: None,
                };
                app.store.create_account(&account).await?;
                let grant = Grant {
                    account: id,
                    role,
                    scope: scope.scope(),
                };
                app.execute(
                    Actor::operator_console(),
                    command::GrantRight { grant }.into(),
                    app.fresh_command(),
                )
                .await?;
                println!("account {name} made, role {}", role.name());
                if let Some((text, true)) = made {
                    println!("password {text}");
                }
            }
            AccountCommand::List { database } => {
                let (app, auth) = open(&database).await?;
                let known = auth.directory.known();
                let mut accounts: Vec<_> = known.accounts.values().collect();
                accounts.sort_by(|a, b| a.name.cmp(&b.name));
                for account in accounts {
                    let rights = app.snapshot().state.grants_of(&account.id);
                    let rights: Vec<String> = rights
                        .iter()
                        .map(|g| format!("{} {}", g.role.name(), g.scope.words()))
                        .collect();
                    let state = if account.disabled_at.is_some() {
                        "closed"
                    } else {
                        "open"
                    };
                    println!("{}\t{state}\t{}", account.name, rights.join(", "));
                }
            }
            AccountCommand::Password {
                name,
                password_stdin,
                database,
            } => {
                let (app, auth) = open(&database).await?;
                let account = known(&auth, &name)?;
                let (text, show) = password(&account.name, password_stdin)?;
                let hash = auth
                    .passwords
                    .hash(&text)
                    .await
                    .map_err(|_| "the machine is too busy")?;
                app.store
                    .set_password(&account.id, &hash, app.clock.now())
                    .await?;
                app.store.delete_sign_ins_of(&account.id).await?;
                println!("password of {} set", account.name);
                if show {
                    println!("password {text}");
                }
            }
            AccountCommand::Disable { name, database } => {
                let (app, auth) = open(&database).await?;
                let account = known(&auth, &name)?;
                let now = app.clock.now();
                app.store.set_disabled(&account.id, Some(now), now).await?;
                app.store.delete_sign_ins_of(&account.id).await?;
                println!("account {} closed", account.name);
            }
        }
        Ok(ExitCode::SUCCESS)
    })?
}

/// Runs a token command.
pub fn token(command: TokenCommand) -> CliResult {
    block_on(async {
        match command {
            TokenCommand::Create {
                account,
                name,
                role,
                days,
                scope,
                database,
            } => {
                let (_, auth) = open(&database).await?;
                let account = known(&auth, &account)?.id.clone();
                let wanted = NewToken {
                    account,
                    name,
                    role,
                    scope: scope.scope(),
                    days,
                };
                let (token, secret) = auth
                    .make_token(wanted, &AccountId::operator_console())
                    .await?;
                println!("token {} until {}", token.id, token.expires_at);
                println!("{secret}");
            }
            TokenCommand::List { database } => {
                let (_, auth) = open(&database).await?;
                let known = auth.directory.known();
                let mut tokens: Vec<_> = known.tokens.values().collect();
                tokens.sort_by(|a, b| a.id.cmp(&b.id));
                for token in tokens {
                    let state = if token.revoked_at.is_some() {
                        "revoked"
                    } else {
                        "good"
                    };
                    let (role, scope) = (token.role.name(), token.scope.words());
                    let whose = auth.directory.name(&token.account);
                    println!(
                        "{}\t{state}\t{whose}\t{role}\t{scope}\t{}\t{}",
                        token.id, token.expires_at, token.name
                    );
                }
            }
            TokenCommand::Revoke { id, database } => {
                let (_, auth) = open(&database).await?;
                if !auth
                    .directory
                    .known()
                    .tokens
                    .values()
                    .any(|token| token.id == id)
                {
                    return Err(format!("there is no token {id:?}").into());
                }
                auth.revoke_token(&id).await?;
                println!("token {id} revoked");
            }
        }
        Ok(ExitCode::SUCCESS)
    })?
}
