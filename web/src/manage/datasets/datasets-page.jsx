// The datasets of a team, the newest first.

import { useState } from 'preact/hooks';
import { datasets } from '../../api/datasets.js';
import { dateAndTime, text } from '../../texts/texts.js';
import { NotLive } from '../not-live.jsx';
import { Link } from '../parts/link.jsx';
import { Pager, usePages } from '../parts/pager.jsx';
import { Title } from '../parts/title.jsx';
import { addressOfDataset } from '../place.js';
import { aboutDatasetsOf } from '../../live/about.js';
import { usePolled } from '../use-polled.js';

const STATES = /** @type {const} */ (['ready', 'importing', 'failed']);

/** @param {{ team: string, choice: any, onGo: (address: string) => void, onFailed: (error: unknown) => void }} props */
export function DatasetsPage({ team, choice, onGo, onFailed }) {
  const [name, setName] = useState('');
  const [state, setState] = useState('');
  const wanted = { name: name.trim(), state };
  const pages = usePages(`${state} ${wanted.name}`);
  const { told: page, isAway, isRefused, look } = usePolled(() => datasets(team, wanted, pages.after), [team, wanted.name, state, pages.after], onFailed, aboutDatasetsOf(team));
  return (
    <main id="main" class="calm wide">
      <div class="job-head">
        <Title>{text('datasets.title')}</Title>
        <Link to="/manage?datasets=new" onGo={onGo} class="button main">{text('datasets.open_new')}</Link>
      </div>
      {choice}
      <div class="filters">
        <label class="field">
          {text('manage.find_name')}
          <input type="text" autocomplete="off" value={name} maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          {text('manage.status')}
          <select value={state} onChange={(event) => setState(event.currentTarget.value)}>
            <option value="">{text('manage.all')}</option>
            {STATES.map((one) => <option key={one} value={one}>{text(`dataset.${one}`)}</option>)}
          </select>
        </label>
      </div>
      <NotLive isAway={isAway} onLook={look} />
      {page === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {page !== null && page.items.length === 0 && <p class="quiet">{text('datasets.none')}</p>}
      <ul class="rows jobs">
        {page?.items.map((dataset) => (
          <li key={dataset.id}>
            <div>
              <Link to={addressOfDataset(dataset.id)} onGo={onGo}><strong>{dataset.name}</strong></Link>
              <p class="quiet">{[text('mine.items', { count: dataset.count }), dateAndTime(new Date(dataset.created_at))].join(' · ')}</p>
            </div>
            <span class={dataset.state === 'failed' ? 'status late' : 'status'}>{text(`dataset.${dataset.state}`)}</span>
          </li>
        ))}
      </ul>
      <Pager pages={pages} next={page?.next ?? null} />
    </main>
  );
}
