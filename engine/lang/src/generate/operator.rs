//! Random queries: every source and every operator of the pipe.

use super::Maker;
use super::words::ident;
use crate::ast::{
    Branch, Direction, Item, Key, Op, OpKind, Pattern, Query, Serie, Source, TableRef, Tail,
    TypeName,
};
use crate::span::Span;
use crate::words;

/// How many operators [`Maker::op_kind`] knows.
const OPERATORS: u32 = 19;

impl Maker {
    /// A query of any length.
    pub(super) fn query(&mut self) -> Query {
        let most = if self.budget > 0 { 5 } else { 2 };
        let count = self.rng.below(most);
        self.query_of(count)
    }

    /// A query with at least one operator.
    pub(super) fn piped_query(&mut self) -> Query {
        let count = 1 + self.rng.below(2);
        self.query_of(count)
    }

    fn query_of(&mut self, operators: u32) -> Query {
        let source = self.source();
        let ops = (0..operators).map(|_| self.op()).collect();
        Query {
            source,
            ops,
            span: Span::default(),
        }
    }

    fn source(&mut self) -> Source {
        match self.rng.below(7) {
            0 => Source::Union(self.some(Self::branch)),
            1 => Source::Print(self.some(Self::item)),
            2 => {
                let columns = self.some(|maker| (maker.ident(), maker.type_name()));
                let cells = match self.rng.below(3) {
                    0 => Vec::new(),
                    _ => self.some(Self::expr),
                };
                Source::DataTable { columns, cells }
            }
            _ => Source::Branch(self.branch()),
        }
    }

    fn branch(&mut self) -> Branch {
        if self.rng.one_in(4) && self.spend() {
            return Branch::Query(Box::new(self.deeper(Self::query)));
        }
        let mut path = vec![self.ident()];
        if self.rng.one_in(3) {
            path.extend(self.some(Self::ident));
        }
        let args = if self.rng.one_in(3) {
            Some(self.deeper(Self::args))
        } else {
            None
        };
        Branch::Table(TableRef {
            path,
            args,
            span: Span::default(),
        })
    }

    /// A type, sometimes of lists.
    pub(super) fn type_name(&mut self) -> TypeName {
        let mut ty = TypeName::Named(match self.rng.below(3) {
            0 => self.ident(),
            _ => ident(self.rng.pick(words::TYPES)),
        });
        while self.rng.one_in(3) {
            ty = TypeName::List(Box::new(ty), Span::default());
        }
        ty
    }

    fn op(&mut self) -> Op {
        Op {
            kind: self.op_kind(),
            name: Span::default(),
            span: Span::default(),
        }
    }

    fn op_kind(&mut self) -> OpKind {
        match self.rng.below(OPERATORS) {
            0 => OpKind::Where(self.expr()),
            1 => OpKind::Extend(self.items()),
            2 => OpKind::Project(self.items()),
            3 => OpKind::ProjectAway(self.some(Self::ident)),
            4 => OpKind::ProjectRename(self.some(|maker| (maker.ident(), maker.ident()))),
            5 => match self.rng.below(3) {
                0 => OpKind::Summarize {
                    items: Vec::new(),
                    by: self.items(),
                },
                _ => OpKind::Summarize {
                    items: self.items(),
                    by: self.some_or_none(),
                },
            },
            6 => OpKind::MakeSeries {
                series: self.some(|maker| Serie {
                    item: maker.item(),
                    default: maker.maybe(Self::expr),
                }),
                on: self.expr(),
                from: self.expr(),
                to: self.expr(),
                step: self.expr(),
                by: self.some_or_none(),
            },
            7 => OpKind::Sort(self.some(Self::key)),
            8 => OpKind::Take(self.expr()),
            9 => OpKind::Top {
                count: self.expr(),
                by: self.some(Self::key),
            },
            10 => OpKind::Distinct(self.some_or_none()),
            11 => OpKind::Count,
            12 => OpKind::GetSchema,
            13 => OpKind::Join {
                kind: self.maybe(|maker| ident(maker.rng.pick(words::JOIN_KINDS))),
                tail: self.tail(),
            },
            14 => OpKind::Lookup(self.tail()),
            15 => OpKind::Union(self.some(Self::branch)),
            16 => OpKind::MvExpand {
                kind: self.maybe(|maker| ident(maker.rng.pick(words::EXPAND_KINDS))),
                item: self.item(),
            },
            17 => OpKind::Parse {
                expr: self.expr(),
                pattern: self.some(Self::pattern),
            },
            _ => OpKind::Render {
                how: match self.rng.below(3) {
                    0 => self.ident(),
                    _ => ident(self.rng.pick(words::RENDERINGS)),
                },
                with: self.some_or_none(),
            },
        }
    }

    fn items(&mut self) -> Vec<Item> {
        self.some(Self::item)
    }

    fn some_or_none(&mut self) -> Vec<Item> {
        self.maybe(Self::items).unwrap_or_default()
    }

    fn key(&mut self) -> Key {
        Key {
            expr: self.expr(),
            direction: match self.rng.below(3) {
                0 => None,
                1 => Some(Direction::Asc),
                _ => Some(Direction::Desc),
            },
        }
    }

    fn tail(&mut self) -> Tail {
        Tail {
            right: self.branch(),
            alias: self.maybe(Self::ident),
            on: self.some(Self::expr),
        }
    }

    fn pattern(&mut self) -> Pattern {
        match self.rng.below(3) {
            0 => Pattern::Any(Span::default()),
            1 => Pattern::Text(self.string(), Span::default()),
            _ => {
                let ty = self.maybe(Self::type_name);
                Pattern::Column(self.ident(), ty)
            }
        }
    }
}
