//! How long a file or a function may grow before it is to be split by meaning.

use crate::source::{Source, sources, words};

/// Lines no file has.
const FILE: usize = 800;
/// Lines that at most one file of [`SHARE`] has more than.
const LONG_FILE: usize = 500;
const SHARE: usize = 10;
/// Lines no function has, from `fn` to its last brace.
const FUNCTION: usize = 80;

fn all() -> Vec<Source> {
    sources("src").into_iter().chain(sources("tests")).collect()
}

#[test]
fn no_file_is_longer_than_800_lines() {
    let long = |f: &Source| (f.text.lines().count() > FILE).then(|| format!("{}: {}", f.path, f.text.lines().count()));
    let wrong: Vec<String> = all().iter().filter_map(long).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_file_in_ten_may_be_longer_than_500_lines() {
    let files = all();
    let long: Vec<&str> =
        files.iter().filter(|f| f.text.lines().count() > LONG_FILE).map(|f| f.path.as_str()).collect();
    assert!(long.len() * SHARE <= files.len(), "{} of {}: {}", long.len(), files.len(), long.join(", "));
}

/// Functions with their first line and their number of lines.
fn functions(file: &Source) -> Vec<(usize, usize)> {
    let code = &file.code;
    let mut found = Vec::new();
    for at in words(code, "fn") {
        // A name follows a function; a type such as `fn(u8)` has none.
        if !code[at + 2..].trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_') {
            continue;
        }
        if let Some(end) = body_end(&code[at..]) {
            found.push((code[..at].matches('\n').count() + 1, code[at..at + end].matches('\n').count() + 1));
        }
    }
    found
}

/// Where the body of the function ends that begins here; nothing where it has none.
fn body_end(code: &str) -> Option<usize> {
    let (mut round, mut curly) = (0_i32, 0_i32);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => round += 1,
            ')' | ']' => round -= 1,
            ';' if round == 0 && curly == 0 => return None,
            '{' => curly += 1,
            '}' => {
                curly -= 1;
                if curly == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn no_function_is_longer_than_80_lines() {
    let mut wrong = Vec::new();
    for file in all() {
        let long = functions(&file).into_iter().filter(|(_, lines)| *lines > FUNCTION);
        wrong.extend(long.map(|(line, lines)| format!("{}:{line}: {lines} lines", file.path)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn functions_are_measured_by_their_braces() {
    let code = "trait T { fn a(&self); }\nfn b(x: [u8; 2]) -> u8 {\n  let s = \"}\";\n  if x { 1 } else { 2 }\n}\nfn c() {}\ntype F = fn(u8);";
    assert_eq!(functions(&Source::new("x.rs", code)), [(2, 4), (6, 1)]);
}
