//! Orders in memory: the little resource that suites create, read and delete.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Most orders that are kept; then the oldest make room, so that no rehearsal can fill the memory.
const MAX_ORDERS: usize = 1_000;

/// All orders of one application, by number, from 1 on.
#[derive(Default)]
pub(super) struct Orders {
    last: u64,
    kept: BTreeMap<u64, Value>,
}

impl Orders {
    /// Keeps a new order and gives it its number. An `id` that it had before is replaced.
    pub(super) fn add(&mut self, fields: Map<String, Value>) -> (u64, Value) {
        self.last += 1;
        let mut order = Map::new();
        order.insert("id".to_owned(), Value::String(self.last.to_string()));
        order.extend(fields.into_iter().filter(|(name, _)| name != "id"));
        let order = Value::Object(order);
        self.kept.insert(self.last, order.clone());
        if self.kept.len() > MAX_ORDERS {
            self.kept.pop_first();
        }
        (self.last, order)
    }

    /// The order with this number, as it stands in the path.
    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.kept.get(&number(id)?)
    }

    /// Forgets an order; false when there was none.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        number(id).and_then(|id| self.kept.remove(&id)).is_some()
    }

    /// All orders, oldest first.
    pub(super) fn all(&self) -> Value {
        self.kept.values().cloned().collect()
    }
}

/// The number that `id` is written for: `7`, but neither `07` nor `+7`.
fn number(id: &str) -> Option<u64> {
    id.parse().ok().filter(|number: &u64| number.to_string() == id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(quantity: u64) -> Map<String, Value> {
        Map::from_iter([("id".to_owned(), json!("mine")), ("quantity".to_owned(), json!(quantity))])
    }

    #[test]
    fn orders_are_numbered_found_and_forgotten() {
        let mut orders = Orders::default();
        assert_eq!(orders.add(order(3)), (1, json!({"id": "1", "quantity": 3})));
        assert_eq!(orders.add(order(4)).0, 2);
        assert_eq!(orders.get("1"), Some(&json!({"id": "1", "quantity": 3})));
        for unknown in ["3", "01", "+1", "", "one", "99999999999999999999"] {
            assert_eq!(orders.get(unknown), None, "{unknown}");
        }
        assert!(orders.remove("1"));
        assert!(!orders.remove("1"));
        assert_eq!(orders.all(), json!([{"id": "2", "quantity": 4}]));
    }

    #[test]
    fn the_oldest_make_room() {
        let mut orders = Orders::default();
        for _ in 0..=MAX_ORDERS {
            orders.add(Map::new());
        }
        assert_eq!((orders.get("1"), orders.kept.len()), (None, MAX_ORDERS));
    }
}
