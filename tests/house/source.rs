//! The sources as this house reads them: code without comments and texts, and the texts by themselves.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets it at run time too; so a built test can be pointed at another checkout.
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// The text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    let file = root().join(path);
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// A Rust file.
pub(crate) struct Source {
    /// Its path below the root, with `/`.
    pub(crate) path: String,
    /// As it was written.
    pub(crate) text: String,
    /// As long, line for line, but comments and the insides of texts are blanks.
    pub(crate) code: String,
    /// The insides of its texts, with the lines (from 1) they begin in.
    pub(crate) texts: Vec<(usize, String)>,
}

impl Source {
    /// Reads a file as Rust.
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let (code, texts) = blank(text);
        Source { path: path.to_owned(), text: text.to_owned(), code, texts }
    }

    /// The room it belongs to, if it stands below `floor` (`src` or `src/core`): a folder or a file of that name.
    pub(crate) fn room(&self, floor: &str) -> Option<&str> {
        let rest = self.path.strip_prefix(floor)?.strip_prefix('/')?;
        let first = rest.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    /// Whether all of it is test code: `tests.rs`, or below a folder `tests`.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    /// The code that is not test code: what stands before `#[cfg(test)]` and a module with a body, which closes our
    /// files by custom; nothing of a test file.
    pub(crate) fn shipped(&self) -> &str {
        if self.is_test() {
            return "";
        }
        let inline = self.code.match_indices("#[cfg(test)]").find(|(at, mark)| {
            let rest = self.code[at + mark.len()..].trim_start();
            rest.starts_with("mod ") && rest.find('{') < rest.find(';').or(Some(usize::MAX))
        });
        inline.map_or(&self.code, |(at, _)| &self.code[..at])
    }

    /// `path:line` of a byte of its code.
    pub(crate) fn at(&self, byte: usize) -> String {
        format!("{}:{}", self.path, self.code[..byte].matches('\n').count() + 1)
    }
}

/// Every Rust file below a folder of the repository, by path.
pub(crate) fn sources(below: &str) -> Vec<Source> {
    let root = root();
    let mut files = Vec::new();
    walk(&root.join(below), &mut |path| {
        if path.extension().is_some_and(|e| e == "rs") {
            files.push(path.to_owned());
        }
    });
    files.sort();
    let read = |file: PathBuf| {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        Source::new(&path, &fs::read_to_string(&file).unwrap())
    };
    let found: Vec<Source> = files.into_iter().map(read).collect();
    assert!(!found.is_empty(), "no Rust file below {below}");
    found
}

/// The files of the shell, without those of the core.
pub(crate) fn shell() -> Vec<Source> {
    sources("src").into_iter().filter(|s| !s.path.starts_with("src/core/")).collect()
}

/// Calls with every file below a folder, but for what git or cargo keeps.
pub(crate) fn walk(folder: &Path, see: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && name != ".git" {
            walk(&path, see);
        } else if path.is_file() {
            see(&path);
        }
    }
}

/// Where a word stands by itself in code: not as a part of a longer name.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word)
        .filter(move |(at, _)| !part(code[..*at].chars().next_back()) && !part(code[at + word.len()..].chars().next()))
        .map(|(at, _)| at)
}

/// Comments and the insides of texts become blanks; line ends stay.
fn blank(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut texts) = (String::with_capacity(text.len()), Vec::new());
    let mut at = 0;
    while at < chars.len() {
        let end = token_end(&chars, at);
        let kind = Kind::of(&chars, at);
        if kind == Kind::Code {
            code.extend(&chars[at..end]);
        } else {
            if kind == Kind::Text {
                let line = code.matches('\n').count() + 1;
                texts.push((line, chars[at..end].iter().collect()));
            }
            code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        }
        at = end;
    }
    (code, texts)
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Code,
    Comment,
    Text,
    Char,
}

