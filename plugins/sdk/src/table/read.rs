//! Owns the reading of tables whose rows are structs: what a plan is asked and answers, and where rows go. Refuses orders and
//! aggregates, which the host does; a table that takes them over implements [`Table`] itself.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Arguments, Call, Row, Table};
use crate::filter::Pushdown;
use crate::http::Pages;
use crate::records::{Field, Records};
use crate::types::{Argument, Column, Cost, Gap, Param, Placement, Pushed, ScanPlan, ScanRequest};
use crate::{Error, Output, plan, schema};

/// How the rows of a table of a connection `C` are read. The struct is the row, made a [`Row`] by `#[derive(Table)]`.
pub trait Read<C: 'static>: Row + Sized {
    /// What a scan needs to know of a plan: it goes through the host as JSON, and may come to another instance.
    type Part: Serialize + DeserializeOwned;

    /// How a request is done. What is taken of its conditions is taken from [`Ask::filters`]; a limit goes down when all of them
    /// are taken exactly. Must not read rows.
    ///
    /// # Errors
    /// `invalid-query` or `unsupported` when it cannot be done.
    fn plan(at: &C, ask: &mut Ask<'_>) -> Result<Planned<Self::Part>, Error>;

    /// Reads one part; what it [puts](Rows::put) goes out.
    ///
    /// # Errors
    /// What the remote answers; rows that were put before stay.
    fn read(at: &C, part: &Self::Part, rows: &mut Rows<'_>) -> Result<(), Error>;

    /// Whether a connection's table has the column of that name.
    fn has(_at: &C, _column: &str) -> bool {
        true
    }

    /// The table, for the list of its plugin.
    fn table() -> &'static dyn Table<C> {
        const { &Of::<Self>(PhantomData) }
    }
}

/// What is asked of a table.
#[derive(Debug)]
pub struct Ask<'r> {
    /// Its arguments, checked.
    pub arguments: Arguments<'r>,
    /// Its conditions, to be taken.
    pub filters: Pushdown<'r>,
    /// All of it.
    pub request: &'r ScanRequest,
}

/// How it will be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned<P> {
    parts: Vec<P>,
    explain: String,
    estimated_rows: Option<u64>,
    cost: Option<Cost>,
}

impl<P> Planned<P> {
    /// In one part; `explain` is one line that says what is asked of the remote: `GET /v2/_catalog`.
    pub fn one(part: P, explain: impl Into<String>) -> Self {
        Self::parts([part], explain)
    }

    /// In several, which are read at the same time as far as the host allows it.
    pub fn parts(parts: impl IntoIterator<Item = P>, explain: impl Into<String>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
            explain: explain.into(),
            estimated_rows: None,
            cost: None,
        }
    }

    /// Not at all, since no row can match.
    pub fn nothing() -> Self {
        Self {
            estimated_rows: Some(0),
            ..Self::parts([], "nothing is asked: no row can match")
        }
    }

    /// With a guess at how many rows there are.
    #[must_use]
    pub fn rows(mut self, rows: u64) -> Self {
        self.estimated_rows = Some(rows);
        self
    }

    /// With what the remote will charge.
    #[must_use]
    pub fn cost(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }
}

/// Where the rows of a scan go.
pub struct Rows<'o> {
    records: Records<'o>,
}

impl Rows<'_> {
    /// Puts out one row.
    ///
    /// # Errors
    /// When the host does not take it.
    pub fn put<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        if self.stopped() {
            return Ok(());
        }
        self.records.put(row)
    }

    /// Whether no more rows are wanted: then return.
    pub fn stopped(&self) -> bool {
        self.records.stopped()
    }

    /// Rows still wanted, where it is known: a page need not be larger.
    pub fn left(&self) -> Option<u64> {
        self.records.left()
    }

    /// Whether one of these columns goes out; what no column wants need not be asked for.
    pub fn wants(&self, columns: &[&str]) -> bool {
        self.records.wants(columns)
    }

    /// Says what is missing; it turns up in the answer's completeness.
    pub fn report(&self, gap: Gap, message: &str) {
        self.records.output().report(gap, None, message);
    }

    /// Reads pages until there are no more of them or no more rows are wanted. Each is decoded as a `T` and handed over with this
    /// [`Rows`]; the next one is already under way.
    ///
    /// # Errors
    /// What the remote answers, and those of `each`.
    pub fn pages<T: DeserializeOwned>(
        &mut self,
        mut pages: Pages<'_>,
        mut each: impl FnMut(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while !self.stopped() {
            let Some(page) = pages.next() else {
                break;
            };
            each(self, page?.json()?)?;
            // A batch that fills slowly must not keep a stop from being noticed.
            self.records.progress();
        }
        Ok(())
    }
}

