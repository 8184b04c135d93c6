// The documents of the API that the console reads, as types. They say no more than is used.

/** @typedef {'rectangle' | 'polygon' | 'polyline' | 'point'} Shape */
/** @typedef {[number, number]} Point x and y in pixels from the top left */
/** @typedef {{ x: number, y: number, width: number, height: number }} RectangleGeometry */
/** @typedef {{ exterior: Point[], interior?: Point[][] }} PolygonGeometry */
/** @typedef {{ points: Point[] }} PointsGeometry */
/** @typedef {{ name: string, value?: string }} Tag */
/**
 * @typedef {object} Figure
 * @property {string} class
 * @property {Shape} shape
 * @property {RectangleGeometry | PolygonGeometry | PointsGeometry} geometry
 * @property {Tag[]} [tags]
 */
/** @typedef {{ figures: Figure[], tags: Tag[], skip?: { reason: string } }} Annotation */
/** @typedef {{ name: string, shape: Shape | 'any' }} LabelClass */
/** @typedef {{ name: string, values?: string[] }} TagDefinition */
/** Why an item may be rejected: what a verdict says, and what people read. @typedef {{ code: string, title: string }} ReasonCode */
/**
 * @typedef {object} Verdict
 * @property {'accept' | 'reject'} verdict
 * @property {string | null} reason the code of one of the job's reasons; free words where the job has none
 * @property {string | null} comment
 * @property {number[]} [figures] positions of the figures that it is about; the whole item where there are none
 */
/**
 * What somebody else said of an item, or what was said in a former round.
 * @typedef {{ round: number, slot: number, status: string, annotation: Annotation | null, verdict: Verdict | null }} Opinion
 */
/**
 * @typedef {object} Item
 * @property {number} index
 * @property {string} uri
 * @property {string | null} media_url
 * @property {number | null} width
 * @property {number | null} height
 * @property {boolean} [as_stored] whether it is shown as its file stores it, without what EXIF says
 * @property {boolean} [size_is_provisional]
 * @property {Record<string, unknown>} [meta] what the job shows of it
 * @property {number} revision
 * @property {Annotation | null} annotation
 * @property {Verdict | null} verdict one's own in a review, a reviewer's in a rework
 * @property {Verdict | null} [former_verdict] in the review of a rework what was said in the round before
 */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {string | null} description
 * @property {LabelClass[]} classes
 * @property {TagDefinition[]} tags
 * @property {{ figures?: number, tags?: number }} limits
 * @property {number} [slots] opinions per item
 * @property {ReasonCode[]} [reasons] why items of this job are rejected; in the reviewer's own words where there are none
 */
/**
 * @typedef {object} Lease
 * @property {string} lease_id
 * @property {string} state
 * @property {number} expires_in seconds
 * @property {{ id: string, number: number, round: number, slot: number, parent: string | null, items: Item[], instructions: string | null, due_date: string | null }} assignment
 * @property {Job} job
 * @property {boolean} annotations_left_out
 */
