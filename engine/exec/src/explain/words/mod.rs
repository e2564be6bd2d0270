//! Expressions of a plan in the query's words: `phase == "Running"` for what DataFusion writes as
//! `pods#1.status.phase::string IS NOT DISTINCT FROM Utf8("Running")`. For people; it need not parse.

mod aggregate;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{Case, ScalarFunction, Sort};
use datafusion::logical_expr::utils::{split_binary, split_conjunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use trawl_plan::kernels::arithmetic::Arithmetic;
use trawl_plan::kernels::convert::Convert;
use trawl_plan::kernels::dynamic::{JsonAs, JsonOrder, JsonPath};
use trawl_plan::kernels::equality::Canonical;
use trawl_plan::kernels::items::{JsonItems, MapEntries};
use trawl_plan::kernels::json_get::JsonGet;
use trawl_plan::kernels::map_get::MapGet;
use trawl_plan::kernels::text::TextMatch;
use trawl_plan::kernels::{Kernel, match_call};
use trawl_plan::{Step, Type, parse_type, time_text};

/// How tightly an expression holds together; a looser one needs parentheses inside a tighter one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tight {
    Or,
    And,
    Not,
    Compare,
    Add,
    Multiply,
    Whole,
}

/// A condition.
pub fn condition(expr: &Expr) -> String {
    text(expr)
}

/// Any expression.
pub fn text(expr: &Expr) -> String {
    write(expr).0
}

/// The keys of an order, `restarts desc`, without those that only put null and NaN last, which the language does by itself. There is
/// always one: an order without a key would be none.
pub fn sort_keys(keys: &[Sort]) -> Vec<String> {
    let own = |key: &&Sort| {
        !matches!(key.expr, Expr::IsNull(_) | Expr::IsNotNull(_)) && !about_nan(&key.expr)
    };
    let written = |key: &Sort| {
        let direction = if key.asc { "asc" } else { "desc" };
        format!("{} {direction}", text(&key.expr))
    };
    let shown: Vec<String> = keys.iter().filter(own).map(written).collect();
    if shown.is_empty() {
        keys.iter().map(written).collect()
    } else {
        shown
    }
}

/// The name of a column without what the planner added: `status.phase` for `status.phase::string#12`.
pub fn column(name: &str) -> String {
    let name = match name.rsplit_once('#') {
        Some((name, number)) if number.chars().all(|c| c.is_ascii_digit()) => name,
        _ => name,
    };
    match name.rsplit_once("::") {
        Some((path, ty)) if parse_type(ty).is_ok() => path.to_owned(),
        _ => name.to_owned(),
    }
}

