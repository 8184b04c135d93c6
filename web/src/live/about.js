// Which events may have changed what a page shows.

/** @typedef {import('./stream.js').Message} Message */

/** What a job's page shows. @param {string} job @returns {(message: Message) => boolean} */
export function aboutJob(job) {
  return ({ data }) => data.job === job;
}

/** Lists of a team's jobs. @param {string} team @returns {(message: Message) => boolean} */
export function aboutJobsOf(team) {
  return ({ event, data }) => data.team === team && (event === 'job' || event === 'assignments');
}

/** Lists of a team's datasets. @param {string} team @returns {(message: Message) => boolean} */
export function aboutDatasetsOf(team) {
  return ({ event, data }) => data.team === team && event === 'dataset';
}

/** @param {string} dataset @returns {(message: Message) => boolean} */
export function aboutDataset(dataset) {
  return ({ data }) => data.dataset === dataset;
}

/** A team's members, tokens and invitations. @param {string} team @returns {(message: Message) => boolean} */
export function aboutPeopleOf(team) {
  return ({ event, data }) => data.team === team && event === 'people';
}

/** Assignments. An annotator is sent only their own. @param {Message} message */
export function aboutAssignments({ event }) {
  return event === 'assignments';
}
