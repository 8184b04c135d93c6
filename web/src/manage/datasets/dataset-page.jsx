// One dataset: its state, what its import has noted, and its items.

import { useEffect } from 'preact/hooks';
import { dataset as askDataset } from '../../api/datasets.js';
import { dateAndTime, text } from '../../texts/texts.js';
import { NotLive } from '../not-live.jsx';
import { Items } from '../parts/items.jsx';
import { Link } from '../parts/link.jsx';
import { Title } from '../parts/title.jsx';
import { addressOfDataset } from '../place.js';
import { aboutDataset } from '../../live/about.js';
import { usePolled } from '../use-polled.js';
import { Notes } from './notes.jsx';

/** Items on a page: as many as are seen without a long way down. */
const PAGE = 48;

/**
 * @param {{ id: string, isMissing: boolean, onTeam: (team: string) => void, onGo: (address: string) => void,
 *   onFailed: (error: unknown) => void }} props
 */
export function DatasetPage({ id, isMissing, onTeam, onGo, onFailed }) {
  const { told: dataset, isAway, isRefused, look } = usePolled(() => askDataset(id), [id], onFailed, aboutDataset(id));
  useEffect(() => { if (dataset) onTeam(dataset.team); }, [dataset?.team]);
  return (
    <main id="main" class="calm wide">
      <Link to="/manage?datasets" onGo={onGo}>{text('datasets.back')}</Link>
      <NotLive isAway={isAway} onLook={look} />
      {dataset === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {dataset !== null && <Facts dataset={dataset} onGo={onGo} />}
      {dataset !== null && dataset.count > 0 && (
        <section>
          <h2>{text('datasets.items')}</h2>
          <label class="check">
            <input type="checkbox" checked={isMissing} onChange={(event) => onGo(addressOfDataset(id, event.currentTarget.checked))} />
            {text('datasets.only_missing')}
          </label>
          <Items key={`${isMissing} ${dataset.version}`} dataset={id} isMissing={isMissing} limit={PAGE} onFailed={onFailed} />
        </section>
      )}
    </main>
  );
}

/** @param {{ dataset: import('../../api/types.js').Dataset, onGo: (address: string) => void }} props */
function Facts({ dataset, onGo }) {
  const facts = [
    text('mine.items', { count: dataset.count }),
    dataset.version > 1 ? text('datasets.version', { version: dataset.version }) : null,
    text('datasets.made', { time: dateAndTime(new Date(dataset.created_at)) }),
  ];
  const missing = dataset.pictures_missing ?? 0;
  return (
    <>
      <div class="job-head">
        <Title>{dataset.name}</Title>
        <span class={dataset.state === 'failed' ? 'status late' : 'status'} role="status">{text(`dataset.${dataset.state}`)}</span>
      </div>
      <section>
        <p>{facts.filter(Boolean).join(' · ')}</p>
        {dataset.error && <p class="warning">{text('datasets.failed_because', { error: dataset.error })}</p>}
        {dataset.measuring && <p class="quiet">{text('datasets.measuring')}</p>}
        {dataset.sizes_as_stored && <p class="warning">{text('datasets.sizes_as_stored')}</p>}
        {missing > 0 && <p class="warning"><Link to={addressOfDataset(dataset.id, true)} onGo={onGo}>{text('manage.unreadable', { count: missing })}</Link></p>}
        {dataset.notes && <Notes notes={dataset.notes} />}
      </section>
      {dataset.state === 'ready' && <div class="row"><Link to={`/manage?new&dataset=${dataset.id}`} onGo={onGo} class="button main">{text('datasets.make_job')}</Link></div>}
    </>
  );
}
