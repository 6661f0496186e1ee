use opentelemetry::KeyValue;
use sqlx::PgPool;

/// Tells how many connections of a service are open and in use whenever somebody asks.
pub fn watch(pool: &PgPool, service: &'static str, most: u32) {
    let meter = opentelemetry::global::meter("praan");
    let name = move || KeyValue::new("praan.service", service);
    let counted = pool.clone();
    meter
        .i64_observable_up_down_counter("praan.database.connections")
        .with_description("How many connections to the database are open, by what they do.")
        .with_callback(move |observer| {
            let idle = i64::try_from(counted.num_idle()).unwrap_or(i64::MAX);
            let used = i64::from(counted.size()).saturating_sub(idle).max(0);
            for (state, connections) in [("idle", idle), ("used", used)] {
                observer.observe(connections, &[name(), KeyValue::new("praan.connection.state", state)]);
            }
        })
        .build();
    meter
        .i64_observable_up_down_counter("praan.database.connections.max")
        .with_description("How many connections to the database may be open at once.")
        .with_callback(move |observer| observer.observe(i64::from(most), &[name()]))
        .build();
}
