//! Imports that are sent again under the same key: attempts stop halfway, are taken over, and finish late. At most
//! one attempt for each key completes, and what the others have imported is dropped.

use serde_json::{Value, json};
use swath_domain::time::{Micros, seconds};
use swath_domain::{DatasetId, Ids as _, Time};
use swath_store::{
    Begun, Completion, DatasetState, Imported, NewDataset, NewItem, RequestKey, Source, digest,
};
use uuid::Uuid;

use crate::attempts::{Attempt, ImportRequest};
use crate::ops::{IMPORTS, Op, PROCESSES};
use crate::reply::Reply;
use crate::violation::{Checked, broken};
use crate::world::World;

/// How long an attempt counts as running after its last page.
const ATTEMPT: Micros = seconds(30);
/// How long first answers are kept at least.
const ANSWER_KEPT: Micros = seconds(24 * 3_600);
/// Attempts in progress at once; further requests are not started.
const UNDER_WAY_MAX: usize = 6;

impl World {
    fn request(&self, key: usize) -> RequestKey {
        RequestKey {
            user: self.manager,
            route: "POST /v1/datasets",
            key: format!("import {key}"),
            team: None,
        }
    }

    /// Whether another attempt counts as running, and whether there is an answer.
    fn found(&self, request: &RequestKey) -> Checked<(bool, bool)> {
        let now = self.now();
        let runs = |attempt: Option<(Uuid, Time)>| attempt.is_some_and(|(_, until)| until > now);
        self.look(|view| (runs(view.attempt(request)), view.is_answered(request)))
    }

    /// A client sends an import request. If no attempt is running, a process begins one.
    pub async fn import(&mut self, place: usize, process: usize) -> Checked {
        let (place, now) = (place % IMPORTS, self.now());
        let sent = self.imports.sent[place];
        let is_old = sent.answer.is_some_and(|(_, at)| (now - at).abs() >= ANSWER_KEPT);
        if sent.key == 0 || is_old {
            self.imports.keys += 1;
            self.imports.sent[place] = ImportRequest { key: self.imports.keys, answer: None };
        }
        if self.imports.under_way.len() >= UNDER_WAY_MAX {
            return Ok(());
        }
        let key = self.imports.sent[place].key;
        let request = self.request(key);
        let (runs, answered) = self.found(&request)?;
        let id = self.common.ids.random();
        let store = self.processes[process].context.store.clone();
        let begun = store.request_begin(request.clone(), id, now + ATTEMPT, now).await;
        let reply = self.verb(begun)?;
        self.tell(&("import", key, process), &reply);
        match reply {
            Reply::Unknown => Ok(()),
            Reply::Done(Begun::Mine) if !runs && !answered => self.begin(key, process, id).await,
            Reply::Done(Begun::Running) if runs && !answered => Ok(()),
            Reply::Done(Begun::Answered(first)) if answered => match first.to(&request.asked(body())) {
                Ok(answer) => self.note_answer(key, &answer),
                Err(error) => broken!("the same import under the same key got {error:?}"),
            },
            reply => broken!("import {key} (another runs: {runs}, answered: {answered}) got {reply:?}"),
        }
    }

    /// Creates the dataset of an attempt.
    async fn begin(&mut self, key: usize, process: usize, id: Uuid) -> Checked {
        let now = self.now();
        let dataset = DatasetId(self.common.ids.next(now));
        let attempt = Attempt { id, key, process, dataset, pages: 0 };
        let (name, creator) = (name_of(key), self.manager);
        let new = NewDataset {
            id: dataset,
            team: self.team,
            name,
            creator,
            base: String::new(),
            source: Source::Rows,
            now,
        };
        let store = self.processes[process].context.store.clone();
        let created = store.dataset_create(new, None).await;
        match self.verb(created)? {
            Reply::Done(_) => {
                self.imports.under_way.push(attempt);
                Ok(())
            }
            Reply::Unknown => self.give_up(&attempt).await.map(drop),
            Reply::Refused(..) => broken!("a dataset could not be created"),
        }
    }

    /// An attempt imports another page, or finishes.
    pub async fn go_on(&mut self, nth: usize, finish: bool) -> Checked {
        let count = self.imports.under_way.len();
        if count == 0 {
            return Ok(());
        }
        let nth = nth % count;
        if finish && self.imports.under_way[nth].pages > 0 {
            let attempt = self.imports.under_way.remove(nth);
            return self.finish(attempt).await;
        }
        self.page(nth).await
    }

    /// Extends the attempt and imports a page.
    async fn page(&mut self, nth: usize) -> Checked {
        let (attempt, now) = (self.imports.under_way[nth].clone(), self.now());
        let (request, store) =
            (self.request(attempt.key), self.processes[attempt.process].context.store.clone());
        let is_own = self.is_own(&attempt)?;
        let extended = store.request_extend(request, attempt.id, now + ATTEMPT).await;
        match self.verb(extended)? {
            Reply::Unknown => {}
            Reply::Done(extended) if extended == is_own => {}
            reply => broken!("{} was extended (its turn: {is_own}) and got {reply:?}", attempt.id),
        }
        let uri = format!("https://a.example/{}/{}.png", attempt.id, attempt.pages);
        let item =
            NewItem { uri, labels: Vec::new(), meta: None, width: None, height: None, orientation: None };
        let is_open = self.is_importing(attempt.dataset)?;
        let appended = store.dataset_append(attempt.dataset, 1, vec![item], now).await;
        let reply = self.verb(appended)?;
        self.tell(&("page", attempt.key, attempt.pages), &reply);
        match reply {
            Reply::Done(_) if is_open => {
                self.imports.under_way[nth].pages += 1;
                return Ok(());
            }
            Reply::Unknown => {}
            Reply::Refused(..) if !is_open => {}
            reply => broken!("a page of {} (open: {is_open}) got {reply:?}", attempt.id),
        }
        self.imports.under_way.remove(nth);
        self.give_up(&attempt).await.map(drop)
    }

