//! The JSON of requests of which digests are made.
//!
//! A digest is stored with the first answer and compared with that of every repeated request, which may reach another
//! release. These forms therefore never change, whatever becomes of the types of the requests: an absent field is written
//! as null or as an empty list.

use serde::Serialize;
use swath_domain::ids::{JobId, TeamId};
use swath_domain::labels::{Figure, Skip, Tag};
use swath_domain::review::Verdict;

use crate::leases::{LeaseRequest, SubmittedItem};
use crate::reviews::ItemVerdict;

#[derive(Serialize)]
struct DigestedAsk<'a> {
    team: &'a Option<TeamId>,
    job: &'a Option<JobId>,
}

#[derive(Serialize)]
struct DigestedItem<'a> {
    index: i64,
    figures: &'a [Figure],
    tags: &'a [Tag],
    skip: &'a Option<Skip>,
}

#[derive(Serialize)]
struct DigestedVerdict<'a> {
    index: i64,
    verdict: Verdict,
    reason: &'a Option<String>,
    comment: &'a Option<String>,
    // The first release had no figures here, so they are left out where there are none.
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    figures: &'a [u32],
}

/// The digested form of a request for a lease or a review.
pub fn ask(request: &LeaseRequest) -> Vec<u8> {
    let LeaseRequest { team, job } = request;
    json(&DigestedAsk { team, job })
}

/// The digested form of the items of a submission.
pub fn items(items: &[SubmittedItem]) -> Vec<u8> {
    json(&items.iter().map(digested_item).collect::<Vec<_>>())
}

fn digested_item(SubmittedItem { index, figures, tags, skip }: &SubmittedItem) -> DigestedItem<'_> {
    DigestedItem { index: *index, figures, tags, skip }
}

/// The digested form of a decision: its verdicts, and whether the other items are accepted.
pub fn decision(verdicts: &[ItemVerdict], accepts_rest: bool) -> Vec<u8> {
    json(&(verdicts.iter().map(digested_verdict).collect::<Vec<_>>(), accepts_rest))
}

fn digested_verdict(given: &ItemVerdict) -> DigestedVerdict<'_> {
    let ItemVerdict { index, verdict, reason, comment, figures } = given;
    DigestedVerdict { index: *index, verdict: *verdict, reason, comment, figures }
}

#[expect(clippy::expect_used, reason = "requests have no maps, whose keys are all that JSON may refuse")]
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a request is valid JSON")
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    fn read<T: DeserializeOwned>(text: &str) -> T {
        serde_json::from_str(text).unwrap()
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_request_for_work_is_digested_with_all_its_fields() {
        let job = "01890000-0000-7000-8000-000000000001";
        assert_eq!(text(ask(&read("{}"))), r#"{"team":null,"job":null}"#);
        let of_job: LeaseRequest = read(&format!(r#"{{"job":"{job}"}}"#));
        assert_eq!(text(ask(&of_job)), format!(r#"{{"team":null,"job":"{job}"}}"#));
    }

    #[test]
    fn an_item_is_digested_with_all_its_fields() {
        let given = r#"[{"index":0},{"index":1,"skip":{"reason":"dark"}},{"index":2,"tags":[{"name":"wet"}],"figures":
            [{"class":"car","shape":"rectangle","geometry":{"x":1,"y":2,"width":3.5,"height":4}}]}]"#;
        let digested = r#"[{"index":0,"figures":[],"tags":[],"skip":null},{"index":1,"figures":[],"tags":[],"skip":{"reason":"dark"}},{"index":2,"figures":[{"class":"car","shape":"rectangle","geometry":{"x":1.0,"y":2.0,"width":3.5,"height":4.0}}],"tags":[{"name":"wet"}],"skip":null}]"#;
        assert_eq!(text(items(&read::<Vec<SubmittedItem>>(given))), digested);
    }

    #[test]
    fn a_decision_is_digested_with_all_its_fields() {
        let given = r#"[{"index":0,"verdict":"reject","reason":"loose","figures":[1]},{"index":1,"verdict":"accept"}]"#;
        let digested = r#"[[{"index":0,"verdict":"reject","reason":"loose","comment":null,"figures":[1]},{"index":1,"verdict":"accept","reason":null,"comment":null}],true]"#;
        assert_eq!(text(decision(&read::<Vec<ItemVerdict>>(given), true)), digested);
    }
}
