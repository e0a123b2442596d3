//! Identifiers (types.md section 10).

use super::Dialect;
use crate::record::Refusal;

impl Dialect {
    /// A table's name as this database can hold it.
    ///
    /// # Errors
    /// `bad_name`.
    pub fn table_name(self, wanted: &str) -> Result<String, Refusal> {
        Ok(wanted.to_owned())
    }

    /// A column's name as this database can hold it.
    ///
    /// # Errors
    /// `bad_name`.
    pub fn column_name(self, wanted: &str) -> Result<String, Refusal> {
        Ok(wanted.to_owned())
    }

    /// Two names with the same folded form are one name to this database.
    pub fn fold(self, name: &str) -> String {
        name.to_owned()
    }

    /// The identifier between quotes, quotes inside doubled.
    pub fn quote(self, name: &str) -> String {
        let mark = if matches!(self, Dialect::Mysql | Dialect::Mariadb) { '`' } else { '"' };
        format!("{mark}{}{mark}", name.replace(mark, &format!("{mark}{mark}")))
    }
}
