//! Bugs that the simulation must find, each a switch of the thread that runs a world. This file and the patches beside it
//! are applied to a copy of the tree; the product knows nothing of them.

macro_rules! bugs {
    ($($(#[$doc:meta])* $bug:ident,)*) => {
        /// A bug, one at a time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Bug { $($(#[$doc])* $bug,)* }

        impl Bug {
            /// Every bug.
            pub const ALL: &[Bug] = &[$(Bug::$bug,)*];
        }
    };
}

bugs! {
    /// A grant leaves the fence as it is.
    FenceStands,
    /// A lease is good whatever its id, for whoever holds the assignment.
    FenceUnchecked,
    /// The sweep lets finished work expire too.
    ExpireFinished,
    /// The sweep takes leases that still run.
    ExpireEarly,
    /// An expiry wipes the lease off the row, so that its holder cannot come back.
    ExpireForgetsHolder,
    /// The hard deadline of a lease is not looked at.
    DeadlineIgnored,
    /// A renewal does not move the expiry.
    RenewForgotten,
    /// A lease that was given back still stands on the row.
    ReleaseKeepsLease,
    /// Reviewers get their own work.
    SelfReview,
    /// A reservation keeps everyone else off for ever.
    ReservedForEver,
    /// A reservation keeps nobody off.
    ReservedForNobody,
    /// All items of a rejected submission come back.
    RequeueAll,
    /// The first rejected item does not come back.
    RequeueOneLess,
    /// Rejected items do not come back.
    RequeueNothing,
    /// Rework is offered to anyone at once.
    ReworkForAnyone,
    /// Rounds have no end.
    RoundsUnbounded,
    /// A rejected submission can be reopened.
    ReopenRejected,
    /// What is accepted can be called off.
    CancelAccepted,
    /// What a reviewer should see is waived.
    WaiveReviewed,
    /// A skipped item counts as accepted.
    SkippedCounted,
    /// Releases are not logged.
    ReleaseUnlogged,
    /// The counters miss what is released.
    ReleaseUncounted,
    /// Expiries are counted twice.
    ExpiryDoubled,
    /// The last item of a range that is not full is left out.
    RangeShort,
    /// A range begins one item early.
    RangeOverlaps,
    /// A cut does not move the mark.
    CutStands,
    /// The answer is given before the commit.
    AnswerBeforeCommit,
    /// A new holder gets the id of the lease before.
    LeaseReused,
    /// A submission that is sent again is a new one.
    SubmissionForgotten,
    /// A decision that is sent again is a new one.
    DecisionForgotten,
    /// A key that asked for a lease once means nothing the next time.
    GrantKeyForgotten,
    /// Another request under a key gets the first one's answer.
    KeyMatchesAnything,
    /// One person may give all the opinions on a range.
    OpinionsUncounted,
    /// What a former holder saved counts for the next one.
    HolderInherits,
    /// Work is taken though items are missing.
    IncompleteTaken,
    /// A changed annotation keeps its revision.
    RevisionStands,
    /// A stale submission's items overwrite the author's own.
    LateOverwrites,
    /// Nothing can be had while the locks refuse.
    LocksDecide,
    /// "No work" is said without a look.
    NoWorkUnseen,
    /// A paused job goes on granting.
    PauseUnheard,
    /// A cancelled job spares what is under a lease.
    CancelSparesHeld,
    /// A job is done while work is left.
    DoneEarly,
    /// The sweep looks at one page that others can fill.
    SweepStarves,
    /// What no notice told of is never waived.
    NoticesTrusted,
    /// A person who loses a role keeps what only that role allows.
    LeaverKeepsLease,
    /// A grant that comes after its holder's departure is not looked for.
    LateGrantKept,
    /// The figures that a verdict is about are not stored.
    FiguresForgotten,
    /// The next round also shows the verdicts of a reviewer who gave the review back.
    VerdictsOfOthers,
    /// A lease that has expired still counts as one's own work.
    ExpiredHeld,
    /// An attempt that was taken over completes its request all the same.
    TwinsBothComplete,
    /// An attempt whose process has died is believed to run for ever.
    AttemptNeverOver,
    /// A size that one person's browser reports twice counts as agreed.
    ReportAgreesWithItself,
    /// A size takes the place of a more certain one.
    CertainSizeReplaced,
    /// Figures are refused because of a provisional size.
    ProvisionalBinds,
    /// A picture that is missing again is not noted while its process remembers the first time.
    MissingAgainUnseen,
    /// What was given back is not among the events.
    EventForgotten,
    /// Events are counted in the coverage again and again.
    FoldStands,
    /// A page of events ends at what is newest, whatever still commits behind it.
    EventSkipped,
}

/// Whether a bug is planted on this thread, by its name.
#[macro_export]
macro_rules! bug {
    ($name:ident) => {
        $crate::planted::is($crate::planted::Bug::$name)
    };
}

/// Whether a bug is planted on this thread.
pub fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug on this thread, or takes it out again.
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}