/// What stands in a token.
#[derive(Serialize, Deserialize)]
struct Partition<P> {
    projection: Vec<Column>,
    limit: Option<u64>,
    parts: Vec<P>,
}

/// A [`Read`] as a [`Table`].
struct Of<R>(PhantomData<fn() -> R>);

impl<C: 'static, R: Read<C>> Table<C> for Of<R> {
    fn name(&self) -> &'static str {
        R::TABLE.name
    }

    fn aliases(&self) -> &'static [&'static str] {
        R::TABLE.aliases
    }

    fn description(&self) -> &'static str {
        R::TABLE.description
    }

    fn params(&self) -> Vec<Param> {
        (R::TABLE.arguments)()
    }

    fn fields(&self) -> &'static [Field] {
        R::TABLE.fields
    }

    fn has(&self, field: &Field, at: &C) -> bool {
        R::has(at, field.name())
    }

    fn primary_key(&self) -> &'static [&'static str] {
        R::TABLE.key
    }

    fn placement(&self, _at: &C) -> Placement {
        R::TABLE.placement
    }

    fn required_filters(&self, _arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        let groups = R::TABLE.required.iter();
        groups.map(|group| group.to_vec()).collect()
    }

    fn calls(&self) -> Vec<Call> {
        R::TABLE.calls.to_vec()
    }

    fn plan(&self, request: &ScanRequest, at: &C) -> Result<ScanPlan, Error> {
        let mut ask = Ask {
            arguments: Arguments::of(&request.arguments),
            filters: Pushdown::of(request),
            request,
        };
        let planned = R::plan(at, &mut ask)?;
        let filters = ask.filters.pushed();
        let limit = plan::own_limit(request, &filters);
        let partitions = dealt(planned.parts, request.max_partitions);
        let pushed = match (limit, partitions.len()) {
            (None, _) => Pushed::NotPushed,
            (Some(_), 1) => Pushed::Exact,
            // Each of several gives as many as all are wanted to give.
            (Some(_), _) => Pushed::Inexact,
        };
        let projection = schema::undescribed(&request.projection);
        let tokens = partitions.into_iter().map(|parts| {
            let partition = Partition {
                projection: projection.clone(),
                limit,
                parts,
            };
            plan::table_token(R::TABLE.name, &partition)
        });
        Ok(ScanPlan {
            filters,
            limit: pushed,
            partitions: tokens.collect::<Result<_, _>>()?,
            estimated_rows: planned.estimated_rows,
            cost: planned.cost,
            ..plan::unpushed(request, String::new(), planned.explain)
        })
    }

    fn scan(&self, token: &str, at: &C, output: &dyn Output) -> Result<(), Error> {
        let partition: Partition<R::Part> = plan::table_state(token)?;
        let records = Records::new(
            R::TABLE.fields,
            R::TABLE.name,
            &partition.projection,
            partition.limit,
            output,
        )?;
        let mut rows = Rows { records };
        for part in &partition.parts {
            if rows.stopped() {
                break;
            }
            R::read(at, part, &mut rows)?;
        }
        rows.records.flush()
    }
}

/// Deals parts out to at most so many partitions; there is always one, be it empty.
fn dealt<P>(parts: Vec<P>, most: u32) -> Vec<Vec<P>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
    let count = parts.len().clamp(1, most);
    let mut partitions: Vec<Vec<P>> = (0..count).map(|_| Vec::new()).collect();
    for (index, part) in parts.into_iter().enumerate() {
        if let Some(partition) = partitions.get_mut(index % count) {
            partition.push(part);
        }
    }
    partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_dealt_out() {
        assert_eq!(dealt(vec![1, 2, 3, 4, 5], 2), [vec![1, 3, 5], vec![2, 4]]);
        assert_eq!(dealt(vec![1], 8), [vec![1]]);
        assert_eq!(dealt(Vec::<i32>::new(), 0), [Vec::<i32>::new()]);
    }
}
