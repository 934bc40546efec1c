use greenlight_suite::{Source, parse};
#[test]
fn example() {
    let source = Source::read(std::path::Path::new("tests/suites_ok/orders.yml")).unwrap();
    match parse(&source) {
        Ok(suite) => println!("{suite:#?}"),
        Err(e) => panic!("{}", e.render(false)),
    }
}
