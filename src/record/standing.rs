//! What stands of a table once it was made ready for one schema.

use super::convert::convert;
use super::derive::Derived;
use super::value::Read;
use super::{From, Kind, Limit, Refusal};

/// What stands of a wanted table. Its columns may have other names, and wider kinds, than the schema wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// For each wanted column what stands of it; `None`: it is left out.
    pub columns: Vec<Option<Stand>>,
    /// The columns of ours that this schema does not have: in mode table a row has NULL there.
    pub absent: Vec<String>,
    /// The columns that are somebody else's, and left alone.
    pub foreign: Vec<String>,
    /// For each wanted column the longest value that it takes, where that is less than its kind allows.
    pub rooms: Vec<Option<Limit>>,
    /// Whether rows come by INSERT where they could come by COPY otherwise.
    pub by_insert: bool,
}

/// A column that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Its name in the table.
    pub name: String,
    /// What its values are: at least what the schema wants.
    pub kind: Kind,
    /// What is written down of it: in somebody else's column that takes more, what the schemas seen so far have there.
    pub noted: Kind,
}

impl Derived {
    /// The same for the table that stands: its names, its kinds, and the way from the schema's values to them.
    ///
    /// # Errors
    /// `type_conflict` where the column's kind does not hold the field's.
    pub fn stand(mut self, standing: &Standing) -> Result<Derived, Refusal> {
        let mut columns = Vec::with_capacity(self.table.columns.len());
        let wanted = std::mem::take(&mut self.table.columns);
        for (index, (mut column, stand)) in wanted.into_iter().zip(&standing.columns).enumerate() {
            column.room = standing.rooms.get(index).copied().flatten();
            let step = match column.from {
                From::Field(index) => Some(&mut self.steps[index]),
                _ => None,
            };
            match (stand, step) {
                (None, Some(step)) => step.skip = true,
                (None, None) => {}
                (Some(stand), step) => {
                    let read = step.map(|step| (convert(&step.read, column.kind, stand.kind), step));
                    match read {
                        Some((Some(read), step)) => {
                            step.read = match column.room {
                                Some(room) => Read::Within(Box::new(read), room),
                                None => read,
                            }
                        }
                        None if column.kind == stand.kind => {}
                        _ => {
                            let text = format!(
                                "column {} of table {} holds {}, and the schema's values are {}",
                                stand.name, self.table.name, stand.kind, column.kind
                            );
                            return Err(Refusal::new("type_conflict", text));
                        }
                    }
                    (column.name, column.kind) = (stand.name.clone(), stand.kind);
                    columns.push(column);
                }
            }
        }
        self.table.columns = columns;
        self.table.absent.clone_from(&standing.absent);
        self.table.foreign.clone_from(&standing.foreign);
        self.table.by_insert = standing.by_insert;
        Ok(self)
    }
}
