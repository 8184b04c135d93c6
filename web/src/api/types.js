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
/** @typedef {{ verdict: 'accept' | 'reject', reason: string | null, comment: string | null }} Verdict */
/**
 * @typedef {object} Item
 * @property {number} index
 * @property {string} uri
 * @property {string | null} media_url
 * @property {number | null} width
 * @property {number | null} height
 * @property {number} revision
 * @property {Annotation | null} annotation
 * @property {Verdict | null} verdict one's own in a review, a reviewer's in a rework
 * @property {Verdict | null} [former_verdict] in the review of a rework what was said of the submission before, where the server tells it
 */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {string | null} description
 * @property {LabelClass[]} classes
 * @property {TagDefinition[]} tags
 * @property {{ figures?: number, tags?: number }} limits
 * @property {string[]} [reasons] why items of this job are rejected, where the server tells it
 */
/**
 * @typedef {object} Lease
 * @property {string} lease_id
 * @property {string} state
 * @property {number} expires_in seconds
 * @property {{ number: number, round: number, parent: string | null, items: Item[], instructions: string | null, due_date: string | null }} assignment
 * @property {Job} job
 * @property {boolean} annotations_left_out
 */
/** @typedef {{ id: string, name: string, roles: string[] }} Membership */
/** @typedef {{ user: { id: string, name: string, admin: boolean }, teams: Membership[] }} Me */
/** @typedef {{ reason: string, until?: string }} Blocker */

export {};
