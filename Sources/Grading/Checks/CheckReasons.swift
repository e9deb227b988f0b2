/// The reasons for which each kind of check refuses: what a decoy, a symptom or an untouched failure may be pinned to.
///
/// The doc comment of each check says when; tests hold both, and the checks themselves, against this table. Why a check
/// can't tell stands in `Finding.Inconclusive`.
enum CheckReasons {
  static let ofKind: [String: [String]] = [
    "acknowledged-is-kept": ["acknowledged_lost", "order_duplicated", "order_altered"],
    "alert-fires-first": ["alert_always_on", "no_alert", "alert_follows_clock", "alert_late", "front_door_missing"],
    "changes-show-in-time": ["stale_page", "content_missing", "content_made_up"],
    "charged-once": ["charged_twice", "not_charged", "charged_wrong", "charged_unknown"],
    "checkouts-do-not-hang": ["checkouts_hang"],
    "content-is-real": ["content_made_up"],
    "counts-are-set-right": ["counts_stay_wrong"],
    "deadlocks-do-not-happen": ["deadlocks"],
    "durability-is-kept": ["durability_lowered"],
    "every-feature-works": ["feature_broken"],
    "every-instance-serves": [],
    "fault-took-effect": [],
    "gate-holds": ["gate_refuses_good", "gate_lets_through", "gate_broken"],
    "instances-are-themselves": ["instance_impostor", "instance_leans_on_others"],
    "operator-gets-in": ["operator_locked_out"],
    "orders-recover": ["not_recovered", "orders_refused", "front_door_missing"],
    "others-go-on": ["others_wait", "front_door_missing"],
    "pages-are-quick": ["pages_slow", "front_door_missing"],
    "pages-are-served": ["pages_refused", "front_door_missing"],
    "preflight-guards": ["preflight_refuses_good", "preflight_broken", "preflight_lets_through", "preflight_unproven"],
    "reads-own-writes": ["stale_read", "read_refused", "front_door_missing", "orders_refused"],
    "recomputations-are-bounded": ["summed_up_too_often"],
    "replicas-are-fresh": ["replica_behind", "replica_missing", "replicas_not_independent"],
    "replicas-carry-reads": ["primary_overused", "replica_idle"],
    "requests-per-order": ["requests_multiplied", "front_door_missing"],
    "served-after-owner-died": ["not_served_after_death"],
    "single-failures-are-hidden": ["failures_shown", "front_door_missing"],
    "stock-is-conserved": ["oversold", "stock_not_conserved"],
    "stock-is-current": ["stale_stock", "content_made_up", "stock_refused", "front_door_missing"],
    "survives-a-crash": ["acknowledged_lost", "not_back_after_crash"],
    "unknown-is-not-found": ["unknown_not_404", "unknown_slow"],
    "users-are-served": ["users_refused", "front_door_missing"],
  ]
}
