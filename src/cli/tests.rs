use clap::CommandFactory;

use super::*;

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn help_starts_with_one_line_and_ends_with_an_example() {
    let mut cli = Cli::command();
    cli.build();
    for command in cli.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let name = command.get_name().to_owned();
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.trim_end().lines().collect();
        assert!(!lines[0].is_empty() && lines[1].is_empty(), "{name}: {help}");
        assert!(lines[lines.len() - 1].starts_with(&format!("  flatsink {name}")), "{name}: {help}");
    }
}

#[test]
fn a_configuration_is_named_in_either_way() {
    let path = |arguments: &[&str]| match Cli::try_parse_from(arguments).unwrap().command {
        Command::Config(args) => args.path().to_owned(),
        _ => panic!("another command"),
    };
    assert_eq!(path(&["flatsink", "config", "a.yaml"]), Path::new("a.yaml"));
    assert_eq!(path(&["flatsink", "config", "-c", "a.yaml"]), Path::new("a.yaml"));
    assert!(Cli::try_parse_from(["flatsink", "config", "-c", "a.yaml", "b.yaml"]).is_err());
}

#[test]
fn what_the_user_gave_ends_with_2_and_the_rest_with_1() {
    assert_eq!(exit_code(&ConfigError("a".into()).into()), WRONG);
    assert_eq!(exit_code(&anyhow::Error::from(Wrong("a".into())).context("b")), WRONG);
    assert_eq!(exit_code(&anyhow::anyhow!("a")), FAILED);
}
