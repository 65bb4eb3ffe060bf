//! The shape of the command line itself; what it does is tested against the built program in tests/cli.rs.

use clap::CommandFactory;

use super::Cli;

#[test]
fn the_command_line_holds_together() {
    Cli::command().debug_assert();
}

/// `--help` of the program and of every command, as a newcomer reads it.
#[test]
fn help_is_golden() {
    let mut cli = Cli::command().term_width(100);
    cli.build();
    insta::assert_snapshot!("help", cli.render_long_help());
    let names: Vec<String> = cli.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        let command = cli.find_subcommand_mut(&name).unwrap();
        insta::assert_snapshot!(format!("help_{name}"), command.render_long_help());
        let inner: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        for below in inner {
            let help = command.find_subcommand_mut(&below).unwrap().render_long_help();
            insta::assert_snapshot!(format!("help_{name}_{below}"), help);
        }
    }
}
