//! The defaults are complete, layers win in order, and a wrong key is told with the nearest right one.

use super::*;

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, Failure> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(text, "judi.toml", environment)
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = parse("", &[]).unwrap();
    assert_eq!((config.http.host.as_str(), config.http.port), ("127.0.0.1", 8080));
    assert_eq!(config.collect.keys[0].key, "dev");
    assert_eq!(config.collect.limits.event.bytes, 32_000);
    assert!(config.import.combined.article.is_empty());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let config =
        parse("[http]\nport = 1\nhost = \"0.0.0.0\"", &[("JUDI__HTTP__PORT", "2"), ("HOME", "/root")]).unwrap();
    assert_eq!((config.http.host.as_str(), config.http.port), ("0.0.0.0", 2));
}

#[test]
fn text_in_the_environment_needs_no_quotes() {
    assert_eq!(parse("", &[("JUDI__HTTP__HOST", "::1")]).unwrap().http.host, "::1");
}

#[test]
fn keys_and_globs_replace_the_defaults_whole() {
    let text = "[[collect.keys]]\nkey = \"k\"\nname = \"n\"\n[import.combined]\narticle = [\"/a/**\"]";
    let config = parse(text, &[]).unwrap();
    assert_eq!(config.collect.keys.len(), 1);
    assert!(config.collect.keys[0].enabled);
    assert_eq!(config.import.combined.article, ["/a/**"]);
}

#[test]
fn a_misspelt_key_is_told_with_the_nearest() {
    let failure = parse("[http]\nprot = 1", &[]).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.message.contains("`http.prot`"), "{failure}");
    assert_eq!(failure.hint.as_deref(), Some("did you mean `http.port`?"));
}

#[test]
fn a_wrong_type_and_a_wrong_line_are_told_with_their_place() {
    assert!(parse("[http]\nport = \"x\"", &[]).unwrap_err().message.contains("port"));
    assert!(parse("[http\nport = 1", &[]).unwrap_err().message.starts_with("judi.toml:1:"), "line and column");
}
