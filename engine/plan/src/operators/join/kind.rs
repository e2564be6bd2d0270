//! The kinds of join and what each means: which rows stay, which columns, and which way the scope crosses.

use datafusion_expr::JoinType;
use trawl_lang::Diagnostic;
use trawl_lang::ast::Ident;
use trawl_lang::words::JOIN_KINDS;

use crate::bind::Effect;
use crate::expr::Result;
use crate::suggest;

/// A kind of join; `lookup` is one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operators) enum Kind {
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    LeftAnti,
    /// A left outer join whose right side has each key once.
    Lookup,
}

impl Kind {
    /// The kind of a `join`; the parser has refused unknown ones with better messages.
    pub(super) fn of(kind: Option<&Ident>) -> Result<Self> {
        let Some(kind) = kind else {
            return Ok(Self::Inner);
        };
        Ok(match kind.name.as_str() {
            "inner" => Self::Inner,
            "leftouter" => Self::LeftOuter,
            "rightouter" => Self::RightOuter,
            "fullouter" => Self::FullOuter,
            "leftsemi" => Self::LeftSemi,
            "leftanti" => Self::LeftAnti,
            unknown => {
                return Err(
                    Diagnostic::error("Q0404", format!("no join kind `{unknown}`"))
                        .label(kind.span, "not a kind")
                        .help(format!(
                            "kinds: {}",
                            suggest::list(JOIN_KINDS.iter().copied())
                        ))
                        .into(),
                );
            }
        })
    }

    /// The join of a plan.
    pub(super) fn plan(self) -> JoinType {
        match self {
            Self::Inner => JoinType::Inner,
            Self::LeftOuter | Self::Lookup => JoinType::Left,
            Self::RightOuter => JoinType::Right,
            Self::FullOuter => JoinType::Full,
            Self::LeftSemi => JoinType::LeftSemi,
            Self::LeftAnti => JoinType::LeftAnti,
        }
    }

    /// It as it is written.
    pub(super) fn written(self) -> &'static str {
        match self {
            Self::Inner => "join",
            Self::LeftOuter => "join kind=leftouter",
            Self::RightOuter => "join kind=rightouter",
            Self::FullOuter => "join kind=fullouter",
            Self::LeftSemi => "join kind=leftsemi",
            Self::LeftAnti => "join kind=leftanti",
            Self::Lookup => "lookup",
        }
    }

    /// What becomes of a left row whose partner is missing; none where it is not in the result.
    pub(super) fn without_right(self) -> Option<Effect> {
        match self {
            Self::LeftAnti => Some(Effect::Kept),
            Self::LeftOuter | Self::FullOuter | Self::Lookup => Some(Effect::Nulls),
            Self::Inner | Self::RightOuter | Self::LeftSemi => None,
        }
    }

    /// Whether a row of the result can lack its left side.
    pub(super) fn left_can_miss(self) -> bool {
        matches!(self, Self::RightOuter | Self::FullOuter)
    }

    /// Whether a row of the result can lack its right side.
    pub(super) fn right_can_miss(self) -> bool {
        matches!(self, Self::LeftOuter | Self::FullOuter | Self::Lookup)
    }

    /// Whether the result has columns of the right side.
    pub(super) fn has_right_columns(self) -> bool {
        !matches!(self, Self::LeftSemi | Self::LeftAnti)
    }

    /// Whether left rows from clusters that the right side does not read cannot matter.
    pub(super) fn narrows_left(self) -> bool {
        matches!(self, Self::Inner | Self::LeftSemi | Self::RightOuter)
    }

    /// Whether right rows from clusters that the left side does not read cannot matter.
    pub(super) fn narrows_right(self) -> bool {
        matches!(
            self,
            Self::Inner | Self::LeftSemi | Self::LeftOuter | Self::LeftAnti | Self::Lookup
        )
    }
}
