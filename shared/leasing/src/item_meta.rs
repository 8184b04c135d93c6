//! The fields of items' `meta` that a job shows: those that it names, if they are short.

use std::collections::HashMap;

use serde_json::{Map, Value};
use swath_domain::ItemIndex;
use swath_domain::ids::DatasetId;
use swath_domain::limits::{PAGE_BYTES_MAX, SHOWN_META_BYTES_MAX};
use swath_runtime::Result;
use swath_store::ItemRow;

use crate::service::LeaseService;

/// The shown fields, by item.
pub(crate) type Metas = HashMap<ItemIndex, Map<String, Value>>;

impl LeaseService {
    /// These fields of the items. Does not ask the database if there are no fields.
    pub(crate) async fn metas(
        &self,
        dataset: DatasetId,
        items: &[ItemRow],
        fields: &[String],
    ) -> Result<Metas> {
        let mut metas = Metas::new();
        if fields.is_empty() {
            return Ok(metas);
        }
        let numbers: Vec<_> = items.iter().map(|item| item.index).collect();
        let mut left = numbers.as_slice();
        while !left.is_empty() {
            let page = self.context.store.item_texts(dataset, left, PAGE_BYTES_MAX).await?;
            left = &left[page.covered.max(1)..];
            for texts in page.texts {
                let shown = texts.meta.and_then(|text| shown(&text, fields));
                metas.extend(shown.map(|fields| (texts.item, fields)));
            }
        }
        Ok(metas)
    }
}

fn shown(text: &str, fields: &[String]) -> Option<Map<String, Value>> {
    let mut meta: Map<String, Value> = serde_json::from_str(text).ok()?;
    let is_short = |value: &Value| value.to_string().len() <= SHOWN_META_BYTES_MAX;
    let named = fields.iter().filter_map(|field| meta.remove_entry(field));
    let shown: Map<_, _> = named.filter(|(_, value)| is_short(value)).collect();
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_short_fields_are_shown() {
        let long = "x".repeat(SHOWN_META_BYTES_MAX);
        let text = format!(r#"{{"patient":"P-17","secret":1,"long":"{long}"}}"#);
        let fields = ["patient", "long", "absent"].map(str::to_owned);
        let shown_fields = shown(&text, &fields).unwrap();
        assert_eq!(serde_json::to_string(&shown_fields).unwrap(), r#"{"patient":"P-17"}"#);
        assert!(shown(&text, &[]).is_none() && shown("[]", &fields).is_none());
    }
}