/** @typedef {{ id: string, name: string, roles: string[] }} Membership */
/** @typedef {{ user: { id: string, name: string, admin: boolean }, teams: Membership[] }} Me */
/** @typedef {{ reason: string, until?: string }} Blocker */
/** @typedef {{ id: string, title: string }} JobName */
/** @typedef {{ id: string, name: string }} TeamName */
/** What all rows of one's own list have. @typedef {{ assignment: string, job: JobName, team: TeamName, number: number, round: number, items: number }} WorkRow */
/** @typedef {WorkRow & { stage: 'annotation' | 'review', lease_id: string, saved: number, expires_at: string }} HeldRow */
/** @typedef {WorkRow & { reserved_until: string | null }} ReturnedRow */
/** @typedef {WorkRow & { stage: 'annotation' | 'review', at: string, status: string }} HandedInRow */
/** @typedef {{ submissions: number, items: number, decisions: number, judged: number }} Totals */
/** @typedef {{ held: HeldRow[], returned: ReturnedRow[], handed_in: HandedInRow[], totals: Totals }} OwnWork */
/** @typedef {{ pending: number, in_progress: number, completed: number, in_review: number, accepted: number, skipped: number, cancelled: number }} ItemStates */
/** @typedef {'low' | 'normal' | 'high' | 'release_blocker'} Priority */
/** @typedef {'active' | 'paused' | 'cancelling' | 'cancelled' | 'done'} JobStatus */
/** Assignments by status. @typedef {{ pending: number, in_progress: number, completed: number, in_review: number, accepted: number, rejected: number, cancelled: number, waiting_for_manager: number }} Counts */
/**
 * A job as those who lead it see it in a list.
 * @typedef {object} JobSummary
 * @property {string} id
 * @property {string} team
 * @property {string} dataset
 * @property {string} [dataset_name]
 * @property {string} title
 * @property {JobStatus} status
 * @property {Priority} priority
 * @property {string | null} due_date
 * @property {number} items
 * @property {ItemStates} progress
 * @property {Counts} counts
 * @property {string} [created_by_name]
 * @property {string} created_at
 */
/**
 * @typedef {object} ManagedParts
 * @property {number} pictures_missing
 * @property {{ items_without_size: number, coco_shapes: Shape[] }} exports_lack
 * @property {string | null} description
 * @property {string | null} instructions
 * @property {string[] | null} annotators
 * @property {string[] | null} reviewers
 * @property {ReasonCode[]} reasons
 * @property {{ id: string, name: string }[]} people whose ids stand in the job
 */
/** A job as those who lead it see it alone. @typedef {JobSummary & ManagedParts} ManagedJob */
/**
 * @typedef {object} AssignmentRow
 * @property {string} id
 * @property {number} round
 * @property {number} number
 * @property {number} items
 * @property {'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'IN_REVIEW' | 'ACCEPTED' | 'REJECTED' | 'CANCELLED'} status
 * @property {string | null} holder
 * @property {string | null} holder_name
 * @property {string | null} author
 * @property {string | null} expires_at
 * @property {string | null} author_name
 * @property {string | null} reserved_for_name
 * @property {string | null} reserved_until
 * @property {boolean} waits_for_manager
 * @property {string} since
 */
/** @typedef {{ seq: number, at: string, actor_name?: string, token_maker_name?: string, action: string, reason: string | null }} LogEntry */
/** @typedef {'manager' | 'reviewer' | 'annotator'} Role */
/** @typedef {{ id: string, roles: Role[], note: string | null, invited_by_name: string | null, created_at: string, expires_at: string }} Invitation */
/** @typedef {{ id: string, made_by_name: string | null, created_at: string, expires_at: string | null, last_used_at: string | null, session: boolean }} TokenRow */
/** @typedef {{ ignored?: Record<string, number>, left_out: number, files_left_out?: string[] }} ImportNotes */
/**
 * @typedef {object} Dataset
 * @property {string} id
 * @property {string} team
 * @property {string} name
 * @property {'importing' | 'ready' | 'failed'} state
 * @property {number} version
 * @property {number} count
 * @property {string} [error]
 * @property {ImportNotes} [notes]
 * @property {boolean} [sizes_as_stored]
 * @property {boolean} [measuring]
 * @property {number} [pictures_missing]
 * @property {string} created_at
 */
/**
 * @typedef {object} DatasetItem
 * @property {number} index
 * @property {string} uri
 * @property {string[]} labels
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} missing_since
 */

/**
 * Items of a stretch by state; a state without items is absent.
 * @typedef {{ waiting?: number, rework?: number, held?: number, in_progress?: number, completed?: number, in_review?: number,
 *   accepted?: number, skipped?: number, cancelled?: number }} Stretch
 */
/**
 * @typedef {{ ranges: number, range_size: number, opinions: number, from: number, to: number, width: number, buckets: Stretch[] }} Coverage
 */

export {};
