//! How much of a list fits into a page that is bounded in bytes.

/// How many of these, from the first on, take at most `most` bytes together; at least one unless there is none.
pub fn fitting<T>(sizes: &[T], most: usize, bytes: impl Fn(&T) -> usize) -> usize {
    let mut sum = 0_usize;
    let fits = |size: &&T| {
        sum = sum.saturating_add(bytes(size));
        sum <= most
    };
    sizes.iter().take_while(fits).count().max(1).min(sizes.len())
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn one_fits_in_any_case_and_the_rest_by_their_sum() {
        let count = |sizes: &[usize]| fitting(sizes, 10, |size| *size);
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[11, 1]), 1);
        assert_eq!(count(&[4, 6, 0, 1]), 3);
    }
}
