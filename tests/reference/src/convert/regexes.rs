//! Compiled regular expressions, kept: a naive evaluator compiles the same ones for every row.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

/// The expression, if it is one.
pub fn compiled(pattern: &str) -> Option<Rc<Regex>> {
    COMPILED.with_borrow_mut(|known| {
        known
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(pattern).ok().map(Rc::new))
            .clone()
    })
}
