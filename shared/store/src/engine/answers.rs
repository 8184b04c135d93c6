//! The answers of a batch, in the order of its commands.

use crate::error::{Result, StoreError};

/// See the module. A refusal of one command is an answer; an error that aborts the transaction never gets in.
pub(crate) struct Answers<R>(Vec<Result<R>>);

impl<R> Answers<R> {
    /// Room for so many answers.
    pub(crate) fn with_capacity(commands: usize) -> Self {
        Self(Vec::with_capacity(commands))
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// The answer itself where it is an error that aborts the whole batch.
    pub(crate) fn push(&mut self, answer: Result<R>) -> Result<()> {
        match answer {
            Err(error) if aborts(&error) => Err(error),
            answer => {
                self.0.push(answer);
                Ok(())
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Result<R>> {
        self.0.iter()
    }

    pub(crate) fn into_vec(self) -> Vec<Result<R>> {
        self.0
    }
}

fn aborts(error: &StoreError) -> bool {
    match error {
        StoreError::Collision(_)
        | StoreError::Unavailable(_)
        | StoreError::Panicked(_)
        | StoreError::Corrupt { .. } => true,
        StoreError::NotFound | StoreError::Conflict(_) | StoreError::Invalid(_) | StoreError::Refused(_) => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;
    use crate::error::StoreError;

    #[test]
    fn a_refusal_is_an_answer_and_a_failure_aborts_the_batch() {
        let mut answers = Answers::with_capacity(2);
        answers.push(Ok(1)).unwrap();
        answers.push(Err(StoreError::NotFound)).unwrap();
        let failed = answers.push(Err(StoreError::Collision("a row".into())));
        assert!(matches!(failed, Err(StoreError::Collision(_))));
        assert_eq!(answers.into_vec().len(), 2);
    }
}
