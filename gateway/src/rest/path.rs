//! Finds the route of a request: a tree of path segments, where a fixed segment goes before a variable one.

use std::borrow::Cow;
use std::collections::HashMap;

use http::Method as Verb;

use crate::contract::Segment;

/// Routes to targets.
pub struct Tree<T> {
    fixed: HashMap<String, Tree<T>>,
    variable: Option<Box<Tree<T>>>,
    targets: Vec<(Verb, T)>,
}

/// What a path leads to.
pub enum Found<'t, T> {
    /// The target, and the values of the path's variables in order.
    Target(&'t T, Vec<String>),
    /// The path exists, the verb does not; these do.
    OtherVerbs(Vec<&'t Verb>),
    /// There is no such path.
    Nothing,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self { fixed: HashMap::new(), variable: None, targets: Vec::new() }
    }
}

impl<T> Tree<T> {
    /// Adds a route.
    pub fn insert(&mut self, route: &[Segment], verb: Verb, target: T) {
        match route {
            [] => self.targets.push((verb, target)),
            [Segment::Fixed(text), rest @ ..] => {
                self.fixed.entry(text.clone()).or_default().insert(rest, verb, target);
            }
            [Segment::Variable(_), rest @ ..] => {
                self.variable.get_or_insert_default().insert(rest, verb, target);
            }
        }
    }

    /// Finds the target of a request. HEAD is answered as GET is.
    pub fn find(&self, verb: &Verb, path: &str) -> Found<'_, T> {
        let Some(path) = path.strip_prefix('/') else { return Found::Nothing };
        let segments: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let mut values = Vec::new();
        let Some(end) = self.walk(&segments, &mut values) else { return Found::Nothing };
        let wanted = if verb == Verb::HEAD { &Verb::GET } else { verb };
        match end.targets.iter().find(|(known, _)| known == wanted) {
            Some((_, target)) => match values.into_iter().map(|value| unescape(value, false)).collect() {
                Some(values) => Found::Target(target, values),
                None => Found::Nothing,
            },
            None => Found::OtherVerbs(end.targets.iter().map(|(verb, _)| verb).collect()),
        }
    }

    fn walk<'p>(&self, segments: &[&'p str], values: &mut Vec<&'p str>) -> Option<&Self> {
        let [segment, rest @ ..] = segments else {
            return (!self.targets.is_empty()).then_some(self);
        };
        let fixed = self.fixed.get(*segment).and_then(|next| next.walk(rest, values));
        if fixed.is_some() || segment.is_empty() {
            return fixed;
        }
        values.push(segment);
        let found = self.variable.as_ref().and_then(|next| next.walk(rest, values));
        if found.is_none() {
            values.pop();
        }
        found
    }
}

/// The parameters of a query. `None` when it is not well escaped.
pub fn query(query: &str) -> Option<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((unescape(name, true)?, unescape(value, true)?))
    };
    pairs.map(pair).collect()
}

/// Undoes percent-encoding. `None` when it is broken or hides something that is not UTF-8.
fn unescape(text: &str, plus_is_blank: bool) -> Option<String> {
    let text: Cow<'_, str> = if plus_is_blank { text.replace('+', " ").into() } else { text.into() };
    let Some((head, escaped)) = text.split_once('%') else { return Some(text.into_owned()) };
    let mut bytes = head.as_bytes().to_vec();
    for part in escaped.split('%') {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree<&'static str> {
        let mut tree = Tree::default();
        let fixed = |text: &str| Segment::Fixed(text.into());
        let variable = || Segment::Variable("id".into());
        tree.insert(&[], Verb::GET, "root");
        tree.insert(&[fixed("a"), variable()], Verb::GET, "one");
        tree.insert(&[fixed("a"), variable()], Verb::PATCH, "change");
        tree.insert(&[fixed("a"), fixed("me")], Verb::GET, "me");
        tree.insert(&[fixed("a"), variable(), fixed("b"), variable()], Verb::DELETE, "two");
        tree
    }

    #[test]
    fn paths_lead_where_they_should() {
        let tree = tree();
        for (verb, path, want) in [
            (Verb::GET, "/", "root"),
            (Verb::GET, "/a/1", "one 1"),
            (Verb::HEAD, "/a/1", "one 1"),
            (Verb::PATCH, "/a/%31%C3%A9+", "change 1é+"),
            (Verb::GET, "/a/me", "me"),
            (Verb::DELETE, "/a/me/b/2", "two me 2"),
            (Verb::POST, "/a/1", "GET PATCH"),
            (Verb::GET, "/a", "-"),
            (Verb::GET, "/a/", "-"),
            (Verb::GET, "/a/1/", "-"),
            (Verb::GET, "/a//b/2", "-"),
            (Verb::GET, "/A/1", "-"),
            (Verb::GET, "/a/%", "-"),
            (Verb::GET, "/a/%zz", "-"),
            (Verb::GET, "/a/%ff", "-"),
            (Verb::GET, "*", "-"),
        ] {
            let got = match tree.find(&verb, path) {
                Found::Target(target, values) => [vec![(*target).to_owned()], values].concat().join(" "),
                Found::OtherVerbs(verbs) => {
                    verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(" ")
                }
                Found::Nothing => "-".into(),
            };
            assert_eq!(got, want, "{verb} {path}");
        }
    }

    #[test]
    fn queries_are_taken_apart() {
        let pairs = query("a=1&b=x+y%26&c&&a=2").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "x y&"), ("c", ""), ("a", "2")]);
        for bad in ["a=%", "a=%f", "a=%c3", "%zz=1", "a=%é"] {
            assert_eq!(query(bad), None, "{bad}");
        }
    }
}
