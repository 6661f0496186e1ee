//! Advisory locks, which hold until the transaction ends. Their keys are numbers, made from names.

use chassis::idempotency::Key;

/// The lock of a request: whoever holds it works on it.
pub fn of_request(service: &str, key: &Key) -> i64 {
    number(&[service.as_bytes(), b"request", &key.user_id.to_be_bytes(), key.request_id.as_bytes()])
}

/// The lock of who claims outbox rows. Two who claimed at once would wait for each other's rows, and in the worst case both.
pub fn claiming(service: &str) -> i64 {
    number(&[service.as_bytes(), b"claiming"])
}

/// The lock of who chains the audit trail.
pub fn sealing(service: &str) -> i64 {
    number(&[service.as_bytes(), b"sealing"])
}

/// The lock of who changes the tables.
pub fn migrating(service: &str) -> i64 {
    number(&[service.as_bytes(), b"migrating"])
}

/// FNV-1a, since it must be the same in every version of the program. That two names meet costs a retry.
fn number(parts: &[&[u8]]) -> i64 {
    let bytes = parts.iter().flat_map(|part| part.iter().chain(&[0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_request_of_each_user_in_each_service_has_its_own() {
        let key = |user_id, id| Key { user_id, request_id: Uuid::from_u128(id), fingerprint: [0; 32] };
        let mut locks = vec![claiming("a"), claiming("b"), sealing("a"), migrating("a")];
        for (user, id) in [(1, 1), (1, 2), (2, 1)] {
            locks.extend(["a", "b"].map(|service| of_request(service, &key(user, id))));
        }
        let all = locks.len();
        locks.sort_unstable();
        locks.dedup();
        assert_eq!(locks.len(), all);
        assert_eq!(number(&[b"a"]), number(&[b"a"]));
    }
}
