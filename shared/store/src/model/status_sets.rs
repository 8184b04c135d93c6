//! Sets of statuses as SQL compares with them, by name. They are literals, for the partial indexes are only used where a
//! statement says the same as the index.

/// A comparison with statuses of assignments.
macro_rules! status {
    (PENDING) => {
        "= 0"
    };
    (IN_PROGRESS) => {
        "= 1"
    };
    (COMPLETED) => {
        "= 2"
    };
    (IN_REVIEW) => {
        "= 3"
    };
    (CANCELLED) => {
        "= 6"
    };
    // Somebody has a lease on it, to annotate or to review.
    (LEASED) => {
        "IN (1, 3)"
    };
    // A reviewer or the review rule has decided about it.
    (DECIDED) => {
        "IN (4, 5)"
    };
    // Pending, or under an annotator's lease.
    (NOT_SUBMITTED) => {
        "< 2"
    };
    // Somebody still has to act.
    (UNDECIDED) => {
        "< 4"
    };
    (NOT_PENDING) => {
        "> 0"
    };
}

/// A comparison with statuses of jobs.
macro_rules! job_status {
    (ACTIVE) => {
        "= 0"
    };
    // Active or paused.
    (OPEN) => {
        "< 2"
    };
    // Neither cancelled nor done.
    (UNFINISHED) => {
        "< 3"
    };
}

/// A comparison with how a lease has ended.
macro_rules! lease_end {
    (SUBMITTED) => {
        "= 5"
    };
}

pub(crate) use {job_status, lease_end, status};

#[cfg(test)]
mod tests {
    use swath_domain::job::JobStatus;
    use swath_domain::{LeaseEnd, Status};

    /// The codes that a comparison such as `IN (1, 3)` or `< 2` admits, out of these.
    fn admitted(comparison: &str, codes: impl Iterator<Item = i64>) -> Vec<i64> {
        let (operator, operand) = comparison.split_once(' ').unwrap();
        let listed: Vec<i64> =
            operand.trim_matches(['(', ')']).split(", ").map(|code| code.parse().unwrap()).collect();
        let admits = |code: &i64| match operator {
            "=" | "IN" => listed.contains(code),
            "<" => *code < listed[0],
            ">" => *code > listed[0],
            other => panic!("the operator {other}"),
        };
        codes.filter(admits).collect()
    }

    fn of_assignments(comparison: &str) -> Vec<Status> {
        let codes = admitted(comparison, Status::ALL.iter().map(|status| status.code()));
        codes.into_iter().map(|code| Status::from_code(code).unwrap()).collect()
    }

    fn of_jobs(comparison: &str) -> Vec<JobStatus> {
        let codes = admitted(comparison, JobStatus::ALL.iter().map(|status| status.code()));
        codes.into_iter().map(|code| JobStatus::from_code(code).unwrap()).collect()
    }

    #[test]
    fn each_set_of_statuses_admits_what_its_name_says() {
        use Status::{Accepted, Cancelled, Completed, InProgress, InReview, Pending, Rejected};
        assert_eq!(of_assignments(status!(PENDING)), [Pending]);
        assert_eq!(of_assignments(status!(IN_PROGRESS)), [InProgress]);
        assert_eq!(of_assignments(status!(COMPLETED)), [Completed]);
        assert_eq!(of_assignments(status!(IN_REVIEW)), [InReview]);
        assert_eq!(of_assignments(status!(CANCELLED)), [Cancelled]);
        assert_eq!(of_assignments(status!(LEASED)), [InProgress, InReview]);
        assert_eq!(of_assignments(status!(DECIDED)), [Accepted, Rejected]);
        assert_eq!(of_assignments(status!(NOT_SUBMITTED)), [Pending, InProgress]);
        let undecided: Vec<_> = Status::ALL.into_iter().filter(|status| status.is_undecided()).collect();
        assert_eq!(of_assignments(status!(UNDECIDED)), undecided);
        assert_eq!(of_assignments(status!(NOT_PENDING)), Status::ALL[1..]);
    }

    #[test]
    fn each_set_of_statuses_of_jobs_admits_what_its_name_says() {
        use JobStatus::{Active, Cancelling, Paused};
        assert_eq!(of_jobs(job_status!(ACTIVE)), [Active]);
        assert_eq!(of_jobs(job_status!(OPEN)), [Active, Paused]);
        assert_eq!(of_jobs(job_status!(UNFINISHED)), [Active, Paused, Cancelling]);
    }

    #[test]
    fn the_end_of_a_submitted_lease_has_its_code() {
        assert_eq!(lease_end!(SUBMITTED), format!("= {}", LeaseEnd::Submitted.code()));
    }
}