impl Kind {
    fn of(chars: &[char], at: usize) -> Kind {
        let next = |n: usize| chars.get(at + n).copied().unwrap_or(' ');
        let name_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        match chars[at] {
            '/' if matches!(next(1), '/' | '*') => Kind::Comment,
            '"' => Kind::Text,
            'r' if !name_before && raw_hashes(chars, at + 1).is_some() => Kind::Text,
            'b' | 'c' if !name_before && next(1) == 'r' && raw_hashes(chars, at + 2).is_some() => Kind::Text,
            '\'' if next(1) == '\\' || (next(2) == '\'' && next(1) != '\'') => Kind::Char,
            _ => Kind::Code,
        }
    }
}

/// The hashes before the quotation mark of a raw text; none if no raw text begins here.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from..].iter().take_while(|c| **c == '#').count();
    (chars.get(from + hashes) == Some(&'"')).then_some(hashes)
}

fn token_end(chars: &[char], at: usize) -> usize {
    let find = |from: usize, stop: &dyn Fn(usize) -> bool| (from..chars.len()).find(|i| stop(*i));
    match Kind::of(chars, at) {
        Kind::Code => at + 1,
        Kind::Comment if chars[at + 1] == '/' => find(at, &|i| chars[i] == '\n').unwrap_or(chars.len()),
        Kind::Comment => block_comment_end(chars, at),
        Kind::Char => {
            let from = if chars[at + 1] == '\\' { at + 3 } else { at + 2 };
            find(from, &|i| chars[i] == '\'').map_or(chars.len(), |i| i + 1)
        }
        Kind::Text if chars[at] == '"' => {
            let mut i = at + 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            (i + 1).min(chars.len())
        }
        Kind::Text => {
            let from = at + if chars[at] == 'r' { 1 } else { 2 };
            let hashes = raw_hashes(chars, from).unwrap_or(0);
            let closes = |i: usize| chars[i] == '"' && (1..=hashes).all(|n| chars.get(i + n) == Some(&'#'));
            find(from + hashes + 1, &closes).map_or(chars.len(), |i| i + hashes + 1)
        }
    }
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

#[test]
fn comments_and_texts_are_told_from_code() {
    let cases = [
        ("a // unsafe\nb", "a          \nb", vec![]),
        ("/* a /* b */ c */d", "                 d", vec![]),
        (r#"x("a\"b", 'c')"#, "x(      ,    )", vec![r#""a\"b""#]),
        (r##"r#"SELECT "1""# + br"x" + y"##, "                + ----- + y", vec![r##"r#"SELECT "1""#"##, r#"br"x""#]),
        (r"fn f<'a>(x: &'a str, c: char) { c == '\'' || c == '{' }", "", vec![]),
        ("let bar\"t\";", "let bar   ;", vec![r#""t""#]),
    ];
    for (text, code, texts) in cases {
        let source = Source::new("x.rs", text);
        assert_eq!(source.texts.iter().map(|(_, t)| t.as_str()).collect::<Vec<_>>(), texts, "{text}");
        if !code.is_empty() {
            assert_eq!(source.code, code.replace('-', " "), "{text}");
        }
    }
    let lifetimes = Source::new("x.rs", r"fn f<'a>(x: &'a str) -> &'a str { if c == '{' || c == '\'' { x } }");
    assert_eq!(lifetimes.code.matches('{').count(), 2, "{}", lifetimes.code);
    assert_eq!(lifetimes.code.matches("'a").count(), 3, "{}", lifetimes.code);
}

#[test]
fn test_modules_are_told_from_what_ships() {
    let source =
        Source::new("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests;\nfn b() {}\n#[cfg(test)]\nmod t { fn c() {} }");
    assert!(source.shipped().contains("fn b") && !source.shipped().contains("fn c"));
    assert_eq!(Source::new("src/a/tests/b.rs", "fn a() {}").shipped(), "");
    assert_eq!(Source::new("src/core/model/ids.rs", "").room("src/core"), Some("model"));
    assert_eq!(Source::new("src/lib.rs", "").room("src"), Some("lib"));
}
