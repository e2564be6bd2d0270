//! `parse`: the captures of one regular expression as the fields of a struct; a text that does not match gives nulls.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringBuilder, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;

use super::Kernel;
use super::rows;

/// The captures of a pattern, each a text.
#[derive(Debug, Clone)]
pub struct ParseText {
    /// Compiled once, when the query is bound.
    regex: regex::Regex,
}

impl ParseText {
    /// A kernel for a pattern that matches whole texts and whose groups are the captures.
    pub fn new(regex: regex::Regex) -> Self {
        Self { regex }
    }

    /// How many fields its struct has.
    pub fn captures(&self) -> usize {
        // The first group of a match is all of it.
        self.regex.captures_len().saturating_sub(1)
    }

    /// The name of the field of a capture, counted from 0.
    pub fn field(position: usize) -> String {
        format!("c{position}")
    }

    fn fields(&self) -> Fields {
        (0..self.captures())
            .map(|position| Field::new(Self::field(position), DataType::Utf8, true))
            .collect()
    }
}

impl PartialEq for ParseText {
    /// A pattern says all about what it compiles to.
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for ParseText {}

impl Hash for ParseText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.regex.as_str().hash(state);
    }
}

impl Kernel for ParseText {
    fn name(&self) -> &str {
        "parse_text"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.fields()))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let texts = rows::texts(arguments, 0)?;
        let mut columns: Vec<StringBuilder> =
            (0..self.captures()).map(|_| StringBuilder::new()).collect();
        for text in texts {
            let captures = text.and_then(|text| self.regex.captures(text));
            for (position, column) in columns.iter_mut().enumerate() {
                let capture = captures.as_ref().and_then(|all| all.get(position + 1));
                column.append_option(capture.map(|capture| capture.as_str()));
            }
        }
        let columns: Vec<ArrayRef> = columns
            .iter_mut()
            .map(|column| Arc::new(column.finish()) as ArrayRef)
            .collect();
        Ok(Arc::new(StructArray::try_new_with_length(
            self.fields(),
            columns,
            None,
            texts.len(),
        )?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, StringArray};

    #[test]
    fn a_miss_and_a_null_give_nulls_in_every_field() {
        let kernel = ParseText::new(regex::Regex::new(r"(?s)\A(.*?)=(.*)\z").unwrap());
        let texts: ArrayRef = Arc::new(StringArray::from(vec![
            Some("skipped"),
            Some("a=b=c"),
            Some("no"),
            None,
        ]));
        let result = kernel.call(&[texts.slice(1, 3)]).unwrap();
        let column = |position: usize| {
            let column = result.as_struct().column(position).as_string::<i32>();
            column
                .iter()
                .map(|v| v.map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(column(0), [Some("a".to_owned()), None, None]);
        assert_eq!(column(1), [Some("b=c".to_owned()), None, None]);
        assert_eq!(result.len(), 3);
    }
}
