//! The shape of the command line itself; what it does is tested against the built program in tests/cli.rs.

use clap::CommandFactory;

use super::{Cli, when};
use crate::fuzz_recipe::{Corpus, Recipe, bounded};

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

/// Whatever is typed as a moment: it is none, or one that is shown and read as the same second.
#[test]
fn whatever_a_moment_is_it_reads_as_it_is_shown() {
    let corpus =
        Corpus::of("times", &["-", ":", "T", "Z", "+08:00", ".", " ", "[Asia/Shanghai]", "9999", "-0001", "60", "村"]);
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (_, bytes) = corpus.make(recipe);
        let text = String::from_utf8_lossy(&bytes);
        let Some(at) = bounded(&bytes, || when::parse(&text, &zone)) else { return };
        // Before our era years have a sign and six digits; nobody types them.
        if at.millis()
            < jiff::civil::date(1, 1, 2).to_zoned_datetime(zone.clone()).unwrap().timestamp().as_millisecond()
        {
            return;
        }
        let shown = when::local(at, &zone);
        // Seconds of an offset, and an hour that comes twice, are not shown.
        let again = when::parse(&shown, &zone);
        let apart = again.map(|again| (again.millis() - at.millis()).abs());
        assert!(apart.is_some_and(|ms| ms <= 3_700_000), "{text:?} is {shown}, read as {again:?}");
    });
}
