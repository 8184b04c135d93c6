//! Bugs that the simulation must find. Each is a switch of the thread that runs a world. This file and the patches
//! beside it are applied to a copy of the sources; the product does not contain them.

macro_rules! bugs {
    ($($(#[$doc:meta])* $bug:ident,)*) => {
        /// A bug. Only one is planted at a time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Bug { $($(#[$doc])* $bug,)* }

        impl Bug {
            /// All bugs.
            pub const ALL: &[Bug] = &[$(Bug::$bug,)*];
        }
    };
}

bugs! {
    /// A grant does not increase the fencing token.
    FenceStands,
    /// A call with any lease id is accepted from the user who holds the assignment.
    FenceUnchecked,
    /// The sweep also expires finished work.
    ExpireFinished,
    /// The sweep expires leases that are still current.
    ExpireEarly,
    /// An expiry clears the lease, so that its holder cannot revive it.
    ExpireForgetsHolder,
    /// The hard deadline of a lease is ignored.
    DeadlineIgnored,
    /// A renewal does not move the expiry.
    RenewForgotten,
    /// A released lease stays on the assignment.
    ReleaseKeepsLease,
    /// Reviewers are given their own work.
    SelfReview,
    /// A reservation excludes everyone else for ever.
    ReservedForEver,
    /// A reservation excludes nobody.
    ReservedForNobody,
    /// All items of a rejected submission are redone.
    RequeueAll,
    /// The first rejected item is not redone.
    RequeueOneLess,
    /// Rejected items are not redone.
    RequeueNothing,
    /// Rework is given to anyone at once.
    ReworkForAnyone,
    /// The number of rounds is unbounded.
    RoundsUnbounded,
    /// A rejected submission can be reopened.
    ReopenRejected,
    /// An accepted assignment can be cancelled.
    CancelAccepted,
    /// A submission that a reviewer should see is auto-accepted.
    WaiveReviewed,
    /// A skipped item counts as accepted.
    SkippedCounted,
    /// Releases are not logged.
    ReleaseUnlogged,
    /// Releases are missing from the counters.
    ReleaseUncounted,
    /// Expiries are counted twice.
    ExpiryDoubled,
    /// The last item of an incomplete range is left out.
    RangeShort,
    /// A range begins one item too early.
    RangeOverlaps,
    /// A cut does not record how far the job is cut.
    CutStands,
    /// The answer is sent before the commit.
    AnswerBeforeCommit,
    /// A new holder gets the id of the previous lease.
    LeaseReused,
    /// A repeated submission is handled as a new one.
    SubmissionForgotten,
    /// A repeated decision is handled as a new one.
    DecisionForgotten,
    /// The answer under a lease request's idempotency key is not kept.
    GrantKeyForgotten,
    /// Another request with the same key gets the first one's answer.
    KeyMatchesAnything,
    /// One user may give all opinions on a range.
    OpinionsUncounted,
    /// Items saved by a former holder count for the next one.
    HolderInherits,
    /// An incomplete submission is accepted.
    IncompleteTaken,
    /// A changed annotation keeps its revision.
    RevisionStands,
    /// The items of a stale submission overwrite newer ones of the same author.
    LateOverwrites,
    /// No work is granted while the locks refuse.
    LocksDecide,
    /// "No work" is answered without asking the database.
    NoWorkUnseen,
    /// A paused job still grants work.
    PauseUnheard,
    /// Cancelling a job leaves out leased assignments.
    CancelSparesHeld,
    /// A job becomes done while work is left.
    DoneEarly,
    /// The sweep reads a single page, which entries of other kinds can fill.
    SweepStarves,
    /// A submission whose notice was lost is never auto-accepted.
    NoticesTrusted,
    /// A user who loses a role keeps what needs that role.
    LeaverKeepsLease,
    /// A grant that commits after its holder lost the role is never found.
    LateGrantKept,
    /// The figures that a verdict names are not stored.
    FiguresForgotten,
    /// The next round also shows the verdicts of a reviewer who released the review.
    VerdictsOfOthers,
    /// An expired lease still counts among one's own work.
    ExpiredHeld,
    /// A request attempt that was taken over still completes its request.
    TwinsBothComplete,
    /// An attempt whose process has died counts as running for ever.
    AttemptNeverOver,
    /// A size that one user reports twice counts as agreed.
    ReportAgreesWithItself,
    /// A size replaces a more certain one.
    CertainSizeReplaced,
    /// Figures are refused because of a provisional size.
    ProvisionalBinds,
    /// A picture that is missing again is not recorded, because its process remembers the first time.
    MissingAgainUnseen,
    /// A release writes no event.
    EventForgotten,
    /// Events are added to the coverage more than once.
    FoldStands,
    /// A page of events ends at the newest one, although earlier ones may still be uncommitted.
    EventSkipped,
}

/// True if the named bug is planted on this thread.
#[macro_export]
macro_rules! bug {
    ($name:ident) => {
        $crate::planted::is($crate::planted::Bug::$name)
    };
}

/// True if a bug is planted on this thread.
pub fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug on this thread, or removes it.
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}