/// The names of clusters that a condition over bare columns asks for, when that is all that it does.
pub fn cluster_names(condition: &Expr) -> Option<Vec<String>> {
    let (of, items) = set(condition)?;
    match of {
        Expr::Column(column) if column.name == trawl_plan::virtuals::CLUSTER => items
            .into_iter()
            .map(|item| match item {
                Expr::Literal(ScalarValue::Utf8(Some(name)), _) => Some(name.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// `x in (…)`, also as the `or` that DataFusion makes of a short one: what is looked for, and where.
fn set(expr: &Expr) -> Option<(&Expr, Vec<&Expr>)> {
    match expr {
        Expr::IsTrue(inner) => set(inner),
        Expr::InList(list) if !list.negated => Some((&list.expr, list.list.iter().collect())),
        _ => {
            let mut of = None;
            let mut items = Vec::new();
            for part in split_binary(expr, Operator::Or) {
                let Expr::BinaryExpr(BinaryExpr { left, op, right }) = part else {
                    return None;
                };
                let equals = matches!(op, Operator::Eq | Operator::IsNotDistinctFrom);
                if !equals || *of.get_or_insert(left.as_ref()) != left.as_ref() {
                    return None;
                }
                items.push(right.as_ref());
            }
            Some((of?, items))
        }
    }
}

fn write(expr: &Expr) -> (String, Tight) {
    match expr {
        Expr::Column(of) => (column(&of.name), Tight::Whole),
        Expr::Literal(value, _) => (literal(value), Tight::Whole),
        Expr::Alias(alias) => write(&alias.expr),
        // How the binder makes a test two-valued, and conversions that nobody wrote.
        Expr::IsTrue(inner) => write(inner),
        Expr::Cast(cast) => write(&cast.expr),
        Expr::TryCast(cast) => write(&cast.expr),
        Expr::Not(inner) | Expr::IsNotTrue(inner) => not(inner),
        Expr::IsNull(inner) => compare(inner, "==", "null"),
        Expr::IsNotNull(inner) => compare(inner, "!=", "null"),
        Expr::IsFalse(inner) => compare(inner, "==", "false"),
        Expr::Negative(inner) => (format!("-{}", within(inner, Tight::Whole)), Tight::Multiply),
        Expr::InList(list) => {
            let items: Vec<String> = list.list.iter().map(text).collect();
            let word = if list.negated { "!in" } else { "in" };
            compare(&list.expr, word, &format!("({})", items.join(", ")))
        }
        Expr::Between(between) => {
            let word = if between.negated {
                "!between"
            } else {
                "between"
            };
            let range = format!("({} .. {})", text(&between.low), text(&between.high));
            compare(&between.expr, word, &range)
        }
        Expr::BinaryExpr(binary) => self::binary(binary, expr),
        Expr::Case(case) => (self::case(case), Tight::Whole),
        Expr::ScalarFunction(function) => call(function, expr),
        Expr::AggregateFunction(function) => (aggregate::words(function), Tight::Whole),
        other => (cleaned(&other.to_string()), Tight::Whole),
    }
}

/// An operand, in parentheses where it would fall apart.
fn within(expr: &Expr, tight: Tight) -> String {
    let (text, own) = write(expr);
    if own < tight {
        format!("({text})")
    } else {
        text
    }
}

fn compare(left: &Expr, word: &str, right: &str) -> (String, Tight) {
    (
        format!("{} {word} {right}", within(left, Tight::Add)),
        Tight::Compare,
    )
}

fn not(inner: &Expr) -> (String, Tight) {
    if let Some((kernel, [value, pattern])) = match_call::<TextMatch>(inner) {
        return text_match(kernel, value, pattern, "!");
    }
    (format!("not {}", within(inner, Tight::Compare)), Tight::Not)
}

/// Whether it only keeps NaN out of a comparison, which the language does by itself.
fn about_nan(expr: &Expr) -> bool {
    match expr {
        Expr::Not(inner) | Expr::IsTrue(inner) | Expr::IsNotTrue(inner) => about_nan(inner),
        Expr::ScalarFunction(function) => function.name() == "isnan",
        _ => false,
    }
}

fn binary(binary: &BinaryExpr, expr: &Expr) -> (String, Tight) {
    let join = |parts: Vec<&Expr>, word: &str, tight: Tight| {
        let parts: Vec<&Expr> = parts.into_iter().filter(|part| !about_nan(part)).collect();
        match parts.as_slice() {
            [only] => write(only),
            parts => {
                let texts: Vec<String> = parts.iter().map(|part| within(part, tight)).collect();
                (texts.join(word), tight)
            }
        }
    };
    let (word, tight) = match binary.op {
        Operator::And => return join(split_conjunction(expr), " and ", Tight::And),
        Operator::Or => {
            if let Some((of, items)) = set(expr) {
                let items: Vec<String> = items.into_iter().map(text).collect();
                return compare(of, "in", &format!("({})", items.join(", ")));
            }
            return join(split_binary(expr, Operator::Or), " or ", Tight::Or);
        }
        // `x is not distinct from true` is how the simplifier writes `x is true`.
        Operator::IsNotDistinctFrom
            if matches!(
                &*binary.right,
                Expr::Literal(ScalarValue::Boolean(Some(true)), _)
            ) && !matches!(&*binary.left, Expr::Column(_)) =>
        {
            return write(&binary.left);
        }
        // How the binder makes one zero of two.
        Operator::Plus if is_zero(&binary.right) => return write(&binary.left),
        Operator::Eq | Operator::IsNotDistinctFrom => ("==", Tight::Compare),
        Operator::NotEq | Operator::IsDistinctFrom => ("!=", Tight::Compare),
        Operator::Lt => ("<", Tight::Compare),
        Operator::LtEq => ("<=", Tight::Compare),
        Operator::Gt => (">", Tight::Compare),
        Operator::GtEq => (">=", Tight::Compare),
        Operator::Plus => ("+", Tight::Add),
        Operator::Minus => ("-", Tight::Add),
        Operator::Multiply => ("*", Tight::Multiply),
        Operator::Divide => ("/", Tight::Multiply),
        Operator::Modulo => ("%", Tight::Multiply),
        _ => return (cleaned(&expr.to_string()), Tight::Compare),
    };
    operation(&binary.left, word, &binary.right, tight)
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Float64(Some(zero)), _) if *zero == 0.0)
}

fn operation(left: &Expr, word: &str, right: &Expr, tight: Tight) -> (String, Tight) {
    let right_tight = if tight == Tight::Add {
        Tight::Multiply
    } else {
        Tight::Add.max(tight)
    };
    let left = within(left, Tight::Add.max(tight));
    (
        format!("{left} {word} {}", within(right, right_tight)),
        tight,
    )
}

fn text_match(kernel: &TextMatch, value: &Expr, pattern: &Expr, not: &str) -> (String, Tight) {
    // `matches_regex` is the only word that the language writes as two.
    let word = match kernel.name() {
        "matches_regex" => "matches regex",
        word => word,
    };
    compare(value, &format!("{not}{word}"), &within(pattern, Tight::Add))
}

fn case(case: &Case) -> String {
    // `case when isnan(x) then null else x end` keeps NaN out of sorts and keys.
    if let ([(when, then)], Some(otherwise)) = (case.when_then_expr.as_slice(), &case.else_expr) {
        if about_nan(when) {
            return text(otherwise);
        }
        return format!("iff({}, {}, {})", text(when), text(then), text(otherwise));
    }
    let mut parts: Vec<String> = case
        .when_then_expr
        .iter()
        .flat_map(|(when, then)| [text(when), text(then)])
        .collect();
    parts.extend(case.else_expr.as_deref().map(text));
    format!("case({})", parts.join(", "))
}

fn call(function: &ScalarFunction, expr: &Expr) -> (String, Tight) {
    // A value that is only hidden from the optimiser.
    if let ("opaque", Some(value)) = (function.name(), function.args.first()) {
        return (within(value, Tight::Whole), Tight::Whole);
    }
    if let Some((kernel, [value, pattern])) = match_call::<TextMatch>(expr) {
        return text_match(kernel, value, pattern, "");
    }
    if let Some((kernel, [left, right])) = match_call::<Arithmetic>(expr) {
        use trawl_lang::ast::ArithmeticOp as A;
        let (word, tight) = match kernel.op {
            A::Add => ("+", Tight::Add),
            A::Sub => ("-", Tight::Add),
            A::Mul => ("*", Tight::Multiply),
            A::Div => ("/", Tight::Multiply),
            A::Mod => ("%", Tight::Multiply),
        };
        return operation(left, word, right, tight);
    }
    if let Some((kernel, [document])) = match_call::<JsonPath>(expr) {
        let mut path = within(document, Tight::Whole);
        for step in &kernel.steps {
            path.push_str(&match step {
                Step::Key(key) => member(key),
                Step::Index(index) => format!("[{index}]"),
            });
        }
        return (path, Tight::Whole);
    }
    let unwrapped = match_call::<JsonAs>(expr).map(|(_, args)| args);
    // The items of a document are what `mv-expand` of it means.
    let unwrapped = unwrapped.or_else(|| match_call::<JsonItems>(expr).map(|(_, args)| args));
    let unwrapped = unwrapped.or_else(|| match_call::<MapEntries>(expr).map(|(_, args)| args));
    let unwrapped = unwrapped.or_else(|| match_call::<JsonOrder>(expr).map(|(_, args)| args));
    // How the binder makes one of the keys that are equal.
    let unwrapped = unwrapped.or_else(|| match_call::<Canonical>(expr).map(|(_, args)| args));
    if let Some([inner]) = unwrapped {
        return write(inner);
    }
    if let Some((kernel, [inner])) = match_call::<Convert>(expr) {
        return match kernel.to {
            Type::String | Type::Dynamic => write(inner),
            _ => (format!("to{}({})", kernel.to, text(inner)), Tight::Whole),
        };
    }
    let keyed = match_call::<MapGet>(expr).map(|(_, args)| args);
    let keyed = keyed.or_else(|| match_call::<JsonGet>(expr).map(|(_, args)| args));
    let args = function.args.as_slice();
    let keyed = keyed.or_else(|| (function.name() == "get_field").then_some(args));
    if let Some([of, key]) = keyed {
        let key = match key {
            Expr::Literal(ScalarValue::Utf8(Some(key)), _) => member(key),
            other => format!("[{}]", text(other)),
        };
        return (format!("{}{key}", within(of, Tight::Whole)), Tight::Whole);
    }
    let name = match function.name() {
        "lower" => "tolower",
        "upper" => "toupper",
        "character_length" => "strlen",
        own => own,
    };
    let args: Vec<String> = args.iter().map(text).collect();
    (format!("{name}({})", args.join(", ")), Tight::Whole)
}

fn member(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_alphanumeric() || c == '_');
    if plain && !key.starts_with(|c: char| c.is_ascii_digit()) {
        format!(".{key}")
    } else {
        format!("[{key:?}]")
    }
}

fn literal(value: &ScalarValue) -> String {
    use ScalarValue as S;
    match value {
        value if value.is_null() => "null".to_owned(),
        S::Utf8(Some(text)) | S::LargeUtf8(Some(text)) | S::Utf8View(Some(text)) => {
            format!("{text:?}")
        }
        S::TimestampNanosecond(Some(at), _) => {
            format!("datetime({})", time_text::format_datetime(*at))
        }
        S::DurationNanosecond(Some(span)) => time_text::format_timespan(*span),
        S::List(_) => "[…]".to_owned(),
        S::Struct(_) | S::Map(_) => "{…}".to_owned(),
        other => other.to_string(),
    }
}

/// A text of DataFusion's without the numbers that keep names apart and the types behind paths.
pub fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.next_if(char::is_ascii_digit).is_some() {}
        } else {
            out.push(c);
        }
    }
    for name in Type::NAMES {
        out = out.replace(&format!("::{name}"), "");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::common::Column;
    use datafusion::logical_expr::lit;

    fn col(name: &str) -> Expr {
        Expr::Column(Column::new(Some("pods#1"), name))
    }

    #[test]
    fn conditions_read_as_they_were_written() {
        let phase = col("status.phase::string");
        for (expr, expected) in [
            (
                phase.clone().eq(lit("Running")).is_true(),
                "status.phase == \"Running\"",
            ),
            (
                col("cluster").in_list(vec![lit("a"), lit("b")], false),
                "cluster in (\"a\", \"b\")",
            ),
            (
                col("n#4").eq(lit(1)).or(col("n#4").eq(lit(2))),
                "n in (1, 2)",
            ),
            (
                col("a").gt(lit(1)).and(col("b").is_null().or(col("c"))),
                "a > 1 and (b == null or c)",
            ),
            (Expr::Not(Box::new(col("a").lt(lit(2)))), "not a < 2"),
            ((col("a") + lit(1)) * lit(2), "(a + 1) * 2"),
            (col("a") - (col("b") - lit(1)), "a - (b - 1)"),
        ] {
            assert_eq!(text(&expr), expected);
        }
    }

    #[test]
    fn names_lose_what_the_planner_added() {
        assert_eq!(column("status.phase::string"), "status.phase");
        assert_eq!(column("n#12"), "n");
        assert_eq!(column("a#b"), "a#b");
        assert_eq!(cleaned("x#1.y::string = 2"), "x.y = 2");
    }

    #[test]
    fn a_set_of_clusters_is_known_as_one() {
        let bare = |name: &str| Expr::Column(Column::from_name(name));
        let set = bare("cluster")
            .eq(lit("a"))
            .or(bare("cluster").eq(lit("b")));
        assert_eq!(cluster_names(&set).unwrap(), ["a", "b"]);
        assert_eq!(cluster_names(&bare("region").eq(lit("a"))), None);
    }
}
