//! `cunkou init`: makes what a town cannot make by hand.

use std::path::Path;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use sha2::{Digest, Sha256};

use super::common::{Common, note, print};
use super::exit::{Exit, wrong_use};
use crate::files::settings::Settings;

/// Random bytes of a token: 256 bits, which nobody guesses.
const TOKEN_BYTES: usize = 32;
/// What a token begins with: whoever finds one knows what it is, and no shell takes it for an option.
const PREFIX: &str = "ck_";

/// Makes what the settings need: a token.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a token; prints it once, and the block for cunkou.toml that knows it by its hash alone
    Token(Token),
}

#[derive(Debug, clap::Args)]
struct Token {
    /// Who it is: what an acknowledgement is signed with
    #[arg(long, default_value = "duty")]
    name: String,
    /// What it allows
    #[arg(long, value_parser = ["read", "operate", "admin"], default_value = "operate")]
    role: String,
}

pub(super) fn run(args: Args, _common: &Common) -> anyhow::Result<Exit> {
    let What::Token(wanted) = args.what;
    let token = token()?;
    let block = block(&wanted, &token)?;
    print(&format!("{token}\n\n{block}"))?;
    note("keep the first line; it is not shown again. The block belongs into cunkou.toml");
    Ok(Exit::Fine)
}

fn token() -> anyhow::Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The `[[token]]` block, tried on the reader that will read it.
fn block(wanted: &Token, token: &str) -> anyhow::Result<String> {
    let hash: String = Sha256::digest(token.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let name = toml::Value::String(wanted.name.clone());
    let block = format!("[[token]]\nname = {name}\nhash = \"{hash}\"\nrole = \"{}\"\n", wanted.role);
    match Settings::parse(&block, [], Path::new(".")) {
        Ok(_) => Ok(block),
        Err(faults) => {
            let why: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Err(wrong_use(format!("--name {:?}: {}", wanted.name, why.join("; "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str) -> Token {
        Token { name: name.to_owned(), role: "admin".to_owned() }
    }

    #[test]
    fn the_block_is_read_back_as_what_was_wanted() {
        for name in ["duty", "值班 \"甲\"", "a\\b"] {
            let settings = Settings::parse(&block(&wanted(name), "t").unwrap(), [], Path::new(".")).unwrap();
            assert_eq!(settings.tokens[0].name, name);
            assert_eq!(settings.tokens[0].hash[..], Sha256::digest(b"t")[..]);
        }
        for bad in ["", " ", "a\nb", &"x".repeat(65)] {
            assert_eq!(Exit::of(&block(&wanted(bad), "t").unwrap_err()), Exit::WrongUse, "{bad:?}");
        }
    }

    #[test]
    fn tokens_are_long_and_never_twice_the_same() {
        let (a, b) = (token().unwrap(), token().unwrap());
        assert_ne!(a, b);
        assert_eq!(URL_SAFE_NO_PAD.decode(a.strip_prefix(PREFIX).unwrap()).unwrap().len(), 32);
    }
}
