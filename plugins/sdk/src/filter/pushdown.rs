//! Owns the books of which conditions of a request are taken over, and how exactly; refuses to say `exact` for what nobody took.

use super::{Parameter, Predicate, Texts, TimeRange, predicates, truth};
use crate::types::{Pushed, ScanRequest};

/// The conditions of a request, and what has been taken of them.
///
/// Each method takes what it can of the conditions on one column and notes it; what is left stays with the host. A condition is on
/// the column itself: those on a path below it are only seen by [`take`](Self::take).
///
/// ```
/// use trawl_sdk::filter::{Parameter, Pushdown};
/// use trawl_sdk::testing::Query;
/// use trawl_sdk::types::Pushed;
///
/// let request = Query::of("incidents").equal("state", "open").greater("weight", 3_i64).request();
/// let mut filters = Pushdown::of(&request);
/// let pairs = filters.parameters(&[Parameter::equal("state", "status").values(&[("open", "unresolved")])]);
/// assert_eq!(pairs, [("status".to_owned(), "unresolved".to_owned())]);
/// assert_eq!(filters.pushed(), [Pushed::Exact, Pushed::NotPushed]);
/// ```
#[derive(Debug, Clone)]
pub struct Pushdown<'r> {
    conditions: Vec<(Option<Predicate<'r>>, Pushed)>,
}

impl<'r> Pushdown<'r> {
    /// Nothing is taken yet.
    pub fn of(request: &'r ScanRequest) -> Self {
        let all = predicates(request).into_iter();
        Self {
            conditions: all.map(|it| (it, Pushed::NotPushed)).collect(),
        }
    }

    /// How exactly each condition is taken, for the plan.
    pub fn pushed(&self) -> Vec<Pushed> {
        self.conditions.iter().map(|(_, pushed)| *pushed).collect()
    }

    /// Whether all conditions are taken exactly: then no other row than those that go out is left out, and a limit may go down.
    pub fn all_exact(&self) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.all(|(_, pushed)| *pushed == Pushed::Exact)
    }

    /// Offers each condition of a simple form that is not taken exactly yet; `take` answers how exactly it takes it, or none.
    pub fn take(&mut self, mut take: impl FnMut(&Predicate<'r>) -> Option<Pushed>) {
        for (predicate, pushed) in &mut self.conditions {
            let open = predicate.as_ref().filter(|_| *pushed != Pushed::Exact);
            if let Some(taken) = open.and_then(&mut take)
                && taken != Pushed::NotPushed
            {
                *pushed = taken;
            }
        }
    }

    /// Offers the conditions on a column itself.
    pub(super) fn take_of(
        &mut self,
        column: &str,
        mut take: impl FnMut(&Predicate<'r>) -> Option<Pushed>,
    ) {
        self.take(|predicate| {
            let mine = predicate.column.name == column && predicate.column.path.is_empty();
            mine.then(|| take(predicate)).flatten()
        });
    }

    /// What the conditions on a text column leave. They count as taken exactly: the source sends what it has words for
    /// ([`Texts::one`], [`Texts::listed`], [`Texts::prefix`]) and checks [`Texts::matches`] on what comes back.
    pub fn texts(&mut self, column: &str) -> Texts {
        let mut texts = Texts::default();
        self.take_of(column, |predicate| {
            texts.take(predicate).then_some(Pushed::Exact)
        });
        texts
    }

    /// The range that the conditions on a column of times leave. They count as taken exactly: the source checks
    /// [`TimeRange::contains`] where the remote's range is wider.
    pub fn time(&mut self, column: &str) -> TimeRange {
        let mut range = TimeRange::default();
        self.take_of(column, |predicate| {
            range.take(predicate).then_some(Pushed::Exact)
        });
        range
    }

    /// The truth value that a column must have, where a condition says one. A second condition that says another stays with the
    /// host.
    pub fn truth(&mut self, column: &str) -> Option<bool> {
        let mut value = None;
        self.take_of(column, |predicate| {
            let said = truth(predicate)?;
            (*value.get_or_insert(said) == said).then_some(Pushed::Exact)
        });
        value
    }

    /// The parameters that the conditions become, in the order of `rules`. Rules of one column are offered in their order; a
    /// condition goes to the first that takes it exactly, and to one that takes it inexactly as long as none does.
    pub fn parameters(&mut self, rules: &[Parameter]) -> Vec<(String, String)> {
        rules.iter().flat_map(|rule| rule.apply(self)).collect()
    }
}
