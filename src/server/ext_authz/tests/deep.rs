//! Nesting ends where `prost` ends it.

use super::requests::{Read, check};

/// A group within a group, and so on, in the message of an HTTP request.
fn groups(depth: usize) -> Vec<u8> {
    let mut bytes = [vec![123; depth], vec![124; depth]].concat();
    for tag in [18, 34, 10] {
        let mut outer = vec![tag];
        super::sketch::varint(&mut outer, bytes.len() as u64);
        outer.extend(&bytes);
        bytes = outer;
    }
    bytes
}

#[test]
fn groups_may_be_as_deep_as_prost_lets_them_be() {
    let depths = (90..=105).map(|depth| matches!(check(&groups(depth)), Read::Request));
    let depths: Vec<bool> = depths.collect();
    assert!(depths[0] && !depths[15], "{depths:?}");
}

#[test]
fn metadata_that_nobody_would_read_is_no_reason_to_recurse() {
    // A list in a list, as the value `a` of the namespace `a`.
    for depth in [1, 30, 31, 32, 33, 40] {
        let mut value = vec![26, 1, b'x'];
        let wrap = |tag: u8, inner: Vec<u8>| {
            let mut outer = vec![tag];
            super::sketch::varint(&mut outer, inner.len() as u64);
            outer.extend(inner);
            outer
        };
        for _ in 0..depth {
            value = wrap(50, wrap(10, value));
        }
        let entry = [vec![10, 1, b'a'], wrap(18, value)].concat();
        let namespace = [vec![10, 1, b'a'], wrap(18, wrap(10, entry))].concat();
        let attributes = [wrap(106, wrap(10, namespace)), wrap(34, wrap(18, Vec::new()))].concat();
        assert!(matches!(check(&wrap(10, attributes)), Read::Request), "{depth}");
    }
}