    /// Finishes an attempt. It completes exactly if nobody has taken over, and otherwise keeps nothing.
    async fn finish(&mut self, attempt: Attempt) -> Checked {
        let (key, now) = (attempt.key, self.now());
        let good = self.is_own(&attempt)? && self.is_importing(attempt.dataset)?;
        let asked = self.request(key).asked(body());
        let completion = Some(Completion { asked, attempt: attempt.id });
        let store = self.processes[attempt.process].context.store.clone();
        let finished = store.dataset_finish(attempt.dataset, 1, Imported::of_base(""), completion, now).await;
        let reply = self.verb(finished)?;
        self.tell(&("finish", key, attempt.dataset), &reply);
        match reply {
            Reply::Done(()) if good => self.note_answer(key, &json!(attempt.dataset))?,
            Reply::Unknown => drop(self.give_up(&attempt).await?),
            Reply::Refused(..) if !good => {
                if self.give_up(&attempt).await? && self.is_there(attempt.dataset)? {
                    broken!("{} was taken over, and its dataset is kept", attempt.id);
                }
            }
            reply => broken!("the end of {} (its turn: {good}) got {reply:?}", attempt.id),
        }
        self.check_imports()
    }

    /// Drops what an attempt has imported, and frees its key. Both may fail; the sweep does it later. True if the
    /// import is certainly dropped.
    async fn give_up(&mut self, attempt: &Attempt) -> Checked<bool> {
        let store = self.processes[attempt.process].context.store.clone();
        let dropped = store.dataset_drop_version(attempt.dataset, 1, None, self.now()).await;
        let is_dropped = self.verb(dropped)?.done().is_some();
        let freed = store.request_abandon(self.request(attempt.key), attempt.id).await;
        self.verb(freed)?;
        Ok(is_dropped)
    }

    /// A process that dies takes its attempts with it.
    pub(crate) fn stop_imports(&mut self, process: usize) {
        self.imports.under_way.retain(|attempt| attempt.process != process);
    }

    fn is_own(&self, attempt: &Attempt) -> Checked<bool> {
        let request = self.request(attempt.key);
        self.look(|view| view.attempt(&request).is_some_and(|(running, _)| running == attempt.id))
    }

    fn is_importing(&self, dataset: DatasetId) -> Checked<bool> {
        self.look(|view| view.datasets().any(|row| row.id == dataset && row.state == DatasetState::Importing))
    }

    /// True if the dataset can be used, or is still being imported.
    fn is_there(&self, dataset: DatasetId) -> Checked<bool> {
        self.look(|view| view.datasets().any(|row| row.id == dataset && row.state != DatasetState::Failed))
    }

    /// All answers under a key equal the first one.
    fn note_answer(&mut self, key: usize, answer: &Value) -> Checked {
        let now = self.now();
        let Ok(dataset) = serde_json::from_value::<DatasetId>(answer.clone()) else {
            broken!("import {key} was answered {answer}");
        };
        let Some(sent) = self.imports.sent.iter_mut().find(|sent| sent.key == key) else { return Ok(()) };
        match sent.answer.replace((dataset, sent.answer.map_or(now, |(_, at)| at))) {
            Some((first, _)) if first != dataset => {
                broken!("import {key} was answered {first}, and now {dataset}")
            }
            _ => Ok(()),
        }
    }

    /// At most one dataset for each key is complete.
    fn check_imports(&self) -> Checked {
        for key in 1..=self.imports.keys {
            let name = name_of(key);
            let complete = self.look(|view| {
                let ready = view.datasets().filter(|row| row.state == DatasetState::Ready);
                ready.filter(|row| row.name == name).count()
            })?;
            if complete > 1 {
                broken!("{complete} datasets are complete under the key of import {key}");
            }
        }
        Ok(())
    }

    /// Finishes the attempts in progress, and then carries out every request: no key is blocked, and the sweep has
    /// removed what dead processes have left.
    pub(crate) async fn finish_imports(&mut self) -> Checked {
        if self.now() < self.audit.latest {
            // The clock has jumped so far back that no attempt counts as over.
            return Ok(());
        }
        while !self.imports.under_way.is_empty() {
            self.go_on(0, true).await?;
        }
        for place in 0..IMPORTS {
            if self.imports.sent[place].key == 0 {
                continue;
            }
            self.import(place, place % PROCESSES).await?;
            self.go_on(0, false).await?;
            self.go_on(0, true).await?;
            if self.imports.sent[place].answer.is_none() {
                broken!("import {} cannot be carried out", self.imports.sent[place].key);
            }
        }
        // After a jump of the clock the sweeper expires nothing for a minute.
        for op in [Op::Sweep, Op::Advance { seconds: 120 }, Op::Sweep] {
            self.run(&op).await?;
        }
        let left = self.look(|view| {
            view.datasets().find(|row| row.state == DatasetState::Importing).map(|row| row.id)
        })?;
        match left {
            Some(dataset) => broken!("{dataset} is importing, and no attempt imports it"),
            None => Ok(()),
        }
    }
}

fn name_of(key: usize) -> String {
    format!("import {key}")
}

/// The digest of the request's body.
fn body() -> Vec<u8> {
    digest(b"an import")
}
