use super::*;

#[test]
fn one_line_is_enough() {
    let config = parse("server = \"patch.example:8421\"").unwrap();
    assert_eq!(config, Config::new("patch.example:8421", Path::new(STATE_DIR)));
    assert_eq!(config.socket, Path::new(SOCKET_PATH));
}

#[test]
fn a_misspelt_setting_is_an_error() {
    let error = parse("server = \"a:1\"\nstat = \"/x\"").unwrap_err();
    assert!(error.to_string().contains("stat"), "{error}");
}

#[test]
fn what_is_written_is_read_back() {
    let config = Config::new("a:1", Path::new("/home/ann/.local/state/patchwell/own"));
    assert_eq!(parse(&config.to_text()).unwrap(), config);
    assert_eq!(config.socket, config.state.join("agent.sock"));
}
